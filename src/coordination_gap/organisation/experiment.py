"""What the loss of one connector does beside that of one specialist, over many random organisations."""

from collections.abc import Sequence
from typing import Any

import numpy as np
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
        Organisations drawn for each shape and number of connectors, at least 2.
    seed
        Of the random numbers.
    confidence
        Of the intervals, between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        A row for each shape, number of connectors and role lost: ``family``, ``connectors``,
        ``role``, ``ways_lost`` (share, the mean over all people of that role in an organisation,
        then over the draws), its interval ``low`` and ``high`` (Student's t over the draws), and
        ``delivers``, the share of losses after which work still gets through, averaged alike.

    Notes
    -----
    Only the organisations are left to chance, not who leaves. Where all draws are alike but
    for names, the mean is exact and its interval a point: in a chain of n steps,
    (n + 4) / (3n) of the ways are lost with one specialist, and (n + 1) / (3(n - 1)) with one
    connector where each of the n - 1 hand-offs has its own. Both follow from summing, over the
    steps or hand-offs, the pairs of steps that lie on either side.

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


def chain_ways_lost(steps: int, backup: float = 0.0) -> dict[str, float]:
    r"""Return what one loss costs, on average, in a chain whose hand-offs all have the same owner.

    Parameters
    ----------
    steps
        Steps of the chain, n, at least 2.
    backup
        The chance q that a second person covers a step or hand-off, each for itself, in [0, 1].

    Returns
    -------
    dict of str to float
        The expected share of ordered pairs of steps between which work no longer gets without
        the ``connector``, and without one ``specialist``, the mean over the steps.

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Notes
    -----
    Of the n(n - 1)/2 pairs, n - d lie d hand-offs apart. Without the connector such a pair is
    kept if all d have a second owner, so the share lost is
    :math:`1 - \frac{2}{n(n-1)} \sum_{d=1}^{n-1} (n - d) q^d`. Without the worker of step k, and no
    second one, the pairs lost are the n - 1 that end there and the (k - 1)(n - k) that pass
    through; the mean over k, times 1 - q, is :math:`(1 - q)(n + 4) / (3n)`.

    Examples
    --------
    >>> chain_ways_lost(5)
    {'connector': 1.0, 'specialist': 0.6}
    """
    if steps < 2:
        raise ValueError(f"steps is {steps}: it must be at least 2")
    if not 0 <= backup <= 1:
        raise ValueError(f"backup is {backup}: it must lie between 0 and 1")
    kept = sum((steps - apart) * backup**apart for apart in range(1, steps))
    return {
        "connector": 1 - 2 * kept / (steps * (steps - 1)),
        "specialist": (1 - backup) * (steps + 4) / (3 * steps),
    }


def _experiment(
    settings: Sequence[tuple[str, dict[str, Any]]], steps: int, draws: int, seed: int, confidence: float
) -> pd.DataFrame:
    if draws < 2:
        raise ValueError(f"draws is {draws}: at least 2 are needed for an interval")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}: it must lie between 0 and 1")
    random = np.random.default_rng(seed)
    reach_of_one = stats.t.ppf(0.5 + confidence / 2, draws - 1) / np.sqrt(draws)
    rows = []
    for family, given in settings:
        drawn = [random_organisation(random, family, steps, **given) for _ in range(draws)]
        for role, called in (("connector", "connector"), ("specialist", "worker")):
            lost, delivers = np.array([_mean_loss(organisation, called) for organisation in drawn]).T
            reach = reach_of_one * lost.std(ddof=1)
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


def _mean_loss(organisation: Organisation, called: str) -> tuple[float, float]:
    """Return the mean share of ways lost, and of losses survived, over the people whose names hold a word."""
    losses = [organisation.without(person) for person in organisation.people if called in person]
    return (
        sum(loss.ways_lost for loss in losses) / len(losses),
        sum(loss.delivers for loss in losses) / len(losses),
    )
