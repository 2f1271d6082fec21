import math
from collections.abc import Callable
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination_gap.reliability.laws import (
    apportion,
    expected_attempts,
    gate_posterior,
    k_out_of_n,
    required_step_success,
    retry_amplification,
    series,
    steps_until,
    success_with_attempts,
)

probabilities = st.floats(0.0, 1.0)


def test_series_takes_any_iterable_and_number_type() -> None:
    numbers: list[Any] = [0.5, np.float32(0.5), 1, Fraction(1, 2)]
    assert series(iter(numbers)) == 0.125


@given(target=st.floats(0.001, 1.0), steps=st.integers(1, 200))
def test_required_step_success_meets_the_target(target: float, steps: int) -> None:
    assert series([required_step_success(target, steps)] * steps) == pytest.approx(target, rel=1e-12)


@given(target=st.floats(0.01, 1.0), p=st.floats(0.0, 0.999))
def test_steps_until_is_the_first_length_below_the_target(target: float, p: float) -> None:
    counted = next(n for n in range(1, 10_000) if p**n < target)
    assert steps_until(target, p) == counted


@pytest.mark.parametrize("p", [0.5, 0.9, 0.97, 0.999])
@pytest.mark.parametrize("n", [1, 2, 6, 30])
def test_steps_until_counts_a_target_met_exactly_as_met(p: float, n: int) -> None:
    assert steps_until(p**n, p) == n + 1


@pytest.mark.parametrize(("target", "p"), [(0.5, 1.0), (0.0, 0.5), (0.0, 0.0), (1.0, 1.0)])
def test_steps_until_has_no_answer_where_nothing_falls_below(target: float, p: float) -> None:
    assert steps_until(target, p) is None


def test_steps_until_is_right_for_steps_that_almost_never_fail() -> None:
    p = 1 - 2.0**-30  # so that 1 - p is exact
    assert steps_until(0.5, p) == math.ceil(math.log(2) / -math.log1p(-(2.0**-30)))


@pytest.mark.parametrize(("k", "n"), [(k, n) for n in range(1, 6) for k in range(n + 1)])
def test_k_out_of_n_agrees_with_enumeration(k: int, n: int) -> None:
    p = 0.83
    enumerated = sum(
        math.prod(p if works else 1 - p for works in parts)
        for parts in product((True, False), repeat=n)
        if sum(parts) >= k
    )
    assert k_out_of_n(p, k, n) == pytest.approx(enumerated, rel=1e-13)


@given(p=probabilities, n=st.integers(1, 50))
def test_n_out_of_n_is_a_series_and_one_out_of_n_are_attempts(p: float, n: int) -> None:
    assert k_out_of_n(p, n, n) == pytest.approx(series([p] * n), rel=1e-9, abs=1e-300)
    assert k_out_of_n(p, 1, n) == pytest.approx(success_with_attempts(p, n), rel=1e-9, abs=1e-300)


@pytest.mark.parametrize(("k", "n"), [(k, n) for n in range(1, 5) for k in range(n + 1)])
@pytest.mark.parametrize("common_cause", [0.0, 0.3, 1.0])
def test_k_out_of_n_with_a_common_cause_agrees_with_enumeration(k: int, n: int, common_cause: float) -> None:
    p = 0.83
    struck = common_cause * (1 - p)
    spared = p / (1 - struck)
    enumerated = struck * (k == 0) + (1 - struck) * sum(
        math.prod(spared if works else 1 - spared for works in parts)
        for parts in product((True, False), repeat=n)
        if sum(parts) >= k
    )
    assert k_out_of_n(p, k, n, common_cause) == pytest.approx(enumerated, rel=1e-13)


@given(p=probabilities, common_cause=probabilities, n=st.integers(1, 30))
def test_a_common_cause_keeps_each_part_and_makes_parts_alike(p: float, common_cause: float, n: int) -> None:
    assert k_out_of_n(p, 1, 1, common_cause) == pytest.approx(p, rel=1e-12, abs=1e-300)
    assert k_out_of_n(p, n, n, 1.0) == pytest.approx(p, rel=1e-12, abs=1e-300)
    # It makes all parts work together more often, and at least one of them less often.
    assert k_out_of_n(p, n, n, common_cause) >= k_out_of_n(p, n, n) * (1 - 1e-9)
    assert k_out_of_n(p, 1, n, common_cause) <= k_out_of_n(p, 1, n) * (1 + 1e-9) + 1e-300


weights = st.lists(st.floats(0.0, 1e6), min_size=1, max_size=20).filter(lambda ws: sum(ws) > 1e-6)


@given(target=st.floats(0.001, 1.0), ws=weights)
def test_apportioned_steps_meet_the_target_and_follow_the_weights(target: float, ws: list[float]) -> None:
    steps = apportion(target, ws)
    assert series(steps) == pytest.approx(target, rel=1e-9)
    for weight, step in zip(ws, steps, strict=True):
        assert math.log(step) == pytest.approx(math.log(target) * weight / math.fsum(ws), rel=1e-9, abs=1e-12)


def test_equal_weights_apportion_equally() -> None:
    assert apportion(0.95, [2.0] * 6) == pytest.approx([required_step_success(0.95, 6)] * 6, rel=1e-15)


def test_a_step_that_may_not_fail_is_apportioned_success() -> None:
    assert apportion(0.0, [0.0, 1.0]) == (1.0, 0.0)


def test_retries_multiply_by_layer() -> None:
    assert retry_amplification(iter([3, 1, 5])) == 15


@given(p=probabilities, attempts=st.integers(1, 60))
def test_expected_attempts_agree_with_their_sum(p: float, attempts: int) -> None:
    assert expected_attempts(p, attempts) == pytest.approx(sum((1 - p) ** k for k in range(attempts)), rel=1e-9)


def test_expected_attempts_of_a_step_that_never_succeeds_are_all_of_them() -> None:
    assert expected_attempts(0.0, 7) == 7.0


@given(rate=probabilities, detection=probabilities, false_alarm=probabilities)
def test_gate_posterior_agrees_with_a_table_of_outputs(rate: float, detection: float, false_alarm: float) -> None:
    table = np.array([[rate * detection, rate * (1 - detection)], [(1 - rate) * false_alarm, 0.0]])
    table[1, 1] = 1 - rate - table[1, 0]
    posterior = gate_posterior(rate, detection, false_alarm)
    flagged, passed = table.sum(axis=0)
    assert posterior.flagged == pytest.approx(flagged, abs=1e-12)
    if posterior.defective_if_flagged is not None:
        assert posterior.defective_if_flagged * flagged == pytest.approx(table[0, 0], abs=1e-12)
    if posterior.defective_if_passed is not None:
        assert posterior.defective_if_passed * passed == pytest.approx(table[0, 1], abs=1e-12)


def test_gate_posterior_says_nothing_about_what_never_happens() -> None:
    assert gate_posterior(0.1, 0.0, 0.0).defective_if_flagged is None
    assert gate_posterior(0.1, 1.0, 1.0).defective_if_passed is None


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        (series, ([],), "step_success is empty"),
        (series, ("0.9",), "step_success is '0.9': give a sequence"),
        (series, (0.9,), "step_success is 0.9: give a sequence"),
        (series, ([0.9, 1.2],), r"step_success\[1\] is 1.2: give a probability, a number from 0 to 1"),
        (series, ([math.nan],), r"step_success\[0\] is nan"),
        (required_step_success, (1.5, 6), "target is 1.5"),
        (required_step_success, (0.9, 0), "steps is 0: give a whole number of at least 1"),
        (required_step_success, (0.9, True), "steps is True"),
        (required_step_success, (0.9, 2.0), "steps is 2.0"),
        (steps_until, (0.9, -0.1), "step_success is -0.1"),
        (k_out_of_n, (0.9, 5, 4), "k is 5: at most n=4"),
        (k_out_of_n, (0.9, -1, 4), "k is -1"),
        (k_out_of_n, (0.9, 0, 0), "n is 0"),
        (k_out_of_n, (0.9, 1, 4, 1.1), "common_cause is 1.1"),
        (apportion, (0.9, [0.0, 0.0]), r"weights is \[0.0, 0.0\]: give at least one weight above 0"),
        (apportion, (0.9, []), r"weights is \[\]"),
        (apportion, (0.9, [1.0, -1.0]), r"weights\[1\] is -1.0"),
        (apportion, (0.9, "12"), "weights is '12': give a sequence"),
        (apportion, (1.9, [1.0]), "target is 1.9"),
        (retry_amplification, ([3, 0],), r"attempts_by_layer\[1\] is 0"),
        (retry_amplification, ([],), "attempts_by_layer is empty"),
        (retry_amplification, (3,), "attempts_by_layer is 3: give a sequence"),
        (success_with_attempts, (True, 2), "success is True"),
        (expected_attempts, (0.9, 0), "attempts is 0"),
        (gate_posterior, (0.1, 0.9, 10**400), "false_alarm is 1000"),
        (gate_posterior, (0.1, "0.9", 0.1), "detection is '0.9'"),
    ],
)
def test_a_bad_argument_is_named_with_its_value(
    function: Callable[..., object], arguments: tuple[object, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        function(*arguments)
