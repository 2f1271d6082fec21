"""Event studies arranged for reading."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from coordination_gap import tables
from coordination_gap.market import (
    by_event,
    by_session,
    by_window,
    confounded,
    event_study,
    in_percent,
    short_names,
)

Simulate = Callable[..., pd.DataFrame]


def test_by_session_is_the_study_of_one_event(simulate: Simulate) -> None:
    study = event_study(simulate(3, seed=1), window=(-2, 3))
    table = by_session(study, "event-1", confidence=0.9)
    low, high = study.abnormal_interval(0.9)
    assert table["offset"].to_list() == [-2, -1, 0, 1, 2, 3]
    np.testing.assert_array_equal(table["abnormal_return"], study.abnormal.loc["event-1"])
    np.testing.assert_array_equal(table["low"], low.loc["event-1"])
    np.testing.assert_array_equal(table["high"], high.loc["event-1"])
    np.testing.assert_array_equal(table["p"], study.abnormal_p.loc["event-1"])
    percent = in_percent(table.set_index("offset"))
    np.testing.assert_allclose(percent["abnormal_return_percent"], 100 * study.abnormal.loc["event-1"])


def test_by_event_is_one_session_of_every_event(simulate: Simulate) -> None:
    study = event_study(simulate(3, seed=1), window=(0, 1))
    table = by_event(study, 1)
    assert table["event_id"].to_list() == ["event-0", "event-1", "event-2"]
    np.testing.assert_array_equal(table["abnormal_return"], study.abnormal[1])
    np.testing.assert_array_equal(table["t"], study.abnormal_t[1])


def test_by_window_measures_each_window_and_control(simulate: Simulate) -> None:
    windows = simulate(2, seed=1).assign(qqq=lambda frame: frame["spy"] ** 1.1)
    spans = {"first": (0, 0), "late": (9, 11)}
    table = by_window(windows, "event-1", spans, {"spy": "spy", "qqq": "qqq"})
    assert table[["market", "window"]].to_numpy().tolist() == [
        ["spy", "first"],
        ["spy", "late"],
        ["qqq", "first"],
        ["qqq", "late"],
    ]
    study = event_study(windows, market="qqq", window=(0, 0))
    assert table.loc[2, "car"] == study.car["event-1"]
    assert table.loc[2, "t"] == study.t["event-1"]
    assert table["gap"].isna().to_list() == [True, False, True, False]
    assert table["degrees_of_freedom"].eq(98).all()
    assert table.loc[1, "gap"] == "no return of googl or spy at offset 11"
    assert table.loc[[1, 3], ["car", "low", "high", "t", "p"]].isna().all(axis=None)


def test_by_window_measures_each_model_too(simulate: Simulate) -> None:
    windows = simulate(1, seed=1).assign(qqq=lambda frame: frame["spy"] ** 1.1)
    markets: dict[str, str | tuple[str, ...]] = {"both": ("spy", "qqq")}
    table = by_window(windows, "event-0", {"first": (0, 0)}, markets, models=("market", "market-adjusted"))
    assert table["model"].to_list() == ["market", "market-adjusted"]
    assert table["market"].to_list() == ["both", "both"]
    study = event_study(windows, market=("spy", "qqq"), window=(0, 0), model="market-adjusted")
    assert table.loc[1, "t"] == study.t["event-0"]
    assert table.loc[1, "error"] == study.car_error["event-0"]


def test_confounded_where_something_happened_up_to_the_first_session() -> None:
    known = tables.load("departures", "2026-09-10")
    marked = known["event_id"][confounded(known, tables.load("concurrent_events", "2026-09-10"))]
    # The Mayer item came after the first session; so did what happened around Shazeer's departure.
    assert set(marked) == {"arora-2014", "schmidt-2011", "shazeer-return-2024"}


def test_a_later_item_changes_no_mark() -> None:
    known = pd.DataFrame(
        {"event_id": ["a", "b"], "announced_on": ["2026-01-05"] * 2, "first_session": ["2026-01-06"] * 2}
    )
    beside = pd.DataFrame({"event_id": ["a", "b", "b"], "happened_on": ["2026-01-07", "2026-01-04", "2026-01-06"]})
    assert confounded(known, beside).to_list() == [False, True]
    assert confounded(known, beside.iloc[:2]).to_list() == [False, False]
    assert confounded(known, beside.iloc[:0]).to_list() == [False, False]


def test_short_names() -> None:
    known = pd.DataFrame(
        {
            "person": ["Larry Page & Sergey Brin", "Fei-Fei Li"],
            "announced_on": pd.to_datetime(["2019-12-03", "2018-09-10"]),
        }
    )
    assert short_names(known).to_list() == ["Page & Brin 2019", "Li 2018"]


def test_bad_arguments_are_named(simulate: Simulate) -> None:
    windows = simulate(1, seed=1)
    study = event_study(windows)
    with pytest.raises(ValueError, match="event_id is 'event-9': the events are event-0"):
        by_session(study, "event-9")
    with pytest.raises(ValueError, match="event_id is 'event-9': the events are event-0"):
        by_window(windows, "event-9", {"first": (0, 0)}, {"spy": "spy"})
    with pytest.raises(ValueError, match=r"offset is 5: the study's event window is \(0, 1\)"):
        by_event(study, 5)
