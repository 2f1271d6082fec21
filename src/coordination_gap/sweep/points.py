"""The points of a sweep, from the words of the command line."""

from coordination_gap.press import PressError
from coordination_gap.press.parameters import Parameter, Value
from coordination_gap.sweep import design
from coordination_gap.sweep import sample as samples


def points_of(
    settings: tuple[str, ...], declared: dict[str, Parameter], notebook: str, sample: str | None, seed: int
) -> tuple[design.Design, dict[str, Value]]:
    """Return the points of a sweep, and the values given once beside a sample.

    Parameters
    ----------
    settings
        ``NAME=VALUES``, as the command line has them.
    declared, notebook
        The notebook's parameters, and its name.
    sample
        ``lhs:200`` or ``sobol:128``; None for a grid.
    seed
        Of a sample.

    Raises
    ------
    PressError
        If a setting is malformed, unknown, out of range or given twice.
    """
    if sample is None:
        return design.grid(settings, declared, notebook), {}
    varying = [setting for setting in settings if ":" in setting]
    kind, base, _ = samples.size(sample, len(varying))
    points = samples.sample(varying, declared, notebook, kind, base, seed)
    rest = [setting for setting in settings if setting not in varying]
    if not rest:
        return points, {}
    given = design.grid(rest, declared, notebook)
    for name in given.names:
        if name in points.names:
            raise PressError(f"{notebook}: {name} is given twice; leave out its range or its value")
    if given.count > 1:
        raise PressError(f"{notebook}: a sample draws from ranges NAME=LOW:HIGH; give one value to what stays")
    return points, given.point(0)
