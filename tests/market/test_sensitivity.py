"""What an average rests on: against scipy, against studies of their own, and by hand."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from coordination_gap import tables
from coordination_gap.market import (
    TESTS,
    against_controls,
    average,
    confounded,
    event_study,
    results_sessions,
    under_other_hours,
    without_each,
)

Simulate = Callable[..., pd.DataFrame]


def test_an_average_is_that_of_scipy(simulate: Simulate) -> None:
    study = event_study(simulate(8, seed=3), window=(0, 1))
    found = average(study, 0.1, 0.9)
    interval = stats.ttest_1samp(study.car, 0).confidence_interval(0.9)
    np.testing.assert_allclose(found[["mean", "low", "high"]], [study.car.mean(), interval.low, interval.high])
    assert found["events"] == 8
    assert found["bmp_p"] == study.car_tests["bmp_p"]
    assert found["below"] == sum(study.car_tests[f"{test}_p"] < 0.1 for test in TESTS)
    for name in ("level", "confidence"):
        with pytest.raises(ValueError, match=f"{name} is 1: it must lie between 0 and 1"):
            average(study, **{name: 1})


def test_an_average_without_an_event_is_that_of_the_others(simulate: Simulate) -> None:
    windows = simulate(5, seed=4)
    found = without_each(event_study(windows))
    others = average(event_study(windows[windows["event_id"] != "event-2"]))
    pd.testing.assert_series_equal(found.T["event-2"], others, check_names=False)
    assert found["events"].to_list() == [4] * 5


def test_each_control_is_a_study_of_its_own() -> None:
    windows = tables.load("event_windows", "2026-09-10")
    events = ["greene-2018", "li-2018", "barra-2013"]
    found = against_controls(windows, events, {"peers": ("msft", "amzn"), "qqq": "qqq"}, window=(0, 0))
    assert found.index.to_list() == ["peers", "qqq"]
    alone = event_study(windows[windows["event_id"].isin(events)], "googl", ("msft", "amzn"), window=(0, 0))
    assert found.loc["peers", "mean"] == pytest.approx(alone.car.mean())


def test_hours_that_were_not_seen_move_a_window_by_their_session() -> None:
    windows = tables.load("event_windows", "2026-09-10")
    departures = tables.load("departures", "2026-09-10")
    moved = under_other_hours(windows, departures)
    first = dict(moved.loc[moved["offset"] == 0, ["event_id", "session"]].to_numpy())
    expected = departures["other_first_session"].fillna(departures["first_session"])
    assert first == dict(zip(departures["event_id"], expected, strict=True))
    assert (windows["offset"] - moved["offset"]).abs().max() == 1


def test_the_results_in_the_timeline_move_the_session_after_their_close() -> None:
    sessions = results_sessions(tables.load("event_timeline", "2026-09-10"))
    assert [session.date().isoformat() for session in sessions] == ["2026-04-30", "2026-07-24"]


def test_sessions_left_out_of_the_estimation_are_not_fitted(simulate: Simulate) -> None:
    windows = simulate(1, seed=5)
    without = [-20, -60]
    study = event_study(windows, window=(0, 0), without=without)
    prices = windows.set_index("offset")[["googl", "spy"]]
    returns = prices.pct_change().loc[-110:-11].drop(without)
    fit = sm.OLS(returns["googl"], sm.add_constant(returns["spy"])).fit()
    model = study.model.iloc[0]
    np.testing.assert_allclose(
        [model["alpha"], model["beta"], model["residual_sd"], model["observations"]],
        [fit.params["const"], fit.params["spy"], np.sqrt(fit.mse_resid), 98],
    )


def test_later_sessions_can_confound_as_well() -> None:
    known = pd.DataFrame({"event_id": ["a"], "announced_on": ["2026-06-17"], "first_session": ["2026-06-18"]})
    beside = pd.DataFrame({"event_id": ["a"], "happened_on": ["2026-06-20"]})
    # The session after 18 June 2026 is the 22nd: a holiday and a weekend lie between.
    assert [confounded(known, beside, further).to_list() for further in (0, 1)] == [[False], [True]]
