"""The parts of a pipeline: a step and its gate, a vote of several, a branch; what each does, the package states."""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import KW_ONLY, dataclass, fields, replace
from typing import TypeAlias, cast

from coordination_gap import checks

#: Probabilities of a branch may miss a sum of 1 by this much, which is what adding a few decimals can lose.
_SUM_SLACK = 1e-9
#: What rounding alone leaves over after they are divided by their sum; to divide again would change last digits.
_SUM_ROUNDING = 1e-15
#: Beyond these, squares and sums of what a run takes are more than a float can hold, or lose its digits.
_MOST_ATTEMPTS = 10**9
_MOST_DOLLARS = _MOST_SECONDS = 1e12
_MOST_FACTOR = 1e6
LEAST_SPREAD, _MOST_SPREAD = 1e-4, 1e3
#: What a name may not hold, as it breaks the lines of tables: control characters, and the separators of Unicode.
CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True)
class Gate:
    """A check of an output before it is passed on.

    Attributes
    ----------
    detection
        Probability that it catches a silent failure.
    false_alarm
        Probability that it rejects a good output.
    cost, seconds
        US dollars and time for each output that it inspects, each at most 1e12.

    Raises
    ------
    ValueError
        If a field is not what it has to be; the message names the field.
    """

    detection: float
    false_alarm: float
    _: KW_ONLY
    cost: float = 0.0
    seconds: float = 0.0

    def __post_init__(self) -> None:
        for field in ("detection", "false_alarm"):
            _set(self, field, checks.probability(getattr(self, field), f"gate: {field}"))
        _set(self, "cost", checks.amount(self.cost, "gate: cost", "US dollars", most=_MOST_DOLLARS))
        _set(self, "seconds", checks.amount(self.seconds, "gate: seconds", "seconds", most=_MOST_SECONDS))


@dataclass(frozen=True)
class Step:
    """One step of a pipeline.

    Attributes
    ----------
    name
        Names the step in messages; unique within a pipeline, without control characters.
    success
        Probability that one attempt succeeds.
    attempts
        The most attempts that are made, the first included; at most 1e9.
    gate
        Inspects the output of each attempt that did not fail loudly; None for no gate.
    loud
        Share of failed attempts that are seen at once. The default 0 is the worst case:
        no failure shows itself, so that without a gate nothing is ever tried again.
    correlation
        Correlation between the successes of two attempts of one run, 0 to 1: in each run
        the attempts share a success that is Beta distributed around ``success``.
    common_cause
        Share of failures whose cause strikes every attempt of the run (the beta factor).
    cost
        US dollars for each attempt; at most 1e12.
    seconds
        Mean time of an attempt; at most 1e12.
    seconds_cv
        Coefficient of variation of an attempt's time, which is gamma distributed: 0 for a
        constant time, 1 for an exponential one; else 1e-4 to 1e3.
    backoff_seconds, backoff_factor
        What is waited before the second attempt, and by how much each wait is longer than
        the one before, at most 1e6 times. No wait may be longer than 1e12 seconds.
    fallback
        Takes over when no attempt is left; None halts the run there.

    Raises
    ------
    ValueError
        If a field is not what it has to be; the message names step and field.
    """

    name: str
    success: float
    _: KW_ONLY
    attempts: int = 1
    gate: Gate | None = None
    loud: float = 0.0
    correlation: float = 0.0
    common_cause: float = 0.0
    cost: float = 0.0
    seconds: float = 0.0
    seconds_cv: float = 0.0
    backoff_seconds: float = 0.0
    backoff_factor: float = 1.0
    fallback: "Step | Vote | None" = None

    def __post_init__(self) -> None:
        where = _named(self, "step")
        _check_gate(self.gate, where)
        _check_fallback(self.fallback, where)
        for field in ("success", "loud", "correlation", "common_cause"):
            _set(self, field, checks.probability(getattr(self, field), f"{where}{field}"))
        _set(self, "attempts", checks.count(self.attempts, f"{where}attempts", most=_MOST_ATTEMPTS))
        for field, (unit, least, most) in {
            "cost": ("US dollars", 0.0, _MOST_DOLLARS),
            "seconds": ("seconds", 0.0, _MOST_SECONDS),
            "seconds_cv": ("times the mean", LEAST_SPREAD, _MOST_SPREAD),
            "backoff_seconds": ("seconds", 0.0, _MOST_SECONDS),
            "backoff_factor": ("times the wait before", 0.0, _MOST_FACTOR),
        }.items():
            value = checks.amount(getattr(self, field), f"{where}{field}", unit, most=most, least=least)
            _set(self, field, value)
        _check_last_wait(self, where)


@dataclass(frozen=True)
class Vote:
    """Several steps answer at once, and what enough of them agree on is passed on.

    Attributes
    ----------
    name
        Names the vote; unique within a pipeline.
    voters
        The steps that answer: one attempt each, without gate, fallback or correlation.
    needed
        How many must agree.
    agreement
        Probability that the wrong answers of one vote are all alike; else each differs
        from all others. The default 1 is the worst case.
    correlation, common_cause
        As of a step, between the voters of one run; the voters' success has to be the same.
    gate
        Inspects the agreed answer.
    fallback
        Takes over when too few agree or the gate rejects; None halts the run there.

    Raises
    ------
    ValueError
        If a field is not what it has to be; the message names vote and field.
    """

    name: str
    voters: Sequence[Step]
    needed: int
    _: KW_ONLY
    agreement: float = 1.0
    correlation: float = 0.0
    common_cause: float = 0.0
    gate: Gate | None = None
    fallback: "Step | Vote | None" = None

    def __post_init__(self) -> None:
        where = _named(self, "vote")
        if isinstance(self.voters, str) or not isinstance(self.voters, Iterable):
            raise ValueError(f"{where}voters is {self.voters!r}: give a list of Step")
        _set(self, "voters", tuple(self.voters))
        if not self.voters:
            raise ValueError(f"{where}voters is empty: give at least one Step")
        for place, voter in enumerate(self.voters, start=1):
            if not isinstance(voter, Step):
                raise ValueError(f"{where}voter {place} is {voter!r}: give a Step")
            for of_step in fields(Step):
                value = getattr(voter, of_step.name)
                if of_step.name in _NOT_OF_A_VOTER and value != of_step.default:
                    raise ValueError(
                        f"{where}voter {voter.name!r} has {of_step.name} {value!r}: "
                        "a voter answers once and alone; leave it out, or give it to the vote if the vote has it"
                    )
        _set(self, "needed", checks.count(self.needed, f"{where}needed"))
        if self.needed > len(self.voters):
            raise ValueError(f"{where}needed is {self.needed}: there are {len(self.voters)} voters, give at most that")
        for field in ("agreement", "correlation", "common_cause"):
            _set(self, field, checks.probability(getattr(self, field), f"{where}{field}"))
            if field != "agreement" and getattr(self, field) > 0 and len({voter.success for voter in self.voters}) > 1:
                raise ValueError(
                    f"{where}{field} is {getattr(self, field)!r}, but the voters' success differs: "
                    f"give all voters the same success, or {field} 0"
                )
        _check_gate(self.gate, where)
        _check_fallback(self.fallback, where)


_NOT_OF_A_VOTER = {
    "attempts", "gate", "correlation", "common_cause", "backoff_seconds", "backoff_factor", "fallback",
}  # fmt: skip


@dataclass(frozen=True)
class Way:
    """One way out of a branch: with `probability` a run takes these `steps`, which may be none."""

    probability: float
    steps: Sequence["Part"] = ()

    def __post_init__(self) -> None:
        _set(self, "probability", checks.probability(self.probability, "way: probability"))
        _set(self, "steps", checked_parts(self.steps, "way: "))


@dataclass(frozen=True)
class Branch:
    """A run takes one of several ways, whatever happened before, and then goes on.

    Attributes
    ----------
    name
        Names the branch; unique within a pipeline.
    ways
        The ways; their probabilities sum to 1. Where their sum misses 1 by 1e-9 or less, as
        that of a few decimals may, each is divided by it.

    Raises
    ------
    ValueError
        If there is no way, or the probabilities do not sum to 1.
    """

    name: str
    ways: Sequence[Way]

    def __post_init__(self) -> None:
        where = _named(self, "branch")
        if isinstance(self.ways, str) or not isinstance(self.ways, Iterable):
            raise ValueError(f"{where}ways is {self.ways!r}: give a list of Way")
        _set(self, "ways", tuple(self.ways))
        for place, way in enumerate(self.ways, start=1):
            if not isinstance(way, Way):
                raise ValueError(f"{where}way {place} is {way!r}: give a Way")
        total = math.fsum(way.probability for way in self.ways)
        if abs(total - 1.0) > _SUM_SLACK:
            raise ValueError(f"{where}the probabilities of the ways sum to {total:.10g}: make them sum to 1")
        if abs(total - 1.0) > _SUM_ROUNDING:
            _set(self, "ways", tuple(replace(way, probability=way.probability / total) for way in self.ways))


Part: TypeAlias = Step | Vote | Branch


def checked_parts(given: object, where: str) -> tuple[Part, ...]:
    """Return `given` as a tuple of parts.

    Raises
    ------
    ValueError
        If it is not a sequence of :class:`Step`, :class:`Vote` and :class:`Branch`.
    """
    if not isinstance(given, Iterable):
        raise ValueError(f"{where}steps is {given!r}: give a list of Step, Vote or Branch")
    parts = tuple(given)
    for place, part in enumerate(parts, start=1):
        if not isinstance(part, Step | Vote | Branch):
            raise ValueError(f"{where}step {place} is {part!r}: give a Step, a Vote or a Branch")
    return parts


def walk(parts: Iterable[Part]) -> Iterator[Part]:
    """Yield every part in the order in which it stands, with what is inside: ways, voters and fallbacks."""
    waiting = list(parts)[::-1]
    while waiting:
        part = waiting.pop()
        yield part
        inside: list[Part] = []
        if isinstance(part, Branch):
            inside = [step for way in part.ways for step in way.steps]
        else:
            if isinstance(part, Vote):
                inside = list(part.voters)
            if part.fallback is not None:
                inside.append(part.fallback)
        waiting.extend(reversed(inside))


def numbered(part: Part, number: int) -> Part:
    """Return `part` with `number` behind its name and the names of all that is inside."""
    name = f"{part.name} {number}"
    if isinstance(part, Branch):
        ways = [replace(way, steps=[numbered(step, number) for step in way.steps]) for way in part.ways]
        return replace(part, name=name, ways=ways)
    fallback = None if part.fallback is None else cast("Step | Vote", numbered(part.fallback, number))
    if isinstance(part, Vote):
        voters = [cast("Step", numbered(voter, number)) for voter in part.voters]
        return replace(part, name=name, voters=voters, fallback=fallback)
    return replace(part, name=name, fallback=fallback)


def _set(part: object, field: str, value: object) -> None:
    object.__setattr__(part, field, value)


def _named(part: Step | Vote | Branch, kind: str) -> str:
    """Return the head of a message about `part`, whose name must be a text."""
    if not isinstance(part.name, str) or not part.name.strip():
        raise ValueError(f"{kind}: name is {part.name!r}: give a text that is not empty")
    if control := CONTROL_CHARACTER.search(part.name):
        raise ValueError(
            f"{kind}: name is {part.name!r}, which holds the control character {control[0]!r}: take it out"
        )
    return f"{kind} {part.name!r}: "


def _check_last_wait(step: Step, where: str) -> None:
    """Refuse waits that grow beyond what a time may be."""
    try:
        last = step.backoff_seconds * step.backoff_factor ** max(0, step.attempts - 2)
    except OverflowError:
        last = math.inf
    if last > _MOST_SECONDS:
        raise ValueError(
            f"{where}backoff_factor is {step.backoff_factor!r}: the wait before attempt {step.attempts:,} would be "
            f"longer than {_MOST_SECONDS:,.0f} seconds; give a smaller factor or fewer attempts"
        )


def _check_gate(gate: object, where: str) -> None:
    if gate is not None and not isinstance(gate, Gate):
        raise ValueError(f"{where}gate is {gate!r}: give a Gate, or None for no gate")


def _check_fallback(fallback: object, where: str) -> None:
    if fallback is not None and not isinstance(fallback, Step | Vote):
        raise ValueError(f"{where}fallback is {fallback!r}: give a Step or a Vote, or None for no fallback")
