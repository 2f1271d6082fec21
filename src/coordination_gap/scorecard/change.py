r"""Whether the mean of a short series changed, at a known day or at an unknown one.

What a series does by chance is what it does in shuffles of its blocks, of :mod:`coordination_gap.scorecard.blocks`.
With few blocks this is an approximation; :mod:`coordination_gap.scorecard.power` says how good.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from coordination_gap import checks
from coordination_gap.scorecard.blocks import Array, Indices, finite_values

#: Values on each side of a day below which no change is tested there.
LEAST_SIDE = 5


@dataclass(frozen=True)
class Change:
    """A change of the mean after a place of a series.

    Attributes
    ----------
    before
        Values before the change.
    statistic
        The test's: the difference of means, or Pettitt's *K*.
    p
        Two-sided, by block permutation: (k + 1) / (m + 1), with k of m orders as far from zero
        (Phipson and Smyth, 2010, Statistical Applications in Genetics and Molecular Biology 9:39).
    difference
        Mean after less mean before.
    """

    before: int
    statistic: float
    p: float
    difference: float


def known_date(series: npt.ArrayLike, before: int, orders: Indices) -> Change:
    """Test whether the mean differs before and after a place that was known beforehand.

    Parameters
    ----------
    series
        In the order of time.
    before
        Values before the change; at least :data:`LEAST_SIDE` on each side.
    orders
        As :func:`block_orders` returns them.

    Raises
    ------
    ValueError
        If too few values lie on a side, one is not finite, or `orders` are of another length.
    """
    values = tested_values(series, before, orders)
    found = float(values @ contrast(len(values), before))
    return Change(before, found, _p(abs(found), np.abs(values @ moved_contrast(orders, before).T)), found)


def placebo_dates(series: npt.ArrayLike) -> Array:
    r"""Return the size of the change at every place that has enough values on both sides.

    :math:`|\bar x_{after} - \bar x_{before}| \sqrt{m (n - m) / n}` for *m* values before, so that places near
    the ends, whose means scatter more, compare with those in the middle: the statistic of Hawkins (1977,
    Journal of the American Statistical Association 72:180-186) before it is divided by the standard deviation.

    Returns
    -------
    numpy.ndarray
        For *m* from :data:`LEAST_SIDE` to *n* less :data:`LEAST_SIDE`; empty for shorter series.

    Raises
    ------
    ValueError
        If a value is not finite.
    """
    values = finite_values(series, 1)
    length = len(values)
    places = range(LEAST_SIDE, length - LEAST_SIDE + 1)
    return np.array(
        [abs(float(values @ contrast(length, m))) * np.sqrt(m * (length - m) / length) for m in places], dtype=float
    )


def stretches(series: npt.ArrayLike, before: int, after: int) -> Array:
    """Return the mean of the last `after` less that of the first `before` values of every stretch of a series.

    Stretches are as long as both together and overlap; none, where the series is shorter.

    Raises
    ------
    ValueError
        If `before` or `after` is below 1, or a value is not finite.
    """
    values = finite_values(series, 0)
    length = checks.count(before, "before") + checks.count(after, "after")
    found = [values[at : at + length] @ contrast(length, before) for at in range(len(values) - length + 1)]
    return np.array(found, dtype=float)


def pettitt_path(series: npt.ArrayLike) -> Array:
    r"""Return Pettitt's :math:`U_t = \sum_{i \le t} \sum_{j > t} \mathrm{sgn}(x_i - x_j)` for t = 1 to n - 1.

    Pettitt (1979), Applied Statistics 28:126-135, from the ranks: :math:`U_t = 2 \sum_{i \le t} r_i - t (n + 1)`.

    Raises
    ------
    ValueError
        If there are fewer than two values, or one is not finite.
    """
    return np.asarray(_paths(_ranks(finite_values(series, 2))[None, :])[0])


def pettitt_p(statistic: float, length: int) -> float:
    r"""Return Pettitt's approximate p value, :math:`2 \exp(-6 K^2 / (n^3 + n^2))`, at most 1, for independent values.

    Pettitt (1979), Applied Statistics 28:126-135.
    """
    return float(min(1.0, 2 * np.exp(-6 * statistic**2 / (length**3 + length**2))))


def unknown_date(series: npt.ArrayLike, orders: Indices) -> Change:
    """Look for a change at any place, by Pettitt's test with block permutation.

    Parameters
    ----------
    series, orders
        As of :func:`known_date`; the change may be anywhere.

    Returns
    -------
    Change
        ``statistic`` is Pettitt's *K*, the largest of the absolute path, and ``before`` the first place where it
        is taken.

    Raises
    ------
    ValueError
        If there are fewer than two values, one is not finite, or `orders` are of another length.
    """
    values = finite_values(series, 2)
    _same_length(values, orders)
    ranks = _ranks(values)
    path = np.abs(_paths(ranks[None, :])[0])
    before = int(path.argmax()) + 1
    by_chance = np.abs(_paths(ranks[orders])).max(axis=1)
    difference = float(values[before:].mean() - values[:before].mean())
    return Change(before, float(path.max()), _p(path.max(), by_chance), difference)


#: A shuffled series that is the series itself counts as far as it, whatever the rounding.
JUST_BELOW = 1 - 1e-9


def _p(found: float, by_chance: Array) -> float:
    return float(((by_chance >= found * JUST_BELOW).sum() + 1) / (len(by_chance) + 1))


def contrast(length: int, before: int) -> Array:
    """Return the weights that make a series its mean after less its mean before."""
    places = np.arange(length)
    return np.where(places < before, -1 / before, 1 / (length - before))


def moved_contrast(orders: Indices, before: int) -> Array:
    """Return the weights of the same contrast of each shuffled series, as weights of the series itself."""
    weights = np.empty(orders.shape)
    np.put_along_axis(weights, orders, np.broadcast_to(contrast(orders.shape[1], before), orders.shape), axis=1)
    return weights


def _ranks(values: Array) -> Array:
    return np.asarray(stats.rankdata(values))


def _paths(ranks: Array) -> Array:
    length = ranks.shape[1]
    places = np.arange(1, length)
    return np.asarray(2 * np.cumsum(ranks, axis=1)[:, :-1] - places * (length + 1))


def _same_length(values: Array, orders: Indices) -> None:
    if orders.ndim != 2 or orders.shape[1] != len(values):
        raise ValueError(f"orders has the shape {orders.shape}: give orders of {len(values)} places")


def tested_values(series: npt.ArrayLike, before: int, orders: Indices) -> Array:
    """Return a series as an array if it can be tested at a place with these orders.

    Raises
    ------
    ValueError
        As :func:`known_date` does.
    """
    values = finite_values(series, 2 * LEAST_SIDE)
    checks.count(before, "before", least=LEAST_SIDE, most=len(values) - LEAST_SIDE)
    _same_length(values, orders)
    return values
