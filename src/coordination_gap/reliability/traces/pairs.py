"""How the failures of each two steps go together."""

import math

import numpy as np
import pandas as pd
from scipy import stats

from coordination_gap.reliability.traces.codes import RIGHT, WRONG, Floats
from coordination_gap.reliability.traces.data import Data
from coordination_gap.reliability.traces.rates import ratio


def pairs_of(data: Data, confidence: float) -> pd.DataFrame:
    """Return how the failures of each two steps go together, over the runs in which both were judged."""
    wrong, right = data.first[:, :, WRONG].sum(axis=2), data.first[:, :, RIGHT].sum(axis=2)
    a, b = np.triu_indices(len(data.steps), k=1)
    counts = [
        (data.weight[:, None] * of_a).T @ of_b
        for of_a, of_b in ((wrong, wrong), (wrong, right), (right, wrong), (right, right))
    ]
    both, only_a, only_b, neither = (count[a, b] for count in counts)
    runs = both + only_a + only_b + neither
    phi, error = _phi(ratio(np.stack([both, only_a, only_b, neither]), runs), runs)
    width = stats.norm.ppf((1.0 + confidence) / 2.0) * error
    names = np.array([step.name for step in data.steps], dtype=object)
    frame = pd.DataFrame({"step_a": names[a], "step_b": names[b], "runs": runs.astype(np.int64)})
    for name, count in {"both": both, "only_a": only_a, "only_b": only_b, "neither": neither}.items():
        frame[name] = count.astype(np.int64)
    frame["phi"], frame["low"], frame["high"] = phi, np.maximum(phi - width, -1.0), np.minimum(phi + width, 1.0)
    frame["excess"] = ratio(both, runs) - ratio(both + only_a, runs) * ratio(both + only_b, runs)
    reason = np.where(runs == 0, "no run has a judged first attempt at both", "one of the two always came to the same")
    frame["gap"] = np.where(np.isnan(phi), reason, "")
    return frame[frame["runs"] > 0].reset_index(drop=True)


def _phi(shares: Floats, runs: Floats) -> tuple[Floats, Floats]:
    """Return the phi coefficient of two-by-two tables (first axis) and its large-sample standard error.

    The error is that of multinomial sampling, by the delta method (Bishop, Fienberg and
    Holland, Discrete Multivariate Analysis, 1975, section 11.3).
    """
    both, only_a, only_b, neither = shares
    a, b = both + only_a, both + only_b
    root = np.sqrt(a * (1 - a) * b * (1 - b))
    with np.errstate(divide="ignore", invalid="ignore"):
        phi = (both * neither - only_a * only_b) / root
        # d phi / d share of each cell, with the other cells held fixed.
        tilt_a, tilt_b = (1 - 2 * a) / (2 * a * (1 - a)), (1 - 2 * b) / (2 * b * (1 - b))
        slopes = [neither / root - phi * (tilt_a + tilt_b), -only_b / root - phi * tilt_a]
        slopes += [-only_a / root - phi * tilt_b, both / root]
        mean = sum(share * slope for share, slope in zip(shares, slopes, strict=True))
        variance = sum(share * (slope - mean) ** 2 for share, slope in zip(shares, slopes, strict=True)) / runs
    return np.where(root > 0, phi, math.nan), np.sqrt(variance)
