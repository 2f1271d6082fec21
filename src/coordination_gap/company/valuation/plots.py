"""Figures of the page on valuation. Each function draws on an empty figure, in the house style."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

from coordination_gap import figures

_STYLES = ("-", (0, (5, 2)), (0, (1, 1.2)))
_MARKS = ("o", "s", "^")


def draw_growth_grid(figure: Figure, data: pd.DataFrame, past: float, past_profit: float | None = None) -> None:
    """Draw the growth that a price implies over the margin, a line a discount rate.

    Parameters
    ----------
    figure
        An empty figure.
    data
        As :func:`coordination_gap.company.valuation.growth_grid` returns it.
    past
        Revenue growth of the past, drawn as a level line; a fraction.
    past_profit
        Growth of operating profit in the past, drawn as another where it is given.
    """
    axes = figure.add_subplot()
    for number, (rate, part) in enumerate(data.groupby("discount_rate", sort=False)):
        axes.plot(
            part["operating_margin"],
            part["growth"],
            color=f"C{number}",
            ls=_STYLES[number % 3],
            marker=_MARKS[number % 3],
            label=f"discounted at {100 * float(str(rate)):.3g}%",
        )
    for level, words in ((past, "past revenue growth"), (past_profit, "past profit growth")):
        if level is None:
            continue
        axes.axhline(level, color=figures.muted(), lw=1, ls=(0, (4, 2)))
        axes.annotate(
            words,
            (data["operating_margin"].max(), level),
            (0, 3),
            textcoords="offset points",
            ha="right",
            color=figures.muted(),
            fontsize=9,
        )
    axes.set_xlabel("operating margin")
    axes.set_ylabel("growth a year that the price implies")
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    if figures.is_narrow(figure):
        # Room for the legend above the lines, where it meets no label of theirs.
        low, high = axes.get_ylim()
        axes.set_ylim(low, high + 0.3 * (high - low))
        axes.yaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 5, 10]))
        axes.legend(frameon=False, fontsize=9, loc="upper right")
    else:
        axes.legend(frameon=False, fontsize=9)


def draw_values(figure: Figure, data: pd.DataFrame, price: float) -> None:
    """Draw how often simulated values fall where, with the price as an upright line.

    Parameters
    ----------
    figure
        An empty figure.
    data
        ``value_from_usd``, ``value_to_usd`` and ``share_of_draws``, a row a bar.
    price
        Of a share, in US dollars.
    """
    axes = figure.add_subplot()
    widths = data["value_to_usd"] - data["value_from_usd"]
    axes.bar(data["value_from_usd"], data["share_of_draws"], width=widths, align="edge", color="C0", lw=0)
    axes.axvline(price, color="C1", lw=1.6)
    top = float(data["share_of_draws"].max()) * 1.15
    axes.set_ylim(0, top)
    axes.annotate("price", (price, top), (4, -3), textcoords="offset points", va="top", color="C1", fontsize=9)
    axes.set_xlabel("value of a share, US dollars")
    axes.set_ylabel("share of draws")
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.grid(visible=False, axis="x")


def draw_sensitivity(figure: Figure, data: pd.DataFrame) -> None:
    """Draw the share of the variance owed to each input, largest on top.

    Parameters
    ----------
    figure
        An empty figure.
    data
        ``input``, ``total``, ``total_low`` and ``total_high``.
    """
    axes = figure.add_subplot()
    places = -np.arange(len(data), dtype=float)
    arms = [data["total"] - data["total_low"], data["total_high"] - data["total"]]
    axes.barh(places, data["total"], height=0.6, color="C0")
    axes.errorbar(data["total"], places, xerr=arms, fmt="none", ecolor=figures.muted(), elinewidth=1.4)
    axes.set_yticks(places, [str(name).replace("_", " ") for name in data["input"]])
    axes.tick_params(axis="y", length=0)
    axes.set_xlim(0, None)
    axes.set_xlabel("share of variance" if figures.is_narrow(figure) else "share of the value's variance owed to it")
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.grid(visible=False, axis="y")
