"""What a vote passes on, and how long its slowest voter takes."""

import itertools
import math
from functools import lru_cache

import numpy as np
from scipy import integrate, stats

from coordination_gap.reliability.parts import Vote
from coordination_gap.reliability.urn import Number, common_cause_split, urn_success


def agreed(vote: Vote, given: list[Number]) -> tuple[Number, Number, Number]:
    """Return the probabilities that a good answer, a wrong one and none is agreed on, `given` each voter's success."""
    if vote.common_cause == 0.0:
        return _agreed(vote, given)
    struck, spared = common_cause_split(given[0], vote.common_cause)
    hit, free = _agreed(vote, [0.0 * given[0]] * len(given)), _agreed(vote, [spared] * len(given))
    good, bad, none = (struck * all_fail + (1 - struck) * spare for all_fail, spare in zip(hit, free, strict=True))
    return good, bad, none


def _agreed(vote: Vote, given: list[Number]) -> tuple[Number, Number, Number]:
    good, bad, none = (0.0 * given[0] for _ in range(3))
    for (right, wrong), weight in _answer_counts(vote, given).items():
        for share, wrong_wins in (
            (vote.agreement, wrong >= vote.needed),
            (1 - vote.agreement, vote.needed == 1 and wrong >= 1),
        ):
            if wrong_wins:
                bad = bad + share * weight
            elif right >= vote.needed:
                good = good + share * weight
            else:
                none = none + share * weight
    return good, bad, none


@lru_cache(maxsize=256)
def expected_longest(times: tuple[tuple[float, float], ...]) -> float:
    """Return the mean of the longest of independent times, each a mean and a coefficient of variation."""
    unit = max(mean for mean, _ in times)
    constant = max((mean / unit for mean, cv in times if cv == 0.0 and mean > 0.0), default=0.0)
    # What is a million million times shorter than the longest mean is never the longest.
    random = [stats.gamma(cv**-2, scale=mean / unit * cv**2) for mean, cv in times if cv > 0.0 and mean > 1e-12 * unit]
    if len(random) + (constant > 0.0) <= 1:
        return unit
    # Every edge of every law is an end of a piece: a narrow one beside a wide one is easily stepped over.
    levels = (1e-15, 1e-3, 0.5, 0.999, 1 - 1e-15)
    ends = sorted({constant, *(max(constant, float(law.ppf(q))) for law in random for q in levels)})

    def later(t: float) -> float:
        # 1 minus the product of the distribution functions, from the survival functions so that the tail keeps digits.
        with np.errstate(divide="ignore"):
            return float(-np.expm1(np.log1p(-np.array([law.sf(t) for law in random])).sum()))

    pieces = [integrate.quad(later, low, high, epsabs=0.0, epsrel=1e-11)[0] for low, high in itertools.pairwise(ends)]
    return unit * (constant + math.fsum(pieces))


def _answer_counts(vote: Vote, given: list[Number]) -> dict[tuple[int, int], Number]:
    """Return the probability of each pair (good answers, silently wrong answers)."""
    counts: dict[tuple[int, int], Number] = {(0, 0): 1.0}
    for asked, (voter, p) in enumerate(zip(vote.voters, given, strict=True)):
        after: dict[tuple[int, int], Number] = {}
        for (good, bad), weight in counts.items():
            succeeds = urn_success(p, vote.correlation, good, asked) if vote.correlation > 0.0 else p
            for place, share in (
                ((good + 1, bad), succeeds),
                ((good, bad + 1), (1 - succeeds) * (1 - voter.loud)),
                ((good, bad), (1 - succeeds) * voter.loud),
            ):
                after[place] = after.get(place, 0.0) + weight * share
        counts = after
    return counts
