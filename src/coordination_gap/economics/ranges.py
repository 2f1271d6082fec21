r"""Uncertain amounts: a lowest and a highest value, and how what lies between is spread.

Three laws, all between the ends *a* and *b*:

- ``uniform``: every value is as likely as any other;
- ``triangular``: rises in a straight line to the most likely value *m*, then falls;
- ``pert``: the beta law that project planning uses, with
  :math:`\alpha = 1 + 4 (m - a)/(b - a)` and :math:`\beta = 1 + 4 (b - m)/(b - a)`, whose mean is
  :math:`(a + 4 m + b)/6` (Malcolm, Roseboom, Clark and Fazar, 1959).
"""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from coordination_gap import checks

Floats = npt.NDArray[np.float64]

LAWS = ("uniform", "triangular", "pert")


@dataclass(frozen=True)
class Range:
    """A lowest and a highest value in one unit.

    Attributes
    ----------
    name
        Of the amount, for messages and tables.
    low, high
        Ends, 0 or more; they may be equal, which leaves nothing uncertain.
    unit
        What it counts, such as ``"US dollars a month"``; ``"probability"`` holds the ends to 0 to 1.
    likely
        Most likely value; the middle if None. The uniform law has none and does without.

    Raises
    ------
    ValueError
        If an end is negative or not finite, or the ends or the most likely value are out of order.
    """

    name: str
    low: float
    high: float
    _: KW_ONLY
    unit: str
    likely: float | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.unit, str) or not self.unit.strip():
            raise ValueError(f"{self.name}: unit is {self.unit!r}: say what it counts, such as 'US dollars a month'")
        for end in ("low", "high"):
            where, value = f"{self.name}: {end}", getattr(self, end)
            number = (
                checks.probability(value, where)
                if self.unit == "probability"
                else checks.amount(value, where, self.unit)
            )
            object.__setattr__(self, end, number)
        if self.low > self.high:
            raise ValueError(
                f"{self.name}: low is {self.low:g} and high is {self.high:g}: give them in order, the lower one first"
            )
        if self.likely is not None and not self.low <= self.likely <= self.high:
            raise ValueError(
                f"{self.name}: likely is {self.likely!r}: give a number from low, {self.low:g}, to high, {self.high:g}"
            )

    @property
    def middle(self) -> float:
        """The most likely value, or halfway between the ends where none is given."""
        return (self.low + self.high) / 2 if self.likely is None else float(self.likely)

    def at(self, level: Floats, law: str) -> Floats:
        """Return the values below which shares `level` of the law lie.

        Parameters
        ----------
        level
            Between 0 and 1, any shape.
        law
            One of :data:`LAWS`.

        Raises
        ------
        ValueError
            If `law` is unknown.
        """
        checked_law(law)
        if self.low == self.high:
            return np.full_like(level, self.low, dtype=float)
        width = self.high - self.low
        rise = (self.middle - self.low) / width
        if law == "uniform":
            # Rounding may pass the end by a last digit.
            return np.clip(self.low + width * level, self.low, self.high)
        spread = (
            stats.triang(rise, loc=self.low, scale=width)
            if law == "triangular"
            else stats.beta(1 + 4 * rise, 1 + 4 * (1 - rise), loc=self.low, scale=width)
        )
        return np.clip(np.asarray(spread.ppf(level), dtype=float), self.low, self.high)


def checked_law(law: object) -> str:
    """Return `law`, one of :data:`LAWS`.

    Raises
    ------
    ValueError
        If it is none of them.
    """
    if law not in LAWS:
        raise ValueError(f"law is {law!r}: give one of {', '.join(LAWS)}")
    return str(law)


def values_at(ranges: Mapping[str, Range], levels: Floats, law: str) -> dict[str, Floats]:
    """Return for each range its values at the levels of its own column, shape (n, ranges)."""
    return {name: one.at(levels[:, column], law) for column, (name, one) in enumerate(ranges.items())}


def middles(ranges: Mapping[str, Range]) -> dict[str, float]:
    """Return the most likely value of each range."""
    return {name: one.middle for name, one in ranges.items()}


def difference(larger: Range, part: Range, name: str) -> Range:
    """Return what is left of a stated range after a part of it, low end less low end and high less high.

    Raises
    ------
    ValueError
        If the units are not alike, or the part is more than the whole at an end.
    """
    if larger.unit != part.unit:
        raise ValueError(
            f"part is in {part.unit!r} and {larger.name} in {larger.unit!r}: give both in the same unit to subtract"
        )
    low, high = larger.low - part.low, larger.high - part.high
    if low < 0 or high < 0:
        raise ValueError(
            f"{part.name} is {part.low:g} to {part.high:g}, more than "
            f"{larger.name}, {larger.low:g} to {larger.high:g}: "
            "give a whole that is at least its part at both ends"
        )
    return Range(name, min(low, high), max(low, high), unit=larger.unit)
