r"""How far apart the best and the worst of several systems are, on the same tasks, beyond sampling.

Each system tried each task :math:`n` times. Its rate is the mean share of tries that succeeded, with
the standard error of that mean over tasks, so that tries of one task may go together. The best and
the worst are picked from :math:`m` systems because they lie far apart; that is made up for by the
studentised range: with squared errors :math:`s^2` of the two, the difference :math:`d` has the interval
:math:`d \pm q_{m} \sqrt{(s_1^2 + s_2^2) / 2}`, which holds for all pairs at once (Tukey and Kramer, with
each pair's own errors as Games and Howell have it, and tasks enough for the normal law). That the
systems share their tasks is not used, which makes a difference harder to find.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Spread:
    """The difference between the best and the worst of several systems.

    Attributes
    ----------
    difference, low, high
        The highest rate less the lowest, and its interval, as shares of one.
    systems, tasks
        How many systems, and how many tasks the fewest of them were tried on.
    """

    difference: float
    low: float
    high: float
    systems: int
    tasks: int


def spread(counts: npt.ArrayLike, confidence: float = 0.95) -> Spread:
    """Return the difference between the best and the worst system, with an interval that knows they were picked.

    Parameters
    ----------
    counts
        Numbers of tasks of which 0, 1 … *n* tries succeeded: systems × (*n* + 1), two systems at least.
    confidence
        Of the interval, in (0, 1).

    Raises
    ------
    ValueError
        If there are fewer than two systems, a count is negative or not whole, a system has fewer
        than two tasks or one outcome on all of them, or `confidence` is none.
    """
    tasks = np.asarray(counts, dtype=float)
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}: it must lie between 0 and 1")
    if tasks.ndim != 2 or tasks.shape[0] < 2 or tasks.shape[1] < 2:
        raise ValueError(f"counts has the shape {tasks.shape}: it must be systems × (tries + 1), two of each at least")
    if not np.isfinite(tasks).all() or (tasks < 0).any() or (tasks != np.round(tasks)).any():
        raise ValueError(f"counts has {tasks.min():g} as its lowest: all must be whole numbers of tasks, 0 or more")
    total = tasks.sum(axis=1)
    rate = np.linspace(0, 1, tasks.shape[1])
    mean = tasks @ rate / np.maximum(total, 1)
    squares = (tasks * (rate - mean[:, None]) ** 2).sum(axis=1)
    if (total < 2).any() or (squares <= 0).any():
        raise ValueError("counts has a system with fewer than two tasks, or one outcome on all: it has no error")
    variance = squares / (total - 1) / total
    best, worst = int(mean.argmax()), int(mean.argmin())
    from scipy import stats  # takes half a second to load, and the press needs the rest of the package

    width = stats.studentized_range.ppf(confidence, len(mean), np.inf) * np.sqrt((variance[best] + variance[worst]) / 2)
    difference = float(mean[best] - mean[worst])
    return Spread(difference, difference - float(width), difference + float(width), len(mean), int(total.min()))
