"""The document nodes of facts and figures, and how HTML shows them."""

from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.osutil import relative_uri
from sphinx.writers.html5 import HTML5Translator

from coordination_gap.press import addresses


class fact_reference(nodes.Inline, nodes.TextElement):  # noqa: N801 # docutils names its nodes so
    """A fact's display, linked to its page."""


class computed_figure(nodes.General, nodes.Element):  # noqa: N801 # docutils names its nodes so
    """A figure that a notebook published; its children are the caption."""


def fact_node(fact: dict[str, Any]) -> fact_reference:
    """Return the node that prints a fact."""
    return fact_reference("", fact["display"], fact=fact)


def fact_anchor(fact_id: str) -> str:
    """Return the anchor of a fact's row on the page of facts, and of its entry on a page that stands for itself."""
    return f"fact-{fact_id}"


def register(app: Sphinx) -> None:
    """Register the nodes with Sphinx."""
    app.add_node(fact_reference, html=(_visit_fact, _depart_fact), override=True)
    app.add_node(nodes.citation, html=(_visit_citation, _depart_citation), override=True)
    app.add_node(computed_figure, html=(_visit_figure, _depart_figure), override=True)


def _visit_citation(translator: HTML5Translator, node: nodes.citation) -> None:
    # docutils gives the entries a role that WAI-ARIA has deprecated and that no list may hold.
    if not isinstance(node.previous_sibling(), nodes.citation):
        translator.body.append('<div role="list" class="citation-list">\n')
    translator.body.append(translator.starttag(node, "div", classes=["citation"], role="listitem"))


def _depart_citation(translator: HTML5Translator, node: nodes.citation) -> None:
    translator.body.append("</div>\n")
    if not isinstance(node.next_node(descend=False, siblings=True), nodes.citation):
        translator.body.append("</div>\n")


def _visit_fact(translator: HTML5Translator, node: fact_reference) -> None:
    fact_id = node["fact"]["id"]
    here = translator.builder.get_target_uri(translator.builder.current_docname)
    href = escape(addresses.link(relative_uri(here, addresses.fact(fact_id))), quote=True)
    # A line may end between the two signs, which leaves a minus alone.
    kind = "fact unbroken" if node.astext().startswith("\N{MINUS SIGN}$") else "fact"
    translator.body.append(f'<a href="{href}" data-fact="{escape(fact_id, quote=True)}" class="{kind}">')


def _depart_fact(translator: HTML5Translator, node: fact_reference) -> None:
    translator.body.append("</a>")


def _visit_figure(translator: HTML5Translator, node: computed_figure) -> None:
    figure_id, alt, sizes = node["figure_id"], node["alt"], node["sizes"]
    here = translator.builder.get_target_uri(translator.builder.current_docname)

    def address(name: str) -> str:
        return escape(addresses.link(relative_uri(here, f"figures/{name}")), quote=True)

    pictures = []
    for theme in ("light", "dark"):
        narrow, wide = sizes[f"{theme}_narrow"], sizes[f"{theme}_wide"]
        pictures.append(
            f'<picture class="only-{theme}">'
            f'<source media="(max-width: 600px)" srcset="{address(f"{figure_id}-{theme}_narrow.svg")}" '
            f'width="{narrow[0]}" height="{narrow[1]}">'
            f'<img src="{address(f"{figure_id}-{theme}_wide.svg")}" width="{wide[0]}" height="{wide[1]}" '
            f'class="dark-light" loading="lazy" alt="{escape(alt, quote=True)}"></picture>'
        )
    node["links"] = (
        f'<p class="figure-links"><a href="{address(f"{figure_id}.csv")}" download>Data (CSV)</a> '
        f'<a href="{address(f"{figure_id}.svg")}" download>SVG</a> '
        f'<a href="{address(f"{figure_id}.png")}" download>PNG</a> '
        f'<a class="figure-page" href="{address(f"{figure_id}.html")}">Cite this figure</a></p>'
    )
    anchor = escape(f"figure-{figure_id}", quote=True)
    translator.body.append(f'<figure class="computed-figure" id="{anchor}"><div>{"".join(pictures)}</div><figcaption>')


def _depart_figure(translator: HTML5Translator, node: computed_figure) -> None:
    translator.body.append(f"{node['links']}</figcaption></figure>\n")
