"""Facts: named numbers, each with its display, formula, as-of day and source rows.

A notebook records a fact once, where it is computed::

    page = facts.Page("compounding", as_of=as_of)
    page.record("end_to_end", 0.833, unit="probability", decimals=1,
                formula="success of one step to the power of the steps",
                sources=[tables.parameters(steps=6, step_success=0.97)])

The record travels in the executed notebook as an output of its own media type, from
which the press collects it. Prose prints it with ``{fact}`compounding.end_to_end```.
"""

import datetime as dt
import math
import numbers
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from coordination_gap import media_types, tables
from coordination_gap.tables import Source

NOT_AVAILABLE = "not available"

_ID = re.compile(r"[a-z][a-z0-9_]*")
_MINUS = "\N{MINUS SIGN}"
_NO_BREAK = "\N{NO-BREAK SPACE}"
_SCALES = {"": 1.0, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}

#: What a value counts, and how it is shown: prefix, factor, suffix.
UNITS: dict[str, tuple[str, float, str]] = {
    "probability": ("", 100.0, "%"),
    "fraction": ("", 100.0, "%"),
    "percentage_points": ("", 100.0, f"{_NO_BREAK}percentage points"),
    "basis_points": ("", 1e4, f"{_NO_BREAK}basis points"),
    "usd": ("$", 1.0, ""),
    "usd_per_share": ("$", 1.0, ""),
    "ratio": ("", 1.0, ""),
    "times": ("", 1.0, "×"),
    "points": ("", 1.0, f"{_NO_BREAK}points"),
    "count": ("", 1.0, ""),
    "sessions": ("", 1.0, f"{_NO_BREAK}sessions"),
    "years": ("", 1.0, f"{_NO_BREAK}years"),
    "days": ("", 1.0, f"{_NO_BREAK}days"),
    "minutes": ("", 1.0, f"{_NO_BREAK}minutes"),
    "seconds": ("", 1.0, f"{_NO_BREAK}seconds"),
    "milliseconds": ("", 1.0, f"{_NO_BREAK}ms"),
}
#: Units whose values are text: an ISO day, or words from the data.
TEXT_UNITS = ("day", "text")


@dataclass(frozen=True)
class Interval:
    """Where the value may lie: `low` to `high` with the given `confidence` in (0, 1)."""

    low: float
    high: float
    confidence: float


@dataclass(frozen=True)
class Fact:
    """A named value; ``value`` is None, with the reason in ``gap``, where nothing can be said."""

    id: str
    value: float | int | str | None
    unit: str
    display: str
    interval: Interval | None
    as_of: str
    formula: str
    sources: tuple[Source, ...]
    gap: str | None = None

    def record(self) -> dict[str, Any]:
        """Return the fact as plain values, ready for JSON."""
        return asdict(self)


def format_number(value: float, unit: str, decimals: int = 0, scale: str = "", signed: bool = False) -> str:
    r"""Write a number the one way this book writes it.

    Parameters
    ----------
    value
        The number in its `unit`; fractions and probabilities are shown as per cent.
    unit
        A key of :data:`UNITS`.
    decimals
        Digits after the point, 0 to 12.
    scale
        ``"thousand"``, ``"million"``, ``"billion"`` or ``"trillion"`` to show
        ``109896000000`` as ``$109.9 billion``; empty for none.
    signed
        Whether a positive number carries a plus sign.

    Examples
    --------
    >>> format_number(0.83297, "probability", 1)
    '83.3%'
    >>> format_number(109_896e6, "usd", 1, scale="billion").replace("\xa0", " ")
    '$109.9 billion'
    """
    if unit not in UNITS:
        raise ValueError(f"unit is {unit!r}: it must be one of {', '.join([*UNITS, *TEXT_UNITS])}")
    if scale not in _SCALES:
        raise ValueError(f"scale is {scale!r}: it must be one of {', '.join(_SCALES)}")
    if decimals not in range(13):
        raise ValueError(f"decimals is {decimals!r}: it must be a whole number from 0 to 12")
    number = _number(value)
    if number is None:
        raise ValueError(f"value is {value!r}: it must be a number")
    prefix, factor, suffix = UNITS[unit]
    shown = abs(number) * factor / _SCALES[scale]
    if not math.isfinite(shown):
        raise ValueError(f"value is {value}: a number to show must be finite")
    digits = f"{shown:,.{int(decimals)}f}"
    is_zero = not digits.strip("0.,")
    sign = "" if is_zero else _MINUS if number < 0 else "+" if signed else ""
    if suffix.startswith(_NO_BREAK) and digits == "1" and not scale:
        suffix = suffix.removesuffix("s")
    return f"{sign}{prefix}{digits}{_NO_BREAK + scale if scale else ''}{suffix}"


def format_day(day: tables.Day) -> str:
    """Write a day the one way this book writes it, such as ``17 June 2026``."""
    date = tables.parse_day(day, "day")
    return f"{date.day}{_NO_BREAK}{date:%B}{_NO_BREAK}{date.year}"


class Page:
    """The facts of one page, recorded as its notebook runs.

    Parameters
    ----------
    name
        The prefix of the page's fact ids, such as ``"compounding"``.
    as_of
        The as-of day of the run.
    """

    def __init__(self, name: str, as_of: tables.Day) -> None:
        if not _ID.fullmatch(name):
            raise ValueError(f"name is {name!r}: use lower-case letters, digits and underscores")
        self.name = name
        self.as_of = tables.parse_day(as_of).isoformat()
        self.facts: dict[str, Fact] = {}

    def record(
        self,
        name: str,
        value: float | int | str | dt.date,
        *,
        unit: str,
        formula: str,
        sources: Sequence[Source],
        decimals: int = 0,
        scale: str = "",
        signed: bool = False,
        interval: tuple[float, float] | None = None,
        confidence: float = 0.95,
    ) -> Fact:
        """Record a fact as ``<page>.<name>`` and show it under the cell.

        Parameters
        ----------
        name
            The rest of the id: lower-case letters, digits, underscores.
        value
            A finite number in `unit`; for the unit ``day`` a date or ``YYYY-MM-DD``, for
            ``text`` words.
        unit
            A key of :data:`UNITS`, ``"day"`` or ``"text"``.
        formula
            How the value is computed, in words.
        sources
            The rows, from :func:`coordination_gap.tables.rows`, or parameters, from
            :func:`coordination_gap.tables.parameters`, that made it.
        decimals, scale, signed
            How it is shown; see :func:`format_number`.
        interval, confidence
            Where it may lie, and how surely.

        Raises
        ------
        ValueError
            If the value is NaN or infinite, the id is taken or malformed, the formula
            or the sources are missing, or the interval is not one.
        """
        fact_id = self._new_id(name)
        kept = _sources(fact_id, sources)
        if not kept:
            raise ValueError(f"fact {fact_id} names no source: pass the rows or the parameters that made it")
        plain = _plain(fact_id, value, unit)
        return self._keep(
            Fact(
                id=fact_id,
                value=plain,
                unit=unit,
                display=_display(plain, unit, decimals, scale, signed),
                interval=_interval(fact_id, interval, confidence),
                as_of=self.as_of,
                formula=_formula(fact_id, formula),
                sources=kept,
            )
        )

    def record_with_ends(
        self, name: str, value: float, interval: tuple[float, float], *, formula: str, confidence: float, **shown: Any
    ) -> None:
        """Record a number with its interval, and the interval's ends as ``name_low`` and ``name_high``.

        Parameters
        ----------
        name, value, interval, formula, confidence, **shown
            As of :meth:`record`; all three are shown alike.
        """
        self.record(name, value, interval=interval, confidence=confidence, formula=formula, **shown)
        for end, number in zip(("low", "high"), interval, strict=True):
            self.record(f"{name}_{end}", number, formula=f"{end}er end of the interval of: {formula}", **shown)

    def gap(self, name: str, reason: str, *, unit: str, formula: str, sources: Sequence[Source] = ()) -> Fact:
        """Record that the value cannot be known on the as-of day, and why."""
        fact_id = self._new_id(name)
        if not reason.strip():
            raise ValueError(f"fact {fact_id} is a gap without a reason: say why nothing can be said")
        if unit not in UNITS and unit not in TEXT_UNITS:
            raise ValueError(f"unit is {unit!r}: it must be one of {', '.join([*UNITS, *TEXT_UNITS])}")
        return self._keep(
            Fact(
                id=fact_id,
                value=None,
                unit=unit,
                display=NOT_AVAILABLE,
                interval=None,
                as_of=self.as_of,
                formula=_formula(fact_id, formula),
                sources=_sources(fact_id, sources),
                gap=reason.strip(),
            )
        )

    def _new_id(self, name: str) -> str:
        fact_id = f"{self.name}.{name}"
        if not _ID.fullmatch(name):
            raise ValueError(f"fact name is {name!r}: use lower-case letters, digits and underscores")
        if fact_id in self.facts:
            raise ValueError(f"fact {fact_id} is recorded twice: give the second one its own name")
        return fact_id

    def _keep(self, fact: Fact) -> Fact:
        self.facts[fact.id] = fact
        _publish(fact)
        return fact


def _plain(fact_id: str, value: float | int | str | dt.date, unit: str) -> float | int | str:
    if unit == "day":
        day = tables.parse_day(value, f"fact {fact_id}")  # type: ignore[arg-type] # it checks the type
        if pd.isna(day):  # NaT passes for a date
            raise ValueError(f"fact {fact_id} is {value!r}: record a gap where nothing can be said")
        return day.isoformat()
    if unit == "text":
        if not isinstance(value, str) or not value.strip():
            raise ValueError(f"fact {fact_id} is {value!r}: a fact of the unit text needs words")
        return value
    if unit not in UNITS:
        raise ValueError(f"unit is {unit!r}: it must be one of {', '.join([*UNITS, *TEXT_UNITS])}")
    number = _number(value)
    if number is None:
        raise ValueError(f"fact {fact_id} is {value!r}: a fact of the unit {unit} needs a number")
    if not math.isfinite(number):
        raise ValueError(f"fact {fact_id} is {number}: a fact must be finite; record a gap where nothing can be said")
    return int(number) if unit in ("count", "sessions", "days") and number.is_integer() else number


def _number(value: object) -> float | None:
    """Return a number, numpy's and pandas' scalars included, as float; None for what is none, text and truth values."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _sources(fact_id: str, sources: Sequence[Source]) -> tuple[Source, ...]:
    if isinstance(sources, Source) or not all(isinstance(source, Source) for source in sources):
        raise ValueError(f"fact {fact_id} has the sources {sources!r}: give a list of tables.rows, tables.parameters")
    return tuple(sources)


def _display(value: float | int | str, unit: str, decimals: int, scale: str, signed: bool) -> str:
    if isinstance(value, str):
        return format_day(value) if unit == "day" else value
    return format_number(value, unit, decimals, scale, signed)


def _interval(fact_id: str, interval: tuple[float, float] | None, confidence: float) -> Interval | None:
    if interval is None:
        return None
    ends = [_number(end) for end in interval] if isinstance(interval, Sequence) else []
    low, high = ends if len(ends) == 2 else (None, None)
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise ValueError(f"fact {fact_id} has the interval {interval!r}: give finite (low, high) with low <= high")
    share = _number(confidence)
    if share is None or not 0 < share < 1:
        raise ValueError(f"fact {fact_id} has the confidence {confidence!r}: it must be between 0 and 1")
    return Interval(low, high, share)


def _formula(fact_id: str, formula: str) -> str:
    if not formula.strip():
        raise ValueError(f"fact {fact_id} has no formula: say in words how it is computed")
    return " ".join(formula.split())


def _publish(fact: Fact) -> None:
    # Imported here: outside a notebook a fact is recorded without IPython.
    from IPython.core.getipython import get_ipython

    if get_ipython() is None:
        return
    from IPython.display import display

    display({media_types.FACT: fact.record(), "text/plain": f"{fact.id} = {fact.display}"}, raw=True)
