r"""Random organisations, of three shapes."""

import itertools
from collections.abc import Sequence

import numpy as np

from coordination_gap.organisation.model import HandOff, Organisation

#: The shapes, and what they are.
FAMILIES = {
    "chain": "each step hands to the next",
    "tree": "each step takes from one earlier step, any of them alike",
    "mesh": "as a tree, and a third of the other pairs of steps hand on as well",
}

#: Share of the further pairs that are hand-offs in a mesh.
MESH_SHARE = 1 / 3


def random_organisation(
    random: np.random.Generator, family: str, steps: int, connectors: int, backup: float = 0.0
) -> Organisation:
    """Draw an organisation.

    Each step has a worker of its own (``step 2, worker``). The hand-offs are dealt out to the
    connectors (``connector 1``) in random order, so that no connector owns two more than
    another. With the chance `backup` each step, and each hand-off, has a deputy of its own as well.

    Parameters
    ----------
    random
        The source of chance.
    family
        One of :data:`FAMILIES`.
    steps
        Steps, at least 2.
    connectors
        People to own hand-offs, at least 1; where there are more of them than hand-offs, some
        own none and are left out.
    backup
        Share of steps and hand-offs that a second person covers, in [0, 1].

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    if family not in FAMILIES:
        raise ValueError(f"family is {family!r}: it is one of {', '.join(FAMILIES)}")
    for name, value, least in (("steps", steps, 2), ("connectors", connectors, 1)):
        if value < least:
            raise ValueError(f"{name} is {value}: it must be at least {least}")
    if not 0 <= backup <= 1:
        raise ValueError(f"backup is {backup}: it must lie between 0 and 1")
    names = [f"step {number + 1}" for number in range(steps)]
    hand_offs = _hand_offs(random, family, names)
    seats = random.permutation(connectors) + 1
    order = random.permutation(len(hand_offs))
    owners = {hand_offs[chosen]: {f"connector {seats[place % connectors]}"} for place, chosen in enumerate(order)}
    workers = {name: {f"{name}, worker"} for name in names}
    for number, staff in enumerate([*workers.values(), *owners.values()]):
        if random.random() < backup:
            staff.add(f"deputy {number + 1}")
    return Organisation(
        {step: frozenset(staff) for step, staff in workers.items()},
        {hand_off: frozenset(owners[hand_off]) for hand_off in hand_offs},
    )


def _hand_offs(random: np.random.Generator, family: str, names: Sequence[str]) -> list[HandOff]:
    if family == "chain":
        return list(itertools.pairwise(names))
    pairs = [(names[int(random.integers(number))], names[number]) for number in range(1, len(names))]
    if family == "mesh":
        others = [(before, after) for place, after in enumerate(names) for before in names[:place]]
        pairs += [pair for pair in others if pair not in pairs and random.random() < MESH_SHARE]
    return pairs
