"""Which points a sweep runs: a grid of values, or a sample of ranges; counted before anything is made."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Protocol

import numpy as np

from coordination_gap.press import PressError
from coordination_gap.press.parameters import Parameter, Value, nearest

#: A sample has to be drawn as a whole, and so has an end.
MOST_SAMPLED = 5_000_000
_AXIS = "write NAME=LOW:HIGH:STEP, NAME=VALUE,VALUE or NAME=VALUE"
RANGE = "write NAME=LOW:HIGH, or NAME=VALUE for one that stays"


class Design(Protocol):
    """The points of a sweep, numbered from 0."""

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters that vary."""

    @property
    def count(self) -> int:
        """How many points there are."""

    def point(self, number: int) -> dict[str, Value]:
        """Return the values of a point."""


@dataclass(frozen=True)
class Axis:
    """The values of one parameter, given one by one or as a range, which is never written out.

    Attributes
    ----------
    parameter
        Which one, with what it may be.
    listed
        The values, where they are given one by one.
    low, step, count
        The range otherwise: ``low + step * number`` for each number below `count`.
    """

    parameter: Parameter
    listed: tuple[Value, ...] = ()
    low: Decimal = Decimal(0)
    step: Decimal = Decimal(0)
    count: int = 0

    def value(self, number: int) -> Value:
        """Return the value of a number."""
        if self.listed:
            return self.listed[number]
        return self.parameter.parsed(format(self.low + self.step * number, "f"))


@dataclass(frozen=True)
class Grid:
    """Every combination of the values of its axes, the last one changing fastest."""

    axes: tuple[Axis, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters, in the order given."""
        return tuple(axis.parameter.name for axis in self.axes)

    @property
    def count(self) -> int:
        """How many combinations there are."""
        return math.prod(axis.count for axis in self.axes)

    def point(self, number: int) -> dict[str, Value]:
        """Return the values of a combination."""
        values: dict[str, Value] = {}
        for axis in reversed(self.axes):
            number, place = divmod(number, axis.count)
            values[axis.parameter.name] = axis.value(place)
        return {name: values[name] for name in self.names}


@dataclass(frozen=True)
class Sample:
    """Points drawn from ranges, one a row."""

    ranged: tuple[Parameter, ...]
    drawn: np.ndarray

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters, in the order given."""
        return tuple(parameter.name for parameter in self.ranged)

    @property
    def count(self) -> int:
        """How many points were drawn."""
        return len(self.drawn)

    def point(self, number: int) -> dict[str, Value]:
        """Return the values of a point; those of whole numbers are rounded."""
        return {
            parameter.name: parameter.checked(round(value) if parameter.type == "int" else float(value))
            for parameter, value in zip(self.ranged, self.drawn[number].tolist(), strict=True)
        }


def grid(settings: Sequence[str], declared: Mapping[str, Parameter], notebook: str) -> Grid:
    """Return the grid that settings ask for.

    Parameters
    ----------
    settings
        ``name=low:high:step`` (both ends included), ``name=value,value`` or ``name=value``.
    declared
        The notebook's parameters, by name.
    notebook
        Its name, for messages.

    Raises
    ------
    PressError
        If a name is unknown or given twice, a value is refused, or a range goes nowhere.
    """
    return Grid(tuple(_axis(*each, f"{notebook}, {each[2]}") for each in named(settings, declared, notebook, _AXIS)))


def named(
    settings: Sequence[str], declared: Mapping[str, Parameter], notebook: str, how: str
) -> list[tuple[Parameter, str, str]]:
    """Return each setting's parameter and its values, with the setting itself for messages.

    Raises
    ------
    PressError
        If there is none, a name is unknown (the nearest is suggested), or given twice; it ends with `how`.
    """
    if not settings:
        raise PressError(f"{notebook}: nothing is to vary; {how}")
    found: dict[str, tuple[Parameter, str, str]] = {}
    for setting in settings:
        name, equals, values = setting.partition("=")
        if not equals or not values:
            raise PressError(f"{notebook}, {setting}: there are no values; {how}")
        if name == "as_of":
            raise PressError(f"{notebook}, {setting}: as_of is the edition's; choose one with --edition")
        if name not in declared:
            raise PressError(f"{notebook}: there is no parameter {name!r}{nearest(name, dict(declared))}")
        if name in found:
            raise PressError(f"{notebook}: {name} is given twice; write all its values as one, separated by commas")
        found[name] = (declared[name], values, setting)
    return list(found.values())


def _axis(parameter: Parameter, values: str, _setting: str, place: str) -> Axis:
    if ":" in values:
        return _range(parameter, values, place)
    listed = tuple(parsed(parameter, value, place) for value in values.split(","))
    for number, value in enumerate(listed):
        if value in listed[:number]:
            raise PressError(f"{place}: {value} is there twice; leave one out")
    return Axis(parameter, listed, count=len(listed))


def _range(parameter: Parameter, values: str, place: str) -> Axis:
    ends = values.split(":")
    if len(ends) != 3:
        raise PressError(f"{place}: {values!r} is no range with a step; write LOW:HIGH:STEP, such as 300:500:5")
    low, high, step = (decimal(parameter, end, place) for end in ends)
    parsed(parameter, ends[0], place)
    parsed(parameter, ends[1], place)
    if step == 0:
        raise PressError(f"{place}: the step is 0, which leads nowhere; give another one")
    if (high - low) * step < 0:
        raise PressError(f"{place}: the step {ends[2]} leads away from {ends[1]}; change its sign")
    axis = Axis(parameter, low=low, step=step, count=int((high - low) / step) + 1)
    parsed(parameter, format(low + step, "f") if axis.count > 1 else ends[0], place)
    return axis


def decimal(parameter: Parameter, text: str, place: str) -> Decimal:
    """Return the end of a range as written, without the error of a float."""
    if parameter.type not in ("int", "float"):
        raise PressError(f"{place}: {parameter.name} is not a number and has no range; write its values with commas")
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite():
        raise PressError(f"{place}: {text!r} is not a number; mend it")
    return number


def parsed(parameter: Parameter, text: str, place: str) -> Value:
    """Return a value of a parameter, refused with the place where it stands."""
    try:
        return parameter.parsed(text)
    except ValueError as error:
        raise PressError(f"{place}: {error}") from None
