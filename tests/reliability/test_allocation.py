"""The cheapest plan: against every plan counted out, against a frontier where there are too many, and the solver."""

import ctypes
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import optimize

from coordination_gap.reliability import Outcome, Pipeline, Step, law_of
from coordination_gap.reliability import flow as flow_module
from coordination_gap.reliability.allocation import Infeasible, allocate, remedy_options
from coordination_gap.reliability.leaves import with_parts
from coordination_gap.reliability.parts import Branch, Part, Vote, Way
from coordination_gap.reliability.plans import Limits
from tests.reliability import strategies
from tests.reliability.remedy_examples import GATE, PERSON, STRICT

REL = 1e-9


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
