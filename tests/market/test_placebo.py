"""Placebo days and power: against direct computations, other libraries and simulated truth."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.power import TTestPower

from coordination_gap import tables
from coordination_gap.market import (
    TESTS,
    event_study,
    nominal_size,
    placebo,
    pooled_placebo,
    power_of,
    smallest_detectable,
)

Simulate = Callable[..., pd.DataFrame]


@pytest.fixture(name="windows", scope="module")
def _windows() -> pd.DataFrame:
    return tables.load("event_windows", "2026-09-10")


def test_a_placebo_is_the_deleted_residual_of_a_library(windows: pd.DataFrame) -> None:
    found = placebo(windows, "shazeer-2026")
    rows = windows[windows["event_id"] == "shazeer-2026"]
    returns = rows.set_index(rows["offset"].astype(int))[["googl", "spy"]].pct_change(fill_method=None).loc[-110:-11]
    influence = sm.OLS(returns["googl"], sm.add_constant(returns["spy"])).fit().get_influence()
    np.testing.assert_allclose(found.draws["t"], influence.resid_studentized_external, rtol=1e-8)
    np.testing.assert_allclose(found.draws["car"], influence.resid_press, rtol=1e-8)
    assert found.draws["offset"].to_list() == list(range(-110, -10))


def test_the_rank_of_the_event_among_its_placebos(windows: pd.DataFrame) -> None:
    found = placebo(windows, "shazeer-2026", window=(1, 1))
    assert found.as_far == int((np.abs(found.draws["t"]) >= abs(found.t)).sum())
    assert found.p == (found.as_far + 1) / 101
    later = placebo(windows[windows["offset"] <= 0], "shazeer-2026", window=(1, 1))
    assert np.isnan(later.p)
    assert len(later.draws) == 100


def test_windows_of_several_sessions_fit_inside(windows: pd.DataFrame) -> None:
    found = placebo(windows, "shazeer-2026", window=(0, 7), model="market-adjusted", market=("msft", "amzn"))
    assert (len(found.draws), found.draws["offset"].iloc[-1]) == (93, -18)


def test_without_an_effect_the_placebo_p_value_is_uniform(simulate: Simulate) -> None:
    windows = simulate(60, seed=5, span=(-42, 0))
    chances = [
        placebo(rows, str(event), estimation=(-40, -2)).p for event, rows in windows.groupby("event_id", sort=False)
    ]
    assert stats.kstest(chances, "uniform").pvalue > 0.001


def test_rejections_on_placebo_days_are_counted(windows: pd.DataFrame) -> None:
    size = nominal_size(windows, level=0.1, confidence=0.9)
    assert list(size.index) == list(TESTS)
    assert (size["placebos"] == 100).all()
    for _, row in size.iterrows():
        rejections = row["rejections"]
        interval = stats.beta.ppf([0.05, 0.95], [rejections, rejections + 1], [101 - rejections, 100 - rejections])
        assert (row["low"], row["high"]) == pytest.approx(tuple(interval))
        assert row["holds"] == (row["low"] <= 0.1 <= row["high"])


def test_the_level_holds_where_the_model_is_true(simulate: Simulate) -> None:
    size = nominal_size(simulate(12, seed=31), confidence=0.999)
    assert size.drop(index="sign")["holds"].all()
    assert (size["rejections"] > 0).any()


def test_a_window_steps_by_its_length(windows: pd.DataFrame) -> None:
    assert (nominal_size(windows, window=(0, 9))["placebos"] == 10).all()


@pytest.mark.parametrize(("name", "value"), [("level", 0.0), ("level", 1.0), ("confidence", 1.5)])
def test_a_level_out_of_range_is_named(windows: pd.DataFrame, name: str, value: float) -> None:
    given = {"level": 0.05, "confidence": 0.95} | {name: value}
    with pytest.raises(ValueError, match=f"{name} is {value}: it must lie between 0 and 1"):
        nominal_size(windows, level=given["level"], confidence=given["confidence"])


def test_several_events_among_their_placebos(windows: pd.DataFrame) -> None:
    found = pooled_placebo(windows, window=(0, 1))
    assert found.t == event_study(windows, window=(0, 1)).car_tests["bmp"]
    assert len(found.draws) == 99
    every_other = nominal_size(windows, window=(0, 1))
    critical = stats.t.isf(0.025, 21)
    assert int((found.draws["t"][::2].abs() >= critical).sum()) == every_other.loc["bmp", "rejections"]
    with pytest.raises(ValueError, match="test is 'wilcoxon': it is one of brown_warner_1980"):
        pooled_placebo(windows, test="wilcoxon")


def test_an_unknown_event_is_named(windows: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="event_id is 'nobody': the events are arora-2014"):
        placebo(windows, "nobody")


@pytest.mark.parametrize("observations", [5, 22, 100])
@pytest.mark.parametrize("level", [0.01, 0.05, 0.1])
@pytest.mark.parametrize("power", [0.5, 0.8, 0.99])
def test_power_against_a_library(observations: int, level: float, power: float) -> None:
    error = 0.02
    found = smallest_detectable(error, observations - 1, level, power)
    # The library's effect is in standard deviations of one observation.
    effect = found / error / np.sqrt(observations)
    assert TTestPower().power(effect, observations, level) == pytest.approx(power, abs=1e-9)
    assert power_of(found, error, observations - 1, level) == pytest.approx(power, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(
    error=st.floats(1e-4, 1e2),
    freedom=st.integers(2, 500),
    level=st.floats(0.001, 0.2),
    power=st.floats(0.25, 0.995),
)
def test_the_smallest_effect_grows_with_what_is_asked(error: float, freedom: int, level: float, power: float) -> None:
    found = smallest_detectable(error, freedom, level, power)
    assert found > 0
    assert smallest_detectable(2 * error, freedom, level, power) == pytest.approx(2 * found, rel=1e-9)
    assert smallest_detectable(error, freedom, level / 2, power) > found
    assert power_of(1.1 * found, error, freedom, level) > power > power_of(0.9 * found, error, freedom, level)
    assert power_of(-found, error, freedom, level) == pytest.approx(power, abs=1e-9)


def test_a_planted_effect_of_that_size_is_found_as_often_as_said() -> None:
    random = np.random.default_rng(2)
    effect = smallest_detectable(0.02 / np.sqrt(22), 21)
    samples = random.normal(effect, 0.02, (4000, 22))
    found = int((stats.ttest_1samp(samples, 0, axis=1).pvalue < 0.05).sum())
    low, high = stats.binom.ppf([0.0005, 0.9995], 4000, 0.8)
    assert low <= found <= high


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0.0, 98), "standard_error is 0.0: it must be finite and above 0"),
        ((0.1, -1), "degrees_of_freedom is -1: it must be finite and above 0"),
        ((float("nan"), 98), "standard_error is nan"),
        ((0.1, 98, 1.0), "level is 1.0: it must lie between 0 and 1"),
        ((0.1, 98, 0.05, 0.05), "power is 0.05: it must lie between the level, 0.05, and 1"),
        ((0.1, 98, 0.05, 1.0), "power is 1.0: it must lie between"),
    ],
)
def test_bad_arguments_are_named(arguments: tuple[float, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        smallest_detectable(*arguments)
