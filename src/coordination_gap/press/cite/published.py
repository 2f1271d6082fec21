"""What can be cited of a published edition: read from its site, so that a citation names what is published there."""

import json
from pathlib import Path
from typing import Any

from coordination_gap import paths
from coordination_gap.press import BASE, PressError, addresses
from coordination_gap.press.cite.works import Csl
from coordination_gap.press.freshness.published import site_folder
from coordination_gap.press.parameters import nearest

#: What tells a figure from a fact of the same id.
FIGURE = "figure:"


def find(word: str | None, edition: str = BASE) -> Csl:
    """Return what a word means in the published site of an edition.

    Parameters
    ----------
    word
        The id of a fact; the id of a figure, also after ``figure:``; the name of a page, such as
        ``05_compounding``; None for the book.
    edition
        The edition's name.

    Raises
    ------
    PressError
        If there is no such edition, it is not built, or nothing in it has that name.
    """
    names = sorted(path.stem for path in paths.editions().glob("*.yml"))
    if edition not in names:
        raise PressError(f"there is no edition {edition!r}{nearest(edition, names)}")
    site = paths.build() / "html" / site_folder(edition)
    book, figures, chapters = (_held(site / "citation.json", edition, key) for key in ("book", "figures", "chapters"))
    if word is None:
        return book
    facts = _ids(site / "facts.json", edition)
    figure_id = word.removeprefix(FIGURE)
    if word in facts:
        return _held(site / addresses.fact(word, "json"), edition, "citation")
    if figure_id in figures:
        return dict(figures[figure_id])
    if word in chapters:
        return dict(chapters[word])
    gone = site / addresses.fact(word)
    if gone.is_file():
        page = gone.relative_to(paths.root())
        raise PressError(f"{word} is published no longer: {page} says when it was, and what took its place")
    every = [f"{FIGURE}{one}" for one in figures] if word.startswith(FIGURE) else [*facts, *figures, *chapters]
    raise PressError(f"the edition {edition} has no fact, figure or page {word!r}{_near(word, every)}")


def _near(word: str, known: list[str]) -> str:
    said = nearest(word, known)
    # Without anything alike, a thousand ids would be listed.
    return said if "did you mean" in said else "; facts.html in its site lists the facts"


def _held(path: Path, edition: str, key: str) -> dict[str, Any]:
    """Return what a file of the site holds under a key."""
    content = _read(path, edition)
    held = content.get(key) if isinstance(content, dict) else None
    if not isinstance(held, dict):
        raise _unreadable(path, edition)
    return held


def _ids(path: Path, edition: str) -> list[str]:
    try:
        return [str(fact["id"]) for fact in _read(path, edition)["facts"]]
    except (KeyError, TypeError):
        raise _unreadable(path, edition) from None


def _read(path: Path, edition: str) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise _unreadable(path, edition) from None


def _unreadable(path: Path, edition: str) -> PressError:
    shown = path.relative_to(paths.root())
    what = "does not hold what it should" if path.is_file() else "is missing"
    option = "" if edition == BASE else f" --edition {edition}"
    return PressError(f"the edition {edition} is not built: {shown} {what}; run 'gapbook build{option}'")
