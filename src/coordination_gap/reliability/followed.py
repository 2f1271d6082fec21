"""Simulating a pipeline by following its runs, each on its own, through every attempt.

This gives the distribution of the seconds, and is the only way where runs share their luck
across steps. Runs are taken in blocks that stay in a processor's cache. All runs of a block
take a step at once; one uniform number for each attempt says whether its output is good,
a silent failure that is passed on, or seen; only the few runs that try again are picked
out. Memory is bounded: one block, and the seconds of at most 2**23 runs.

Correlation is drawn as what it stands for, not by the urn of
:mod:`coordination_gap.reliability.simulation`: each run gets its own success from a beta
distribution.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from coordination_gap.reliability.chances import Borders, Chance, Luck, drawn_success, spared_success
from coordination_gap.reliability.counted import gamma_shape
from coordination_gap.reliability.parts import Branch, Gate, Part, Step, Vote
from coordination_gap.reliability.simulated import AMOUNTS, Counts, Floats, Followed, checked_runs, estimates
from coordination_gap.reliability.simulation import wait_seconds

if TYPE_CHECKING:
    from coordination_gap.reliability.pipeline import Pipeline

#: At some 10 million runs a second for a short pipeline, a billion take minutes.
MOST_FOLLOWED = 10**9
#: The seconds of so many runs are kept, 64 MiB.
MOST_KEPT = 2**23
#: Runs of a block: its arrays take some megabytes. Divides MOST_KEPT.
_BLOCK = 2**17

_ATTEMPTS, _COST, _SECONDS = range(len(AMOUNTS))
_NO_GATE = Gate(0.0, 0.0)


def follow(pipeline: "Pipeline", runs: int, seed: int) -> Followed:
    """Follow independent runs of `pipeline`, each on its own.

    Parameters
    ----------
    pipeline
        Any.
    runs
        How many runs, 1 to 10**9.
    seed
        A whole number from 0 on; the same seed gives the same runs.

    Raises
    ------
    ValueError
        If `runs` or `seed` is not what it has to be, or an amount is beyond what a float
        can hold.
    """
    runs, seed = checked_runs(runs, seed, MOST_FOLLOWED, "since each is followed on its own")
    rng = np.random.default_rng(seed)
    follower = _Follower(pipeline, runs, rng)
    ends = {"successes": 0, "silent_failures": 0, "halts": 0}
    mean, squares = np.zeros(3), np.zeros(3)
    kept = np.empty(min(runs, MOST_KEPT))
    with np.errstate(over="ignore", invalid="ignore"):  # amounts beyond any float are refused at the end
        for done in range(0, runs, _BLOCK):
            size = min(_BLOCK, runs - done)
            spent, carrying, halts = follower.block(size)
            ends["halts"] += halts
            ends["silent_failures"] += carrying
            ends["successes"] += size - carrying - halts
            if done < MOST_KEPT:
                kept[done : done + size] = spent[_SECONDS]
            # Means and sums of squares of two sets pooled (Chan, Golub and LeVeque 1983).
            block_mean = spent.mean(axis=1)
            spent -= block_mean[:, None]
            distance = block_mean - mean
            mean += distance * (size / (done + size))
            squares += np.einsum("ij,ij->i", spent, spent) + distance**2 * (done * (size / (done + size)))
    return Followed(seed=seed, seconds_sample=kept, **estimates(ends, mean, squares / runs))


class _Runs:
    """Runs at one place of the pipeline, in no order: for each, what it took and what it carries.

    The first ``size`` entries of the last axis of each array are in use. ``spent`` has
    the rows attempts, US dollars and seconds, to which ``common`` is still to be added,
    what all these runs took. ``carrying`` is whether a silent failure was passed on, and
    ``shared`` what the run's steps share.
    """

    def __init__(self, size: int, spent: Floats, carrying: Any, shared: tuple[Any, ...], common: Floats) -> None:
        self.size, self.spent, self.carrying, self.shared, self.common = size, spent, carrying, shared, common
        self._columns = (spent, carrying, *(column for column in shared if column is not None))

    def copy_of(self, places: Counts) -> "_Runs":
        """Return the runs at `places`."""
        shared = tuple(None if column is None else column[places] for column in self.shared)
        return _Runs(len(places), self.spent[:, places], self.carrying[places], shared, self.common.copy())

    def remove(self, places: Counts) -> None:
        """Remove the runs at `places`, which ascend; the last runs fill the gaps."""
        size = self.size - len(places)
        gaps, fillers = places, np.arange(size, self.size)
        if places[-1] >= size:  # some of the last are removed themselves
            beyond = np.searchsorted(places, size)
            gaps, fillers = places[:beyond], np.delete(fillers, places[beyond:] - size)
        for column in self._columns:
            column[..., gaps] = column[..., fillers]
        self.size = size

    def put_in(self, runs: "_Runs") -> None:
        """Add `runs` behind; there is room for as many as were removed."""
        # What they have in common is not the same, so it is added to each.
        for group in (self, runs):
            group.spent[:, : group.size] += group.common[:, None]
            group.common[:] = 0.0
        for column, added in zip(self._columns, runs._columns, strict=True):
            column[..., self.size : self.size + runs.size] = added[..., : runs.size]
        self.size += runs.size

    def shared_in_use(self) -> tuple[Any, ...]:
        """Return what the steps of these runs share."""
        return tuple(None if column is None else column[: self.size] for column in self.shared)

    def spend(self, attempts: int, cost: float, seconds: Any) -> None:
        """Let all runs take these amounts."""
        self.common[_ATTEMPTS] += attempts
        self.common[_COST] += cost
        if isinstance(seconds, np.ndarray):
            self.spent[_SECONDS, : self.size] += seconds
        else:
            self.common[_SECONDS] += seconds

    def spend_at(self, places: Counts, attempts: float, cost: float, seconds: Any) -> None:
        """Let the runs at `places`, which differ, take these amounts."""
        if attempts != 0.0:
            np.add.at(self.spent[_ATTEMPTS], places, attempts)
        if cost != 0.0:
            np.add.at(self.spent[_COST], places, cost)
        if isinstance(seconds, np.ndarray) or seconds != 0.0:
            np.add.at(self.spent[_SECONDS], places, seconds)

    def spend_inspecting(self, gate: Gate, uninspected: Counts) -> None:
        """Let all runs but those at `uninspected` take what the gate takes."""
        self.spend(0, gate.cost, gate.seconds)
        self.spend_at(uninspected, 0.0, -gate.cost, -gate.seconds)


class _Follower:
    """Takes blocks of runs through one pipeline."""

    def __init__(self, pipeline: "Pipeline", runs: int, rng: np.random.Generator) -> None:
        self._pipeline, self._rng = pipeline, rng
        self._luck = Luck(pipeline, runs)
        block = min(runs, _BLOCK)
        self._spent, self._carrying = np.empty((3, block)), np.empty(block, dtype=bool)
        self._uniform = np.empty(block)
        #: What runs took that halted.
        self._halted: list[Floats] = []

    def block(self, size: int) -> tuple[Floats, int, int]:
        """Follow `size` runs; return what each took, shape ``(3, size)``, how many carry a failure, how many halted."""
        self._halted = []
        spent, carrying = self._spent[:, :size], self._carrying[:size]
        spent[:] = 0.0
        carrying[:] = False
        runs = _Runs(size, spent, carrying, self._luck.draw(self._rng, size), np.zeros(3))
        self._series(self._pipeline.steps, runs)
        spent[:, : runs.size] += runs.common[:, None]
        spent[:, runs.size :] = np.concatenate([spent[:, :0], *self._halted], axis=1)
        return spent, int(np.count_nonzero(carrying[: runs.size])), size - runs.size

    def _series(self, parts: Sequence[Part], runs: _Runs) -> None:
        """Take `runs` through `parts`; those that halt are taken out and kept apart."""
        for part in parts:
            if runs.size == 0:
                return
            if isinstance(part, Branch):
                self._branch(part, runs)
                continue
            left = self._step(part, runs) if isinstance(part, Step) else self._vote(part, runs)
            if left.size:
                self._hand_on(left, part.fallback, runs)

    def _hand_on(self, left: Counts, fallback: Step | Vote | None, runs: _Runs) -> None:
        """Take the runs at the places `left` to the fallback, if there is one, and put those back that it settles."""
        group = runs
        while fallback is not None and left.size:
            handed_on = group.copy_of(left)
            group.remove(left)
            if group is not runs:
                runs.put_in(group)
            group = handed_on
            left = self._step(fallback, group) if isinstance(fallback, Step) else self._vote(fallback, group)
            fallback = fallback.fallback
        if left.size:
            self._halted.append(group.spent[:, left] + group.common[:, None])
            group.remove(left)
        if group is not runs:
            runs.put_in(group)

    def _branch(self, branch: Branch, runs: _Runs) -> None:
        edges = np.cumsum([way.probability for way in branch.ways])
        # A way with probability 0 is never taken, not even at the very end.
        last = max(place for place, way in enumerate(branch.ways) if way.probability > 0.0)
        chosen = np.minimum(np.searchsorted(edges, self._rng.random(runs.size), side="right"), last)
        on_ways = [runs.copy_of(np.flatnonzero(chosen == place)) for place in range(len(branch.ways))]
        runs.size = 0
        for way, on_way in zip(branch.ways, on_ways, strict=True):
            self._series(way.steps, on_way)
            runs.put_in(on_way)

    def _step(self, step: Step, runs: _Runs) -> Counts:
        """Take all `runs` through `step`; return the places of those that are left with nothing."""
        size, gate, borders = runs.size, step.gate or _NO_GATE, Borders.of(step)
        # The last border, between what the gate inspects and what not, matters only if the gate takes something.
        gate_takes = gate.cost > 0.0 or gate.seconds > 0.0
        lines = borders if gate_takes else borders[:2]
        chance = self._own(step, self._luck.chance(step, *runs.shared_in_use()), size)
        runs.spend(1, step.cost, self._duration(step, size))
        uniform = self._rng.random(out=self._uniform[:size])
        places = chance.doubtful(uniform, borders.good)
        uniform = uniform[places]
        for tried in range(1, step.attempts + 1):
            if tried > 1:
                if places.size == 0:
                    break
                seconds = wait_seconds(step, tried - 1) + self._duration(step, places.size)
                runs.spend_at(places, 1.0, step.cost, seconds)
                uniform = self._rng.random(places.size)
            is_no_good, is_seen, *is_loud = chance.beyond(places, uniform, lines)
            if gate_takes and tried == 1:
                runs.spend_inspecting(gate, places[is_loud[0]])
            elif gate_takes:
                runs.spend_at(places[~is_loud[0]], 0.0, gate.cost, gate.seconds)
            runs.carrying[places[is_no_good & ~is_seen]] = True
            places = places[is_seen]
        return places

    def _own(self, part: Step | Vote, chance: Chance, size: int) -> Chance:
        """Return the success in each run once what its attempts, or voters, share is drawn, too."""
        if part.common_cause == 0.0 and part.correlation == 0.0:
            return chance
        p = chance.everywhere()
        if part.common_cause > 0.0:
            is_struck = self._rng.random(size) < part.common_cause * (1.0 - p)
            p = np.where(is_struck, 0.0, spared_success(p, part.common_cause))
        return Chance(drawn_success(self._rng, p, part.correlation, size))

    def _vote(self, vote: Vote, runs: _Runs) -> Counts:
        """Let all `runs` vote; return the places of those that are left with nothing."""
        size, rng = runs.size, self._rng
        longest: Any = 0.0
        for voter in vote.voters:
            longest = np.maximum(longest, self._duration(voter, size))
        runs.spend(len(vote.voters), sum(voter.cost for voter in vote.voters), longest)
        is_good, is_bad = self._agreed(vote, *self._answers(vote, runs))
        if vote.gate is not None:
            runs.spend_inspecting(vote.gate, np.flatnonzero(~(is_good | is_bad)))
            is_passed = rng.random(size) >= np.where(is_good, vote.gate.false_alarm, vote.gate.detection)
            is_good, is_bad = is_good & is_passed, is_bad & is_passed
        runs.carrying[:size] |= is_bad
        return np.flatnonzero(~(is_good | is_bad))

    def _answers(self, vote: Vote, runs: _Runs) -> tuple[Counts, Counts]:
        """Return how many voters of each run answer well, and how many silently wrong."""
        good, bad = np.zeros((2, runs.size), dtype=np.int64)
        places, shared = np.arange(runs.size), runs.shared_in_use()
        in_common = None
        if vote.common_cause > 0.0 or vote.correlation > 0.0:
            in_common = self._own(vote, self._luck.chance(vote.voters[0], *shared), runs.size)
        for voter in vote.voters:
            borders = Borders.of(voter)
            chance = in_common or self._luck.chance(voter, *shared)
            is_no_good, is_loud = chance.beyond(places, self._rng.random(runs.size), (borders.good, borders.loud))
            good += ~is_no_good
            bad += is_no_good & ~is_loud
        return good, bad

    def _agreed(self, vote: Vote, good: Counts, bad: Counts) -> tuple[Any, Any]:
        """Return in which runs enough voters agree on a good answer, and in which on a wrong one."""
        is_alike = self._rng.random(len(bad)) < vote.agreement
        # Wrong answers that all differ are one of each, which is enough only where one is needed.
        is_bad = np.where(is_alike, bad, bad > 0) >= vote.needed
        return (good >= vote.needed) & ~is_bad, is_bad

    def _duration(self, step: Step, size: int) -> Any:
        """Return the seconds of an attempt of each of `size` runs: one number where they are constant."""
        shape = gamma_shape(step.seconds_cv)
        if step.seconds == 0.0 or math.isinf(shape):
            return step.seconds
        seconds = self._rng.standard_gamma(shape, size)
        seconds *= step.seconds / shape
        return seconds
