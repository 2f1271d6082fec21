"""Figures of the event pages. Each function draws on an empty figure, in the house style."""

import datetime as dt
import textwrap
from collections.abc import Mapping
from typing import Any

import matplotlib.dates
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MultipleLocator

from coordination_gap import figures

# matplotlib ships this module without types.
mdates: Any = matplotlib.dates

_MINUS = "\N{MINUS SIGN}"


def draw_prices(figure: Figure, data: pd.DataFrame, marks: Mapping[str, dt.date | dt.datetime]) -> None:
    """Draw rebased prices by day, each line named at its end.

    Parameters
    ----------
    figure
        An empty figure.
    data
        ``session`` and one column of index levels a series, named as it shall be shown.
    marks
        A short label and the moment it stands for, drawn as upright lines.
    """
    axes = figure.add_subplot()
    days = mdates.date2num(data["session"].dt.to_pydatetime())
    ends = {}
    for number, name in enumerate(data.columns.drop("session")):
        levels = data[name].to_numpy(dtype=float)
        axes.plot(days, levels, color=f"C{number}", lw=2.2 if number == 0 else 1.4, zorder=3 - number / 10)
        last = np.flatnonzero(np.isfinite(levels))[-1]
        ends[name] = (levels[last], f"C{number}")
    axes.axhline(100, color=figures.muted(), lw=0.8)
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.09 * (high - low))
    heights = _spread([level for level, _ in ends.values()], 0.075 * (high - low))
    for (name, (_, colour)), height in zip(ends.items(), heights, strict=True):
        # At the right edge, so that no mark after the last session crosses a name.
        axes.annotate(
            name,
            (1, height),
            (4, 0),
            xycoords=axes.get_yaxis_transform(),
            textcoords="offset points",
            color=colour,
            va="center",
        )
    for number, (label, moment) in enumerate(marks.items()):
        place = float(mdates.date2num(moment))
        axes.axvline(place, color=figures.muted(), lw=1, ls=(0, (4, 2)))
        side = -1 if number == 0 else 1
        axes.annotate(
            label,
            (place, 1),
            (4 * side, -2),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha="right" if side < 0 else "left",
            va="top",
            color=figures.muted(),
            fontsize=9,
        )
    axes.set_ylabel("adjusted close, last before the news = 100")
    right = max([days[-1], *(float(mdates.date2num(moment)) for moment in marks.values())])
    axes.set_xlim(days[0] - 1, right + (right - days[0]) * 0.02)
    axes.xaxis.set_major_locator(mdates.AutoDateLocator(minticks=3, maxticks=4 if figures.is_narrow(figure) else 7))
    axes.xaxis.set_major_formatter(FuncFormatter(_short_day))
    axes.grid(visible=False, axis="x")


def draw_abnormal_returns(figure: Figure, data: pd.DataFrame, named: Mapping[int, str], level: str) -> None:
    """Draw abnormal returns by session with their intervals.

    Parameters
    ----------
    figure
        An empty figure.
    data
        ``sessions_after_first``, ``abnormal_return_percent``, ``low_percent``, ``high_percent``.
    named
        Offsets to set off in colour, each with its label.
    level
        What the bars are, such as ``"95% interval"``.
    """
    axes = figure.add_subplot()
    axes.axhline(0, color=figures.muted(), lw=0.8)
    for chosen, colour in ((False, "C0"), (True, "C1")):
        part = data[data["sessions_after_first"].isin(list(named)) == chosen]
        _dots_upright(axes, part, colour)
    low, high = axes.get_ylim()
    floor = low - 0.08 * (high - low)
    axes.set_ylim(floor, high)
    for offset, label in named.items():
        if (data["sessions_after_first"] == offset).any():
            # Below every bar, the first to the left and the last to the right, so that neighbours stay legible.
            side = -1 if offset == min(named) else 1
            axes.annotate(
                label,
                (offset, floor),
                (4 * side, 3),
                textcoords="offset points",
                ha="right" if side < 0 else "left",
                va="bottom",
                color="C1",
                fontsize=9,
            )
            axes.plot(
                [offset, offset],
                [floor, data.loc[data["sessions_after_first"] == offset, "low_percent"].iloc[0]],
                color="C1",
                lw=0.8,
                ls=":",
            )
    axes.set_xlim(data["sessions_after_first"].min() - 0.7, data["sessions_after_first"].max() + 0.7)
    axes.set_xlabel("sessions after the first that could react")
    axes.set_ylabel(f"abnormal return, %, {level}")
    axes.xaxis.set_major_locator(MultipleLocator(5 if figures.is_narrow(figure) else 2))
    axes.xaxis.set_major_formatter(FuncFormatter(format_signed))
    axes.yaxis.set_major_formatter(FuncFormatter(format_signed))
    axes.grid(visible=False, axis="x")


def draw_events(figure: Figure, data: pd.DataFrame, level: str) -> None:
    """Draw one abnormal return an event, ranked within its kind; hollow where confounded.

    Parameters
    ----------
    figure
        An empty figure.
    data
        ``label``, ``kind``, ``confounded``, ``highlighted``, ``abnormal_return_percent``,
        ``low_percent``, ``high_percent``; kinds keep the order of their first row.
    level
        What the bars are, such as ``"95% interval"``.
    """
    axes = figure.add_subplot()
    axes.axvline(0, color=figures.muted(), lw=0.8)
    places: list[int] = []
    labels: list[str] = []
    heads: list[int] = []
    place = 0
    for kind in data["kind"].unique():
        heads.append(len(labels))
        places.append(place)
        labels.append(str(kind))
        place -= 1
        for row in data[data["kind"] == kind].sort_values("abnormal_return_percent").itertuples(index=False):
            colour = "C1" if row.highlighted else "C0"
            axes.plot([row.low_percent, row.high_percent], [place, place], color=colour, lw=1.2, alpha=0.55)
            axes.plot(
                row.abnormal_return_percent,
                place,
                "o",
                color=colour,
                mfc="none" if row.confounded else colour,
                mew=1.4,
                ms=6,
            )
            places.append(place)
            labels.append(str(row.label))
            place -= 1
    axes.set_yticks(places, labels)
    for number, tick in enumerate(axes.get_yticklabels()):
        if number in heads:
            tick.set_fontweight("bold")
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(place + 0.3, 0.7)
    axes.set_xlabel(f"abnormal return, %, {level}")
    axes.xaxis.set_major_formatter(FuncFormatter(format_signed))
    axes.grid(visible=False, axis="y")


def draw_timeline(figure: Figure, data: pd.DataFrame) -> None:
    """Draw items one beneath the other, each with its day; those with an error are crossed.

    Parameters
    ----------
    figure
        An empty figure.
    data
        ``day`` (``YYYY-MM-DD``), ``title`` and ``error``, in order.
    """
    axes = figure.add_subplot()
    narrow = figures.is_narrow(figure)
    places = -np.arange(len(data), dtype=float)
    axes.plot([0, 0], [places[-1], 0], color=figures.muted(), lw=1.2, zorder=1)
    last = None
    for place, (_, row) in zip(places, data.iterrows(), strict=True):
        wrong = bool(row["error"])
        axes.plot(0, place, "X" if wrong else "o", color="C1" if wrong else "C0", ms=8 if wrong else 6, zorder=3)
        words = textwrap.fill(str(row["title"]), 38 if narrow else 82)
        axes.annotate(words, (0, place), (10, 0), textcoords="offset points", va="center", fontsize=8 if narrow else 9)
        if row["day"] != last:
            day = dt.date.fromisoformat(str(row["day"]))
            axes.annotate(
                f"{day.day} {day:%b}",
                (0, place),
                (-10, 0),
                textcoords="offset points",
                ha="right",
                va="center",
                fontsize=9,
            )
        last = row["day"]
    axes.set_xlim(-0.18 if narrow else -0.12, 1)
    axes.set_ylim(places[-1] - 0.6, 0.6)
    axes.set_xlabel(
        "crosses: the article is wrong or silent"
        if narrow
        else "crosses: what the article says is wrong, or a departure it leaves out"
    )
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(visible=False)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)


def _dots_upright(axes: Axes, part: pd.DataFrame, colour: str) -> None:
    middle = part["abnormal_return_percent"].to_numpy(dtype=float)
    arms = [middle - part["low_percent"].to_numpy(dtype=float), part["high_percent"].to_numpy(dtype=float) - middle]
    axes.errorbar(
        part["sessions_after_first"].to_numpy(dtype=float), middle, yerr=arms, fmt="o", color=colour, elinewidth=1.2
    )


def _spread(values: list[float], gap: float) -> list[float]:
    """Move `values` apart until neighbours are `gap` apart, keeping their order and their mean."""
    order = np.argsort(values)
    placed = np.asarray(values, dtype=float)[order]
    for _ in range(100):
        short = gap - np.diff(placed)
        if (short <= 1e-9).all():
            break
        worst = int(np.argmax(short))
        placed[worst] -= short[worst] / 2
        placed[worst + 1] += short[worst] / 2
    spread = np.empty_like(placed)
    spread[order] = placed
    return list(spread)


def format_signed(value: float, _position: float | None = None) -> str:
    """Return a number with its sign, for an axis."""
    text = f"{abs(value):g}"
    return text if value == 0 else (_MINUS if value < 0 else "+") + text


def _short_day(value: float, _position: int | None = None) -> str:
    day = mdates.num2date(value)
    return f"{day.day} {day:%b}"
