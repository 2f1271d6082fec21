"""What the arguments of a valuation may be."""

import math


def positive(value: float, name: str) -> None:
    """Raise unless a value is finite and above 0."""
    if not (math.isfinite(value) and value > 0):
        raise ValueError(f"{name} is {value}: it must be a finite number above 0")


def growth_below(growth: float, discount_rate: float, name: str = "growth") -> None:
    """Raise unless growth for ever is below the discount rate, and both are rates above −1."""
    for what, value in ((name, growth), ("discount_rate", discount_rate)):
        if not (math.isfinite(value) and value > -1):
            raise ValueError(f"{what} is {value}: give a rate above -1, such as 0.03")
    if growth >= discount_rate:
        raise ValueError(
            f"{name} is {growth} and discount_rate {discount_rate}: growth for ever must be below the discount rate, "
            "or the value has no end"
        )
