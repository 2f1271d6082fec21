"""Figures of the page on the market's reaction. Each function draws on an empty figure, in the house style."""

from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from coordination_gap import figures
from coordination_gap.market.plots import format_signed


def draw_controls(figure: Figure, data: pd.DataFrame, level: str) -> None:
    """Draw one abnormal return for each window, control and model, windows beneath each other.

    Parameters
    ----------
    figure
        An empty figure.
    data
        ``window``, ``market``, ``model``, ``abnormal_return_percent``, ``low_percent``,
        ``high_percent``; windows and controls keep the order of their first row.
    level
        What the bars are, such as ``"95% interval"``.
    """
    axes = figure.add_subplot()
    axes.axvline(0, color=figures.muted(), lw=0.8)
    places: list[float] = []
    labels: list[str] = []
    heads: list[int] = []
    place = 0.0
    for window in data["window"].unique():
        heads.append(len(labels))
        places.append(place)
        labels.append(str(window))
        part = data[data["window"] == window]
        for market in part["market"].unique():
            place -= 1
            places.append(place)
            labels.append(str(market))
            for _, row in part[part["market"] == market].iterrows():
                adjusted = row["model"] != "market"
                height = place - (0.16 if adjusted else -0.16)
                colour = "C1" if adjusted else "C0"
                axes.plot([row["low_percent"], row["high_percent"]], [height, height], color=colour, lw=1.2)
                axes.plot(row["abnormal_return_percent"], height, "s" if adjusted else "o", color=colour, ms=5)
        place -= 1.3
    axes.set_yticks(places, labels)
    for number, tick in enumerate(axes.get_yticklabels()):
        if number in heads:
            tick.set_fontweight("bold")
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(place + 0.6, 0.7)
    axes.set_xlabel("abnormal return, %" if figures.is_narrow(figure) else f"abnormal return, %, {level}")
    axes.xaxis.set_major_formatter(format_signed)
    axes.grid(visible=False, axis="y")


def draw_placebo(figure: Figure, data: pd.DataFrame, named: Mapping[str, float]) -> None:
    """Draw the placebos' *t* as stacked dots, and the event's as upright lines.

    Parameters
    ----------
    figure
        An empty figure.
    data
        ``placebo_t``, a row a placebo.
    named
        A label for each of the event's own *t*.
    """
    axes = figure.add_subplot()
    width = 0.25
    bins = np.round(data["placebo_t"].to_numpy(dtype=float) / width).astype(int)
    stack: dict[int, int] = {}
    heights = []
    for each in bins:
        stack[each] = stack.get(each, 0) + 1
        heights.append(stack[each])
    axes.plot(bins * width, heights, "o", color="C0", ms=3.6 if figures.is_narrow(figure) else 5, ls="none")
    top = max(heights) * 1.25
    axes.set_ylim(0, top)
    for number, (label, value) in enumerate(named.items()):
        axes.axvline(value, color="C1", lw=1.6)
        axes.annotate(
            label,
            (value, top),
            (4, -2 - 13 * number),
            textcoords="offset points",
            va="top",
            color="C1",
            fontsize=9,
        )
    axes.set_xlabel("t of the abnormal return" if figures.is_narrow(figure) else "abnormal return over its error, t")
    axes.set_ylabel("placebo sessions")
    axes.xaxis.set_major_formatter(format_signed)
    axes.grid(visible=False, axis="x")


def draw_power(figure: Figure, data: pd.DataFrame, marked: float, mark: str, power: float) -> None:
    """Draw the chance to find an effect by its size, a line a kind of study.

    Parameters
    ----------
    figure
        An empty figure.
    data
        ``effect_percent``, and a column of chances for each study, named as it shall be shown.
    marked, mark
        An effect from elsewhere, in per cent without sign, and its label.
    power
        The chance at which the smallest effect is read off.
    """
    axes = figure.add_subplot()
    styles: list[Any] = ["-", (0, (5, 2)), (0, (1, 1.2))]
    names = data.columns.drop("effect_percent")
    for number, name in enumerate(names):
        axes.plot(data["effect_percent"], data[name], color=f"C{number}", ls=styles[number % 3], lw=2, label=name)
    axes.axhline(power, color=figures.muted(), lw=0.8)
    axes.axvline(marked, color=figures.muted(), lw=1, ls=(0, (4, 2)))
    axes.annotate(
        mark, (marked, 1.02), (3, 0), textcoords="offset points", color=figures.muted(), va="bottom", fontsize=9
    )
    axes.set_ylim(0, 1.1)
    axes.set_xlim(0, data["effect_percent"].max())
    axes.set_xlabel("true abnormal return, % up or down")
    axes.set_ylabel("chance to find it")
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    with mpl.rc_context({"legend.fontsize": 9}):
        axes.legend(loc="lower right", frameon=False)
