"""The price of a share on which multiples are computed: the last close that can be seen, or one given by hand."""

import datetime as dt
import math
from dataclasses import dataclass

import pandas as pd

from coordination_gap import tables


@dataclass(frozen=True)
class Price:
    """The price of a share.

    Attributes
    ----------
    usd
        In US dollars, or None where none can be seen.
    session
        The session of the close; None for a price given by hand.
    sources
        The row or the parameter it comes from.
    gap
        Why there is none.
    """

    usd: float | None
    session: dt.date | None
    sources: tuple[tables.Source, ...]
    gap: str | None = None


def price_of_share(windows: pd.DataFrame, event_id: str, asset: str, given: float = 0.0) -> Price:
    """Return the price given by hand, or the last close of an asset in an event's visible rows.

    Parameters
    ----------
    windows
        The table ``event_windows`` as of a day. Its closes are adjusted for splits and
        for dividends paid after the session.
    event_id
        Whose rows.
    asset
        The price column, such as ``"googl"``.
    given
        A price in US dollars, or 0 for the last visible close.

    Returns
    -------
    Price
        With the reason where no close is visible.

    Raises
    ------
    ValueError
        If there is no such column, or `given` is negative or not finite.
    """
    if asset not in windows.columns:
        raise ValueError(f"asset is {asset!r}: the columns are {', '.join(map(str, windows.columns))}")
    if not (math.isfinite(given) and given >= 0):
        raise ValueError(f"given is {given}: it must be 0 or more")
    if given > 0:
        return Price(float(given), None, (tables.parameters(price=given),))
    seen = windows[(windows["event_id"] == event_id) & windows[asset].notna()]
    if seen.empty:
        return Price(None, None, (), f"no close of {asset} around {event_id} is visible as of this day")
    row = seen.sort_values("session").tail(1)
    session = pd.Timestamp(row["session"].iloc[0]).date()
    return Price(float(row[asset].iloc[0]), session, (tables.rows(row),))
