"""Simulating a pipeline by sampling how many runs take each turn, attempt by attempt.

Runs that stand at the same place are alike, so only their number is kept: for every
attempt of every step, binomial draws decide how many of them succeed, fail loudly, are
caught or are rejected. Time grows with steps and attempts, not with runs, and memory with
neither runs nor steps. Nothing here uses the closed forms of
:mod:`coordination_gap.reliability.law`: the two check each other.

Attempts that share a success (``correlation``) follow Pólya's urn: each success makes the
next one likelier, and runs with equally many successes stay alike. A common cause first
divides the runs into those that it strikes and those that it spares.

Each group of runs also carries mean and variance of the attempts, dollars and seconds that
it took so far. What becomes of a run does not depend on what it took to get where it is,
so a group that is divided leaves both to its parts. Random times enter as the sum over a
group's attempts, which is gamma distributed too; means and standard errors therefore
vary from seed to seed as those of runs followed one by one do.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from coordination_gap.reliability.chances import spared_success
from coordination_gap.reliability.counted import Runs, binomial, padded, part_of, together
from coordination_gap.reliability.parts import Branch, Gate, Part, Step, Vote, walk
from coordination_gap.reliability.simulated import Counts, Floats, Followed, Simulated, checked_runs, estimates

if TYPE_CHECKING:
    from coordination_gap.reliability.pipeline import Pipeline

__all__ = ["MOST_RUNS", "Followed", "Simulated", "must_follow", "simulate", "wait_seconds"]

#: Beyond this many runs a float would no longer tell their counts apart.
MOST_RUNS = 10**15

#: Of a pipeline's groups, the second axis tells runs still clean from runs that carry a silent failure.
_CLEAN, _CARRYING = slice(0, 1), slice(1, 2)

_NO_GATE = Gate(0.0, 0.0)


def simulate(pipeline: "Pipeline", runs: int, seed: int) -> Simulated:
    """Simulate independent runs of `pipeline` by their counts.

    Parameters
    ----------
    pipeline
        One that :func:`must_follow` does not name.
    runs
        How many runs, 1 to 10**15.
    seed
        A whole number from 0 on; the same seed gives the same counts.

    Raises
    ------
    ValueError
        If `runs` or `seed` is not what it has to be, if the runs must be followed one by
        one, or if an amount is beyond what a float can hold.
    """
    runs, seed = checked_runs(runs, seed, MOST_RUNS, "which floats can still tell apart")
    if must_follow(pipeline):
        raise ValueError(
            "pipeline: runs that share their luck, or wait for the longest of random times, have no counts: "
            "follow them one by one"
        )
    simulation = _Simulation(pipeline, runs, np.random.default_rng(seed))
    with np.errstate(over="ignore", invalid="ignore"):  # amounts beyond any float are refused at the end
        return Simulated(seed=seed, **simulation.result())


def must_follow(pipeline: "Pipeline") -> bool:
    """Return whether the runs of `pipeline` can only be followed one by one.

    That is so where they share their luck across steps (``correlation`` above 0), and
    where a vote lasts as long as the longest of times of which one or more are random.
    """
    return pipeline.correlation > 0.0 or any(
        isinstance(part, Vote) and _longest_is_random(part) for part in walk(pipeline.steps)
    )


def _longest_is_random(vote: Vote) -> bool:
    lasting = [voter for voter in vote.voters if voter.seconds > 0.0]
    return len(lasting) > 1 and any(voter.seconds_cv > 0.0 for voter in lasting)


def wait_seconds(step: Step, attempts_made: int) -> float:
    """Return the seconds that are waited after so many attempts, before the next."""
    return step.backoff_seconds * step.backoff_factor ** (attempts_made - 1)


def _urn(p: Any, correlation: float, successes: Any, drawn: int) -> Any:
    """Return the success of the next draw from Pólya's urn, after `successes` of those `drawn`."""
    if correlation == 0.0 or drawn == 0:
        return p
    return np.minimum(
        (p * (1.0 - correlation) + correlation * successes) / (1.0 - correlation + correlation * drawn), 1
    )


class _Simulation:
    """The runs of one pipeline, in groups of shape ``(kinds, 2, 1)``.

    A kind is the runs that the pipeline's common cause strikes in the same steps. The
    second axis is clean and carrying, and the last is for what differs within one part.
    """

    def __init__(self, pipeline: "Pipeline", runs: int, rng: np.random.Generator) -> None:
        self._pipeline, self._rng = pipeline, rng
        steps = [part for part in walk(pipeline.steps) if isinstance(part, Step)]
        # Between two neighbouring thresholds of U, the same steps are struck.
        thresholds = {0.0, *(pipeline.common_cause * (1.0 - step.success) for step in steps)}
        lower_end = np.array(sorted(thresholds - {1.0}))
        of_kind = rng.multinomial(runs, np.diff(lower_end, append=1.0))
        self._lower_end = lower_end[of_kind > 0].reshape(-1, 1, 1)
        count = np.stack([of_kind[of_kind > 0], np.zeros_like(self._lower_end.ravel())], axis=1)[..., None]
        self._entering = Runs(count.astype(np.int64), np.zeros((2, 3, *count.shape)))
        self._halted = self._entering.numbering(np.zeros_like(self._entering.count))

    def result(self) -> dict[str, Any]:
        """Take all runs through the pipeline and return the estimates."""
        ended = self._series(self._pipeline.steps, self._entering)
        ends = {
            "successes": int(ended.count[:, _CLEAN].sum()),
            "silent_failures": int(ended.count[:, _CARRYING].sum()),
            "halts": int(self._halted.count.sum()),
        }
        everything = together([ended, self._halted])
        mean, variance = Runs(everything.count.ravel(), everything.moments.reshape(2, 3, -1)).pooled().moments[..., 0]
        return estimates(ends, mean, variance)

    def _series(self, parts: Sequence[Part], runs: Runs) -> Runs:
        """Return the runs that come out of `parts`; those that halt are kept apart."""
        for part in parts:
            if not runs.count.any():
                break
            runs = self._branch(part, runs) if isinstance(part, Branch) else self._with_fallbacks(part, runs)
        return runs

    def _branch(self, branch: Branch, runs: Runs) -> Runs:
        weights = np.array([way.probability for way in branch.ways])
        taken = self._rng.multinomial(runs.count, weights / weights.sum())
        return together(
            [
                self._series(way.steps, runs.numbering(taken[..., place]))
                for place, way in enumerate(branch.ways)
            ]
        )  # fmt: skip

    def _with_fallbacks(self, part: Step | Vote, runs: Runs) -> Runs:
        good, bad = [], []
        fallback: Step | Vote | None = part
        while fallback is not None and runs.count.any():
            take = self._step if isinstance(fallback, Step) else self._vote
            passed, failed, runs = take(fallback, runs)  # type: ignore[arg-type]
            good += passed
            bad += failed
            fallback = fallback.fallback
        self._halted = together([self._halted, runs])
        # A run that carries a silent failure carries it to the end, whatever later steps do.
        clean = together([part_of(group, _CLEAN) for group in good])
        carrying = together([part_of(group, _CARRYING) for group in good] +
                             [part_of(group, before) for group in bad for before in (_CLEAN, _CARRYING)])  # fmt: skip
        return Runs(
            np.concatenate([clean.count, carrying.count], axis=-2),
            np.concatenate([clean.moments, carrying.moments], axis=-2),
        )

    def _success(self, step: Step) -> Floats:
        """Return the step's success in each kind of run, shape ``(kinds, 1, 1)``."""
        struck = self._lower_end < self._pipeline.common_cause * (1.0 - step.success)
        return np.where(struck, 0.0, spared_success(step.success, self._pipeline.common_cause))

    def _struck_and_spared(self, part: Step | Vote, runs: Runs, p: Floats) -> list[tuple[Runs, Floats]]:
        """Return the runs with the success that is left to them by the part's own common cause."""
        if part.common_cause == 0.0:
            return [(runs, p)]
        struck = binomial(self._rng, runs.count, part.common_cause * (1.0 - p))
        return [
            (runs.numbering(struck), np.zeros_like(p)),
            (runs.numbering(runs.count - struck), spared_success(p, part.common_cause)),
        ]

    def _step(self, step: Step, runs: Runs) -> tuple[list[Runs], list[Runs], Runs]:
        """Return runs that passed a good output, that passed a silent failure, and that are left with nothing."""
        good, bad, left = [], [], []
        for group, p in self._struck_and_spared(step, runs, self._success(step)):
            passed, failed, nothing = self._attempts(step, group, p)
            good += passed
            bad += failed
            left.append(nothing)
        return good, bad, together(left)

    def _attempts(self, step: Step, active: Runs, p: Floats) -> tuple[list[Runs], list[Runs], Runs]:
        rng, gate = self._rng, step.gate or _NO_GATE
        good, bad = [], []
        # With correlated attempts the last axis is the number of successes so far, all of which the gate rejected.
        by_successes = step.correlation > 0.0 and gate.false_alarm > 0.0
        for tried in range(step.attempts):
            if not active.count.any():
                break
            wait = wait_seconds(step, tried) if tried else 0.0
            active = active.taking(1.0, step.cost, wait).lasting(rng, step.seconds, step.seconds_cv)
            inspected = active.taking(cost=gate.cost, seconds=gate.seconds)
            successes = np.arange(active.count.shape[-1])
            succeeded = binomial(rng, active.count, _urn(p, step.correlation, successes, tried))
            failed = active.count - succeeded
            loud = binomial(rng, failed, step.loud)
            rejected = binomial(rng, succeeded, gate.false_alarm)
            caught = binomial(rng, failed - loud, gate.detection)
            good.append(inspected.numbering(succeeded - rejected).pooled())
            bad.append(inspected.numbering(failed - loud - caught).pooled())
            again = [inspected.numbering(rejected), inspected.numbering(caught), active.numbering(loud)]
            if by_successes:
                again = [padded(again[0], 1, 0), padded(again[1], 0, 1), padded(again[2], 0, 1)]
            active = together(again)
        return good, bad, active.pooled()

    def _vote(self, vote: Vote, runs: Runs) -> tuple[list[Runs], list[Runs], Runs]:
        """Return runs that passed a good answer, that passed a wrong one, and that are left with nothing."""
        rng, gate = self._rng, vote.gate or _NO_GATE
        longest = max(vote.voters, key=lambda voter: voter.seconds)
        runs = runs.taking(len(vote.voters), sum(voter.cost for voter in vote.voters))
        runs = runs.lasting(rng, longest.seconds, longest.seconds_cv)
        inspected = runs.taking(cost=gate.cost, seconds=gate.seconds)
        good = bad = np.zeros_like(runs.count)
        for group, p in self._struck_and_spared(vote, runs, self._success(vote.voters[0])):
            shared = p if vote.correlation > 0.0 or vote.common_cause > 0.0 else None
            right, wrong = self._agreed(vote, self._answers(vote, group.count, shared))
            good, bad = good + right, bad + wrong
        rejected = binomial(rng, good, gate.false_alarm)
        caught = binomial(rng, bad, gate.detection)
        left = together([runs.numbering(runs.count - good - bad), inspected.numbering(rejected + caught)])
        return [inspected.numbering(good - rejected)], [inspected.numbering(bad - caught)], left

    def _answers(self, vote: Vote, count: Counts, shared: Floats | None) -> Counts:
        """Return how many runs got so many good and so many silently wrong answers.

        Shape ``(kinds, 2, voters + 1, voters + 1)``; `shared` is the voters' success where
        they have it in common.
        """
        most = len(vote.voters)
        state = np.zeros((*count.shape[:-1], most + 1, most + 1), dtype=np.int64)
        state[..., 0, 0] = count[..., 0]
        successes = np.arange(most + 1)[:, None]
        for asked, voter in enumerate(vote.voters):
            p = (self._success(voter) if shared is None else shared)[..., None]
            # Only the states that can be reached are drawn.
            reached = state[..., : asked + 1, : asked + 1]
            right = binomial(self._rng, reached, _urn(p, vote.correlation, successes[: asked + 1], asked))
            wrong = reached - right
            unseen = wrong - binomial(self._rng, wrong, voter.loud)
            state[..., : asked + 1, : asked + 1] = wrong - unseen
            state[..., 1 : asked + 2, : asked + 1] += right
            state[..., : asked + 1, 1 : asked + 2] += unseen
        return state

    def _agreed(self, vote: Vote, state: Counts) -> tuple[Counts, Counts]:
        """Return how many runs agreed on a good and on a wrong answer, shape ``(kinds, 2, 1)`` each."""
        answers = np.arange(len(vote.voters) + 1)
        enough_good, enough_bad = answers[:, None] >= vote.needed, answers[None, :] >= vote.needed
        alike = binomial(self._rng, state, vote.agreement)
        differing = state - alike
        # Wrong answers that differ from each other are as few as one each, which is enough only where one is needed.
        lone_bad = enough_bad & (vote.needed == 1)
        good = np.where(enough_good & ~enough_bad, alike, 0) + np.where(enough_good & ~lone_bad, differing, 0)
        bad = np.where(enough_bad, alike, 0) + np.where(lone_bad, differing, 0)
        return good.sum(axis=(-2, -1))[..., None], bad.sum(axis=(-2, -1))[..., None]
