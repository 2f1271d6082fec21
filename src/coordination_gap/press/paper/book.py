"""The whole book on paper: one PDF and one EPUB of an edition, from the pages of its site."""

import json
import posixpath
import shutil
import tempfile
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urldefrag, urlsplit

from bs4 import Tag

from coordination_gap.press import addresses, cite
from coordination_gap.press.cite import formats, works
from coordination_gap.press.paper import article, writers
from coordination_gap.press.paper.columns import fitted
from coordination_gap.press.paper.footnotes import Element, by_paragraph, elements, text, walk, words_of
from coordination_gap.press.paper.memo import about
from coordination_gap.press.site import read_yaml

#: Registers, which a printed page cannot be searched in: the footnotes lead to the facts' own pages.
_LEFT_OUT = {"facts.html", "changes.html"}
NAMES = ("coordination-gap.pdf", "coordination-gap.epub")


def write(site: Path, folder: Path) -> list[Path]:
    """Write an edition of the book as PDF and EPUB.

    Parameters
    ----------
    site
        The folder of the edition's pages.
    folder
        Where the two files go.

    Returns
    -------
    list of Path
        The files.
    """
    record = json.loads((site / "facts.json").read_text(encoding="utf-8"))["edition"]
    source = cite.publication(record)
    pages = [page for page in pages_in_order(read_yaml("_toc.yml")) if page not in _LEFT_OUT]
    articles = [_in_one_book(article.read(site, page), page, pages, source) for page in pages]
    document = writers.tree("\n".join(map(str, articles)))
    document = by_paragraph(document, lambda name: source.place.cited(addresses.fact(name)))
    document = fitted(_with_links_that_lead_somewhere(document))
    folder.mkdir(parents=True, exist_ok=True)
    made = [folder / name for name in NAMES]
    with tempfile.TemporaryDirectory(dir=folder, prefix=".paper-") as scratch:
        _pdf(document, site, Path(scratch), made[0], record, source)
        _epub(document, site, Path(scratch), made[1], record, source)
    return made


def pages_in_order(toc: Any) -> list[str]:
    """Return the paths of the book's pages within a site, in reading order."""
    found = []
    if isinstance(toc, dict):
        found += [f"{toc[key].removeprefix('book/')}.html" for key in ("root", "file") if key in toc]
        for key in ("parts", "chapters", "sections"):
            found += pages_in_order(toc.get(key, []))
    elif isinstance(toc, list):
        found = [page for entry in toc for page in pages_in_order(entry)]
    return found


def anchor(page: str, fragment: str = "") -> str:
    """Return the anchor in the one document of a place on a page."""
    name = page.removesuffix(".html").rpartition("/")[2]
    return f"{name}--{fragment}" if fragment else name


def _in_one_book(found: Tag, page: str, pages: Sequence[str], source: works.Publication) -> Tag:
    """Return an article whose anchors, links and pictures hold in one document."""
    for element in found.find_all(id=True):
        element["id"] = anchor(page, str(element["id"]))
    # A heading stands for its section: what is in a box of its own cannot begin a page.
    for section in found.find_all("section"):
        heading = section.find(["h1", "h2", "h3", "h4"])
        if isinstance(heading, Tag) and section.get("id"):
            heading["id"] = section["id"]
        section.unwrap()
    title = found.find("h1")
    if isinstance(title, Tag):
        title["id"] = anchor(page)
    for link in found.find_all("a", href=True):
        href = str(link["href"])
        if urlsplit(href).scheme or "fact" in link.get_attribute_list("class"):
            continue
        address, fragment = urldefrag(href)
        target = posixpath.normpath(posixpath.join(posixpath.dirname(page), unquote(address))) if address else page
        if target in pages:
            link["href"] = f"#{anchor(target, fragment)}"
        else:
            outside = source.place.cited(target)
            if outside is None:
                link.unwrap()
            else:
                link["href"] = f"{outside}{f'#{quote(fragment)}' if fragment else ''}"
    for picture in found.find_all("img"):
        picture["src"] = posixpath.normpath(posixpath.join(posixpath.dirname(page), unquote(str(picture["src"]))))
    return found


def _with_links_that_lead_somewhere(document: Element) -> Element:
    """Return a tree in which a link to a place that did not survive leads to the page that had it."""
    there = {attributes[0] for attributes in map(_attributes, elements(document)) if attributes and attributes[0]}

    def change(element: Element) -> Any:
        if element["t"] != "Link" or not element["c"][2][0].startswith("#"):
            return element
        attributes, words, (target, title) = element["c"]
        name = unquote(target[1:])
        page = name.partition("--")[0]
        known = name if name in there else page if page in there else None
        if known is None:
            return {"t": "Span", "c": [["", [], []], words]}
        return {"t": "Link", "c": [attributes, words, [f"#{known}", title]]}

    changed: Element = walk(document, change)
    return changed


def _attributes(element: Element) -> Any:
    content: Any = element.get("c")
    if element["t"] == "Header":
        return content[1]
    if element["t"] in ("Div", "Span", "Link", "Code", "CodeBlock", "Image", "Figure", "Table"):
        return content[0]
    return None


def _pdf(
    document: Element, site: Path, scratch: Path, path: Path, record: dict[str, Any], source: works.Publication
) -> None:
    for name in _pictures(document):
        (scratch / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(site / name, scratch / name)
    body = writers.written(_for_typst(document), "typst").decode()
    template = (files("coordination_gap.press") / "templates" / "book.typ").read_text(encoding="utf-8")
    (scratch / "main.typ").write_text(template.replace("// body", body), encoding="utf-8")
    work = works.book(source)
    values = {
        "title": source.book.title,
        "author": source.book.author,
        "about": about(record, source),
        "running": f"Edition {record['name']}, data as of {works.day(record['as_of'])}, version {source.place.version}",
        "purpose": str(record["purpose"]),
        "cite": formats.apa(work),
    }
    pdf, _ = writers.typeset(scratch, values)
    path.write_bytes(pdf)


def _pictures(document: Element) -> set[str]:
    return {element["c"][2][0] for element in elements(document) if element["t"] == "Image"}


def _on_lines(element: Element) -> Any:
    """Return a list of definitions as a paragraph for each: its term, and what it says on the same line."""
    if element["t"] != "DefinitionList":
        return element
    found = []
    for term, definitions in element["c"]:
        blocks = [block for definition in definitions for block in definition]
        lines = [block["c"] for block in blocks if block["t"] in ("Plain", "Para")]
        others = [block for block in blocks if block["t"] not in ("Plain", "Para")]
        words = [{"t": "Strong", "c": [*term, text(":")]}, {"t": "Space"}]
        found += [{"t": "Para", "c": [*words, *(inline for line in lines for inline in line)]}, *others]
    return found


def _for_typst(document: Element) -> Element:
    """Return a tree with the answers set apart, and each formula with words for those who do not see it."""
    formulas = [element["c"] for element in elements(document) if element["t"] == "Math"]
    texts = iter(_formulas(formulas))

    def change(element: Element) -> Any:
        if element["t"] == "Div" and "answer" in element["c"][0][1]:
            return [_raw("#answer["), *element["c"][1], _raw("]")]
        return element

    changed = walk(walk(document, _on_lines), change)

    def in_typst(element: Element) -> Any:
        if element["t"] == "Math":
            return {"t": "RawInline", "c": ["typst", next(texts)]}
        if element["t"] == "Image":
            path, alternative = (
                json.dumps(words, ensure_ascii=False) for words in (element["c"][2][0], words_of(element["c"][1]))
            )
            return {"t": "RawInline", "c": ["typst", f"#image({path}, width: 100%, alt: {alternative})"]}
        return element

    formed: Element = walk(changed, in_typst)
    return formed


def _formulas(formulas: list[Any]) -> list[str]:
    """Return each formula as Typst sets it, its TeX as the words for those who do not see it."""
    if not formulas:
        return []
    blocks = [{"t": "Para", "c": [{"t": "Math", "c": [{"t": "InlineMath"}, tex]}]} for _, tex in formulas]
    version = writers.tree("<p></p>")["pandoc-api-version"]
    document = {"pandoc-api-version": version, "meta": {}, "blocks": blocks}
    lines = [line for line in writers.written(document, "typst", ["--wrap=none"]).decode().split("\n") if line]
    found = []
    for (kind, tex), line in zip(formulas, lines, strict=True):
        inside = line.removeprefix("$").removesuffix("$")
        display = kind["t"] == "DisplayMath"
        alternative = json.dumps(f"Formula, in TeX: {tex}", ensure_ascii=False)
        mathematics = f"$ {inside} $" if display else f"${inside}$"
        found.append(f"#math.equation(alt: {alternative}, block: {str(display).lower()}, {mathematics}.body)")
    return found


def _raw(code: str) -> Element:
    return {"t": "RawBlock", "c": ["typst", code]}


def _epub(
    document: Element, site: Path, scratch: Path, path: Path, record: dict[str, Any], source: works.Publication
) -> None:
    style = scratch / "book.css"
    style.write_bytes((files("coordination_gap.press") / "templates" / "epub.css").read_bytes())
    identifier = f"urn:sha256:{record['inputs_sha256']}"
    metadata = {
        "title": f"{source.book.title} ({record['title']})",
        "author": source.book.author,
        "lang": "en",
        "identifier": identifier,
        "description": about(record, source),
        "rights": "CC BY 4.0",
    }
    words = [f"--metadata={name}:{value}" for name, value in metadata.items()]
    options = [
        "--mathml", "--toc", "--toc-depth=2", "--split-level=1", f"--css={style}", f"--resource-path={site}", *words,
    ]  # fmt: skip
    writers.write(document, "epub3", path, record["as_of"], options)
