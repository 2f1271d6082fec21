"""When a layer or a chain pays: the pipeline as oracle for each rule, and the closed forms."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from coordination_gap import economics as ec
from coordination_gap.reliability import Gate, Pipeline, Step

STAKES = ec.Stakes(failure=27.5, handling=7.0, call=0.08)
INNER = st.floats(0.02, 0.98)
MONEY = st.floats(0.0, 100.0)


def lost(pipeline: Pipeline, stakes: ec.Stakes) -> float:
    outcome = pipeline.evaluate()
    return outcome.silent_failure * stakes.failure + outcome.halted * stakes.handling + outcome.cost


@given(INNER, INNER, st.floats(0.0, 1.0), MONEY, MONEY, st.floats(0.0, 1.0))
def test_at_the_border_one_call_loses_what_the_chain_does(
    p: float, loud: float, fixed: float, failure: float, handling: float, call: float
) -> None:
    assume(failure + handling > 0.1)
    stakes, chain = ec.Stakes(failure, handling, call), ec.Design("chain", 3, loud=loud)
    border = ec.one_call_border(chain, p, stakes, fixed)
    assume(0 <= border <= 1)
    one = lost(Pipeline([Step("one", border, loud=loud, cost=call)]), stakes)
    many = lost(Pipeline([Step(f"{i}", p, loud=loud, cost=call) for i in range(3)]), stakes) + fixed
    assert one == pytest.approx(many, rel=1e-9, abs=1e-9)


def test_with_silent_failures_the_border_has_its_short_form() -> None:
    border = ec.one_call_border(ec.Design("quiet", 6), 0.97, STAKES, 0.5)
    assert border == pytest.approx(0.97**6 - (5 * 0.08 + 0.5) / 27.5)
    assert ec.one_call_border(ec.Design("quiet", 1), 0.97, STAKES, 0.0) == pytest.approx(0.97)


@given(INNER, INNER, INNER, INNER, MONEY, MONEY, st.floats(0.0, 2.0))
def test_a_gates_gain_is_the_difference_of_two_pipelines(
    p: float, loud: float, detection: float, false_alarm: float, failure: float, handling: float, share: float
) -> None:
    stakes = ec.Stakes(failure, handling, 0.1)
    design = ec.Design("gate", 1, 1, loud, detection, false_alarm, share)
    bare = Pipeline([Step("one", p, loud=loud, cost=0.1)])
    gated = Pipeline([Step("one", p, loud=loud, cost=0.1, gate=Gate(detection, false_alarm, cost=0.1 * share))])
    found = ec.gate_gain(design, p, stakes)
    assert found == pytest.approx(lost(bare, stakes) - lost(gated, stakes), abs=1e-9)
    from_ = ec.gate_pays_from(design, stakes)
    if from_ is None:
        assert found <= 1e-9
    else:
        assert ec.gate_gain(design, 1 - from_, stakes) == pytest.approx(0, abs=1e-7)
        assert (found >= 0) == (1 - p >= from_) or abs(found) < 1e-7


@given(INNER, INNER, MONEY, MONEY)
def test_a_retrys_gain_is_the_difference_of_two_pipelines(
    p: float, loud: float, failure: float, handling: float
) -> None:
    stakes = ec.Stakes(failure, handling, 0.1)
    once, twice = (Pipeline([Step("one", p, attempts=tries, loud=loud, cost=0.1)]) for tries in (1, 2))
    each = (1 - p) * loud  # how often a second try is made
    found = ec.retry_gain(loud, p, stakes)
    assert each * found == pytest.approx(lost(once, stakes) - lost(twice, stakes), abs=1e-9)
    from_ = ec.retry_pays_from(loud, stakes)
    if from_ is None:
        assert found <= 1e-9
    else:
        assert (found >= 0) == (p >= from_) or abs(found) < 1e-7


def test_the_thresholds_agree_with_each_other(alone: ec.Design, layered: ec.Design) -> None:
    fixed = 1000.0
    tasks = ec.tasks_to_pay(alone, layered, 0.9 ** (1 / 6), STAKES, fixed)
    assert tasks is not None
    assert ec.success_to_pay(alone, layered, STAKES, fixed / tasks) == pytest.approx(0.9, abs=1e-9)
    frame = ec.thresholds(alone, layered, STAKES, fixed, [tasks, 2 * tasks])
    assert frame["pays_below"][0] == pytest.approx(0.9, abs=1e-4)
    assert frame["pays_below"][1] > frame["pays_below"][0]


def test_the_fewest_steps_are_where_the_gain_first_covers_the_cost(alone: ec.Design, layered: ec.Design) -> None:
    steps = ec.steps_to_pay(alone, layered, 0.97, STAKES, 1.0)
    assert steps is not None
    gains = [
        float(ec.gain(replace(alone, steps=n), replace(layered, steps=n), 0.97, STAKES)[0]) for n in (steps - 1, steps)
    ]
    assert gains[0] < 1.0 <= gains[1]


def test_where_nothing_can_be_spared_there_is_no_threshold(alone: ec.Design) -> None:
    assert ec.tasks_to_pay(alone, alone, 0.97, STAKES, 10.0) is None
    assert ec.steps_to_pay(alone, alone, 0.97, STAKES, 1.0) is None
    assert ec.success_to_pay(alone, alone, STAKES, 1.0) is None
    assert ec.thresholds(alone, alone, STAKES, 10.0, [100.0]).empty
    assert ec.gate_pays_from(ec.Design("gate", 1, detection=0.9, gate_calls=1e6), STAKES) is None
    assert ec.retry_pays_from(0.5, ec.Stakes(1.0, 0.0, 1.0)) is None


def test_what_cannot_be_is_named(alone: ec.Design, layered: ec.Design) -> None:
    for call, named in (
        (lambda: ec.Stakes(-1.0, 1.0, 1.0), "failure is -1.0"),
        (lambda: ec.one_call_border(alone, 0.97, ec.Stakes(0.0, 0.0, 1.0), 0.0), "nothing decides"),
        (lambda: ec.one_call_border(alone, 1.97, STAKES, 0.0), "step_success is 1.97"),
        (lambda: ec.one_call_border(alone, 0.97, STAKES, -1.0), "fixed_a_task is -1.0"),
        (lambda: ec.tasks_to_pay(alone, layered, 0.97, STAKES, -5.0), "fixed_a_month is -5.0"),
        (lambda: ec.thresholds(alone, layered, STAKES, 5.0, [0.0]), r"tasks_a_month\[0\] is 0"),
        (lambda: ec.gate_gain(layered, -0.1, STAKES), "step_success is -0.1"),
        (lambda: ec.retry_gain(1.1, 0.5, STAKES), "loud is 1.1"),
    ):
        with pytest.raises(ValueError, match=named):
            call()
