r"""An organisation: steps of work, hand-offs between them, and who covers which.

A step is *staffed* while at least one of its workers is there, a hand-off *covered* while
at least one of its owners is. Work gets from one step to a later one if both and every
step between are staffed and every hand-off on some way is covered. This is all that the
model knows: nobody learns, is replaced, works less well, or covers for another unasked.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter

import pandas as pd

HandOff = tuple[str, str]


@dataclass(frozen=True)
class Loss:
    """What is missing once somebody has left.

    Attributes
    ----------
    undone_steps
        Steps that nobody works at any more.
    uncovered_hand_offs
        Hand-offs that nobody owns any more.
    ways_lost
        Share of the ordered pairs of steps between which work could get, and now cannot, in [0, 1].
    delivers
        Whether work still gets from some first step to some last one.
    """

    undone_steps: frozenset[str]
    uncovered_hand_offs: frozenset[HandOff]
    ways_lost: float
    delivers: bool


@dataclass(frozen=True)
class Organisation:
    """Steps with their workers, and hand-offs with their owners.

    Parameters
    ----------
    workers
        Each step, and the people who work at it.
    owners
        Each hand-off, from one step to another, and the people who own it.

    Raises
    ------
    ValueError
        If there is no step, a hand-off joins an unknown step or a step with itself, hand-offs
        run in a circle, or a step or hand-off has nobody.
    """

    workers: Mapping[str, frozenset[str]]
    owners: Mapping[HandOff, frozenset[str]]

    def __post_init__(self) -> None:
        """Refuse what is no organisation."""
        if not self.workers:
            raise ValueError("workers is empty: give at least one step with somebody at it")
        for before, after in self.owners:
            for step in (before, after):
                if step not in self.workers:
                    raise ValueError(
                        f"owners joins {step!r}, which is no step: the steps are {', '.join(self.workers)}"
                    )
        for what, people in [*self.workers.items(), *self.owners.items()]:
            if not people:
                raise ValueError(f"{what!r} has nobody: give at least one person")
        try:
            _ = self._order
        except CycleError as error:
            raise ValueError(
                f"owners runs in a circle ({', '.join(error.args[1])}): hand-offs lead forwards only"
            ) from error

    @property
    def people(self) -> list[str]:
        """Everybody, in alphabetical order."""
        return sorted(self._everybody)

    @property
    def connectors(self) -> list[str]:
        """The people who own a hand-off, in alphabetical order."""
        return sorted(frozenset().union(*self.owners.values()))

    @property
    def specialists(self) -> list[str]:
        """The people who work at a step and own no hand-off, in alphabetical order."""
        return sorted(frozenset().union(*self.workers.values()).difference(self.connectors))

    @cached_property
    def ways(self) -> frozenset[HandOff]:
        """The ordered pairs of steps between which work gets while all are there."""
        return _ways(self._order, self.owners)

    def without(self, person: str) -> Loss:
        """Return what is missing once a person has left.

        Raises
        ------
        ValueError
            If the organisation has no such person.
        """
        return self.without_all([person])

    def without_all(self, people: Iterable[str]) -> Loss:
        """Return what is missing once several people have left; as :meth:`without`."""
        gone = frozenset(people)
        unknown = gone.difference(self._everybody)
        if unknown:
            raise ValueError(f"person is {min(unknown)!r}: the people are {', '.join(self.people)}")
        undone = frozenset(step for step, staff in self.workers.items() if staff <= gone)
        uncovered = frozenset(hand_off for hand_off, staff in self.owners.items() if staff <= gone)
        left = [step for step in self._order if step not in undone]
        remaining = _ways(left, (hand_off for hand_off in self.owners if hand_off not in uncovered))
        firsts, lasts = (ends.difference(undone) for ends in self._ends)
        return Loss(
            undone_steps=undone,
            uncovered_hand_offs=uncovered,
            ways_lost=1 - len(remaining) / len(self.ways) if self.ways else 0.0,
            delivers=any(first == last or (first, last) in remaining for first in firsts for last in lasts),
        )

    @cached_property
    def _order(self) -> list[str]:
        """The steps, each after all that hand to it."""
        before: dict[str, list[str]] = {step: [] for step in self.workers}
        for giver, taker in self.owners:
            before[taker].append(giver)
        return list(TopologicalSorter(before).static_order())

    @cached_property
    def _ends(self) -> tuple[frozenset[str], frozenset[str]]:
        """The first steps, which nobody hands to, and the last, which hand to nobody."""
        givers, takers = (frozenset(hand_off[end] for hand_off in self.owners) for end in (0, 1))
        return frozenset(self.workers) - takers, frozenset(self.workers) - givers

    @cached_property
    def _everybody(self) -> frozenset[str]:
        return frozenset().union(*self.workers.values(), *self.owners.values())


def _ways(order: Sequence[str], hand_offs: Iterable[HandOff]) -> frozenset[HandOff]:
    """Return the pairs of steps between which work gets; hand-offs to or from steps not in the order are left out."""
    reached: dict[str, set[str]] = {step: set() for step in order}
    onward: dict[str, list[str]] = {step: [] for step in order}
    for before, after in hand_offs:
        if before in reached and after in reached:
            onward[before].append(after)
    for step in reversed(order):
        for after in onward[step]:
            reached[step] |= {after} | reached[after]
    return frozenset((step, later) for step, them in reached.items() for later in them)


def chain(steps: Iterable[str], connectors: Iterable[str]) -> Organisation:
    """Return steps in a row, each with a worker of its own, every hand-off owned by all of the connectors.

    Parameters
    ----------
    steps
        Names of the steps, in order; each worker is named after theirs.
    connectors
        The people who own every hand-off.
    """
    names = list(steps)
    owners = frozenset(connectors)
    return Organisation(
        {name: frozenset([f"{name}, worker"]) for name in names}, dict.fromkeys(itertools.pairwise(names), owners)
    )


def article_stack(steps: pd.DataFrame) -> Organisation:
    """Return the article's picture: every hand-off owned by the one person it names, a specialist for each step.

    The specialists are added here, since the article names none.

    Parameters
    ----------
    steps
        Rows of the table stack_steps: ``step``, ``name``, ``hands_to`` and ``owner_named``.
    """
    names = dict(zip(steps["step"], steps["name"], strict=True))
    handing = steps.dropna(subset="hands_to")
    return Organisation(
        {name: frozenset([f"{name}, specialist"]) for name in names.values()},
        {
            (names[step], names[later]): frozenset([owner])
            for step, later, owner in zip(handing["step"], handing["hands_to"], handing["owner_named"], strict=True)
        },
    )
