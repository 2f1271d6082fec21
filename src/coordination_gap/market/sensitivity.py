"""What an average of events rests on: the control, single events, and hours that were not seen."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import stats

from coordination_gap.market.event_study import EventStudy, event_study
from coordination_gap.market.event_tests import TESTS
from coordination_gap.market.sessions import session_offset, shift_session


def results_sessions(timeline: pd.DataFrame) -> list[pd.Timestamp]:
    """Return the sessions that first reacted to results reported after a close.

    Parameters
    ----------
    timeline
        ``happened_on`` and ``kind``, a row an item; those of the kind ``earnings`` are meant.
    """
    reported = timeline.loc[timeline["kind"] == "earnings", "happened_on"]
    return [pd.Timestamp(shift_session(day.date(), 1)) for day in reported]


def under_other_hours(windows: pd.DataFrame, departures: pd.DataFrame) -> pd.DataFrame:
    """Return the windows as they would be if each hour that was not seen lay on the other side of the close.

    Parameters
    ----------
    windows
        As for :func:`coordination_gap.market.event_study`.
    departures
        ``event_id``, ``first_session`` and ``other_first_session``, which is missing where
        the hour is known.
    """
    unsure = departures.dropna(subset="other_first_session")
    shifts = {
        row["event_id"]: session_offset(row["other_first_session"].date(), row["first_session"].date())
        for _, row in unsure.iterrows()
    }
    return windows.assign(offset=windows["offset"] - windows["event_id"].map(shifts).fillna(0).astype(int))


def average(study: EventStudy, level: float = 0.05, confidence: float = 0.95) -> "pd.Series[float]":
    """Return the average cumulative abnormal return of a study's events, and what the tests say of it.

    Parameters
    ----------
    study
        Two or more events.
    level
        Of the tests, between 0 and 1.
    confidence
        Of the interval, between 0 and 1.

    Returns
    -------
    pandas.Series
        ``events``, ``mean``, ``low``, ``high`` (fractions; Student's t across events), ``bmp_p``
        (Boehmer, Musumeci and Poulsen) and ``below``, how many of :data:`TESTS` have a p value
        below `level`.

    Raises
    ------
    ValueError
        If `level` or `confidence` is not between 0 and 1.
    """
    for name, value in (("level", level), ("confidence", confidence)):
        if not 0 < value < 1:
            raise ValueError(f"{name} is {value}: it must lie between 0 and 1")
    tests, values = study.car_tests, study.car.dropna()
    reach = stats.t.ppf(0.5 + confidence / 2, len(values) - 1) * values.std() / np.sqrt(len(values))
    return pd.Series(
        {
            "events": float(tests["events"]),
            "mean": tests["mean"],
            "low": tests["mean"] - reach,
            "high": tests["mean"] + reach,
            "bmp_p": tests["bmp_p"],
            "below": float(sum(tests[f"{name}_p"] < level for name in TESTS)),
        }
    )


def against_controls(
    windows: pd.DataFrame,
    events: list[str],
    markets: Mapping[str, str | tuple[str, ...]],
    estimation: tuple[int, int] = (-110, -11),
    window: tuple[int, int] = (0, 1),
    model: str = "market",
    level: float = 0.05,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return the average of some events against several controls, as :func:`average` does, a row a control.

    Parameters
    ----------
    windows, estimation, window, model
        As for :func:`coordination_gap.market.event_study`.
    events
        Those that are averaged.
    markets
        A name for each control, and its column or columns.
    level, confidence
        As for :func:`average`.
    """
    chosen = windows[windows["event_id"].isin(events)]
    return pd.DataFrame(
        {
            name: average(event_study(chosen, "googl", market, estimation, window, model), level, confidence)
            for name, market in markets.items()
        }
    ).T


def without_each(study: EventStudy, level: float = 0.05) -> pd.DataFrame:
    """Return the average of a study's events with each of them left out in turn, as :func:`average` does.

    Returns
    -------
    pandas.DataFrame
        A row for each event left out; `level` is that of the tests.
    """
    every = study.abnormal.index
    return pd.DataFrame({event: average(study.only(every.drop(event)), level) for event in every}).T
