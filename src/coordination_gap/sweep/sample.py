"""Samples of ranges: Latin hypercubes and Sobol designs, drawn by SALib."""

from collections.abc import Mapping, Sequence

import numpy as np

from coordination_gap.press import PressError
from coordination_gap.press.parameters import Parameter, nearest
from coordination_gap.sweep.design import MOST_SAMPLED, RANGE, Sample, decimal, named, parsed

_KINDS = ("lhs", "sobol")


def size(sample: str, ranges: int) -> tuple[str, int, int]:
    """Return the kind of a sample, its base size, and how many points it has, without drawing it.

    Parameters
    ----------
    sample
        ``lhs:POINTS``, or ``sobol:BASE``: points for Sobol indices, BASE for each range and two more.
    ranges
        How many parameters vary.

    Raises
    ------
    PressError
        If it is neither, or too large to be drawn as a whole.
    """
    kind, colon, number = sample.partition(":")
    if kind not in _KINDS:
        raise PressError(f"--sample {sample}: there is no design {kind!r}{nearest(kind, list(_KINDS))}")
    if not colon or not number.isascii() or not number.isdigit() or int(number) == 0:
        raise PressError(f"--sample {sample}: write lhs:POINTS or sobol:BASE, such as lhs:200 or sobol:128")
    base = int(number)
    if kind == "sobol" and base & (base - 1):
        raise PressError(
            f"--sample {sample}: {base} is no power of two, which the sequence needs; take {1 << base.bit_length()}"
        )
    count = base if kind == "lhs" else base * (ranges + 2)
    if count > MOST_SAMPLED:
        raise PressError(
            f"--sample {sample}: {count:,} points are too many to be drawn as a whole; ask for at most {MOST_SAMPLED:,}"
        )
    return kind, base, count


def sample(
    settings: Sequence[str], declared: Mapping[str, Parameter], notebook: str, kind: str, base: int, seed: int
) -> Sample:
    """Draw the points that settings ask for, the same for the same seed.

    Parameters
    ----------
    settings
        ``name=low:high`` for what varies.
    declared, notebook
        As of :func:`coordination_gap.sweep.design.grid`.
    kind, base
        As of :func:`size`.
    seed
        Of the random numbers.
    """
    ranged, bounds = [], []
    for parameter, values, setting in named(settings, declared, notebook, RANGE):
        place = f"{notebook}, {setting}"
        ends = values.split(":")
        if len(ends) != 2:
            raise PressError(f"{place}: {values!r} is no range to draw from; {RANGE}")
        low, high = (float(decimal(parameter, end, place)) for end in ends)
        for end in ends:
            parsed(parameter, end, place)
        if not low < high:
            raise PressError(f"{place}: the range does not run from low to high; turn it round")
        ranged.append(parameter)
        bounds.append([low, high])
    problem = {"num_vars": len(ranged), "names": [parameter.name for parameter in ranged], "bounds": bounds}
    return Sample(tuple(ranged), _drawn(kind, problem, base, seed))


def _drawn(kind: str, problem: dict[str, object], base: int, seed: int) -> np.ndarray:
    # Imported here: SALib takes a second, which a grid need not wait for.
    if kind == "lhs":
        from SALib.sample import latin  # type: ignore[import-untyped] # it has no types

        drawn = latin.sample(problem, base, seed=seed)
    else:
        from SALib.sample import sobol

        drawn = sobol.sample(problem, base, calc_second_order=False, seed=seed)
    low, high = np.array(problem["bounds"], dtype=float).T
    return np.asarray(np.clip(drawn, low, high))
