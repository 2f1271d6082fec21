"""Pages made from data: the facts, the data dictionary, and every row of every table."""

from collections.abc import Iterator
from html import escape
from itertools import groupby
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from coordination_gap import cut, facts, tables
from coordination_gap.press.sphinx_book.material import material
from coordination_gap.press.sphinx_book.nodes import fact_anchor


class FactsIndexDirective(SphinxDirective):
    """``{facts-index}``: every fact with its value, formula and source rows, by page."""

    def run(self) -> list[nodes.Node]:
        """Return a section for each page of the book."""
        state = material(self.env.app)
        found: list[nodes.Node] = []
        in_order = sorted(state.facts.values(), key=lambda fact: (fact["page"], fact["id"]))
        for page, entries in groupby(in_order, key=lambda fact: fact["page"]):
            section = nodes.section(ids=[f"facts-of-{page.removesuffix('.html').rpartition('/')[2]}"])
            section += nodes.title("", state.titles[page])
            section += nodes.raw("", "".join(fact_entry(fact) for fact in entries), format="html")
            found.append(section)
        return found


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


def fact_entry(fact: dict[str, Any]) -> str:
    """Return a fact's entry on the facts page, as HTML."""
    unit = fact["unit"].replace("_", " ")
    rows = [("Value", f"<code>{escape(repr(fact['value']))}</code> ({escape(unit)})")]
    if fact["gap"]:
        rows = [("Why not", escape(fact["gap"]))]
    if fact["interval"]:
        low, high, confidence = (fact["interval"][key] for key in ("low", "high", "confidence"))
        rows.append((f"{confidence:.0%} interval", f"<code>{low!r}</code> to <code>{high!r}</code>"))
    rows.append(("How", escape(fact["formula"])))
    rows.append(("As of", f"{escape(fact['as_of'])}, edition {escape(fact['edition'])}"))
    sources = "".join(f"<li>{_source(source)}</li>" for source in fact["sources"])
    if sources:
        rows.append(("Made from", f"<ul>{sources}</ul>"))
    rows.append(("Inputs", f"<code>{fact['inputs_sha256'][:16]}…</code> (SHA-256)"))
    body = "".join(f"<dt>{term}</dt><dd>{text}</dd>" for term, text in rows)
    return (
        f'<div class="fact-entry" id="{escape(fact_anchor(fact["id"]), quote=True)}">'
        f"<h3><code>{escape(fact['id'])}</code> <span>{escape(fact['display'])}</span></h3><dl>{body}</dl></div>"
    )


def _source(source: dict[str, Any]) -> str:
    if source["table"] == "parameters":
        return "parameters: " + ", ".join(f"<code>{escape(row)}</code>" for row in source["rows"])
    if source["table"] == "facts":
        anchors = ((escape(fact_anchor(row), quote=True), escape(row)) for row in source["rows"])
        return "facts: " + ", ".join(f'<a href="#{anchor}"><code>{row}</code></a>' for anchor, row in anchors)
    address = f"data/{source['table']}.html"
    links = []
    for row in source["rows"]:
        first = row.split(" .. ")[0]
        href = escape(f"{address}#{row_anchor(first)}", quote=True)
        links.append(f'<a href="{href}">{escape(row.replace(" .. ", " to "))}</a>')
    return f'<a href="{address}">{escape(source["table"])}</a>: {", ".join(links)}'


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
    title = escape(record["title"])
    return (
        f"<section><h1>{title}</h1><p>{escape(record['description'])}{hidden} "
        f'<a href="../data-dictionary.html#table-{name}">What each column means</a>. '
        f'<a href="{name}.csv" download>These rows as CSV</a>.</p>'
        f'<div class="table-scroll" role="region" tabindex="0" aria-label="{title}">'
        f'<table class="house-table rows"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></section>'
    )
