"""The event study against known figures, direct computations, simulated truth and its invariances."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from coordination_gap import tables
from coordination_gap.market import event_study, fit_market_model

Simulate = Callable[..., pd.DataFrame]


@pytest.fixture(name="windows", scope="module")
def _windows() -> pd.DataFrame:
    return tables.load("event_windows", "2026-09-10")


@pytest.fixture(name="departure", scope="module")
def _departure(windows: pd.DataFrame) -> pd.DataFrame:
    return windows[windows["event_id"] == "shazeer-2026"]


@pytest.mark.parametrize(
    ("estimation", "window", "car", "t"),
    [
        ((-110, -11), (0, 0), -0.0025, -0.16),
        ((-110, -11), (0, 7), -0.0287, -0.61),
        # The earlier computation counted its gap of ten sessions from 22 June itself.
        ((-109, -10), (1, 1), -0.0456, -2.80),
    ],
)
def test_an_earlier_independent_computation(
    departure: pd.DataFrame, estimation: tuple[int, int], window: tuple[int, int], car: float, t: float
) -> None:
    study = event_study(departure, estimation=estimation, window=window)
    assert study.car["shazeer-2026"] == pytest.approx(car, abs=5e-5)
    assert study.t["shazeer-2026"] == pytest.approx(t, abs=0.005)


@pytest.mark.parametrize("market", ["spy", "qqq"])
@pytest.mark.parametrize("window", [(0, 0), (0, 1), (-3, 5)])
def test_every_event_against_least_squares_written_out(
    windows: pd.DataFrame, market: str, window: tuple[int, int]
) -> None:
    study = event_study(windows, market=market, window=window)
    for event, rows in windows.groupby("event_id"):
        returns = rows.set_index(rows["offset"].astype(int))[["googl", market]].pct_change(fill_method=None)
        before, during = returns.loc[-110:-11].to_numpy(), returns.loc[window[0] : window[1]].to_numpy()
        design = np.column_stack([np.ones(100), before[:, 1]])
        coefficients, rss, *_ = np.linalg.lstsq(design, before[:, 0], rcond=None)
        design_during = np.column_stack([np.ones(len(during)), during[:, 1]])
        abnormal = during[:, 0] - design_during @ coefficients
        variance = rss[0] / 98
        inverse = np.linalg.inv(design.T @ design)
        covariance = variance * (np.eye(len(during)) + design_during @ inverse @ design_during.T)
        t = abnormal.sum() / np.sqrt(covariance.sum())
        np.testing.assert_allclose(study.model.loc[event, ["alpha", "beta"]].astype(float), coefficients, rtol=1e-8)
        assert study.model.loc[str(event), "residual_sd"] == pytest.approx(np.sqrt(variance))
        np.testing.assert_allclose(study.abnormal.loc[event], abnormal, rtol=1e-8)
        np.testing.assert_allclose(study.abnormal_error.loc[event], np.sqrt(np.diag(covariance)), rtol=1e-9)
        assert study.t[event] == pytest.approx(t, rel=1e-8)
        assert study.p[event] == pytest.approx(2 * stats.t.cdf(-abs(t), 98), rel=1e-8)


def test_one_session_against_the_textbook_formula_and_a_library_prediction(departure: pd.DataFrame) -> None:
    study = event_study(departure, window=(1, 1))
    returns = departure.set_index(departure["offset"].astype(int))[["googl", "spy"]].pct_change(fill_method=None)
    before, market = returns.loc[-110:-11], float(returns["spy"].loc[1])
    # Residual variance times 1 + 1/n + the market's squared distance from its mean over its sum of squares.
    deviation = before["spy"] - before["spy"].mean()
    inflation = 1 + 1 / 100 + (market - float(before["spy"].mean())) ** 2 / (deviation**2).sum()
    residual_sd = study.model.loc["shazeer-2026", "residual_sd"]
    error = study.abnormal_error.loc["shazeer-2026", 1]
    assert error == pytest.approx(residual_sd * np.sqrt(inflation))
    prediction = sm.OLS(before["googl"], sm.add_constant(before["spy"])).fit().get_prediction([[1, market]])
    assert error == pytest.approx(float(prediction.se_obs[0]))
    low, high = prediction.conf_int(obs=True, alpha=0.1)[0]
    interval = study.car_interval(0.9).loc["shazeer-2026"]
    actual = returns.loc[1, "googl"]
    np.testing.assert_allclose(interval.to_numpy(), [actual - high, actual - low], rtol=1e-8)


def test_interval_and_p_value_tell_the_same_story(windows: pd.DataFrame) -> None:
    study = event_study(windows, window=(0, 3))
    for confidence in (0.5, 0.9, 0.95):
        interval = study.car_interval(confidence)
        excludes_zero = (interval["low"] > 0) | (interval["high"] < 0)
        assert (excludes_zero == (study.p < 1 - confidence)).all()
        low, high = study.abnormal_interval(confidence)
        assert (((low > 0) | (high < 0)) == (study.abnormal_p < 1 - confidence)).all(axis=None)


def test_a_planted_effect_is_recovered(simulate: Simulate) -> None:
    plain = event_study(simulate(400, seed=7), window=(-1, 2))
    planted = event_study(simulate(400, seed=7, effects={0: -0.05, 1: 0.02}), window=(-1, 2))
    np.testing.assert_allclose(
        planted.abnormal - plain.abnormal, np.tile([0, -0.05, 0.02, 0], (400, 1)), rtol=0, atol=1e-12
    )
    error = 0.015 / np.sqrt(400)
    assert planted.abnormal[0].mean() == pytest.approx(-0.05, abs=4 * error)
    assert planted.car.mean() == pytest.approx(-0.03, abs=4 * 2 * error)
    assert planted.model["beta"].mean() == pytest.approx(1.3, abs=4 * 0.15 / np.sqrt(400))


@pytest.mark.parametrize("window", [(0, 0), (0, 9)])
def test_no_effect_is_found_as_often_as_the_level_says(simulate: Simulate, window: tuple[int, int]) -> None:
    events = 1000
    p = event_study(simulate(events, seed=11), estimation=(-45, -11), window=window).p
    low, high = stats.binom.ppf([0.0005, 0.9995], events, 0.05)
    assert low <= (p < 0.05).sum() <= high
    assert stats.kstest(p, "uniform").pvalue > 0.001


seeds = st.integers(0, 2**32 - 1)


@settings(max_examples=15, deadline=None)
@given(seed=seeds, asset_shift=st.floats(-12, 12), market_shift=st.floats(-12, 12))
def test_a_constant_on_log_prices_changes_nothing(
    simulate: Simulate, seed: int, asset_shift: float, market_shift: float
) -> None:
    windows = simulate(2, seed)
    moved = windows.assign(googl=windows["googl"] * np.exp(asset_shift), spy=windows["spy"] * np.exp(market_shift))
    left, right = (event_study(frame, window=(0, 3)) for frame in (windows, moved))
    np.testing.assert_allclose(left.abnormal, right.abnormal, rtol=1e-7, atol=1e-12)
    np.testing.assert_allclose(left.t, right.t, rtol=1e-7, atol=1e-9)


@settings(max_examples=15, deadline=None)
@given(seed=seeds, order=st.permutations(range(4)))
def test_names_and_order_of_events_change_nothing(simulate: Simulate, seed: int, order: list[int]) -> None:
    windows = simulate(4, seed)
    names = {f"event-{old}": f"renamed-{new}" for old, new in enumerate(order)}
    renamed = windows.assign(event_id=windows["event_id"].map(names)).sample(frac=1, random_state=seed % 1000)
    left, right = event_study(windows), event_study(renamed)
    pd.testing.assert_frame_equal(left.abnormal.rename(index=names).sort_index(), right.abnormal.sort_index())
    pd.testing.assert_series_equal(left.p.rename(index=names).sort_index(), right.p.sort_index())


@settings(max_examples=15, deadline=None)
@given(seed=seeds, factor=st.floats(0.5, 3))
def test_the_car_is_the_sum_and_abnormal_returns_do_not_depend_on_the_window(
    simulate: Simulate, seed: int, factor: float
) -> None:
    windows = simulate(2, seed, noise=0.01 * factor)
    wide, narrow = event_study(windows, window=(-5, 8)), event_study(windows, window=(0, 2))
    pd.testing.assert_frame_equal(wide.abnormal[[0, 1, 2]], narrow.abnormal, check_names=False, check_column_type=False)
    np.testing.assert_allclose(narrow.car, narrow.abnormal.sum(axis="columns"))
    np.testing.assert_allclose(narrow.residuals.sum(axis="columns"), 0, atol=1e-12)


def test_nothing_after_the_window_matters(departure: pd.DataFrame) -> None:
    cut = departure[departure["offset"] <= 1]
    left, right = event_study(departure, window=(0, 1)), event_study(cut, window=(0, 1))
    pd.testing.assert_frame_equal(left.abnormal, right.abnormal)
    pd.testing.assert_series_equal(left.t, right.t)


def test_a_session_that_has_not_come_is_a_marked_gap(departure: pd.DataFrame) -> None:
    study = event_study(departure[departure["offset"] <= 0], window=(0, 2))
    assert study.gaps == {"shazeer-2026": "no return of googl or spy at offset 1, 2"}
    assert study.car.isna().all()
    assert study.p.isna().all()
    assert list(study.abnormal.loc["shazeer-2026"].notna()) == [True, False, False]
    assert list(study.abnormal_error.loc["shazeer-2026"].notna()) == [True, False, False]


@pytest.mark.parametrize("series", ["googl", "spy"])
def test_a_missing_price_takes_two_returns_and_is_never_bridged(simulate: Simulate, series: str) -> None:
    windows = simulate(2, seed=3)
    hole = (windows["event_id"] == "event-0") & windows["offset"].isin([-50, 1])
    for broken in (windows.assign(**{series: windows[series].mask(hole)}), windows[~hole]):
        study = event_study(broken, window=(0, 4))
        assert study.gaps == {"event-0": "no return of googl or spy at offset 1, 2"}
        assert study.model["observations"].to_list() == [98, 100]
        assert study.residuals.loc["event-0"].isna().sum() == 2
        assert list(study.abnormal.loc["event-0"].isna()) == [False, True, True, False, False]
        assert study.car.notna().to_list() == [False, True]
        assert study.car_error.notna().to_list() == [False, True]


def test_too_few_usable_sessions_leave_the_event_without_a_fit(simulate: Simulate) -> None:
    windows = simulate(2, seed=3)
    short = windows[(windows["event_id"] == "event-1") | (windows["offset"] > -40)]
    study = event_study(short)
    assert study.gaps == {"event-0": "the estimation window has 28 sessions with both returns: at least 30 are needed"}
    assert study.model.loc["event-0"].isna().all()
    assert study.abnormal.loc["event-0"].isna().all()


def test_no_errors_to_measure_by_is_not_certainty(simulate: Simulate) -> None:
    windows = simulate(1, seed=3)
    study = event_study(windows.assign(googl=windows["spy"] * 2))
    assert "without residual" in study.gaps["event-0"]
    still = event_study(windows.assign(spy=400.0))
    assert "market did not move" in still.gaps["event-0"]
    assert still.t.isna().all()


def test_bad_arguments_are_named(departure: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="asset is 'goog': windows has prices of googl, msft, amzn, spy, qqq"):
        event_study(departure, asset="goog")
    with pytest.raises(ValueError, match="market is 'dia': windows has prices of"):
        event_study(departure, market="dia")
    with pytest.raises(ValueError, match="market is 'googl': it must differ"):
        event_study(departure, market="googl")
    with pytest.raises(ValueError, match=r"estimation is \(-39, -11\), 29 sessions: at least 30"):
        event_study(departure, estimation=(-39, -11))
    with pytest.raises(ValueError, match=r"estimation is \(-110, 0\) and window \(0, 1\): the first must end before"):
        event_study(departure, estimation=(-110, 0))
    with pytest.raises(ValueError, match=r"window is \(1, 0\): its last offset"):
        event_study(departure, window=(1, 0))
    with pytest.raises(ValueError, match="a price must be positive"):
        event_study(departure.assign(googl=0.0))
    with pytest.raises(ValueError, match=r"confidence is 1.0: it must lie between"):
        event_study(departure).car_interval(1.0)
    with pytest.raises(ValueError, match=r"shapes \(3,\) and \(2,\)"):
        fit_market_model([0.1, 0.2, 0.3], [0.1, 0.2])
