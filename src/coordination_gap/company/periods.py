"""Fiscal quarters and years: their labels, their order, and sums and growth that refuse a hole.

Conventions of :mod:`coordination_gap.company`: a frame "by period" has one row for each
fiscal quarter (or year) from its first to its last, in order, with a row of missing
values where the table has none. A missing value is NaN, and NaN goes into every figure
that needs it: three quarters are never summed as if they were four.
"""

import datetime as dt
import re

import numpy as np
import pandas as pd

from coordination_gap import tables

QUARTERS_PER_YEAR = 4

_CALENDAR_LABEL = re.compile(r"(\d{4})Q([1-4])")
_JUNE_LABEL = re.compile(r"FY(\d{2})Q([1-4])")
_ORDINALS = ("first", "second", "third", "fourth")
# Days a large accelerated filer has for a 10-Q and for a 10-K (SEC, Form 10-Q and Form 10-K, general instruction A).
_DAYS_TO_FILE_QUARTER = 40
_DAYS_TO_FILE_YEAR = 60


def parse_quarter(label: str) -> pd.Period:
    """Return the quarter that a label names.

    Parameters
    ----------
    label
        ``"2026Q1"`` for a fiscal year that is the calendar year (Alphabet), or
        ``"FY26Q3"`` for one that ends in June (Microsoft).

    Raises
    ------
    ValueError
        If the label has neither form.
    """
    if match := _CALENDAR_LABEL.fullmatch(label):
        return pd.Period(year=int(match[1]), quarter=int(match[2]), freq="Q-DEC")
    if match := _JUNE_LABEL.fullmatch(label):
        return pd.Period(year=2000 + int(match[1]), quarter=int(match[2]), freq="Q-JUN")
    raise ValueError(f"quarter is {label!r}: write it like '2026Q1', or 'FY26Q3' for a fiscal year that ends in June")


def period_label(period: pd.Period) -> str:
    """Return the label of a quarter, the inverse of :func:`parse_quarter`, or the number of a fiscal year."""
    if not period.freqstr.startswith("Q"):
        return str(period.year)
    if period.freqstr == "Q-JUN":
        return f"FY{period.qyear % 100:02d}Q{period.quarter}"
    return f"{period.qyear}Q{period.quarter}"


def period_words(period: pd.Period) -> str:
    """Return a quarter or a fiscal year in words, such as ``first quarter of 2026``."""
    fiscal = "fiscal " if period.freqstr.endswith("JUN") else ""
    if not period.freqstr.startswith("Q"):
        return f"{fiscal}{period.year}"
    return f"{_ORDINALS[period.quarter - 1]} quarter of {fiscal}{period.qyear}"


def by_quarter(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a quarterly table in the order of time, with an empty row for each missing quarter.

    Parameters
    ----------
    frame
        Rows with the columns ``fiscal_quarter`` and ``period_end``, in any order.

    Returns
    -------
    pandas.DataFrame
        The same columns, indexed by quarter without holes; ``attrs`` is kept.

    Raises
    ------
    ValueError
        If a column is missing, a quarter stands twice or does not end on its
        ``period_end``, or a figure is infinite; the message names quarter and column.
    """
    _need_columns(frame, ["fiscal_quarter", "period_end"])
    periods = [parse_quarter(str(label)) for label in frame["fiscal_quarter"]]
    return _in_order(frame, periods, "fiscal_quarter")


def by_year(frame: pd.DataFrame, last_month: int = 12) -> pd.DataFrame:
    """Return an annual table in the order of time, with an empty row for each missing fiscal year.

    Parameters
    ----------
    frame
        Rows with the column ``fiscal_year``, in any order.
    last_month
        The month in which the fiscal year ends: 12, or 6.

    Raises
    ------
    ValueError
        As :func:`by_quarter`, and if `last_month` is another.
    """
    if last_month not in (6, 12):
        raise ValueError(f"last_month is {last_month!r}: it must be 6 or 12")
    _need_columns(frame, ["fiscal_year"])
    frequency = "Y-DEC" if last_month == 12 else "Y-JUN"
    periods = [pd.Period(year=int(year), freq=frequency) for year in frame["fiscal_year"]]
    return _in_order(frame, periods, "fiscal_year")


def trailing_sum(values: "pd.Series[float]") -> "pd.Series[float]":
    """Return, for each quarter, the sum of it and the three before it; NaN where one of the four is missing."""
    # Not Series.rolling: its running sum leaves rounding dust of earlier, larger quarters.
    total = values.astype("float64")
    for quarters_back in range(1, QUARTERS_PER_YEAR):
        total = total + values.shift(quarters_back).astype("float64")
    return total


def growth(values: "pd.Series[float]", periods: int = QUARTERS_PER_YEAR) -> "pd.Series[float]":
    """Return the growth of each value against the one `periods` earlier, as a fraction.

    NaN where either is missing, and where the earlier one is zero or negative: a rate
    of growth from there means nothing.

    Raises
    ------
    ValueError
        If `periods` is not 1 or more.
    """
    if periods < 1:
        raise ValueError(f"periods is {periods}: it must be 1 or more")
    now = values.astype("float64")
    before = now.shift(periods)
    return now / before.where(before > 0) - 1


def last_period(frame: pd.DataFrame, column: str = "revenue_usd") -> pd.Period | None:
    """Return the last period of a frame by period that has a figure in `column`, or None where none has."""
    _need_columns(frame, [column])
    known = frame.index[frame[column].notna().to_numpy()]
    return known[-1] if len(known) else None


def period_ending(frame: pd.DataFrame, day: dt.date) -> pd.Period | None:
    """Return the period of a frame by period that ends on `day`, whatever the fiscal year calls it, or None."""
    for period in frame.index:
        if period.end_time.date() == day:
            return period  # type: ignore[no-any-return] # pandas-stubs types the elements of an index as Any
    return None


def quarters_due(last: pd.Period, as_of: tables.Day) -> list[str]:
    """Return the quarters after `last` that had to be filed by a day.

    A large accelerated filer has forty days from the end of a quarter for its 10-Q and
    sixty from the end of its fiscal year for its 10-K.

    Parameters
    ----------
    last
        The last quarter at hand.
    as_of
        The day on which one looks.

    Returns
    -------
    list of str
        Labels in order; empty where `last` is the newest quarter that had to be public.
    """
    day = tables.parse_day(as_of)
    due: list[str] = []
    quarter = last + 1
    while quarter.end_time.date() + dt.timedelta(days=_days_to_file(quarter)) <= day:
        due.append(period_label(quarter))
        quarter = quarter + 1
    return due


def _days_to_file(quarter: pd.Period) -> int:
    return _DAYS_TO_FILE_YEAR if quarter.quarter == QUARTERS_PER_YEAR else _DAYS_TO_FILE_QUARTER


def _need_columns(frame: pd.DataFrame, columns: list[str]) -> None:
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise ValueError(f"the frame lacks the column {missing[0]}: it has {', '.join(map(str, frame.columns))}")


def _in_order(frame: pd.DataFrame, periods: list[pd.Period], key: str) -> pd.DataFrame:
    seen: set[pd.Period] = set()
    for period in periods:
        if period in seen:
            raise ValueError(f"{key} {period_label(period)} stands twice: keep one row for each")
        seen.add(period)
    ordered = frame.copy()
    if not periods:
        ordered.index = pd.PeriodIndex([], freq="Q-DEC" if key == "fiscal_quarter" else "Y-DEC")
        return ordered
    if len({period.freqstr for period in periods}) > 1:
        raise ValueError(f"{key} mixes labels of two fiscal calendars: keep one company in a frame")
    ordered.index = pd.PeriodIndex(periods)
    if "period_end" in ordered.columns:
        _check_ends(ordered, key)
    _check_finite(ordered, key)
    whole = pd.period_range(min(periods), max(periods), freq=periods[0].freqstr)
    ordered = ordered.reindex(whole)
    ordered.attrs = dict(frame.attrs)
    return ordered


def _check_ends(frame: pd.DataFrame, key: str) -> None:
    for period, end in zip(frame.index, pd.to_datetime(frame["period_end"]), strict=True):
        if pd.notna(end) and end.date() != period.end_time.date():
            raise ValueError(
                f"{key} {period_label(period)}, column period_end: {end.date()} is not its last day, "
                f"{period.end_time.date()}"
            )


def _check_finite(frame: pd.DataFrame, key: str) -> None:
    for column in frame.select_dtypes("number").columns:
        infinite = np.isinf(frame[column].astype("float64").to_numpy())
        if infinite.any():
            label = period_label(frame.index[infinite][0])
            raise ValueError(
                f"{key} {label}, column {column}: the figure is infinite; leave it blank if it is not known"
            )
