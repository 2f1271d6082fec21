"""Facts that other notebooks recorded, for pages that judge what the book found.

The press runs such a notebook after the others, and names in the environment variable
``GAPBOOK_FACTS`` a folder with a file for each edition: ``this.json`` for the edition that
is being built, ``article-day.json`` for that one. Without it, as under plain papermill,
the facts are those of the last ``make notebooks``: the committed twins, which hold the
base edition, and ``editions/<name>.facts.json``.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from coordination_gap import media_types, paths, tables
from coordination_gap.tables import Source

FOLDER = "GAPBOOK_FACTS"
THIS = "this"

Facts = dict[str, dict[str, Any]]

_read: dict[str, str] = {}


class OtherFactsError(ValueError):
    """The facts of other notebooks are not at hand; the message says what to run."""


def recorded(notebook: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the facts in an executed notebook's outputs, in the order of their recording."""
    return [
        output["data"][media_types.FACT]
        for cell in notebook["cells"]
        for output in cell.get("outputs", [])
        if media_types.FACT in output.get("data", {})
    ]


def of_edition(as_of: tables.Day, edition: str = THIS) -> Facts:
    """Return the facts of the edition that is being built, or of another one, by id.

    Parameters
    ----------
    as_of
        The as-of day of the notebook that asks.
    edition
        ``"this"``, or the name of another edition that the press hands over.

    Returns
    -------
    dict
        Each fact as :meth:`coordination_gap.facts.Fact.record` gives it.

    Raises
    ------
    OtherFactsError
        If they are not at hand, or of another day than `as_of` (of a later one, for another edition).
    """
    day = tables.parse_day(as_of).isoformat()
    folder = os.environ.get(FOLDER)
    _read[edition] = ""  # asked for, even if they are not at hand
    if folder:
        with paths.accounted_for():
            found = _handed(Path(folder), edition)
    else:
        found = _kept(edition)
    _read[edition] = sha256(found)
    for fact in found.values():
        if fact["as_of"] != day if edition == THIS else fact["as_of"] > day:
            raise OtherFactsError(
                f"the facts at hand are as of {fact['as_of']}, not {day}: build the edition with 'gapbook build', "
                "which hands over its own"
            )
    return found


def source(ids: Iterable[str]) -> Source:
    """Name facts as what another fact is made from."""
    return Source("facts", tuple(ids))


def facts_read() -> dict[str, str]:
    """Return the SHA-256 of the facts that this process has asked for, by edition; empty for what was not at hand."""
    return dict(sorted(_read.items()))


def sha256(found: Facts) -> str:
    """Return the SHA-256 of facts as :func:`of_edition` returns them, in hexadecimal."""
    return hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()


def handed(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of the facts in a folder that the press hands over, by edition."""
    return {path.stem: sha256(_handed(folder, path.stem)) for path in sorted(folder.glob("*.json"))}


def write(found: Iterable[Mapping[str, Any]], path: Path) -> None:
    """Write facts for :func:`of_edition` to read."""
    kept = {fact["id"]: {key: fact[key] for key in _KEYS} for fact in found}
    text = json.dumps(dict(sorted(kept.items())), indent=0, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


_KEYS = ("id", "value", "unit", "display", "interval", "as_of", "gap")


def _handed(folder: Path, edition: str) -> Facts:
    try:
        found: Facts = json.loads((folder / f"{edition}.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise OtherFactsError(f"the facts of the edition {edition!r} were not handed over") from None
    return found


def _kept(edition: str) -> Facts:
    if edition != THIS:
        path = paths.editions() / f"{edition}.facts.json"
        if not path.is_file():
            raise OtherFactsError(f"editions/{path.name} is missing: run 'make notebooks', which writes it")
        return _handed(path.parent, f"{edition}.facts")
    found: Facts = {}
    for path in sorted(paths.notebooks().glob("*.ipynb")):
        for fact in recorded(json.loads(path.read_text(encoding="utf-8"))):
            found[fact["id"]] = {key: fact[key] for key in _KEYS}
    return found
