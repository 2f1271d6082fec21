"""What a stream of cash is worth: present value, rate of return, payback.

Definitions are those of textbooks on managerial finance (Gitman, *Principles of Managerial
Finance*, chapter 10); present values and rates of return are computed by numpy-financial.
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import numpy_financial as npf

from coordination_gap import checks

Floats = npt.NDArray[np.float64]

MONTHS_A_YEAR = 12


def monthly_rate(yearly: float) -> float:
    """Return the rate a month that compounds to a rate a year.

    Raises
    ------
    ValueError
        If `yearly` is negative or not finite.
    """
    return float((1 + checks.amount(yearly, "yearly", "a rate a year such as 0.1")) ** (1 / MONTHS_A_YEAR) - 1)


def net_present_value(flows: Sequence[float], rate: float) -> float:
    r"""Return :math:`\sum_t v_t / (1 + r)^t`, the first flow undiscounted.

    Parameters
    ----------
    flows
        Cash at the ends of periods 0, 1, 2, …; what is paid out is negative.
    rate
        Discount rate a period, 0 or more.

    Raises
    ------
    ValueError
        If there is no flow, one is not finite, or the rate is negative.
    """
    return float(npf.npv(checks.amount(rate, "rate", "a rate a period"), _flows(flows)))


def annuity(rate: float, periods: int) -> float:
    """Return the present value of 1 at the end of each of `periods` periods, ``(1 - (1 + r)**-n) / r``.

    Raises
    ------
    ValueError
        If the rate is negative, or there is no period.
    """
    rate, periods = checks.amount(rate, "rate", "a rate a period"), checks.count(periods, "periods")
    # Written so that a small rate loses no digits; numpy-financial divides by it as it stands.
    return float(periods) if rate == 0.0 else -math.expm1(-periods * math.log1p(rate)) / rate


def internal_rate_of_return(flows: Sequence[float]) -> float | None:
    """Return the rate a period at which the flows are worth nothing; None where it is not defined.

    It is defined here where the flows change sign once, from paid out to received: then there is one
    such rate, and they are worth more at any lower one. It may be negative.

    Raises
    ------
    ValueError
        If there is no flow, or one is not finite.
    """
    signs = np.sign(_flows(flows))
    signs = signs[signs != 0]
    if len(signs) == 0 or signs[0] > 0 or np.count_nonzero(np.diff(signs)) != 1:
        return None
    found = float(npf.irr(_flows(flows)))
    return found if np.isfinite(found) else None


def yearly_rate(monthly: float) -> float:
    """Return the rate a year that a rate a month above -1 compounds to."""
    return float((1 + monthly) ** MONTHS_A_YEAR - 1)


def payback_periods(flows: Sequence[float], rate: float = 0.0) -> float | None:
    """Return the periods after which the flows have repaid themselves for good; None if they do not.

    Within a period cash is taken to come in evenly. With a `rate` above 0 the flows are discounted
    first. "For good": from then on the sum so far is never below 0 again.

    Raises
    ------
    ValueError
        If there is no flow, one is not finite, or the rate is negative.
    """
    values = _flows(flows)
    rate = checks.amount(rate, "rate", "a rate a period")
    total = np.cumsum(values / (1 + rate) ** np.arange(len(values)))
    below = np.flatnonzero(total < 0)
    if len(below) == 0:
        return 0.0
    last = int(below[-1])
    if last == len(total) - 1:
        return None
    return last + float(-total[last] / (total[last + 1] - total[last]))


def _flows(flows: Sequence[float]) -> Floats:
    values = np.asarray(flows, dtype=float)
    if values.ndim != 1 or len(values) == 0:
        raise ValueError(f"flows has the shape {values.shape}: give a list of at least one amount")
    if not np.isfinite(values).all():
        place = int(np.flatnonzero(~np.isfinite(values))[0])
        raise ValueError(f"flows[{place}] is {values[place]}: give finite amounts")
    return values
