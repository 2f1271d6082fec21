"""Attempts as arrays of counts by kind of run, and the estimates that samples of runs give.

A run's end is what was observed, or, where that is missing, follows from its steps: halted
at the last attempt that was seen to fail, otherwise a silent failure if an output passed on
was wrong, otherwise a success, and unknown as long as one of these outputs was not judged.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from coordination_gap.reliability.parts import LEAST_SPREAD, Branch, Gate, Part, Step, Vote, Way, walk
from coordination_gap.reliability.pipeline import Pipeline
from coordination_gap.reliability.traces.amounts import Amount, amounts_by_step
from coordination_gap.reliability.traces.codes import (
    HALTED,
    NONE,
    PASSED,
    REJECTION_CODES,
    RIGHT,
    SILENT,
    SILENT_FAILURE,
    SUCCESS,
    WRONG,
    Flags,
    Floats,
    Ints,
)
from coordination_gap.reliability.traces.frame import (
    DROP_CUT_RUNS,
    OUTCOMES,
    RUN_OUTCOMES,
    TraceError,
    check_attempts,
    check_incomplete,
)
from coordination_gap.reliability.traces.path import GIVE_TEMPLATE, Rows, RunPaths, checked_steps, series_of
from coordination_gap.reliability.traces.rates import RATES, likeliest_correlation, rates_of, ratio

_MEND = "mend the template or the trace"
#: What the pipeline takes for a rate that is unknown, and what that means.
INSTEAD = {
    "success": (0.0, "the worst case"),
    "loud": (0.0, "the worst case"),
    "detection": (0.0, "the worst case"),
    "false_alarm": (0.0, "which without good outputs changes nothing"),
    "correlation": (0.0, "independent attempts"),
}


@dataclass(frozen=True, eq=False)
class Values:
    """Rates of steps, (samples, steps, rates), and shares of the ways of each branch, (samples, ways)."""

    rates: Floats
    ways: dict[str, Floats]

    def filled(self, instead: "Values") -> "Values":
        """Return the same with `instead` where a value is unknown."""
        ways = {name: np.where(np.isnan(share), instead.ways[name], share) for name, share in self.ways.items()}
        return Values(np.where(np.isnan(self.rates), instead.rates, self.rates), ways)


def _known(value: float) -> float:
    return 0.0 if math.isnan(value) else value


def _spread(cv: float) -> float:
    """Return a coefficient of variation that a step may have: times that are alike but for rounding are constant."""
    return 0.0 if math.isnan(cv) or cv < LEAST_SPREAD else cv


@dataclass(frozen=True, eq=False)
class Data:
    """Attempts as arrays; runs that are alike in all that is counted are one kind of run."""

    template: Pipeline
    inferred: bool
    steps: tuple[Step, ...]
    weight: Floats  # how many runs there are of each kind, (kinds,)
    first: Floats  # outcomes of first attempts, (kinds, steps, outcomes)
    tries: Floats  # outcomes of all attempts, (kinds, steps, outcomes)
    way: dict[str, Ints]  # which way was taken at a branch, (kinds,)
    observed: Ints  # the end that was observed, (kinds,)
    derived: Ints  # the end that follows from the steps, (kinds,)
    amounts: dict[str, dict[str, Amount]]  # by step, of cost and seconds
    dropped: int
    given_up: dict[str, int]  # runs in which a step ended before its attempts were used up

    @property
    def runs(self) -> int:
        """How many runs there are."""
        return int(self.weight.sum())

    @property
    def ends(self) -> Floats:
        """How each kind of run ended, the last column for unknown, (kinds, 4)."""
        return np.eye(len(RUN_OUTCOMES) + 1)[np.where(self.observed == NONE, self.derived, self.observed)]

    def now(self) -> Values:
        """Return what the runs as they are say, with what is put in for the unknown."""
        convention = np.array([INSTEAD[rate][0] for rate in RATES])
        ways = {
            part.name: np.array([[way.probability for way in part.ways]])
            for part in walk(self.template.steps)
            if isinstance(part, Branch)
        }
        return self.values(self.weight[None, :]).filled(Values(convention, ways))

    def values(self, weight: Floats) -> Values:
        """Return the estimates from samples that hold each kind of run `weight` times, NaN for unknown."""
        first = np.tensordot(weight, self.first, axes=1)
        tries = np.tensordot(weight, self.tries, axes=1)
        success = rates_of(first)[0]
        correlation = np.full_like(success, math.nan)
        for place, step in enumerate(self.steps):
            if step.attempts > 1:
                correlation[:, place] = likeliest_correlation(weight @ self.urn(place), success[:, place])
        ways = {}
        for name, way in self.way.items():
            branch = next(part for part in walk(self.template.steps) if part.name == name)
            assert isinstance(branch, Branch)  # noqa: S101 # for the type checker: only branches have ways
            took = weight @ np.eye(len(branch.ways) + 1)[way][:, :-1]
            ways[name] = ratio(took, took.sum(axis=1, keepdims=True))
        return Values(np.stack([success, *rates_of(tries)[1:], correlation], axis=-1), ways)

    def urn(self, place: int) -> Floats:
        """Return what the likelihood of a correlation is made of: runs with more than i right, wrong, and both."""
        right = self.tries[:, place, RIGHT].sum(axis=1)
        wrong = self.tries[:, place, WRONG].sum(axis=1)
        drawn = np.arange(max(2, int((right + wrong).max())))
        return np.concatenate([count[:, None] > drawn for count in (right, wrong, right + wrong)], axis=1).astype(float)

    def pipeline(self, values: Values, sample: int) -> Pipeline:
        """Return the template with the values of a sample."""
        rates = values.rates[sample].tolist()
        place = {step.name: number for number, step in enumerate(self.steps)}

        def step(part: Step) -> Step:
            success, loud, detection, false_alarm, correlation = rates[place[part.name]]
            cost, seconds = (self.amounts[part.name][name] for name in ("cost", "seconds"))
            return replace(
                part,
                success=min(success, 1.0),  # adding up shares may exceed 1 by a last digit
                loud=min(loud, 1.0),
                gate=Gate(min(detection, 1.0), min(false_alarm, 1.0)) if part.gate else None,
                correlation=correlation if part.attempts > 1 else 0.0,
                common_cause=0.0,
                cost=_known(cost.mean),
                seconds=_known(seconds.mean),
                seconds_cv=_spread(seconds.cv),
                fallback=step(part.fallback) if isinstance(part.fallback, Step) else None,
            )

        def build(parts: Sequence[Part]) -> list[Part]:
            return [
                step(part)
                if isinstance(part, Step)
                else Branch(
                    part.name, [Way(p, build(way.steps)) for p, way in zip(shares(part), part.ways, strict=True)]
                )
                for part in parts
                if not isinstance(part, Vote)
            ]

        def shares(part: Branch) -> list[float]:
            found: list[float] = values.ways[part.name][sample].tolist()
            return found

        return Pipeline(build(self.template.steps))

    def product(self, values: Values) -> Floats:
        """Return the product of the steps' success, fallbacks left aside, of each sample."""
        place = {step.name: number for number, step in enumerate(self.steps)}

        def series(parts: Sequence[Part]) -> Floats:
            found = np.ones(len(values.rates))
            for part in parts:
                if isinstance(part, Step):
                    found = found * values.rates[:, place[part.name], 0]
                elif isinstance(part, Branch):
                    each = [series(way.steps) for way in part.ways]
                    found = found * (values.ways[part.name] * np.stack(each, axis=1)).sum(axis=1)
            return found

        return series(self.template.steps)


def read_data(attempts: pd.DataFrame, template: Pipeline | None, incomplete: str) -> Data:
    """Return the attempts as arrays, once they are known to agree with the template."""
    check_incomplete(incomplete)
    # Without a template, the order of the rows says which step comes first.
    checked = check_attempts(attempts, in_order=template is None)
    rows = Rows(checked)
    run, step, outcome, attempt, names = rows.run, rows.step, rows.outcome, rows.attempt, rows.names
    most = np.zeros(len(rows.steps), dtype=np.int64)
    np.maximum.at(most, step, attempt)
    rejected = np.bincount(step[np.isin(outcome, REJECTION_CODES)], minlength=len(rows.steps)) > 0
    seen = {str(name): (int(most[code]), bool(rejected[code])) for code, name in enumerate(rows.steps)}
    inferred = template is None
    if template is None:
        template = series_of(rows, seen)
    steps = checked_steps(template, rows, seen)
    number_of = {part.name: number for number, part in enumerate(steps)}
    place = np.array([number_of[name] for name in seen])[step]
    shape = (len(names), len(steps), len(OUTCOMES))
    tries = np.bincount(np.ravel_multi_index((run, place, outcome), shape), minlength=math.prod(shape)).reshape(shape)
    first, last = (np.full(shape[:2], NONE, dtype=np.int64) for _ in range(2))
    for found, of in ((first, attempt == 1), (last, attempt == tries.sum(axis=2)[run, place])):
        found[run[of], place[of]] = outcome[of]
    observed = np.full(len(names), NONE, dtype=np.int64)
    observed[run] = pd.Categorical(checked["run_outcome"], categories=list(RUN_OUTCOMES)).codes

    path = RunPaths(template, steps, last, tries.sum(axis=2), rows, GIVE_TEMPLATE if inferred else _MEND)
    cut = (path.stopped_at != NONE) & (observed == NONE)
    if cut.any() and (incomplete == "refuse" or cut.all()):
        one = int(np.flatnonzero(cut)[0])
        mends = ["give their run_outcome", DROP_CUT_RUNS, *([GIVE_TEMPLATE] if inferred else [])]
        raise TraceError(
            f"{rows.last(run == one)}: run {names[one]!r} stops before step {steps[path.stopped_at[one]].name!r}, "
            "though no attempt before it halts the run, and has no run_outcome; "
            f"{cut.sum()} of {len(cut)} runs do so: {', or '.join(mends)}"
        )
    unjudged, silent = ((tries[:, :, kind] > 0).any(axis=1) for kind in (PASSED, SILENT))
    derived = np.select(
        [path.halted_at != NONE, (path.stopped_at != NONE) | unjudged, silent],
        [HALTED, NONE, SILENT_FAILURE],
        SUCCESS,
    )
    kind, weight = _kinds(first, tries.reshape(len(names), -1), observed, derived, *path.way.values(), kept=~cut)
    kept = checked[~cut[run]]
    return Data(
        template=template,
        inferred=inferred,
        steps=steps,
        weight=weight.astype(np.float64),
        first=np.eye(len(OUTCOMES) + 1)[first[kind]][:, :, :-1],
        tries=tries[kind].astype(np.float64),
        way={name: way[kind] for name, way in path.way.items()},
        observed=observed[kind],
        derived=derived[kind],
        amounts=amounts_by_step(kept, place[~cut[run]], steps),
        dropped=int(cut.sum()) + int(checked.attrs["dropped_runs"]),
        given_up=path.given_up,
    )


def _kinds(*features: Ints, kept: Flags) -> tuple[Ints, Floats]:
    """Return one run of each kind among those kept, and how many there are of it; features are (runs,) or (runs, …)."""
    key, size = np.zeros(int(kept.sum()), dtype=np.int64), 1
    for column in np.column_stack(features)[kept].T:
        low, span = int(column.min()), int(column.max() - column.min()) + 1
        if size * span > 2**62:
            key = pd.factorize(key)[0]
            size = int(key.max()) + 1
        key, size = key * span + (column - low), size * span
    _, first, number = np.unique(key, return_index=True, return_counts=True)
    return np.flatnonzero(kept)[first], number.astype(np.float64)
