"""Random pipelines with every kind of part: seeded ones for fixed test sets, and a strategy for hypothesis."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Protocol, TypeAlias

import numpy as np
from hypothesis import strategies as st

from coordination_gap.reliability import Pipeline
from coordination_gap.reliability.parts import Branch, Gate, Part, Step, Vote, Way


@dataclass(frozen=True)
class Shape:
    """How large a random pipeline may be, and what may be in it."""

    parts: int = 4
    parts_of_a_way: int = 2
    nested_branches: int = 2
    attempts: int = 4
    voters: int = 4
    """The most voters of a vote; 0 for no votes."""
    fallbacks: int = 2
    """The longest chain of fallbacks."""
    gates: bool = True
    loud: bool = True
    spread: bool = True
    """Whether the time of an attempt varies."""
    latent: bool = False
    """Whether the attempts of a step, and the voters of a vote, may fail together."""
    latent_in_run: bool = False
    """Whether all steps of a run may fail together."""


#: Series of steps, each with its attempts and its gate.
PLAIN = Shape(voters=0, fallbacks=0, nested_branches=0)
EVERY_PART = Shape()
CORRELATED_STEPS = Shape(latent=True)
EVERYTHING = Shape(latent=True, latent_in_run=True)


class Source(Protocol):
    """Where the numbers of a random pipeline come from."""

    def share(self) -> float:
        """Return a probability, now and then exactly 0 or 1."""

    def amount(self, most: float) -> float:
        """Return a number from 0 to `most`, now and then 0."""

    def count(self, least: int, most: int) -> int:
        """Return a whole number from `least` to `most`."""

    def correlation(self) -> float:
        """Return a correlation from 0.001 to 1."""

    def spread(self) -> float:
        """Return a coefficient of variation: 0, or one that is not tiny."""


@dataclass
class Seeded:
    """Numbers of three decimals from a seeded generator."""

    seed: int
    rng: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)

    def share(self) -> float:
        certain = self.count(0, 11)
        return float(certain) if certain < 2 else round(float(self.rng.uniform()), 3)

    def amount(self, most: float) -> float:
        return 0.0 if self.count(0, 3) == 0 else round(float(self.rng.uniform(0.0, most)), 3)

    def correlation(self) -> float:
        return max(self.share(), 0.001)

    def spread(self) -> float:
        return 0.0 if self.count(0, 2) == 0 else round(float(self.rng.uniform(0.05, 2.0)), 3)

    def count(self, least: int, most: int) -> int:
        return int(self.rng.integers(least, most, endpoint=True))


@dataclass
class Drawn:
    """Numbers that hypothesis chooses, and makes simpler where a test fails."""

    draw: st.DrawFn

    def share(self) -> float:
        return self.draw(SHARES)

    def amount(self, most: float) -> float:
        return self.draw(st.floats(0.0, most))

    def correlation(self) -> float:
        return self.draw(st.floats(0.001, 1.0))

    def spread(self) -> float:
        return self.draw(st.just(0.0) | st.floats(0.05, 2.0))

    def count(self, least: int, most: int) -> int:
        return self.draw(st.integers(least, most))


SHARES = st.floats(0.0, 1.0)


def seeded_pipeline(seed: int, shape: Shape = EVERY_PART) -> Pipeline:
    """Return the random pipeline of that seed."""
    return _pipeline(Seeded(seed), shape)


@st.composite
def pipelines(draw: st.DrawFn, shape: Shape = EVERY_PART) -> Pipeline:
    """Return a strategy of pipelines."""
    return _pipeline(Drawn(draw), shape)


@st.composite
def steps(draw: st.DrawFn, shape: Shape = PLAIN) -> Step:
    """Return a strategy of single steps, all of the same name."""
    return _step(Drawn(draw), shape, count(1), fallbacks=shape.fallbacks)


def _pipeline(source: Source, shape: Shape) -> Pipeline:
    names = count(1)
    parts = [_part(source, shape, names, branches=shape.nested_branches) for _ in range(source.count(1, shape.parts))]
    if shape.latent_in_run:
        return Pipeline(parts, correlation=_now_and_then(source), common_cause=_now_and_then(source))
    return Pipeline(parts)


def _part(source: Source, shape: Shape, names: Iterator[int], *, branches: int) -> Part:
    kind = source.count(0, 4)
    if kind == 4 and branches:
        return _branch(source, shape, names, branches=branches - 1)
    return _worker(source, shape, names, votes=kind == 3)


def _worker(source: Source, shape: Shape, names: Iterator[int], *, votes: bool) -> Step | Vote:
    if votes and shape.voters:
        return _vote(source, shape, names, fallbacks=shape.fallbacks)
    return _step(source, shape, names, fallbacks=shape.fallbacks)


def _step(source: Source, shape: Shape, names: Iterator[int], *, fallbacks: int) -> Step:
    return Step(
        f"step {next(names)}",
        source.share(),
        attempts=source.count(1, shape.attempts),
        gate=_gate(source, shape),
        loud=source.share() if shape.loud else 0.0,
        correlation=_now_and_then(source) if shape.latent else 0.0,
        common_cause=_now_and_then(source) if shape.latent else 0.0,
        cost=source.amount(1.0),
        seconds=source.amount(10.0),
        seconds_cv=source.spread() if shape.spread else 0.0,
        backoff_seconds=source.amount(4.0),
        backoff_factor=source.amount(3.0),
        fallback=_fallback(source, shape, names, fallbacks),
    )


def _vote(source: Source, shape: Shape, names: Iterator[int], *, fallbacks: int) -> Vote:
    number = source.count(1, shape.voters)
    one = replace(Shape(), attempts=1, gates=False, loud=shape.loud, spread=shape.spread)
    voters = [
        replace(_step(source, one, names, fallbacks=0), backoff_seconds=0.0, backoff_factor=1.0) for _ in range(number)
    ]
    together = shape.latent and source.count(0, 1) == 1
    if together:
        voters = [replace(voter, success=voters[0].success) for voter in voters]
    return Vote(
        f"vote {next(names)}",
        voters,
        source.count(1, number),
        agreement=source.share(),
        correlation=_now_and_then(source) if together else 0.0,
        common_cause=_now_and_then(source) if together else 0.0,
        gate=_gate(source, shape),
        fallback=_fallback(source, shape, names, fallbacks),
    )


def _fallback(source: Source, shape: Shape, names: Iterator[int], left: int) -> Step | Vote | None:
    if not left or source.count(0, 2) < 2:
        return None
    if shape.voters and source.count(0, 3) == 3:
        return _vote(source, shape, names, fallbacks=left - 1)
    return _step(source, shape, names, fallbacks=left - 1)


def _gate(source: Source, shape: Shape) -> Gate | None:
    if not shape.gates or source.count(0, 1) == 0:
        return None
    return Gate(source.share(), source.share(), cost=source.amount(1.0), seconds=source.amount(5.0))


def _branch(source: Source, shape: Shape, names: Iterator[int], *, branches: int) -> Branch:
    weights = [source.count(0, 4) for _ in range(source.count(1, 3))]
    weights[-1] += not any(weights)
    ways = [
        Way(
            weight / sum(weights),
            [_part(source, shape, names, branches=branches) for _ in range(source.count(0, shape.parts_of_a_way))],
        )
        for weight in weights
    ]
    return Branch(f"branch {next(names)}", ways)


def _now_and_then(source: Source) -> float:
    """Return a correlation that is 0 more often than not, so that some parts stay independent."""
    return source.correlation() if source.count(0, 2) == 2 else 0.0


Change: TypeAlias = Callable[[Step | Vote], Step | Vote]


def rebuilt(pipeline: Pipeline, change: Change) -> Pipeline:
    """Return the pipeline with `change` made to every step and vote, those inside others first."""
    return replace(pipeline, steps=[_rebuilt(part, change) for part in pipeline.steps])


def _rebuilt(part: Part, change: Change) -> Part:
    if isinstance(part, Branch):
        ways = [replace(way, steps=[_rebuilt(step, change) for step in way.steps]) for way in part.ways]
        return replace(part, ways=ways)
    return _rebuilt_worker(part, change)


def _rebuilt_worker(part: Step | Vote, change: Change) -> Step | Vote:
    fallback = None if part.fallback is None else _rebuilt_worker(part.fallback, change)
    if isinstance(part, Step):
        return change(replace(part, fallback=fallback))
    # Voters change all at once, since some votes need them equal in success.
    voters = [voter for voter in map(change, part.voters) if isinstance(voter, Step)]
    return change(replace(part, voters=voters, fallback=fallback))
