import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from scipy import integrate, optimize, stats

from coordination_gap.reliability import Branch, Gate, Pipeline, Step, Vote, Way
from tests.reliability.strategies import pipelines


def test_without_retries_the_time_is_the_sum_of_the_steps() -> None:
    latency = Pipeline([Step("a", 0.9, seconds=1.2), Step("b", 0.8, seconds=0.5)]).evaluate().latency
    assert latency.resolution_seconds == 0.0
    assert [latency.quantile(level) for level in (0.0, 0.5, 1.0)] == pytest.approx([1.7, 1.7, 1.7])
    assert latency.standard_deviation == pytest.approx(0.0, abs=1e-6)


def test_a_pipeline_that_takes_no_time_has_a_latency_of_zero() -> None:
    latency = Pipeline([Step("a", 0.9, attempts=3, loud=1.0)]).evaluate().latency
    assert latency.mean == latency.quantile(0.99) == 0.0


def test_retries_with_backoff_give_the_distribution_that_can_be_written_down() -> None:
    step = Step("a", 0.5, attempts=3, loud=1.0, seconds=1.0, backoff_seconds=0.5, backoff_factor=4.0)
    latency = Pipeline([step, Step("b", 1.0, seconds=0.25)]).evaluate().latency
    points = {1.25: 0.5, 2.75: 0.25, 5.75: 0.125, 5.5: 0.125}  # the last: halted after three attempts
    found = dict(zip(latency.seconds.tolist(), latency.probability.tolist(), strict=True))
    assert {point: share for point, share in found.items() if share > 1e-12} == pytest.approx(points)
    assert [latency.quantile(level) for level in (0.5, 0.74, 0.76, 0.9)] == [1.25, 2.75, 5.5, 5.75]


def test_a_gate_takes_its_time_on_what_it_inspects_only() -> None:
    step = Step("a", 0.6, loud=1.0, seconds=1.0, gate=Gate(1.0, 0.0, seconds=3.0))
    latency = Pipeline([step]).evaluate().latency
    assert [latency.quantile(level) for level in (0.39, 0.41)] == pytest.approx([1.0, 4.0])


@pytest.mark.parametrize("level", [0.01, 0.5, 0.95, 0.99, 0.9999])
def test_steps_of_exponential_time_add_up_to_erlangs_distribution(level: float) -> None:
    steps = [Step(name, 1.0, seconds=2.0, seconds_cv=1.0) for name in "abc"]
    latency = Pipeline(steps).evaluate().latency
    assert latency.quantile(level) == pytest.approx(
        stats.gamma(3, scale=2.0).ppf(level), abs=latency.resolution_seconds
    )
    assert latency.mean == pytest.approx(6.0, rel=1e-6)
    assert latency.standard_deviation == pytest.approx(math.sqrt(12.0), rel=1e-4)


def test_geometric_attempts_of_exponential_time_are_exponential() -> None:
    """Until the first success without a limit: the sum of geometrically many exponential times is exponential."""
    latency = Pipeline([Step("a", 0.25, attempts=400, loud=1.0, seconds=1.0, seconds_cv=1.0)]).evaluate().latency
    for level in (0.1, 0.5, 0.9, 0.999):
        assert latency.quantile(level) == pytest.approx(
            stats.expon(scale=4.0).ppf(level), abs=latency.resolution_seconds
        )


def test_voters_answer_at_once_and_the_slowest_counts() -> None:
    vote = Vote("v", [Step(f"voter {k}", 0.9, seconds=1.0, seconds_cv=1.0) for k in range(3)], 2)
    outcome = Pipeline([vote]).evaluate()
    assert outcome.seconds == pytest.approx(1 + 1 / 2 + 1 / 3, rel=1e-9)  # of three exponential times
    assert outcome.latency.quantile(0.9) == pytest.approx(-math.log(1 - 0.9 ** (1 / 3)), abs=2e-2)
    mixed = Vote("v", [Step("fixed", 0.9, seconds=2.0), Step("random", 0.9, seconds=1.0, seconds_cv=1.0)], 1)
    assert Pipeline([mixed]).evaluate().seconds == pytest.approx(2 + math.exp(-2.0), rel=1e-9)
    assert Pipeline([mixed]).evaluate().latency.mean == pytest.approx(2 + math.exp(-2.0), rel=1e-3)


def test_a_branch_mixes_its_ways() -> None:
    ways = [Way(0.25, [Step("slow", 0.9, seconds=10.0)]), Way(0.75)]
    latency = Pipeline([Branch("b", ways), Step("last", 0.9, seconds=1.0)]).evaluate().latency
    assert [latency.quantile(level) for level in (0.5, 0.74, 0.76)] == pytest.approx([1.0, 1.0, 11.0])


def test_times_without_a_common_unit_stay_within_the_stated_resolution() -> None:
    steps = [
        Step("a", 0.5, attempts=4, loud=1.0, seconds=math.pi),
        Step("b", 0.5, attempts=4, loud=1.0, seconds=math.e),
    ]
    latency = Pipeline(steps).evaluate().latency
    assert 0.0 < latency.resolution_seconds < 0.05
    shares: dict[float, float] = {}
    tries = [(k, 0.5**k) for k in range(1, 4)] + [(4, 0.125)]
    for (first, p), (second, q) in itertools.product(tries, tries):
        # A first step that halts, half of those with four attempts, ends the run.
        if first < 4 or second == 1:
            weight = p * q if first < 4 else 0.0
            shares[first * math.pi + second * math.e] = weight
    for second, q in tries:
        shares[4 * math.pi + second * math.e] = 0.0625 * q
    shares[4 * math.pi] = 0.0625
    points = np.array(sorted(shares))
    cumulated = np.cumsum([shares[point] for point in points])
    for level in (0.2, 0.55, 0.8, 0.97):
        exact = points[np.searchsorted(cumulated, level)]
        assert latency.quantile(level) == pytest.approx(exact, abs=9 * latency.resolution_seconds)


def test_the_tail_is_not_folded_back() -> None:
    step = Step("a", 0.01, attempts=1000, loud=1.0, seconds=1.0)
    latency = Pipeline([step]).evaluate().latency
    assert latency.quantile(0.9999) == math.ceil(math.log(1e-4) / math.log(0.99))
    assert latency.mean == pytest.approx(Pipeline([step]).evaluate().seconds, rel=1e-9)


@pytest.mark.parametrize("slow", [10.0, 300.0, 86_400.0, 1e9])
@pytest.mark.parametrize("cv", [0.0, 1.0, 3.0])
def test_a_rare_slow_part_does_not_blur_the_quick_ones(slow: float, cv: float) -> None:
    """Most runs take one exponential time; one in a thousand a slow one, too, by a person, say."""
    by_hand = Step("by hand", 1.0, seconds=slow, seconds_cv=cv)
    pipeline = Pipeline([Step("quick", 0.999, loud=1.0, seconds=1.0, seconds_cv=1.0, fallback=by_hand)])
    latency = pipeline.evaluate().latency

    def ended(t: float) -> float:
        # The slow time first: given it, the quick one is exponential. By its quantiles, as it may be all near 0.
        if cv == 0.0:
            both = -math.expm1(-max(t - slow, 0.0))
        else:
            law = stats.gamma(cv**-2, scale=slow * cv**2)
            both = integrate.quad(lambda u: -math.expm1(-max(t - law.ppf(u), 0.0)), 0.0, law.cdf(t), limit=200)[0]
        return 0.999 * -math.expm1(-t) + 0.001 * both

    for level in (0.01, 0.3, 0.5, 0.9, 0.99, 0.9996):
        exact = optimize.brentq(lambda t, level=level: ended(t) - level, 0.0, 100.0 * slow)
        assert latency.quantile(level) == pytest.approx(exact, rel=3e-3)
    assert latency.mean == pytest.approx(pipeline.evaluate().seconds, rel=1e-2)


def test_constant_times_stay_exact_beside_one_that_is_rare_and_long() -> None:
    slow = Step("by hand", 1.0, seconds=86_400.0)
    quick = Step("quick", 0.9, attempts=2, loud=1.0, seconds=0.3, fallback=slow)
    latency = Pipeline([quick]).evaluate().latency
    assert [latency.quantile(level) for level in (0.5, 0.89, 0.91, 0.98)] == pytest.approx([0.3, 0.3, 0.6, 0.6])
    assert latency.quantile(0.995) == pytest.approx(86_400.6, rel=1e-3)


@pytest.mark.parametrize("cv", [10.0, 30.0, 300.0, 1000.0])
def test_a_time_that_varies_widely_leaves_the_others_as_they_are(cv: float) -> None:
    """Its gamma law is so skewed that it is next to nothing in most runs."""
    steps = [Step("steady", 1.0, seconds=2.0, seconds_cv=0.1), Step("wild", 1.0, seconds=1.0, seconds_cv=cv)]
    latency = Pipeline(steps).evaluate().latency
    rng = np.random.default_rng(2)
    drawn = rng.gamma(100.0, 0.02, 400_000) + rng.gamma(cv**-2, cv**2, 400_000)
    for level in (0.1, 0.5, 0.9):
        assert latency.quantile(level) == pytest.approx(np.quantile(drawn, level), rel=5e-3)


def test_a_million_attempts_are_no_more_work_than_one() -> None:
    step = Step("a", 1e-4, attempts=1_000_000, loud=1.0, seconds=1.0, backoff_seconds=1.0)
    latency = Pipeline([step]).evaluate().latency
    tries = math.ceil(math.log(0.5) / math.log1p(-1e-4))
    assert latency.quantile(0.5) == pytest.approx(2 * tries - 1, rel=2e-3)


@pytest.mark.parametrize(("steps", "cv"), [(50, 0.01), (200, 0.1), (1000, 0.1), (1000, 0.5), (5000, 0.1)])
def test_the_splits_of_many_steps_add_up_to_little(steps: int, cv: float) -> None:
    """Gamma times of one scale add up to a gamma time."""
    latency = Pipeline.repeat(Step("a", 1.0, seconds=1.0, seconds_cv=cv), steps).evaluate().latency
    exact = stats.gamma(steps / cv**2, scale=cv**2)
    for level in (0.01, 0.5, 0.95, 0.99):
        assert latency.quantile(level) == pytest.approx(exact.ppf(level), rel=1e-3)
        assert latency.quantile(level) == pytest.approx(exact.ppf(level), abs=latency.resolution_seconds)


def test_steps_in_a_row_that_are_alike_are_as_those_that_differ_in_nothing_that_counts() -> None:
    step = Step("a", 0.9, attempts=2, loud=0.5, seconds=1.0, gate=Gate(0.5, 0.1, seconds=0.5))
    alike = Pipeline.repeat(step, 5).evaluate().latency
    costs = [Step(f"s{n}", 0.9, attempts=2, loud=0.5, seconds=1.0, gate=step.gate, cost=n) for n in range(5)]
    np.testing.assert_allclose(alike.probability, Pipeline(costs).evaluate().latency.probability, atol=1e-14)


def test_rounding_far_out_is_no_time() -> None:
    step = Step("a", 0.9, loud=1.0, attempts=35, backoff_seconds=1.0, backoff_factor=2.0, seconds=1.0)
    shares = [(0.1**k * 0.9, k + 1 + 2**k - 1) for k in range(34)]
    mean = sum(share * time for share, time in shares)
    variance = sum(share * (time - mean) ** 2 for share, time in shares)
    assert Pipeline([step]).evaluate().latency.standard_deviation == pytest.approx(math.sqrt(variance), rel=1e-4)


def test_times_too_short_to_be_told_from_none_are_none() -> None:
    assert Pipeline([Step("a", 0.9, seconds=1e-320)]).evaluate().latency.quantile(0.5) == 0.0


@settings(max_examples=40, deadline=None)
@given(pipelines())
def test_mean_and_total_agree_with_the_exact_outcome(pipeline: Pipeline) -> None:
    outcome = pipeline.evaluate()
    latency = outcome.latency
    assert latency.probability.sum() == pytest.approx(1.0, abs=1e-12)
    assert (latency.probability > -1e-9).all()
    assert latency.mean == pytest.approx(outcome.seconds, rel=1e-3, abs=1e-9 + 2 * latency.resolution_seconds)


@pytest.mark.parametrize("level", [-0.1, 1.1, math.nan, "0.5"])
def test_a_level_is_a_probability(level: object) -> None:
    latency = Pipeline([Step("a", 0.9, seconds=1.0)]).evaluate().latency
    quantile: object = latency.quantile
    assert callable(quantile)
    with pytest.raises(ValueError, match=r"^level is"):
        quantile(level)
