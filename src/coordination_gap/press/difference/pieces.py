"""Paragraphs in pieces, each as two sides read it, and the sentences that pieces stand in."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_SENTENCE = re.compile(r"(?<=[.!?])[\"'”’)]*\s+(?=\S)")
_ENDS = (".", "!", "?")


@dataclass
class Piece:
    """A piece of a paragraph on each side; of a wording, with what was chosen and the line."""

    shown: tuple[str, str]
    chosen: tuple[Any, Any] | None = None
    line: int = 0
    why_not: str = ""


def filled(pieces: Sequence[str | Mapping[str, Any]]) -> str:
    """Return a wording with its facts as they are shown."""
    return "".join(piece if isinstance(piece, str) else str(piece["display"]) for piece in pieces)


def branch(pieces: Sequence[str | Mapping[str, Any]]) -> list[str]:
    """Return what tells one branch from another: its words, with the facts' ids in place of their displays."""
    return [piece if isinstance(piece, str) else f"[[{piece['id']}]]" for piece in pieces]


def joined(pieces: Sequence[Piece], side: int) -> str:
    """Return a paragraph as a side reads it."""
    return _tidy("".join(piece.shown[side] for piece in pieces))


def sentence_around(pieces: Sequence[Piece], number: int, side: int) -> str:
    """Return the sentence, or sentences, that a piece of a paragraph stands in on a side."""
    shown = [piece.shown[side] for piece in pieces]
    whole, own = "".join(shown), shown[number]
    start = len("".join(shown[:number]))
    end = start + len(own)
    start, end = start + len(own) - len(own.lstrip()), end - len(own) + len(own.rstrip())
    if not own.strip():
        led = whole[:start].rstrip()
        if not led or led.endswith(_ENDS):  # between two sentences: nothing is said there
            return ""
    starts = [0, *(match.end() for match in _SENTENCE.finditer(whole))]
    first = max(place for place in starts if place <= start)
    last = min([place for place in starts if place >= max(end, start + 1)], default=len(whole))
    return _tidy(whole[first:last])


def first_sentence(words: str) -> str:
    """Return the first sentence of a paragraph."""
    return _SENTENCE.split(words)[0]


def _tidy(text: str) -> str:
    # A citation, which is not shown here, leaves the space before it.
    return re.sub(r" ([.,;:])", r"\1", re.sub(r"[ \n\t]+", " ", text)).strip()
