"""Settings of the support agent."""

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from coordination_gap.agent.state import State

StepFunction = Callable[[State], Awaitable[Any]]
"""What computes a step's value from the run's state. Which value, ``steps.py`` says."""

Intercept = Callable[[str, StepFunction], StepFunction]


@dataclass(frozen=True)
class Settings:
    """How the agent works.

    Attributes
    ----------
    attempts
        The most tries of ``classify``, ``look up`` and ``draft``, the first included.
    first_wait_s
        Wait before the second try, in seconds; it doubles before each further one.
    step_timeout_s
        The longest that one try may take, in seconds. ``send`` has none: a write that was cut off half way could
        not be told from one that was not made.
    gate
        Whether a draft is held against the record before it is sent.
    fallback
        Whether a plain reply made from the record by code takes the place of a draft that failed or was rejected;
        otherwise a person does.
    least_confidence
        Classifications below it, from 0 to 1, go to a person.
    intercept
        Called once for each step, with its name and the function that computes its value; what it returns is called
        instead, once for each try, inside time-out and retry. For fault injection.
    usd_per_million_tokens
        Price of the model's input and output tokens in US dollars per million, as the provider states it; None where
        it is not known.
    """

    attempts: int = 3
    first_wait_s: float = 0.05
    step_timeout_s: float = 10.0
    gate: bool = True
    fallback: bool = True
    least_confidence: float = 0.5
    intercept: Intercept | None = None
    usd_per_million_tokens: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if isinstance(self.attempts, bool) or not isinstance(self.attempts, int) or not 1 <= self.attempts <= 100:
            raise ValueError(f"attempts is {self.attempts!r}: give a whole number from 1 to 100")
        for name, least, most, unit in (
            ("first_wait_s", 0.0, 3600.0, "seconds"),
            ("step_timeout_s", 1e-3, 86400.0, "seconds"),
            ("least_confidence", 0.0, 1.0, "a probability"),
        ):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
                raise ValueError(f"{name} is {value!r}: give {unit} from {least:g} to {most:g}")
        prices = self.usd_per_million_tokens
        if prices is not None and not (len(prices) == 2 and all(0 <= price < math.inf for price in prices)):
            raise ValueError(f"usd_per_million_tokens is {prices!r}: give two prices of 0 or more, or None")
