"""Whose uncertainty the variance of a result is owed to: Sobol indices of independent uncertain inputs."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from SALib.analyze import sobol as sobol_indices  # type: ignore[import-untyped]
from SALib.sample import sobol as sobol_sample  # type: ignore[import-untyped]

from coordination_gap import checks

_Floats = npt.NDArray[np.float64]

#: A spread below this share of the mean is rounding.
_NO_SPREAD = 1e-12


class NoVarianceError(ValueError):
    """What is asked for does not vary with the uncertain inputs."""


def variance_shares(
    values: Callable[[_Floats], _Floats],
    names: Sequence[str],
    outcome: str,
    *,
    samples: int,
    seed: int,
    confidence: float,
) -> pd.DataFrame:
    """Return the Sobol indices of a function of independent uncertain inputs.

    Parameters
    ----------
    values
        Takes levels between 0 and 1, shape (n, inputs), which each input turns into a value
        of its own distribution, and returns the n outcomes.
    names
        Of the inputs.
    outcome
        What the values are, for messages and ``attrs``.
    samples
        A power of two; `values` gets ``samples * (len(names) + 2)`` rows.
    seed
        A whole number from 0 on.
    confidence
        Of the intervals, above 0 and below 1.

    Returns
    -------
    pandas.DataFrame
        The input of the largest ``total`` first. ``input``; ``first_order``, the share of the
        variance that would go if this input were known; ``total``, the share that would be left
        if all others were; each with ``_low`` and ``_high``. ``attrs``: ``outcome``, ``samples``,
        ``seed``, ``confidence``, and ``mean``, ``sd``, ``low`` and ``high`` of the outcome.

    Raises
    ------
    ValueError
        If an argument cannot be.
    NoVarianceError
        If the outcome does not vary with the inputs.
    """
    samples = checks.count(samples, "samples", least=2)
    if samples & (samples - 1):
        near = 1 << (samples.bit_length() - 1)
        raise ValueError(f"samples is {samples}: give a power of two, such as {near} or {2 * near}")
    seed = checks.count(seed, "seed", least=0)
    confidence = checks.inner_probability(confidence, "confidence")
    problem = {"num_vars": len(names), "names": list(names), "bounds": [[0.0, 1.0]] * len(names)}
    found = values(sobol_sample.sample(problem, samples, calc_second_order=False, seed=seed))
    if np.ptp(found) <= _NO_SPREAD * np.abs(found).max() or np.var(found) < np.finfo(float).tiny:
        raise NoVarianceError(
            f"outcome is {outcome!r}, which is {found[0]:.10g} whatever the uncertain values: "
            "there is no variance to be owed to them; ask for another outcome"
        )
    # SALib takes a seed of 0 for none.
    indices = sobol_indices.analyze(problem, found, calc_second_order=False, conf_level=confidence, seed=seed + 1)
    frame = pd.DataFrame({"input": problem["names"]})
    for column, key in (("first_order", "S1"), ("total", "ST")):
        frame[column] = np.asarray(indices[key], dtype=float)
        frame[f"{column}_low"] = indices[key] - indices[f"{key}_conf"]
        frame[f"{column}_high"] = indices[key] + indices[f"{key}_conf"]
    frame = frame.sort_values("total", ascending=False, kind="stable", ignore_index=True)
    # The first and the last of each block of rows are independent samples.
    block = found.reshape(samples, -1)[:, [0, -1]]
    low, high = np.quantile(block, [(1 - confidence) / 2, (1 + confidence) / 2])
    frame.attrs = {
        "outcome": outcome,
        "samples": samples,
        "seed": seed,
        "confidence": confidence,
        "mean": float(block.mean()),
        "sd": float(block.std()),
        "low": float(low),
        "high": float(high),
    }
    return frame
