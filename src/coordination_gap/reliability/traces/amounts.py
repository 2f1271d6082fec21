"""Costs and seconds of a step's attempts: mean, coefficient of variation, and how sure both are."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from coordination_gap.reliability.parts import Step
from coordination_gap.reliability.traces.codes import Floats, Ints


@dataclass(frozen=True)
class Amount:
    """Mean and coefficient of variation of a cost or a time, with relative standard errors."""

    number: int
    mean: float = math.nan
    mean_error: float = math.inf
    cv: float = math.nan
    cv_error: float = math.inf

    @classmethod
    def of(cls, values: Floats) -> "Amount":
        """Return them for the values that are there, NaN standing for unknown."""
        known = values[~np.isnan(values)]
        n, mean = len(known), float(known.mean()) if len(known) else math.nan
        if n < 2 or mean == 0.0:
            return cls(n, mean)
        off = (known - mean) / mean
        m2, m3, m4 = (float((off**power).mean()) for power in (2, 3, 4))
        variance = m2 * n / (n - 1)
        # The delta method for sd / mean, with the third and fourth moments as they are.
        spread = (m4 - m2**2) / (4 * m2**2) - m3 / m2 + m2 if m2 > 0 else 0.0
        return cls(n, mean, math.sqrt(variance / n), math.sqrt(variance), math.sqrt(max(spread, 0.0) / n))


def amounts_by_step(attempts: pd.DataFrame, place: Ints, steps: Sequence[Step]) -> dict[str, dict[str, Amount]]:
    """Return cost and seconds of each step by its name; `place` is the number of the step of each attempt."""
    order = np.argsort(place, kind="stable")
    cuts = np.searchsorted(place[order], np.arange(1, len(steps)))
    parts = {name: np.split(attempts[name].to_numpy()[order], cuts) for name in ("cost", "seconds")}
    return {
        step.name: {name: Amount.of(parts[name][number]) for name in parts} for number, step in enumerate(steps)
    }  # fmt: skip
