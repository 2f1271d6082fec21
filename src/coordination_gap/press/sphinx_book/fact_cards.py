"""What the card beside a number says, for the script that shows it: only of the facts that the page shows."""

from collections.abc import Iterable, Mapping
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from coordination_gap.press import addresses
from coordination_gap.press.cite import Publication, formatted, publication, works
from coordination_gap.press.sphinx_book.light_page import in_script
from coordination_gap.press.sphinx_book.material import material
from coordination_gap.press.sphinx_book.nodes import fact_reference
from coordination_gap.press.sphinx_book.pages import interval_words, source_links

NAME = "fact-cards"
#: Of each source so many rows are shown; the fact's page has all.
_ROWS = 4


def register(app: Sphinx) -> None:
    """Put script, style and data into the pages that show facts."""
    app.connect("html-page-context", add_cards)


def add_cards(app: Sphinx, page: str, _template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Put script, style and data into a page that shows facts, and the style into the one that lists them."""
    if app.env.metadata.get(page, {}).get("facts-index"):
        app.add_css_file(f"{NAME}.css")
    if doctree is None:
        return
    shown = {reference["fact"]["id"]: reference["fact"] for reference in doctree.findall(fact_reference)}
    if not shown:
        return
    app.add_js_file(f"{NAME}.js", loading_method="defer")
    app.add_css_file(f"{NAME}.css")
    top = "../" * app.builder.get_target_uri(page).count("/")
    content = in_script(card_data(shown.values(), publication(material(app).edition), top))
    context["body"] += f'<script type="application/json" id="{NAME}">{content}</script>\n'


def card_data(shown: Iterable[Mapping[str, Any]], source: Publication, top: str) -> dict[str, Any]:
    """Return what the cards of these facts say; `top` is the way from the page to the site's top."""
    place = source.place
    notice = "" if addresses.is_release(place.version) else f"This is a {addresses.DEVELOPMENT}."
    return {
        "edition": place.name,
        "notice": notice if place.published else "Values are replaced; this is published nowhere.",
        "facts": {fact["id"]: _card(fact, source, top) for fact in shown},
    }


def _card(fact: Mapping[str, Any], source: Publication, top: str) -> dict[str, Any]:
    return {
        "value": fact["display"],
        "interval": " ".join(interval_words(fact)) if fact["interval"] else "",
        "how": fact["gap"] or fact["formula"],
        "as_of": works.day(fact["as_of"]),
        "sources": [_rows(one, top) for one in fact["sources"]],
        "citation": formatted(works.fact(source, fact), "apa"),
    }


def _rows(source: Mapping[str, Any], top: str) -> list[Any]:
    links = source_links(source, top, f"{top}facts/")
    table = source["table"]
    href = f"{top}data/{table}.html" if table not in ("parameters", "facts") else ""
    return [table, href, [list(one) for one in links[:_ROWS]], max(0, len(links) - _ROWS)]
