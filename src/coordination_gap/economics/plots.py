"""Figures of the page on economics. Each function draws on an empty figure, in the house style."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, PercentFormatter

from coordination_gap import figures
from coordination_gap.facts import format_number
from coordination_gap.reliability.plots import beside, head_of_names, key_above, spread

_STYLES = ("-", (0, (5, 2)), (0, (1, 1.2)), (0, (6, 1.5, 1, 1.5)))


def _percent(axes: Axes, which: str = "y") -> None:
    axis = axes.yaxis if which == "y" else axes.xaxis
    axis.set_major_formatter(PercentFormatter(1, decimals=0))


def _thousands(value: float, _place: object = None) -> str:
    return format_number(value / 1000, "count", 0) if value else "0"


def _dollars(value: float, _place: object = None) -> str:
    return f"{value:,.2f}" if value < 1 else f"{value:,.0f}"


def draw_values(figure: Figure, data: pd.DataFrame) -> None:
    """Draw the share of draws worth at most so much, a curve a case.

    Parameters
    ----------
    figure
        An empty figure.
    data
        ``case``, ``value_usd``, ``share_at_or_below``.
    """
    axes = figure.add_subplot()
    for number, (case, part) in enumerate(data.groupby("case", sort=False)):
        axes.plot(part["value_usd"], part["share_at_or_below"], color=f"C{number}", ls=_STYLES[number], label=str(case))
    axes.axvline(0, color=figures.muted(), lw=1)
    axes.set_ylim(0, 1)
    axes.set_xlabel("net present value, thousand US dollars")
    axes.set_ylabel("draws at or below")
    axes.xaxis.set_major_formatter(FuncFormatter(_thousands))
    axes.xaxis.set_major_locator(MaxNLocator(5 if figures.is_narrow(figure) else 8))
    _percent(axes)
    key_above(axes, columns=1)


def draw_cash(figure: Figure, data: pd.DataFrame) -> None:
    """Draw the discounted cash so far by month: a median and a band a design.

    Parameters
    ----------
    figure
        An empty figure.
    data
        ``design``, ``month``, ``median_usd``, ``low_usd``, ``high_usd``.
    """
    axes = figure.add_subplot()
    for number, (design, part) in enumerate(data.groupby("design", sort=False)):
        colour = f"C{number}"
        axes.fill_between(part["month"], part["low_usd"], part["high_usd"], color=colour, alpha=0.18, lw=0)
        axes.plot(part["month"], part["median_usd"], color=colour, ls=_STYLES[number], label=str(design))
    axes.axhline(0, color=figures.muted(), lw=1)
    axes.set_xlim(0, data["month"].max())
    axes.set_xlabel("months in use")
    axes.set_ylabel("cash so far,\nthousand US dollars")
    axes.yaxis.set_major_formatter(FuncFormatter(_thousands))
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True, steps=[1, 2, 3, 6, 10]))
    key_above(axes, columns=1 if figures.is_narrow(figure) else 2)


def draw_tornado(figure: Figure, data: pd.DataFrame, middle: float) -> None:
    """Draw the value at both ends of each input, widest on top.

    Parameters
    ----------
    figure
        An empty figure.
    data
        ``input``, ``value_at_low_usd``, ``value_at_high_usd``.
    middle
        Value with all inputs in their middle, US dollars.
    """
    axes = figure.add_subplot()
    places = [-float(row) for row in range(len(data))]
    for column, colour, words in (
        ("value_at_low_usd", "C0", "at its low end"),
        ("value_at_high_usd", "C1", "at its high end"),
    ):
        axes.barh(places, data[column] - middle, left=middle, height=0.62, color=colour, label=words)
    axes.axvline(0, color=figures.muted(), lw=1, ls=(0, (4, 2)))
    axes.axvline(middle, color=figures.muted(), lw=1)
    axes.set_yticks(places, [str(name) for name in data["input"]])
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("thousand US dollars" if figures.is_narrow(figure) else "net present value, thousand US dollars")
    axes.xaxis.set_major_formatter(FuncFormatter(_thousands))
    axes.xaxis.set_major_locator(MaxNLocator(4 if figures.is_narrow(figure) else 7))
    axes.grid(visible=False, axis="y")
    key_above(axes, columns=1 if figures.is_narrow(figure) else 2)


def draw_routing(figure: Figure, data: pd.DataFrame) -> None:
    """Draw models by cost and success, and what cascades of two of them can do.

    Parameters
    ----------
    figure
        An empty figure.
    data
        ``kind`` ("frontier", "beaten" or "cascade"), ``name``, ``cost_usd``, ``success``.
    """
    axes = figure.add_subplot()
    cascades = data[data["kind"] == "cascade"]
    for number, (name, part) in enumerate(cascades.groupby("name", sort=False)):
        axes.plot(part["cost_usd"], part["success"], color=f"C{number + 1}", ls=_STYLES[number], label=str(name))
    for kind, colour, marker, words in (
        ("frontier", "C0", "o", "model that none beats"),
        ("beaten", figures.muted(), "s", "model that another beats"),
    ):
        part = data[data["kind"] == kind]
        axes.plot(part["cost_usd"], part["success"], marker, color=colour, ms=7, zorder=5, label=words)
    names = data[data["kind"] == "frontier"]
    for cost, success, name in zip(names["cost_usd"], names["success"], names["name"], strict=True):
        axes.annotate(name, (cost, success), (6, -11), textcoords="offset points", color="C0", fontsize=9)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(10, subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(FuncFormatter(_dollars))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("US dollars a task")
    axes.set_ylabel("tasks that succeed")
    # Other steps would need digits that the labels do not show.
    axes.yaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 5, 10]))
    _percent(axes)
    key_above(axes, columns=1 if figures.is_narrow(figure) else 2)


def draw_one_call(figure: Figure, data: pd.DataFrame) -> None:
    """Draw the success of one call above which it is better than a chain, over the steps of the chain.

    Parameters
    ----------
    figure
        An empty figure.
    data
        ``chain``, ``steps``, ``one_call_better_above``.
    """
    axes = figure.add_subplot()
    for number, (chain, part) in enumerate(data.groupby("chain", sort=False)):
        axes.plot(
            part["steps"],
            part["one_call_better_above"],
            color=f"C{number}",
            ls=_STYLES[number],
            marker=("o", "s", "^", "D")[number],
            ms=4.5,
            label=str(chain),
        )
    low = min(0.5, float(data["one_call_better_above"].min()))
    axes.set_ylim(max(0.0, low), 1)
    axes.set_xlabel("steps of the chain")
    axes.set_ylabel("success of one call\nabove which it is better")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    _percent(axes)
    key_above(axes, columns=1)


def draw_thresholds(figure: Figure, data: pd.DataFrame, stated: float | None) -> None:
    """Draw the success of a chain below which a layer pays, over the tasks of a month.

    Parameters
    ----------
    figure
        An empty figure.
    data
        ``steps``, ``tasks_a_month``, ``pays_below``.
    stated
        The article's threshold, drawn as a level line where it is given.
    """
    axes = figure.add_subplot()
    ends = []
    for number, (steps, part) in enumerate(data.groupby("steps", sort=False)):
        axes.plot(part["tasks_a_month"], part["pays_below"], color=f"C{number}", ls=_STYLES[number])
        ends.append((float(part["pays_below"].iloc[-1]), f"{steps} steps", f"C{number}"))
    last = float(data["tasks_a_month"].max())
    for (_, text, colour), y in zip(ends, spread([end[0] for end in ends], 0.06, 0.0, 1.0), strict=True):
        beside(axes, last, y, text, colour, bold=True)
    head_of_names(axes, "chain of")
    if stated is not None:
        axes.axhline(stated, color=figures.muted(), lw=1.2, ls=(0, (4, 2)))
        axes.annotate(
            "the article's mark",
            (float(data["tasks_a_month"].min()), stated),
            (3, 4),
            textcoords="offset points",
            color=figures.muted(),
            fontsize=9,
        )
    axes.set_xscale("log")
    axes.set_xlim(float(data["tasks_a_month"].min()), last)
    axes.xaxis.set_major_locator(LogLocator(10, subs=(1.0, 3.0)))
    axes.xaxis.set_major_formatter(FuncFormatter(_dollars))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_ylim(0, 1)
    axes.set_xlabel("tasks a month")
    axes.set_ylabel("the layer pays where the\nchain alone succeeds less than")
    _percent(axes)
