"""Find digits typed into prose: every number a reader sees is a fact, or on the allow-list with a reason."""

import re
from collections.abc import Iterable, Iterator

import yaml
from markdown_it.token import Token

from coordination_gap import paths
from coordination_gap.press import PressError, myst

#: Directives whose content is not prose.
_NOT_PROSE = {
    "code-cell",
    "raw-cell",
    "code",
    "code-block",
    "raw",
    "bibliography",
    "toctree",
    "tableofcontents",
}
#: Directives whose argument is an id, an address or a class, and not a title.
_NAMED = {"when", "computed-figure", "figure", "image", "include", "literalinclude", "container"}
#: Structure, not quantity: the integers that mathematics may show.
_STRUCTURAL = re.compile(r"(?<![\d.])[012](?![\d.])")
_NUMBER = re.compile(r"\d(?:[\d.,]*\d)?")
_PLACEHOLDER = re.compile(r"\[\[[^\]]+\]\]")
_MARKUP = re.compile(r"<!--.*?-->|<[^>]*>", re.DOTALL)


def typed_digits() -> list[str]:
    """Return a sentence for each number typed into a page or a notebook's prose."""
    allowed = _allow_list()
    pages = sorted(paths.book().rglob("*.md")) + sorted(paths.notebooks().glob("*.md"))
    return [
        f"{page.relative_to(paths.root())}, line {line}: {number!r} is typed into prose; record it as a fact and print "
        "it with {fact}, or add a justified pattern to book/prose-allow.yml"
        for page in pages
        for line, number in numbers_in(myst.read_page(page), allowed)
    ]


def _allow_list() -> list[re.Pattern[str]]:
    path = paths.book() / "prose-allow.yml"
    if not path.is_file():
        raise PressError("book/prose-allow.yml is missing: restore it with 'git checkout -- book'")
    try:
        entries = yaml.safe_load(myst.read_page(path))
    except yaml.YAMLError as error:
        raise PressError(f"book/prose-allow.yml is not YAML ({' '.join(str(error).split())}); mend it") from None
    if not isinstance(entries, list):
        raise PressError("book/prose-allow.yml is not a list of patterns with reasons; mend it")
    return [_allowed_pattern(entry) for entry in entries]


def _allowed_pattern(entry: object) -> re.Pattern[str]:
    if not isinstance(entry, dict) or not isinstance(entry.get("pattern"), str):
        raise PressError(f"book/prose-allow.yml: {entry!r} is not a pattern with a reason; give it 'pattern: …'")
    if not isinstance(entry.get("reason"), str) or not entry["reason"].strip():
        raise PressError(f"book/prose-allow.yml: {entry['pattern']!r} has no reason; say why it is allowed")
    try:
        return re.compile(entry["pattern"])
    except re.error as error:
        raise PressError(f"book/prose-allow.yml: {entry['pattern']!r} is not a pattern ({error}); mend it") from None


def numbers_in(text: str, allowed: list[re.Pattern[str]]) -> list[tuple[int, str]]:
    """Return the line and the text of each number in the prose of a MyST page.

    Code, addresses, citations and facts are not prose; in a ``{wording}`` the texts are
    and the conditions are not; mathematics may show 0, 1 and 2.
    """
    return list(_numbers(text, 0, allowed))


def _numbers(text: str, offset: int, allowed: list[re.Pattern[str]]) -> Iterator[tuple[int, str]]:
    for token in myst.parse(text):
        line = offset + (token.map[0] if token.map else 0) + 1
        if token.type in ("fence", "colon_fence"):
            yield from _directive_numbers(token, line, allowed)
        elif token.type == "math_block":
            yield from _found(_lines(_without_structure(token.content), line), allowed)
        elif token.type == "html_block":
            yield from _found(_lines(_MARKUP.sub(myst.blank, token.content), line), allowed)
        elif token.type == "inline":
            yield from _found(_inline_prose(token, line), allowed)


def _directive_numbers(token: Token, line: int, allowed: list[re.Pattern[str]]) -> Iterator[tuple[int, str]]:
    match = myst.DIRECTIVE.fullmatch(token.info.strip())
    if match is None or match["name"] in _NOT_PROSE:
        return
    content = myst.content(token)
    if match["name"] == "math":
        text = f"{match['argument']}\n{content}"
        yield from _found(_lines(_without_structure(text), line), allowed)
        return
    if match["name"] not in _NAMED:
        yield from _found([(match["argument"], line)], allowed)
    yield from _numbers(content, line, allowed)


def _inline_prose(token: Token, line: int) -> Iterator[tuple[str, int]]:
    """Yield the prose of a paragraph in pieces, each with its line."""
    source, at, address = token.content, 0, False
    for child in token.children or []:
        # A role or a code span may run over lines, which its token does not say: it is sought in the source.
        words = r"\s+".join(re.escape(word) for word in child.content.split())
        place = re.compile(words).search(source, at)
        raw = place[0] if place else child.content
        start = place.start() if place else at
        at = place.end() if place else at
        here = line + source.count("\n", 0, start)
        if child.type in ("softbreak", "hardbreak"):
            at = max(at, source.find("\n", at) + 1)
            yield " ", here
        elif child.type in ("link_open", "link_close"):
            address = child.type == "link_open" and child.info == "auto"
        elif child.type == "image" or (child.type == "text" and not address):
            yield child.content, here
        elif child.type == "math_inline" or myst.is_role(child, "math"):
            yield from _lines(f" {_without_structure(raw)} ", here)
        elif myst.is_role(child, "wording"):
            yield from _lines(f" {_wordings(raw)} ", here)


def _without_structure(formula: str) -> str:
    return _STRUCTURAL.sub(" ", formula)


def _wordings(content: str) -> str:
    first, *branches = content.split("|")
    shown = [re.sub(r"[^\n]", " ", first)]
    for branch in branches:
        condition, _, words = branch.partition(":")
        shown += [re.sub(r"[^\n]", " ", condition), _PLACEHOLDER.sub(myst.blank, words)]
    return " ".join(shown)


def _lines(text: str, first: int) -> Iterator[tuple[str, int]]:
    for number, line in enumerate(text.split("\n"), start=first):
        yield f"{line} ", number


def _found(pieces: Iterable[tuple[str, int]], allowed: list[re.Pattern[str]]) -> Iterator[tuple[int, str]]:
    # The pieces are joined before they are searched, so that a date across an emphasis or a line stays one.
    pieces = list(pieces)
    text = "".join(piece for piece, _ in pieces)
    line_of = [line for piece, line in pieces for _ in piece]
    for pattern in allowed:
        text = pattern.sub(myst.blank, text)
    for match in _NUMBER.finditer(text):
        yield line_of[match.start()], match[0]
