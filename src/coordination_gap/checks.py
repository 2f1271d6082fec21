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


#: Whole numbers of more characters are shortened in messages.
_LONGEST_SHOWN = 40


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except ValueError:  # Python refuses to write out whole numbers of more than 4,300 digits
        return "a number too long to print"
    return f"{text[: _LONGEST_SHOWN - 1]}…" if isinstance(value, Integral) and len(text) > _LONGEST_SHOWN else text


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


def inner_probability(value: object, where: str) -> float:
    """Return `value` as a float above 0 and below 1.

    Raises
    ------
    ValueError
        If `value` is not a probability, or is 0 or 1.
    """
    number = probability(value, where)
    if 0.0 < number < 1.0:
        return number
    raise ValueError(f"{where} is {value!r}: give a number between 0 and 1, both excluded")


def count(value: object, where: str, *, least: int = 1, most: int | None = None) -> int:
    """Return `value` as an int of at least `least`, and at most `most`; a float such as 3.0 is refused.

    Raises
    ------
    ValueError
        If `value` is not a whole number of an integer type, or is outside these bounds.
    """
    if isinstance(value, Integral) and not isinstance(value, bool):
        number = int(value)
        if number >= least and (most is None or number <= most):
            return number
    allowed = f"of at least {least}" if most is None else f"of at least {least} and at most {most:,}"
    raise ValueError(f"{where} is {_shown(value)}: give a whole number {allowed}")


def amount(value: object, where: str, unit: str, *, most: float | None = None, least: float = 0.0) -> float:
    """Return `value` as a finite, non-negative float.

    Parameters
    ----------
    value, where
        As of :func:`probability`.
    unit
        What it counts, for the message.
    most
        The largest that is allowed; None for any.
    least
        The smallest that is allowed, apart from 0.

    Raises
    ------
    ValueError
        If `value` is not a number, is NaN or infinite, is negative, or is outside these bounds.
    """
    number = _number(value)
    if number == 0.0 or (number >= least and 0.0 < number < math.inf and (most is None or number <= most)):
        return number
    if most is None:
        allowed = f"a finite number of {unit}, 0 or more"
    elif least == 0.0:
        allowed = f"a number of {unit}, 0 to {most:,.0f}"
    else:
        allowed = f"0, or a number of {unit} from {least:g} to {most:,.0f}"
    raise ValueError(f"{where} is {_shown(value)}: give {allowed}")
