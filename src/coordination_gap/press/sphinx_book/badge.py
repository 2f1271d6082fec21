"""A fact's badge: its name and its value as a small picture to put into other pages."""

import re
import unicodedata
from html import escape

_HEIGHT, _PADDING, _SIZE = 20, 6, 11
#: Widths of signs of Verdana, in thousandths of its size; what is not here is as wide as a digit.
_NARROW = dict.fromkeys("ijl.,:;'|![]()", 400) | dict.fromkeys("frt \N{NO-BREAK SPACE}/-I", 450)
_WIDE = dict.fromkeys("mMWwO@QG", 900) | dict.fromkeys("%", 1080) | dict.fromkeys("ABCDEHKNPRSUVXY&", 700)
_DIGIT = 636
#: XML has no way to write these.
_UNWRITABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LONGEST = 60


def badge(label: str, value: str, title: str) -> str:
    """Return a badge as SVG.

    Parameters
    ----------
    label, value
        What stands in its left and in its right half; long ones are cut, and the title has them whole.
    title
        What it says to a screen reader, and to who points at it.
    """
    left, right = _cut(label), _cut(value)
    widths = [_width(text) + 2 * _PADDING for text in (left, right)]
    total = sum(widths)
    said = escape(_UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", title), quote=True)
    texts = "".join(
        f'<text x="{start + _PADDING}" y="14" textLength="{width - 2 * _PADDING}" lengthAdjust="spacingAndGlyphs">'
        f"{escape(text)}</text>"
        for text, start, width in ((left, 0, widths[0]), (right, widths[0], widths[1]))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{total}" height="{_HEIGHT}" viewBox="0 0 {total} {_HEIGHT}" '
        f'role="img" aria-label="{said}"><title>{said}</title>'
        f'<rect width="{total}" height="{_HEIGHT}" rx="3" fill="#0a5ea8"/>'
        f'<path d="M3 0h{widths[0] - 3}v{_HEIGHT}H3a3 3 0 0 1-3-3V3a3 3 0 0 1 3-3z" fill="#3b444d"/>'
        f'<g fill="#ffffff" font-family="Verdana, DejaVu Sans, sans-serif" font-size="{_SIZE}">{texts}</g></svg>\n'
    )


def _cut(text: str) -> str:
    text = _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", " ".join(text.splitlines()))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _width(text: str) -> int:
    """Return how wide a text is, in pixels, and at least one."""
    return max(1, round(sum(map(_sign_width, text)) * _SIZE / 1000))


def _sign_width(sign: str) -> int:
    if unicodedata.combining(sign):
        return 0
    if unicodedata.east_asian_width(sign) in "WF":
        return 1000
    return _NARROW.get(sign) or _WIDE.get(sign) or _DIGIT
