"""The search for the cheapest plan: what the solver proposes, evaluated and, if need be, excluded."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from coordination_gap.reliability.flow import Expression, Flow, Limit, Plan
from coordination_gap.reliability.law import Law, law_of
from coordination_gap.reliability.leaves import with_parts
from coordination_gap.reliability.parts import Part
from coordination_gap.reliability.pipeline import Outcome, Pipeline

#: What a limit may be missed by, as rounding: of a probability, and as a share of dollars and seconds.
_ROUNDING = 1e-12
#: Costs that differ by a smaller share than this, and successes by less, count as equal.
_EQUAL = 1e-9
_FINE = 1e-3


@dataclass(frozen=True)
class Limits:
    """What a plan has to keep; None for no budget."""

    target: float
    cost: float | None
    seconds: float | None
    silent: float | None

    def kept(self, outcome: Outcome) -> bool:
        """Return whether `outcome` keeps them, but for rounding."""
        return (
            outcome.success >= self.target - _ROUNDING
            and (self.cost is None or outcome.cost <= self.cost * (1 + _ROUNDING))
            and (self.seconds is None or outcome.seconds <= self.seconds * (1 + _ROUNDING))
            and (self.silent is None or outcome.silent_failure <= self.silent + _ROUNDING)
        )

    def words(self) -> str:
        """Return the budgets in words, empty if there is none."""
        given = [
            None if self.cost is None else f"{self.cost:.10g} US dollars",
            None if self.seconds is None else f"{self.seconds:.10g} seconds",
            None if self.silent is None else f"a silent failure of {self.silent:.10g}",
        ]
        return " and ".join(word for word in given if word)


class Search:
    """The plans for a pipeline whose named parts have `options`, within `limits`."""

    def __init__(self, pipeline: Pipeline, options: Mapping[str, tuple[Part, ...]], limits: Limits) -> None:
        self.pipeline, self.options, self.limits = pipeline, options, limits
        timed = limits.seconds is not None
        self.laws = {name: _unbeaten([law_of(part) for part in parts], timed) for name, parts in options.items()}
        self._known: dict[tuple[int, ...], Outcome] = {}

    def built(self, plan: Plan) -> Pipeline:
        """Return the pipeline of `plan`."""
        chosen = {name: parts[plan[name]] for name, parts in self.options.items()}
        return replace(self.pipeline, steps=with_parts(self.pipeline.steps, chosen))

    def outcome(self, plan: Plan) -> Outcome:
        """Return how the runs of `plan` end, exactly."""
        key = tuple(plan[name] for name in self.options)
        if key not in self._known:
            self._known[key] = self.built(plan).evaluate()
        return self._known[key]

    def cheapest(self) -> Plan | None:
        """Return a plan of least cost, None where none keeps the limits."""
        best: Plan | None = None
        excluded: list[Plan] = []
        while True:
            dearest = math.inf if best is None else self.outcome(best).cost
            # Once a cost is known, it says how small a difference of costs is of interest.
            found = self._least("cost", self.limits, dearest, 0.0 if best is None else dearest, excluded)
            if found is None:
                return best
            plan, bound = found
            outcome = self.outcome(plan)
            if self.limits.kept(outcome) and outcome.cost < dearest:
                best = plan
            excluded.append(plan)
            if best is not None and bound >= self.outcome(best).cost * (1 - _EQUAL):
                return best

    def surest_of(self, cheapest: Plan) -> Plan:
        """Return the plan of the highest success of those that cost what `cheapest` does."""
        best, excluded, dearest = cheapest, [cheapest], self.outcome(cheapest).cost * (1 + _EQUAL)
        while True:
            better = replace(self.limits, target=min(1.0, self.outcome(best).success + _EQUAL))
            found = self._least("cost", better, math.inf, self.outcome(cheapest).cost, excluded)
            if found is None or found[1] > dearest:
                return best  # every plan of a higher success costs more
            found = self._least("failure", better, dearest, 1.0, excluded)
            if found is None:
                return best
            plan, most = found[0], -found[1]
            excluded.append(plan)
            outcome = self.outcome(plan)
            if better.kept(outcome) and outcome.cost <= dearest:
                best = plan
                if outcome.success >= most - _EQUAL:
                    return best

    def surest(self) -> Plan | None:
        """Return the plan of the highest success."""
        best: Plan | None = None
        excluded: list[Plan] = []
        while True:
            better = self.limits if best is None else replace(self.limits, target=self.outcome(best).success)
            found = self._least("failure", better, math.inf, 1.0, excluded)
            if found is None:
                return best
            plan, most = found[0], -found[1]
            excluded.append(plan)
            if better.kept(self.outcome(plan)):
                best = plan
            if best is not None and self.outcome(best).success >= most - _EQUAL:
                return best

    def _least(
        self, what: Literal["cost", "failure"], limits: Limits, dearest: float, unit: float, excluded: Sequence[Plan]
    ) -> tuple[Plan, float] | None:
        flow = Flow(self.pipeline.steps, self.laws, limits.target)
        objective = flow.cost if what == "cost" else _negative(flow.success)
        found = flow.least(objective, unit or _most(objective), _rows(flow, limits, dearest), excluded)
        return None if found is None else (self._whole(found[0]), found[1])

    def _whole(self, plan: Plan) -> Plan:
        """Return the plan with the parts that have one option left."""
        return {name: plan.get(name, next(iter(laws))) for name, laws in self.laws.items()}


def _rows(flow: Flow, limits: Limits, dearest: float) -> list[Limit]:
    """Return the limits on a plan, with what it may cost at most."""
    # Near 1 or 0 a difference of 1e-6 is much, so those limits are enlarged.
    rows = [Limit(_negative(flow.success), -limits.target, max(_FINE, 1 - limits.target))]
    if limits.silent is not None:
        rows.append(Limit(flow.silent_failure, limits.silent, max(_FINE, limits.silent)))
    cost = min(dearest, math.inf if limits.cost is None else limits.cost)
    for expression, most in ((flow.cost, cost), (flow.seconds, limits.seconds)):
        if most is not None and most < math.inf:
            rows.append(Limit(expression, most, most if most > 0.0 else _most(expression)))
    return rows


def _negative(expression: Expression) -> Expression:
    return {variable: -coefficient for variable, coefficient in expression.items()}


def _most(expression: Expression) -> float:
    """Return the largest coefficient, or 1 where all are 0."""
    return max((abs(value) for value in expression.values()), default=0.0) or 1.0


def _unbeaten(laws: Sequence[Law], timed: bool) -> dict[int, Law]:
    """Return the laws, by place, that no other one is at least as good as in every respect.

    With all else the same, more good outputs never lower the success nor raise the silent
    failures; and fewer outputs passed on, good and bad together, never raise cost, seconds or
    silent failures, since fewer runs go on to later steps. Seconds count where they are `timed`.
    """
    burdens = np.array([(-law.good, law.settled, law.cost, law.seconds if timed else 0.0) for law in laws])
    kept = {}
    for place, law in enumerate(laws):
        no_worse = (burdens <= burdens[place]).all(axis=1)
        same = (burdens == burdens[place]).all(axis=1)
        if not (no_worse & ~same).any() and not same[:place].any():
            kept[place] = law
    return kept
