"""The figures of the remedies on the page on compounding."""

from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

from coordination_gap import figures
from coordination_gap.facts import format_number
from coordination_gap.reliability.compounding import OUTCOMES, exact_decimals, percent
from coordination_gap.reliability.plots import OUTCOME_COLOURS, beside, head_of_names, key_above, spread
from coordination_gap.reliability.remedies import BARE, GATE, GATE_RETRIES, money

_OUTCOME_HATCHES = {"success": "", "silent_failure": "////", "halted": ".."}


def draw_remedies(figure: Figure, data: pd.DataFrame) -> None:
    """Draw outcomes, cost and time of each pipeline; `data` as of ``remedies.compare``."""
    is_narrow = figures.is_narrow(figure)
    if is_narrow:
        # No axis has names beside it, so fixed margins do; the solver's last digits differ from run to run here.
        figure.set_layout_engine("none")
        margins = {"left": 0.06, "right": 0.94, "top": 0.985, "bottom": 0.055, "hspace": 0.2}
        outcomes, cost, time = figure.subplots(3, 1, height_ratios=[1.7, 1.1, 1], gridspec_kw=margins)
    else:
        outcomes, cost, time = figure.subplots(1, 3, width_ratios=[3.1, 1, 1.15])
    rows = list(range(len(data)))[::-1]
    _draw_outcomes(outcomes, data, rows, is_narrow=is_narrow)
    cost.barh(rows, data["cost"], height=0.3 if is_narrow else 0.42, color=figures.muted())
    for y, dollars in zip(rows, data["cost"].tolist(), strict=True):
        cost.text(dollars, y, f" {money(dollars)}", va="center", fontsize=9)
    cost.set_xlim(0, (1.3 if is_narrow else 1.75) * float(data["cost"].max()) or 1.0)
    cost.set_xlabel("dollars a run")
    time.hlines(rows, data["seconds"], data["seconds_95"], color=figures.muted(), lw=2)
    time.plot(data["seconds"], rows, "o", color="C0", ms=5)
    time.plot(data["seconds_95"], rows, "|", color=figures.muted(), ms=10, mew=2)
    for y, end in zip(rows, data["seconds_95"].tolist(), strict=True):
        time.text(end, y, f"  {end:.3g}", va="center", fontsize=9)
    time.set_xlim(0, (1.2 if is_narrow else 1.4) * float(data["seconds_95"].max()) or 1.0)
    time.set_xlabel("seconds a run")
    for axes in (outcomes, cost, time):
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.grid(visible=False)
        axes.set_ylim(-0.35, len(data) + (0.1 if axes is outcomes or not is_narrow else -0.2))
    for axes in (cost, time):
        axes.xaxis.set_major_locator(MaxNLocator(nbins=4 if is_narrow else 2))
        if is_narrow:
            _name_rows(axes, data, rows, above=0.17)


def _name_rows(axes: Axes, data: pd.DataFrame, rows: list[int], above: float) -> None:
    for y, name in zip(rows, data["pipeline"].tolist(), strict=True):
        # x as a share of the axes: data start at 0, but a bare axis of times has no bar there to stand on.
        axes.text(
            0, y + above, name, va="bottom", fontweight="bold", fontsize=8.5, transform=axes.get_yaxis_transform()
        )


def _draw_outcomes(axes: Axes, data: pd.DataFrame, rows: list[int], *, is_narrow: bool) -> None:
    left = pd.Series(0.0, index=data.index)
    # Each outcome's numbers stand in a column above the bars: a thin slice has no room for its own.
    columns = (0.6, 0.8, 1.0) if is_narrow else (0.68, 0.83, 1.0)
    bar, numbers = (0.3, 0.17) if is_narrow else (0.42, 0.25)
    for outcome, x in zip(OUTCOMES, columns, strict=True):
        colour = OUTCOME_COLOURS[outcome]
        axes.barh(
            rows,
            data[outcome],
            left=left,
            height=bar,
            color=colour,
            hatch=_OUTCOME_HATCHES[outcome],
            edgecolor=_readable_on(colour),
            linewidth=0,
        )
        left = left + data[outcome]
        style: dict[str, Any] = {"ha": "right", "va": "bottom", "color": colour, "fontsize": 9}
        axes.text(x, len(data) - 0.25, OUTCOMES[outcome].split()[0], fontweight="bold", **style)
        for y, share in zip(rows, data[outcome].tolist(), strict=True):
            axes.text(x, y + numbers, _brief_percent(share), **style)
    # A narrow figure has no room for a name beside the numbers, but for one above them.
    _name_rows(axes, data, rows, above=0.42 if is_narrow else numbers)
    axes.set_xlim(0, 1)
    axes.set_xlabel("share of runs")
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))


def _brief_percent(share: float) -> str:
    if 0.0 < share < 1e-4:
        return "<0.01%"
    return ">99.99%" if 1 - 1e-4 < share < 1.0 else percent(share)


def _readable_on(colour: str) -> str:
    cycle = plt.rcParams["axes.prop_cycle"].by_key()["color"]
    red, green, blue = to_rgb(cycle[int(colour[1:])])
    return "#1b1f24" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else "#ffffff"


def draw_attempts(figure: Figure, data: pd.DataFrame) -> None:
    """Draw success over the attempts allowed; `data` as of ``remedies.success_by_attempts``."""
    axes = figure.subplots()
    last = int(data["attempts"].max())
    ends = []
    for index, correlation in enumerate(data["correlation"].unique().tolist()):
        curve = data[data["correlation"] == correlation]
        colour = f"C{index}"
        axes.plot(curve["attempts"], curve["success"], ["-", "--", ":", "-."][index % 4], marker=".", color=colour)
        setting = curve[curve["point"] == "setting"]
        axes.plot(setting["attempts"], setting["success"], "o", ms=8, color=colour, zorder=5, clip_on=False)
        ends.append((float(curve["success"].iloc[-1]), f"{correlation:.3g}", colour))
    low, high = float(data["success"].min()), float(data["success"].max())
    room = max(high - low, 1e-3)
    places = spread([end[0] for end in ends], 0.075 * room, low, high)
    for (_, text, colour), y in zip(ends, places, strict=True):
        beside(axes, last, y, text, colour, bold=True)
    head_of_names(axes, "correlation")
    axes.set_xlim(1, last)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylim(low - 0.06 * room, high + 0.06 * room)
    axes.set_xlabel("attempts allowed at each step")
    axes.set_ylabel("runs that succeed")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.4g}%"))


def draw_false_alarms(figure: Figure, data: pd.DataFrame) -> None:
    """Draw success over the gate's false alarms; `data` as of ``remedies.outcomes_by_false_alarm``."""
    axes = figure.subplots()
    for name, line, colour in ((BARE, ":", figures.muted()), (GATE, "--", "C1"), (GATE_RETRIES, "-", "C2")):
        curve = data[data["pipeline"] == name]
        axes.plot(curve["false_alarm"], curve["success"], line, color=colour, label=name)
        if name != BARE:
            setting = curve[curve["point"] == "setting"]
            axes.plot(setting["false_alarm"], setting["success"], "o", ms=8, color=colour, zorder=5, clip_on=False)
    key_above(axes, columns=2 if figures.is_narrow(figure) else 3)
    axes.set_xlim(0, float(data["false_alarm"].max()))
    axes.set_ylim(0, 1)
    axes.set_xlabel("good outputs that the gate rejects")
    axes.set_ylabel("runs that succeed")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1.0, decimals=0))


def draw_small_tests(figure: Figure, data: pd.DataFrame) -> None:
    """Draw the interval of the end-to-end success over the test runs of a step; `data` as of ``small_tests``."""
    axes = figure.subplots()
    curve, setting = data[data["setting"] == ""], data[data["setting"] == "setting"]
    axes.fill_between(curve["trials"], curve["low"], curve["high"], color="C0", alpha=0.25, lw=0, label="interval")
    axes.plot(curve["trials"], curve["low"], color="C0", lw=1)
    axes.plot(curve["trials"], curve["high"], color="C0", lw=1)
    axes.plot(curve["trials"], curve["point"], "--", color="C1", label="product of the measured shares")
    axes.vlines(setting["trials"], setting["low"], setting["high"], color="C0", lw=3)
    axes.plot(setting["trials"], setting["point"], "o", color="C1", ms=5, zorder=5)
    key_above(axes, columns=1 if figures.is_narrow(figure) else 2)
    axes.set_xscale("log")
    axes.set_xlim(float(data["trials"].min()), float(data["trials"].max()))
    axes.set_ylim(0, 1)
    axes.set_xlabel("test runs of each step")
    axes.set_ylabel("end-to-end success")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))


def draw_target_cost(figure: Figure, data: pd.DataFrame) -> None:
    """Draw the cheapest cost of a run over the target; `data` as of ``cost_by_target``."""
    axes = figure.subplots()
    reached = data[data["cost"].notna()]
    axes.step(reached["target"], reached["cost"], where="pre", color="C0")
    axes.plot(reached["target"], reached["cost"], ".", color="C0")
    named = reached[reached["is_named"]]
    axes.plot(named["target"], named["cost"], "o", ms=8, color="C1", zorder=5, clip_on=False)
    places = zip(named["target"].tolist(), named["cost"].tolist(), strict=True)
    for rank, (target, dollars) in enumerate(places):
        words = f"{format_number(target, 'probability', exact_decimals(target))}: {money(dollars)}"
        # Each a line higher than the one before: the costs of near targets are nearly the same.
        axes.annotate(
            words,
            (target, dollars),
            xytext=(-8, 10 + 16 * rank),
            textcoords="offset points",
            ha="right",
            color="C1",
            arrowprops={"arrowstyle": "-", "color": "C1", "lw": 0.8, "shrinkA": 0, "shrinkB": 4},
        )
    if figures.is_narrow(figure):
        axes.xaxis.set_major_locator(MaxNLocator(nbins=4))
    axes.set_ylim(0, (1.2 * float(reached["cost"].max()) if len(reached) else 0.0) or 1.0)
    axes.set_xlabel("end-to-end success to reach")
    axes.set_ylabel("expected dollars a run")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.4g}%"))
