"""The cheapest plan where it is known without a search: what retries, gates and budgets are worth."""

from dataclasses import replace

import pandas as pd
import pytest

from coordination_gap.reliability import Pipeline, Step, law_of
from coordination_gap.reliability.allocation import Infeasible, allocate, remedy_options
from coordination_gap.reliability.parts import Branch, Way
from tests.reliability.remedy_examples import GATE, PERSON, STRICT


def test_retries_are_worth_nothing_where_no_failure_is_seen() -> None:
    steps = [Step(f"step {number}", 0.95, cost=0.01) for number in range(3)]
    options = {step.name: remedy_options(step, attempts=(1, 2, 3)) for step in steps}
    found = allocate(Pipeline(steps), options, 0.95**3)
    assert found.frame["attempts"].to_list() == [1, 1, 1]
    assert not found.frame["changed"].any()
    with pytest.raises(
        Infeasible, match=r"^no choice reaches a success of 0\.9: the highest within reach is 0\.857375;"
    ):
        allocate(Pipeline(steps), options, 0.9)
    # A gate makes them worth something, and so does a failure that shows itself.
    gated = {step.name: remedy_options(step, attempts=(1, 2, 3), gates=(None, GATE)) for step in steps}
    assert allocate(Pipeline(steps), gated, 0.9).outcome.success >= 0.9
    seen = {step.name: remedy_options(replace(step, loud=1), attempts=(1, 2, 3)) for step in steps}
    assert (allocate(Pipeline(steps), seen, 0.99).frame["attempts"] >= 2).all()


def test_the_only_step_that_is_not_good_enough_gets_the_retry() -> None:
    steps = [Step("good", 0.999, loud=1, cost=1.0), Step("poor", 0.8, loud=1, cost=1.0)]
    found = allocate(Pipeline(steps), {step.name: remedy_options(step, attempts=(1, 2)) for step in steps}, 0.95)
    assert found.choices == {"good": steps[0], "poor": replace(steps[1], attempts=2)}
    assert list(found.frame["changed"]) == [False, True]
    assert found.outcome.cost == pytest.approx(1 + 0.999 * 1.2)


def test_a_target_that_is_met_exactly_is_met() -> None:
    steps = [Step("a", 0.9, loud=1, cost=1.0), Step("b", 0.9, loud=1, cost=1.0)]
    options = {step.name: remedy_options(step, attempts=(1, 2, 3)) for step in steps}
    exact = Pipeline([replace(steps[0], attempts=2), replace(steps[1], attempts=2)]).evaluate()
    for target in (0.9801, exact.success):
        found = allocate(Pipeline(steps), options, target, cost_budget=exact.cost, silent_budget=0.0)
        assert found.frame["attempts"].to_list() == [2, 2]
    dearer = allocate(Pipeline(steps), options, 0.9801 + 1e-9)
    assert dearer.outcome.success >= 0.9801 + 1e-9
    with pytest.raises(Infeasible):
        allocate(Pipeline(steps), options, 0.9801, cost_budget=exact.cost * (1 - 1e-9))


def test_of_plans_that_cost_the_same_the_surest() -> None:
    free = [Step(f"step {number}", 0.5, loud=1) for number in range(4)]
    options = {step.name: remedy_options(step, attempts=(1, 2, 3, 9)) for step in free}
    assert allocate(Pipeline(free), options, 0.3).frame["attempts"].to_list() == [9, 9, 9, 9]
    same = [Step("step", 0.9, cost=1.0), Step("step", 0.95, cost=1.0), Step("step", 0.93, cost=1.0)]
    assert allocate(Pipeline(same[:1]), {"step": same}, 0.9).frame["option"].to_list() == [1]
    # Twins are taken from the front, where the budgets leave the choice.
    twins = [Step("step", 0.9, cost=1.0, seconds=5.0), Step("step", 0.9, cost=1.0), Step("step", 0.9, cost=1.0)]
    assert allocate(Pipeline(same[:1]), {"step": twins}, 0.9).frame["option"].to_list() == [0]
    assert allocate(Pipeline(same[:1]), {"step": twins}, 0.9, seconds_budget=4.0).frame["option"].to_list() == [1]


def test_each_budget_binds() -> None:
    step = Step("step", 0.9, loud=0.5, cost=1.0, seconds=1.0)
    options = {
        "step": remedy_options(step, attempts=(1, 2), gates=(None, STRICT), fallbacks=(None, PERSON), votes=(1, 3))
    }
    plain = allocate(Pipeline([step]), options, 0.9)
    assert not plain.frame["changed"].any()
    best = allocate(Pipeline([step]), options, 0.99)
    assert best.outcome.success >= 0.99
    assert allocate(Pipeline([step]), options, 0.9, silent_budget=0.01).outcome.silent_failure <= 0.01
    cases = (
        ({"cost_budget": 1.01}, "within 1.01 US dollars: "),
        ({"seconds_budget": 10.0}, "within 10 seconds: "),
        ({"silent_budget": 0.0018, "cost_budget": 1.3}, "within 1.3 US dollars and a silent failure of 0.0018: "),
    )
    for budget, words in cases:
        with pytest.raises(Infeasible, match=words) as caught:
            allocate(Pipeline([step]), options, 0.99, **budget)
        assert caught.value.best is not None
    with pytest.raises(Infeasible, match=r"no choice stays within 0\.5 US dollars") as caught:
        allocate(Pipeline([step]), options, 0.5, cost_budget=0.5)
    assert caught.value.best is None


def test_what_the_frame_says() -> None:
    steps = [Step("one", 0.9, loud=0.5, cost=0.1), Step("two", 0.8, cost=0.2, seconds=3.0)]
    pipeline = Pipeline([steps[0], Branch("way", [Way(0.5, [steps[1]]), Way(0.5)])])
    vote = remedy_options(steps[1], votes=(3,), gates=(GATE,), fallbacks=(PERSON,))
    empty = Branch("two", [Way(1.0)])
    found = allocate(pipeline, {"two": vote, "one": [replace(steps[0], attempts=4)]}, 0.5)
    first, second = found.frame.to_dict("records")
    law = law_of(vote[0])
    assert (first["step"], first["attempts"], first["changed"], second["step"]) == ("one", 4, True, "two")
    assert pd.isna(first["fallback"])
    assert pd.isna(second["attempts"])
    assert (second["voters"], second["needed"], second["fallback"]) == (3, 2, "two: person")
    assert (second["detection"], second["false_alarm"]) == (0.9, 0.02)
    shown = (second["success"], second["silent_failure"], second["halted"], second["cost"], second["seconds"])
    assert shown == (law.good, law.bad, law.halted, law.cost, law.seconds)
    # A step may give way to a branch, or to nothing.
    assert allocate(pipeline, {"two": [steps[1], empty]}, 0.5).choices == {"two": empty}


def test_parts_that_no_run_reaches_do_not_matter() -> None:
    step = Step("never", 0.5, cost=1.0)
    pipeline = Pipeline([Step("sure", 0.9), Branch("way", [Way(0.0, [step]), Way(1.0)])])
    found = allocate(pipeline, {"never": [step, replace(step, success=0.9)]}, 0.9)
    assert found.outcome.success == pytest.approx(0.9)
