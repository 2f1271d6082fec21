"""Pipelines small enough to work out by hand, and digits that must not be lost."""

import math
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from coordination_gap.reliability import Pipeline, law_of, series, success_ceiling, success_with_attempts
from coordination_gap.reliability.parts import Branch, Gate, Step, Vote, Way
from tests.reliability.strategies import PLAIN, steps

# By hand


def test_bare_pipeline_is_a_series_and_every_failure_is_silent_by_default() -> None:
    outcome = Pipeline.repeat(Step("step", success=0.97), 6).evaluate()
    assert outcome.success == pytest.approx(series([0.97] * 6), rel=1e-14)
    assert outcome.halted == 0.0
    assert outcome.attempts == 6.0


def test_retries_of_failures_that_are_all_seen() -> None:
    pipeline = Pipeline.repeat(Step("step", success=0.9, attempts=3, loud=1.0), 5)
    assert pipeline.evaluate().success == pytest.approx(success_with_attempts(0.9, 3) ** 5, rel=1e-14)
    assert pipeline.evaluate().silent_failure == 0.0


def test_retries_change_nothing_where_no_failure_is_seen() -> None:
    once = Pipeline.repeat(Step("step", success=0.97, loud=0.0), 6).evaluate()
    often = Pipeline.repeat(Step("step", success=0.97, loud=0.0, attempts=9), 6).evaluate()
    assert once == often


def test_what_a_step_with_a_gate_and_a_backoff_takes() -> None:
    gate = Gate(detection=0.5, false_alarm=0.25, cost=0.1, seconds=1.0)
    step = Step(
        "step", 0.8, attempts=3, gate=gate, loud=0.5, cost=2.0, seconds=10.0, backoff_seconds=4.0, backoff_factor=3.0
    )
    outcome = Pipeline([step]).evaluate()
    good, bad = 0.8 * 0.75, 0.2 * 0.5 * 0.5
    again = 0.8 * 0.25 + 0.2 * 0.5 + 0.2 * 0.5 * 0.5
    attempts = 1 + again + again**2
    inspected = attempts * (1 - 0.2 * 0.5)
    assert outcome.success == pytest.approx(good * attempts)
    assert outcome.silent_failure == pytest.approx(bad * attempts)
    assert outcome.halted == pytest.approx(again**3)
    assert outcome.attempts == pytest.approx(attempts)
    assert outcome.cost == pytest.approx(attempts * 2.0 + inspected * 0.1)
    assert outcome.seconds == pytest.approx(attempts * 10.0 + inspected * 1.0 + again * 4.0 + again**2 * 12.0)


def test_fallbacks_take_over_one_after_the_other() -> None:
    third = Vote("third", [Step("a", 1.0, cost=5.0), Step("b", 0.5, loud=1.0, cost=7.0)], needed=2)
    second = Step("second", 0.6, loud=1.0, attempts=2, cost=3.0, fallback=third)
    outcome = Pipeline([Step("first", 0.5, loud=0.8, cost=1.0, fallback=second)]).evaluate()
    assert outcome.silent_failure == pytest.approx(0.5 * 0.2)
    assert outcome.halted == pytest.approx(0.4 * 0.4**2 * 0.5)
    assert outcome.cost == pytest.approx(1.0 + 0.4 * 1.4 * 3.0 + 0.4 * 0.4**2 * 12.0)
    assert outcome.attempts == pytest.approx(1.0 + 0.4 * 1.4 + 0.4 * 0.4**2 * 2)


@pytest.mark.parametrize(
    ("needed", "agreement", "success", "silent_failure"),
    [
        # Two voters, each good with 0.7 and silently wrong with 0.3.
        (2, 1.0, 0.49, 0.09),
        (2, 0.0, 0.49, 0.0),
        (1, 1.0, 0.49, 0.51),  # one wrong answer is enough, and wins the tie
        (1, 0.0, 0.49, 0.51),
        (2, 0.25, 0.49, 0.0225),
    ],
)
def test_what_two_voters_agree_on(needed: int, agreement: float, success: float, silent_failure: float) -> None:
    vote = Vote("vote", [Step("a", 0.7), Step("b", 0.7)], needed, agreement=agreement)
    outcome = Pipeline([vote]).evaluate()
    assert outcome.success == pytest.approx(success)
    assert outcome.silent_failure == pytest.approx(silent_failure)


def test_voters_answer_at_once_and_a_gate_inspects_what_they_agree_on() -> None:
    voters = [Step("quick", 0.8, loud=1.0, cost=1.0, seconds=2.0), Step("slow", 0.5, cost=3.0, seconds=7.0)]
    gate = Gate(detection=0.9, false_alarm=0.1, cost=0.5, seconds=4.0)
    outcome = Pipeline([Vote("vote", voters, needed=1, gate=gate)]).evaluate()
    right, wrong = 0.5, 0.5  # what the slow one answers; alone, it is enough and wins where it is wrong
    assert outcome.success == pytest.approx(right * 0.9)
    assert outcome.silent_failure == pytest.approx(wrong * 0.1)
    assert outcome.cost == pytest.approx(4.0 + 0.5)
    assert outcome.seconds == pytest.approx(7.0 + 4.0)
    assert outcome.attempts == pytest.approx(2.0)


def test_a_branch_takes_one_of_its_ways() -> None:
    inner = Branch("inner", [Way(0.25, [Step("a", 0.5, cost=8.0)]), Way(0.75)])
    outer = Branch("outer", [Way(0.4, [inner, Step("b", 0.9, loud=1.0, cost=1.0)]), Way(0.6, [Step("c", 0.8)])])
    outcome = Pipeline([outer]).evaluate()
    assert outcome.success == pytest.approx(0.4 * (0.25 * 0.5 + 0.75) * 0.9 + 0.6 * 0.8)
    assert outcome.halted == pytest.approx(0.4 * 0.1)
    assert outcome.cost == pytest.approx(0.4 * (0.25 * 8.0 + 1.0))
    assert Pipeline([outer]).halted_by_step() == pytest.approx([0.04])


def test_a_repeated_step_takes_its_fallback_along() -> None:
    step = Step("step", 0.5, loud=1.0, fallback=Vote("vote", [Step("a", 0.5, loud=1.0)], 1))
    pipeline = Pipeline.repeat(step, 3, correlation=0.1, common_cause=0.2)
    assert (pipeline.correlation, pipeline.common_cause) == (0.1, 0.2)
    assert Pipeline.repeat(step, 3).evaluate().success == pytest.approx(0.75**3)


# Digits


def test_probabilities_sum_to_one_over_ten_thousand_steps() -> None:
    step = Step("step", success=0.9999, attempts=3, gate=Gate(detection=0.9, false_alarm=0.02), loud=0.5)
    outcome = Pipeline.repeat(step, 10_000).evaluate()
    assert outcome.success + outcome.silent_failure + outcome.halted == pytest.approx(1.0, rel=0, abs=1e-12)
    assert outcome.success == pytest.approx(law_of(step).good ** 10_000, rel=1e-10)


def test_rare_ends_keep_their_digits() -> None:
    step = Step("step", success=0.999, attempts=8, loud=1.0)
    assert Pipeline([step]).evaluate().halted == pytest.approx(1e-24, rel=1e-10, abs=0)
    sure = Step("step", success=1e-12, attempts=1_000_000, loud=1.0)
    assert Pipeline([sure]).evaluate().success == pytest.approx(1e-6, rel=1e-6, abs=0)
    rarely_silent = Step("step", success=1 - 2.0**-30, gate=Gate(detection=0.9, false_alarm=0.0))
    assert Pipeline([rarely_silent]).evaluate().silent_failure == pytest.approx(0.1 * 2.0**-30, rel=1e-10, abs=0)


def test_rare_ends_of_a_vote_keep_their_digits() -> None:
    voters = [Step(f"voter {n}", success=1 - 2.0**-20, loud=1.0) for n in range(3)]
    assert Pipeline([Vote("vote", voters, needed=1)]).evaluate().halted == pytest.approx(2.0**-60, rel=1e-10, abs=0)


@given(step=steps(PLAIN), attempts=st.sampled_from([1, 2, 1_000, 10**6, 10**9]))
def test_a_steps_law_sums_to_one_before_anything_is_rescaled(step: Step, attempts: int) -> None:
    law = law_of(replace(step, attempts=attempts, backoff_factor=1.0))
    assert law.good + law.bad + law.halted == pytest.approx(1.0, rel=0, abs=1e-14)
    assert law.attempts * (1 + 1e-12) >= 1.0
    assert law.attempts <= attempts * (1 + 1e-12)


@given(steps(PLAIN))
def test_success_tends_to_its_ceiling_and_never_beyond(step: Step) -> None:
    ceiling = success_ceiling(step)
    assert law_of(step).good <= ceiling + 1e-12
    many = law_of(replace(step, attempts=10**9, backoff_factor=1.0))
    if many.halted < 1e-13:
        assert many.good == pytest.approx(ceiling, abs=1e-12)


def test_ceiling_of_a_step_from_which_nothing_passes_is_zero() -> None:
    assert success_ceiling(Step("step", success=0.0, loud=1.0)) == 0.0
    assert law_of(Step("step", success=0.0, loud=1.0, attempts=4, cost=2.0)).cost == 8.0


def test_weights_that_miss_one_by_what_decimals_lose_are_taken() -> None:
    ways = [Way(0.1, [Step(f"step {n}", 0.9)]) for n in range(10)]
    assert Pipeline([Branch("ten", ways)]).evaluate().success == pytest.approx(0.9)


def test_probabilities_that_miss_one_are_divided_by_their_sum_so_that_all_outcomes_agree() -> None:
    third = [Way(p, [Step(f"step {p}", 1.0)]) for p in (0.3333333333, 0.33333333331, 0.33333333329)]
    branch = Branch("third", third)
    outcome = Pipeline([branch]).evaluate()
    assert outcome.success == pytest.approx(1.0, rel=0, abs=1e-15)
    assert outcome.attempts == pytest.approx(1.0, rel=0, abs=1e-15)
    assert [way.probability for way in branch.ways] == pytest.approx(
        [way.probability / 0.9999999999 for way in third], rel=1e-15
    )
    # The tolerance is in the sum, and what sums to 1 but for rounding keeps its last digits.
    with pytest.raises(ValueError, match=r"sum to 0\.999999998: make them sum to 1"):
        Branch("b", [Way(0.5), Way(0.499999998)])
    assert [way.probability for way in Branch("ten", [Way(0.1)] * 10).ways] == [0.1] * 10


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=30), st.floats(-9e-10, 9e-10))
def test_dividing_by_the_sum_a_second_time_changes_nothing(weights: list[float], off: float) -> None:
    total = math.fsum(weights)
    assume(total > 1e-3)
    branch = Branch("b", [Way(min(1.0, weight / total * (1.0 + off))) for weight in weights])
    assert math.fsum(way.probability for way in branch.ways) == pytest.approx(1.0, rel=0, abs=1e-15)
    assert Branch("b", branch.ways) == branch


@pytest.mark.parametrize("cv", [1e-4, 1e-3, 0.1])
def test_a_voter_of_nearly_constant_time_is_not_stepped_over(cv: float) -> None:
    def seconds(*times: tuple[float, float]) -> float:
        voters = [Step(f"v{n}", 0.9, seconds=mean, seconds_cv=spread) for n, (mean, spread) in enumerate(times)]
        return Pipeline([Vote("vote", voters, 1)]).evaluate().seconds

    assert seconds((10.0, cv), (1.0, 0.1)) == pytest.approx(10.0, rel=1e-9)
    # The longer of two normal times is sd / sqrt(pi) beyond their mean; gamma times of small spread are nearly normal.
    assert seconds((1.0, cv), (1.0, cv)) == pytest.approx(1 + cv / math.sqrt(math.pi), abs=cv**2)
    assert seconds((11.7, 1e-4), (2.86, 1e3)) <= 11.7 + 2.86
