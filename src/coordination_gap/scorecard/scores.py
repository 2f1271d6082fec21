r"""Scores of forecasts of things that happen or do not: Brier's, and the logarithmic one.

Both are losses: 0 is best. Both are strictly proper: a forecaster whose belief is *p* expects
the least from stating *p* (Gneiting and Raftery, 2007, Journal of the American Statistical
Association 102:359-378).
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import stats

from coordination_gap import checks


def brier_score(probabilities: Sequence[float], outcomes: Sequence[bool]) -> float:
    r"""Return the mean of :math:`(p - x)^2`, with :math:`x = 1` for what happened and 0 for what did not.

    Brier (1950), Monthly Weather Review 78:1-3, for one of two classes: half of his sum over both.

    Parameters
    ----------
    probabilities
        Stated chances of yes, one for each outcome.
    outcomes
        Whether it happened.

    Raises
    ------
    ValueError
        If there is none, the two are not of one length, a chance lies outside 0 to 1, or an
        outcome is neither true nor false.
    """
    chances, happened = _pairs(probabilities, outcomes)
    return float(np.mean((chances - happened) ** 2))


def log_score(probabilities: Sequence[float], outcomes: Sequence[bool]) -> float:
    r"""Return the mean of :math:`-\ln q` in nats, with *q* the chance given to what came.

    Good (1952), Journal of the Royal Statistical Society B 14:107-114. Infinite where what
    came had been given no chance.

    Parameters
    ----------
    probabilities, outcomes
        As of :func:`brier_score`.

    Raises
    ------
    ValueError
        As :func:`brier_score` does.
    """
    chances, happened = _pairs(probabilities, outcomes)
    given = np.where(happened == 1.0, chances, 1.0 - chances)
    with np.errstate(divide="ignore"):
        return float(np.mean(-np.log(given))) + 0.0  # no minus zero


def skill(score: float, baseline: float) -> float | None:
    """Return 1 less the score over the baseline's: 1 is perfect, 0 no better, below 0 worse.

    Murphy (1988), Monthly Weather Review 116:2417-2424.

    Parameters
    ----------
    score, baseline
        Losses of one kind, 0 or more.

    Returns
    -------
    float or None
        None where the baseline's loss is 0 or infinite: there is nothing to be measured by.

    Raises
    ------
    ValueError
        If a loss is negative or no number.
    """
    for name, value in (("score", score), ("baseline", baseline)):
        if not value >= 0:
            raise ValueError(f"{name} is {value}: a loss is 0 or more")
    return None if baseline == 0 or np.isinf(baseline) else 1 - score / baseline


def questions_needed(chance: float, other: float, power: float = 0.8, confidence: float = 0.95) -> float:
    r"""Return how many resolved questions would tell two forecasters apart by Brier's score, if the first is right.

    Each states one chance, *p* and *q*, for every question, and questions are independent. The difference of
    the two scores of a question then has the mean :math:`-(p - q)^2` and the standard deviation
    :math:`2 |p - q| \sqrt{p (1 - p)}`, so a normal test of the mean difference, as that of Diebold and Mariano (1995,
    Journal of Business and Economic Statistics 13:253-263) for independent ones, needs
    :math:`4 (z_c + z_w)^2 p (1 - p) / (p - q)^2` questions.

    Parameters
    ----------
    chance, other
        The stated chances *p* and *q*, the first above 0 and below 1.
    power
        Chance to tell them apart, :math:`\Phi(z_w)`, between 0 and 1.
    confidence
        1 less the level of the two-sided test, between 0 and 1.

    Returns
    -------
    float
        Infinite where the two chances are the same.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    p = checks.inner_probability(chance, "chance")
    q = checks.probability(other, "other")
    checks.inner_probability(power, "power")
    level = checks.inner_probability(confidence, "confidence")
    if p == q:
        return float("inf")
    z = stats.norm.ppf((1 + level) / 2) + stats.norm.ppf(power)
    return float(4 * z**2 * p * (1 - p) / (p - q) ** 2)


def _pairs(
    probabilities: Sequence[float], outcomes: Sequence[bool]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    if len(probabilities) != len(outcomes) or len(outcomes) == 0:
        raise ValueError(
            f"probabilities has {len(probabilities)} values and outcomes {len(outcomes)}: give as many of one as of "
            "the other, and at least one"
        )
    for number, value in enumerate(outcomes):
        if value not in (True, False):
            raise ValueError(f"outcomes[{number}] is {value!r}: give True or False")
    chances = [checks.probability(value, f"probabilities[{number}]") for number, value in enumerate(probabilities)]
    return np.array(chances), np.array(outcomes, dtype=float)
