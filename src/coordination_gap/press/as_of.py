"""Move the day up to which the book looks: newer rows are seen by no edition until its day has come."""

import datetime as dt
import re
from pathlib import Path

from coordination_gap import paths, tables
from coordination_gap.press import BASE, PressError, edition

_PARAMETER = re.compile(
    r'^as_of: str = "(\d{4}-\d{2}-\d{2})"  # \[(\d{4}-\d{2}-\d{2}) to (\d{4}-\d{2}-\d{2}), day\]', re.M
)
_EDITION = re.compile(r"^as_of: (\d{4}-\d{2}-\d{2})$", re.M)


def move(day: tables.Day) -> list[Path]:
    """Let every edition that looks as far as base look up to `day`, and the notebooks by default.

    Parameters
    ----------
    day
        Later than base's day, and no later than today; text is read as ``YYYY-MM-DD``.

    Returns
    -------
    list of Path
        The files that were changed: texts of notebooks and editions, all or none. Their twins are not written.

    Raises
    ------
    PressError
        If the day is none, is not later, or has not come, or a notebook or an edition does not say its day as
        the others do.
    """
    try:
        day = tables.parse_day(day, "DAY")
    except ValueError as error:
        raise PressError(str(error)) from None
    before = dt.date.fromisoformat(edition.load(BASE).as_of)
    today = dt.datetime.now(dt.UTC).date()
    if not before < day <= today:
        raise PressError(f"{day} is not after {before}, base's day, and up to today, {today}: give a day in between")
    changed = {path: _notebook(path, before, day) for path in sorted(paths.notebooks().glob("*.md"))}
    for path in sorted(paths.editions().glob("*.yml")):
        text = path.read_text(encoding="utf-8")
        found = _EDITION.search(text)
        if found is None:
            raise PressError(f"editions/{path.name} has no line 'as_of: YYYY-MM-DD': write its day so")
        if found[1] == before.isoformat():
            changed[path] = _EDITION.sub(f"as_of: {day}", text, count=1)
    changed = {path: text for path, text in changed.items() if text != path.read_text(encoding="utf-8")}
    parts = {path: path.with_name(f".{path.name}.part") for path in changed}
    for path, text in changed.items():
        parts[path].write_text(text, encoding="utf-8")
    for path, part in parts.items():
        part.replace(path)
    return sorted(changed)


def _notebook(path: Path, before: dt.date, day: dt.date) -> str:
    text = path.read_text(encoding="utf-8")
    if not re.search(r"^as_of\b", text, re.MULTILINE):
        return text
    found = _PARAMETER.search(text)
    if found is None or found[1] != before.isoformat():
        wanted = f'as_of: str = "{before}"  # [A to B, day]'
        raise PressError(f"notebooks/{path.name}: its as_of is not {before}, base's day; write {wanted}")
    last = max(day.isoformat(), found[3])
    return _PARAMETER.sub(f'as_of: str = "{day}"  # [{found[2]} to {last}, day]', text, count=1)
