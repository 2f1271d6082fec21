"""What the loss of one connector does beside that of one specialist, over many random organisations."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from coordination_gap.organisation.model import Organisation
from coordination_gap.organisation.random_organisations import FAMILIES, random_organisation


def loss_by_span(steps: int, draws: int, seed: int, confidence: float = 0.95) -> pd.DataFrame:
    """Vary how many connectors share the hand-offs, one owner to each, one worker to each step.

    Parameters
    ----------
    steps
        Steps of each organisation.
    draws
        Organisations drawn for each shape and number of connectors, at least 2; from each,
        one connector and one specialist leave, picked at random.
    seed
        Of the random numbers.
    confidence
        Of the intervals, between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        A row for each shape, number of connectors and role lost: ``family``, ``connectors``,
        ``role``, ``ways_lost`` (mean share), its interval ``low`` and ``high`` (Student's t over
        the draws), and ``delivers``, the share of draws that still deliver.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    settings = [(family, {"connectors": number}) for family in FAMILIES for number in range(1, steps)]
    return _experiment(settings, steps, draws, seed, confidence)


def loss_by_backup(
    steps: int, connectors: int, shares: Sequence[float], draws: int, seed: int, confidence: float = 0.95
) -> pd.DataFrame:
    """Vary the share of steps and hand-offs that a second person covers.

    Parameters
    ----------
    steps, draws, seed, confidence
        As for :func:`loss_by_span`.
    connectors
        People who share the hand-offs.
    shares
        Each in [0, 1].

    Returns
    -------
    pandas.DataFrame
        As :func:`loss_by_span`, with the column ``backup`` as well.
    """
    settings = [(family, {"connectors": connectors, "backup": share}) for family in FAMILIES for share in shares]
    return _experiment(settings, steps, draws, seed, confidence)


def _experiment(
    settings: Sequence[tuple[str, dict[str, Any]]], steps: int, draws: int, seed: int, confidence: float
) -> pd.DataFrame:
    if draws < 2:
        raise ValueError(f"draws is {draws}: at least 2 are needed for an interval")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}: it must lie between 0 and 1")
    random = np.random.default_rng(seed)
    rows = []
    for family, given in settings:
        drawn = [random_organisation(random, family, steps, **given) for _ in range(draws)]
        for role, called in (("connector", "connector"), ("specialist", "worker")):
            lost, delivers = _losses(drawn, called, random)
            reach = stats.t.ppf(0.5 + confidence / 2, draws - 1) * lost.std(ddof=1) / np.sqrt(draws)
            rows.append(
                {
                    "family": family,
                    **given,
                    "role": role,
                    "ways_lost": lost.mean(),
                    "low": max(lost.mean() - reach, 0.0),
                    "high": min(lost.mean() + reach, 1.0),
                    "delivers": delivers.mean(),
                }
            )
    return pd.DataFrame(rows)


def _losses(
    organisations: list[Organisation], called: str, random: np.random.Generator
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    lost, delivers = (np.empty(len(organisations)) for _ in range(2))
    for row, organisation in enumerate(organisations):
        people = [person for person in organisation.people if called in person]
        loss = organisation.without(people[random.integers(len(people))])
        lost[row], delivers[row] = loss.ways_lost, loss.delivers
    return lost, delivers
