"""Numbers of a part that are taken and that are refused, with the place of each and its mend."""

import math
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from coordination_gap.reliability import Pipeline
from coordination_gap.reliability.parts import Gate, Step, Vote, Way

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
