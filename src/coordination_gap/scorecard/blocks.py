r"""Shuffles of a short series that keep neighbours together.

Neighbours of such a series are alike, so values may not be shuffled one by one. Here whole blocks are:
the series is joined end to start, turned by a random number of places, cut into blocks of one length, and the
blocks are put into random order. Blocks on a circle are those of Politis and Romano (1992, in Exploring
the Limits of Bootstrap, Wiley, 263-270).
"""

import numpy as np
import numpy.typing as npt

from coordination_gap import checks

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]


def lag_one(series: npt.ArrayLike) -> float:
    r"""Return the lag-one autocorrelation :math:`\sum (x_i - \bar x)(x_{i+1} - \bar x) / \sum (x_i - \bar x)^2`.

    Box and Jenkins' estimator. In short series it lies below the true one on average. A constant
    series has 0.

    Raises
    ------
    ValueError
        If there are fewer than three values, or one is not finite.
    """
    values = finite_values(series, 3)
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
    rho, length = max(0.0, lag_one(series)), len(finite_values(series, 3))
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


def finite_values(series: npt.ArrayLike, least: int) -> Array:
    """Return a series as an array.

    Raises
    ------
    ValueError
        If it is not one row of at least `least` finite values.
    """
    values = np.asarray(series, dtype=float)
    if values.ndim != 1 or len(values) < least:
        raise ValueError(f"series has the shape {values.shape}: give at least {least} values in one row")
    if not np.isfinite(values).all():
        raise ValueError(f"series has a value that is not finite at place {int(np.argmin(np.isfinite(values)))}")
    return values
