"""The template that attempts are held against, and the path that each run takes through it."""

import itertools
from collections.abc import Sequence

import numpy as np
import pandas as pd

from coordination_gap.reliability.parts import Branch, Gate, Part, Step, Vote, walk
from coordination_gap.reliability.pipeline import Pipeline
from coordination_gap.reliability.traces.codes import NONE, PASSED_ON_CODES, REJECTION_CODES, Flags, Ints
from coordination_gap.reliability.traces.files import places_of
from coordination_gap.reliability.traces.frame import OUTCOMES, TraceError, nearest

GIVE_TEMPLATE = "give a template that says how the steps are joined (a Pipeline, or its file with --template)"


class Rows:
    """Steps and outcomes of attempts, row by row, and the words for where a row stands."""

    def __init__(self, attempts: pd.DataFrame) -> None:
        self.run, self.names = pd.factorize(attempts["run"])
        self.step, self.steps = pd.factorize(attempts["step"])
        self.outcome = pd.Categorical(attempts["outcome"], categories=list(OUTCOMES)).codes.astype(np.int64)
        self.attempt = attempts["attempt"].to_numpy()
        self.place = places_of(attempts)

    def first(self, which: Flags) -> str:
        """Return where the first of some rows stands."""
        return self.place(int(np.flatnonzero(which)[0]))

    def last(self, which: Flags) -> str:
        """Return where the last of some rows stands."""
        return self.place(int(np.flatnonzero(which)[-1]))

    def of_step(self, name: str) -> Flags:
        """Return which rows are attempts of a step."""
        return np.asarray(self.step == self.steps.get_loc(name))


def series_of(rows: Rows, seen: dict[str, tuple[int, bool]]) -> Pipeline:
    """Return the series of steps that all runs take in the same order."""
    run, step, names = rows.run, rows.step, rows.names
    firsts = pd.DataFrame({"run": run, "step": step}).drop_duplicates()
    rank, of_step, steps = firsts.groupby("run").cumcount().to_numpy(), firsts["step"].to_numpy(), list(seen)
    low, high = np.full(len(steps), len(steps)), np.zeros(len(steps), dtype=np.int64)
    np.minimum.at(low, of_step, rank)
    np.maximum.at(high, of_step, rank)
    for moving in np.flatnonzero(low != high):
        early, late = (firsts["run"].to_numpy()[(of_step == moving) & (rank == at[moving])][0] for at in (low, high))
        here, there = (rows.first((run == each) & (step == moving)) for each in (early, late))
        raise TraceError(
            f"{here}: step {steps[moving]!r} is step {low[moving] + 1} of run {names[early]!r}, and step "
            f"{high[moving] + 1} of run {names[late]!r} ({there}), so the steps are no plain series: {GIVE_TEMPLATE}"
        )
    order = np.argsort(low, kind="stable")
    for a, b in itertools.pairwise(order):
        if low[a] == low[b]:
            here = rows.place(max(int(np.flatnonzero(step == each)[0]) for each in (a, b)))
            raise TraceError(
                f"{here}: steps {steps[a]!r} and {steps[b]!r} are both step {low[a] + 1} of a run, each of another, so "
                f"the steps are no plain series: {GIVE_TEMPLATE}"
            )
    return Pipeline(
        [
            Step(steps[at], 1.0, attempts=seen[steps[at]][0], gate=Gate(0.0, 0.0) if seen[steps[at]][1] else None)
            for at in order
        ]
    )


def checked_steps(template: Pipeline, rows: Rows, seen: dict[str, tuple[int, bool]]) -> tuple[Step, ...]:
    """Return the template's steps in the order they stand, if they can be those of the attempts.

    `seen` has the most attempts of each step, and whether outputs of it were rejected.
    """
    if not isinstance(template, Pipeline):
        raise TraceError(f"template is {template!r}: give a Pipeline, or None for a plain series")
    for part in walk(template.steps):
        if isinstance(part, Vote):
            raise TraceError(
                f"template: {part.name!r} is a vote, whose agreement traces do not show: put a Step in its place and "
                "record the agreed answer as its attempt"
            )
        if isinstance(part, Branch) and sum(not way.steps for way in part.ways) > 1:
            raise TraceError(f"template: branch {part.name!r} has two ways without a step: make them one")
    steps = {part.name: part for part in walk(template.steps) if isinstance(part, Step)}
    for name, (most, rejected) in seen.items():
        of_step = rows.of_step(name)
        if name not in steps:
            near = nearest(name, steps)
            name_there = "mend its name in the trace" if near is None else f"write {near!r} in the trace"
            raise TraceError(f"{rows.first(of_step)}: step {name!r} is not in the template: add it, or {name_there}")
        if most > steps[name].attempts:
            allowed = steps[name].attempts
            raise TraceError(
                f"{rows.first(of_step & (rows.attempt == most))}: step {name!r} has an attempt {most}, but "
                f"attempts={allowed} in the template: raise it"
            )
        if rejected and steps[name].gate is None:
            raise TraceError(
                f"{rows.first(of_step & np.isin(rows.outcome, REJECTION_CODES))}: step {name!r} has rejected outputs, "
                "but no gate in the template: give it one"
            )
    return tuple(steps.values())


class RunPaths:
    """Where runs go in a template: halted or stopped before which step (by number), and by which way at a branch."""

    def __init__(
        self, template: Pipeline, steps: Sequence[Step], last: Ints, made: Ints, rows: Rows, mend: str
    ) -> None:
        self._steps, self._last, self._made, self._rows, self._mend = steps, last, made, rows, mend
        self._place = {step.name: number for number, step in enumerate(steps)}
        self.halted_at, self.stopped_at = (np.full(len(last), NONE, dtype=np.int64) for _ in range(2))
        self.way: dict[str, Ints] = {}
        self.given_up: dict[str, int] = {}
        self._series(template.steps, np.ones(len(last), dtype=np.bool_))

    def _series(self, parts: Sequence[Part], here: Flags) -> Flags:
        """Take the runs that are `here` through the parts; return which of them come out."""
        for part in parts:
            if isinstance(part, Branch):
                here = self._branch(part, here)
            elif isinstance(part, Step):
                here = self._step(part, here)
        return here

    def _step(self, step: Step, here: Flags) -> Flags:
        place = self._place[step.name]
        last = self._last[:, place]
        astray = np.flatnonzero((last != NONE) & ~here)
        if astray.size:
            run, rows = astray[0], self._rows
            where = rows.first((rows.run == run) & rows.of_step(step.name))
            raise TraceError(f"{where}: run {rows.names[run]!r}: step {step.name!r} has attempts {self._why(run)}")
        self.stopped_at[here & (last == NONE)] = place
        passed = here & np.isin(last, PASSED_ON_CODES)
        seen = here & (last != NONE) & ~passed
        early = int((seen & (self._made[:, place] < step.attempts)).sum())
        if early:
            self.given_up[step.name] = early
        if isinstance(step.fallback, Step):
            return passed | self._step(step.fallback, seen)
        self.halted_at[seen] = place
        return passed

    def _branch(self, branch: Branch, here: Flags) -> Flags:
        inside = [[self._place[p.name] for p in walk(way.steps) if isinstance(p, Step)] for way in branch.ways]
        took = np.stack([(self._last[:, places] != NONE).any(axis=1) for places in inside])
        empty = next((number for number, way in enumerate(branch.ways) if not way.steps), NONE)
        way = np.where(here, np.where(took.any(axis=0), took.argmax(axis=0), empty), NONE)
        self.way[branch.name] = way
        self.stopped_at[here & (way == NONE)] = inside[0][0] if inside[0] else NONE
        out = np.zeros_like(here)
        for number, each in enumerate(branch.ways):
            out |= self._series(each.steps, way == number)
        return out

    def _why(self, run: int) -> str:
        """Return why a step has no place in a run, and what to do."""
        if (at := self.halted_at[run]) != NONE:
            outcome = list(OUTCOMES)[self._last[run, at]]
            why = f"after step {self._steps[at].name!r} ended in {outcome!r}, which halts the run"
        elif (at := self.stopped_at[run]) != NONE:
            why = f"although step {self._steps[at].name!r}, which comes before it, has none"
        else:
            why = "although the run took another way, or the step it stands in for passed its output on"
        return f"{why}: {self._mend}"
