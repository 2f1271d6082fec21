"""Cited sources beside the text: in the margin of a wide page, behind a mark in the text of a narrow one.

Each citation of a page brings its source's full entry along once. Where there is a margin, the
style sheet puts it there; elsewhere it is a popover, which browsers open without a script.
A page that lists its sources itself, as that of a single run does, needs none of this.
"""

from html import escape
from typing import cast

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator
from sphinxcontrib.bibtex.citation_target import parse_citation_targets
from sphinxcontrib.bibtex.domain import BibtexDomain


class source_mark(nodes.Inline, nodes.Element):  # noqa: N801 # docutils names its nodes so
    """The mark that opens a source's note: ``note`` is the note's id, ``label`` names the source."""


class source_note(nodes.Inline, nodes.TextElement):  # noqa: N801 # see above
    """A source's entry; ``note`` is its id, its children are the entry."""


def register(app: Sphinx) -> None:
    """Register the nodes, and add them to each page that cites."""
    app.add_node(source_mark, html=(_visit_mark, None))
    app.add_node(source_note, html=(_visit_note, _depart_note))
    # After the citations have been resolved, which is done by post-transforms.
    app.connect("doctree-resolved", _add_notes)


def _add_notes(app: Sphinx, document: nodes.document, page: str) -> None:
    if "cite" not in app.env.domains or app.builder.format != "html":
        return
    domain = cast(BibtexDomain, app.env.get_domain("cite"))
    elsewhere = {citation.key: citation for citation in domain.citations if citation.bibliography_key.docname != page}
    shown: dict[str, str] = {}
    for cited in list(document.findall(nodes.inline)):
        if "bibtex-citation" not in cited["classes"]:
            continue
        added: list[nodes.Node] = []
        for target in parse_citation_targets(cited.rawsource):
            if target.key not in elsewhere:
                continue
            first = target.key not in shown
            note = shown.setdefault(target.key, f"source-{len(shown) + 1}")
            entry = elsewhere[target.key].formatted_entry
            added.append(source_mark(note=note, label=cited.astext().strip("[]")))
            if first:
                added.append(source_note("", "", *entry.text.render(domain.backend), note=note))
        parent, place = cited.parent, cited.parent.index(cited) + 1
        parent[place:place] = added


def _visit_mark(translator: HTML5Translator, node: source_mark) -> None:
    label = escape(f"Source: {node['label']}", quote=True)
    translator.body.append(
        # The mark stays on the line of what it belongs to, and of the sign that follows.
        '<span class="source-place">&#8288;'
        f'<button class="source-mark" type="button" popovertarget="{node["note"]}" aria-label="{label}">'
        "&#8853;</button>&#8288;</span>"
    )
    raise nodes.SkipNode


def _visit_note(translator: HTML5Translator, node: source_note) -> None:
    translator.body.append(f'<span class="source-note" id="{node["note"]}" role="note" popover>')
    translator.body.append('<span class="house-label">Source</span>')


def _depart_note(translator: HTML5Translator, _node: source_note) -> None:
    translator.body.append("</span>")
