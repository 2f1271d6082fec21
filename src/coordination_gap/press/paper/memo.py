"""The memo: the page ``memo`` of the book on one sheet, as Word and PDF, each number with its address."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from coordination_gap.press import PressError, addresses, cite
from coordination_gap.press.cite import formats, works
from coordination_gap.press.paper import article, word, writers
from coordination_gap.press.paper.footnotes import Element, each_fact, elements, fact_id, link, text, words_of

#: The page of the book that the memo is, and the names of what is made of it.
PAGE = "memo.html"
NAMES = ("memo.docx", "memo.pdf")
#: Sizes of its type in points: under other values its sentences may be longer.
_SIZES = (9.6, 9.0, 8.4)


@dataclass(frozen=True)
class _Figure:
    """A figure of the memo: its name in the site, its text for those who do not see it, and its caption."""

    name: str
    alt: str
    caption: list[Element]


def write(site: Path, folder: Path) -> list[Path]:
    """Write the memo of an edition.

    Parameters
    ----------
    site
        The folder of the edition's rendered pages, with its ``facts.json``.
    folder
        Where ``memo.docx`` and ``memo.pdf`` go.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    PressError
        If the page is missing, prints a fact twice, or takes more than one sheet.
    """
    record = json.loads((site / "facts.json").read_text(encoding="utf-8"))["edition"]
    source = cite.publication(record)
    document = writers.tree(article.read(site, PAGE))
    _refuse_repeats(document)
    title = _take_title(document)
    document = each_fact(document, lambda name: source.place.cited(addresses.fact(name)))
    document["blocks"] = _lone_paragraphs(document["blocks"])
    work = works.chapter(source, PAGE, title)
    said = about(record, source)
    folder.mkdir(parents=True, exist_ok=True)
    made = [folder / name for name in NAMES]
    word.write(_for_word(document, title, said, work, source), made[0], site, record["as_of"])
    made[1].write_bytes(_pdf(document, site, folder, title, said, work))
    return made


def _refuse_repeats(document: Element) -> None:
    found = [name for name in map(fact_id, elements(document)) if name is not None]
    twice = sorted({name for name in found if found.count(name) > 1})
    if twice:
        raise PressError(f"book/memo.md prints {twice[0]} twice: say it once, so that its address stands once")


def _take_title(document: Element) -> str:
    """Take the heading of the page out of a tree and return its words."""
    for place, block in enumerate(document["blocks"]):
        if block["t"] == "Header":
            del document["blocks"][place]
            return words_of(block["c"][2])
        if block["t"] == "Div":
            inside = {"blocks": block["c"][1]}
            title = _take_title(inside)
            document["blocks"][place : place + 1] = inside["blocks"]
            return title
    raise PressError("book/memo.md has no title: begin it with '# Title'")


def _lone_paragraphs(blocks: list[Element]) -> list[Element]:
    """Return blocks with the sections of the page opened, so that what follows stands side by side."""
    found: list[Element] = []
    for block in blocks:
        section = block["t"] == "Div" and "answer" not in block["c"][0][1]
        found += _lone_paragraphs(block["c"][1]) if section else [block]
    return found


def about(record: Mapping[str, Any], source: works.Publication) -> str:
    """Return which edition, data day, version and inputs a paper is of."""
    caveat = "" if addresses.is_release(source.place.version) else f", a {addresses.DEVELOPMENT}"
    return (
        f"Edition {record['name']} · data as of {works.day(record['as_of'])} · "
        f"version {source.place.version}{caveat} · inputs {record['inputs_sha256'][:16]}"
    )


def _figures(document: Element) -> list[_Figure]:
    return [_figure(block) for block in document["blocks"] if block["t"] == "Figure"]


def _figure(block: Element) -> _Figure:
    _, (_, captions), body = block["c"]
    image = next(element for element in elements(body) if element["t"] == "Image")
    address = unquote(image["c"][2][0])
    name = Path(address).name.removesuffix("-light_wide.svg")
    caption = captions[0]["c"] if captions else []
    return _Figure(name, words_of(image["c"][1]), caption)


def _pdf(document: Element, site: Path, folder: Path, title: str, about: str, work: works.Csl) -> bytes:
    scratch = folder / ".typst"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    try:
        figures = _figures(document)
        for figure in figures:
            shutil.copyfile(site / "figures" / f"{figure.name}-light_narrow.svg", scratch / f"{figure.name}.svg")
        body = writers.written(_for_typst(document, figures), "typst").decode()
        template = (files("coordination_gap.press") / "templates" / "memo.typ").read_text(encoding="utf-8")
        (scratch / "main.typ").write_text(template.replace("// body", body), encoding="utf-8")
        alternatives = {f"alt-{number}": figure.alt for number, figure in enumerate(figures)}
        values = {"title": title, "about": about, "cite": formats.apa(work), "author": work["author"][0]["literal"]}
        for size in _SIZES:
            pdf, pages = writers.typeset(scratch, values | alternatives | {"size": str(size)})
            if pages == 1:
                return pdf
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    raise PressError(f"the memo takes {pages} pages and not one, even in small type: shorten book/memo.md")


def _for_typst(document: Element, figures: list[_Figure]) -> Element:
    """Return a tree with the answer set apart and the figures side by side."""
    blocks: list[Element] = []
    number = 0
    for block in document["blocks"]:
        if block["t"] == "Div":
            blocks += [_raw("#answer["), *block["c"][1][1:], _raw("]")]
        elif block["t"] == "Figure":
            figure = figures[number]
            opening = "#figures(" if number == 0 else ", "
            blocks.append(_raw(f'{opening}picture("{figure.name}.svg", sys.inputs.at("alt-{number}"))['))
            blocks += [{"t": "Plain", "c": figure.caption}, _raw("]" if number < len(figures) - 1 else "])")]
            number += 1
        else:
            blocks.append(block)
    return document | {"blocks": blocks}


def _raw(code: str) -> Element:
    return {"t": "RawBlock", "c": ["typst", code]}


def _for_word(document: Element, title: str, about: str, work: works.Csl, source: works.Publication) -> Element:
    """Return a tree with title, edition and citation, whose figures stand side by side."""
    figures = _figures(document)
    blocks = [word.styled("Title", [text(title)]), word.styled("Subtitle", [text(about)])]
    placed = False
    for block in document["blocks"]:
        if block["t"] == "Div":
            blocks.append(word.box("Answer", block["c"][1][1:]))
        elif block["t"] == "Figure":
            if not placed:
                pictures = [(f"figures/{one.name}.png", one.alt, one.caption) for one in figures]
                blocks.append(word.side_by_side(pictures))
            placed = True
        else:
            blocks.append(block)
    cited = formats.apa(work)
    address = source.place.cited(PAGE)
    said, _, _ = cited.partition(f" {address}") if address else (cited, "", "")
    blocks.append(
        word.styled("Cite", [text(f"Cite as: {said} "), *([link([text(address)], address)] if address else [])])
    )
    return document | {"blocks": blocks}
