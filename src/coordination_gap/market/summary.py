"""Event studies arranged for reading: by session, by window and control, by event."""

import itertools
from collections.abc import Mapping, Sequence

import pandas as pd

from coordination_gap.market.event_study import EventStudy, event_study
from coordination_gap.market.sessions import shift_session


def by_session(study: EventStudy, event_id: str, confidence: float = 0.95) -> pd.DataFrame:
    """Return one event's abnormal returns, a row a session.

    Parameters
    ----------
    study
        The event study.
    event_id
        One of its events.
    confidence
        Of the intervals, between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        ``offset``, ``abnormal_return``, ``low``, ``high`` (fractions), ``t`` and ``p``;
        missing where the session has no return.

    Raises
    ------
    ValueError
        If the study does not hold the event.
    """
    _require_event(event_id, study.abnormal.index)
    return pd.DataFrame({name: frame.loc[event_id] for name, frame in _columns(study, confidence)}).reset_index()


def by_window(
    windows: pd.DataFrame,
    event_id: str,
    spans: Mapping[str, tuple[int, int]],
    markets: Mapping[str, str | tuple[str, ...]],
    asset: str = "googl",
    estimation: tuple[int, int] = (-110, -11),
    confidence: float = 0.95,
    models: Sequence[str] = ("market",),
    without: Sequence[int] = (),
) -> pd.DataFrame:
    """Return one event's cumulative abnormal return in several windows, against several controls.

    Parameters
    ----------
    windows, asset, estimation
        As for :func:`coordination_gap.market.event_study`.
    event_id
        The event.
    spans
        A name for each event window, and its first and last offset.
    markets
        A name for each control, and its column or columns.
    confidence
        Of the intervals, between 0 and 1.
    models
        Of the expected return.
    without
        Offsets to leave out of the estimation window.

    Returns
    -------
    pandas.DataFrame
        A row for each model, control and window: ``model``, ``market``, ``window``, ``first``,
        ``last``, ``car``, its standard ``error``, ``low``, ``high`` (fractions), ``t``, ``p``,
        ``degrees_of_freedom``, the fit's ``beta``, ``r_squared`` and ``residual_sd`` (a
        fraction), and ``gap``, the reason why there is no value, or missing where there is one.

    Raises
    ------
    ValueError
        If `windows` does not hold the event, or as :func:`event_study` does.
    """
    _require_event(event_id, pd.Index(windows["event_id"].unique()))
    prices = windows[windows["event_id"] == event_id]
    rows = []
    for model, (market, columns), (name, span) in itertools.product(models, markets.items(), spans.items()):
        study = event_study(prices, asset, columns, estimation, span, model, without=without)
        interval = study.car_interval(confidence).loc[event_id]
        rows.append(
            {
                "model": model,
                "market": market,
                "window": name,
                "first": span[0],
                "last": span[1],
                "car": study.car[event_id],
                "error": study.car_error[event_id],
                "low": interval["low"],
                "high": interval["high"],
                "t": study.t[event_id],
                "p": study.p[event_id],
                "degrees_of_freedom": study.degrees_of_freedom[event_id],
                **study.model.loc[event_id, ["beta", "r_squared", "residual_sd"]],
                "gap": study.gaps.get(event_id),
            }
        )
    return pd.DataFrame(rows)


def by_event(study: EventStudy, offset: int = 0, confidence: float = 0.95) -> pd.DataFrame:
    """Return the abnormal return of one session for every event.

    Parameters
    ----------
    study
        The event study.
    offset
        The session, which must lie in the study's event window.
    confidence
        Of the intervals, between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        ``event_id``, ``abnormal_return``, ``low``, ``high`` (fractions), ``t``, ``p``, in
        the study's order; missing where the event has no value in that session.

    Raises
    ------
    ValueError
        If the session lies outside the event window.
    """
    if offset not in study.abnormal.columns:
        raise ValueError(f"offset is {offset}: the study's event window is {study.window}")
    return pd.DataFrame({name: frame[offset] for name, frame in _columns(study, confidence)}).reset_index()


def confounded(departures: pd.DataFrame, concurrent: pd.DataFrame, further: int = 0) -> "pd.Series[bool]":
    """Say of each event whether something else is known to have moved its first sessions.

    Parameters
    ----------
    departures
        ``event_id``, ``announced_on`` and ``first_session``, a row an event.
    concurrent
        ``event_id`` and ``happened_on``, a row for each thing that happened around an event.
    further
        How many sessions after the first are looked at as well.

    Returns
    -------
    pandas.Series
        True where something happened from the day of the announcement to the last of these
        sessions; False only says that nothing is recorded. On the index of `departures`.
    """
    pairs = departures.reset_index().merge(concurrent[["event_id", "happened_on"]], on="event_id")
    last = pd.to_datetime([shift_session(pd.Timestamp(first).date(), further) for first in pairs["first_session"]])
    happened, announced = (pd.to_datetime(pairs[day]) for day in ("happened_on", "announced_on"))
    inside = (announced <= happened) & (happened <= last)
    marked: pd.Series[bool] = departures["event_id"].isin(pairs.loc[inside, "event_id"])
    return marked


def in_percent(frame: pd.DataFrame) -> pd.DataFrame:
    """Return ``abnormal_return``, ``low`` and ``high`` as per cent, named for a figure's data.

    The columns become ``abnormal_return_percent``, ``low_percent`` and ``high_percent``;
    the index stays.
    """
    fractions = frame[["abnormal_return", "low", "high"]]
    return (fractions * 100).add_suffix("_percent")


def short_names(departures: pd.DataFrame) -> "pd.Series[str]":
    """Return a short name for each event, such as ``Page & Brin 2019``.

    Parameters
    ----------
    departures
        ``person``, where ``&`` joins several people, and ``announced_on``.

    Returns
    -------
    pandas.Series
        Last names and the year of the announcement, on the index of `departures`.
    """
    names = [" & ".join(one.split()[-1] for one in person.split("&")) for person in departures["person"]]
    years = departures["announced_on"].dt.year
    return pd.Series([f"{name} {year}" for name, year in zip(names, years, strict=True)], index=departures.index)


def _columns(study: EventStudy, confidence: float) -> list[tuple[str, pd.DataFrame]]:
    low, high = study.abnormal_interval(confidence)
    values = (study.abnormal, low, high, study.abnormal_t, study.abnormal_p)
    return list(zip(("abnormal_return", "low", "high", "t", "p"), values, strict=True))


def _require_event(event_id: str, events: "pd.Index[str]") -> None:
    if event_id not in events:
        raise ValueError(f"event_id is {event_id!r}: the events are {', '.join(map(str, events))}")
