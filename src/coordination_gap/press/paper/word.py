"""Word: the styles of the memo, and the parts of a document tree that name them."""

import io
from pathlib import Path

import docx
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Mm, Pt, RGBColor

from coordination_gap.press.paper import writers
from coordination_gap.press.paper.footnotes import Element, Inlines

_ACCENT, _MUTED = RGBColor(0x0A, 0x4F, 0x8F), RGBColor(0x44, 0x4C, 0x55)


def styled(style: str, inlines: Inlines) -> Element:
    """Return a paragraph in a style of the memo."""
    return box(style, [{"t": "Para", "c": inlines}])


def box(style: str, blocks: list[Element]) -> Element:
    """Return blocks in a style of the memo."""
    return {"t": "Div", "c": [["", [], [["custom-style", style]]], blocks]}


def side_by_side(pictures: list[tuple[str, str, Inlines]]) -> Element:
    """Return a table of one row with a picture and its caption in each cell.

    Parameters
    ----------
    pictures
        Path, text for those who do not see it, and caption of each.
    """
    attributes = ["", [], []]
    cells = []
    for path, alt, caption in pictures:
        image = {"t": "Image", "c": [["", [], [["width", "3.2in"]]], [{"t": "Str", "c": alt}], [path, ""]]}
        blocks = [{"t": "Plain", "c": [image]}, styled("Caption", caption)]
        cells.append([attributes, {"t": "AlignDefault"}, 1, 1, blocks])
    widths = [[{"t": "AlignDefault"}, {"t": "ColWidth", "c": 1 / len(cells)}] for _ in cells]
    body = [[attributes, 0, [], [[attributes, cells]]]]
    return {"t": "Table", "c": [attributes, [None, []], widths, [attributes, []], body, [attributes, []]]}


def write(document: Element, path: Path, site: Path, day: str) -> None:
    """Write a document tree as Word in the memo's styles, its pictures taken from the site."""
    reference = path.with_name(f".{path.stem}-styles.docx")
    try:
        reference.write_bytes(_styles())
        options = [f"--reference-doc={reference}", f"--resource-path={site}", "--metadata=lang:en"]
        writers.write(document, "docx", path, day, options)
    finally:
        reference.unlink(missing_ok=True)


def _styles() -> bytes:
    """Return pandoc's empty document with the memo's type, colours and margins."""
    template = docx.Document(io.BytesIO(writers.default_file("reference.docx")))
    for section in template.sections:
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.left_margin = section.right_margin = Mm(17)
        section.top_margin = section.bottom_margin = Mm(12)
    _set(template, "Normal", 9.5)
    for name in ("Body Text", "First Paragraph", "Compact"):
        _set(template, name, 9.5, after=3)
    _set(template, "Title", 15, color=_ACCENT, bold=True, after=1)
    _set(template, "Subtitle", 7.5, color=_MUTED, after=4)
    _set(template, "Heading 2", 10.5, color=_ACCENT, bold=True, before=5, after=2)
    _set(template, "Caption", 8, color=_MUTED, after=2)
    _set(template, "Footnote Text", 6.5)
    for name in ("Answer", "Cite"):
        template.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    _set(template, "Answer", 9.5, after=3)
    _shade(template.styles["Answer"].element, "F2F5F8")
    _letters_for_notes(template)
    _set(template, "Cite", 7.5, color=_MUTED, before=3)
    written = io.BytesIO()
    template.save(written)
    return written.getvalue()


def _set(
    template: Document,
    name: str,
    size: float,
    *,
    color: RGBColor | None = None,
    bold: bool = False,
    before: float = 0,
    after: float = 0,
) -> None:
    """Set a style's type and colour, with nothing left of pandoc's, and the space around it."""
    style = next(one for one in template.styles if one.name == name)
    if style.element.rPr is not None:
        style.element.remove(style.element.rPr)
    style.font.name, style.font.size, style.font.bold = "Cambria", Pt(size), bold
    if color is not None:
        style.font.color.rgb = color
    style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)


def _letters_for_notes(template: Document) -> None:
    """Have footnotes lettered: a raised figure beside a number would read as its power."""
    for properties in template.element.body.iter(qn("w:footnotePr")):
        form = OxmlElement("w:numFmt")
        form.set(qn("w:val"), "lowerLetter")
        properties.insert(0, form)


def _shade(style: BaseOxmlElement, fill: str) -> None:
    shade = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", fill)):
        shade.set(qn(f"w:{name}"), value)
    style.get_or_add_pPr().append(shade)
