import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from coordination_gap import tables
from coordination_gap.reliability.horizons import (
    HorizonFit,
    fit_horizons,
    horizon_fits,
    horizon_ratio,
    implied_shape,
    implied_shapes,
)

LENGTHS = np.array([2.5, 8.0, 30.0, 105.0, 480.0, 1300.0])


def _bins(model: str) -> pd.DataFrame:
    table = tables.load("metr_success_by_length", as_of="2025-02-27")
    return table[table["model"] == model]


def _counts(bins: pd.DataFrame) -> tuple[Any, Any, Any]:
    minutes, successes, trials = (
        bins[column].to_numpy(dtype=float) for column in ("median_human_minutes", "n_success", "n_runs")
    )
    return minutes, successes, trials


def test_ratios_of_constant_hazard() -> None:
    assert horizon_ratio(0.5) == 1.0
    assert horizon_ratio(0.25) == pytest.approx(2.0, rel=1e-15)
    # T80 is .32 and T90 .15 of T50.
    assert (horizon_ratio(0.8), horizon_ratio(0.9)) == pytest.approx((0.32, 0.15), abs=0.005)


def test_a_measured_pair_of_horizons_implies_a_falling_hazard() -> None:
    """METR's Claude 3.7 Sonnet: 59 minutes at 50 % and 15 at 80 %, where constant hazard gives 19."""
    assert 59 * horizon_ratio(0.8) == pytest.approx(19.0, abs=0.05)
    shape = implied_shape(15 / 59)
    assert shape == pytest.approx(0.83, abs=0.005)
    assert 59 * horizon_ratio(0.8, shape) == pytest.approx(15.0, rel=1e-12)


@given(target=st.floats(0.001, 0.999), shape=st.floats(0.05, 20.0))
def test_shapes_are_found_again(target: float, shape: float) -> None:
    ratio = horizon_ratio(target, shape)
    if target != 0.5 and abs(ratio - 1) > 1e-6 and ratio > 0:
        assert implied_shape(ratio, target) == pytest.approx(shape, rel=1e-6)


def test_every_model_of_the_table_has_a_shape_below_that_of_constant_hazard() -> None:
    table = tables.load("metr_horizons", as_of="2026-09-30")
    shapes = implied_shapes(table)
    both = table["p80_human_minutes"].notna() & table["p50_human_minutes"].notna()
    assert len(shapes) == both.sum() > 50
    assert (shapes["shape"] < 1).all()
    assert ((shapes["ratio"] < horizon_ratio(0.8)) == (shapes["shape"] < 1)).all()
    again = [p50 * horizon_ratio(0.8, k) for p50, k in zip(shapes["p50_human_minutes"], shapes["shape"], strict=True)]
    assert again == pytest.approx(shapes["p80_human_minutes"].tolist(), rel=1e-12)
    assert tables.rows(shapes).table == "metr_horizons"


def _regression(minutes: Any, successes: Any, trials: Any, shape: float | None) -> Any:
    """The same law as a generalised linear model of the failures, by statsmodels."""
    log_minutes = np.log(minutes)
    design = np.column_stack([np.ones_like(log_minutes), log_minutes]) if shape is None else np.ones((len(minutes), 1))
    offset = None if shape is None else shape * log_minutes
    family = sm.families.Binomial(link=sm.families.links.CLogLog())
    return sm.GLM(np.column_stack([trials - successes, successes]), design, family=family, offset=offset).fit(tol=1e-14)


@pytest.mark.parametrize("model", ["Claude 3 Opus", "o1", "human", "GPT-4 0314"])
def test_fits_agree_with_statsmodels(model: str) -> None:
    counts = _counts(_bins(model))
    fitted = fit_horizons(*counts)
    free, fixed = _regression(*counts, shape=None), _regression(*counts, shape=1.0)
    height, shape = free.params
    assert fitted.weibull.shape == pytest.approx(shape, rel=1e-6)
    assert fitted.weibull.t50_minutes == pytest.approx(math.exp((math.log(math.log(2)) - height) / shape), rel=1e-6)
    assert fitted.constant_hazard.t50_minutes == pytest.approx(math.log(2) / math.exp(fixed.params[0]), rel=1e-6)
    assert fitted.weibull.deviance == pytest.approx(free.deviance, abs=1e-6)
    assert fitted.constant_hazard.deviance == pytest.approx(fixed.deviance, abs=1e-6)
    assert fitted.likelihood_ratio == pytest.approx(fixed.deviance - free.deviance, abs=1e-6)
    assert (fitted.weibull.degrees_of_freedom, fitted.constant_hazard.degrees_of_freedom) == (4, 5)
    assert fitted.weibull.dispersion == pytest.approx(max(1.0, free.pearson_chi2 / 4), rel=1e-5)
    assert fitted.weibull.success(counts[0]) == pytest.approx(1 - free.fittedvalues, abs=1e-8)


def _profile_drop(fit: HorizonFit, counts: tuple[Any, Any, Any], t50: float | None, shape: float | None) -> float:
    """Return how much log-likelihood the best law with this T50 or this shape loses, by a fine grid."""
    minutes, successes, trials = counts
    if t50 is None:
        grid = fit.t50_minutes * np.exp(np.linspace(-6, 6, 40_001))[:, None]
        exponent = (minutes / grid) ** shape
    else:
        grid = np.linspace(1e-3, 3, 40_001)[:, None]
        exponent = (minutes / t50) ** grid
    hazard = math.log(2) * exponent
    values = (-successes * hazard + (trials - successes) * np.log(-np.expm1(-hazard))).sum(axis=1)
    return fit.log_likelihood - float(values.max())


def test_intervals_are_where_the_profile_likelihood_says() -> None:
    counts = _counts(_bins("o1-preview"))
    fitted = fit_horizons(*counts, confidence=0.9)
    fit = fitted.weibull
    plain = stats.chi2.ppf(0.9, 1) / 2
    dispersed = stats.f.ppf(0.9, 1, 4) * fit.dispersion / 2
    assert fit.shape_interval is not None
    assert fit.shape_dispersed is not None
    for drop, t50s, shapes in (
        (plain, fit.t50_interval, fit.shape_interval),
        (dispersed, fit.t50_dispersed, fit.shape_dispersed),
    ):
        assert [_profile_drop(fit, counts, t50, None) for t50 in t50s] == pytest.approx([drop] * 2, abs=1e-4)
        assert [_profile_drop(fit, counts, None, shape) for shape in shapes] == pytest.approx([drop] * 2, abs=1e-4)
    fixed = fitted.constant_hazard
    for t50 in fixed.t50_interval:
        hazard = math.log(2) * counts[0] / t50
        value = (-counts[1] * hazard + (counts[2] - counts[1]) * np.log(-np.expm1(-hazard))).sum()
        assert fixed.log_likelihood - value == pytest.approx(plain, abs=1e-6)


@pytest.mark.parametrize(("t50", "shape"), [(60.0, 1.0), (30.0, 0.4), (200.0, 1.8)])
def test_planted_laws_are_found_again(t50: float, shape: float) -> None:
    rng = np.random.default_rng(20)
    trials = np.full(6, 4000)
    successes = rng.binomial(trials, 0.5 ** ((LENGTHS / t50) ** shape))
    fitted = fit_horizons(LENGTHS, successes, trials, confidence=0.999).weibull
    assert fitted.t50_interval.low < t50 < fitted.t50_interval.high < 1.5 * fitted.t50_interval.low
    assert fitted.shape_interval is not None
    assert fitted.shape_interval.low < shape < fitted.shape_interval.high < 1.3 * fitted.shape_interval.low
    assert fitted.horizon(0.8) == pytest.approx(t50 * horizon_ratio(0.8, shape), rel=0.3)


def test_exact_counts_are_fitted_exactly() -> None:
    success = 0.5 ** ((LENGTHS / 45) ** 0.7)
    fitted = fit_horizons(LENGTHS, 1000 * success, 1000)
    assert (fitted.weibull.t50_minutes, fitted.weibull.shape) == pytest.approx((45, 0.7), rel=1e-7)
    assert fitted.weibull.deviance == pytest.approx(0.0, abs=1e-8)
    assert fitted.weibull.dispersion == 1.0
    assert fitted.weibull.success(LENGTHS) == pytest.approx(success, rel=1e-6)
    assert fitted.weibull.success([0.0]) == 1.0


def test_the_test_against_constant_hazard_holds_its_level() -> None:
    rng = np.random.default_rng(4)
    trials = np.full(6, 100)
    fits = [fit_horizons(LENGTHS, rng.binomial(trials, 0.5 ** (LENGTHS / 60)), trials) for _ in range(60)]
    assert sum(fit.p_value < 0.1 for fit in fits) == pytest.approx(6, abs=7)  # three standard deviations


def test_dispersed_intervals_cover_where_bins_scatter() -> None:
    """Each bin has a success of its own around the law, as bins of a few tasks have."""
    rng = np.random.default_rng(4)
    p = 0.5 ** ((LENGTHS / 30) ** 0.4)
    plain, dispersed, tests = 0, 0, 40
    for _ in range(tests):
        fit = fit_horizons(LENGTHS, rng.binomial(100, rng.beta(9 * p, 9 * (1 - p))), 100).weibull
        plain += fit.t50_interval.low < 30 < fit.t50_interval.high
        dispersed += fit.t50_dispersed.low < 30 < fit.t50_dispersed.high
    assert plain < 0.65 * tests
    assert dispersed > 0.88 * tests


@settings(max_examples=12, deadline=None)
@given(
    successes=st.lists(st.integers(0, 50), min_size=6, max_size=6),
    confidence=st.floats(0.5, 0.99),
)
def test_fits_hold_their_point(successes: list[int], confidence: float) -> None:
    # Success that falls, but not from all to nothing at once: there is a horizon then.
    falling = sorted(successes, reverse=True)
    assume(len(set(falling) - {0, 50}) > 1)
    fitted = fit_horizons(LENGTHS, falling, 50, confidence)
    for fit in (fitted.constant_hazard, fitted.weibull):
        wide, narrow, slack = fit.t50_dispersed, fit.t50_interval, 1 + 1e-8
        assert 0.0 <= wide.low <= narrow.low * slack
        assert narrow.low < fit.t50_minutes < narrow.high <= wide.high * slack
        assert fit.extrapolated == (not LENGTHS.min() <= fit.t50_minutes <= LENGTHS.max())
    assert fitted.weibull.log_likelihood >= fitted.constant_hazard.log_likelihood - 1e-9
    assert fitted.weibull.shape_interval is not None
    assert fitted.weibull.shape_interval.low < fitted.weibull.shape < fitted.weibull.shape_interval.high
    # Another unit of length changes nothing but T50.
    hours = fit_horizons(LENGTHS / 60, falling, 50, confidence)
    assert hours.weibull.shape == pytest.approx(fitted.weibull.shape, rel=1e-5)
    assert hours.likelihood_ratio == pytest.approx(fitted.likelihood_ratio, abs=1e-6)


def test_a_horizon_the_data_cannot_bound_has_no_bound() -> None:
    fitted = fit_horizons([10, 20, 40], [4, 3, 3], [5, 5, 5]).weibull
    assert fitted.t50_interval.high == math.inf
    assert fitted.shape_interval is not None
    assert fitted.shape_interval.low < 0


def test_the_table_is_fitted_by_model() -> None:
    table = tables.load("metr_success_by_length", as_of="2025-02-27")
    by_run, by_task = horizon_fits(table), horizon_fits(table, unit="task")
    models = table["model"].unique().tolist()
    for frame in (by_run, by_task):
        assert frame["model"].tolist() == [model for model in models for _ in range(2)]
        unfitted = frame[frame["unfitted"] != ""]
        assert unfitted["model"].unique().tolist() == ["davinci-002"]  # it never succeeded
        fitted = frame[frame["unfitted"] == ""]
        weibull = fitted[fitted["law"] == "Weibull"].set_index("model")
        assert (weibull["shape"] < 1).all()
        assert weibull["shape_high"].drop(["human", "gpt-3.5-turbo-instruct"]).max() < 0.6
        assert fitted.loc[fitted["law"] == "constant hazard", "shape"].eq(1.0).all()
        assert fitted.loc[fitted["law"] == "constant hazard", "shape_low"].isna().all()
        assert fitted["t50_low"].le(fitted["t50_minutes"]).all()
        assert weibull["t80_minutes"].lt(weibull["t50_minutes"]).all()
        assert weibull["extrapolated"][weibull["extrapolated"].astype(bool)].index.tolist() == [
            "gpt-3.5-turbo-instruct"
        ]
    alone = fit_horizons(*_counts(_bins("o1")))
    row = by_run[(by_run["model"] == "o1") & (by_run["law"] == "Weibull")].iloc[0]
    assert (row["t50_minutes"], row["p_dispersed"]) == (alone.weibull.t50_minutes, alone.p_dispersed)
    # A task counted once says less than its runs taken as independent.
    widths = [(f["shape_high"] - f["shape_low"]).dropna() for f in (by_run, by_task)]
    assert (widths[1] > 1.3 * widths[0]).all()


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        (horizon_ratio, (1.0,), "target is 1.0: give a number between 0 and 1, both excluded"),
        (horizon_ratio, (0.8, 0.0), "shape is 0.0: give a number above 0"),
        (horizon_ratio, (0.8, -1.0), "shape is -1.0"),
        (implied_shape, (0.3, 0.5), "target is 0.5: give another one"),
        (implied_shape, (1.2, 0.8), "ratio is 1.2: with target=0.8 give a number below 1"),
        (implied_shape, (0.8, 0.2), "ratio is 0.8: with target=0.2 give a number above 1"),
        (implied_shape, (0.0, 0.8), "ratio is 0.0: give a number above 0"),
        (fit_horizons, ([1, 2, 4], [0, 0, 0], 10), "successes has no success at any length, only failure"),
        (fit_horizons, ([1, 2, 4], [9, 9, 9], 9), "successes has no failure at any length, only success"),
        (fit_horizons, ([1, 2, 4], [1, 4, 8], 9), "successes do not fall with length"),
        (fit_horizons, (LENGTHS, [1, 0, 0, 0, 0, 0], 50), "successes fall from all to nothing around one length"),
        (fit_horizons, ([1, 2, 4], [9, 9, 0], 9), "successes fall from all to nothing around one length"),
        (fit_horizons, ([1, 2, 4], [9, 4, 0], 9), "successes fall from all to nothing around one length"),
        (fit_horizons, ([1, 2, 2], [9, 4, 0], 9), "minutes has 2 different lengths: give at least 3"),
        (fit_horizons, ([0, 2, 4], [9, 4, 0], 9), r"minutes\[0\] is 0: give a length above 0"),
        (fit_horizons, ([1, 2, 4], [9, 4, 10], 9), r"successes\[2\] is 10: give at most the bin's trials"),
        (fit_horizons, ([1, 2, 4], [9, -4, 1], 9), r"successes\[1\] is -4"),
        (fit_horizons, ([1, 2, 4], [0, 0, 0], [9, 0, 9]), r"trials\[1\] is 0: give a number above 0"),
        (fit_horizons, ([1, 2, math.nan], [9, 4, 1], 9), r"minutes\[2\] is nan: give a finite number"),
        (fit_horizons, (["a", 2, 3], [9, 4, 1], 9), r"minutes is \['a', 2, 3\]: give numbers"),
        (fit_horizons, ([1, 2, 4], [9, 4], 9), r"have the shapes \(3,\), \(2,\) and \(3,\)"),
        (fit_horizons, ([1, 2, 4], [9, 4, 1], 9, 0.0), "confidence is 0.0"),
        (horizon_fits, (pd.DataFrame({"model": ["a"]}),), "the frame lacks median_human_minutes, n_runs"),
        (lambda: horizon_fits(pd.DataFrame(), unit="bin"), (), "unit is 'bin': give 'run' or 'task'"),
        (implied_shapes, (pd.DataFrame(),), "the frame lacks model_id"),
        (lambda: fit_horizons([1, 2, 4], [8, 4, 1], 9).weibull.success([-1.0]), (), r"minutes is \[-1.0\]"),
        (lambda: fit_horizons([1, 2, 4], [8, 4, 1], 9).weibull.horizon(0.0), (), "target is 0.0"),
    ],
)
def test_a_bad_argument_is_named_with_its_value(
    function: Callable[..., Any], arguments: tuple[Any, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        function(*arguments)
