"""Where the book prints each fact and shows each figure, as far as its pages are read."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape
from typing import cast

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from coordination_gap.press import addresses
from coordination_gap.press.sphinx_book import mathml
from coordination_gap.press.sphinx_book.nodes import computed_figure, fact_reference


@dataclass(frozen=True)
class Section:
    """A section of a page, by its anchor (empty for the page itself) and its title."""

    anchor: str
    title: str


@dataclass(frozen=True)
class Caption:
    """A figure's caption: HTML for a page in a folder beside ``facts/``, and the same as text."""

    html: str
    text: str


@dataclass
class Uses:
    """What one page shows: for each fact the sections that print it, and for each figure its caption."""

    facts: dict[str, list[Section]] = field(default_factory=dict)
    figures: dict[str, Caption] = field(default_factory=dict)


def uses(env: BuildEnvironment) -> dict[str, Uses]:
    """Return what each page shows, by the names of the pages."""
    if not hasattr(env, "gapbook_uses"):
        env.gapbook_uses = {}  # type: ignore[attr-defined] # pickled with the environment
    return cast("dict[str, Uses]", env.gapbook_uses)  # type: ignore[attr-defined] # see above


def register(app: Sphinx) -> None:
    """Keep what pages show with what Sphinx has read of them, also where several processes read."""
    app.connect("doctree-read", _collect)
    app.connect("env-purge-doc", lambda _app, env, page: uses(env).pop(page, None))
    app.connect("env-merge-info", _merge)


def _merge(_app: Sphinx, env: BuildEnvironment, pages: Iterable[str], other: BuildEnvironment) -> None:
    uses(env).update({page: uses(other)[page] for page in pages if page in uses(other)})


def _collect(app: Sphinx, doctree: nodes.document) -> None:
    found = Uses()
    for reference in doctree.findall(fact_reference):
        places = found.facts.setdefault(reference["fact"]["id"], [])
        place = _section(reference)
        if place not in places:
            places.append(place)
    for figure in doctree.findall(computed_figure):
        text = " ".join(figure.astext().split())
        found.figures.setdefault(figure["figure_id"], Caption("".join(map(_html, figure.children)), text))
    if found.facts or found.figures:
        uses(app.env)[app.env.docname] = found


def _section(node: nodes.Node) -> Section:
    parent: nodes.Node | None = node.parent
    while parent is not None and not isinstance(parent, nodes.section):
        parent = parent.parent
    if parent is None:
        return Section("", "")
    title = parent.next_node(nodes.title)
    top = isinstance(parent.parent, nodes.document)
    return Section("" if top else parent["ids"][0], title.astext() if title is not None else "")


_TAGS: dict[type[nodes.Node], str] = {
    nodes.paragraph: "p",
    nodes.emphasis: "em",
    nodes.strong: "strong",
    nodes.literal: "code",
}


def _html(node: nodes.Node) -> str:
    """Return a part of a caption as HTML; what leads elsewhere, other than a fact, is its words."""
    if isinstance(node, nodes.Text):
        return escape(node.astext())
    if isinstance(node, nodes.math):
        return mathml.mathml(node, "inline")
    inside = "".join(map(_html, node.children))
    if isinstance(node, fact_reference):
        href = escape(addresses.link(f"../{addresses.fact(node['fact']['id'])}"), quote=True)
        return f'<a class="fact" href="{href}">{inside}</a>'
    tag = _TAGS.get(type(node))
    return f"<{tag}>{inside}</{tag}>" if tag else inside
