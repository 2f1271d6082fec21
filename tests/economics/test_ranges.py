"""Ranges: their laws against closed forms, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination_gap import economics as ec

LEVELS = (np.arange(20000) + 0.5) / 20000


@pytest.mark.parametrize(
    ("law", "mean", "variance"),
    [
        ("uniform", 15.0, 300 / 9),
        ("triangular", (5 + 25 + 9) / 3, (25 + 625 + 81 - 125 - 45 - 225) / 18),
        ("pert", (5 + 4 * 9 + 25) / 6, (11 - 5) * (25 - 11) / 7),
    ],
)
def test_mean_and_variance_are_those_of_the_law(law: str, mean: float, variance: float) -> None:
    drawn = ec.Range("cost", 5.0, 25.0, unit="US dollars", likely=9.0).at(LEVELS, law)
    assert drawn.mean() == pytest.approx(mean, rel=1e-4)
    assert drawn.var() == pytest.approx(variance, rel=1e-3)


@given(st.floats(0.0, 100.0), st.floats(0.0, 100.0), st.sampled_from(ec.LAWS))
def test_draws_stay_between_the_ends_and_rise(one: float, other: float, law: str) -> None:
    span = ec.Range("cost", min(one, other), max(one, other), unit="hours")
    drawn = span.at(np.linspace(0, 1, 11), law)
    assert (drawn >= span.low).all()
    assert (drawn <= span.high).all()
    assert (np.diff(drawn) >= -1e-12).all()


def test_a_part_is_taken_from_a_whole_end_by_end() -> None:
    total, part = (ec.Range(n, *e, unit="US dollars a month") for n, e in (("total", (150, 700)), ("calls", (50, 500))))
    rest = ec.difference(total, part, "rest")
    assert (rest.low, rest.high) == (100, 200)


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: ec.Range("cost", -1.0, 5.0, unit="hours"), "cost: low is -1.0: .* 0 or more"),
        (lambda: ec.Range("cost", 5.0, 1.0, unit="hours"), "cost: low is 5 and high is 1: .* order"),
        (lambda: ec.Range("share", 0.5, 1.2, unit="probability"), "share: high is 1.2: give a probability"),
        (lambda: ec.Range("cost", 1.0, np.inf, unit="hours"), "cost: high is inf"),
        (lambda: ec.Range("cost", 1.0, 2.0, unit=""), "cost: unit is ''"),
        (lambda: ec.Range("cost", 1.0, 2.0, unit="hours", likely=3.0), "likely is 3.0: give a number from low, 1"),
        (lambda: ec.Range("cost", 1.0, 2.0, unit="hours").at(LEVELS, "normal"), "law is 'normal': .* triangular"),
        (
            lambda: ec.difference(
                ec.Range("total", 1.0, 2.0, unit="US dollars a month"), ec.Range("part", 0.0, 1.0, unit="hours"), "rest"
            ),
            "part is in 'hours' and total in 'US dollars a month'",
        ),
        (
            lambda: ec.difference(
                ec.Range("total", 1.0, 2.0, unit="hours"), ec.Range("part", 0.0, 3.0, unit="hours"), "rest"
            ),
            "part is 0 to 3, more than total, 1 to 2",
        ),
    ],
)
def test_what_cannot_be_is_named(call: "object", named: str) -> None:
    with pytest.raises(ValueError, match=named):
        call()  # type: ignore[operator]
