"""What the frame of each page shows, and the few files of the theme that it leaves in the site."""

import re
import shutil
from pathlib import Path
from typing import Any

from docutils import nodes
from markupsafe import Markup, escape
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

import coordination_gap
from coordination_gap import facts
from coordination_gap.press import addresses
from coordination_gap.press.sphinx_book import column_room, reading_time
from coordination_gap.press.sphinx_book.launch import launch_html
from coordination_gap.press.sphinx_book.margin_sources import source_mark, source_note
from coordination_gap.press.sphinx_book.material import material

#: Files of the theme and of Sphinx that the frame does without, or loads on the search page alone.
_NOT_LOADED = (
    "basic.css",
    "doctools.js",
    "documentation_options.js",
    "mystnb.",
    "pygments.css",
    "scripts/",
    "sphinx_highlight.js",
    "styles/",
)
#: What of them is not needed at all; what the search needs stays.
_LEFT_OUT = ("basic.css", "file.png", "images", "locales", "minus.png", "mystnb.*.css", "plus.png", "pygments.css",
             "sbt-webpack-macros.html", "scripts", "styles", "vendor", "webpack-macros.html")  # fmt: skip
_DESCRIPTION = 300


def register(app: Sphinx) -> None:
    """Hand the frame what it shows, after all other handlers; tidy up when the site is written."""
    app.add_node(HideCodeCellNode, override=True, html=(_visit_code, _depart_code))
    app.connect("html-page-context", _add_context, priority=900)
    app.connect("build-finished", _leave_out, priority=900)


def _add_context(
    app: Sphinx, page: str, _template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    for kind in ("css_files", "script_files"):
        # Jupyter Book adds what lies in _static once more, without the way to load it that the settings give.
        files = {str(file.filename): file for file in reversed(context.get(kind, [])) if _is_loaded(file)}
        context[kind] = list(reversed(files.values()))
    edition = material(app).edition
    context["edition_title"] = edition.get("title", edition["name"])
    context["edition_day"] = facts.format_day(edition["as_of"])
    # Sphinx's own tags repeat the size of the window, which the frame gives already.
    context["metatags"] = re.sub(r'<meta name="viewport"[^>]*>', "", context.get("metatags") or "").strip()
    # Code wider than a phone scrolls in its box, which the keyboard must be able to reach.
    body = (context.get("body") or "").replace('"highlight"><pre>', '"highlight"><pre tabindex="0">')
    context["body"] = column_room.with_room(body)
    context["kind"] = _kind(app, page)
    if "toctree" in context:
        context["contents"] = _contents(context["toctree"], context.get("toc") or "")
    if doctree is not None:
        context["description"] = description(doctree)
        context["kicker"] = _kicker(app, page, doctree)
        if context["kind"] == "chapter":
            name = page.removeprefix("notebooks/")
            context["launch"] = launch_html(addresses.book(), coordination_gap.__version__, name)


def _is_loaded(file: Any) -> bool:
    name = str(file.filename or "").removeprefix("_static/")
    return bool(name) and not name.startswith(_NOT_LOADED)


def _kind(app: Sphinx, page: str) -> str:
    if page == app.config.root_doc:
        return "landing"
    if page.startswith("data/"):
        return "wide"
    return "chapter" if page.startswith("notebooks/") else "about"


def _contents(toctree: Any, sections: str) -> str:
    """Return the list of pages; beneath the one that is shown, its sections."""
    listed = str(toctree(collapse=True, maxdepth=1, titles_only=True, includehidden=True))
    # The words above a part are no headings of the page, and the page shown is marked for screen readers.
    listed = re.sub(r' (?:role="heading"|aria-level="\d")', "", listed)
    # Sphinx's list of sections begins with the page itself.
    beneath = re.search(r"</a>\s*(<ul>.*</ul>)\s*</li>\s*</ul>\s*$", sections, re.DOTALL)
    return re.sub(
        r'<a class="current reference internal" href="#">(.*?)</a>',
        lambda found: f'<a aria-current="page" href="#">{found[1]}</a>{beneath[1] if beneath else ""}',
        listed,
    )


def _kicker(app: Sphinx, page: str, doctree: nodes.document) -> Markup | None:
    """Return the line above a chapter's title: its part, its number, and how long it takes to read."""
    if _kind(app, page) != "chapter":
        return None
    said = []
    site_map = getattr(app.env, "external_site_map", None)
    parts = site_map.root.subtrees if site_map else []
    said += [
        Markup("<span>{}</span>").format(part.caption)
        for part in parts
        if part.caption and page in map(str, part.items)
    ]
    number = re.match(r"notebooks/0*(\d+)_", page)
    if number:
        said.append(Markup("<span>Chapter {}</span>").format(number[1]))
    minutes = reading_time.minutes(doctree)
    said.append(Markup('<span class="plain">{} min read</span>').format(minutes))
    return Markup(" ").join(said)


def description(doctree: nodes.document) -> str:
    """Return the first words of a page, up to a whole sentence where one ends in time."""
    for paragraph in doctree.findall(nodes.paragraph):
        if paragraph.next_node(nodes.paragraph, descend=True) is not None:
            continue
        text = " ".join("".join(_said(paragraph)).split())
        if len(text.split()) < 5:
            continue
        if len(text) <= _DESCRIPTION:
            return text
        cut = text[:_DESCRIPTION]
        end = max(cut.rfind(". "), cut.rfind("? "))
        return cut[: end + 1] if end > _DESCRIPTION // 3 else cut.rsplit(" ", 1)[0] + " …"
    return ""


def _said(node: nodes.Node) -> list[str]:
    if isinstance(node, nodes.Text):
        return [node.astext()]
    if isinstance(node, source_mark | source_note):
        return []
    return [text for child in node.children for text in _said(child)]


def _visit_code(translator: HTML5Translator, node: HideCodeCellNode) -> None:
    # MyST-NB's own markup is not valid, and names its button other than it reads.
    translator.body.append(f'<details class="code"><summary>{escape(node["prompt_show"])}</summary>\n')


def _depart_code(translator: HTML5Translator, _node: HideCodeCellNode) -> None:
    translator.body.append("</details>\n")


def _leave_out(app: Sphinx, error: Exception | None) -> None:
    if error is not None or app.builder.format != "html":
        return
    for pattern in _LEFT_OUT:
        for path in Path(app.outdir, "_static").glob(pattern):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
