"""Pipelines small enough to work out by hand, digits that must not be lost, and bad input."""

import math
from collections.abc import Callable
from dataclasses import FrozenInstanceError, fields, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
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


# Bad input

NAN = math.nan
HUGE = 10**400
NO_PROBABILITY = [1.2, -1e-9, NAN, math.inf, np.float64(1.5), True, np.True_, "0.9", None, HUGE, 1j, Decimal(1), [1]]
NO_COUNT = [0, -1, 2.0, NAN, True, "3", None, np.float64(2.0), Fraction(2)]
NO_AMOUNT = [-1.0, NAN, math.inf, -HUGE, HUGE, True, "1", None, 1j]
MENDS = {
    "probability": "give a probability, a number from 0 to 1",
    "count": "give a whole number of at least 1",
    "attempts": "give a whole number of at least 1 and at most 1,000,000,000",
    "US dollars": "give a number of US dollars, 0 to 1,000,000,000,000",
    "seconds": "give a number of seconds, 0 to 1,000,000,000,000",
    "times the mean": "give 0, or a number of times the mean from 0.0001 to 1,000",
    "times the wait before": "give a number of times the wait before, 0 to 1,000,000",
}
#: Numbers at the edge of what is taken, and beyond it.
EDGES: dict[str, tuple[list[float], list[float]]] = {
    "attempts": ([10**9], [10**9 + 1, 99999999999999999999999999999999]),
    "US dollars": ([1e12], [1.000001e12, 1e308]),
    "seconds": ([1e12], [1.000001e12, 1e300]),
    "times the mean": ([0.0, 1e-4, 1e3], [1e-200, 9.99e-5, 1000.1, 1e200]),
    "times the wait before": ([0.0, 1e6], [1_000_001.0, 1e20]),
}

GOOD_VOTERS = (Step("a", 0.9), Step("b", 0.9))
#: How to make each part from one field, how messages about it begin, and what each field may not be.
PARTS: dict[str, tuple[Callable[..., object], str, dict[str, str]]] = {
    "gate": (
        lambda **given: Gate(**{"detection": 0.9, "false_alarm": 0.1, **given}),
        "gate: ",
        {"detection": "probability", "false_alarm": "probability", "cost": "US dollars", "seconds": "seconds"},
    ),
    "step": (
        lambda **given: Step(**{"name": "lookup", "success": 0.9, **given}),
        "step 'lookup': ",
        {
            **dict.fromkeys(("success", "loud", "correlation", "common_cause"), "probability"),
            "attempts": "attempts",
            "cost": "US dollars",
            "seconds": "seconds",
            "seconds_cv": "times the mean",
            "backoff_seconds": "seconds",
            "backoff_factor": "times the wait before",
        },
    ),
    "vote": (
        lambda **given: Vote(**{"name": "panel", "voters": GOOD_VOTERS, "needed": 2, **given}),
        "vote 'panel': ",
        {"needed": "count", **dict.fromkeys(("agreement", "correlation", "common_cause"), "probability")},
    ),
    "way": (lambda **given: Way(**given), "way: ", {"probability": "probability"}),
    "pipeline": (
        lambda **given: Pipeline(GOOD_VOTERS, **given),
        "pipeline: ",
        {"correlation": "probability", "common_cause": "probability"},
    ),
}
NUMBERS = [
    pytest.param(part, field, kind, value, id=f"{part}-{field}-{value!r:.20}")
    for part, (_, _, fields) in PARTS.items()
    for field, kind in fields.items()
    for value in (
        *{"probability": NO_PROBABILITY, "count": NO_COUNT, "attempts": NO_COUNT}.get(kind, NO_AMOUNT),
        *EDGES.get(kind, ([], []))[1],
    )
]


@pytest.mark.parametrize(("part", "field", "kind", "value"), NUMBERS)
def test_a_bad_number_is_named_with_its_place_and_its_mend(part: str, field: str, kind: str, value: object) -> None:
    make, where, _ = PARTS[part]
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 # compared whole below
        make(**{field: value})
    shown = f"{value!r:.39}…" if isinstance(value, int) and len(repr(value)) > 40 else repr(value)
    assert str(refusal.value) == f"{where}{field} is {shown}: {MENDS[kind]}"


def test_the_largest_and_the_smallest_numbers_are_taken_and_give_finite_outcomes() -> None:
    for part in ("step", "gate"):
        make, _, kinds = PARTS[part]
        for field, kind in kinds.items():
            for value in EDGES.get(kind, ([], []))[0]:
                assert getattr(make(**{field: value}), field) == value
    for spread in EDGES["times the mean"][0]:
        gate = Gate(1.0, 0.0, cost=1e12, seconds=1e12)
        step = Step("step", 1e-6, attempts=10**9, loud=1.0, gate=gate, cost=1e12, seconds=1e12, seconds_cv=spread)
        outcome = Pipeline([step]).evaluate()
        assert all(math.isfinite(getattr(outcome, name)) for name in ("success", "cost", "seconds"))
        simulated = Pipeline([replace(step, attempts=3)]).simulate(100, seed=1)
        assert math.isfinite(simulated.seconds)


@pytest.mark.parametrize(("factor", "attempts"), [(1e6, 3), (1e6, 400), (2.0, 42), (1.0001, 10**9)])
def test_no_wait_is_longer_than_a_time_may_be(factor: float, attempts: int) -> None:
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 # compared whole below
        Step("a", 0.5, attempts=attempts, backoff_seconds=1_000_001.0, backoff_factor=factor)
    assert str(refusal.value) == (
        f"step 'a': backoff_factor is {factor!r}: the wait before attempt {attempts:,} would be longer than "
        "1,000,000,000,000 seconds; give a smaller factor or fewer attempts"
    )
    Step("a", 0.5, attempts=3, backoff_seconds=1e6, backoff_factor=1e6)


def test_a_number_too_long_to_print_is_refused_with_its_place() -> None:
    with pytest.raises(ValueError, match=r"^step 'lookup': success is "):
        Step("lookup", 10**5000)


@pytest.mark.parametrize("field", ["success", "loud", "correlation", "cost", "seconds_cv", "backoff_factor"])
@pytest.mark.parametrize("value", [np.float32(0.5), np.float64(0.5), np.int64(1), 1, 0, Fraction(1, 2)], ids=repr)
def test_numbers_of_other_types_become_plain_floats(field: str, value: Any) -> None:
    step = replace(Step("step", 0.9), **{field: value})
    assert type(getattr(step, field)) is float
    assert getattr(step, field) == value


def test_counts_of_other_types_become_plain_ints() -> None:
    assert type(Step("a", 0.9, attempts=np.int64(2)).attempts) is int  # type: ignore[arg-type]
    assert type(Vote("v", GOOD_VOTERS, np.uint8(2)).needed) is int  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["", "  ", None, 3, b"a"])
@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda name: Step(name, 0.9), "step"),
        (lambda name: Vote(name, GOOD_VOTERS, 1), "vote"),
        (lambda name: Branch(name, [Way(1.0)]), "branch"),
    ],
    ids=["step", "vote", "branch"],
)
def test_a_part_needs_a_name(make: Callable[[object], object], kind: str, name: object) -> None:
    with pytest.raises(ValueError) as refusal:  # noqa: PT011
        make(name)
    assert str(refusal.value) == f"{kind}: name is {name!r}: give a text that is not empty"


@pytest.mark.parametrize("control", ["\n", "\r", "\t", "\0", "\x1b", "\x7f", "\x85", "\u2028", "\u2029"])
@pytest.mark.parametrize("make", [lambda name: Step(name, 0.9), lambda name: Branch(name, [Way(1.0)])])
def test_a_name_stays_on_one_line(make: Callable[[str], Step | Branch], control: str) -> None:
    kind = type(make("a")).__name__.lower()
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 # compared whole below
        make(f"a{control}b")
    name = f"a{control}b"
    assert str(refusal.value) == (
        f"{kind}: name is {name!r}, which holds the control character {control!r}: take it out"
    )


@pytest.mark.parametrize("name", ["a.b", "a=b", "é 步 😀", "a\u200db", '"a"', "x" * 500])
def test_other_names_are_taken(name: str) -> None:
    assert Pipeline([Step(name, 0.9)]).importance()["step"].to_list() == [name]


A, B, C = Step("a", 0.9), Step("b", 0.9), Step("c", 0.8)
make_step: Any = Step
make_vote: Any = Vote
make_branch: Any = Branch
make_way: Any = Way
make_pipeline: Any = Pipeline


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: make_step("x", 0.9, gate=0.9), "step 'x': gate is 0.9: give a Gate, or None for no gate"),
        (lambda: make_step("x", 0.9, gate=Gate), "step 'x': gate is <class"),
        (lambda: make_step("x", 0.9, fallback="a"), "step 'x': fallback is 'a': give a Step or a Vote, or None"),
        (lambda: make_step("x", 0.9, fallback=[A]), "step 'x': fallback is [Step"),
        (lambda: make_step("x", 0.9, fallback=Branch("y", [Way(1.0)])), "step 'x': fallback is Branch"),
        (lambda: make_vote("v", "ab", 1), "vote 'v': voters is 'ab': give a list of Step"),
        (lambda: make_vote("v", A, 1), "vote 'v': voters is Step"),
        (lambda: make_vote("v", None, 1), "vote 'v': voters is None: give a list of Step"),
        (lambda: make_vote("v", [], 1), "vote 'v': voters is empty: give at least one Step"),
        (lambda: make_vote("v", [A, "b"], 1), "vote 'v': voter 2 is 'b': give a Step"),
        (lambda: make_vote("v", [Vote("w", [A], 1)], 1), "vote 'v': voter 1 is Vote"),
        (lambda: make_vote("v", [A, B], 3), "vote 'v': needed is 3: there are 2 voters, give at most that"),
        (lambda: make_vote("v", [A, C], 1, correlation=0.1), "vote 'v': correlation is 0.1, but the voters' success"),
        (lambda: make_vote("v", [A, C], 1, common_cause=0.1), "vote 'v': common_cause is 0.1, but the voters' success"),
        (lambda: make_vote("v", [A], 1, gate="g"), "vote 'v': gate is 'g': give a Gate, or None"),
        (lambda: make_vote("v", [A], 1, fallback=0.5), "vote 'v': fallback is 0.5: give a Step or a Vote, or None"),
        (lambda: make_branch("b", "ab"), "branch 'b': ways is 'ab': give a list of Way"),
        (lambda: make_branch("b", 0.5), "branch 'b': ways is 0.5: give a list of Way"),
        (lambda: make_branch("b", [Way(1.0), A]), "branch 'b': way 2 is Step"),
        (lambda: make_branch("b", []), "branch 'b': the probabilities of the ways sum to 0: make them sum to 1"),
        (lambda: make_branch("b", [Way(0.5), Way(0.4)]), "branch 'b': the probabilities of the ways sum to 0.9: make"),
        (
            lambda: make_branch("b", [Way(1.0), Way(1e-8)]),
            "branch 'b': the probabilities of the ways sum to 1.0000",
        ),
        (lambda: make_way(1.0, A), "way: steps is Step"),
        (lambda: make_way(1.0, 3), "way: steps is 3: give a list of Step, Vote or Branch"),
        (lambda: make_way(1.0, [A, Way(1.0)]), "way: step 2 is Way"),
        (lambda: make_pipeline([]), "pipeline: steps is empty: give at least one Step"),
        (lambda: make_pipeline(A), "pipeline: steps is Step"),
        (lambda: make_pipeline(None), "pipeline: steps is None: give a list of Step, Vote or Branch"),
        (lambda: make_pipeline("ab"), "pipeline: step 1 is 'a': give a Step, a Vote or a Branch"),
        (lambda: make_pipeline([A, [B]]), "pipeline: step 2 is [Step"),
        (lambda: make_pipeline([A, Way(1.0, [B])]), "pipeline: step 2 is Way"),
        (lambda: Pipeline.repeat(A, 0), "times is 0: give a whole number of at least 1"),
        (lambda: Pipeline.repeat(A, True), "times is True"),
    ],
)
def test_a_bad_structure_is_named_with_its_place(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError) as refusal:  # noqa: PT011
        make()
    assert str(refusal.value).startswith(message)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "given",
    [
        {"attempts": 2},
        {"gate": Gate(0.9, 0.1)},
        {"correlation": 0.1},
        {"common_cause": 0.1},
        {"backoff_seconds": 1.0},
        {"backoff_factor": 2.0},
        {"fallback": A},
    ],
    ids=lambda given: next(iter(given)),
)
def test_a_voter_answers_once_and_has_nothing_of_a_vote(given: dict[str, Any]) -> None:
    field = next(iter(given))
    with pytest.raises(ValueError, match=rf"^vote 'v': voter 'x' has {field} .*: a voter answers once"):
        Vote("v", [A, Step("x", 0.9, **given)], 1)


@pytest.mark.parametrize(
    "parts",
    [
        [A, B, replace(C, name="a")],
        [A, replace(B, fallback=A)],
        [replace(A, fallback=replace(B, fallback=A))],
        [Vote("a", [A], 1)],
        [Vote("v", [A, A], 1)],
        [Vote("v", [B], 1, fallback=Vote("w", [A, B], 1)), A],
        [Branch("ways", [Way(0.5, [A]), Way(0.5, [A])])],
        [Branch("a", [Way(1.0, [A])])],
        [A, Branch("ways", [Way(0.5, [Branch("more", [Way(1.0, [B, replace(C, fallback=A)])])]), Way(0.5)])],
    ],
)
def test_each_part_needs_a_name_of_its_own(parts: list[Any]) -> None:
    with pytest.raises(ValueError, match=r"^pipeline: two parts have the name '[ab]': give each part its own name$"):
        Pipeline(parts)


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


def test_parts_keep_what_they_were_given() -> None:
    given_steps, voters = [A, B], list(GOOD_VOTERS)
    ways = [Way(1.0, given_steps)]
    branch, vote = Branch("branch", ways), Vote("vote", voters, 1)
    pipeline = make_pipeline(step for step in given_steps)
    for given_list in (ways, voters, given_steps):
        given_list.clear()
    assert pipeline.steps == (A, B)
    assert branch.ways == (Way(1.0, (A, B)),)
    assert vote.voters == GOOD_VOTERS


FROZEN = [A, Gate(0.9, 0.1), Vote("v", [A], 1), Way(1.0), Branch("b", [Way(1.0)]), Pipeline([A])]


@pytest.mark.parametrize("part", FROZEN, ids=lambda part: type(part).__name__)
def test_parts_are_frozen(part: Any) -> None:
    for field in fields(part):
        with pytest.raises(FrozenInstanceError):
            setattr(part, field.name, None)


def test_fields_behind_the_first_are_given_by_name() -> None:
    with pytest.raises(TypeError):
        make_step("step", 0.9, 3)
    with pytest.raises(TypeError):
        make_pipeline([A], 0.1)


@pytest.mark.parametrize("cv", [1e-4, 1e-3, 0.1])
def test_a_voter_of_nearly_constant_time_is_not_stepped_over(cv: float) -> None:
    def seconds(*times: tuple[float, float]) -> float:
        voters = [Step(f"v{n}", 0.9, seconds=mean, seconds_cv=spread) for n, (mean, spread) in enumerate(times)]
        return Pipeline([Vote("vote", voters, 1)]).evaluate().seconds

    assert seconds((10.0, cv), (1.0, 0.1)) == pytest.approx(10.0, rel=1e-9)
    # The longer of two normal times is sd / sqrt(pi) beyond their mean; gamma times of small spread are nearly normal.
    assert seconds((1.0, cv), (1.0, cv)) == pytest.approx(1 + cv / math.sqrt(math.pi), abs=cv**2)
    assert seconds((11.7, 1e-4), (2.86, 1e3)) <= 11.7 + 2.86
