"""Tests across events: against a second computation, other libraries, simulated truth and their invariances."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from coordination_gap import tables
from coordination_gap.market import TESTS, EventStudy, event_study, study_returns
from tests.market.literal import Study

Simulate = Callable[..., pd.DataFrame]
SEVEN, ESTIMATED = 7, 90


def shared_calendar(seed: int, events: int = SEVEN, *, late: bool = True) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make returns of shares on common days, some listed late, one without trade on a day; and of an index."""
    random = np.random.default_rng(seed)
    days = pd.RangeIndex(-ESTIMATED, 5)
    index = random.normal(0.0003, 0.012, len(days))
    sector = random.normal(0, 0.008, len(days))
    shares = {
        f"share-{number}": 0.0002 + (0.7 + 0.1 * number) * index + 0.6 * sector + random.standard_t(4, len(days)) * 0.01
        for number in range(events)
    }
    returns = pd.DataFrame(shares, index=days)
    if late:
        returns.iloc[:40, 2] = np.nan
        returns.iloc[:13, 5] = np.nan
        returns.loc[[-30, 2], "share-4"] = np.nan
    return returns, pd.DataFrame({"index": index}, index=days)


def studied(seed: int, freedom: int = 2, **options: bool) -> EventStudy:
    returns, index = shared_calendar(seed, **options)
    return study_returns(returns, index, (-ESTIMATED, -1), (0, 4), residual_freedom=freedom)


@pytest.mark.parametrize("freedom", [1, 2])
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", TESTS)
def test_seven_shares_over_five_days_against_a_second_computation(name: str, seed: int, freedom: int) -> None:
    returns, index = shared_calendar(seed)
    study = studied(seed, freedom)
    literal = Study(returns.to_numpy().T, np.tile(index.to_numpy().T, (SEVEN, 1)), ESTIMATED, freedom)
    expected = [getattr(literal, name)(day) for day in range(5)]
    np.testing.assert_allclose(study.tests[name], expected, rtol=1e-10)
    assert study.tests["events"].to_list() == [7, 7, 6, 7, 7]


def test_one_denominator_scales_another_by_its_degrees_of_freedom() -> None:
    two, one = studied(0, 2, late=False), studied(0, 1, late=False)
    ratio = np.sqrt((ESTIMATED - 2) / (ESTIMATED - 1))
    np.testing.assert_allclose(one.model["residual_sd"], two.model["residual_sd"] * ratio)
    np.testing.assert_allclose(one.tests["patell"] * ratio, two.tests["patell"])
    np.testing.assert_allclose(one.tests["bmp"], two.tests["bmp"])
    assert (one.degrees_of_freedom == ESTIMATED - 1).all()


def test_statistics_and_p_values_against_other_libraries() -> None:
    study = studied(5)
    for offset in range(5):
        values = study.abnormal[offset].dropna()
        row = study.tests.loc[offset]
        assert (row["cross_sectional"], row["cross_sectional_p"]) == pytest.approx(stats.ttest_1samp(values, 0))
        scaled = (study.abnormal / study.abnormal_error)[offset].dropna()
        assert (row["bmp"], row["bmp_p"]) == pytest.approx(stats.ttest_1samp(scaled, 0))
        assert row["sign_p"] == pytest.approx(stats.binomtest(int((values > 0).sum()), len(values)).pvalue)
        assert row["wilcoxon_p"] == pytest.approx(stats.wilcoxon(values, method="exact").pvalue)
        assert (row["mean"], row["median"]) == pytest.approx((values.mean(), values.median()))
        for name in ("brown_warner_1980", "patell", "generalised_sign", "corrado_rank"):
            assert row[f"{name}_p"] == pytest.approx(2 * stats.norm.cdf(-abs(row[name])))
        assert row["brown_warner_1985_p"] == pytest.approx(2 * stats.t.cdf(-abs(row["brown_warner_1985"]), 89))
        assert row["kolari_pynnonen_p"] == pytest.approx(2 * stats.t.cdf(-abs(row["kolari_pynnonen"]), len(values) - 1))


def test_the_mean_correlation_is_that_of_the_residuals() -> None:
    study = studied(1, late=False)
    matrix = np.corrcoef(study.residuals.to_numpy())
    expected = matrix[np.triu_indices(SEVEN, 1)].mean()
    np.testing.assert_allclose(study.tests["correlation"], expected)
    assert study.car_tests["correlation"] == pytest.approx(expected)


def test_events_on_different_days_are_not_correlated() -> None:
    study = event_study(tables.load("event_windows", "2026-09-10"), window=(0, 0))
    assert (study.tests["correlation"] == 0).all()
    np.testing.assert_allclose(study.tests["kolari_pynnonen"], study.tests["bmp"])


def test_events_that_share_a_part_of_the_window_count_with_that_part() -> None:
    returns, index = shared_calendar(4, late=False)
    days = pd.DataFrame({name: returns.index.to_numpy(float) for name in returns}, index=returns.index)
    days["share-0"] += 1  # its event comes a day later
    study = study_returns(returns, index, (-ESTIMATED, -1), (0, 4), sessions=days)
    residuals = study.residuals.to_numpy()
    total = 0.0
    for right in range(SEVEN):
        for left in range(right):
            if left == 0:
                total += 0.8 * np.corrcoef(residuals[0, :-1], residuals[right, 1:])[0, 1]
            else:
                total += np.corrcoef(residuals[left], residuals[right])[0, 1]
    assert study.car_tests["correlation"] == pytest.approx(total / 21)
    same_day = np.corrcoef(residuals[1:])[np.triu_indices(6, 1)].sum() / 21
    np.testing.assert_allclose(study.tests["correlation"], same_day)


def test_the_window_as_a_whole() -> None:
    study = studied(2, late=False)
    tests = study.car_tests
    residuals, car = study.residuals.to_numpy(), study.car.to_numpy()
    assert tests["brown_warner_1980"] == pytest.approx(car.sum() / np.sqrt(5 * residuals.var(axis=1, ddof=1).sum()))
    assert tests["brown_warner_1985"] == pytest.approx(car.mean() / np.sqrt(5) / residuals.mean(axis=0).std(ddof=1))
    assert tests["cross_sectional"] == pytest.approx(stats.ttest_1samp(car, 0).statistic)
    assert tests["patell"] == pytest.approx(study.t.sum() / np.sqrt(7 * 88 / 86))
    assert tests["bmp"] == pytest.approx(stats.ttest_1samp(study.t, 0).statistic)
    assert tests["corrado_rank"] == pytest.approx(study.tests["corrado_rank"].sum() / np.sqrt(5))
    assert tests["wilcoxon_p"] == pytest.approx(stats.wilcoxon(car).pvalue)
    assert tests["mean"] == pytest.approx(car.mean())


@pytest.mark.parametrize("seed", range(3))
def test_a_window_of_one_session_is_that_session(seed: int) -> None:
    returns, index = shared_calendar(seed)
    study = study_returns(returns, index, (-ESTIMATED, -1), (0, 0))
    pd.testing.assert_series_equal(study.car_tests, study.tests.iloc[0], check_names=False)


def test_a_planted_effect_is_found_where_it_is(simulate: Simulate) -> None:
    study = event_study(simulate(40, seed=3, effects={1: -0.02}), window=(0, 1))
    columns = [f"{name}_p" for name in TESTS]
    assert (study.tests.loc[[0], columns] > 0.01).all(axis=None)
    assert (study.tests.loc[[1], columns] < 1e-4).all(axis=None)
    assert (study.tests.loc[[1], [name for name in TESTS if name != "wilcoxon"]] < -4).all(axis=None)
    assert (study.tests.loc[[1], "wilcoxon"] < 40 * 41 / 8).all()


def test_each_test_rejects_at_its_level_where_nothing_happens(simulate: Simulate) -> None:
    runs, events = 250, 20
    windows = simulate(runs * events, seed=3, span=(-62, 0))
    study = event_study(windows, estimation=(-60, -1), window=(0, 0))
    p = pd.DataFrame(
        [study.only(study.car.index[start : start + events]).tests.loc[0] for start in range(0, runs * events, events)]
    )
    low, high = stats.binom.ppf([0.0005, 0.9995], runs, 0.05)
    for name in TESTS:
        rejections = (p[f"{name}_p"] < 0.05).sum()
        # The exact sign test cannot reject at just 5 %: with 20 events its own level is 4.1 %.
        assert (0 if name == "sign" else low) <= rejections <= high, name


def test_news_that_raises_the_variance_misleads_only_the_tests_that_exclude_it(simulate: Simulate) -> None:
    runs, events = 150, 20
    windows = simulate(runs * events, seed=23, span=(-62, 0))
    random = np.random.default_rng(1)
    shock = random.normal(0, 0.03, runs * events)
    last = windows["offset"] == 0
    windows.loc[last, "googl"] *= 1 + shock
    study = event_study(windows, estimation=(-60, -1), window=(0, 0))
    p = pd.DataFrame(
        [study.only(study.car.index[start : start + events]).tests.loc[0] for start in range(0, runs * events, events)]
    )
    shares = {name: (p[f"{name}_p"] < 0.05).mean() for name in TESTS}
    assert min(shares["patell"], shares["brown_warner_1980"], shares["brown_warner_1985"]) > 0.2
    assert max(shares[name] for name in ("cross_sectional", "bmp", "wilcoxon", "sign", "generalised_sign")) < 0.12


seeds = st.integers(0, 10_000)
SIGNED = [name for name in TESTS if name not in {"wilcoxon", "sign", "generalised_sign"}]


@settings(max_examples=15, deadline=None)
@given(seed=seeds, factor=st.floats(0.1, 10))
def test_scale_changes_no_test(seed: int, factor: float) -> None:
    returns, index = shared_calendar(seed)
    plain, scaled = (study_returns(returns * by, index * by, (-ESTIMATED, -1), (0, 4)) for by in (1.0, factor))
    columns = [*TESTS, *(f"{name}_p" for name in TESTS)]
    np.testing.assert_allclose(plain.tests[columns], scaled.tests[columns], rtol=1e-7, atol=1e-9)


@settings(max_examples=15, deadline=None)
@given(seed=seeds)
def test_the_other_sign_turns_every_test(seed: int) -> None:
    returns, index = shared_calendar(seed)
    plain, turned = (study_returns(returns * by, index, (-ESTIMATED, -1), (0, 4)) for by in (1.0, -1.0))
    np.testing.assert_allclose(plain.tests[SIGNED], -turned.tests[SIGNED], rtol=1e-7, atol=1e-9)
    count = plain.tests["events"]
    np.testing.assert_allclose(plain.tests["wilcoxon"] + turned.tests["wilcoxon"], count * (count + 1) / 2)
    np.testing.assert_allclose(plain.tests["sign"], -turned.tests["sign"])
    np.testing.assert_allclose(plain.tests["generalised_sign"], -turned.tests["generalised_sign"], atol=1e-9)


@settings(max_examples=15, deadline=None)
@given(seed=seeds, order=st.permutations(range(SEVEN)))
def test_order_changes_no_test_and_an_event_without_data_counts_nowhere(seed: int, order: list[int]) -> None:
    returns, index = shared_calendar(seed)
    plain = study_returns(returns, index, (-ESTIMATED, -1), (0, 4))
    moved = returns.iloc[:, order].assign(absent=np.nan)
    other = study_returns(moved, index, (-ESTIMATED, -1), (0, 4))
    pd.testing.assert_frame_equal(plain.tests, other.tests, rtol=1e-9)
    pd.testing.assert_series_equal(plain.car_tests, other.car_tests, rtol=1e-9)


def test_one_event_has_no_test_across_events() -> None:
    returns, index = shared_calendar(0)
    study = study_returns(returns[["share-0"]], index, (-ESTIMATED, -1), (0, 4))
    assert study.tests[list(TESTS)].isna().all(axis=None)
    assert study.car_tests[list(TESTS)].isna().all()
    assert (study.tests["events"] == 1).all()


def test_a_part_of_the_events() -> None:
    returns, index = shared_calendar(0)
    whole = study_returns(returns, index, (-ESTIMATED, -1), (0, 4))
    some = ["share-6", "share-1", "share-3"]
    alone = study_returns(returns[some], index, (-ESTIMATED, -1), (0, 4))
    pd.testing.assert_frame_equal(whole.only(some).tests, alone.tests)
    assert whole.only(some).gaps == alone.gaps
    with pytest.raises(ValueError, match="events holds 'share-9': the study's events are share-0, share-1"):
        whole.only(["share-9"])


def test_bad_arguments_are_named() -> None:
    returns, index = shared_calendar(0)
    with pytest.raises(ValueError, match="model is 'capm': it is one of market, market-adjusted"):
        study_returns(returns, index, (-ESTIMATED, -1), (0, 4), model="capm")
    with pytest.raises(ValueError, match="residual_freedom is 3: it is 1 or 2"):
        study_returns(returns, index, (-ESTIMATED, -1), (0, 4), residual_freedom=3)
    two = pd.concat([index, index], axis=1, keys=["share-0", "share-1"])
    with pytest.raises(ValueError, match="control has no returns for share-2: give one column for all events"):
        study_returns(returns, two, (-ESTIMATED, -1), (0, 4))
