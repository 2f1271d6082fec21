"""What the arguments of this package may be; each check names the argument, the value and what is allowed."""

import math
from numbers import Integral, Real


def _number(value: object) -> float:
    """Return `value` as a float; NaN, which no check lets pass, for anything that is not a real number."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _shown(value: object) -> str:
    try:
        return repr(value)
    except ValueError:  # Python refuses to write out whole numbers of more than 4,300 digits
        return "a number too long to print"


def probability(value: object, where: str) -> float:
    """Return `value` as a float in [0, 1].

    Parameters
    ----------
    value
        A real number; truth values and text are refused.
    where
        The argument's name for the message, such as ``"step 'lookup': success"``.

    Raises
    ------
    ValueError
        If `value` is not a number, is NaN, or lies outside [0, 1].
    """
    number = _number(value)
    if 0.0 <= number <= 1.0:
        return number
    raise ValueError(f"{where} is {_shown(value)}: give a probability, a number from 0 to 1")


def count(value: object, where: str, *, least: int = 1) -> int:
    """Return `value` as an int of at least `least`; a float such as 3.0 is refused.

    Raises
    ------
    ValueError
        If `value` is not a whole number of an integer type, or is below `least`.
    """
    if isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= least:
        return int(value)
    raise ValueError(f"{where} is {_shown(value)}: give a whole number of at least {least}")


def amount(value: object, where: str, unit: str) -> float:
    """Return `value` as a finite, non-negative float.

    Raises
    ------
    ValueError
        If `value` is not a number, is NaN or infinite, or is negative.
    """
    number = _number(value)
    if math.isfinite(number) and number >= 0.0:
        return number
    raise ValueError(f"{where} is {_shown(value)}: give a finite number of {unit}, 0 or more")
