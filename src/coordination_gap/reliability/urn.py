r"""Draws of one run that fail together: the beta factor, and the beta-binomial law one draw at a time.

The next of several draws with correlation :math:`\rho`, *i* of *t* so far being successes,
succeeds with :math:`(p (1 - \rho) + \rho i) / (1 - \rho + \rho t)` (Pólya's urn).
"""

from typing import Any, TypeAlias

import numpy as np

#: A float, or an array of them.
Number: TypeAlias = Any


def common_cause_split(p: Number, share: float) -> tuple[Number, Number]:
    """Return the probability that the common cause strikes, and the success of what it spares.

    A `share` of the failures, the beta factor, strikes all at once; the success of one
    draw, over struck and spared, stays `p`.
    """
    struck = share * (1 - p)
    spared = 1 - struck
    # The quotient is at most 1 but for a rounding error.
    if isinstance(spared, np.ndarray):
        return struck, np.minimum(np.divide(p, spared, out=np.zeros_like(spared), where=spared > 0), 1.0)
    return struck, min(p / spared, 1.0) if spared > 0 else 0.0


def urn_success(p: Number, correlation: float, successes: Number, drawn: int) -> Number:
    """Return the probability that the next draw succeeds, after `successes` of those `drawn` so far."""
    if drawn == 0:
        return p + 0.0 * successes
    return (p * (1 - correlation) + correlation * successes) / (1 - correlation + correlation * drawn)
