"""``CITATION.cff``, by which forges and reference managers cite the software, held against the package and the book."""

import datetime as dt
from typing import Any

import yaml

import coordination_gap
from coordination_gap import paths
from coordination_gap.press import PressError, addresses
from coordination_gap.press.cite import works

FILE = "CITATION.cff"


def faults() -> list[str]:
    """Return a sentence for each thing by which ``CITATION.cff`` is not what the package and ``_config.yml`` say."""
    try:
        book, content = addresses.book(), _read()
    except PressError as error:
        return [str(error)]
    version = coordination_gap.__version__
    authors = content.get("authors")
    first = authors[0] if isinstance(authors, list) and authors and isinstance(authors[0], dict) else {}
    released = works.issued(version)
    expected: list[tuple[str, Any, Any, str]] = [
        ("title", content.get("title"), book.title, "_config.yml"),
        ("authors", first.get("name"), book.author, "_config.yml"),
        ("url", content.get("url"), book.site, "_config.yml"),
        ("repository-code", content.get("repository-code"), book.source, "_config.yml"),
        ("version", content.get("version"), version, "src/coordination_gap/__init__.py"),
        ("date-released", _iso(content.get("date-released")), _iso(released), "CHANGELOG.md"),
    ]
    return [_fault(*one) for one in expected if one[1] != one[2]]


def _fault(key: str, said: Any, meant: Any, where: str) -> str:
    if meant is None:
        return f"{FILE}: {key} is {said}, and {where} gives this version no day: remove it, or give it one there"
    if said is None:
        return f"{FILE} has no {key}: write {meant}, as {where} says"
    return f"{FILE}: {key} is {said}, and {where} says {meant}: make them the same"


def _iso(day: object) -> str | None:
    return day.isoformat() if isinstance(day, dt.date) else None if day is None else str(day)


def _read() -> dict[str, Any]:
    path = paths.root() / FILE
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PressError(f"{FILE} is missing: restore it with 'git checkout -- {FILE}'") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise PressError(f"{FILE} is not YAML ({' '.join(str(error).split())}): mend it") from None
    if not isinstance(content, dict):
        raise PressError(f"{FILE} holds no keys: restore it with 'git checkout -- {FILE}'")
    return content
