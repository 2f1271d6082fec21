"""Runs of a pipeline in plain Python, one attempt after the other; and pipelines to run, one for each feature."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from coordination_gap.reliability import Branch, Gate, Part, Pipeline, Step, Vote, Way

FIELDS = ("success", "silent_failure", "halted", "attempts", "cost", "seconds")
ENDS = ("success", "silent_failure", "halted")


@dataclass
class Run:
    """A run under way, and what all its steps share."""

    pipeline: Pipeline
    rng: random.Random
    attempts: int = 0
    cost: float = 0.0
    seconds: float = 0.0
    carrying: bool = False
    halted: bool = False

    def __post_init__(self) -> None:
        self.strike, self.luck = self.rng.random(), self.rng.random()

    def series(self, parts: Sequence[Part]) -> None:
        for part in parts:
            if isinstance(part, Branch):
                way = self.rng.choices(part.ways, weights=[way.probability for way in part.ways])[0]
                self.series(way.steps)
            else:
                self.settle(part)
            if self.halted:
                return

    def settle(self, part: Step | Vote) -> None:
        passed = self.step(part) if isinstance(part, Step) else self.vote(part)
        if passed is not None:
            self.carrying = self.carrying or not passed
        elif part.fallback is None:
            self.halted = True
        else:
            self.settle(part.fallback)

    def step(self, step: Step) -> bool | None:
        """Return whether the output that is passed on is good, and None where there is none."""
        success = self.shared(self.success(step), step.common_cause, step.correlation)
        for made in range(step.attempts):
            if made:
                self.seconds += step.backoff_seconds * step.backoff_factor ** (made - 1)
            is_good, is_loud = self.answer(step, success)
            self.seconds += self.duration(step)
            if not is_loud and not self.rejects(step.gate, is_good):
                return is_good
        return None

    def vote(self, vote: Vote) -> bool | None:
        in_common = self.shared(self.success(vote.voters[0]), vote.common_cause, vote.correlation)
        alone = vote.common_cause == vote.correlation == 0.0
        answers = [self.answer(voter, self.success(voter) if alone else in_common) for voter in vote.voters]
        self.seconds += max(self.duration(voter) for voter in vote.voters)
        good = sum(is_good for is_good, _ in answers)
        wrong = sum(not is_good and not is_loud for is_good, is_loud in answers)
        largest_wrong = wrong if self.rng.random() < vote.agreement else min(wrong, 1)
        if max(largest_wrong, good) < vote.needed:
            return None
        is_good = largest_wrong < vote.needed
        return None if self.rejects(vote.gate, is_good) else is_good

    def answer(self, step: Step, success: float) -> tuple[bool, bool]:
        self.attempts += 1
        self.cost += step.cost
        is_good = self.rng.random() < success
        return is_good, not is_good and self.rng.random() < step.loud

    def duration(self, step: Step) -> float:
        if step.seconds_cv == 0.0:
            return step.seconds
        return self.rng.gammavariate(step.seconds_cv**-2, step.seconds * step.seconds_cv**2)

    def rejects(self, gate: Gate | None, is_good: bool) -> bool:
        if gate is None:
            return False
        self.cost += gate.cost
        self.seconds += gate.seconds
        return self.rng.random() < (gate.false_alarm if is_good else gate.detection)

    def success(self, step: Step) -> float:
        threshold = self.pipeline.common_cause * (1 - step.success)
        if self.strike < threshold or step.success == 0.0:
            return 0.0
        spared = step.success / (1 - threshold)
        if self.pipeline.correlation == 0.0 or spared >= 1.0:
            return spared
        size = 1 / self.pipeline.correlation - 1
        return float(special.betaincinv(spared * size, (1 - spared) * size, self.luck))

    def shared(self, success: float, common_cause: float, correlation: float) -> float:
        if self.rng.random() < common_cause * (1 - success):
            return 0.0
        if success > 0.0:
            success /= 1 - common_cause * (1 - success)
        if correlation == 0.0 or success in (0.0, 1.0):
            return success
        if correlation == 1.0:
            return float(self.rng.random() < success)
        size = 1 / correlation - 1
        return self.rng.betavariate(success * size, (1 - success) * size)


def one_by_one(pipeline: Pipeline, runs: int, seed: int) -> dict[str, npt.NDArray[np.float64]]:
    """Return what each of `runs` runs came to: ends as 0 or 1, amounts as they are."""
    rng = random.Random(seed)  # noqa: S311 - NumPy draws one number at a time far more slowly
    rows = []
    for _ in range(runs):
        run = Run(pipeline, rng)
        run.series(pipeline.steps)
        ends = [not run.halted and not run.carrying, not run.halted and run.carrying, run.halted]
        rows.append([*map(float, ends), run.attempts, run.cost, run.seconds])
    return dict(zip(FIELDS, np.array(rows).T, strict=True))


_GATE = Gate(0.8, 0.1, cost=0.2, seconds=0.5)
_RETRIED = {"attempts": 4, "gate": _GATE, "loud": 0.4, "cost": 1.0, "seconds": 3.0}


def _step(name: str, success: float, **fields: object) -> Step:
    return Step(name, success, **{**_RETRIED, **fields})  # type: ignore[arg-type]


def _voters(*successes: float, **fields: object) -> list[Step]:
    return [
        Step(f"voter {place}", success, cost=0.1 * place, seconds=place, **fields)  # type: ignore[arg-type]
        for place, success in enumerate(successes, start=1)
    ]


def _mixture(**shared: float) -> Pipeline:
    last_resort = Vote("last resort", [
        Step("first opinion", 0.6, loud=0.2, cost=0.3, seconds=2),
        Step("second opinion", 0.7, seconds=1),
        Step("third opinion", 0.8, cost=0.1),
    ], 2, agreement=0.4, gate=Gate(0.5, 0.05, cost=0.1))  # fmt: skip
    repair = Step("repair", 0.7, attempts=2, loud=0.9, common_cause=0.2, cost=5, seconds=1, fallback=last_resort)
    checked = Branch("checked", [Way(0.5), Way(0.5, [Step("check", 0.5, attempts=5, correlation=1, gate=Gate(0.9, 0.3),
                                                          cost=0.7)])])  # fmt: skip
    return Pipeline([
        _step("look up", 0.9, correlation=0.3, seconds_cv=0.5, backoff_seconds=1, backoff_factor=2, fallback=repair),
        Branch("kind", [
            Way(0.3, [Step("long", 0.8, attempts=2, loud=1, cost=2, seconds=4, seconds_cv=1), checked]),
            Way(0.5),
            Way(0.2, [Vote("poll", _voters(*[0.75] * 5), 3, agreement=0.9, correlation=0.2, common_cause=0.1)]),
        ]),
        Step("send", 0.95, attempts=3, gate=Gate(0.7, 0.05), loud=0.3, common_cause=0.3, correlation=0.5, cost=0.4),
    ], **shared)  # fmt: skip


def _three(**shared: float) -> Pipeline:
    return Pipeline([_step("first", 0.9), _step("second", 0.8), _step("third", 0.95, attempts=1)], **shared)


#: What can be sampled by counts.
COUNTED = {
    "retries, a gate, amounts": Pipeline([_step("step", 0.7), _step("next", 0.9, attempts=2)]),
    "waits": Pipeline([_step("step", 0.5, backoff_seconds=1.5, backoff_factor=3.0)]),
    "random times": Pipeline([_step("step", 0.6, seconds_cv=0.7), _step("next", 0.8, seconds_cv=2.0)]),
    "correlated attempts": Pipeline([_step("step", 0.7, attempts=6, gate=Gate(0.6, 0.4, cost=1.0), correlation=0.3)]),
    "attempts all alike": Pipeline([_step("step", 0.7, gate=Gate(0.6, 0.4), correlation=1.0)]),
    "a cause common to attempts": Pipeline([_step("step", 0.7, common_cause=0.4)]),
    "correlated attempts with a common cause": Pipeline([_step("step", 0.7, correlation=0.5, common_cause=0.4)]),
    "a fallback": Pipeline([_step("step", 0.4, fallback=_step("other", 0.5, attempts=2)), _step("next", 0.9)]),
    "a branch": Pipeline([
        Branch("branch", [Way(0.25, [_step("step", 0.5), _step("next", 0.7)]), Way(0.75, [])]), _step("last", 0.9),
    ]),
    "a majority": Pipeline([Vote("vote", _voters(0.6, 0.7, 0.8), 2, gate=_GATE)]),
    "loud voters that seldom agree": Pipeline([Vote("vote", _voters(0.6, 0.7, 0.8, loud=0.5), 2, agreement=0.3)]),
    "the first answer": Pipeline([Vote("vote", _voters(0.3, 0.4, 0.5, loud=0.8), 1, agreement=0.3, gate=_GATE)]),
    "correlated voters": Pipeline([Vote("vote", _voters(*[0.7] * 5, loud=0.2), 3, correlation=0.3)]),
    "a cause common to voters": Pipeline([Vote("vote", _voters(*[0.7] * 5, loud=0.2), 3, common_cause=0.3)]),
    "one voter's random time": Pipeline([Vote("vote", _voters(0.7, seconds_cv=0.8), 1, gate=_GATE)]),
    "a cause common to steps": _three(common_cause=0.6),
    "all failures from the common cause": _three(common_cause=1.0),
    "a mixture": _mixture(),
    "a mixture with a cause common to steps": _mixture(common_cause=0.5),
}  # fmt: skip

#: What can only be followed run by run.
ONLY_FOLLOWED = {
    "the longest of random times": Pipeline([Vote("vote", _voters(0.6, 0.7, 0.8, seconds_cv=0.8), 2, gate=_GATE)]),
    "luck of like steps": Pipeline.repeat(_step("step", 0.8), 3, correlation=0.3),
    "luck of unlike steps": _three(correlation=0.3),
    "a little luck": _three(correlation=1e-9),
    "nothing but luck": _three(correlation=1.0),
    "luck and a common cause": _three(correlation=0.4, common_cause=0.3),
    "luck of like steps and a common cause": Pipeline.repeat(_step("step", 0.8), 3, correlation=0.3, common_cause=0.3),
    "a mixture with luck": _mixture(correlation=0.2),
    "a mixture with luck and a common cause": _mixture(correlation=0.3, common_cause=0.4),
}
