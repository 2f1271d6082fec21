"""The cheapest combination of retries, gates, fallbacks and votes that reaches a target within budgets.

The choice is exact: a mixed-integer linear program (:mod:`~.flow`) proposes plans, from the
cheapest on, and each is evaluated as a pipeline before it counts. A solver works to
tolerances of about 1e-6, so it may propose a plan that misses a limit by that little, or
call two plans equal in cost that are not: such a plan is excluded, and the solver is asked
again, until what it holds to be the least cost of all others is no less than that of the
best plan found. Options that another one beats in every respect are left out beforehand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from coordination_gap import checks
from coordination_gap.reliability.law import law_of
from coordination_gap.reliability.options import checked_options, remedy_options
from coordination_gap.reliability.parts import Branch, Part, Step, Vote, walk
from coordination_gap.reliability.pipeline import Outcome, Pipeline
from coordination_gap.reliability.plans import Limits, Search

__all__ = ["Allocation", "Infeasible", "allocate", "remedy_options"]


class Infeasible(ValueError):  # noqa: N818 # what it says of the problem, not an error of its own
    """No choice reaches the target within the budgets.

    Attributes
    ----------
    best
        The pipeline of the highest success within the budgets; None where no choice stays within them.
    """

    def __init__(self, message: str, best: Pipeline | None) -> None:
        super().__init__(message)
        self.best = best


@dataclass(frozen=True)
class Allocation:
    """The cheapest plan.

    Attributes
    ----------
    pipeline, outcome
        The pipeline with the chosen parts, and how its runs end.
    choices
        The chosen part of each step that had options.
    frame
        A row for each step that had options, in the order in which they stand: ``step``;
        ``option``, its place in the options from 0 on; ``changed``, whether it differs from
        the part before; ``attempts`` (empty for a vote or branch), ``voters`` and ``needed``
        (empty but for a vote), ``detection`` and ``false_alarm`` (empty without a gate),
        ``fallback`` (its name, or empty); and of the part by itself, when a run reaches it,
        ``success``, ``silent_failure``, ``halted``, ``cost`` and ``seconds``.
    """

    pipeline: Pipeline
    outcome: Outcome
    choices: Mapping[str, Part]
    frame: pd.DataFrame = field(repr=False, compare=False)


def allocate(
    pipeline: Pipeline,
    options: Mapping[str, Sequence[Part]],
    target: float,
    *,
    cost_budget: float | None = None,
    seconds_budget: float | None = None,
    silent_budget: float | None = None,
) -> Allocation:
    """Choose one option for each step so that a run is expected to cost least.

    A limit counts as kept where it is missed by no more than rounding (1e-12 of a run, or of
    the budget). Of plans that cost the same to a billionth, one of the highest success is
    chosen, again to a billionth; of options that do the same, the one that stands first.

    Parameters
    ----------
    pipeline
        Without a correlation or common cause over its steps.
    options
        For each step to decide on, by name, what may stand in its place; to keep it is an
        option only if it is listed. The step stands in the pipeline's series or in a way of a
        branch, and may be a vote or a branch; a fallback or voter is part of its step's options.
    target
        The success to reach, a probability.
    cost_budget, seconds_budget
        What a run may cost and take, expected US dollars and mean seconds.
    silent_budget
        How probable a silent failure may be.

    Raises
    ------
    Infeasible
        If no choice keeps all limits; the message says what success is within reach.
    ValueError
        If an argument cannot be.
    """
    limits = Limits(
        checks.probability(target, "target"),
        None if cost_budget is None else checks.amount(cost_budget, "cost_budget", "US dollars"),
        None if seconds_budget is None else checks.amount(seconds_budget, "seconds_budget", "seconds"),
        None if silent_budget is None else checks.probability(silent_budget, "silent_budget"),
    )
    search = Search(pipeline, checked_options(pipeline, options), limits)
    cheapest = search.cheapest()
    if cheapest is None:
        raise _infeasible(search)
    plan = search.surest_of(cheapest)
    built = search.built(plan)
    before = {part.name: part for part in walk(pipeline.steps)}
    choices = {name: search.options[name][plan[name]] for name in before if name in search.options}
    rows = [
        {"step": name, "option": plan[name], "changed": part != before[name], **_row(part)}
        for name, part in choices.items()
    ]
    return Allocation(built, built.evaluate(), choices, pd.DataFrame(rows).astype(_TYPES))


def _infeasible(search: Search) -> Infeasible:
    """Return what is to be raised where no plan keeps the limits."""
    budgets = search.limits.words()
    within = Search(search.pipeline, search.options, replace(search.limits, target=0.0))
    plan = within.surest()
    if plan is None:
        return Infeasible(f"no choice stays within {budgets}: raise a budget or add options", None)
    return Infeasible(
        f"no choice reaches a success of {search.limits.target:.10g}{budgets and f' within {budgets}'}: "
        f"the highest within reach is {within.outcome(plan).success:.10g}; "
        f"lower the target{budgets and ', raise a budget'} or add options",
        within.built(plan),
    )


_TYPES = {
    "attempts": "Int64",
    "voters": "Int64",
    "needed": "Int64",
    "detection": "Float64",
    "false_alarm": "Float64",
    "fallback": "string",
}


def _row(part: Part) -> dict[str, object]:
    """Return what a part is and does, in columns."""
    gate = None if isinstance(part, Branch) else part.gate
    fallback = None if isinstance(part, Branch) else part.fallback
    law = law_of(part)
    return {
        "attempts": part.attempts if isinstance(part, Step) else None,
        "voters": len(part.voters) if isinstance(part, Vote) else None,
        "needed": part.needed if isinstance(part, Vote) else None,
        "detection": None if gate is None else gate.detection,
        "false_alarm": None if gate is None else gate.false_alarm,
        "fallback": None if fallback is None else fallback.name,
        "success": law.good,
        "silent_failure": law.bad,
        "halted": law.halted,
        "cost": law.cost,
        "seconds": law.seconds,
    }
