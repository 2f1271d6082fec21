"""The cheapest plan: against every plan counted out, and against a frontier of plans where there are too many."""

import ctypes
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import optimize

from coordination_gap.reliability import Gate, Outcome, Pipeline, Step, law_of
from coordination_gap.reliability import flow as flow_module
from coordination_gap.reliability.allocation import Infeasible, allocate, remedy_options
from coordination_gap.reliability.leaves import with_parts
from coordination_gap.reliability.options import checked_options, options_of_steps
from coordination_gap.reliability.parts import Branch, Part, Vote, Way, walk
from coordination_gap.reliability.plans import Limits
from tests.reliability import strategies

GATE = Gate(0.9, 0.02, cost=0.002, seconds=1)
STRICT = Gate(0.97, 0.05, cost=0.02, seconds=3)
PERSON = Step("person", 0.99, cost=1.5, seconds=600)
REL = 1e-9
ONE_SENTENCE = r"^[^\n]+$"


def every_outcome(pipeline: Pipeline, options: Mapping[str, Sequence[Part]]) -> list[Outcome]:
    plans = itertools.product(*options.values())
    return [
        replace(pipeline, steps=with_parts(pipeline.steps, dict(zip(options, plan, strict=True)))).evaluate()
        for plan in plans
    ]


def cheapest(outcomes: Sequence[Outcome], limits: Limits) -> tuple[float, float] | None:
    """Return the least cost and the highest success at that cost, None where no outcome keeps the limits."""
    kept = [outcome for outcome in outcomes if limits.kept(outcome)]
    if not kept:
        return None
    cost = min(outcome.cost for outcome in kept)
    return cost, max(outcome.success for outcome in kept if outcome.cost <= cost * (1 + REL))


def random_problem(seed: int) -> tuple[Pipeline, dict[str, list[Part]]]:
    """Return two to four parts, of which most have up to seven options; half of the longer ones stand in a branch."""
    rng, source, names = np.random.default_rng(seed), strategies.Seeded(seed), itertools.count(1)
    shape = strategies.Shape(fallbacks=1, voters=3, attempts=3, nested_branches=0, spread=False)

    def part() -> Part:
        return strategies._worker(source, shape, names, votes=bool(rng.integers(2)))

    parts = [part() for _ in range(rng.integers(2, 5))]
    options: dict[str, list[Part]] = {}
    for place, one in enumerate(parts):
        if place == 0 or rng.uniform() < 0.8:
            others = [part() for _ in range(rng.integers(1, 6))]
            options[one.name] = [one, *others] if rng.uniform() < 0.5 else others
            if rng.uniform() < 0.3:
                options[one.name].append(options[one.name][0])
    if len(parts) > 2 and rng.uniform() < 0.6:
        share = round(float(rng.choice([0.0, 0.5, rng.uniform()])), 2)
        parts = [Branch("fork", [Way(share, parts[:2]), Way(1 - share, parts[2:3])]), *parts[3:]]
    return Pipeline(parts), options


def random_limits(seed: int, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return limits that one of the outcomes often meets exactly."""
    rng = np.random.default_rng(10_000 + seed)
    one = outcomes[int(rng.integers(len(outcomes)))]
    best = max(outcome.success for outcome in outcomes)
    limits: dict[str, Any] = {"target": rng.choice([one.success, one.success, round(rng.uniform(0, best), 3), 0.0])}
    for name, given in {"cost": one.cost, "seconds": one.seconds, "silent": min(1.0, one.silent_failure)}.items():
        if rng.uniform() < 0.5:
            limits[f"{name}_budget"] = given if rng.uniform() < 0.5 else min(1.0, 1.2 * given)
    return limits


@pytest.mark.parametrize("seed", range(60))
def test_against_every_plan(seed: int) -> None:
    pipeline, options = random_problem(seed)
    outcomes = every_outcome(pipeline, options)
    given = random_limits(seed, outcomes)
    limits = Limits(given["target"], given.get("cost_budget"), given.get("seconds_budget"), given.get("silent_budget"))
    expected = cheapest(outcomes, limits)
    if expected is None:
        with pytest.raises(Infeasible) as caught:
            allocate(pipeline, options, **given)
        within = [outcome.success for outcome in outcomes if replace(limits, target=0.0).kept(outcome)]
        best = caught.value.best
        assert (best is None) == (not within)
        if best is not None:
            assert best.evaluate().success == pytest.approx(max(within), abs=REL)
        return
    found = allocate(pipeline, options, **given)
    assert limits.kept(found.outcome)
    assert found.outcome.cost == pytest.approx(expected[0], rel=REL, abs=1e-15)
    assert found.outcome.success >= expected[1] - REL
    assert found.outcome == found.pipeline.evaluate()
    assert with_parts(pipeline.steps, found.choices) == found.pipeline.steps
    assert all(part in options[name] for name, part in found.choices.items())


def six_steps(seed: int, steps: int = 6, *, like_the_first: bool = False) -> tuple[Pipeline, dict[str, list[Part]]]:
    """Return steps with 36 options each."""
    rng = np.random.default_rng(seed)
    made = [
        Step(
            f"step {number}",
            round(rng.uniform(0.9, 0.99), 3),
            loud=round(rng.uniform(0, 0.6), 2),
            cost=round(rng.uniform(0.002, 0.05), 4),
            seconds=round(rng.uniform(1, 10), 1),
        )
        for number in range(steps)
    ]
    if like_the_first:
        made = [replace(made[0], name=step.name) for step in made]
    gates, fallbacks = (None, GATE, STRICT), (None, PERSON, Step("expert", 0.9999, cost=30.0, seconds=6e3))
    options = {
        step.name: remedy_options(step, attempts=(1, 2, 3), gates=gates, fallbacks=fallbacks, votes=(1, 3))
        for step in made
    }
    return Pipeline(made), options


def frontier(pipeline: Pipeline, options: Mapping[str, Sequence[Part]]) -> list[tuple[float, float]]:
    """Return (success, cost) of all plans of a series that no other plan beats, built up from the last step."""
    front = np.array([[1.0, 0.0]])
    for step in reversed(pipeline.steps):
        laws = np.array([[law.good, law.settled, law.cost] for law in map(law_of, options[step.name])])
        good = np.outer(laws[:, 0], front[:, 0]).ravel()
        cost = (laws[:, 2:] + np.outer(laws[:, 1], front[:, 1])).ravel()
        order = np.lexsort((cost, -good))
        good, cost = good[order], cost[order]
        first = np.concatenate([[True], cost[1:] < np.minimum.accumulate(cost)[:-1]])
        front = np.stack([good[first], cost[first]], axis=1)
    return [(float(good), float(cost)) for good, cost in front]


@pytest.mark.parametrize(("seed", "target", "alike"), [(0, 0.9, False), (1, 0.97, False), (2, 0.95, True)])
def test_six_steps_of_36_options(seed: int, target: float, alike: bool) -> None:
    pipeline, options = six_steps(seed, like_the_first=alike)
    assert {len(given) for given in options.values()} == {36}
    cost, failure = min((cost, -good) for good, cost in frontier(pipeline, options) if good >= target)
    found = allocate(pipeline, options, target)
    assert found.outcome.cost == pytest.approx(cost, rel=REL)
    assert found.outcome.success == pytest.approx(-failure, abs=REL)
    best = frontier(pipeline, options)[0][0]
    with pytest.raises(Infeasible) as caught:
        allocate(pipeline, options, 0.9999999)
    assert caught.value.best is not None
    assert caught.value.best.evaluate().success == pytest.approx(best, abs=REL)


def test_costs_of_very_different_size() -> None:
    pipeline, options = six_steps(5, steps=4)
    for scale in (1e-6, 1e6):
        scaled = {
            name: [strategies.rebuilt(Pipeline([part]), lambda one: scaled_cost(one, scale)).steps[0] for part in parts]  # noqa: B023
            for name, parts in options.items()
        }
        found = allocate(pipeline, scaled, 0.99)
        cost = min(cost for good, cost in frontier(pipeline, scaled) if good >= 0.99)
        assert found.outcome.cost == pytest.approx(cost, rel=REL)


def scaled_cost(part: Step | Vote, scale: float) -> Step | Vote:
    gate = part.gate and replace(part.gate, cost=part.gate.cost * scale)
    if isinstance(part, Step):
        return replace(part, cost=part.cost * scale, gate=gate)
    return replace(part, gate=gate)


# What is known.


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


def test_remedies_in_every_combination() -> None:
    gate = Gate(0.5, 0.1)
    step = Step("step", 0.9, loud=0.2, correlation=0.3, cost=1.0, gate=gate, fallback=Step("own", 0.5))
    assert remedy_options(step) == [replace(step, attempts=attempts) for attempts in (1, 2, 3)]
    found = remedy_options(
        step, attempts=(1, 2), gates=(None, GATE), fallbacks=(None, PERSON, step.fallback), votes=(1, 5)
    )
    assert len(found) == 2 * 3 * 2 + 3 * 2
    assert len(set(found)) == len(found)
    votes = [part for part in found if isinstance(part, Vote)]
    assert {(len(vote.voters), vote.needed, vote.correlation) for vote in votes} == {(5, 3, 0.3)}
    assert {part.fallback.name for part in votes if part.fallback is not None} == {"step: person", "own"}
    chain = replace(PERSON, fallback=Vote("panel", [Step("judge", 0.9)], 1))
    (offered,) = remedy_options(step, attempts=(1,), fallbacks=(chain,))
    assert checked_options(Pipeline([step]), {"step": [offered]})
    assert {part.name for part in walk([offered])} == {"step", "step: person", "step: panel", "step: judge"}


# The solver.


def test_what_the_solver_gets_wrong_by_a_little_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it propose plans as if every constraint and the objective had large tolerances."""
    pipeline, options = six_steps(3, steps=2)
    expected = allocate(pipeline, options, 0.95)
    outcomes = []
    solve = optimize.milp

    def careless(costs: Any, *, constraints: Any, **given: Any) -> Any:
        loose = optimize.LinearConstraint(constraints.A, constraints.lb - 1e-3, constraints.ub + 1e-3)
        result = solve(costs, constraints=loose, **given)
        outcomes.append(result.status)
        return result

    monkeypatch.setattr(optimize, "milp", careless)
    found = allocate(pipeline, options, 0.95)
    assert found.outcome.cost == pytest.approx(expected.outcome.cost, rel=REL)
    assert found.outcome.success == pytest.approx(expected.outcome.success, abs=REL)
    assert len(outcomes) > 2


def test_a_solver_that_gives_up_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    given_up = optimize.OptimizeResult(status=1, x=None, mip_dual_bound=None, message="Time limit reached.")
    monkeypatch.setattr(optimize, "milp", lambda *_, **__: given_up)
    step = Step("step", 0.9, loud=1, cost=1.0)
    with pytest.raises(RuntimeError, match=r"Time limit reached\."):
        allocate(Pipeline([step]), {"step": remedy_options(step)}, 0.9)


def test_what_the_solver_prints_is_kept_away(capfd: pytest.CaptureFixture[str]) -> None:
    libc = ctypes.CDLL(None)
    print("before", flush=True)
    with flow_module._silenced():
        libc.printf(b"inside\n")
    print("after", flush=True)
    libc.fflush(None)
    assert capfd.readouterr().out.split() == ["before", "after"]


# Bad input.

PART = Step("step", 0.9, fallback=Step("second", 0.9))
LONE = Pipeline([PART, Branch("way", [Way(1.0, [Step("inner", 0.9)])]), Vote("vote", [Step("voter", 0.9)], 1)])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "options is empty: name at least one step"),
        ({"step": []}, "options of 'step' is empty: give at least one part"),
        ({"stap": [PART]}, "options: no step has the name 'stap'; did you mean 'step'?"),
        ({"zzz": [PART]}, "options: no step has the name 'zzz'; give one of 'step', 'way', 'inner', 'vote'"),
        ({"second": [PART]}, "options: 'second' is a fallback or a voter"),
        ({"voter": [PART]}, "options: 'voter' is a fallback or a voter"),
        ({"step": ["twice"]}, "options of 'step': step 1 is 'twice': give a Step"),
        ({"step": 3}, "options of 'step': steps is 3"),
        ({"way": [PART], "inner": [PART]}, "options: 'inner' is inside 'way', which has options, too"),
        ({"step": [Step("inner", 0.9)]}, "options of 'step': another part has the name 'inner'"),
        (
            {"step": [Step("new", 0.9)], "inner": [Step("new", 0.9)]},
            "options of 'inner': another part has the name 'new'",
        ),
        ({"step": [Step("new", 0.9, fallback=Step("new", 0.8))]}, "two parts have the name 'new'"),
    ],
)
def test_options_that_cannot_be(options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=ONE_SENTENCE) as caught:
        allocate(LONE, options, 0.5)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"target": 1.2}, "target is 1.2: give a probability"),
        ({"target": math.nan}, "target is nan"),
        ({"target": "high"}, "target is 'high'"),
        ({"cost_budget": -1}, "cost_budget is -1: give a finite number of US dollars"),
        ({"cost_budget": math.inf}, "cost_budget is inf"),
        ({"seconds_budget": math.nan}, "seconds_budget is nan"),
        ({"silent_budget": 2}, "silent_budget is 2: give a probability"),
    ],
)
def test_limits_that_cannot_be(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=ONE_SENTENCE) as caught:
        allocate(LONE, {"step": [PART]}, **{"target": 0.5, **given})
    assert message in str(caught.value)


@pytest.mark.parametrize("shared", ["correlation", "common_cause"])
def test_steps_that_share_something_are_refused(shared: str) -> None:
    pipeline = replace(LONE, **{shared: 0.2})  # type: ignore[arg-type] # the name is given
    with pytest.raises(ValueError, match=f"pipeline: {shared} is 0.2: .* steps that share nothing"):
        allocate(pipeline, {"step": [PART]}, 0.5)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"attempts": ()}, "step 'step': attempts is empty"),
        ({"gates": ()}, "step 'step': gates is empty"),
        ({"fallbacks": []}, "step 'step': fallbacks is empty"),
        ({"votes": ()}, "step 'step': votes is empty"),
        ({"votes": (0,)}, "step 'step': votes is 0"),
        ({"attempts": (0,)}, "step 'step': attempts is 0"),
        ({"votes": (3,), "agreement": 2}, "vote 'step': agreement is 2"),
    ],
)
def test_remedies_that_cannot_be(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=ONE_SENTENCE) as caught:
        remedy_options(PART, **given)
    assert message in str(caught.value)


def test_options_of_steps_hold_each_step_as_it_is_and_every_remedy_once() -> None:
    gate, other = Gate(0.9, 0.02), Gate(0.5, 0.0)
    way = Way(1.0, [Step("inside", 0.9)])
    pipeline = Pipeline([Step("a", 0.9, gate=gate, attempts=7), Branch("b", [way]), Vote("v", [Step("x", 0.9)], 1)])
    options = options_of_steps(pipeline, attempts=(2,), gates=(gate, other), votes=(3,))
    assert list(options) == ["a", "inside"]
    assert options["a"][0] == pipeline.steps[0]
    assert len(options["a"]) == len(set(options["a"])) == 1 + 3 * (2 + 1)  # gates x (attempts 1 and 2, and a vote)
    assert {part.gate for part in options["inside"] if isinstance(part, Step)} == {None, gate, other}
    with pytest.raises(ValueError, match=r"^steps: no step that may change has the name 'v'; "):
        options_of_steps(pipeline, steps=["v"])
    with pytest.raises(ValueError, match=r"^steps: the pipeline has votes and branches only"):
        options_of_steps(Pipeline([pipeline.steps[2]]))
