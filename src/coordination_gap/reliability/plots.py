"""The figures of the page on compounding. Each function draws on an empty figure of any of the house's sizes."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

from coordination_gap import figures
from coordination_gap.facts import format_number
from coordination_gap.reliability.compounding import OUTCOMES, exact_decimals, percent

OUTCOME_COLOURS = {"success": "C2", "silent_failure": "C1", "halted": "C0"}


def spread(values: Sequence[float], gap: float, lowest: float, highest: float) -> list[float]:
    """Move label positions apart by at least `gap`, within `lowest` to `highest` where there is room."""
    order = sorted(range(len(values)), key=lambda index: values[index])
    placed: list[float] = []
    for index in order:
        placed.append(max(values[index], placed[-1] + gap if placed else lowest))
    ceiling = highest
    for place in reversed(range(len(placed))):
        placed[place] = min(placed[place], ceiling)
        ceiling = placed[place] - gap
    result = [0.0] * len(values)
    for index, position in zip(order, placed, strict=True):
        result[index] = position
    return result


def _exact_percent(share: float) -> str:
    return format_number(share, "probability", exact_decimals(share))


def draw_by_steps(figure: Figure, data: pd.DataFrame) -> None:
    """Draw end-to-end success over steps; `data` as of ``compounding.success_by_steps``."""
    axes = figure.subplots()
    last = int(data["steps"].max())
    setting = data[data["point"] == "setting"]
    article = data[data["point"] == "article"]
    marked = (setting if len(setting) else article)["step_success"].iloc[0]
    ends = []
    for p in data["step_success"].unique().tolist():
        curve = data[data["step_success"] == p]
        is_marked = p == marked
        axes.plot(
            curve["steps"], curve["success"], color="C0" if is_marked else figures.muted(), lw=2.2 if is_marked else 1.1
        )
        ends.append((float(curve["success"].iloc[-1]), _exact_percent(p), is_marked))
    for (_, text, is_marked), y in zip(ends, spread([end[0] for end in ends], 0.065, 0.0, 1.0), strict=True):
        beside(axes, last, y, text, "C0" if is_marked else figures.muted(), bold=is_marked)
    _mark(axes, article, "C1", "s", "article")
    _mark(axes, setting, "C0", "o", "this setting")
    key_above(axes, columns=1 if figures.is_narrow(figure) else 2)
    head_of_names(axes, "one step")
    _step_ticks(axes, last, is_narrow=figures.is_narrow(figure))
    axes.set_ylim(0, 1)
    axes.set_ylabel("runs that succeed")
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))


def beside(axes: Axes, x: float, y: float, text: str, colour: str, *, bold: bool = False) -> None:
    """Name a curve at its end, right of the axes."""
    axes.annotate(
        text,
        (x, y),
        xytext=(5, 0),
        textcoords="offset points",
        va="center",
        color=colour,
        fontsize=9.5,
        fontweight="bold" if bold else "normal",
        annotation_clip=False,
    )


def _mark(axes: Axes, point: pd.DataFrame, colour: str, marker: str, words: str) -> None:
    if len(point):
        axes.plot(
            point["steps"],
            point["success"],
            marker,
            color=colour,
            ms=8,
            zorder=5,
            clip_on=False,
            label=f"{words}: {percent(float(point['success'].iloc[0]))}",
        )


def key_above(axes: Axes, columns: int = 2) -> None:
    """Put the key above the axes: inside, some setting would always draw a curve through it."""
    axes.legend(
        loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=columns, borderpad=0.2, handletextpad=0.4, columnspacing=1
    )


def head_of_names(axes: Axes, text: str) -> None:
    """Head the column of names that :func:`beside` writes."""
    axes.annotate(
        text,
        (1, 1),
        xycoords="axes fraction",
        xytext=(5, 8),
        textcoords="offset points",
        color=figures.muted(),
        fontsize=9.5,
    )


def _step_ticks(axes: Axes, last: int, *, is_narrow: bool) -> None:
    axes.set_xlim(1, last)
    axes.set_xlabel("steps in series")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=5 if is_narrow else 7, steps=[1, 2, 5, 10]))


def draw_required(figure: Figure, data: pd.DataFrame) -> None:
    """Draw the failures a step may have over steps; `data` as of ``compounding.allowance_by_steps``."""
    axes = figure.subplots()
    last = int(data["steps"].max())
    for index, target in enumerate(data["target"].unique().tolist()):
        curve, colour = data[data["target"] == target], f"C{index}"
        axes.plot(curve["steps"], curve["failures_per_1000"], color=colour)
        end = float(curve["failures_per_1000"].iloc[-1])
        beside(axes, last, end, _exact_percent(target), colour, bold=True)
        setting = curve[curve["point"] == "setting"]
        axes.plot(setting["steps"], setting["failures_per_1000"], "o", ms=8, color=colour, zorder=5, clip_on=False)
    head_of_names(axes, "target")
    _step_ticks(axes, last, is_narrow=figures.is_narrow(figure))
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_ylabel("failures a step may have,\nof 1,000 attempts")


def draw_silence(figure: Figure, data: pd.DataFrame) -> None:
    """Draw silent failures and halts over the loud share; `data` as of ``compounding.outcomes_by_loud``."""
    axes = figure.subplots()
    failing = float((data["silent_failure"] + data["halted"]).max())
    setting = data[data["point"] == "setting"]
    for outcome, style in (("silent_failure", "-"), ("halted", "--")):
        colour = OUTCOME_COLOURS[outcome]
        axes.plot(data["loud"], data[outcome], style, color=colour, label=OUTCOMES[outcome])
        axes.plot(setting["loud"], setting[outcome], "o", ms=7, color=colour, zorder=5, clip_on=False)
    axes.axhline(failing, color=figures.muted(), lw=1)
    top = 1.18 * failing if failing > 0 else 0.01
    axes.text(0.5, failing + 0.02 * top, f"all failing runs: {percent(failing)}", ha="center", color=figures.muted())
    key_above(axes)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, top)
    axes.set_xlabel("failures of a step that are seen")
    axes.set_ylabel("share of runs")
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g}%"))
