import math
from collections.abc import Callable
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, special, stats

from coordination_gap import tables
from coordination_gap.reliability.measured import (
    beta_power_mean,
    beta_success_within,
    bootstrap_pass,
    correlation_from_pass,
    correlation_from_success_within,
    fit_beta_binomial,
    pass_at_k,
    pass_hat_k,
    task_counts,
)

probabilities = st.floats(0.0, 1.0)
inner = st.floats(0.001, 0.999)


def _airline() -> np.ndarray[Any, np.dtype[np.int64]]:
    """Successes of gpt-4o in four trials of each of tau-bench's fifty airline tasks."""
    trials = tables.load("taubench_trials", as_of="2026-03-18")
    by_task = trials.groupby("task_id")["success"]
    assert (by_task.count() == 4).all()
    return by_task.sum().to_numpy(dtype=np.int64)


def test_what_is_published_of_gpt_4o() -> None:
    successes = _airline()
    assert len(successes) == 50
    assert [pass_hat_k(successes, 4, k) for k in (1, 2, 3, 4)] == pytest.approx(
        [0.420, 0.273, 0.220, 0.200], abs=0.0005
    )
    assert beta_power_mean(0.42, 0.0, 4) == pytest.approx(0.031, abs=0.0005)
    assert pass_at_k(successes, 4, 4) == pytest.approx(0.72, abs=1e-12)
    assert beta_success_within(0.42, 0.0, 4) == pytest.approx(0.887, abs=0.0005)
    fitted = fit_beta_binomial(successes, 4)
    assert fitted.correlation == pytest.approx(0.40, abs=0.005)
    assert fitted.tasks == 50
    low, high = fitted.correlation_interval
    assert 0.2 < low < fitted.correlation < high < 0.6
    assert fitted.p_independence < 1e-8


@given(
    counts=st.lists(
        st.integers(1, 7).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=1, max_size=10
    ),
    data=st.data(),
)
@settings(deadline=None)
def test_pass_k_counts_the_subsets_of_trials(counts: list[tuple[int, int]], data: st.DataObject) -> None:
    successes, trials = map(list, zip(*counts, strict=True))
    k = data.draw(st.integers(1, min(trials)))
    every, some = [], []
    for c, n in counts:
        subsets = [sum(subset) for subset in combinations([1] * c + [0] * (n - c), k)]
        every.append(sum(good == k for good in subsets) / len(subsets))
        some.append(sum(good > 0 for good in subsets) / len(subsets))
    assert pass_hat_k(successes, trials, k) == pytest.approx(np.mean(every), abs=1e-12)
    assert pass_at_k(successes, trials, k) == pytest.approx(np.mean(some), abs=1e-12)


@pytest.mark.parametrize(("p", "n", "k"), [(0.3, 6, 3), (0.9, 10, 10), (0.5, 4, 1)])
def test_pass_k_is_unbiased(p: float, n: int, k: int) -> None:
    expected = sum(stats.binom.pmf(c, n, p) * pass_hat_k([c], n, k) for c in range(n + 1))
    assert expected == pytest.approx(p**k, rel=1e-12)
    expected = sum(stats.binom.pmf(c, n, p) * pass_at_k([c], n, k) for c in range(n + 1))
    assert expected == pytest.approx(1 - (1 - p) ** k, rel=1e-12)


def test_pass_k_is_exact_for_many_trials() -> None:
    exact = math.comb(700, 300) / math.comb(1000, 300)
    assert pass_hat_k([700], [1000], 300) == pytest.approx(exact, rel=1e-11)
    assert pass_hat_k([299], [1000], 300) == 0.0


@pytest.mark.parametrize(("mean", "correlation"), [(0.42, 0.4), (0.05, 0.02), (0.97, 0.7), (0.5, 1 / 3)])
@pytest.mark.parametrize("k", [1, 2, 7])
def test_beta_moments_agree_with_the_beta_function(mean: float, correlation: float, k: int) -> None:
    alpha, beta = mean * (1 / correlation - 1), (1 - mean) * (1 / correlation - 1)
    passed = math.exp(special.betaln(alpha + k, beta) - special.betaln(alpha, beta))
    missed = math.exp(special.betaln(alpha, beta + k) - special.betaln(alpha, beta))
    assert beta_power_mean(mean, correlation, k) == pytest.approx(passed, rel=1e-11)
    assert beta_success_within(mean, correlation, k) == pytest.approx(1 - missed, rel=1e-11)


@given(mean=probabilities, correlation=probabilities, k=st.integers(1, 300))
@settings(deadline=None)
def test_beta_moments_lie_between_independence_and_all_alike(mean: float, correlation: float, k: int) -> None:
    assert mean**k * (1 - 1e-9) <= beta_power_mean(mean, correlation, k) <= mean * (1 + 1e-9)
    within = beta_success_within(mean, correlation, k)
    assert mean * (1 - 1e-9) <= within <= 1 - (1 - mean) ** k + 1e-9
    assert within == pytest.approx(1 - beta_power_mean(1 - mean, correlation, k), abs=1e-9)


@given(mean=probabilities, k=st.integers(1, 300))
@settings(deadline=None)
def test_beta_moments_at_both_ends(mean: float, k: int) -> None:
    assert beta_power_mean(mean, 0.0, k) == pytest.approx(mean**k, rel=1e-9, abs=1e-300)
    assert beta_power_mean(mean, 1.0, k) == pytest.approx(mean, rel=1e-12)
    assert beta_success_within(mean, 1.0, k) == pytest.approx(mean, rel=1e-12)


def test_rare_success_keeps_its_digits() -> None:
    assert beta_success_within(1e-12, 0.0, 1000) == pytest.approx(1e-9, rel=1e-8, abs=0.0)


@given(mean=st.floats(0.05, 0.95), correlation=probabilities, k=st.integers(2, 50))
@settings(deadline=None)
def test_correlations_are_found_again(mean: float, correlation: float, k: int) -> None:
    passed, within = beta_power_mean(mean, correlation, k), beta_success_within(mean, correlation, k)
    by_pass = correlation_from_pass(mean, passed, k)
    by_success = correlation_from_success_within(mean, within, k)
    assert beta_power_mean(mean, by_pass, k) == pytest.approx(passed, abs=1e-12)
    assert beta_success_within(mean, by_success, k) == pytest.approx(within, abs=1e-12)
    if k <= 8:  # beyond, the figures of very different correlations may be alike to the last digit
        assert by_pass == pytest.approx(correlation, abs=1e-4)
        assert by_success == pytest.approx(correlation, abs=1e-4)


@given(mean=inner, k=st.integers(2, 8))
@settings(deadline=None)
def test_correlations_at_both_ends(mean: float, k: int) -> None:
    assert correlation_from_pass(mean, mean**k, k) == pytest.approx(0.0, abs=1e-4)
    assert correlation_from_pass(mean, mean, k) == 1.0
    assert correlation_from_success_within(mean, mean, k) == 1.0
    assert beta_success_within(mean, correlation_from_success_within(mean, 1 - (1 - mean) ** k, k), k) == pytest.approx(
        1 - (1 - mean) ** k, abs=1e-12
    )


def test_repeated_sampling_needs_correlation() -> None:
    """One sample solved 15.9 % of SWE-bench Lite and 250 samples 56 %, where independence gives all of it."""
    assert beta_success_within(0.159, 0.0, 250) > 1 - 1e-15
    correlation = correlation_from_success_within(0.159, 0.56, 250)
    assert 0.5 < correlation < 0.6
    assert beta_success_within(0.159, correlation, 250) == pytest.approx(0.56, abs=1e-12)


def test_every_published_pass_k_can_be_had_by_some_beta() -> None:
    table = tables.load("taubench_pass_k", as_of="2026-09-30")
    wide = table.pivot_table(index=["submission_id", "domain"], columns="k", values="pass_hat_k").dropna()
    wide = wide[(wide[1] > 0) & (wide[1] < 1)]
    assert len(wide) > 70
    correlations = [correlation_from_pass(row[1], row[4], 4) for _, row in wide.iterrows()]
    assert 0.0 < min(correlations) < max(correlations) < 1.0


def _scipy_log_likelihood(successes: Any, trials: Any, alpha: float, beta: float) -> float:
    choose = np.array([math.log(math.comb(n, c)) for c, n in zip(successes, trials, strict=True)])
    return float((stats.betabinom.logpmf(successes, trials, alpha, beta) - choose).sum())


def test_the_fit_agrees_with_scipy() -> None:
    rng = np.random.default_rng(11)
    trials = rng.integers(1, 12, size=120)
    successes = rng.binomial(trials, rng.beta(1.2, 2.1, size=120))
    fitted = fit_beta_binomial(successes, trials, confidence=0.9)

    def cost(log_parameters: Any) -> float:
        return -_scipy_log_likelihood(successes, trials, *np.exp(log_parameters))

    found = optimize.minimize(cost, [0.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-11})
    assert fitted.log_likelihood == pytest.approx(-found.fun, abs=1e-8)
    assert (fitted.alpha, fitted.beta) == pytest.approx(np.exp(found.x), rel=1e-3)
    assert fitted.log_likelihood == pytest.approx(
        _scipy_log_likelihood(successes, trials, fitted.alpha, fitted.beta), abs=1e-8
    )
    p = successes.sum() / trials.sum()
    independent = successes.sum() * math.log(p) + (trials - successes).sum() * math.log1p(-p)
    assert fitted.likelihood_ratio == pytest.approx(2 * (fitted.log_likelihood - independent), abs=1e-8)
    assert fitted.p_independence == pytest.approx(stats.chi2.sf(fitted.likelihood_ratio, 1) / 2, rel=1e-9, abs=0.0)
    assert fitted.correlation == pytest.approx(1 / (fitted.alpha + fitted.beta + 1), rel=1e-12)
    assert fitted.mean == pytest.approx(fitted.alpha / (fitted.alpha + fitted.beta), rel=1e-12)
    # At each end of an interval the best law with that value is as much less likely as the quantile says.
    drop = stats.chi2.ppf(0.9, 1) / 2
    for correlation in fitted.correlation_interval:
        spread = 1 / correlation - 1
        profile = optimize.minimize_scalar(
            lambda m, s=spread: -_scipy_log_likelihood(successes, trials, m * s, (1 - m) * s), bounds=(0.01, 0.99)
        )
        assert -profile.fun == pytest.approx(fitted.log_likelihood - drop, abs=1e-5)
    for mean in fitted.mean_interval:
        profile = optimize.minimize_scalar(
            lambda r, m=mean: -_scipy_log_likelihood(successes, trials, m * (1 / r - 1), (1 - m) * (1 / r - 1)),
            bounds=(0.01, 0.99),
        )
        assert -profile.fun == pytest.approx(fitted.log_likelihood - drop, abs=1e-5)


@pytest.mark.parametrize(("mean", "correlation"), [(0.4, 0.4), (0.9, 0.1), (0.2, 0.8)])
def test_planted_parameters_are_found_again(mean: float, correlation: float) -> None:
    spread = 1 / correlation - 1
    rng = np.random.default_rng(5)
    successes = rng.binomial(8, rng.beta(mean * spread, (1 - mean) * spread, size=3000))
    fitted = fit_beta_binomial(successes, 8, confidence=0.999)
    for (low, high), planted in ((fitted.mean_interval, mean), (fitted.correlation_interval, correlation)):
        assert low < planted < high
        assert high - low < 0.1
    for k in (1, 4, 8):
        assert fitted.pass_hat(k) == pytest.approx(pass_hat_k(successes, 8, k), abs=0.03)
        assert fitted.pass_at(k) == pytest.approx(pass_at_k(successes, 8, k), abs=0.03)


def test_intervals_cover_as_often_as_they_say() -> None:
    rng = np.random.default_rng(12)
    covered = np.zeros(2)
    for _ in range(25):
        successes = rng.binomial(4, rng.beta(0.64, 0.86, size=50))
        fitted = fit_beta_binomial(successes, 4, confidence=0.9)
        for i, (low, high, planted) in enumerate(
            ((*fitted.mean_interval, 0.64 / 1.5), (*fitted.correlation_interval, 0.4))
        ):
            covered[i] += low < planted < high
    assert (covered >= 18).all()  # of 25, where 22.5 are expected with a standard deviation of 1.5


def test_alike_tasks_have_no_correlation() -> None:
    fitted = fit_beta_binomial([2] * 10, 4)
    assert fitted.mean == pytest.approx(0.5)
    assert (fitted.correlation, fitted.correlation_interval.low) == (0.0, 0.0)
    assert (fitted.alpha, fitted.beta) == (math.inf, math.inf)
    assert (fitted.likelihood_ratio, fitted.p_independence) == (0.0, 1.0)
    assert fitted.log_likelihood == pytest.approx(40 * math.log(0.5), rel=1e-12)
    assert 0.0 < fitted.correlation_interval.high < 0.2


def test_tasks_of_all_or_nothing_are_fully_correlated() -> None:
    fitted = fit_beta_binomial([4, 4, 0, 0, 4], 4)
    assert fitted.mean == pytest.approx(0.6)
    assert fitted.correlation == 1.0
    assert fitted.correlation_interval.high == 1.0
    assert (fitted.alpha, fitted.beta) == (0.0, 0.0)
    assert fitted.log_likelihood == pytest.approx(3 * math.log(0.6) + 2 * math.log(0.4), rel=1e-12)
    # Five tasks are then five trials, whose profile-likelihood interval is this.
    low, high = fitted.mean_interval
    for end in (low, high):
        assert 3 * math.log(end / 0.6) + 2 * math.log((1 - end) / 0.4) == pytest.approx(-stats.chi2.ppf(0.95, 1) / 2)
    assert fitted.pass_hat(4) == pytest.approx(0.6)


def test_half_of_independent_benchmarks_show_no_correlation() -> None:
    """The statistic against independence is 0 about half of the time, and its p value is right beyond."""
    rng = np.random.default_rng(3)
    p_values = np.array([fit_beta_binomial(rng.binomial(5, 0.5, size=30), 5).p_independence for _ in range(40)])
    assert 0.25 < (p_values == 1.0).mean() < 0.8
    assert (p_values < 0.1).mean() < 0.25


@given(successes=st.lists(st.integers(0, 6), min_size=2, max_size=12), confidence=st.floats(0.5, 0.99))
@settings(max_examples=8, deadline=None)
def test_fits_are_in_order_and_blind_to_the_order_of_tasks(successes: list[int], confidence: float) -> None:
    if sum(successes) in (0, 6 * len(successes)):
        return
    fitted = fit_beta_binomial(successes, 6, confidence)
    assert 0.0 <= fitted.correlation_interval.low <= fitted.correlation <= fitted.correlation_interval.high <= 1.0
    assert 0.0 < fitted.mean_interval.low < fitted.mean < fitted.mean_interval.high < 1.0
    turned = fit_beta_binomial(successes[::-1], 6, confidence)
    assert turned == fitted
    failed = fit_beta_binomial([6 - c for c in successes], 6, confidence)
    assert failed.mean == pytest.approx(1 - fitted.mean, abs=1e-5)
    assert failed.correlation == pytest.approx(fitted.correlation, abs=1e-5)


def test_the_bootstrap_is_over_tasks() -> None:
    successes = _airline()
    drawn = bootstrap_pass(successes, 4, 4, confidence=0.9, resamples=20_000, seed=2)
    assert drawn.pass_hat_k == pytest.approx(0.2)
    assert drawn.gap == pytest.approx(0.2 - 0.42**4)
    low, high = drawn.pass_hat_k_interval
    # pass^4 of four trials is a plain share of ten tasks in fifty.
    assert (low, high) == (stats.binom.ppf(0.05, 50, 0.2) / 50, stats.binom.ppf(0.95, 50, 0.2) / 50)
    assert 0.05 < drawn.gap_interval.low < drawn.gap < drawn.gap_interval.high < 0.3
    # Resampling trials instead of tasks would have claimed far more.
    naive = stats.norm.interval(0.9, 0.42, math.sqrt(0.42 * 0.58 / 200))
    single = bootstrap_pass(successes, 4, 1, confidence=0.9).pass_hat_k_interval
    assert single.high - single.low > 1.3 * (naive[1] - naive[0])


def test_the_bootstrap_agrees_with_scipy() -> None:
    rng = np.random.default_rng(8)
    trials = rng.integers(3, 9, size=40)
    successes = rng.binomial(trials, rng.beta(2, 1, size=40))
    drawn = bootstrap_pass(successes, trials, 3, resamples=20_000)
    values = [math.comb(c, 3) / math.comb(n, 3) for c, n in zip(successes.tolist(), trials.tolist(), strict=True)]
    other = stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(9)
    ).confidence_interval
    assert drawn.pass_hat_k_interval == pytest.approx((other.low, other.high), abs=0.01)


def test_the_bootstrap_is_fixed_by_its_seed_and_bounded_in_memory() -> None:
    successes = np.tile(_airline(), 400)  # 20,000 tasks, drawn in blocks
    first, again = (bootstrap_pass(successes, 4, 2, resamples=150, seed=1) for _ in range(2))
    assert first == again
    assert first != bootstrap_pass(successes, 4, 2, resamples=150, seed=2)
    assert first.pass_hat_k_interval.low < 0.2733 < first.pass_hat_k_interval.high
    assert first.pass_hat_k_interval.high - first.pass_hat_k_interval.low < 0.02


def test_published_pass_k_falls_with_k_and_lies_above_independence() -> None:
    table = tables.load("taubench_pass_k", as_of="2026-09-30")
    for _, rows in table.groupby(["submission_id", "domain"]):
        by_k = dict(zip(rows["k"], rows["pass_hat_k"], strict=True))
        assert all(by_k[a] >= by_k[b] for a, b in pairwise(sorted(by_k)))
        assert all(value >= by_k[1] ** int(k) for k, value in by_k.items())


def test_counts_come_back_as_integers_of_one_length() -> None:
    successes, trials = task_counts(np.array([1, 2], dtype=np.int8), 3)
    assert (successes.tolist(), trials.tolist()) == ([1, 2], [3, 3])
    assert successes.dtype == trials.dtype == np.int64


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        (pass_hat_k, ([], 4, 1), r"successes has the shape \(0,\): give one number for each of at least one task"),
        (pass_hat_k, (3, 4, 1), r"successes has the shape \(\)"),
        (pass_hat_k, ([1, 2], [4, 4, 4], 1), r"trials has the shape \(3,\): give one number, or one for each of 2"),
        (pass_hat_k, ([1.0, 2.0], 4, 1), "successes has entries of type float64: give whole numbers"),
        (pass_hat_k, ([1, 2], [4.0, 4.0], 1), "trials has entries of type float64"),
        (pass_hat_k, ([True, False], 1, 1), "successes has entries of type bool"),
        (pass_hat_k, ([1, 5], 4, 1), r"successes\[1\] is 5: give at most the task's trials"),
        (pass_hat_k, ([1, -1], 4, 1), r"successes\[1\] is -1: give 0 or more"),
        (pass_hat_k, ([1, 1], [4, 0], 1), r"trials\[1\] is 0: give at least 1"),
        (pass_hat_k, ([1, 1], [4, 3], 4), "k is 4: task 1 has 3 trials, so give at most 3"),
        (pass_hat_k, ([1, 1], 4, 0), "k is 0"),
        (pass_at_k, ([1, 1], 4, 5), "k is 5: task 0 has 4 trials"),
        (beta_power_mean, (1.1, 0.1, 2), "mean is 1.1"),
        (beta_power_mean, (0.9, -0.1, 2), "correlation is -0.1"),
        (beta_success_within, (0.9, math.nan, 2), "correlation is nan"),
        (beta_success_within, (0.9, 0.1, 0), "k is 0"),
        (correlation_from_pass, (0.5, 0.2, 2), r"pass_k is 0.2: with pass_1=0.5 and k=2 it lies from"),
        (correlation_from_pass, (0.5, 0.6, 2), "pass_k is 0.6"),
        (correlation_from_pass, (1.0, 1.0, 2), "pass_1 is 1.0: give a number between 0 and 1, both excluded"),
        (correlation_from_pass, (0.5, 0.5, 1), "k is 1: give a whole number of at least 2"),
        (correlation_from_success_within, (0.5, 0.4, 2), "within_k is 0.4"),
        (correlation_from_success_within, (0.5, 0.8, 2), r"within_k is 0.8: .* to 1 - \(1 - pass_1\)\*\*k=0.75"),
        (fit_beta_binomial, ([4, 4], 4), "successes has only trials that succeeded"),
        (fit_beta_binomial, ([0, 0], 4), "successes has only trials that failed"),
        (fit_beta_binomial, ([0, 1], 1), "trials is 1 for every task"),
        (fit_beta_binomial, ([0, 1], 2, 1.5), "confidence is 1.5"),
        (bootstrap_pass, ([1], 4, 1), "successes has 1 task: give at least 2"),
        (lambda: bootstrap_pass([1, 2], 4, 1, resamples=10), (), "resamples is 10"),
        (lambda: bootstrap_pass([1, 2], 4, 1, seed=-1), (), "seed is -1"),
    ],
)
def test_a_bad_argument_is_named_with_its_value(
    function: Callable[..., Any], arguments: tuple[Any, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        function(*arguments)
