"""What the workflow is worth over the ranges of its inputs, and what decides it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import optimize

from coordination_gap import checks
from coordination_gap.economics import cash
from coordination_gap.economics.design import Design
from coordination_gap.economics.ranges import Range, checked_law, middles, values_at
from coordination_gap.economics.workflow import INPUTS, STAGES, Account, Settings, account
from coordination_gap.variance import variance_shares

Floats = npt.NDArray[np.float64]

#: How finely a break-even is looked for before it is closed in on.
_GRID = 2001


def checked_ranges(ranges: Mapping[str, Range]) -> dict[str, Range]:
    """Return the ranges in the order of the inputs.

    Raises
    ------
    ValueError
        If one is missing, unknown or in another unit than the input has.
    """
    for name, one in ranges.items():
        if name not in INPUTS:
            raise ValueError(f"ranges holds {name!r}: it may hold {', '.join(INPUTS)}")
        if one.unit != INPUTS[name]:
            raise ValueError(f"ranges: {name} is in {one.unit!r}: give it in {INPUTS[name]!r}")
    missing = [name for name in INPUTS if name not in ranges]
    if missing:
        raise ValueError(f"ranges lacks {', '.join(missing)}: give all of {', '.join(INPUTS)}")
    return {name: ranges[name] for name in INPUTS}


def drawn(ranges: Mapping[str, Range], law: str, draws: int, seed: int) -> dict[str, Floats]:
    """Draw the inputs, independently of each other.

    Raises
    ------
    ValueError
        If an argument cannot be.
    """
    ordered = checked_ranges(ranges)
    draws = checks.count(draws, "draws", least=2)
    rng = np.random.default_rng(checks.count(seed, "seed", least=0))
    return values_at(ordered, rng.random((draws, len(ordered))), checked_law(law))


def simulated(month: Account, settings: Settings) -> pd.DataFrame:
    """Return what each draw comes to.

    Returns
    -------
    pandas.DataFrame
        ``net_usd_a_month``, ``build_usd``, ``value_usd`` and ``payback_months`` (infinite where the
        months never repay the build).
    """
    net, build = month.net, month.build
    with np.errstate(divide="ignore", invalid="ignore"):
        payback = np.where(build <= 0, 0.0, np.where(net > 0, build / net, np.inf))
    return pd.DataFrame(
        {
            "net_usd_a_month": net,
            "build_usd": build,
            "value_usd": month.value(settings),
            "payback_months": payback,
        }
    )


def yearly_return(net_usd_a_month: float, build_usd: float, months: int) -> float | None:
    """Return the internal rate of return a year of a build and equal months; None where it is not defined."""
    monthly = cash.internal_rate_of_return([-build_usd] + [net_usd_a_month] * checks.count(months, "months"))
    return None if monthly is None else cash.yearly_rate(monthly)


def cumulative(month: Account, settings: Settings, confidence: float) -> pd.DataFrame:
    """Return the discounted cash so far by month: median and equal-tailed range of the draws.

    Returns
    -------
    pandas.DataFrame
        ``month`` from 0, ``median_usd``, ``low_usd``, ``high_usd``.
    """
    confidence = checks.inner_probability(confidence, "confidence")
    rate = cash.monthly_rate(settings.discount_rate)
    ends = [(1 - confidence) / 2, 0.5, (1 + confidence) / 2]
    months = np.arange(settings.months + 1)
    so_far = np.concatenate([[0.0], np.cumsum((1 + rate) ** -months[1:].astype(float))])
    low, median, high = np.quantile(month.net[:, None] * so_far - month.build[:, None], ends, axis=0)
    return pd.DataFrame({"month": months, "median_usd": median, "low_usd": low, "high_usd": high})


def tornado(ranges: Mapping[str, Range], settings: Settings, design: Design, through: str = STAGES[-1]) -> pd.DataFrame:
    """Return the net present value with each input at its ends and all others in their middle.

    Returns
    -------
    pandas.DataFrame
        The widest first: ``input``, ``low``, ``high`` (its ends), ``value_at_low_usd``,
        ``value_at_high_usd``. ``attrs["middle_usd"]``: with all in their middle.
    """
    ordered = checked_ranges(ranges)
    middle = middles(ordered)

    def value(changed: Mapping[str, float]) -> float:
        return float(account({**middle, **changed}, settings, design, through).value(settings)[0])

    frame = pd.DataFrame(
        [(name, one.low, one.high, value({name: one.low}), value({name: one.high})) for name, one in ordered.items()],
        columns=["input", "low", "high", "value_at_low_usd", "value_at_high_usd"],
    )
    width = (frame["value_at_high_usd"] - frame["value_at_low_usd"]).abs()
    frame = frame.loc[width.sort_values(ascending=False, kind="stable").index].reset_index(drop=True)
    frame.attrs["middle_usd"] = value({})
    return frame


def sensitivity(
    ranges: Mapping[str, Range],
    settings: Settings,
    design: Design,
    *,
    law: str,
    samples: int,
    seed: int,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return how much of the variance of the net present value is owed to each input that varies.

    The result is that of :func:`coordination_gap.variance.variance_shares`; it has no row if no input varies.
    """
    ordered, law = checked_ranges(ranges), checked_law(law)
    varying = {name: one for name, one in ordered.items() if one.low < one.high}
    middle = middles(ordered)
    if not varying:
        return pd.DataFrame({"input": [], "first_order": [], "total": []})

    def values(levels: Floats) -> Floats:
        return account({**middle, **values_at(varying, levels, law)}, settings, design).value(settings)

    return variance_shares(
        values, list(varying), "net present value", samples=samples, seed=seed, confidence=confidence
    )


def break_even(inputs: Mapping[str, float], name: str, high: float, settings: Settings, design: Design) -> float | None:
    """Return the value of one input nearest to its upper end at which the workflow is worth nothing.

    Parameters
    ----------
    inputs
        All of them; that of `name` is left aside.
    name
        Which one is looked for, between 0 and `high`.
    high
        Where the search begins, downwards: 1 for a probability.
    settings, design
        As of :func:`~.workflow.account`.

    Returns
    -------
    float or None
        None where the net present value has one sign from 0 to `high`.
    """
    if name not in INPUTS:
        raise ValueError(f"name is {name!r}: give one of {', '.join(INPUTS)}")

    def value(level: Any) -> Floats:
        return account({**inputs, name: np.asarray(level, dtype=float)}, settings, design).value(settings)

    # A task that takes no time cannot be: the lowest point looked at is just above 0.
    grid = np.linspace(checks.amount(high, "high", INPUTS[name]), high * 1e-6, _GRID)
    signs = np.sign(value(grid))
    turns = np.flatnonzero(signs[:-1] * signs[1:] <= 0)
    if len(turns) == 0 or high == 0:
        return None
    upper, lower = grid[turns[0]], grid[turns[0] + 1]
    return float(optimize.brentq(lambda level: float(value(level)[0]), lower, upper, xtol=1e-12))


def break_even_step(inputs: Mapping[str, float | Floats], settings: Settings, design: Design) -> Floats:
    """Return for each draw the success of a step at which the workflow is worth nothing.

    Its value has to rise with that success, as it does without gates or retries.

    Parameters
    ----------
    inputs
        As of :func:`~.workflow.account`; ``step_success`` is left aside.
    settings, design
        As there.

    Returns
    -------
    numpy.ndarray
        Shape (draws,); NaN where the value has one sign from 0 to 1.
    """
    draws = max(np.size(value) for value in inputs.values())

    def value(level: Floats) -> Floats:
        return account({**inputs, "step_success": level}, settings, design).value(settings)

    low, high = np.zeros(draws), np.ones(draws)
    none = (value(low) > 0) | (value(high) < 0)
    for _ in range(50):
        middle = (low + high) / 2
        below = value(middle) < 0
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.where(none, np.nan, (low + high) / 2)
