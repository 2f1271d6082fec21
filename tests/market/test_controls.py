"""What a share is held against: other models, several controls, and the days of the exchange."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from coordination_gap import tables
from coordination_gap.market import event_study, fit_market_model, market_adjusted


@pytest.fixture(name="windows", scope="module")
def _windows() -> pd.DataFrame:
    windows = tables.load("event_windows", "2026-09-10")
    return windows[windows["event_id"] == "shazeer-2026"]


def test_the_market_adjusted_model_takes_the_market_as_it_is(windows: pd.DataFrame) -> None:
    study = event_study(windows, window=(0, 1), model="market-adjusted")
    returns = windows.set_index(windows["offset"].astype(int))[["googl", "spy"]].pct_change(fill_method=None)
    difference = returns["googl"] - returns["spy"]
    np.testing.assert_allclose(study.abnormal.iloc[0], difference.loc[0:1])
    deviation = difference.loc[-110:-11].std(ddof=1)
    np.testing.assert_allclose(study.abnormal_error.iloc[0], deviation)
    assert study.car_error.iloc[0] == pytest.approx(deviation * np.sqrt(2))
    assert study.p.iloc[0] == pytest.approx(2 * stats.t.sf(abs(study.t.iloc[0]), 99))


def test_several_controls_stand_for_their_equally_weighted_mean(windows: pd.DataFrame) -> None:
    study = event_study(windows, market=("msft", "amzn"), window=(1, 1))
    returns = windows.set_index(windows["offset"].astype(int))[["googl", "msft", "amzn"]].pct_change(fill_method=None)
    peers = (returns["msft"] + returns["amzn"]) / 2
    model = fit_market_model(returns["googl"].loc[-110:-11], peers.loc[-110:-11])
    assert study.car.iloc[0] == pytest.approx(float(returns["googl"].loc[1] - model.alpha - model.beta * peers.loc[1]))
    alone = event_study(windows, market=("spy",), window=(1, 1))
    pd.testing.assert_series_equal(alone.t, event_study(windows, market="spy", window=(1, 1)).t)


def test_a_gap_names_every_control(windows: pd.DataFrame) -> None:
    cut = windows.assign(amzn=windows["amzn"].mask(windows["offset"] == 1))
    study = event_study(cut, market=("msft", "amzn"), window=(0, 1))
    assert study.gaps == {"shazeer-2026": "no return of googl or msft and amzn at offset 1"}


@pytest.mark.parametrize("market", [("googl", "spy"), "googl"])
def test_a_share_is_not_its_own_control(windows: pd.DataFrame, market: str | tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"market is .*: it must differ from the asset"):
        event_study(windows, market=market)


@pytest.mark.parametrize("market", [(), ("spy", "spy")])
def test_controls_are_different_ones(windows: pd.DataFrame, market: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"market is .*: give one column, or several different ones"):
        event_study(windows, market=market)


@pytest.mark.parametrize("column", ["googl", "spy"])
def test_a_series_without_any_price_is_named(windows: pd.DataFrame, column: str) -> None:
    name = {"googl": "asset", "spy": "market"}[column]
    with pytest.raises(ValueError, match=f"{name} is '{column}': windows has no price of it"):
        event_study(windows.assign(**{column: np.nan}))


def test_a_day_without_a_session_is_named(windows: pd.DataFrame) -> None:
    moved = windows.assign(session=windows["session"].mask(windows["offset"] == 1, pd.Timestamp("2026-06-19")))
    message = r"windows has 2026-06-19 as a session of shazeer-2026, but the exchange was closed \(.*\): count offsets"
    with pytest.raises(ValueError, match=message):
        event_study(moved)


def test_a_share_that_only_follows_the_market_leaves_nothing_to_measure_by() -> None:
    returns = np.random.default_rng(0).normal(0, 0.01, 50)
    with pytest.raises(ValueError, match="the asset moved with the market alone"):
        market_adjusted(returns, returns)
