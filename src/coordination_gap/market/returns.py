"""Returns from adjusted closing prices.

Returns are simple: the price divided by the price one session earlier, less 1. Prices
are adjusted for splits and dividends, so a return is what a holder earned. A missing
price makes two returns missing, its own and the next one's: no return ever spans a gap.
"""

import numpy as np
import pandas as pd

#: The columns of an event window that are not prices.
KEYS = ("event_id", "offset", "session")


def simple_returns(prices: pd.DataFrame) -> pd.DataFrame:
    """Return the simple return of each session, per column.

    Parameters
    ----------
    prices
        Adjusted closes in US dollars; one row a session, in order, one column a series.

    Returns
    -------
    pandas.DataFrame
        Fractions (0.01 is one per cent), of the shape of `prices`; missing in the first
        row and wherever this price or the one before is missing.

    Raises
    ------
    ValueError
        If a price is zero, negative or infinite.
    """
    values = prices.to_numpy(dtype=float)
    bad = ~np.isnan(values) & ~((values > 0) & np.isfinite(values))
    if bad.any():
        row, column = (int(place[0]) for place in np.nonzero(bad))
        raise ValueError(
            f"prices has {values[row, column]} in column {prices.columns[column]} at {prices.index[row]}: "
            "a price must be positive and finite, or missing"
        )
    change = np.full(values.shape, np.nan)
    change[1:] = values[1:] / values[:-1] - 1.0
    return pd.DataFrame(change, index=prices.index, columns=prices.columns)


def price_panel(windows: pd.DataFrame, series: str, name: str = "series") -> pd.DataFrame:
    """Return one price column of the event windows as a panel.

    Parameters
    ----------
    windows
        Columns ``event_id``, ``offset`` (sessions after the event's first session) and
        a price column for each series.
    series
        The price column, such as ``"googl"``.
    name
        What to call the column in an error, the caller's own argument.

    Returns
    -------
    pandas.DataFrame
        Offset × event. Offsets run without a break from the smallest to the largest;
        where an event has no row, its price is missing. Events keep the order of `windows`.

    Raises
    ------
    ValueError
        If a column is missing or holds no price, `windows` is empty, or an event has an offset twice.
    """
    missing = [column for column in ("event_id", "offset") if column not in windows.columns]
    if missing:
        raise ValueError(f"windows lacks the column {missing[0]}: it needs event_id, offset and a column of prices")
    if series not in windows.columns:
        allowed = ", ".join(str(column) for column in windows.columns if column not in KEYS)
        raise ValueError(f"{name} is {series!r}: windows has prices of {allowed}")
    if windows.empty:
        raise ValueError("windows has no rows: give the prices around at least one event")
    if windows[series].isna().all():
        raise ValueError(f"{name} is {series!r}: windows has no price of it")
    twice = windows.duplicated(["event_id", "offset"])
    if twice.any():
        row = windows.loc[twice].iloc[0]
        raise ValueError(f"windows has offset {row['offset']} of {row['event_id']} twice: keep one row per session")
    panel = windows.astype({series: float}).pivot_table(index="offset", columns="event_id", values=series, dropna=False)
    offsets = windows["offset"].astype(int)
    every = pd.RangeIndex(offsets.min(), offsets.max() + 1, name="offset")
    return panel.reindex(index=every, columns=pd.Index(windows["event_id"].unique(), name="event_id"))


def rebase(prices: pd.DataFrame, at: int, level: float = 100.0) -> pd.DataFrame:
    """Scale each column so that it stands at `level` in the row labelled `at`.

    Raises
    ------
    ValueError
        If there is no such row, or a column has no price in it.
    """
    if at not in prices.index:
        raise ValueError(f"at is {at!r}: prices has no such row")
    base = prices.loc[[at]].iloc[0]
    blank = base.index[base.isna()]
    if len(blank):
        raise ValueError(f"at is {at!r}: {blank[0]} has no price there")
    return prices.div(base).mul(level)
