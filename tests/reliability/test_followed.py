import math
from collections.abc import Generator, Iterator

import numpy as np
import pytest
import simpy
from hypothesis import given, settings
from scipy import special, stats

from coordination_gap.reliability import Followed, Gate, Pipeline, Step, Vote, chances, followed
from coordination_gap.reliability.followed import MOST_FOLLOWED, follow
from coordination_gap.reliability.simulated import Counts, Floats
from coordination_gap.reliability.simulation import must_follow, simulate
from tests.reliability import strategies
from tests.reliability.agreement import RETRIED, assert_agrees
from tests.reliability.one_by_one import COUNTED, FIELDS, ONLY_FOLLOWED, one_by_one

ALL = COUNTED | ONLY_FOLLOWED
PATIENT = Pipeline(
    [
        Step("look up", 0.8, attempts=4, gate=Gate(0.9, 0.1, cost=0.1, seconds=0.2), loud=0.5, cost=1, seconds=2,
             seconds_cv=1.0, backoff_seconds=1.0, backoff_factor=2.0),
        Step("write", 0.7, attempts=3, gate=Gate(0.6, 0.05, cost=0.3), loud=0.3, cost=2, seconds=5, seconds_cv=0.5),
        Step("send", 0.9, attempts=2, loud=0.9, cost=0.5, seconds=1),
    ]
)  # fmt: skip


@pytest.mark.parametrize("feature", ALL)
def test_followed_runs_of_every_kind_of_part_agree_with_the_exact_outcome(feature: str) -> None:
    simulated = follow(ALL[feature], 100_000, seed=1)
    assert simulated.successes + simulated.silent_failures + simulated.halts == 100_000
    assert 0.0 < simulated.standard_error.success < 2e-3
    assert_agrees(simulated, ALL[feature].evaluate())


@pytest.mark.parametrize("feature", ["a mixture", "a mixture with luck", "a mixture with luck and a common cause"])
def test_a_run_at_a_time_in_plain_python_has_the_same_distribution(feature: str) -> None:
    alone = one_by_one(ALL[feature], 10_000, seed=3)
    simulated = follow(ALL[feature], 100_000, seed=4)
    for field in FIELDS:
        error = math.hypot(alone[field].std() / math.sqrt(10_000), getattr(simulated.standard_error, field))
        assert abs(alone[field].mean() - getattr(simulated, field)) < 5 * error, field
    assert stats.ks_2samp(alone["seconds"], simulated.seconds_sample).pvalue > 1e-4


@pytest.mark.parametrize("feature", ["a mixture", "correlated attempts", "a mixture with a cause common to steps"])
def test_runs_that_are_followed_and_runs_that_are_counted_agree(feature: str) -> None:
    assert_agrees(follow(COUNTED[feature], 300_000, seed=2), COUNTED[feature].simulate(10**11, seed=2))


def _processes(environment: simpy.Environment, pipeline: Pipeline, rng: np.random.Generator, ended: list[list[float]],
               ) -> Generator[simpy.Event, None, None]:  # fmt: skip
    attempts, cost, carrying = 0, 0.0, False
    for step in pipeline.steps:
        assert isinstance(step, Step)
        for attempt in range(1, step.attempts + 1):
            attempts += 1
            cost += step.cost
            shape = step.seconds_cv**-2 if step.seconds_cv else math.inf
            yield environment.timeout(rng.gamma(shape, step.seconds / shape) if step.seconds_cv else step.seconds)
            is_good = rng.random() < step.success
            is_seen = not is_good and rng.random() < step.loud
            if not is_seen and step.gate is not None:
                cost += step.gate.cost
                yield environment.timeout(step.gate.seconds)
                is_seen = rng.random() < (step.gate.false_alarm if is_good else step.gate.detection)
            if not is_seen:
                carrying |= not is_good
                break
            if attempt < step.attempts:
                yield environment.timeout(step.backoff_seconds * step.backoff_factor ** (attempt - 1))
        else:
            ended.append([0, 0, 1, attempts, cost, environment.now])
            return
    ended.append([not carrying, carrying, 0, attempts, cost, environment.now])


def test_a_process_model_of_simpy_agrees() -> None:
    environment, rng, ended = simpy.Environment(), np.random.default_rng(6), list[list[float]]()
    for _ in range(6_000):
        environment.process(_processes(environment, PATIENT, rng, ended))
    environment.run()
    by_processes = np.array(ended, dtype=float)
    simulated = follow(PATIENT, 200_000, seed=7)
    for field, column in zip(FIELDS, by_processes.T, strict=True):
        error = math.hypot(column.std() / math.sqrt(len(column)), getattr(simulated.standard_error, field))
        assert abs(column.mean() - getattr(simulated, field)) < 5 * error, field
    assert stats.ks_2samp(by_processes[:, -1], simulated.seconds_sample).pvalue > 1e-4


@given(pipeline=strategies.pipelines(strategies.EVERYTHING))
@settings(max_examples=60, deadline=None)
def test_any_pipeline_can_be_followed_and_agrees_with_its_counts(pipeline: Pipeline) -> None:
    simulated = follow(pipeline, 400, seed=1)
    assert simulated.successes + simulated.silent_failures + simulated.halts == 400
    assert all(math.isfinite(getattr(simulated, field)) for field in FIELDS)
    if not must_follow(pipeline):
        counts = simulate(pipeline, 10**12, seed=1)
        assert all(math.isfinite(getattr(counts, field)) for field in FIELDS)
        for end in FIELDS[:3]:
            share = getattr(counts, end)
            # Six standard errors, and some more where so few are expected that they are not normal.
            allowed = 6 * math.sqrt(share * (1 - share) / 400) + 8 / 400
            assert abs(getattr(simulated, end) - share) < allowed, end


@pytest.mark.parametrize("correlation", [1e-300, 1e-13, 1e-9, 1e-4, 0.5, 0.999, 1 - 2**-53, 1.0])
def test_success_of_the_run_keeps_its_mean_at_any_correlation(correlation: float) -> None:
    rng = np.random.default_rng(1)
    for mean in (0.0, 5e-324, 1e-300, 0.25, 1 - 2**-53, 1.0):
        drawn = np.broadcast_to(chances.drawn_success(rng, mean, correlation, 40_000), 40_000)
        spread = math.sqrt(mean * (1 - mean) * correlation)
        assert np.all((drawn >= 0.0) & (drawn <= 1.0))
        assert abs(drawn.mean() - mean) <= 5 * spread / 200 + 1e-12
        assert drawn.std() <= 1.2 * spread + 1e-12
        each = chances.drawn_success(rng, np.full(40_000, mean), correlation, 40_000)
        assert abs(each.mean() - mean) <= 5 * spread / 200 + 1e-12
        for steps in ([0.5], [0.5, 0.25]):
            pipeline = Pipeline([Step(str(p), p) for p in {mean, *steps}], correlation=correlation)
            simulated = follow(pipeline, 500, seed=2)
            assert simulated.halts == 0
            assert simulated.success <= mean + 5 * math.sqrt(mean * (1 - mean) / 500)


def test_a_bracket_gives_the_very_same_runs_as_the_quantile(monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = ONLY_FOLLOWED["luck of unlike steps"]
    by_bracket = follow(pipeline, 50_000, seed=5)

    def beyond(self: chances._Bracketed, places: Counts, uniform: Floats, lines: list[chances.Line]) -> list[object]:
        success = self._quantiles.at(self._luck[places])
        return [uniform >= at_0 + slope * success for at_0, slope in lines]

    monkeypatch.setattr(chances._Bracketed, "_beyond", beyond)
    by_quantile = follow(pipeline, 50_000, seed=5)
    assert by_bracket == by_quantile
    np.testing.assert_array_equal(by_bracket.seconds_sample, by_quantile.seconds_sample)


def test_luck_is_one_quantile_for_all_steps() -> None:
    # With nothing else at chance, a run of two steps succeeds as often as both quantiles say.
    pipeline = Pipeline([Step("first", 0.9), Step("second", 0.6)], correlation=0.3)
    size = 1 / 0.3 - 1
    level = (np.arange(100_000) + 0.5) / 100_000
    both = special.betaincinv(0.9 * size, 0.1 * size, level) * special.betaincinv(0.6 * size, 0.4 * size, level)
    simulated = follow(pipeline, 400_000, seed=9)
    assert abs(simulated.success - both.mean()) < 5 * simulated.standard_error.success


def test_the_same_seed_gives_the_same_runs() -> None:
    pipeline = ONLY_FOLLOWED["a mixture with luck"]
    first, again, other = (follow(pipeline, 3_000, seed) for seed in (1, 1, 2))
    assert first == again
    np.testing.assert_array_equal(first.seconds_sample, again.seconds_sample)
    assert first != other


def test_blocks_of_runs_are_put_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(followed, "_BLOCK", 2**8)
    monkeypatch.setattr(followed, "MOST_KEPT", 2**12)
    simulated = follow(PATIENT, 50_001, seed=1)
    assert_agrees(simulated, PATIENT.evaluate())
    assert len(simulated.seconds_sample) == 2**12
    monkeypatch.setattr(followed, "MOST_KEPT", 2**30)
    everything = follow(PATIENT, 50_001, seed=1)
    assert everything == simulated
    np.testing.assert_array_equal(everything.seconds_sample[: 2**12], simulated.seconds_sample)
    assert everything.seconds_sample.mean() == pytest.approx(simulated.seconds, rel=1e-12)
    error = everything.seconds_sample.std() / math.sqrt(50_001)
    assert error == pytest.approx(simulated.standard_error.seconds, rel=1e-9)


def test_standard_errors_are_the_spread_of_repeated_simulations() -> None:
    for pipeline in (RETRIED, ONLY_FOLLOWED["luck of unlike steps"]):
        repeated = [follow(pipeline, 1_000, seed) for seed in range(300)]
        for field in FIELDS:
            spread = np.std([getattr(simulated, field) for simulated in repeated], ddof=1)
            stated = np.mean([getattr(simulated.standard_error, field) for simulated in repeated])
            assert stated == pytest.approx(spread, rel=0.17), field


def _sampled(seconds: Iterator[float] | list[float]) -> Followed:
    sample = np.array(list(seconds), dtype=float)
    simulated = follow(Pipeline([Step("step", 1.0)]), len(sample), seed=0)
    return Followed(**{**vars(simulated), "seconds_sample": sample})


def test_quantiles_are_numpys_and_their_intervals_scipys() -> None:
    rng = np.random.default_rng(2)
    for size in (1, 2, 10, 57, 100, 1_000):
        simulated = _sampled(list(rng.exponential(size=size)))
        for level in (0.01, 0.06, 0.29, 0.5, 0.9, 0.95, 0.999):
            value = simulated.seconds_quantile(level)
            assert value == np.quantile(simulated.seconds_sample, level, method="inverted_cdf")
            for confidence in (0.5, 0.95):
                low, high = simulated.seconds_quantile_interval(level, confidence)
                by_scipy = stats.quantile_test(simulated.seconds_sample, p=level).confidence_interval(confidence)
                assert low == (0.0 if math.isnan(by_scipy.low) else by_scipy.low)
                assert high == (math.inf if math.isnan(by_scipy.high) else by_scipy.high)
                assert low <= value <= high
    # The seventh of a hundred, although 100 × 0.07 is 7.000000000000001 in floating point.
    assert _sampled(list(np.arange(1.0, 101.0))).seconds_quantile(0.07) == 7.0


def test_intervals_of_quantiles_cover_them_as_often_as_they_say() -> None:
    pipeline = Pipeline([Step("step", 1.0, seconds=10.0, seconds_cv=1.0)])
    for level in (0.1, 0.5, 0.95):
        exact = -10 * math.log(1 - level)
        intervals = [follow(pipeline, 300, seed).seconds_quantile_interval(level, 0.9) for seed in range(400)]
        covered = sum(low <= exact <= high for low, high in intervals)
        assert 0.9 - 5 * 0.015 < covered / 400 < 0.99


@pytest.mark.parametrize("feature", ["random times", "waits", "a mixture", "the longest of random times"])
def test_quantiles_of_the_seconds_agree_with_the_exact_distribution(feature: str) -> None:
    simulated, exact = follow(ALL[feature], 200_000, seed=8), ALL[feature].evaluate().latency
    for level in (0.05, 0.5, 0.9, 0.99):
        low, high = simulated.seconds_quantile_interval(level, 1 - 1e-6)
        slack = exact.resolution_seconds + 1e-9 * high
        assert low - slack <= exact.quantile(level) <= high + slack, level


def test_a_vote_waits_for_the_slowest() -> None:
    pipeline = Pipeline([Vote("vote", [Step("quick", 1.0, seconds=1.0), Step("slow", 1.0, seconds=3.0)], 2)])
    simulated = follow(pipeline, 10, seed=1)
    assert (simulated.seconds, simulated.attempts, simulated.standard_error.seconds) == (3.0, 2.0, 0.0)


@pytest.mark.parametrize(
    ("runs", "seed", "message"),
    [
        (0, 1, "runs is 0"),
        (1e6, 1, "runs is 1000000.0: give a whole number"),
        (True, 1, "runs is True"),
        (MOST_FOLLOWED + 1, 1, "^runs is 1000000001: give at most 1000000000, since each is followed on its own$"),
        (10, -1, "seed is -1: give a whole number of at least 0"),
        (10, 1.5, "seed is 1.5"),
    ],
)
def test_bad_arguments_are_refused(runs: int, seed: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RETRIED.simulate(runs, seed, follow=True)


@pytest.mark.parametrize("level", [0.0, 1.0, -0.1, math.nan, True, "0.5"])
def test_bad_levels_are_refused(level: float) -> None:
    simulated = follow(RETRIED, 10, seed=1)
    with pytest.raises(ValueError, match=r"^level is "):
        simulated.seconds_quantile(level)
    with pytest.raises(ValueError, match=r"^level is "):
        simulated.seconds_quantile_interval(level)
    with pytest.raises(ValueError, match=r"^confidence is "):
        simulated.seconds_quantile_interval(0.5, level)
