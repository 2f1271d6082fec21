r"""A range of outcomes: inputs drawn from stated triangular laws, and what the value owes to which."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from coordination_gap.company.valuation.cash_flow import TwoStage
from coordination_gap.variance import variance_shares

Floats = npt.NDArray[np.float64]

#: Inputs that may vary, each a field of :class:`TwoStage`.
VARYING = ("growth", "operating_margin", "discount_rate", "terminal_growth", "return_on_new_capital")


def simulated_values(
    inputs: TwoStage, ranges: Mapping[str, tuple[float, float, float]], draws: int, seed: int
) -> pd.DataFrame:
    """Draw inputs and return the value of a share for each draw.

    Parameters
    ----------
    inputs
        What does not vary.
    ranges
        For each of :data:`VARYING` its lowest, most likely and highest value: a triangular law;
        inputs vary independently of each other.
    draws
        At least 2.
    seed
        Of the random numbers.

    Returns
    -------
    pandas.DataFrame
        A column for each input, and ``value_per_share`` in US dollars.

    Raises
    ------
    ValueError
        If a range is not in order, an input is unknown, `draws` is below 2, or a corner of the
        ranges is no valuation, such as one whose growth for ever is not below the discount rate.
    """
    if draws < 2:
        raise ValueError(f"draws is {draws}: at least 2 are needed")
    _check(inputs, ranges)
    uniform = np.random.default_rng(seed).random((draws, len(ranges)))
    drawn = _inputs(uniform, ranges)
    return pd.DataFrame({**drawn, "value_per_share": values_per_share(inputs, drawn)})


def sensitivity(
    inputs: TwoStage,
    ranges: Mapping[str, tuple[float, float, float]],
    samples: int,
    seed: int,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return how much of the value's variance is owed to each input.

    Arguments are those of :func:`simulated_values`, with `samples` a power of two; the result
    is that of :func:`coordination_gap.variance.variance_shares`.
    """
    _check(inputs, ranges)
    return variance_shares(
        lambda uniform: values_per_share(inputs, _inputs(uniform, ranges)),
        list(ranges),
        "value of a share",
        samples=samples,
        seed=seed,
        confidence=confidence,
    )


def values_per_share(inputs: TwoStage, drawn: Mapping[str, Floats]) -> Floats:
    """Return the value of a share for many inputs at once: the formula of :mod:`.cash_flow`, vectorised over draws."""
    given = {name: drawn.get(name, np.array(float(getattr(inputs, name)))) for name in VARYING}
    growth, rate, last = given["growth"], given["discount_rate"], given["terminal_growth"]
    profit = inputs.revenue_usd * given["operating_margin"] * (1 - inputs.tax_rate)
    ratio = (1 + growth) / (1 + rate)
    # The sum of ratio^t over the first stage, also where the two rates are the same.
    years = np.arange(1, inputs.years + 1)
    annuity = (ratio[..., None] ** years).sum(axis=-1)
    first = profit * (1 - growth / given["return_on_new_capital"]) * annuity
    earned = given["return_on_new_capital"] if inputs.terminal_return is None else inputs.terminal_return
    later = profit * ratio**inputs.years * (1 + last) * (1 - last / earned) / (rate - last)
    timing = (1 + rate) ** (inputs.years_elapsed + (0.5 if inputs.mid_year else 0.0))
    values: Floats = ((first + later) * timing + inputs.net_assets_usd) / inputs.shares
    return values


def _inputs(uniform: Floats, ranges: Mapping[str, tuple[float, float, float]]) -> dict[str, Floats]:
    drawn = {}
    for column, (name, (low, likely, high)) in enumerate(ranges.items()):
        law = stats.triang((likely - low) / (high - low), loc=low, scale=high - low)
        drawn[name] = np.asarray(law.ppf(uniform[:, column]), dtype=float)
    return drawn


def _check(inputs: TwoStage, ranges: Mapping[str, tuple[float, float, float]]) -> None:
    for name, (low, likely, high) in ranges.items():
        if name not in VARYING:
            raise ValueError(f"ranges holds {name!r}: it may hold {', '.join(VARYING)}")
        if not (low <= likely <= high and low < high):
            raise ValueError(
                f"ranges of {name} is ({low}, {likely}, {high}): give lowest, most likely and highest in order"
            )
    for corner in np.ndindex(*(2,) * len(ranges)):
        ends: dict[str, Any] = {
            name: ends[0] if low else ends[2] for (name, ends), low in zip(ranges.items(), corner, strict=True)
        }
        replace(inputs, **ends)
