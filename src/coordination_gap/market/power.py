r"""Power: how large an effect must be for a test to see it."""

import math

from scipy import optimize, stats


def power_of(effect: float, standard_error: float, degrees_of_freedom: float, level: float = 0.05) -> float:
    r"""Return the chance that a two-sided t test finds an effect.

    With :math:`\delta` the effect over its standard error, the statistic follows the
    noncentral t law of that noncentrality, and the chance is that of its absolute value
    exceeding the critical one.

    Parameters
    ----------
    effect, standard_error
        In the same unit, such as fractions; the error above zero.
    degrees_of_freedom
        Of the test, above zero.
    level
        Of the test, between 0 and 1.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    _check(standard_error, degrees_of_freedom, level)
    return _power(abs(effect) / standard_error, degrees_of_freedom, level)


def smallest_detectable(
    standard_error: float, degrees_of_freedom: float, level: float = 0.05, power: float = 0.8
) -> float:
    """Return the smallest effect, in the standard error's unit, that a two-sided t test finds with chance `power`.

    The solution of :func:`power_of` for the effect, above zero. The other arguments are those
    of :func:`power_of`.

    Raises
    ------
    ValueError
        If an argument is out of its range; `power` must lie between `level` and 1, since even
        no effect is found with a chance of `level`.
    """
    _check(standard_error, degrees_of_freedom, level)
    if not level < power < 1:
        raise ValueError(f"power is {power}: it must lie between the level, {level}, and 1")
    high = 1.0
    while _power(high, degrees_of_freedom, level) < power:
        high *= 2
    found = optimize.brentq(
        lambda shift: _power(shift, degrees_of_freedom, level) - power, 0.0, high, xtol=1e-12, rtol=1e-14
    )
    return float(found) * standard_error


def _power(noncentrality: float, degrees_of_freedom: float, level: float) -> float:
    critical = stats.t.isf(level / 2, degrees_of_freedom)
    upper = stats.nct.sf(critical, degrees_of_freedom, noncentrality)
    lower = stats.nct.cdf(-critical, degrees_of_freedom, noncentrality)
    return float(upper + (0.0 if math.isnan(lower) else lower))


def _check(standard_error: float, degrees_of_freedom: float, level: float) -> None:
    for name, value in (("standard_error", standard_error), ("degrees_of_freedom", degrees_of_freedom)):
        if not (value > 0 and math.isfinite(value)):
            raise ValueError(f"{name} is {value}: it must be finite and above 0")
    if not 0 < level < 1:
        raise ValueError(f"level is {level}: it must lie between 0 and 1")
