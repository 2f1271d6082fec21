"""The figures of the page on evidence. Each function draws on an empty figure of any of the house's sizes."""

import itertools
import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator, PercentFormatter

from coordination_gap import figures
from coordination_gap.reliability.compounding import percent
from coordination_gap.reliability.leaderboard import ROW_TRIES
from coordination_gap.reliability.plots import key_above

_MARKERS = {"current": "o", "legacy": "s", "none": "^"}
_SECTION_WORDS = {"current": "current", "legacy": "legacy", "none": "no section"}
_LENGTHS = {2.0: "2 min", 30.0: "30 min", 480.0: "8 h"}


def draw_all_succeed(figure: Figure, data: pd.DataFrame) -> None:
    """Draw the success of all of k tries; `data` as of ``evidence.repeated``."""
    _draw_repeated(figure, data, "all tries of a task succeed", "tries of the same task")


def draw_one_succeeds(figure: Figure, data: pd.DataFrame) -> None:
    """Draw the success of at least one of k tries; `data` as of ``evidence.repeated`` with ``within``."""
    _draw_repeated(figure, data, "at least one try succeeds", "tries of the same task")


def _draw_repeated(figure: Figure, data: pd.DataFrame, share: str, tries: str) -> None:
    axes = figure.subplots()
    seen = data[data["measured"].notna()]
    last = int(seen["tries"].max())
    for column, colour, style, words in (
        ("independent", "C1", (0, (4, 1.5)), "independent tries"),
        ("fitted", "C2", "-", "fitted beta-binomial"),
    ):
        axes.plot(seen["tries"], seen[column], color=colour, linestyle=style, label=words)
        # Beyond what was measured every line is thin: there it is a law and nothing else.
        beyond = data[data["tries"] >= last]
        axes.plot(beyond["tries"], beyond[column], color=colour, linestyle=":", lw=1.4)
    below, above = seen["measured"] - seen["low"], seen["high"] - seen["measured"]
    axes.errorbar(
        seen["tries"],
        seen["measured"],
        yerr=[below.clip(lower=0.0), above.clip(lower=0.0)],
        fmt="o",
        color="C0",
        ms=6,
        capsize=3,
        lw=1.4,
        zorder=4,
        label="measured, with interval",
    )
    key_above(axes, columns=1 if figures.is_narrow(figure) else 3)
    axes.set_ylim(0, min(1.0, 1.15 * data[["high", "independent", "fitted"]].to_numpy(dtype=float)[: len(seen)].max()))
    axes.set_ylabel(share)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_xlim(0.7, data["tries"].max() + 0.3)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
    axes.set_xlabel(tries)


def draw_leaderboard(figure: Figure, data: pd.DataFrame) -> None:
    """Draw pass^4 over pass^1, between the two limits; `data` as of ``leaderboard.rows_with_ends``."""
    axes = figure.subplots()
    is_narrow = figures.is_narrow(figure)
    single = np.linspace(0, 1, 101)
    axes.plot(single, single, color=figures.muted(), lw=1.2)
    axes.plot(single, single**ROW_TRIES, color=figures.muted(), lw=1.2, linestyle=(0, (4, 1.5)))
    axes.text(0.42, 0.47, "a task\nalways or\nnever succeeds", ha="right", va="bottom", fontsize=9.5)
    axes.text(0.77, 0.27, "independent\ntries", ha="left", va="top", fontsize=9.5)
    domains = sorted(data["domain"].unique().tolist())
    for number, domain in enumerate(domains):
        for section, marker in _MARKERS.items():
            part = data[(data["domain"] == domain) & (data["section"] == section)]
            axes.plot(part["pass_1"], part["pass_4"], marker, color=f"C{number}", ms=5.5, alpha=0.85, mew=0)
    handles = [
        Line2D([], [], marker="o", linestyle="", color=f"C{number}", label=domain.replace("_", " "))
        for number, domain in enumerate(domains)
    ]
    shown = [section for section in _MARKERS if (data["section"] == section).any()]
    handles += [
        Line2D([], [], marker=_MARKERS[section], linestyle="", color=figures.muted(), label=_SECTION_WORDS[section])
        for section in shown
    ]
    axes.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        ncols=2 if is_narrow else 4,
        borderpad=0.2,
        handletextpad=0.2,
        columnspacing=1,
    )
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_xlabel("one try succeeds")
    axes.set_ylabel(f"all {ROW_TRIES} tries succeed")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1.0, decimals=0))


def draw_lengths(figure: Figure, data: pd.DataFrame) -> None:
    """Draw success by length with both laws, an axes for each model; `data` as of ``evidence.lengths``."""
    models = data["model"].unique().tolist()
    columns = 2 if figures.is_narrow(figure) else 4
    rows = -(-len(models) // columns)
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for axes, model in itertools.zip_longest(grid.flat, models):
        if model is None:
            axes.set_axis_off()
            continue
        _draw_model(axes, data[data["model"] == model], model)
    figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside upper left", ncols=1 if columns == 2 else 3)
    figure.supxlabel("length of the task for a human", fontsize=10.5)
    figure.supylabel("runs that succeed", fontsize=10.5)


def _draw_model(axes: Axes, data: pd.DataFrame, model: str) -> None:
    for law, colour, style in (("constant hazard", "C1", (0, (4, 1.5))), ("Weibull", "C2", "-")):
        curve = data[data["kind"] == law]
        axes.plot(curve["human_minutes"], curve["success"], color=colour, linestyle=style, lw=1.6, label=law)
    seen = data[data["kind"] == "measured"]
    axes.plot(
        seen["human_minutes"], seen["success"], "o", color="C0", ms=4.5, zorder=4, label="measured", clip_on=False
    )
    axes.vlines(seen["human_minutes"], seen["low"], seen["high"], color="C0", lw=1.4, zorder=3)
    axes.text(0.0, 1.03, textwrap.fill(model, 16), transform=axes.transAxes, ha="left", va="bottom", fontsize=9)
    axes.set_xscale("log")
    axes.set_xlim(1, 2000)
    axes.set_ylim(0, 1)
    axes.xaxis.set_major_locator(FixedLocator(list(_LENGTHS)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda minutes, _: _LENGTHS.get(round(minutes, 3), "")))
    axes.yaxis.set_major_locator(FixedLocator([0.0, 0.5, 1.0]))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.tick_params(labelsize=8.5)


def draw_pipeline(figure: Figure, data: pd.DataFrame) -> None:
    """Draw the success of a series over the correlation of its steps; `data` as of ``success_by_correlation``."""
    axes = figure.subplots()
    law, least, most = (float(data[name].iloc[0]) for name in ("law", "least", "most"))
    axes.plot(data["correlation"], data["success"], color="C0")
    for level, words, place in ((most, "at most", "bottom"), (least, "at least", "top")):
        axes.axhline(level, color=figures.muted(), lw=1)
        axes.text(1.0, level, f"{words} {percent(level)}", ha="right", va=place, color=figures.muted(), fontsize=9.5)
    axes.plot([0.0], [law], "s", color="C1", ms=8, clip_on=False, zorder=5, label=f"independent steps: {percent(law)}")
    for (_, point), marker, colour in zip(
        data[data["point"] != ""].iterrows(), "oD^v", ("C2", "C3", "C4", "C5"), strict=False
    ):
        words = f"{point['point']}: {percent(point['success'])}"
        axes.plot(
            [point["correlation"]], [point["success"]], marker, color=colour, ms=8, clip_on=False, zorder=5, label=words
        )
    key_above(axes, columns=1 if figures.is_narrow(figure) else 2)
    margin = 0.18 * (most - least) if most > least else 0.01
    axes.set_ylim(least - margin, most + margin)
    axes.set_xlim(0, 1)
    axes.set_xlabel("correlation between two steps of a run")
    axes.set_ylabel("runs that succeed")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.4g}%"))
