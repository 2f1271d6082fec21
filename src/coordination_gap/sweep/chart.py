"""A chart of one fact by the parameters of a sweep."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
import pandas as pd
import pyarrow.parquet as pq  # type: ignore[import-untyped] # it has no types
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coordination_gap import figures
from coordination_gap.press import PressError
from coordination_gap.press.parameters import Parameter, nearest

#: More lines than this cannot be told apart, more points not be seen.
_MOST_LINES, _MOST_POINTS = 6, 20_000


def chosen(parquet: Path, parameters: Sequence[str], asked: str | None) -> str | None:
    """Return the fact that the chart shows: the one asked for, or the first number that varies with every parameter.

    Where none does, it is the first that varies at all, and None where nothing does.

    Parameters
    ----------
    parquet
        The table of the sweep.
    parameters
        What varies; a fact that only repeats one is not chosen.
    asked
        A fact's id, or its name without that of the page.

    Raises
    ------
    PressError
        If there is no such fact, or it is no number.
    """
    table = pq.read_table(parquet)
    facts = [name for name in table.column_names if name not in (*parameters, "run", "error")]
    numeric = [name for name in facts if table.schema.field(name).type in ("double", "int64")]
    if asked is not None:
        named = [name for name in facts if asked in (name, name.partition(".")[2])]
        if not named:
            raise PressError(
                f"--fact {asked}: no run recorded it, and the tables are written without a chart{nearest(asked, facts)}"
            )
        if named[0] not in numeric:
            raise PressError(
                f"--fact {asked}: {named[0]} is no number and cannot be drawn; the tables are written without a chart"
            )
        return str(named[0])
    own = [name for name in numeric if name.partition(".")[2] not in parameters]
    varying = [name for name in own if len(table.column(name).drop_null().unique()) > 1]
    moved_by_all = (name for name in varying if _moved_by_all(table.select([*parameters, name]).to_pandas(), name))
    return next(moved_by_all, varying[0] if varying else None)


def _moved_by_all(frame: pd.DataFrame, fact: str) -> bool:
    """Return whether, for each parameter of several values, a fact differs where that one alone does."""
    names = [name for name in frame.columns if name != fact and len(frame[name].unique()) > 1]
    if len(names) < 2:
        return True
    return all(frame.groupby([other for other in names if other != name])[fact].nunique().max() > 1 for name in names)


def draw(parquet: Path, varied: Sequence[Parameter], fact: str, sampled: bool, folder: Path) -> list[Path]:
    """Draw a fact by the first parameter, a line for each value of the second, as ``chart.svg`` and ``chart.png``.

    Parameters of one value are no axes.
    """
    columns = [parameter.name for parameter in varied]
    frame = pq.read_table(parquet, columns=[*columns, fact]).to_pandas().dropna(subset=[fact])
    moved = [parameter for parameter in varied if len(frame[parameter.name].unique()) > 1] or [varied[0]]
    names = [parameter.name for parameter in moved]
    frame = frame.iloc[:: -(-len(frame) // _MOST_POINTS) or 1]
    with matplotlib.rc_context(figures.style()):
        figure = Figure(figsize=figures.SIZES["wide"])
        axes = figure.subplots()
        if sampled or len(names) > 2 or (len(names) == 2 and frame[names[1]].nunique() > _MOST_LINES):
            axes.plot(_values(frame[names[0]]), frame[fact], linestyle="none", marker=".")
        else:
            _lines(axes, frame, names, fact)
        axes.set_xlabel(f"{names[0]} ({moved[0].unit})" if moved[0].unit else names[0])
        axes.set_ylabel(fact)
        written = []
        for kind, metadata in (("svg", {"Date": None, "Creator": None}), ("png", {"Software": None})):
            written.append(folder / f"chart.{kind}")
            figure.savefig(written[-1], metadata=metadata, facecolor="white", transparent=False)
    return written


def _lines(axes: Axes, frame: pd.DataFrame, names: Sequence[str], fact: str) -> None:
    if len(names) == 1:
        axes.plot(_values(frame[names[0]]), frame[fact], marker=".")
        return
    values: list[float | str] = frame[names[1]].unique().tolist()
    for value in values:
        rows = frame[frame[names[1]] == value]
        axes.plot(_values(rows[names[0]]), rows[fact], marker=".", label=f"{names[1]} = {value}")
    axes.legend()


def _values(column: Any) -> Any:
    return column if pd.api.types.is_numeric_dtype(column) and column.dtype != bool else column.astype(str)
