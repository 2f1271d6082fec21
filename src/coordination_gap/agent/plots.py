"""Figures of the support agent. Each function draws on an empty figure, in the house style."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator, PercentFormatter

from coordination_gap import figures

ENDS = (
    ("success", "as it should be", "C0"),
    ("halted", "to a person", "C2"),
    ("silent_failure", "silent failure", "C1"),
)
"""How runs end: column, words, colour. They are drawn in this order, and differ in hatching too."""
_HATCHES = {"success": "", "halted": "///", "silent_failure": "xx"}


def draw_cases(figure: Figure, data: pd.DataFrame) -> None:
    """Draw how runs ended by kind of e-mail.

    Parameters
    ----------
    figure
        An empty figure.
    data
        ``case`` in words, ``runs``, and of these ``success``, ``halted`` and ``silent_failure``; a row a kind.
    """
    axes = figure.add_subplot()
    labels = [f"{row.case} ({row.runs})" for row in data.itertuples(index=False)]
    _bars(axes, data, labels)
    axes.set_xlabel("share of e-mails")
    _legend(figure, axes)


def draw_single(figure: Figure, data: pd.DataFrame) -> None:
    """Draw how runs with one fault ended by the step that it hit, without defences and with all.

    Parameters
    ----------
    figure
        An empty figure.
    data
        ``defence`` (``bare`` or ``all``), ``step``, ``runs``, and of these ``success``, ``halted`` and
        ``silent_failure``. A step that a defence does not have has no row, and its place stays empty.
    """
    narrow = figures.is_narrow(figure)
    steps = max((part["step"].to_list() for _, part in data.groupby("defence")), key=len)
    panels = figure.subplots(2, 1, sharex=True) if narrow else figure.subplots(1, 2, sharey=True)
    for axes, (defence, words) in zip(panels, (("bare", "no defence"), ("all", "all defences")), strict=True):
        counts = data.loc[data["defence"] == defence].set_index("step")[["runs", *(end for end, _, _ in ENDS)]]
        part = counts.astype(float).reindex(steps)
        _bars(axes, part, steps)
        for place in np.flatnonzero(part["runs"].isna()):
            axes.annotate("no such step", (0.02, -place), fontsize=8, va="center", color=figures.muted())
        axes.annotate(words, (0, 1.02), xycoords="axes fraction", fontsize=9, va="bottom")
        if not narrow or defence == "all":
            axes.set_xlabel("share of runs")
    _legend(figure, panels[0])


def draw_gap(figure: Figure, data: pd.DataFrame) -> None:
    """Draw the success that the steps predict beside the one measured.

    Parameters
    ----------
    figure
        An empty figure.
    data
        ``name``, ``predicted``, ``observed``, each with ``_low`` and ``_high``; a row a way to defend and to last.
    """
    axes = figure.add_subplot()
    for number, row in enumerate(data.itertuples(index=False)):
        for column, shift, mark, colour, words in (
            ("predicted", 0.16, "D", "C1", "predicted from the steps"),
            ("observed", -0.16, "o", "C0", "measured"),
        ):
            low, high = getattr(row, f"{column}_low"), getattr(row, f"{column}_high")
            axes.plot([low, high], [-number + shift] * 2, color=colour, lw=1.6)
            axes.plot(
                getattr(row, column), -number + shift, mark, color=colour, ms=5, label=words if number == 0 else None
            )
    axes.set_yticks(range(0, -len(data), -1), data["name"].to_list())
    axes.grid(visible=False, axis="y")
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set_xlabel("end as they should" if figures.is_narrow(figure) else "runs that end as they should")
    axes.xaxis.set_major_locator(MultipleLocator(0.05))
    _legend(figure, axes)


def _bars(axes: Axes, data: pd.DataFrame, labels: list[str]) -> None:
    places = range(0, -len(data), -1)
    left = pd.Series(0.0, index=data.index)
    for column, words, colour in ENDS:
        share = data[column] / data["runs"]
        axes.barh(
            places, share, left=left, color=colour, label=words, height=0.72, hatch=_HATCHES[column],
            edgecolor=axes.get_facecolor(), linewidth=0.5,
        )  # fmt: skip
        left = left + share
    axes.set_yticks(list(places), labels)
    axes.set_xlim(0, 1)
    axes.grid(visible=False)
    axes.xaxis.set_major_formatter(PercentFormatter(1))


def _legend(figure: Figure, axes: Axes) -> None:
    handles, words = axes.get_legend_handles_labels()
    size = {"fontsize": 8, "handlelength": 1.2, "columnspacing": 0.9} if figures.is_narrow(figure) else {}
    figure.legend(handles, words, loc="outside upper center", ncols=3, frameon=False, **size)
