"""What the page "Changes between editions" of a build compares, and with which edition."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from coordination_gap.press import BASE
from coordination_gap.press import edition as editions
from coordination_gap.press.difference.compare import compare
from coordination_gap.press.difference.document import document
from coordination_gap.press.difference.sentences import project_texts
from coordination_gap.press.difference.sides import Side, of_run
from coordination_gap.press.edition import Edition
from coordination_gap.press.freshness.runs import read_executed

_VIEW = re.compile(r'viewBox="0 0 (?P<width>[\d.]+) (?P<height>[\d.]+)"')
#: Points of an SVG in CSS pixels.
_PIXELS = 4 / 3


def compared_with(edition: Edition, earlier: str) -> tuple[Edition | None, str]:
    """Return the edition that one is compared with on its page, or None and why there is none.

    One with replaced parameters is compared with what it was made from, base with `earlier`,
    and every other one with base. None is compared with one of a later day: its pages show
    nothing that was published after its own.
    """
    name = edition.file if edition.replaced else earlier if edition.file == BASE else BASE
    if name not in editions.names():
        return None, f"This project has no edition {name!r} to compare this one with."
    other = editions.load(name)
    if other.as_of > edition.as_of:
        why = "is of a later day, and the pages of this one show nothing that was published after its own"
        return None, f"There is nothing to compare this edition with: the edition {name!r} {why}."
    return other, ""


def of_build(
    edition: Edition,
    executed: Mapping[str, NotebookNode],
    staging: Path,
    earlier: str,
    run: Callable[[Edition, Path], dict[str, NotebookNode]],
) -> dict[str, Any]:
    """Return what the page of a build shows, and write the pictures of the other edition for it.

    Parameters
    ----------
    edition, executed
        The edition that is built, and its notebooks as they ran.
    staging
        The folder of the build. Notebooks that the build has run for another edition already are under
        ``executed/compared``, without those that read the facts of others.
    earlier
        The name of the edition that base is compared with.
    run
        Runs all notebooks of an edition into a folder.

    Returns
    -------
    dict
        The difference as a document, with ``pictures``; or ``why_not`` alone.
    """
    other, why_not = compared_with(edition, earlier)
    if other is None:
        return {"why_not": why_not}
    there = staging / "executed" / "compared" / other.name
    if there.is_dir():
        found = {name: there / f"{name}.ipynb" for name in other.parameters}
        before = of_run(other, {name: read_executed(path) for name, path in found.items() if path.is_file()})
    else:
        before = of_run(other, run(other, staging / "executed" / "beside"))
    difference = compare(before, of_run(edition, executed), project_texts())
    shown = [pair.figure_id for pair in difference.figures or () if pair.before]
    folder = f"figures/compared/{other.name}"
    return document(difference) | {
        "pictures": {"folder": folder, "sizes": _write_pictures(before, shown, staging / "beside" / folder)}
    }


def _write_pictures(side: Side, shown: list[str], folder: Path) -> dict[str, list[int]]:
    """Write the pictures of figures that fit beside another one, and return their widths and heights."""
    sizes = {}
    for figure_id in shown:
        folder.mkdir(parents=True, exist_ok=True)
        drawings = (side.figures or {})[figure_id]["svg"]
        for variant in ("light_narrow", "dark_narrow"):
            (folder / f"{figure_id}-{variant}.svg").write_text(drawings[variant], encoding="utf-8")
        view = _VIEW.search(drawings["light_narrow"])
        sides = (view["width"], view["height"]) if view else ("370", "350")
        sizes[figure_id] = [round(float(length) * _PIXELS) for length in sides]
    return sizes
