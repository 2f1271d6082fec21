import math

import numpy as np
import pytest
from scipy import stats

from coordination_gap.reliability import Gate, Pipeline, Step, steplaw
from coordination_gap.reliability.simulation import MOST_RUNS

RETRIED = Pipeline(
    [
        Step("look up", success=0.97, attempts=3, gate=Gate(0.9, 0.02), loud=0.6, cost=0.002, seconds=1.2),
        Step("decide", success=0.9, loud=0.3, cost=0.01, seconds=4.0),
        Step("draft", success=0.8, attempts=4, loud=1.0, cost=0.03, seconds=9.0),
        Step("send", success=0.95, attempts=2, gate=Gate(0.5, 0.2), cost=0.001, seconds=0.5),
    ]
)
FIELDS = ("success", "silent_failure", "halted", "attempts", "cost", "seconds")


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("runs", [1_000, 1_000_000, 10**9])
def test_simulation_agrees_with_the_exact_outcome_within_five_standard_errors(runs: int, seed: int) -> None:
    exact, simulated = RETRIED.evaluate(), RETRIED.simulate(runs, seed)
    for field in FIELDS:
        error = getattr(simulated.standard_error, field)
        assert error > 0
        assert abs(getattr(simulated, field) - getattr(exact, field)) < 5 * error, field


def test_counts_are_whole_and_sum_to_the_runs() -> None:
    simulated = RETRIED.simulate(12_345, seed=7)
    assert simulated.successes + simulated.silent_failures + simulated.halts == 12_345
    assert simulated.success + simulated.silent_failure + simulated.halted == pytest.approx(1.0, abs=1e-15)
    assert simulated == RETRIED.simulate(12_345, seed=7)
    assert simulated != RETRIED.simulate(12_345, seed=8)


def test_standard_errors_are_the_spread_of_repeated_simulations() -> None:
    repeated = [RETRIED.simulate(2_000, seed) for seed in range(600)]
    for field in FIELDS:
        spread = np.std([getattr(simulated, field) for simulated in repeated], ddof=1)
        stated = np.mean([getattr(simulated.standard_error, field) for simulated in repeated])
        assert stated == pytest.approx(spread, rel=0.1), field  # 600 repetitions know the spread to 3 %


def test_counts_have_the_multinomial_law_of_independent_runs() -> None:
    exact = RETRIED.evaluate()
    expected = np.array([exact.success, exact.silent_failure, exact.halted]) * 500
    squares = []
    for seed in range(400):
        simulated = RETRIED.simulate(500, seed)
        observed = np.array([simulated.successes, simulated.silent_failures, simulated.halts])
        squares.append(float(((observed - expected) ** 2 / expected).sum()))
    assert stats.kstest(squares, stats.chi2(df=2).cdf).pvalue > 1e-4


def test_a_run_at_a_time_in_plain_python_gives_the_same_distribution() -> None:
    rng = np.random.default_rng(11)
    runs = 20_000
    ends = {"success": 0, "silent_failure": 0, "halted": 0}
    cost = 0.0
    for _ in range(runs):
        carrying = halted = False
        for step in RETRIED.steps:
            for _attempt in range(step.attempts):
                cost += step.cost
                good = rng.random() < step.success
                seen = not good and rng.random() < step.loud
                if not seen and step.gate:
                    seen = rng.random() < (step.gate.false_alarm if good else step.gate.detection)
                if not seen:
                    carrying = carrying or not good
                    break
            else:
                halted = True
            if halted:
                break
        ends["halted" if halted else "silent_failure" if carrying else "success"] += 1
    simulated = RETRIED.simulate(runs, seed=5)
    for end, count in ends.items():
        error = getattr(simulated.standard_error, end)
        assert abs(count / runs - getattr(simulated, end)) < 5 * math.sqrt(2) * error
    assert abs(cost / runs - simulated.cost) < 5 * math.sqrt(2) * simulated.standard_error.cost


def test_simulation_does_not_use_the_closed_form(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = RETRIED.simulate(1_000, seed=1)

    def refuse(step: Step) -> None:
        raise AssertionError(f"the law of {step.name} was asked for")

    monkeypatch.setattr(steplaw, "step_law", refuse)
    monkeypatch.setattr("coordination_gap.reliability.pipeline.step_law", refuse)
    assert RETRIED.simulate(1_000, seed=1) == expected


@pytest.mark.parametrize(
    ("step", "ends"),
    [
        (Step("sure", success=1.0), (10, 0, 0)),
        (Step("never seen", success=0.0), (0, 10, 0)),
        (Step("always seen", success=0.0, loud=1.0, attempts=3), (0, 0, 10)),
        (Step("rejected", success=1.0, gate=Gate(1.0, 1.0), attempts=2), (0, 0, 10)),
    ],
)
def test_certain_ends(step: Step, ends: tuple[int, int, int]) -> None:
    simulated = Pipeline([step, Step("after", success=1.0, cost=1.0)]).simulate(10, seed=0)
    assert (simulated.successes, simulated.silent_failures, simulated.halts) == ends
    assert simulated.standard_error.success == 0.0
    assert simulated.standard_error.cost == 0.0
    exact = Pipeline([step, Step("after", success=1.0, cost=1.0)]).evaluate()
    assert (simulated.attempts, simulated.cost) == (exact.attempts, exact.cost)


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
    simulated = Pipeline.repeat(step, 3).simulate(MOST_RUNS, seed=1)
    assert simulated.attempts == pytest.approx(6.0, rel=1e-6)


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
def test_bad_arguments_are_refused(runs: int, seed: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RETRIED.simulate(runs, seed)


@pytest.mark.parametrize(
    ("outcome", "confidence", "message"),
    [("loss", 0.95, "outcome is 'loss'"), ("success", 1.0, "confidence is 1.0"), ("success", 0, "confidence is 0")],
)
def test_bad_interval_arguments_are_refused(outcome: str, confidence: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RETRIED.simulate(10, 1).interval(outcome, confidence)
