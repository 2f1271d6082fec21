"""Several events together, and the figures of the page on the reaction."""

import functools

import numpy as np
import pandas as pd
import pytest

from coordination_gap import tables
from coordination_gap.market import (
    TEST_NAMES,
    TESTS,
    announcement,
    confounded,
    draw_controls,
    draw_placebo,
    draw_power,
    draw_timeline,
    event_groups,
    event_study,
    pooled_tests,
    power_of,
)
from tests.reliability.drawn import check


@pytest.fixture(name="events", scope="module")
def _events() -> pd.DataFrame:
    known = tables.load("departures", "2026-09-10")
    beside = tables.load("concurrent_events", "2026-09-10")
    earlier = known[known["event_id"] != "shazeer-2026"]
    return earlier.assign(confounded=confounded(earlier, beside))


def test_the_groups_of_the_earlier_events(events: pd.DataFrame) -> None:
    groups = event_groups(events)
    assert {name: len(members) for name, members in groups.items()} == {
        "all events": 21,
        "departures": 16,
        "departures alone": 15,
        "role changes": 4,
        "returns": 1,
    }
    assert "arora-2014" not in groups["departures alone"]
    assert groups["returns"] == ["shazeer-return-2024"]


def test_every_test_of_every_group_is_that_of_a_study_of_its_own(events: pd.DataFrame) -> None:
    windows = tables.load("event_windows", "2026-09-10")
    groups = event_groups(events)
    pooled = pooled_tests({"both": event_study(windows, window=(0, 1))}, groups)
    assert len(pooled) == 5 * len(TESTS)
    for group in ("departures alone", "role changes"):
        alone = event_study(windows[windows["event_id"].isin(groups[group])], window=(0, 1))
        part = pooled[pooled["group"] == group].set_index("test")
        np.testing.assert_allclose(part["statistic"], alone.car_tests[list(TESTS)].astype(float))
        np.testing.assert_allclose(part["sd"], alone.car.std())
    assert pooled.loc[pooled["group"] == "returns", ["statistic", "p", "sd"]].isna().all(axis=None)
    assert list(TEST_NAMES) == list(TESTS)


def test_the_post_is_found_in_the_timeline() -> None:
    timeline = tables.load("event_timeline", "2026-06-18")
    assert announcement(timeline).isoformat(timespec="seconds") == "2026-06-17T20:15:48-04:00"
    with pytest.raises(ValueError, match="the timeline has 0 rows of the kind announcement: it needs the one"):
        announcement(timeline[timeline["kind"] == "paper"])


@pytest.mark.parametrize("size", ["wide", "narrow"])
def test_every_figure(size: str) -> None:
    dots = pd.DataFrame(
        {
            "window": ["18 June", "18 June", "22 June"],
            "market": ["SPY", "SPY", "MSFT and AMZN"],
            "model": ["market", "market-adjusted", "market"],
            "abnormal_return_percent": [-0.3, -0.2, -3.4],
            "low_percent": [-3.0, -3.1, -6.0],
            "high_percent": [2.9, 3.0, -0.5],
        }
    )
    check(functools.partial(draw_controls, level="95% interval"), dots, size)
    draws = pd.DataFrame({"placebo_t": np.linspace(-2.5, 2.5, 40)})
    check(functools.partial(draw_placebo, named={"18 Jun": -0.2, "22 Jun": -2.8}), draws, size)
    effects = [0.0, 1.0, 2.0, 4.0]
    curves = pd.DataFrame(
        {"effect_percent": effects, "one event": [power_of(each / 100, 0.016, 98) for each in effects]}
    )
    check(functools.partial(draw_power, marked=1.51, mark="hired away", power=0.8), curves, size)
    items = pd.DataFrame(
        {"day": ["2026-06-17", "2026-06-17"], "title": ["one thing", "another"], "error": [True, False]}
    )
    check(draw_timeline, items, size)
