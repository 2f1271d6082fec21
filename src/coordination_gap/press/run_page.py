"""A page of one executed notebook that is complete in itself: one HTML file, which asks nobody for anything.

The prose is rendered by Sphinx with the book's own extension, so that facts, wordings,
conditions and figures are as in the book. Figures, styles and the list of the facts shown
are then put into the file. The book's other pages are there by their titles only, so that
links to them have their words; the links themselves go.
"""

import base64
import io
import json
import mimetypes
import re
import shutil
from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from pygments.formatters import HtmlFormatter

from coordination_gap import paths
from coordination_gap.press import collect, notebooks, site
from coordination_gap.press import render as render_book
from coordination_gap.press.edition import Edition

_CITES = re.compile(r"\{cite(:\w)?\}")
_BIBLIOGRAPHY = "## References\n\n```{bibliography}\n```"
#: The settings of the book that make its prose what it is.
_SETTINGS = ("bibtex_", "html_math_", "nb_", "suppress_")


def render(
    name: str,
    executed: NotebookNode,
    edition: Edition,
    others: Sequence[Mapping[str, Any]],
    about: str,
    scratch: Path,
) -> tuple[str, list[str]]:
    """Render an executed notebook as a page for itself.

    Parameters
    ----------
    name
        The notebook's name.
    executed
        Its run, with the key of its inputs.
    edition
        Its values; what facts are published under.
    others
        The facts of other notebooks that the prose may show, as published.
    about
        What stands above the page, as HTML.
    scratch
        An empty folder for what the renderer needs.

    Returns
    -------
    tuple of str and list of str
        The page, and a sentence for each place that could not be shown as it is meant.
    """
    shown = site.page_of(executed)
    if any(_CITES.search(cell.source) for cell in shown.cells if cell.cell_type == "markdown"):
        shown.cells.append(new_markdown_cell(_BIBLIOGRAPHY))
    source, beside = scratch / "source", scratch / "beside"
    _write_source(name, shown, source)
    facts = collect.collect_facts(edition, {name: executed}) + list(others)
    material = {
        "facts": facts,
        "figures": collect.write_figures({name: executed}, beside / "figures"),
        "titles": {},
        "difference": {"why_not": ""},
        "edition": {"name": edition.name, "as_of": edition.as_of, "parameters": edition.parameters},
    }
    (scratch / "material.json").write_text(json.dumps(material, allow_nan=False), encoding="utf-8")
    faults = _rendered(name, source, scratch, about)
    if faults:
        lines = {name: render_book.line_map(shown)}
        faults = list(dict.fromkeys(render_book.faults_of("\n".join(faults), source, lines)))
    page = BeautifulSoup((scratch / "output" / f"notebooks/{name}.html").read_text(encoding="utf-8"), "html.parser")
    _complete(page, name, {fact["id"]: fact for fact in facts}, (scratch / "output", beside))
    return f"{page}\n", faults


def _write_source(name: str, shown: NotebookNode, source: Path) -> None:
    (source / "notebooks").mkdir(parents=True)
    notebooks.write(notebooks.canonical(shown), source / "notebooks" / f"{name}.ipynb")
    for folder, staged in ((paths.notebooks(), source / "notebooks"), (paths.book(), source)):
        for path in folder.rglob("*.md"):
            if path.stem != name:
                titles = (line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("# "))
                place = staged / path.relative_to(folder)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(f"---\norphan: true\n---\n{next(titles, '# ' + path.stem)}\n", encoding="utf-8")
    for path in paths.book().rglob("*.bib"):
        place = source / path.relative_to(paths.book())
        place.parent.mkdir(exist_ok=True)
        shutil.copy(path, place)


def _rendered(name: str, source: Path, scratch: Path, about: str) -> list[str]:
    """Have Sphinx write ``output/notebooks/<name>.html`` and return what it warned of."""
    # Sphinx takes a second to load.
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    from coordination_gap.press.sphinx_book import fact_cards, head_tags

    config = site.read_yaml("_config.yml")
    own = config.get("sphinx", {}).get("config", {})
    extensions = ["myst_nb", "coordination_gap.press.sphinx_book"]
    bibliographies = config.get("bibtex_bibfiles") or []
    warned = io.StringIO()
    with as_file(files("coordination_gap.press") / "templates") as templates, docutils_namespace():
        settings = {key: value for key, value in own.items() if key.startswith(_SETTINGS)} | {
            "extensions": [*extensions, "sphinxcontrib.bibtex"] if bibliographies else extensions,
            "bibtex_bibfiles": bibliographies,
            "root_doc": f"notebooks/{name}",
            "html_theme": "basic",
            "templates_path": [str(templates)],
            "html_context": {"run_style": _style(templates), "run_about": about},
            "html_copy_source": False,
            "html_use_index": False,
            "nb_execution_mode": "off",
            "myst_enable_extensions": config.get("parse", {}).get("myst_enable_extensions", []),
            "gapbook_material": str(scratch / "material.json"),
        }
        if not bibliographies:
            settings = {key: value for key, value in settings.items() if not key.startswith("bibtex_")}
        with patch_docutils(str(source)):
            app = Sphinx(
                str(source), None, str(scratch / "output"), str(scratch / "doctrees"), "html", settings,
                status=None, warning=warned, freshenv=True, verbosity=0,
            )  # fmt: skip
            # What only other pages show counts as shown, and the pages of tables are not wanted here.
            app.events.listeners.pop("env-check-consistency", None)
            app.events.listeners.pop("html-collect-pages", None)
            # A run is published nowhere: nothing of it is cited, and its head is not for search engines.
            listeners = app.events.listeners["html-page-context"]
            of_a_site = (fact_cards.add_cards, head_tags.add_tags)
            app.events.listeners["html-page-context"] = [one for one in listeners if one.handler not in of_a_site]
            app.builder.search = False  # type: ignore[attr-defined] # of the HTML builder
            app.builder.build_specific([str(source / "notebooks" / f"{name}.ipynb")])
    return warned.getvalue().splitlines()


def _style(templates: Path) -> str:
    house = paths.book() / "_static" / "house.css"
    sheets = [path.read_text(encoding="utf-8") for path in (house, templates / "run.css") if path.is_file()]
    for theme, colours in (("light", "a11y-high-contrast-light"), ("dark", "a11y-high-contrast-dark")):
        sheets.append(HtmlFormatter(style=colours).get_style_defs(f'html[data-theme="{theme}"] .highlight'))
    return "\n".join(sheets)


def _complete(page: BeautifulSoup, name: str, facts: Mapping[str, Mapping[str, Any]], folders: Sequence[Path]) -> None:
    """Put into the page what it refers to, list the facts that it shows, and take away links that lead nowhere."""
    from coordination_gap.press.sphinx_book import calculator, calculator_page, nodes, pages

    anchors = {nodes.fact_anchor(fact_id): fact for fact_id, fact in facts.items()}
    for beyond in page.select("a.figure-page"):
        beyond.decompose()
    links = page.select("a.fact")
    for link in links:
        link["href"] = f"#{nodes.fact_anchor(_of(link, 'data-fact'))}"
    shown = dict.fromkeys(_of(link, "href").removeprefix("#") for link in links)
    entries = "".join(pages.fact_entry(dict(anchors[anchor])) for anchor in sorted(shown) if anchor in anchors)
    if entries and page.main is not None:
        heading = '<section id="facts"><h2>Facts shown here</h2>'
        page.main.append(BeautifulSoup(f"{heading}{entries}</section>", "html.parser"))
    here = {_of(place, "id") for place in page.find_all(id=True)}
    for element, attribute in [
        *((image, "src") for image in page.find_all("img")),
        *((image, "srcset") for image in page.find_all("source")),
        *((link, "href") for link in page.find_all("a", download=True)),
    ]:
        found = _file(_of(element, attribute), name, folders)
        if found is not None:
            element[attribute] = _data_address(found)
            if element.name == "a":
                element["download"] = found.name
    for link in page.find_all("a", href=True):
        address = urlsplit(_of(link, "href"))
        if address.scheme:
            continue
        if address.path or address.fragment not in here:
            link.name = "span"
            del link["href"]
    if page.find(class_=calculator_page.NAME) is not None and page.head is not None:
        for kind, tag in (("css", "style"), ("js", "script")):
            text = (calculator.STATIC / f"{calculator_page.NAME}.{kind}").read_text(encoding="utf-8")
            place = page.head if tag == "style" else page.body
            if place is not None:
                place.append(BeautifulSoup(f"<{tag}>\n{text}</{tag}>", "html.parser"))


def _of(element: Tag, attribute: str) -> str:
    return str(element.get(attribute, ""))


def _file(address: str, name: str, folders: Sequence[Path]) -> Path | None:
    """Return the file that an address of the page means, None if it means none of ours."""
    parts = urlsplit(address)
    if parts.scheme or not parts.path:
        return None
    candidates = ((folder / "notebooks" / unquote(parts.path)).resolve() for folder in folders)
    return next((path for path in candidates if path.is_file()), None)


def _data_address(path: Path) -> str:
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"


def about_html(title: str, lines: Sequence[str], changed: Sequence[tuple[str, str, str]]) -> str:
    """Return what stands above the page of a run: its values, and the facts that came out otherwise.

    Parameters
    ----------
    title
        What it is a run of.
    lines
        Sentences about it.
    changed
        For each fact its id, and how it is shown in the edition and in this run.
    """
    said = "".join(f"<p>{escape(line)}</p>" for line in lines)
    rows = "".join(
        f'<tr><th scope="row"><code>{escape(fact_id)}</code></th><td>{escape(before)}</td><td>{escape(after)}</td></tr>'
        for fact_id, before, after in changed
    )
    head = "".join(f'<th scope="col">{word}</th>' for word in ("Fact", "Edition", "This run"))
    table = (
        '<details><summary>What changed</summary><div class="table-scroll" role="region" tabindex="0" '
        'aria-label="Facts that changed"><table class="house-table">'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div></details>"
    )
    return (
        f'<aside class="of-the-run" aria-label="About this run"><h2>{escape(title)}</h2>{said}'
        f"{table if rows else ''}</aside>"
    )
