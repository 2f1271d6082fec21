r"""Whether the mean of a short series changed, at a known day or at an unknown one.

Neighbours of such a series are alike, so values may not be shuffled one by one. Here whole blocks are:
the series is joined end to start, turned by a random number of places, cut into blocks of one length, and the
blocks are put into random order. Blocks on a circle are those of Politis and Romano (1992, in Exploring
the Limits of Bootstrap, Wiley, 263-270). What a shuffled series does by chance is what the tests compare with.
With few blocks this is an approximation; :func:`known_date_power` says how good.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from coordination_gap import checks

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

#: Values on each side of a day below which no change is tested there.
LEAST_SIDE = 5
#: Orders that a simulation of power uses: more cost time and hardly change it.
MOST_ORDERS = 2000


def lag_one(series: npt.ArrayLike) -> float:
    r"""Return the lag-one autocorrelation :math:`\sum (x_i - \bar x)(x_{i+1} - \bar x) / \sum (x_i - \bar x)^2`.

    Box and Jenkins' estimator. In short series it lies below the true one on average. A constant
    series has 0.

    Raises
    ------
    ValueError
        If there are fewer than three values, or one is not finite.
    """
    values = _values(series, 3)
    deviations = values - values.mean()
    total = float(deviations @ deviations)
    return 0.0 if total == 0 else float(deviations[:-1] @ deviations[1:]) / total


def block_length(series: npt.ArrayLike) -> int:
    r"""Return the block length :math:`(2\rho / (1 - \rho^2))^{2/3} n^{1/3}`, rounded up, from 1 to *n*/4.

    Carlstein (1986), Annals of Statistics 14:1171-1179, for a first-order autoregression, with
    :func:`lag_one` for :math:`\rho`. At most a quarter of the series, so that there are blocks to be put in order.

    Raises
    ------
    ValueError
        As :func:`lag_one` does.
    """
    rho, length = max(0.0, lag_one(series)), len(_values(series, 3))
    most = max(1, length // 4)
    wanted = (2 * rho / (1 - rho**2)) ** (2 / 3) * length ** (1 / 3)
    return int(min(most, max(1, np.ceil(wanted))))


def block_orders(length: int, block: int, permutations: int, seed: int) -> Indices:
    """Return random orders of the places of a series, a row each: blocks on a circle in random order.

    Parameters
    ----------
    length, block
        Of the series and of a block, in values; the last block is shorter where they do not divide.
    permutations, seed
        Orders to draw, and their seed.

    Raises
    ------
    ValueError
        If `block` is not between 1 and `length`, or there is no order to draw.
    """
    checks.count(block, "block", most=checks.count(length, "length"))
    checks.count(permutations, "permutations")
    generator = np.random.default_rng(seed)
    starts = np.arange(0, length, block)
    orders = np.empty((permutations, length), dtype=np.intp)
    for row in orders:
        turned = (np.arange(length) + generator.integers(length)) % length
        pieces = [turned[start : start + block] for start in generator.permutation(starts)]
        row[:] = np.concatenate(pieces)
    return orders


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
    values = _tested(series, before, orders)
    found = float(values @ _contrast(len(values), before))
    return Change(before, found, _p(abs(found), np.abs(values @ _moved(orders, before).T)), found)


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
    values = _values(series, 1)
    length = len(values)
    places = range(LEAST_SIDE, length - LEAST_SIDE + 1)
    return np.array(
        [abs(float(values @ _contrast(length, m))) * np.sqrt(m * (length - m) / length) for m in places], dtype=float
    )


def stretches(series: npt.ArrayLike, before: int, after: int) -> Array:
    """Return the mean of the last `after` less that of the first `before` values of every stretch of a series.

    Stretches are as long as both together and overlap; none, where the series is shorter.

    Raises
    ------
    ValueError
        If `before` or `after` is below 1, or a value is not finite.
    """
    values = _values(series, 0)
    length = checks.count(before, "before") + checks.count(after, "after")
    found = [values[at : at + length] @ _contrast(length, before) for at in range(len(values) - length + 1)]
    return np.array(found, dtype=float)


def pettitt_path(series: npt.ArrayLike) -> Array:
    r"""Return Pettitt's :math:`U_t = \sum_{i \le t} \sum_{j > t} \mathrm{sgn}(x_i - x_j)` for t = 1 to n - 1.

    Pettitt (1979), Applied Statistics 28:126-135, from the ranks: :math:`U_t = 2 \sum_{i \le t} r_i - t (n + 1)`.

    Raises
    ------
    ValueError
        If there are fewer than two values, or one is not finite.
    """
    return np.asarray(_paths(_ranks(_values(series, 2))[None, :])[0])


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
    values = _values(series, 2)
    _same_length(values, orders)
    ranks = _ranks(values)
    path = np.abs(_paths(ranks[None, :])[0])
    before = int(path.argmax()) + 1
    by_chance = np.abs(_paths(ranks[orders])).max(axis=1)
    difference = float(values[before:].mean() - values[:before].mean())
    return Change(before, float(path.max()), _p(path.max(), by_chance), difference)


def autoregression(length: int, rho: float, deviation: float, draws: int, seed: int) -> Array:
    r"""Draw stationary first-order autoregressions :math:`x_i = \rho x_{i-1} + e_i` with normal errors, a row each.

    Parameters
    ----------
    length, draws, seed
        Values of a series, series, and the seed.
    rho
        Lag-one autocorrelation, 0 or more and below 1.
    deviation
        Standard deviation of a value.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    checks.count(length, "length")
    checks.count(draws, "draws")
    checks.amount(deviation, "deviation", "points")
    if not 0 <= rho < 1:
        raise ValueError(f"rho is {rho}: give a number from 0 to below 1")
    errors = np.random.default_rng(seed).standard_normal((draws, length))
    series = np.empty_like(errors)
    series[:, 0] = errors[:, 0]
    for place in range(1, length):
        series[:, place] = rho * series[:, place - 1] + np.sqrt(1 - rho**2) * errors[:, place]
    return deviation * series


@dataclass(frozen=True)
class Power:
    """What the test of a known day can do on simulated series like the one at hand.

    Attributes
    ----------
    size
        How often it finds a change where there is none, at the nominal level.
    critical
        The p value that no more than the nominal level of these series reach.
    smallest
        The smallest change that is found with the wanted chance at that critical value; None where even
        a change of 20 standard deviations is not.
    """

    size: float
    critical: float
    smallest: float | None


def known_date_power(
    orders: Indices,
    before: int,
    rho: float,
    deviation: float,
    power: float = 0.8,
    level: float = 0.05,
    draws: int = 2000,
    seed: int = 1,
) -> Power:
    """Find the smallest change of the mean that :func:`known_date` would find, by simulation.

    Series are first-order autoregressions with a step at the known place. So that a test which
    rejects too often is not called powerful, power is counted at a p value that holds the level on the same series
    without a step.

    Parameters
    ----------
    orders, before
        As of :func:`known_date`; the series have their length. The first :data:`MOST_ORDERS` are used.
    rho, deviation
        As of :func:`autoregression`.
    power
        Wanted chance to find the change, between 0 and 1.
    level
        Of the test, between 0 and 1.
    draws, seed
        Series to simulate, and their seed.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    checks.inner_probability(power, "power")
    checks.inner_probability(level, "level")
    orders = orders[:MOST_ORDERS]
    length = orders.shape[1]
    noise = autoregression(length, rho, deviation, draws, seed)
    _tested(noise[0], before, orders)
    step = (np.arange(length) >= before).astype(float)
    own, moved = _contrast(length, before), _moved(orders, before)
    noise_own, noise_moved = noise @ own, noise @ moved.T
    step_own, step_moved = step @ own, moved @ step

    def p_values(change: float) -> Array:
        as_far = (
            np.abs(noise_moved + change * step_moved) >= np.abs(noise_own + change * step_own)[:, None] * _JUST_BELOW
        )
        return np.asarray((as_far.sum(axis=1) + 1) / (len(orders) + 1))

    without = np.sort(p_values(0.0))
    # The largest p value that at most `level` of the series without a change reach.
    reached = np.searchsorted(without, np.unique(without), side="right") / draws
    allowed = np.unique(without)[reached <= level]
    critical = float(allowed[-1]) if len(allowed) else 0.0

    def found(change: float) -> bool:
        return bool((p_values(change) <= critical).mean() >= power)

    return Power(float((without <= level).mean()), critical, _smallest(found, 20 * deviation))


def _smallest(found: Callable[[float], bool], most: float) -> float | None:
    if most == 0 or not found(most):
        return None
    low, high = 0.0, most
    while high - low > most / 2000:
        middle = (low + high) / 2
        low, high = (low, middle) if found(middle) else (middle, high)
    return high


#: A shuffled series that is the series itself counts as far as it, whatever the rounding.
_JUST_BELOW = 1 - 1e-9


def _p(found: float, by_chance: Array) -> float:
    return float(((by_chance >= found * _JUST_BELOW).sum() + 1) / (len(by_chance) + 1))


def _contrast(length: int, before: int) -> Array:
    """Return the weights that make a series its mean after less its mean before."""
    places = np.arange(length)
    return np.where(places < before, -1 / before, 1 / (length - before))


def _moved(orders: Indices, before: int) -> Array:
    """Return the weights of the same contrast of each shuffled series, as weights of the series itself."""
    weights = np.empty(orders.shape)
    np.put_along_axis(weights, orders, np.broadcast_to(_contrast(orders.shape[1], before), orders.shape), axis=1)
    return weights


def _ranks(values: Array) -> Array:
    return np.asarray(stats.rankdata(values))


def _paths(ranks: Array) -> Array:
    length = ranks.shape[1]
    places = np.arange(1, length)
    return np.asarray(2 * np.cumsum(ranks, axis=1)[:, :-1] - places * (length + 1))


def _values(series: npt.ArrayLike, least: int) -> Array:
    values = np.asarray(series, dtype=float)
    if values.ndim != 1 or len(values) < least:
        raise ValueError(f"series has the shape {values.shape}: give at least {least} values in one row")
    if not np.isfinite(values).all():
        raise ValueError(f"series has a value that is not finite at place {int(np.argmin(np.isfinite(values)))}")
    return values


def _same_length(values: Array, orders: Indices) -> None:
    if orders.ndim != 2 or orders.shape[1] != len(values):
        raise ValueError(f"orders has the shape {orders.shape}: give orders of {len(values)} places")


def _tested(series: npt.ArrayLike, before: int, orders: Indices) -> Array:
    values = _values(series, 2 * LEAST_SIDE)
    checks.count(before, "before", least=LEAST_SIDE, most=len(values) - LEAST_SIDE)
    _same_length(values, orders)
    return values
