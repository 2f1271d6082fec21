r"""What the steps of one run share: a common cause that strikes several, and the run's luck.

Both leave the success of each step, over all runs, what it is.

Common cause
    The beta-factor model (Fleming 1975), for steps of unequal success: a share
    :math:`\beta` of the failures of every step comes from a cause of varying strength.
    With *U* uniform for each run, all steps with :math:`U < \beta (1 - p_i)` fail in all
    their attempts; the others succeed with :math:`p_i / (1 - \beta (1 - p_i))`.
Luck
    The beta-binomial model: in a run a step succeeds with a probability drawn from the
    beta distribution around its success, of which any two draws correlate by
    :math:`\rho = 1 / (\alpha + \beta + 1)`. One quantile serves all steps and attempts
    of a run, so that a lucky run is lucky everywhere.

Given both, steps and attempts are independent, so a pipeline is a mixture over kinds of
run. The luck is integrated by Gauss–Legendre panels. Their edges are the quantiles at
which some step's success passes one of a row of logits, so that within a panel every
step's success varies smoothly and little; beyond 1e-17 of 0 and 1 nothing varies. A
correlation below 1e-9 is integrated by two points for each step, the Gauss-Jacobi rule.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

from coordination_gap.reliability.urn import common_cause_split

Floats = npt.NDArray[np.float64]

_LOGIT_OF_ALMOST_1 = 40.0
_ALMOST_0 = 1e-18
#: Below this correlation the quantiles lie too near each other for panels to tell them apart.
_SMALL_CORRELATION = 1e-9


@dataclass(frozen=True)
class Fineness:
    """How finely the luck is integrated: panels for each step's success, and nodes in each."""

    panels: int
    nodes: int


#: Outcomes are then right to about 1e-10.
FINE = Fineness(panels=32, nodes=20)
#: To about 1e-6, where each kind of run costs time.
COARSE = Fineness(panels=12, nodes=5)


@dataclass(frozen=True)
class Kinds:
    """The kinds of run: how likely each is, and what a step's success becomes in it.

    Attributes
    ----------
    weight
        Shape ``(kinds,)``; sums to 1.
    success
        For each success asked for, an array of shape ``(kinds,)``.
    """

    weight: Floats
    success: dict[float, Floats]


def kinds_of_run(
    successes: Iterable[float], correlation: float, common_cause: float, fineness: Fineness = FINE
) -> Kinds:
    """Return the kinds of run for steps of these `successes`.

    Parameters
    ----------
    successes
        The success of each step, in [0, 1], in any order.
    correlation, common_cause
        In [0, 1], as of a pipeline.
    fineness
        Of the integral over the run's luck.
    """
    distinct = sorted(set(successes))
    strikes = _strikes(distinct, common_cause)
    spared = {p: float(common_cause_split(p, common_cause)[1]) for p in distinct}
    luck = _luck(sorted(set(spared.values())), correlation, fineness)
    weight = np.concatenate([share * luck.weight for share, _ in strikes])
    success = {
        p: np.concatenate([np.zeros_like(luck.weight) if p < spared_from else luck.success[spared[p]]
                           for _, spared_from in strikes])
        for p in distinct
    }  # fmt: skip
    return Kinds(weight / weight.sum(), success)


def _strikes(distinct: list[float], common_cause: float) -> list[tuple[float, float]]:
    """Return pairs (probability, lowest success that is spared), from the strongest strike to none."""
    if common_cause == 0.0:
        return [(1.0, 0.0)]
    # U lies below the threshold of the best step: all that can fail are struck; and so on up to the worst.
    pairs, before = [], 0.0
    for p in sorted(distinct, reverse=True):
        threshold = common_cause * (1 - p)
        if threshold > before:
            pairs.append((threshold - before, np.nextafter(p, 2.0)))
            before = threshold
    if before < 1.0:
        pairs.append((1.0 - before, 0.0))
    return pairs


def _luck(distinct: list[float], correlation: float, fineness: Fineness) -> Kinds:
    if correlation == 0.0:
        return Kinds(np.ones(1), {p: np.array([p]) for p in distinct})
    if correlation == 1.0:
        # All or nothing: a step succeeds in the luckiest share p of all runs.
        cuts = np.array(sorted({0.0, 1.0, *(1 - p for p in distinct)}))
        middles = (cuts[1:] + cuts[:-1]) / 2
        return Kinds(np.diff(cuts), {p: (middles > 1 - p).astype(float) for p in distinct})
    random = [p for p in distinct if p not in (0.0, 1.0)]
    if not random:
        return Kinds(np.ones(1), {p: np.array([p]) for p in distinct})
    if correlation < _SMALL_CORRELATION:
        return _two_points_each(distinct, correlation)
    laws = {p: beta_parameters(p, correlation) for p in random}
    # The integral runs over the logit of the quantile, whose own density is the logistic one.
    edges = np.unique(np.concatenate([_edges(*law, fineness.panels) for law in laws.values()]))
    unit, unit_weight = np.polynomial.legendre.leggauss(fineness.nodes)
    half = np.diff(edges)[:, None] / 2
    logit = (edges[:-1, None] + half * (1 + unit)).ravel()
    weight = special.expit(logit) * special.expit(-logit) * (half * unit_weight).ravel()
    table = {p: np.full_like(logit, p) for p in distinct if p not in laws}
    below, above = special.expit(logit), special.expit(-logit)
    for p, (first, second) in laws.items():
        # From the nearer end, where the quantile keeps its digits.
        table[p] = np.where(below < 0.5, beta_quantile(first, second, below), 1 - beta_quantile(second, first, above))
    return Kinds(weight / weight.sum(), table)


def _two_points_each(distinct: list[float], correlation: float) -> Kinds:
    """Return kinds in which each success is one of two, which keep mean, variance and skewness of its beta law.

    All take the lower one in the same, unluckier runs, but for what their skewness differs in.
    """
    rules = {p: _two_points(p, correlation) for p in distinct if p not in (0.0, 1.0)}
    cuts = np.array(sorted({0.0, 1.0, *(unlucky for unlucky, _, _ in rules.values())}))
    middles = (cuts[1:] + cuts[:-1]) / 2
    success = {p: np.full_like(middles, p) for p in distinct}
    for p, (unlucky, low, high) in rules.items():
        success[p] = np.where(middles < unlucky, low, high)
    return Kinds(np.diff(cuts), success)


def _two_points(mean: float, correlation: float) -> tuple[float, float, float]:
    """Return the Gauss-Jacobi rule of two points for a beta law: the weight of the lower one, and both."""
    spread = math.sqrt(mean) * math.sqrt(1 - mean)
    skewness = 2 * (1 - 2 * mean) * math.sqrt(correlation) / (1 + correlation) / spread
    # The smaller weight is the one on the side of the long tail; written so that it keeps its digits.
    tail = 2 / (4 + skewness * skewness + abs(skewness) * math.hypot(2, skewness))
    if tail == 0.0:  # so near to 0 or 1 that the far point never comes up
        return 1.0, mean, mean
    unlucky = 1 - tail if skewness > 0 else tail
    sd, odds = math.sqrt(correlation) * spread, math.sqrt(tail / (1 - tail))
    below, above = (sd * odds, sd / odds) if skewness > 0 else (sd / odds, sd * odds)
    return unlucky, max(0.0, mean - below), min(1.0, mean + above)


def beta_parameters(mean: float, correlation: float) -> tuple[float, float]:
    """Return the two parameters of the beta distribution of this mean whose draws correlate by `correlation`."""
    size = (1 - correlation) / correlation
    return mean * size, (1 - mean) * size


def _edges(first: float, second: float, panels: int) -> Floats:
    """Return logits of quantiles between which the logit of the beta variable moves by equal steps."""
    low, high = _first_logit(first, second), -_first_logit(second, first)
    at = np.linspace(low, high, panels + 1)
    with np.errstate(divide="ignore"):
        below = np.log(special.betainc(first, second, special.expit(at)))
        above = np.log(special.betainc(second, first, special.expit(-at)))
    own = below - above
    # Where the density of the luck itself is wide, panels as wide as that would be too few.
    even = np.linspace(-_LOGIT_OF_ALMOST_1, _LOGIT_OF_ALMOST_1, panels + 1)
    return np.concatenate([own[np.abs(own) < _LOGIT_OF_ALMOST_1], even])


def _first_logit(first: float, second: float) -> float:
    """Return the logit of a beta variable below which a share of 1e-18 lies, or a logit as good as that of 0."""

    def excess(logit: float) -> float:
        return float(special.betainc(first, second, special.expit(logit))) - _ALMOST_0

    if excess(-_LOGIT_OF_ALMOST_1) >= 0.0:
        return -_LOGIT_OF_ALMOST_1
    return float(optimize.brentq(excess, -_LOGIT_OF_ALMOST_1, _LOGIT_OF_ALMOST_1, xtol=1e-6))


def beta_quantile(first: float | Floats, second: float | Floats, below: Floats) -> Floats:
    """Return the quantiles of a beta distribution at the levels `below`."""
    quantile: Floats = np.asarray(special.betaincinv(first, second, below))
    # For some parameters the library's inverse fails, far out in a tail; halving intervals of the logit does not.
    failed = np.isnan(quantile)
    if failed.any():
        a, b, level = (values[failed] for values in np.broadcast_arrays(first, second, below))
        low, high = np.full_like(level, -745.0), np.full_like(level, _LOGIT_OF_ALMOST_1)
        for _ in range(60):
            middle = (low + high) / 2
            is_low = special.betainc(a, b, special.expit(middle)) < level
            low, high = np.where(is_low, middle, low), np.where(is_low, high, middle)
        quantile[failed] = special.expit(high)
    return quantile
