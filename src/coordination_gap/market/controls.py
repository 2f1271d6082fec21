"""What a share is held against: one series, or several with equal weights; and on which days."""

import numpy as np
import pandas as pd

from coordination_gap.market.returns import price_panel, simple_returns
from coordination_gap.market.sessions import closed_because


def label(market: str | tuple[str, ...]) -> str:
    """Return what text calls a control, such as ``spy`` or ``msft and amzn``."""
    return market if isinstance(market, str) else " and ".join(market)


def control_returns(windows: pd.DataFrame, asset: str, market: str | tuple[str, ...]) -> pd.DataFrame:
    """Return the control's returns, offset × event.

    Parameters
    ----------
    windows
        Adjusted closes around events, as for :func:`coordination_gap.market.event_study`.
    asset
        The share's column, which may not be its own control.
    market
        A column, or several: then the mean of their returns, missing where any is missing.

    Raises
    ------
    ValueError
        If a column is unknown, holds no price, is named twice, or is the share's own.
    """
    columns = (market,) if isinstance(market, str) else tuple(market)
    if not columns or len(set(columns)) != len(columns):
        raise ValueError(f"market is {market!r}: give one column, or several different ones")
    if asset in columns:
        raise ValueError(f"market is {market!r}: it must differ from the asset")
    panels = [simple_returns(price_panel(windows, column, "market")) for column in columns]
    total = panels[0]
    for panel in panels[1:]:
        total = total + panel
    return total / len(panels)


def for_events(control: pd.DataFrame, events: "pd.Index[str]") -> pd.DataFrame:
    """Return a control's returns for each event; a single column serves all.

    Raises
    ------
    ValueError
        If there are several columns and an event has none.
    """
    if control.shape[1] == 1:
        return pd.DataFrame(dict.fromkeys(events, control.iloc[:, 0]), index=control.index)
    missing = [event for event in events if event not in control.columns]
    if missing:
        raise ValueError(f"control has no returns for {missing[0]}: give one column for all events, or one for each")
    return control[list(events)]


def session_numbers(windows: pd.DataFrame, events: "pd.Index[str]") -> pd.DataFrame:
    """Return the calendar day of each offset and event as a number; NaN where `windows` does not say.

    Raises
    ------
    ValueError
        If a day is no session of the exchange.
    """
    if "session" not in windows.columns:
        return pd.DataFrame(columns=events, dtype=float)
    days = pd.to_datetime(windows["session"])
    for day in days.dropna().unique():
        closed = closed_because(day.date())
        if closed:
            event = windows.loc[days == day, "event_id"].iloc[0]
            raise ValueError(
                f"windows has {day.date()} as a session of {event}, but the exchange was closed ({closed}): "
                "count offsets in sessions"
            )
    numbered = windows.assign(session=(days - pd.Timestamp(0)) / np.timedelta64(1, "D"))
    return numbered.pivot_table(index="offset", columns="event_id", values="session")
