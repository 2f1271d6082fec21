"""Sentences of the pages that read otherwise under other facts: wordings, and blocks shown under a condition."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from docutils.nodes import make_id
from markdown_it.token import Token

from coordination_gap import conditions, paths
from coordination_gap.press import myst, wording
from coordination_gap.press.difference.pieces import Piece, branch, filled, first_sentence, joined, sentence_around

#: Directives whose content is not prose.
_NOT_PROSE = {"code-cell", "raw-cell", "code", "code-block", "raw", "math", "bibliography", "toctree"}
#: Stands for a wording that cannot be decided.
UNKNOWN = "…"

Facts = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Text:
    """A page's text.

    Attributes
    ----------
    file
        Its path within the project, such as ``notebooks/04_valuation.md``.
    address
        Its address within the site.
    content
        The MyST text.
    """

    file: str
    address: str
    content: str


@dataclass(frozen=True)
class Place:
    """Where something stands: the text's file and line, and the page's address, nearest heading and its anchor."""

    file: str
    line: int
    page: str
    heading: str
    anchor: str


@dataclass(frozen=True)
class Sentence:
    """A sentence whose words were chosen otherwise; empty where nothing is said."""

    place: Place
    before: str
    after: str


@dataclass(frozen=True)
class Block:
    """A passage that is shown on one side alone, with its first sentence as it stands there."""

    place: Place
    condition: str
    shown_before: bool
    shown_after: bool
    sentence: str


@dataclass(frozen=True)
class Undecided:
    """A sentence or a passage that cannot be compared, and why."""

    place: Place
    why: str


@dataclass
class Reading:
    """What a reading of the pages under two sides' facts found.

    Attributes
    ----------
    sentences, blocks, undecided
        In the order of the pages.
    captions
        By figure, its caption before and after.
    """

    sentences: list[Sentence] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    undecided: list[Undecided] = field(default_factory=list)
    captions: dict[str, tuple[str, str]] = field(default_factory=dict)


def project_texts() -> list[Text]:
    """Return the texts of the project's pages: those of ``book/``, then the notebooks."""
    return [
        *(
            _text(path, f"{path.relative_to(paths.book()).with_suffix('')}.html")
            for path in sorted(paths.book().rglob("*.md"))
        ),
        *(_text(path, f"notebooks/{path.stem}.html") for path in sorted(paths.notebooks().glob("*.md"))),
    ]


def _text(path: Path, address: str) -> Text:
    return Text(str(path.relative_to(paths.root())), address, myst.read_page(path))


def read(texts: Sequence[Text], before: Facts, after: Facts, names: tuple[str, str]) -> Reading:
    """Read pages under two sides' facts and return what reads otherwise.

    A wording flips if another branch of it is chosen, not if only its numbers changed. What
    stands in a block is compared if both sides show the block.

    Parameters
    ----------
    texts
        The pages.
    before, after
        Facts by id.
    names
        What the two sides are called, for reasons.
    """
    found = Reading()
    for text in texts:
        _Page(text, (before, after), names, found).read(text.content, 0)
    found.sentences = list(dict.fromkeys(found.sentences))  # two wordings in one sentence
    return found


class _Page:
    def __init__(self, text: Text, facts: tuple[Facts, Facts], names: tuple[str, str], found: Reading) -> None:
        self._text, self._facts, self._names, self._found = text, facts, names, found
        self._heading = ""

    def read(self, text: str, offset: int) -> None:
        tokens = myst.parse(text)
        for number, token in enumerate(tokens):
            line = offset + (token.map[0] if token.map else 0) + 1
            if token.type in ("fence", "colon_fence"):
                self._directive(token, line)
            elif token.type == "inline":
                if number and tokens[number - 1].type == "heading_open":
                    self._heading = joined(self._pieces(token, line), 1)
                self._inline(token, line)

    def _directive(self, token: Token, line: int) -> None:
        match = myst.DIRECTIVE.fullmatch(token.info.strip())
        if match is None or match["name"] in _NOT_PROSE:
            return
        content = myst.content(token)
        if match["name"] == "when" and not self._shown_on_both(match["argument"], content, line):
            return
        if match["name"] == "computed-figure":
            captions = self._first_words(content, 0), self._first_words(content, 1)
            self._found.captions[match["argument"].strip()] = captions
        self.read(content, line)

    def _shown_on_both(self, argument: str, content: str, line: int) -> bool:
        """Return whether both sides show a block; note it if one does, or if that cannot be decided."""
        place = self._place(line)
        fact_id, _, condition = argument.partition(" ")
        try:
            missing = self._missing(wording.referenced(f"{fact_id} | {condition}: shown"))
            if missing:
                self._found.undecided.append(Undecided(place, missing))
                return False
            shown = [conditions.holds(condition, facts[fact_id], facts) for facts in self._facts]
        except conditions.ConditionError as error:
            self._found.undecided.append(Undecided(place, str(error)))
            return False
        if shown[0] != shown[1]:
            words = self._first_words(content, int(shown[1]))
            first = first_sentence(words)
            self._found.blocks.append(Block(place, f"{fact_id} {condition.strip()}", shown[0], shown[1], first))
        return all(shown)

    def _first_words(self, content: str, side: int) -> str:
        """Return the first paragraph that says anything on a side."""
        for token in myst.parse(content):
            said = ""
            if token.type == "inline":
                said = joined(self._pieces(token, 0), side)
            elif token.type in ("fence", "colon_fence"):
                match = myst.DIRECTIVE.fullmatch(token.info.strip())
                if match is not None and match["name"] not in _NOT_PROSE:
                    said = self._first_words(myst.content(token), side)
            if said:
                return said
        return ""

    def _inline(self, token: Token, line: int) -> None:
        if not any(myst.is_role(child, "wording") for child in token.children or []):
            return
        pieces = self._pieces(token, line)
        for number, piece in enumerate(pieces):
            if piece.why_not:
                self._found.undecided.append(Undecided(self._place(piece.line), piece.why_not))
            elif piece.chosen is not None and piece.chosen[0] != piece.chosen[1]:
                before, after = (sentence_around(pieces, number, side) for side in (0, 1))
                self._found.sentences.append(Sentence(self._place(piece.line), before, after))

    def _pieces(self, token: Token, line: int) -> list[Piece]:
        pieces = []
        source, at = token.content, 0
        for child in token.children or []:
            if child.type in ("softbreak", "hardbreak"):
                at = max(at, source.find("\n", at) + 1)
                pieces.append(Piece((" ", " ")))
            elif myst.is_role(child, "wording"):
                # A role may run over lines, which its token does not say.
                words = r"\s+".join(re.escape(word) for word in child.content.split())
                match = re.compile(words).search(source, at)
                at = match.start() if match else at
                pieces.append(self._worded(child.content, line + source.count("\n", 0, at)))
                at = match.end() if match else at
            elif myst.is_role(child, "fact"):
                pieces.append(Piece((self._display(child.content, 0), self._display(child.content, 1))))
            elif child.type in ("text", "code_inline", "math_inline") or (
                child.type == "myst_role" and not child.meta["name"].startswith("cite")
            ):
                pieces.append(Piece((child.content, child.content)))
        return pieces

    def _worded(self, text: str, line: int) -> Piece:
        try:
            missing = self._missing(wording.referenced(text))
            if missing:
                return Piece((UNKNOWN, UNKNOWN), line=line, why_not=missing)
            before, after = (wording.choose(text, facts) for facts in self._facts)
        except conditions.ConditionError as error:
            return Piece((UNKNOWN, UNKNOWN), line=line, why_not=str(error))
        return Piece((filled(before), filled(after)), (branch(before), branch(after)), line)

    def _display(self, fact_id: str, side: int) -> str:
        fact = self._facts[side].get(fact_id)
        return str(fact["display"]) if fact else UNKNOWN

    def _missing(self, ids: Sequence[str]) -> str:
        for facts, name in zip(self._facts, self._names, strict=True):
            for fact_id in ids:
                if fact_id not in facts:
                    return f"{fact_id} is not among the facts of {name}"
        return ""

    def _place(self, line: int) -> Place:
        return Place(self._text.file, line, self._text.address, self._heading, make_id(self._heading))
