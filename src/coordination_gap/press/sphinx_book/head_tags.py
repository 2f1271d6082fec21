"""What stands in the head of a page for search engines, reference managers and links that unfold.

Every page has a description, its canonical address and Open Graph. The landing page alone has the
Highwire tags from which a reference manager takes the book, so that no chapter passes for it, and,
like the data dictionary, what schema.org calls the book and its tables.
"""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from coordination_gap import cut, tables
from coordination_gap.press import addresses
from coordination_gap.press.cite import Publication, formatted, publication, works
from coordination_gap.press.sphinx_book.light_page import in_script
from coordination_gap.press.sphinx_book.material import material
from coordination_gap.press.sphinx_book.nodes import computed_figure

_TEXT_LICENCE = "https://creativecommons.org/licenses/by/4.0/"
_DICTIONARY = "data-dictionary"
_LONGEST = 300
#: The columns that say when what a row is about happened, or ended.
_TIMES = (
    *("period_end", "session", "snapshot_date", "happened_on", "announced_on"),
    *("filed_on", "released_on", "release_date", "submitted_on", "submission_date"),
)


def register(app: Sphinx) -> None:
    """Have the tags put into every page."""
    app.connect("html-page-context", add_tags)


def add_tags(app: Sphinx, page: str, _template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Put the tags into the head of a page."""
    source = publication(material(app).edition)
    address = source.place.latest(app.builder.get_target_uri(page))
    # Sphinx knows one address for the site, and not that editions stand beside each other.
    context["pageurl"] = address
    if doctree is not None:
        title, about = app.env.titles[page].astext(), description(doctree)
    elif page.startswith("data/"):
        record = tables.resource(page.removeprefix("data/"))
        title, about = record["title"], _cut(works.plain(record["description"]))
    else:
        return
    landing = page == app.config.root_doc
    title = source.book.title if landing else title
    image = next(iter(doctree.findall(computed_figure)), None) if doctree is not None else None
    tags = [_named("description", about), *_open_graph(landing, title, about, address, image, source)]
    if landing:
        tags += [_named(name, content) for name, content in highwire(source)]
        tags.append(_linked_data(report(source, about, table_records(source.as_of))))
    elif page == _DICTIONARY:
        tags.append(_linked_data(datasets(source, table_records(source.as_of))))
    context["metatags"] = context.get("metatags", "") + "\n" + "\n".join(filter(None, tags)) + "\n"


def description(doctree: nodes.document) -> str:
    """Return what a page says first, as text: its answer, or else its first paragraph; cut at a word."""
    answers = (node for node in doctree.findall(nodes.admonition) if "answer" in node["classes"])
    place: nodes.Element = next(answers, doctree)
    said = next((works.plain(found.astext()) for found in place.findall(nodes.paragraph)), "")
    return _cut(said)


def _cut(said: str) -> str:
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST].rpartition(' ')[0]} …"


def highwire(source: Publication) -> list[tuple[str, str]]:
    """Return the book as Highwire tags, names with contents."""
    book = works.book(source)
    # With a comma at its end the name of a body is not taken apart into first and last names.
    tags = [("citation_title", book["title"]), ("citation_author", f"{source.book.author},")]
    if source.issued:
        tags.append(("citation_publication_date", f"{source.issued:%Y/%m/%d}"))
    tags += [
        ("citation_technical_report_institution", source.book.author),
        ("citation_technical_report_number", f"version {book['version']}, {book['edition']}"),
        ("citation_language", book["language"]),
    ]
    return tags + ([("citation_public_url", book["URL"])] if "URL" in book else [])


def table_records(as_of: str) -> list[dict[str, Any]]:
    """Return the record of each table as an edition's day leaves it."""
    return [cut.resource(name, as_of) for name in tables.names()]


def report(source: Publication, about: str, records: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the book as schema.org's Report, with the names of the tables that it is based on."""
    place = source.place
    found = {
        "@context": "https://schema.org",
        "@type": "Report",
        "name": source.book.title,
        "author": {"@type": "Organization", "name": source.book.author},
        "abstract": about,
        "version": place.version,
        "inLanguage": "en",
        "license": _TEXT_LICENCE,
        "datePublished": source.issued.isoformat() if source.issued else None,
        "url": place.latest(),
        "sameAs": place.permanent(),
        "isAccessibleForFree": True,
        "citation": formatted(works.book(source), "apa"),
        # The data dictionary describes them.
        "isBasedOn": [_only(_dataset(source, record), "@type", "name", "url") for record in records],
    }
    return {key: value for key, value in found.items() if value is not None}


def _only(record: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: record[key] for key in keys if key in record}


def datasets(source: Publication, records: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the tables as schema.org's Datasets."""
    return {"@context": "https://schema.org", "@graph": [_dataset(source, record) for record in records]}


def _dataset(source: Publication, record: Mapping[str, Any]) -> dict[str, Any]:
    name = record["name"]
    licences = [licence["path"] if "path" in licence else licence["name"] for licence in record.get("licenses", [])]
    page, file = source.place.latest(f"data/{name}.html"), source.place.latest(f"data/{name}.csv")
    found = {
        "@type": "Dataset",
        "name": record["title"],
        "description": record["description"],
        "license": licences[0] if licences else None,
        "usageInfo": None if licences else record.get("rights"),
        "temporalCoverage": temporal_coverage(name, record, source.as_of),
        "variableMeasured": [field["name"] for field in record["schema"]["fields"]],
        "url": page,
        "distribution": {"@type": "DataDownload", "encodingFormat": "text/csv", "contentUrl": file} if file else None,
        "creator": {"@type": "Organization", "name": source.book.author},
        "isBasedOn": [
            {"@type": "CreativeWork", "name": one["title"], **({"url": one["path"]} if "path" in one else {})}
            for one in record["sources"]
        ],
    }
    return {key: value for key, value in found.items() if value is not None}


def temporal_coverage(name: str, record: Mapping[str, Any], as_of: str) -> str | None:
    """Return the first and the last day that the rows of a table are about, None where no column says it.

    The day on which a row became public does not, unless it is the day on which the thing happened.
    """
    fields = [field["name"] for field in record["schema"]["fields"]]
    column = next((time for time in _TIMES if time in fields), None)
    if column is None:
        return None
    header, *rows = tables.cells(name, as_of)
    days = sorted(filter(None, (row[header.index(column)] for row in rows)))
    return f"{days[0]}/{days[-1]}" if days else None


def _open_graph(
    landing: bool, title: str, about: str, address: str | None, figure: nodes.Element | None, source: Publication
) -> list[str]:
    pairs = [
        ("og:title", works.plain(title)),
        ("og:type", "website" if landing else "article"),
        ("og:site_name", source.book.title),
        ("og:description", about),
        ("og:url", address),
    ]
    image = source.place.latest(addresses.figure(figure["figure_id"], "png")) if figure is not None else None
    if figure is not None and image:
        pairs += [("og:image", image), ("og:image:alt", figure["alt"])]
    return [_property(name, content) for name, content in pairs if content]


def _named(name: str, content: str) -> str:
    return f'<meta name="{name}" content="{escape(content, quote=True)}">' if content else ""


def _property(name: str, content: str) -> str:
    return f'<meta property="{name}" content="{escape(content, quote=True)}">'


def _linked_data(content: Mapping[str, Any]) -> str:
    return f'<script type="application/ld+json">{in_script(content)}</script>'
