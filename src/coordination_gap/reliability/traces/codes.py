"""Outcomes of attempts and ends of runs as numbers, so that arrays can hold and count them."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from coordination_gap.reliability.traces.frame import OUTCOMES, RUN_OUTCOMES

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]

#: Places of the outcomes in :data:`~coordination_gap.reliability.traces.frame.OUTCOMES`.
GOOD, SILENT, LOUD, REJECTED_GOOD, REJECTED_BAD, PASSED, REJECTED = range(len(OUTCOMES))
PASSED_ON_CODES = (GOOD, SILENT, PASSED)
REJECTION_CODES = (REJECTED_GOOD, REJECTED_BAD, REJECTED)
#: What a judge called correct, or wrong; a loud failure needs no judge.
RIGHT, WRONG = (GOOD, REJECTED_GOOD), (SILENT, LOUD, REJECTED_BAD)
#: Places of the ends in :data:`~coordination_gap.reliability.traces.frame.RUN_OUTCOMES`.
SUCCESS, SILENT_FAILURE, HALTED = range(len(RUN_OUTCOMES))
#: No such outcome, end, way or step.
NONE = -1
