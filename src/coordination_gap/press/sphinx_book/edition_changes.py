"""``{edition-changes}``: what differs between this edition and the one that the press compared it with."""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri

from coordination_gap.press.difference import html, report
from coordination_gap.press.sphinx_book.material import material

NAME = "edition-changes"


class EditionChangesDirective(SphinxDirective):
    """``{edition-changes}``: a section for each kind of difference, or why there is nothing to compare with."""

    def run(self) -> list[nodes.Node]:
        """Return what the press handed over."""
        self.env.metadata[self.env.docname][NAME] = True
        state = material(self.env.app)
        difference = state.difference
        if "why_not" in difference:
            return [nodes.paragraph("", difference["why_not"])]
        here = self.env.app.builder.get_target_uri(self.env.docname)
        sizes = {name: figure["sizes"]["light_narrow"] for name, figure in state.figures.items()}
        page = html.Page(difference, lambda target: relative_uri(here, target), sizes, state.facts, state.titles)
        found: list[nodes.Node] = [nodes.paragraph("", report.headline(difference))]
        for part in page.sections():
            section = nodes.section(ids=[part.anchor])
            section += nodes.title("", part.title)
            section += nodes.raw("", part.body, format="html")
            found.append(section)
        return found


def register(app: Sphinx) -> None:
    """Register the directive, and its style for the page that uses it."""
    app.add_directive(NAME, EditionChangesDirective)
    app.connect("html-page-context", _add_style)


def _add_style(app: Sphinx, page: str, _template: str, _context: dict[str, Any], _doctree: nodes.document) -> None:
    # A file that is added while a page is written is that page's alone.
    if app.env.metadata.get(page, {}).get(NAME):
        app.add_css_file(f"{NAME}.css")
