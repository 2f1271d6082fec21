"""Figures of the scorecard. Each function draws on an empty figure, in the house style."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import matplotlib.dates
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coordination_gap import figures

# matplotlib ships this module without types.
mdates: Any = matplotlib.dates

#: Boards of the table ``arena_weekly``, by their names on the page.
BOARDS = {
    "text": "text",
    "text-style-control": "text, style control",
    "text-style-control-default": "text, site of 2026",
}


def draw_board_gaps(figure: Figure, data: pd.DataFrame, announced_on: dt.date) -> None:
    """Draw the gap to the best rival over time, a panel a board, with the announcement as an upright line.

    Parameters
    ----------
    figure
        An empty figure.
    data
        As :func:`coordination_gap.scorecard.arena_gaps` returns it.
    announced_on
        Day of the announcement.
    """
    boards = [board for board in BOARDS if (data["board_id"] == board).any()]
    panels = figure.subplots(len(boards), sharex=False, squeeze=False)[:, 0]
    for number, (board, axes) in enumerate(zip(boards, panels, strict=True)):
        part = data[data["board_id"] == board]
        days = _days(part["day"])
        axes.axhline(0, color=figures.muted(), lw=1)
        has_ends = part["low"].notna().to_numpy()
        axes.vlines(
            days[has_ends], part["low"][has_ends], part["high"][has_ends], color=f"C{number}", lw=1, alpha=0.6, zorder=2
        )
        axes.plot(days, part["gap"], "o-", color=f"C{number}", ms=3, lw=1.2)
        axes.annotate(BOARDS[board], (0.01, 0.97), xycoords="axes fraction", va="top", color=f"C{number}", fontsize=9.5)
        # Room above the points for the name.
        low, high = axes.get_ylim()
        axes.set_ylim(low, high + 0.22 * (high - low))
        if days.min() <= mdates.date2num(announced_on) <= days.max() + 7:
            _mark(axes, announced_on)
        _day_axis(axes, figure)
    panels[len(boards) // 2].set_ylabel("Google's best less the best rival (points)")


def draw_index_gap(figure: Figure, data: pd.DataFrame, announced_on: dt.date, estimated_on: dt.date) -> None:
    """Draw the gap on the index as steps at releases, with its interval and what it is not written into it.

    Parameters
    ----------
    figure
        An empty figure.
    data
        As :func:`coordination_gap.scorecard.index_gaps` returns it; rows without a gap are left out, and
        words stand in place of a figure without any.
    announced_on, estimated_on
        Days of the announcement, and of the one estimate behind all scores.
    """
    axes = figure.add_subplot()
    data = data.dropna(subset="gap")
    if data.empty:
        axes.set_axis_off()
        axes.annotate("No estimate is public yet.", (0.5, 0.5), xycoords="axes fraction", ha="center")
        return
    days = _days(data["day"])
    axes.axhline(0, color=figures.muted(), lw=1)
    axes.fill_between(days, data["low"], data["high"], step="post", color="C0", alpha=0.2, lw=0)
    axes.step(days, data["gap"], where="post", color="C0")
    axes.plot(days[-1], data["gap"].iloc[-1], "o", color="C0", ms=4)
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.28 * (high - low))
    _mark(axes, announced_on, top=0.84)
    day = f"{estimated_on.day} {estimated_on:%B %Y}"
    axes.annotate(
        f"All scores: one estimate, of {day}.\nNot what could be read on each day.",
        (0.01, 0.985),
        xycoords="axes fraction",
        va="top",
        fontsize=8 if figures.is_narrow(figure) else 9.5,
    )
    axes.set_ylabel("Google's best so far less\nthe best rival's (index points)")
    _day_axis(axes, figure)


def draw_targets(figure: Figure, data: pd.DataFrame, levels: Mapping[str, float], article_on: dt.date | None) -> None:
    """Draw closes with levels as named lines, and the article's day as an upright line.

    Parameters
    ----------
    figure
        An empty figure.
    data
        ``session`` and ``close_usd``.
    levels
        A short name and the price in US dollars of each level.
    article_on
        The article's day; None where it is not known yet.
    """
    axes = figure.add_subplot()
    days = _days(data["session"])
    axes.plot(days, data["close_usd"], color="C0", lw=1.6, zorder=3)
    for number, (name, level) in enumerate(levels.items(), start=1):
        axes.axhline(level, color=f"C{number}", lw=1.3, ls=(0, (5, 2)))
        axes.annotate(
            f"{name} ${level:.2f}".removesuffix(".00"),
            (0.01, level),
            (0, 2),
            xycoords=axes.get_yaxis_transform(),
            textcoords="offset points",
            color=f"C{number}",
            fontsize=9,
            va="bottom",
        )
    if article_on is not None and days.min() <= mdates.date2num(article_on) <= days.max() + 7:
        _mark(axes, article_on, "article")
    highest = max([data["close_usd"].max(), *levels.values()])
    low, _ = axes.get_ylim()
    axes.set_ylim(low, highest + 0.1 * (highest - low))
    axes.set_ylabel("adjusted close of GOOGL ($)")
    _day_axis(axes, figure)


def _days(column: "pd.Series[Any]") -> Any:
    return mdates.date2num(column.dt.to_pydatetime())


def _mark(axes: Axes, day: dt.date, label: str = "announcement", top: float = 1.0) -> None:
    place = float(mdates.date2num(day))
    axes.axvline(place, ymax=top, color=figures.muted(), lw=1, ls=(0, (4, 2)), zorder=1)
    axes.annotate(
        label,
        (place, 0),
        (-3, 3),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        ha="right",
        va="bottom",
        color=figures.muted(),
        fontsize=8.5,
    )


def _day_axis(axes: Axes, figure: Figure) -> None:
    least, most = (2, 5) if figures.is_narrow(figure) else (3, 7)
    locator = mdates.AutoDateLocator(minticks=least, maxticks=most)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(mdates.ConciseDateFormatter(locator))
    axes.grid(visible=False, axis="x")
