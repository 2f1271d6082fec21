"""Facts that came out otherwise, ranked by how much."""

import datetime as dt
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from coordination_gap import facts

#: What can have happened to a fact.
KINDS = ("number", "words", "gap", "only before", "only after")

_SCALE = re.compile(r"thousand|million|billion|trillion")
_DECIMALS = re.compile(r"\.(\d+)")
#: As many as :func:`coordination_gap.facts.format_number` writes.
_MOST_DECIMALS = 12
_NO_BREAK = "\N{NO-BREAK SPACE}"

Fact = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """A fact that came out otherwise.

    Attributes
    ----------
    fact_id
        Its id.
    before, after
        As it is shown; "not recorded" where one side has no such fact, "not available" for a gap.
    size
        The change over the half width of the earlier interval or, without one, over the earlier value; infinite
        where that cannot be said, as for words.
    kind
        One of :data:`KINDS`: two numbers of one unit, other words or another day or unit, a gap on either side, or
        a fact that only one side has.
    page
        The address of its page within the site; empty where that is not known.
    unit
        Its unit, on the later side if that has it.
    change
        The change of a number in that unit, of a day in days; None for none.
    change_shown
        The same, as it is read; empty for none.
    scale
        What the size is counted in: ``half widths``, ``its value``, or empty where it cannot be said.
    before_interval, after_interval
        The interval's ends as they are read; empty for none.
    """

    fact_id: str
    before: str
    after: str
    size: float
    kind: str = "number"
    page: str = ""
    unit: str = ""
    change: float | None = None
    change_shown: str = ""
    scale: str = ""
    before_interval: str = ""
    after_interval: str = ""


def changes(before: Mapping[str, Fact], after: Mapping[str, Fact]) -> list[Change]:
    """Return the facts that differ in value, interval, gap or in how they are shown, the largest change first.

    Parameters
    ----------
    before, after
        Facts by id, as notebooks record them or as they are published.
    """
    found = []
    for fact_id in {**before, **after}:
        old, new = before.get(fact_id), after.get(fact_id)
        if old is None or new is None or any(old[key] != new[key] for key in ("value", "display", "gap", "interval")):
            found.append(_change(fact_id, old, new))
    return sorted(found, key=lambda change: (-change.size, change.fact_id))


def _change(fact_id: str, old: Fact | None, new: Fact | None) -> Change:
    known: Fact = new or old or {}
    amount, size, scale = _measured(old, new)
    shown = ""
    if amount is not None:
        shown = _days(amount) if known.get("unit") == "day" else _change_shown(known, amount)
    return Change(
        fact_id=fact_id,
        before=_shown(old),
        after=_shown(new),
        size=size,
        kind=_kind(old, new),
        page=known.get("page", ""),
        unit=known.get("unit", ""),
        change=amount,
        change_shown=shown,
        scale=scale,
        before_interval=_interval_shown(old),
        after_interval=_interval_shown(new),
    )


def _kind(old: Fact | None, new: Fact | None) -> str:
    if old is None:
        return "only after"
    if new is None:
        return "only before"
    if old["value"] is None or new["value"] is None:
        return "gap"
    return "number" if _numbers(old, new) else "words"


def _numbers(old: Fact, new: Fact) -> bool:
    values = (old["value"], new["value"])
    plain = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    return plain and old.get("unit") == new.get("unit")


def _measured(old: Fact | None, new: Fact | None) -> tuple[float | None, float, str]:
    """Return the change, its size, and what the size is counted in."""
    if old is None or new is None:
        return None, math.inf, ""
    if _numbers(old, new):
        change = new["value"] - old["value"]
        interval = old["interval"]
        # An interval of no width, as of a fact that was assumed, can measure nothing.
        width = (interval["high"] - interval["low"]) / 2 if interval else 0.0
        if width > 0:
            return change, abs(change) / width, "half widths"
        if old["value"]:
            return change, abs(change / old["value"]), "its value"
        return change, math.inf if change else 0.0, ""
    if old.get("unit") == new.get("unit") == "day" and old["value"] and new["value"]:
        return (dt.date.fromisoformat(new["value"]) - dt.date.fromisoformat(old["value"])).days, math.inf, ""
    return None, math.inf, ""


def _shown(fact: Fact | None) -> str:
    if fact is None:
        return "not recorded"
    return facts.NOT_AVAILABLE if fact["value"] is None else str(fact["display"])


def _days(days: float) -> str:
    return facts.format_number(days, "days", signed=True)


def _change_shown(fact: Fact, change: float) -> str:
    # A share that grows from 5% to 6% does not grow by 1%.
    unit = "percentage_points" if fact.get("unit") in ("probability", "fraction") else fact.get("unit", "")
    return _written(fact, change, unit, signed=True)


def _interval_shown(fact: Fact | None) -> str:
    if fact is None or not fact["interval"]:
        return ""
    ends = (_written(fact, fact["interval"][end], fact.get("unit", "")) for end in ("low", "high"))
    return " to ".join(ends)


def _written(fact: Fact, value: float, unit: str, signed: bool = False) -> str:
    """Write a number the way a fact is shown, with more digits where those would say nothing."""
    if unit not in facts.UNITS:  # a unit of another version of this book
        return f"{value:+g}" if signed else f"{value:g}"
    display = str(fact["display"])
    scale, digits = _SCALE.search(display), _DECIMALS.search(display)
    scale_word = scale[0] if scale and f"{_NO_BREAK}{scale[0]}" in display else ""
    decimals = min(len(digits[1]), _MOST_DECIMALS) if digits else 0
    text = facts.format_number(value, unit, decimals, scale_word, signed)
    while value and decimals < _MOST_DECIMALS and not re.search(r"[1-9]", text):
        decimals += 1
        text = facts.format_number(value, unit, decimals, scale_word, signed)
    return text
