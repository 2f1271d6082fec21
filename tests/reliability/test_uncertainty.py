import itertools
import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from coordination_gap.reliability.beta_product import BetaProduct
from coordination_gap.reliability.demonstration import SystemRuns, runs_to_claim, system_runs_to_claim
from coordination_gap.reliability.uncertainty import (
    BINOMIAL_METHODS,
    binomial_interval,
    interval_by_trials,
    paired_change_interval,
    series_prior,
    system_interval,
)

counts = st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
EXAMPLE = [(20, 20), (29, 30), (96, 100)]


@settings(deadline=None)
@given(pair=counts, confidence=st.floats(0.5, 0.999))
def test_the_exact_interval_is_that_of_scipy(pair: tuple[int, int], confidence: float) -> None:
    low, high = binomial_interval(*pair, confidence=confidence)
    exact = stats.binomtest(*pair).proportion_ci(confidence, method="exact")
    assert (low, high) == pytest.approx((exact.low, exact.high), abs=1e-12)


@settings(deadline=None)
@given(pair=counts, method=st.sampled_from(BINOMIAL_METHODS))
def test_every_interval_holds_its_point_and_mirrors(pair: tuple[int, int], method: str) -> None:
    successes, trials = pair
    low, high = binomial_interval(successes, trials, method=method)
    mirrored = binomial_interval(trials - successes, trials, method=method)
    assert 0.0 <= low < high <= 1.0
    if method != "jeffreys":  # which leaves the point out where it is 0 or 1
        assert low - 1e-12 <= successes / trials <= high + 1e-12
    assert (low, high) == pytest.approx((1 - mirrored.high, 1 - mirrored.low), abs=1e-10)


def test_the_exact_interval_covers_at_least_as_often_as_it_says() -> None:
    trials = 30
    intervals = [binomial_interval(successes, trials, confidence=0.9) for successes in range(trials + 1)]
    for p in np.linspace(0.01, 0.99, 99):
        covered = sum(
            stats.binom.pmf(successes, trials, p) for successes, (low, high) in enumerate(intervals) if low <= p <= high
        )
        assert covered >= 0.9 - 1e-12


@pytest.mark.parametrize(
    ("alpha", "beta"), [(30, 1), (29, 2), (0.5, 0.5), (1, 1), (1e3, 0.083), (1e6, 1), (1e6, 1e3), (3, 1e5), (500, 500)]
)
def test_one_factor_is_the_beta_of_scipy(alpha: float, beta: float) -> None:
    one = BetaProduct([alpha], [beta])
    assert (one.mean, one.variance) == pytest.approx(stats.beta.stats(alpha, beta), rel=1e-12)
    for probability in (1e-6, 0.001, 0.05, 0.5, 0.9, 0.999):
        value = stats.beta.ppf(probability, alpha, beta)
        if 0 < value < 1 - 1e-12:
            assert one.quantile(probability) == pytest.approx(value, rel=1e-9)
            assert one.cdf(value) == pytest.approx(stats.beta.cdf(value, alpha, beta), abs=1e-9)


@pytest.mark.parametrize(("alpha", "beta", "more"), [(3.0, 0.3, 7.0), (100.0, 4.0, 9.0), (1e5, 20.0, 0.1)])
def test_two_factors_that_make_a_beta(alpha: float, beta: float, more: float) -> None:
    """Beta(a, b) times an independent Beta(a + b, c) is Beta(a, b + c)."""
    product = BetaProduct([alpha, alpha + beta], [beta, more])
    for probability in (0.001, 0.05, 0.5, 0.95, 0.999):
        assert product.quantile(probability) == pytest.approx(
            stats.beta.ppf(probability, alpha, beta + more), rel=1e-10
        )


@pytest.mark.parametrize("steps", [1, 2, 6, 50, 1000])
def test_equal_factors_that_make_a_gamma(steps: int) -> None:
    """-ln of Beta(n, 1) is exponential with rate n, so steps without failure add up to a gamma law."""
    product = BetaProduct([30.0] * steps, [1.0] * steps)
    for probability in (0.001, 0.05, 0.5, 0.95):
        exact = math.exp(-stats.gamma.isf(probability, steps) / 30.0)
        assert product.quantile(probability) == pytest.approx(exact, rel=1e-10)


def test_the_product_agrees_with_a_million_draws() -> None:
    product = BetaProduct([20, 29, 96, 0.7], [1, 2, 5, 0.4])
    draws = 1_000_000
    rng = np.random.default_rng(20261123)
    drawn = np.ones(draws)
    for alpha, beta in ((20, 1), (29, 2), (96, 5), (0.7, 0.4)):
        drawn *= rng.beta(alpha, beta, size=draws)
    assert drawn.mean() == pytest.approx(product.mean, abs=5 * math.sqrt(product.variance / draws))
    assert drawn.var() == pytest.approx(product.variance, rel=0.01)
    for probability in (0.001, 0.05, 0.25, 0.5, 0.75, 0.95, 0.999):
        below = int((drawn <= product.quantile(probability)).sum())
        assert abs(below - draws * probability) < 5 * math.sqrt(draws * probability * (1 - probability))


factors = st.lists(st.tuples(st.floats(0.5, 1e4), st.floats(0.05, 1e3)), min_size=1, max_size=4)


@settings(max_examples=25, deadline=None)
@given(pairs=factors, probability=st.floats(0.001, 0.999))
def test_quantile_and_cdf_are_inverses_in_any_order(pairs: list[tuple[float, float]], probability: float) -> None:
    product = BetaProduct(*zip(*pairs, strict=True))
    turned = BetaProduct(*zip(*reversed(pairs), strict=True))
    value = product.quantile(probability)
    assert turned.quantile(probability) == pytest.approx(value, rel=1e-9, abs=1e-300)
    if 1e-300 < value < 1 - 1e-9:
        assert product.cdf(value) == pytest.approx(probability, abs=1e-8)


UNLIKE = [
    [(3.0, 1.0), (80.0, 501.0)],
    [(2.1914285641258644, 0.11887049673817175), (740.54173383115, 250.97430790988417)],
    [(0.92, 0.17), (7692.6, 0.1)],
    [(1.0237857914923252, 778.1577667522542), (0.7, 0.4)],
]


@pytest.mark.parametrize("pairs", UNLIKE, ids=str)
def test_unlike_factors_agree_with_quadrature(pairs: list[tuple[float, float]]) -> None:
    """Along a parabola at the nearer side some of these go wrong by any amount."""
    product = BetaProduct(*zip(*pairs, strict=True))
    first, second = (stats.beta(*pair) for pair in pairs)
    for probability in (0.025, 0.1, 0.3, 0.5, 0.7, 0.9, 0.975):
        value = product.quantile(probability)
        below, _ = integrate.quad(lambda u, v=value: first.cdf(v / second.ppf(u)), 0, 1, limit=500)
        assert below == pytest.approx(probability, abs=1e-7)


@settings(max_examples=100, deadline=None)
@given(pairs=factors, share=st.floats(0.05, 0.95), z=st.floats(-2, 4))
def test_a_factor_may_be_taken_as_two(pairs: list[tuple[float, float]], share: float, z: float) -> None:
    """Beta(a, b + c) is Beta(a, b) times Beta(a + b, c), whatever else is in the product."""
    (a, b), *others = pairs
    one = BetaProduct(*zip(*pairs, strict=True))
    two = BetaProduct(*zip(*[(a, b * share), (a + b * share, b * (1 - share)), *others], strict=True))
    value = one.mean * math.exp(z * math.sqrt(one.variance) / one.mean)
    assert one.cdf(value) == pytest.approx(two.cdf(value), abs=2e-8)


def test_where_no_parabola_serves_a_line_does(monkeypatch: pytest.MonkeyPatch) -> None:
    for pairs in [*UNLIKE, [(29.5, 0.6)] * 6]:
        product = BetaProduct(*zip(*pairs, strict=True))
        value = product.quantile(0.3)
        with monkeypatch.context() as patch:
            patch.setattr(BetaProduct, "_tail", lambda *_, **__: None)
            assert product.cdf(value) == pytest.approx(0.3, abs=1e-8)


def test_thousands_of_steps_tested_once_stay_within_the_floats() -> None:
    assert system_interval([(1, 2)] * 3000).high < 1e-300
    assert system_runs_to_claim(0.95, 3000).end_to_end == 59


def test_the_product_stays_between_0_and_1() -> None:
    product = BetaProduct([2.0], [3.0])
    assert (product.cdf(0.0), product.cdf(-1.0), product.cdf(1.0), product.cdf(2.0)) == (0.0, 0.0, 1.0, 1.0)
    # Closer to 1, or to 0, than a float can be.
    assert BetaProduct([1.0], [1e-5]).quantile(0.9) == 1.0
    assert BetaProduct([1e-5], [1.0]).quantile(0.1) == 0.0


def test_one_step_has_the_exact_lower_bound_under_the_published_prior() -> None:
    step = system_interval([(29, 30)], confidence=0.90)
    assert step.low == pytest.approx(binomial_interval(29, 30, confidence=0.90).low, rel=1e-10)
    assert step.high == pytest.approx(stats.beta.ppf(0.95, 29, 2), rel=1e-10)
    assert step.point == 29 / 30


def test_the_prior_is_the_one_that_is_asked_for() -> None:
    uniform = system_interval(EXAMPLE, prior=(1, 1))
    assert uniform.step_means == pytest.approx([21 / 22, 30 / 32, 97 / 102], rel=1e-12)
    assert uniform.prior == (1.0, 1.0)
    assert series_prior(3) == (0.5, 0.5 / 3)
    # Half a failure in all, and not three, is expected beyond those seen.
    assert system_interval(EXAMPLE).mean < system_interval(EXAMPLE, prior=series_prior(3)).mean < 0.928


def _error_rates(prior: tuple[float, float]) -> tuple[float, float]:
    """Return how often a 90 % interval of six steps of 97 %, tested in 30 runs each, lies above and below the truth."""
    truth, tests = 0.97**6, 4000
    drawn = np.random.default_rng(7).binomial(30, 0.97, size=(tests, 6))
    above, below = 0, 0
    for row, times in Counter(tuple(sorted(row)) for row in drawn.tolist()).items():
        cdf = BetaProduct([s + prior[0] for s in row], [30 - s + prior[1] for s in row]).cdf(truth)
        above += times * (cdf < 0.05)
        below += times * (cdf > 0.95)
    return above / tests, below / tests


def test_the_published_prior_is_too_low_for_a_series_and_the_series_prior_is_not() -> None:
    above, below = _error_rates((0.0, 1.0))
    assert above == 0.0
    assert below == pytest.approx(0.79, abs=0.03)
    above, below = _error_rates(series_prior(6))
    assert above == pytest.approx(0.03, abs=0.015)
    assert below == pytest.approx(0.05, abs=0.015)


@settings(max_examples=15, deadline=None)
@given(pairs=st.lists(counts.filter(lambda pair: pair[0] > 0), min_size=1, max_size=3), confidence=st.floats(0.1, 0.99))
def test_system_intervals_are_ordered_and_widen_with_confidence(
    pairs: list[tuple[int, int]], confidence: float
) -> None:
    narrow, wide = system_interval(pairs, confidence=confidence / 2), system_interval(pairs, confidence=confidence)
    assert 0.0 < wide.low < narrow.low < narrow.high < wide.high < 1.0
    assert wide.mean == pytest.approx(math.prod(wide.step_means), rel=1e-12)


def test_the_interval_narrows_onto_the_point() -> None:
    frame = interval_by_trials(6, 0.97, [1, 10, 30, 100, 1000, 10**6])
    assert frame["point"].tolist() == [0.97**6] * 6
    assert (frame["low"] < frame["point"]).all()
    assert (frame["point"] < frame["high"]).all()
    widths = (frame["high"] - frame["low"]).to_numpy()
    assert (np.diff(widths) < 0).all()
    # In the limit it is the normal interval of the product, by the delta method.
    sd = 0.97**6 * math.sqrt(6 * 0.03 / 0.97 / 10**6)
    assert widths[-1] == pytest.approx(2 * 1.6449 * sd, rel=1e-3)


def test_the_rows_by_trials_are_system_intervals_where_counts_are_whole() -> None:
    frame = interval_by_trials(3, 0.9, np.array([10, 40]), confidence=0.8, prior=(1, 1))
    assert frame["trials"].tolist() == [10, 40]
    systems = [system_interval([(9 * n // 10, n)] * 3, confidence=0.8, prior=(1, 1)) for n in (10, 40)]
    assert frame["low"].tolist() == pytest.approx([system.low for system in systems], rel=1e-9)
    assert frame["high"].tolist() == pytest.approx([system.high for system in systems], rel=1e-9)


@pytest.mark.parametrize(("target", "confidence"), [(0.999, 0.95), (0.9, 0.9), (0.5, 0.99), (0.95, 0.8)])
@pytest.mark.parametrize("failures", [0, 1, 4])
def test_runs_to_claim_are_the_first_whose_exact_bound_reaches_the_target(
    target: float, confidence: float, failures: int
) -> None:
    runs = runs_to_claim(target, confidence, failures)
    bounds = [
        binomial_interval(n - failures, n, confidence=2 * confidence - 1, method="beta").low for n in (runs, runs - 1)
    ]
    assert bounds[0] >= target > bounds[1]
    # By the binomial itself: with success `target`, so few failures come about this seldom.
    passes = [stats.binom.cdf(failures, n, 1 - target) for n in (runs, runs - 1)]
    assert passes[0] <= 1 - confidence < passes[1]


def test_a_bound_that_is_met_exactly_is_met() -> None:
    assert runs_to_claim(0.1, confidence=0.9) == 1
    assert runs_to_claim(0.5, confidence=0.875) == 3


@settings(deadline=None)
@given(target=st.floats(0.01, 0.9999), confidence=st.floats(0.01, 0.9999))
def test_runs_without_failure_follow_the_closed_form(target: float, confidence: float) -> None:
    closed = math.log1p(-confidence) / math.log(target)
    assert abs(runs_to_claim(target, confidence) - max(1, math.ceil(closed))) <= (abs(closed - round(closed)) < 1e-6)


def test_runs_of_the_steps_claim_as_much_as_runs_of_the_whole() -> None:
    assert system_runs_to_claim(0.95, steps=6) == SystemRuns(end_to_end=59, per_step=59, per_step_bayes=205, steps=6)
    # However a series that just misses the target shares its failures out, it passes at most this often.
    for shares in ([1, 0, 0], [1, 1, 1], [5, 2, 1]):
        steps = [0.95 ** (share / sum(shares)) for share in shares]
        assert math.prod(p**59 for p in steps) <= 0.05


@pytest.mark.parametrize("steps", [1, 2, 6, 20])
def test_bayesian_runs_per_step_follow_the_gamma_law(steps: int) -> None:
    """Under Beta(0, 1), -ln of the product of n error-free runs a step is gamma with the steps as its shape."""
    exact = stats.gamma.ppf(0.95, steps) / -math.log(0.95)
    assert system_runs_to_claim(0.95, steps).per_step_bayes == math.ceil(exact)


def test_more_is_harder_to_show() -> None:
    needed = [
        runs_to_claim(target, c, f)
        for target, c, f in [(0.9, 0.9, 0), (0.9, 0.95, 0), (0.95, 0.95, 0), (0.95, 0.95, 1)]
    ]
    assert all(less < more for less, more in itertools.pairwise(needed))


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        (binomial_interval, (0, 0), "trials is 0: give a whole number of at least 1"),
        (binomial_interval, (31, 30), "successes is 31: of trials=30 at most 30 can succeed"),
        (binomial_interval, (2.0, 30), "successes is 2.0: give a whole number"),
        (binomial_interval, (-1, 30), "successes is -1"),
        (binomial_interval, (True, 30), "successes is True"),
        (binomial_interval, (3, 30, 1.0), "confidence is 1.0: give a number between 0 and 1, both excluded"),
        (binomial_interval, (3, 30, 95), "confidence is 95: give a probability"),
        (binomial_interval, (3, 30, math.nan), "confidence is nan"),
        (
            binomial_interval,
            (3, 30, 0.9, "wald"),
            "method is 'wald': give one of beta, wilson, jeffreys, agresti_coull",
        ),
        (system_interval, ([],), "counts is empty"),
        (system_interval, ([(1, 2), (3, 0)],), r"counts\[1\]: trials is 0"),
        (system_interval, ([(1, 2), (3, 2)],), r"counts\[1\]: successes is 3: of trials=2"),
        (system_interval, ([(1, 2), 3],), r"counts\[1\] is 3: give a pair"),
        (system_interval, ([(1, 2, 3)],), r"counts\[0\] is \(1, 2, 3\): give a pair"),
        (system_interval, ([(0, 20)],), r"counts\[0\] has 0 successes of 20 trials, which with prior=\(0, 1\)"),
        (system_interval, ([(1, 2)], 0.0), "confidence is 0.0"),
        (lambda: system_interval([(20, 20)], prior=(1, 0)), (), "20 successes of 20 trials, which with prior"),
        (lambda: system_interval([(1, 2)], prior=(1, -1)), (), r"prior\[1\] is -1"),
        (lambda prior: system_interval([(1, 2)], prior=prior), (1,), "prior is 1: give the two parameters"),
        (lambda: interval_by_trials(6, 1.0, [3], prior=(1, 0)), (), r"prior is \(1, 0\): give two positive"),
        (interval_by_trials, (6, 0.97, [10, 0]), r"trials\[1\] is 0"),
        (interval_by_trials, (0, 0.97, [10]), "steps is 0"),
        (interval_by_trials, (6, 97, [10]), "step_success is 97"),
        (runs_to_claim, (1.0,), "target is 1.0: give a number between 0 and 1, both excluded"),
        (runs_to_claim, (0.9, 0.95, -1), "failures is -1"),
        (runs_to_claim, (0.9, 1.0), "confidence is 1.0"),
        (system_runs_to_claim, (0.9, 0), "steps is 0"),
        (lambda: system_runs_to_claim(0.9, 6, prior=(1, 0)), (), r"prior is \(1, 0\): give a second number above 0"),
        (BetaProduct, ([1.0], [0.0]), "give at least one pair, all numbers above zero"),
        (BetaProduct, ([], []), "give at least one pair"),
        (BetaProduct([1.0], [1.0]).quantile, (1.0,), "probability is 1.0"),
    ],
)
def test_a_bad_argument_is_named_with_its_value(
    function: Callable[..., Any], arguments: tuple[Any, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        function(*arguments)


def test_a_paired_change_is_the_textbooks_example() -> None:
    # Agresti, Categorical Data Analysis, 2nd ed., table 10.1: 1600 people asked twice, -0.04 +- 1.96 (0.0095)
    assert paired_change_interval(86, 150, 1600) == pytest.approx((-0.0588, -0.0212), abs=4e-4)


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 500))
def test_a_paired_change_turns_round_with_its_ways(gained: int, lost: int, same: int) -> None:
    pairs = gained + lost + same
    if pairs == 0:
        return
    low, high = paired_change_interval(gained, lost, pairs)
    assert paired_change_interval(lost, gained, pairs) == pytest.approx((-high, -low))
    assert -1 <= low < high <= 1


def test_a_paired_change_holds_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    gained, lost, _ = rng.multinomial(750, [0.04, 0.007, 0.953], size=2000).T
    ends = [paired_change_interval(int(b), int(c), 750) for b, c in zip(gained, lost, strict=True)]
    assert np.mean([low <= 0.033 <= high for low, high in ends]) == pytest.approx(0.95, abs=0.015)


def test_more_changed_pairs_than_there_are_is_refused() -> None:
    with pytest.raises(ValueError, match="together they can be at most pairs, 5"):
        paired_change_interval(3, 3, 5)
