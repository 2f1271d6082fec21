"""A measure: a named figure with its definition, read for one period or drawn for all.

Each measure says in words how it is computed and which cells it needs. From the same
record come the number, the rows that made it, the reason where there is none, and the
definition that the page prints, so that they cannot drift apart.
"""

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from coordination_gap.company.periods import parse_quarter, period_label
from coordination_gap.facts import UNITS, format_number

ROUNDED_MARK = "≈"
NOT_IN_TABLE = "not in the table"
NO_MEANING = "no meaning"


@dataclass(frozen=True)
class Measure:
    """A figure computed from a frame by period.

    Attributes
    ----------
    name
        Lower case with underscores, such as ``operating_margin``.
    title
        What a table calls it.
    unit
        A key of :data:`coordination_gap.facts.UNITS`; shares and growth are fractions.
    formula
        The definition in words.
    inputs
        The cells it needs: column, and periods counted from its own (0, −1, …).
    compute
        From a frame by period to a value for each period, NaN where there is none.
    undefined
        Why there is no value although each cell is there, such as a loss under a ratio.
    decimals, scale
        How a table shows it; see :func:`coordination_gap.facts.format_number`.
    """

    name: str
    title: str
    unit: str
    formula: str
    inputs: Mapping[str, tuple[int, ...]]
    compute: Callable[[pd.DataFrame], "pd.Series[float]"]
    undefined: str = ""
    decimals: int = 1
    scale: str = ""

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise ValueError(f"unit of {self.name} is {self.unit!r}: it must be one of {', '.join(UNITS)}")
        if not self.inputs:
            raise ValueError(f"inputs of {self.name} is empty: name the cells that it needs")


@dataclass(frozen=True)
class Reading:
    """A measure for one period.

    Attributes
    ----------
    measure
        What was measured.
    period
        The label of the quarter or year.
    value
        The number in the measure's unit, or None where nothing can be said.
    gap
        The reason where there is no value.
    periods
        Labels of the table's rows that it was read from.
    rounded
        Whether one of its cells is a rounded figure.
    meaningless
        Whether each cell is there and the measure still has no meaning.
    """

    measure: Measure
    period: str
    value: float | None
    gap: str | None
    periods: tuple[str, ...]
    rounded: bool = False
    meaningless: bool = False

    @property
    def number(self) -> float:
        """Return the value; raise ``ValueError`` with the reason where there is none."""
        if self.value is None:
            raise ValueError(f"{self.measure.name} of {self.period}: {self.gap}")
        return self.value

    def shown(self, signed: bool = False) -> str:
        """Return the value as a table shows it, with a mark where it rests on rounded figures."""
        if self.value is None:
            return NO_MEANING if self.meaningless else NOT_IN_TABLE
        text = format_number(self.value, self.measure.unit, self.measure.decimals, self.measure.scale, signed)
        return f"{ROUNDED_MARK} {text}" if self.rounded else text


def series(frame: pd.DataFrame, measure: Measure) -> "pd.Series[float]":
    """Return a measure for each period of a frame by period; NaN where there is none."""
    if any(column not in frame.columns for column in measure.inputs):
        return pd.Series(float("nan"), index=frame.index, name=measure.name)
    return measure.compute(frame).astype("float64").rename(measure.name)


def table(frame: pd.DataFrame, measures: Sequence[Measure]) -> pd.DataFrame:
    """Return a frame with one column for each measure, over the periods of `frame`."""
    return pd.DataFrame({measure.name: series(frame, measure) for measure in measures}, index=frame.index)


def read(frame: pd.DataFrame, measure: Measure, period: pd.Period | str | None) -> Reading:
    """Read a measure for one period.

    Parameters
    ----------
    frame
        A frame by period, from :func:`~coordination_gap.company.by_quarter` or
        :func:`~coordination_gap.company.by_year`.
    measure
        What to read.
    period
        The period or the label of a quarter; None, for no such period, reads as a gap.

    Returns
    -------
    Reading
        The value, or the reason where a cell is missing or the measure has no meaning;
        the reason names the periods and columns.
    """
    if period is None:
        return Reading(measure, "no period", None, "no figure: the table has no such period", ())
    at = parse_quarter(period) if isinstance(period, str) else period
    label = period_label(at)
    used = {at + offset for offsets in measure.inputs.values() for offset in offsets}
    present = tuple(period_label(one) for one in sorted(used) if one in frame.index and _has_figures(frame, one))
    missing = _missing_cells(frame, measure, at)
    if missing:
        return Reading(measure, label, None, f"no figure for {'; '.join(missing)}", present)
    value = _last(_window(frame, measure, at), measure)
    if not math.isfinite(value):
        reason = measure.undefined or "its definition gives no number for these figures"
        return Reading(measure, label, None, reason, present, meaningless=True)
    return Reading(measure, label, value, None, present, _is_rounded(frame, measure, at))


def bounds(frame: pd.DataFrame, measure: Measure, period: pd.Period | str) -> tuple[float, float]:
    """Return the lowest and highest value that a measure can have within its cells' stated margins.

    A cell of ``x_usd`` lies within plus or minus ``x_plus_minus_usd`` of what the table
    says. Every combination of ends is computed, which is exact for a measure that rises
    or falls throughout with each of its cells.

    Raises
    ------
    ValueError
        If the measure has no value for the period.
    """
    at = parse_quarter(period) if isinstance(period, str) else period
    centre = read(frame, measure, at).number
    loose = _loose_cells(frame, measure, at)
    found = [centre]
    window = _window(frame, measure, at)
    for signs in itertools.product((-1.0, 1.0), repeat=len(loose)):
        moved = window.copy()
        for sign, (one, column, margin) in zip(signs, loose, strict=True):
            moved[column] = moved[column].mask(moved.index == one, moved[column] + sign * margin)
        found.append(_last(moved, measure))
    return min(found), max(found)


def widest_margin(frame: pd.DataFrame, measure: Measure, period: pd.Period | str) -> float:
    """Return the widest stated margin among the cells that a measure needs for a period, in US dollars; 0 for none."""
    at = parse_quarter(period) if isinstance(period, str) else period
    return max((margin for _, _, margin in _loose_cells(frame, measure, at)), default=0.0)


def _loose_cells(frame: pd.DataFrame, measure: Measure, at: pd.Period) -> list[tuple[pd.Period, str, float]]:
    return [
        (at + offset, column, margin)
        for column, offsets in measure.inputs.items()
        for offset in offsets
        if (margin := _margin(frame, column, at + offset)) > 0
    ]


def _window(frame: pd.DataFrame, measure: Measure, at: pd.Period) -> pd.DataFrame:
    offsets = [offset for cells in measure.inputs.values() for offset in cells]
    return frame.reindex(pd.period_range(at + min(0, *offsets), at, freq=at.freqstr))


def _last(window: pd.DataFrame, measure: Measure) -> float:
    return float(series(window, measure).iloc[-1])


def _has_figures(frame: pd.DataFrame, period: pd.Period) -> bool:
    return bool(frame.iloc[frame.index.get_loc(period)].notna().any())


def _cell(frame: pd.DataFrame, period: pd.Period, column: str) -> Any:
    return frame[column].iloc[frame.index.get_loc(period)] if period in frame.index else None


def _missing_cells(frame: pd.DataFrame, measure: Measure, at: pd.Period) -> list[str]:
    missing = []
    for column, offsets in measure.inputs.items():
        if column not in frame.columns:
            missing.append(f"{column}, a column that this company's table does not have")
            continue
        without = [
            period_label(at + offset) for offset in sorted(offsets) if pd.isna(_cell(frame, at + offset, column))
        ]
        if without:
            missing.append(f"{column} in {', '.join(without)}")
    return missing


def _is_rounded(frame: pd.DataFrame, measure: Measure, at: pd.Period) -> bool:
    if _loose_cells(frame, measure, at):
        return True
    if "precision" not in frame.columns:
        return False
    cells = [(at + offset, column) for column, offsets in measure.inputs.items() for offset in offsets]
    return any(_cell(frame, one, "precision") != "exact" for one, _ in cells)


def _margin(frame: pd.DataFrame, column: str, period: pd.Period) -> float:
    stated = f"{column.removesuffix('_usd')}_plus_minus_usd"
    margin = _cell(frame, period, stated) if stated in frame.columns else None
    return 0.0 if pd.isna(margin) else float(margin)
