"""``citation.json``, by which ``gapbook cite`` knows what can be cited, and ``{book-citation}``, which shows how."""

from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from coordination_gap.press import addresses
from coordination_gap.press.cite import Csl, formatted, publication, works
from coordination_gap.press.sphinx_book import figure_pages, light_page
from coordination_gap.press.sphinx_book.material import material

FILE = "citation.json"


class book_citation(nodes.General, nodes.Element):  # noqa: N801 # docutils names its nodes so
    """How the book and its chapters are cited; it is written when the titles of all pages are known."""


class BookCitationDirective(SphinxDirective):
    """``{book-citation}``: the book in every format, its addresses, and each chapter."""

    def run(self) -> list[nodes.Node]:
        """Return the place for it."""
        self.env.metadata[self.env.docname]["book-citation"] = True
        return [book_citation()]


def register(app: Sphinx) -> None:
    """Register the directive, and the file for programs."""
    app.add_directive("book-citation", BookCitationDirective)
    app.add_node(book_citation, html=(_visit, None))
    app.connect("build-finished", _write)
    app.connect("html-page-context", _add_files)


def chapters(app: Sphinx) -> dict[str, Csl]:
    """Return each page of the book but the first as it is cited, by its name."""
    source = publication(material(app).edition)
    return {
        name.rpartition("/")[2]: works.chapter(source, app.builder.get_target_uri(name), title.astext())
        for name, title in sorted(app.env.titles.items())
        if name != app.config.root_doc
    }


def _write(app: Sphinx, failure: Exception | None) -> None:
    if failure is not None or app.builder.name != "html":
        return
    source = publication(material(app).edition)
    content = {
        "book": works.book(source),
        "chapters": chapters(app),
        "figures": {
            figure_id: works.figure(source, figure_id, caption.text)
            for figure_id, (_, caption) in figure_pages.captions(app).items()
        },
    }
    (Path(app.outdir) / FILE).write_text(light_page.as_json(content), encoding="utf-8")


def _visit(translator: Any, _node: book_citation) -> None:
    app = translator.builder.app
    source = publication(material(app).edition)
    made = chapters(app)
    recorded = {page.removesuffix(".html").rpartition("/")[2] for page in material(app).titles}
    listed = "".join(
        f"<li><p data-copy>{escape(formatted(work, 'apa'))}</p></li>" for name, work in made.items() if name in recorded
    )
    notice = ""
    if not addresses.is_release(source.place.version):
        notice = f'<p class="notice">This is version {escape(source.place.version)}, a {addresses.DEVELOPMENT}.</p>'
    body = [
        notice,
        light_page.citations(works.book(source)),
        light_page.definitions(light_page.where(source.place.latest(), source.place.permanent())),
        f"<h3>Chapters</h3><ul>{listed}</ul>",
    ]
    translator.body.append(f'<div class="book-citation">{"".join(body)}</div>')
    raise nodes.SkipNode


def _add_files(app: Sphinx, page: str, _template: str, _context: dict[str, Any], _doctree: nodes.document) -> None:
    if app.env.metadata.get(page, {}).get("book-citation"):
        app.add_js_file("fact-cards.js", loading_method="defer")
        app.add_css_file("fact-cards.css")
