import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from coordination_gap.reliability import Branch, Gate, Pipeline, Simulated, Step, Vote, Way, counted
from coordination_gap.reliability.simulation import MOST_RUNS, must_follow, simulate
from tests.reliability.agreement import RETRIED, assert_agrees
from tests.reliability.one_by_one import COUNTED, ENDS, FIELDS, ONLY_FOLLOWED, one_by_one


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("runs", [1_000, 1_000_000, 10**9])
def test_simulation_agrees_with_the_exact_outcome_within_five_standard_errors(runs: int, seed: int) -> None:
    simulated = RETRIED.simulate(runs, seed)
    assert all(getattr(simulated.standard_error, field) > 0 for field in FIELDS)
    assert_agrees(simulated, RETRIED.evaluate())


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("feature", COUNTED)
def test_counts_of_every_kind_of_part_agree_with_the_exact_outcome(feature: str, seed: int) -> None:
    pipeline = COUNTED[feature]
    simulated = simulate(pipeline, 10**9, seed)
    assert simulated.successes + simulated.silent_failures + simulated.halts == 10**9
    assert 0.0 < simulated.standard_error.success < 2e-5
    assert_agrees(simulated, pipeline.evaluate())


def test_counts_are_whole_and_sum_to_the_runs() -> None:
    simulated = RETRIED.simulate(12_345, seed=7)
    assert simulated.successes + simulated.silent_failures + simulated.halts == 12_345
    assert simulated.success + simulated.silent_failure + simulated.halted == pytest.approx(1.0, abs=1e-15)
    assert simulated == RETRIED.simulate(12_345, seed=7)
    assert simulated != RETRIED.simulate(12_345, seed=8)


@pytest.mark.parametrize(
    ("pipeline", "repetitions"),
    [
        (RETRIED, 400),
        (COUNTED["random times"], 400),
        (COUNTED["correlated attempts"], 200),
        (COUNTED["a cause common to steps"], 200),
        (COUNTED["a mixture with a cause common to steps"], 100),
    ],
)
def test_standard_errors_are_the_spread_of_repeated_simulations(pipeline: Pipeline, repetitions: int) -> None:
    repeated = [pipeline.simulate(2_000, seed) for seed in range(repetitions)]
    for field in FIELDS:
        spread = np.std([getattr(simulated, field) for simulated in repeated], ddof=1)
        stated = np.mean([getattr(simulated.standard_error, field) for simulated in repeated])
        # The spread itself has a standard error of 1 / sqrt(2 n) of it.
        assert stated == pytest.approx(spread, rel=4 / math.sqrt(2 * repetitions)), field


@pytest.mark.parametrize(
    ("pipeline", "repetitions"),
    [(RETRIED, 300), (COUNTED["correlated attempts with a common cause"], 200), (COUNTED["a mixture"], 100)],
)
def test_counts_have_the_multinomial_law_of_independent_runs(pipeline: Pipeline, repetitions: int) -> None:
    exact = pipeline.evaluate()
    expected = np.array([exact.success, exact.silent_failure, exact.halted]) * 2_000
    squares = []
    for seed in range(repetitions):
        simulated = pipeline.simulate(2_000, seed)
        observed = np.array([simulated.successes, simulated.silent_failures, simulated.halts])
        squares.append(float(((observed - expected) ** 2 / expected).sum()))
    assert stats.kstest(squares, stats.chi2(df=2).cdf).pvalue > 1e-4


@pytest.mark.parametrize("feature", ["retries, a gate, amounts", "a mixture", "a mixture with a cause common to steps"])
def test_a_run_at_a_time_in_plain_python_gives_the_same(feature: str) -> None:
    runs = 20_000
    alone = one_by_one(COUNTED[feature], runs, seed=11)
    simulated = COUNTED[feature].simulate(10**9, seed=5)
    for field in FIELDS:
        error = alone[field].std() / math.sqrt(runs)
        assert abs(alone[field].mean() - getattr(simulated, field)) < 5 * error, field
        assert getattr(simulated.standard_error, field) * math.sqrt(10**9) == pytest.approx(alone[field].std(), rel=0.1)


def test_simulation_does_not_use_the_closed_form(monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = COUNTED["a mixture with a cause common to steps"]
    expected = pipeline.simulate(1_000, seed=1)

    def refuse(*_: object) -> None:
        raise AssertionError("the exact law was asked for")

    for name in ("law_of", "in_series"):
        monkeypatch.setattr(f"coordination_gap.reliability.law.{name}", refuse)
        monkeypatch.setattr(f"coordination_gap.reliability.pipeline.{name}", refuse)
    with pytest.raises(AssertionError, match="was asked for"):
        pipeline.evaluate()
    assert pipeline.simulate(1_000, seed=1) == expected


@pytest.mark.parametrize(
    ("step", "ends"),
    [
        (Step("sure", success=1.0), (10, 0, 0)),
        (Step("sure", success=1.0, correlation=0.5, common_cause=1.0), (10, 0, 0)),
        (Step("never seen", success=0.0), (0, 10, 0)),
        (Step("never seen", success=0.0, correlation=0.5, common_cause=1.0), (0, 10, 0)),
        (Step("always seen", success=0.0, loud=1.0, attempts=3), (0, 0, 10)),
        (Step("rejected", success=1.0, gate=Gate(1.0, 1.0), attempts=2), (0, 0, 10)),
        (Step("saved", success=0.0, loud=1.0, attempts=2, fallback=Step("other", success=1.0)), (10, 0, 0)),
        (Branch("one way", [Way(1.0, [Step("sure", success=1.0)]), Way(0.0, [Step("bad", success=0.0)])]), (10, 0, 0)),
        (Vote("tie", [Step("good", success=1.0), Step("bad", success=0.0)], 1), (0, 10, 0)),
        (Vote("split", [Step("bad", success=0.0), Step("worse", success=0.0)], 2, agreement=0.0), (0, 0, 10)),
    ],
)
def test_certain_ends(step: Step, ends: tuple[int, int, int]) -> None:
    for common_cause in (0.0, 1.0):
        pipeline = Pipeline([step, Step("after", success=1.0, cost=1.0)], common_cause=common_cause)
        exact = pipeline.evaluate()
        for follow in (False, True):
            simulated = pipeline.simulate(10, seed=0, follow=follow)
            assert (simulated.successes, simulated.silent_failures, simulated.halts) == ends
            assert simulated.standard_error.success == 0.0
            assert simulated.standard_error.cost == 0.0
            assert (simulated.attempts, simulated.cost) == (exact.attempts, exact.cost)


def test_few_groups_and_many_are_drawn_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = COUNTED["a mixture with a cause common to steps"]
    monkeypatch.setattr(counted, "_FEW", 0)
    assert_agrees(pipeline.simulate(10**9, seed=3), pipeline.evaluate())
    monkeypatch.setattr(counted, "_FEW", 10**6)
    assert_agrees(pipeline.simulate(10**9, seed=3), pipeline.evaluate())


def test_many_kinds_of_run_are_no_obstacle() -> None:
    steps = [Step(f"step {number}", success=0.9 + number / 2_000, attempts=2, loud=0.9) for number in range(150)]
    pipeline = Pipeline(steps, common_cause=0.2)
    assert_agrees(pipeline.simulate(10**10, seed=1), pipeline.evaluate())


def test_interval_is_wilsons() -> None:
    simulated = RETRIED.simulate(5_000, seed=2)
    reference = stats.binomtest(simulated.successes, 5_000).proportion_ci(0.9, method="wilson")
    assert simulated.interval("success", 0.9) == pytest.approx((reference.low, reference.high), rel=1e-12)


def test_interval_keeps_a_width_where_nothing_varied() -> None:
    simulated = Pipeline([Step("sure", success=1.0)]).simulate(1_000, seed=0)
    assert simulated.interval("success")[1] == 1.0
    assert 0.99 < simulated.interval("success")[0] < 1.0
    assert simulated.interval("halted")[0] == 0.0
    assert 0.0 < simulated.interval("halted")[1] < 0.01


def test_the_most_runs_do_not_overflow() -> None:
    step = Step("step", success=0.5, attempts=50, loud=1.0)
    assert Pipeline.repeat(step, 3).simulate(MOST_RUNS, seed=1).attempts == pytest.approx(6.0, rel=1e-6)
    mixture = COUNTED["a mixture with a cause common to steps"]
    assert_agrees(mixture.simulate(MOST_RUNS, seed=1), mixture.evaluate())


def test_one_run_ends_in_one_way() -> None:
    for seed in range(20):
        simulated = COUNTED["a mixture"].simulate(1, seed)
        assert sorted(getattr(simulated, end) for end in ENDS) == [0.0, 0.0, 1.0]
        assert simulated.attempts == round(simulated.attempts)
        assert simulated.standard_error.seconds >= 0.0


def test_what_has_no_counts_is_said_so_and_followed() -> None:
    for feature, pipeline in COUNTED.items():
        assert not must_follow(pipeline), feature
    for feature, pipeline in ONLY_FOLLOWED.items():
        assert must_follow(pipeline), feature
        with pytest.raises(ValueError, match=r"^pipeline: runs that share their luck, .* follow them one by one$"):
            simulate(pipeline, 10, seed=1)
        assert pipeline.simulate(10, seed=1).runs == 10


@pytest.mark.parametrize("take", [lambda *asked: RETRIED.simulate(*asked), lambda *asked: simulate(RETRIED, *asked)])
@pytest.mark.parametrize(
    ("runs", "seed", "message"),
    [
        (0, 1, "runs is 0"),
        (1e6, 1, "runs is 1000000.0: give a whole number"),
        (True, 1, "runs is True"),
        (10**16, 1, "runs is 10000000000000000: give at most"),
        (10, -1, "seed is -1: give a whole number of at least 0"),
        (10, None, "seed is None"),
    ],
)
def test_bad_arguments_are_refused(take: Callable[..., Simulated], runs: int, seed: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        take(runs, seed)


@pytest.mark.parametrize("follow", [False, True])
def test_the_largest_amounts_that_a_step_may_have_stay_within_a_float(follow: bool) -> None:
    with pytest.raises(ValueError, match=r"^step 'step': cost is 1e\+308: give a number of US dollars, 0 to "):
        Step("step", success=0.5, cost=1e308)
    step = Step("step", success=0.5, loud=1.0, attempts=9, cost=1e12, seconds=1e12, seconds_cv=1e3)
    simulated = Pipeline([step]).simulate(1_000, seed=1, follow=follow)
    assert simulated.cost == pytest.approx(2e12, rel=0.1)
    errors = simulated.standard_error
    assert np.isfinite([simulated.seconds, errors.cost, errors.seconds]).all()


@pytest.mark.parametrize(
    ("outcome", "confidence", "message"),
    [("loss", 0.95, "outcome is 'loss'"), ("success", 1.0, "confidence is 1.0"), ("success", 0, "confidence is 0")],
)
def test_bad_interval_arguments_are_refused(outcome: str, confidence: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RETRIED.simulate(10, 1).interval(outcome, confidence)
