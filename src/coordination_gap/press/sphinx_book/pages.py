"""Pages made from data: the facts, the data dictionary, and every row of every table."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from coordination_gap import cut, facts, tables
from coordination_gap.press import addresses
from coordination_gap.press.sphinx_book.material import material
from coordination_gap.press.sphinx_book.nodes import fact_anchor

_DISPLAY = re.compile(r"\d(?:\.(?P<decimals>\d+))?(?:\s(?P<scale>thousand|million|billion|trillion))?(?!\d|,|\.\d)")

_SIGNS = "+\N{MINUS SIGN}"


class FactsIndexDirective(SphinxDirective):
    """``{facts-index}``: a table of every fact, with its value, day, chapter and formula; each leads to its page."""

    def run(self) -> list[nodes.Node]:
        """Return the table, which a script lets readers search."""
        self.env.metadata[self.env.docname]["facts-index"] = True
        state = material(self.env.app)
        in_order = sorted(state.facts.values(), key=lambda fact: (fact["page"], fact["id"]))
        return [nodes.raw("", facts_table(in_order, state.titles), format="html")]


class DataDictionaryDirective(SphinxDirective):
    """``{data-dictionary}``: each table's record, from the data package."""

    def run(self) -> list[nodes.Node]:
        """Return a section for each table."""
        found: list[nodes.Node] = []
        as_of = material(self.env.app).edition["as_of"]
        for name in tables.names():
            record = cut.resource(name, as_of)
            section = nodes.section(ids=[f"table-{name}"])
            section += nodes.title("", record["title"])
            section += nodes.raw("", dictionary_entry(record), format="html")
            found.append(section)
        return found


def register(app: Sphinx) -> None:
    """Register the directives and the pages of rows."""
    app.add_directive("facts-index", FactsIndexDirective)
    app.add_directive("data-dictionary", DataDictionaryDirective)
    app.connect("html-collect-pages", _table_pages)


def row_anchor(key: str) -> str:
    """Return the anchor of a row, from its primary key as text."""
    return "row-" + "_".join(key.split())


def facts_table(listed: Iterable[Mapping[str, Any]], titles: Mapping[str, str]) -> str:
    """Return the table of facts, as HTML; ``#fact-<id>`` is the row of a fact.

    Parameters
    ----------
    listed
        The facts, as published, in order.
    titles
        The title of each page that records facts, by its address.
    """
    columns = ("Fact", "Value", "As of", "Chapter", "Formula")
    head = "".join(
        f'<th scope="col"{" data-filter" if column == "Chapter" else ""}>{column}</th>' for column in columns
    )
    labels = [f'<td data-label="{column}">' for column in columns[1:]]
    rows = []
    for fact in listed:
        name = escape(fact["id"]).replace(".", ".<wbr>").replace("_", "_<wbr>")
        href = escape(addresses.link(addresses.fact(fact["id"])), quote=True)
        chapter = f'<a href="{escape(fact["page"], quote=True)}">{escape(titles[fact["page"]])}</a>'
        cells = (escape(fact["display"]), escape(fact["as_of"]), chapter, escape(fact["gap"] or fact["formula"]))
        rows.append(
            f'<tr id="{escape(fact_anchor(fact["id"]), quote=True)}"><th scope="row">'
            f'<a href="{href}"><code>{name}</code></a></th>'
            + "".join(f"{label}{cell}</td>" for label, cell in zip(labels, cells, strict=True))
            + "</tr>\n"
        )
    caption = "Every fact of this edition"
    return (
        f'<div class="table-scroll" role="region" tabindex="0" aria-label="{caption}">'
        '<table class="house-table chooseable stacked facts-table" data-order="by chapter">'
        f"<caption>{caption}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def fact_entry(fact: dict[str, Any]) -> str:
    """Return a fact's entry on a page that stands for itself, as HTML: it leads to entries of the same page."""
    rows = [("Why not", escape(fact["gap"])) if fact["gap"] else ("Value", value_words(fact))]
    if fact["interval"]:
        name, ends = interval_words(fact)
        rows.append((name, escape(ends)))
    rows.append(("How", escape(fact["formula"])))
    rows.append(("As of", f"{escape(fact['as_of'])}, edition {escape(fact['edition'])}"))
    sources = "".join(f"<li>{source_html(source, '', None)}</li>" for source in fact["sources"])
    if sources:
        rows.append(("Made from", f"<ul>{sources}</ul>"))
    rows.append(("Inputs", f"<code>{fact['inputs_sha256'][:16]}…</code> (SHA-256)"))
    body = "".join(f"<dt>{term}</dt><dd>{text}</dd>" for term, text in rows)
    return (
        f'<div class="fact-entry" id="{escape(fact_anchor(fact["id"]), quote=True)}">'
        f"<h3><code>{escape(fact['id'])}</code> <span>{escape(fact['display'])}</span></h3><dl>{body}</dl></div>"
    )


def value_words(fact: Mapping[str, Any]) -> str:
    """Return a fact's value in full with its unit, as HTML."""
    return f"<code>{escape(repr(fact['value']))}</code> ({escape(fact['unit'].replace('_', ' '))})"


def interval_words(fact: Mapping[str, Any]) -> tuple[str, str]:
    """Return what a fact's interval is called, and its ends as text, written as its value is."""
    low, high, confidence = (fact["interval"][key] for key in ("low", "high", "confidence"))
    return f"{confidence:.0%} interval", f"{_written_as(fact, low)} to {_written_as(fact, high)}"


def _written_as(fact: Mapping[str, Any], number: float) -> str:
    """Return a number in a fact's unit with the decimals, the scale and the sign that its display has."""
    match = _DISPLAY.search(fact["display"])
    if match is None or fact["unit"] not in facts.UNITS:
        return repr(number)
    decimals, scale = len(match["decimals"] or ""), match["scale"] or ""
    return facts.format_number(number, fact["unit"], decimals, scale, fact["display"][0] in _SIGNS)


def source_html(source: Mapping[str, Any], top: str, facts_folder: str | None) -> str:
    """Return what a fact is made from, as HTML, each row linked.

    Parameters
    ----------
    source
        A table and its rows.
    top
        The way from the page to the site's top.
    facts_folder
        The way from the page to the pages of facts; None where facts are entries of the same page.
    """
    if source["table"] == "parameters":
        return "parameters: " + ", ".join(f"<code>{escape(row)}</code>" for row in source["rows"])
    names = (escape(row) for row in source["rows"])
    links = (escape(href, quote=True) for _, href in source_links(source, top, facts_folder))
    if source["table"] == "facts":
        shown = (f'<a href="{href}"><code>{name}</code></a>' for name, href in zip(names, links, strict=True))
        return "facts: " + ", ".join(shown)
    shown = (f'<a href="{href}">{name.replace(" .. ", " to ")}</a>' for name, href in zip(names, links, strict=True))
    table = escape(source["table"])
    return f'<a href="{top}data/{table}.html">{table}</a>: {", ".join(shown)}'


def source_links(source: Mapping[str, Any], top: str, facts_folder: str | None) -> list[tuple[str, str]]:
    """Return each row of a source with its address, which is empty for a parameter; as :func:`source_html` links."""
    if source["table"] == "parameters":
        return [(row, "") for row in source["rows"]]
    if source["table"] == "facts":
        if facts_folder is None:
            return [(row, f"#{fact_anchor(row)}") for row in source["rows"]]
        return [(row, addresses.link(f"{facts_folder}{addresses.part(row)}.html")) for row in source["rows"]]
    table = f"{top}data/{source['table']}.html"
    return [(row.replace(" .. ", " to "), f"{table}#{row_anchor(row.split(' .. ')[0])}") for row in source["rows"]]


def dictionary_entry(record: dict[str, Any]) -> str:
    """Return a table's record on the page of the data dictionary, as HTML."""
    name = record["name"]
    sources = "; ".join(escape(source["title"]) for source in record["sources"])
    rights = record.get("rights") or ", ".join(escape(licence["name"]) for licence in record.get("licenses", []))
    key = record["schema"]["primaryKey"]
    about = [
        ("Rows", f'<a href="data/{name}.html">every row</a>, <a href="data/{name}.csv" download>CSV</a>'),
        ("Key", escape(key if isinstance(key, str) else ", ".join(key))),
        ("Public day", escape(record.get("publicDayField") or record.get("publicDayNote", ""))),
        ("Sources", sources),
        ("Rights", rights),
        ("Retrieved", escape(str(record["retrieved"]))),
        ("Hash", f"<code>{escape(record['hash'])}</code>"),
    ]
    facts = "".join(f"<dt>{term}</dt><dd>{text}</dd>" for term, text in about)
    fields = "".join(
        f'<tr><th scope="row"><code>{escape(field["name"])}</code></th><td>{escape(field["type"])}</td>'
        f"<td>{escape(field['unit'])}</td><td>{escape(field['description'])}</td></tr>"
        for field in record["schema"]["fields"]
    )
    return (
        f"<p>{escape(record['description'])}</p><dl>{facts}</dl>"
        f'<div class="table-scroll" role="region" tabindex="0" aria-label="Columns of {escape(name, quote=True)}">'
        f'<table class="house-table"><thead><tr><th scope="col">Column</th><th scope="col">Type</th>'
        f'<th scope="col">Unit</th><th scope="col">Meaning</th></tr></thead><tbody>{fields}</tbody></table></div>'
    )


def _table_pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    as_of = material(app).edition["as_of"]
    for name in tables.names():
        record = tables.resource(name)
        yield f"data/{name}", {"title": record["title"], "body": table_page(record, as_of)}, "page.html"


def table_page(record: dict[str, Any], as_of: str) -> str:
    """Return the page of a table's rows that could be known on a day, as HTML."""
    name = record["name"]
    header, *rows = tables.cells(name, as_of)
    hidden = (
        f" Rows that became public after {facts.format_day(as_of)}, this edition's day, are not here."
        if record.get("publicDayField")
        else ""
    )
    key = record["schema"]["primaryKey"]
    positions = [header.index(column) for column in ([key] if isinstance(key, str) else key)]
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in header)
    body = "".join(
        f'<tr id="{escape(row_anchor("/".join(row[position] for position in positions)), quote=True)}">'
        + "".join(f"<td>{escape(cell)}</td>" for cell in row)
        + "</tr>\n"
        for row in rows
    )
    widest = "".join(
        f'<tr class="widest">{"".join(f"<td>{escape(cell)}</td>" for cell in cells)}</tr>' for cells in _longest(rows)
    )
    title = escape(record["title"])
    return (
        f"<section><h1>{title}</h1><p>{escape(record['description'])}{hidden} "
        f'<a href="../data-dictionary.html#table-{name}">What each column means</a>. '
        f'<a href="{name}.csv" download>These rows as CSV</a>.</p>'
        f'<div class="table-scroll" role="region" tabindex="0" aria-label="{title}">'
        f'<table class="house-table rows"><thead><tr>{head}</tr>{widest}</thead>'
        f"<tbody>{body}</tbody></table></div></section>"
    )


def _longest(rows: Sequence[Sequence[str]], count: int = 2) -> Iterator[list[str]]:
    """Yield rows of each column's longest texts: unseen, they give a table its widths before its last row is there."""
    columns = [sorted(set(column), key=lambda text: (-len(text), text)) for column in zip(*rows, strict=True)]
    for place in range(count):
        yield [column[place] if place < len(column) else "" for column in columns]
