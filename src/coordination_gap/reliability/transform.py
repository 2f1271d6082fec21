"""The law of a part with its time: generating functions of the seconds it takes, for each way it ends.

The seconds of an attempt, a gate or a wait enter as an array: the transform of their
distribution at a set of points, which :class:`Times` supplies. Whatever happens one after
the other multiplies. At a point where every transform is 1 the arrays are the
probabilities of :mod:`coordination_gap.reliability.law`.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from coordination_gap.reliability.parts import Branch, Gate, Part, Step, Vote
from coordination_gap.reliability.urn import common_cause_split, urn_success
from coordination_gap.reliability.votes import agreed

#: Values of a transform at the points asked for, real or complex.
Values: TypeAlias = npt.NDArray[Any]


class Times(Protocol):
    """Transforms of what takes time; each returns an array over the same points."""

    @property
    def negligible(self) -> float:
        """A path of attempts whose transform is nowhere larger is not followed further."""

    def constant(self, seconds: float) -> Values:
        """Return the transform of a constant time."""

    def longest(self, times: tuple[tuple[float, float], ...]) -> Values:
        """Return the transform of the longest of independent times, each a mean and a coefficient of variation."""


class TimedLaw(NamedTuple):
    """Transforms of the seconds on the runs that end with a good output, with a bad one, and halted."""

    good: Values
    bad: Values
    halted: Values


def series(parts: Iterable[Part], times: Times, success: Mapping[str, float] | None = None) -> TimedLaw:
    """Return the timed law of `parts` one after the other; `success` replaces that of the steps it names."""
    start = times.constant(0.0)
    clean, passed, halted = start, start, 0.0 * start
    for part, often in _runs_of_alike(parts):
        law = _part(part, times, success)
        settled, reached = _power_and_sum(law.good + law.bad, often)
        halted = halted + passed * law.halted * reached
        passed = passed * settled
        clean = clean * _power_and_sum(law.good, often)[0]
    return TimedLaw(clean, passed - clean, halted)


def _runs_of_alike(parts: Iterable[Part]) -> Iterator[tuple[Part, int]]:
    """Return each part, and how many in a row are like it but for their names."""
    for _, alike in itertools.groupby(parts, key=_nameless):
        first, *others = alike
        yield first, 1 + len(others)


def runs_of_alike(parts: Iterable[Part]) -> int:
    """Return how many parts in a row there are that differ from the one before in more than their names."""
    return sum(1 for _ in _runs_of_alike(parts))


def _nameless(part: Part) -> Part:
    return part if isinstance(part, Branch) else _without_names(part)


def _without_names(part: Step | Vote) -> Step | Vote:
    fallback = None if part.fallback is None else _without_names(part.fallback)
    if isinstance(part, Step):
        return replace(part, name="-", fallback=fallback)
    voters = [replace(voter, name=str(place)) for place, voter in enumerate(part.voters)]
    return replace(part, name="-", voters=voters, fallback=fallback)


def _part(part: Part, times: Times, success: Mapping[str, float] | None) -> TimedLaw:
    if isinstance(part, Branch):
        none = 0.0 * times.constant(0.0)
        laws = [(way.probability, series(way.steps, times, success)) for way in part.ways]
        good, bad, halted = (sum((share * law[end] for share, law in laws), none) for end in range(3))
        return TimedLaw(good, bad, halted)
    law = _without_fallback(part, times, success)
    while part.fallback is not None:
        part = part.fallback
        after = _without_fallback(part, times, success)
        law = TimedLaw(law.good + law.halted * after.good, law.bad + law.halted * after.bad, law.halted * after.halted)
    return law


def _without_fallback(part: Step | Vote, times: Times, success: Mapping[str, float] | None) -> TimedLaw:
    given = success or {}
    if isinstance(part, Vote):
        return _vote(part, times, [given.get(voter.name, voter.success) for voter in part.voters])
    p = given.get(part.name, part.success)
    struck, spared = common_cause_split(p, part.common_cause)
    law = _attempts(part, times, spared)
    if struck == 0.0:
        return law
    hit = _attempts(part, times, 0.0)
    return TimedLaw(*(struck * one + (1 - struck) * other for one, other in zip(hit, law, strict=True)))


def _attempts(step: Step, times: Times, p: float) -> TimedLaw:
    gate = step.gate or Gate(0.0, 0.0)
    loud_time = times.longest(((step.seconds, step.seconds_cv),))
    time = loud_time * times.constant(gate.seconds) if gate.seconds > 0.0 else loud_time
    if step.attempts > 1 and (step.correlation > 0.0 or (step.backoff_seconds > 0.0 and step.backoff_factor != 1.0)):
        return _one_after_the_other(step, gate, times, p, loud_time, time)
    silent = time * ((1 - p) * (1 - step.loud))
    seen = loud_time * ((1 - p) * step.loud) + silent * gate.detection + time * (p * gate.false_alarm)
    waited = seen * times.constant(step.backoff_seconds) if step.backoff_seconds > 0.0 else seen
    power, tries = _power_and_sum(waited, step.attempts - 1)
    tries = tries + power
    return TimedLaw(time * (p * (1 - gate.false_alarm)) * tries, silent * (1 - gate.detection) * tries, seen * power)


def _power_and_sum(ratio: Values, terms: int) -> tuple[Values, Values]:
    """Return q^n and 1 + q + ... + q^(n - 1), by doubling: no division, so none by a small 1 - q."""
    power, total = np.ones_like(ratio), np.zeros_like(ratio)
    doubled, doubled_sum = ratio, np.ones_like(ratio)  # of as many terms as a power of two
    while terms:
        if terms & 1:
            total = doubled_sum + doubled * total
            power = power * doubled
        terms >>= 1
        if terms:
            doubled_sum, doubled = doubled_sum * (1 + doubled), doubled * doubled
    return power, total


def _one_after_the_other(step: Step, gate: Gate, times: Times, p: float, loud_time: Values, time: Values) -> TimedLaw:
    """Follow the attempts; a state is the number of good outputs that the gate rejected, for the urn."""
    none = 0.0 * loud_time
    states: dict[int, Values] = {0: times.constant(0.0)}
    good, bad, given_up = none, none, none
    for drawn in range(step.attempts):
        after: dict[int, Values] = {}
        for successes, reached in states.items():
            chance = urn_success(p, step.correlation, successes, drawn) if step.correlation > 0.0 else p
            right, silent = reached * time * chance, reached * time * ((1 - chance) * (1 - step.loud))
            good = good + right * (1 - gate.false_alarm)
            bad = bad + silent * (1 - gate.detection)
            failed = reached * loud_time * ((1 - chance) * step.loud) + silent * gate.detection
            after[successes] = after.get(successes, none) + failed
            if gate.false_alarm > 0.0:
                # Without correlation the draws before do not matter: one state is enough.
                place = successes + (step.correlation > 0.0)
                after[place] = after.get(place, none) + right * gate.false_alarm
        states = {}
        for successes, reached in after.items():
            if np.abs(reached).max() <= times.negligible:
                given_up = given_up + reached
            else:
                states[successes] = reached
        if not states:
            break
        if step.backoff_seconds > 0.0 and drawn < step.attempts - 1:
            wait = times.constant(step.backoff_seconds * step.backoff_factor**drawn)
            states = {successes: reached * wait for successes, reached in states.items()}
    return TimedLaw(good, bad, sum(states.values(), given_up))


def _vote(vote: Vote, times: Times, given: list[float]) -> TimedLaw:
    good, bad, none = agreed(vote, given)
    gate = vote.gate or Gate(0.0, 0.0)
    answered = times.longest(tuple((voter.seconds, voter.seconds_cv) for voter in vote.voters))
    inspected = answered * times.constant(gate.seconds) if gate.seconds > 0.0 else answered
    seen = good * gate.false_alarm + bad * gate.detection
    return TimedLaw(
        inspected * (good * (1 - gate.false_alarm)),
        inspected * (bad * (1 - gate.detection)),
        inspected * seen + answered * none,
    )
