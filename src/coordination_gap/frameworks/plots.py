"""Figures of the comparison. Each function draws on an empty figure, in the house style."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coordination_gap import figures
from coordination_gap.facts import format_number
from coordination_gap.frameworks.subjects import ORDER, PLAIN


def step_costs(measurements: pd.DataFrame) -> pd.DataFrame:
    """Return what one more step costs in each framework, in milliseconds of processor time, dearest first."""
    part = measurements[measurements["measure"].eq("further step, processor") & measurements["value"].notna()]
    part = part[part["framework"] != PLAIN]
    columns = part[["value", "low", "high"]] * 1e3
    return (
        pd.concat([part["framework"], columns.add_suffix("_ms")], axis=1)
        .sort_values("value_ms", ascending=False)
        .reset_index(drop=True)
    )


def weights(measurements: pd.DataFrame) -> pd.DataFrame:
    """Return size in megabytes and number of packages of each framework, heaviest first."""
    part = measurements[measurements["measure"].isin(["install size", "packages"])]
    wide = part.pivot_table(index="framework", columns="measure", values="value").dropna()
    wide = wide.loc[[name for name in ORDER if name in wide.index]]
    frame = pd.DataFrame({"size_mb": wide["install size"] / 1e6, "packages": wide["packages"]})
    return frame.sort_values("size_mb", ascending=False).rename_axis("framework").reset_index()


def draw_step_costs(figure: Figure, data: pd.DataFrame) -> None:
    """Draw milliseconds a further step costs, with quartiles, on a logarithmic axis; `data` of :func:`step_costs`."""
    axes = figure.subplots()
    places = list(range(len(data)))[::-1]
    axes.hlines(places, data["low_ms"].clip(lower=1e-3), data["high_ms"], color=figures.muted(), lw=2)
    axes.plot(data["value_ms"], places, "o", color="C0", ms=6)
    for place, number in zip(places, data["value_ms"], strict=True):
        axes.annotate(
            format_number(number, "count", 2),
            (number, place),
            xytext=(0, 7),
            textcoords="offset points",
            ha="center",
            fontsize=9,
        )
    axes.set_yticks(places, list(data["framework"]))
    _log_axis(axes, [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100], data["low_ms"].min(), data["high_ms"].max(), 1.3)
    axes.set_ylim(-0.6, len(data) - 0.3)
    axes.set_xlabel("ms a step" if figures.is_narrow(figure) else "processor time of one more step (ms)")


def draw_weights(figure: Figure, data: pd.DataFrame) -> None:
    """Draw installed megabytes on a logarithmic axis, with the number of packages; `data` of :func:`weights`."""
    axes = figure.subplots()
    places = list(range(len(data)))[::-1]
    axes.plot(data["size_mb"], places, "o", color="C1", ms=6)
    for place, size, count in zip(places, data["size_mb"], data["packages"], strict=True):
        what = "" if figures.is_narrow(figure) else " packages"
        text = f"{format_number(size, 'count')} MB in {format_number(count, 'count')}{what}"
        axes.annotate(text, (size, place), xytext=(0, 7), textcoords="offset points", ha="center", fontsize=9)
    axes.set_yticks(places, list(data["framework"]))
    _log_axis(axes, [1, 10, 100, 1000, 10000], data["size_mb"].min(), data["size_mb"].max(), 4)
    axes.set_ylim(-0.6, len(data) - 0.3)
    axes.set_xlabel("MB, in packages" if figures.is_narrow(figure) else "installed (MB)")


def _log_axis(axes: Axes, ticks: list[float], low: float, high: float, room: float) -> None:
    axes.set_xscale("log")
    axes.set_xlim(max(low, 1e-3) / room, high * room)
    first, last = axes.get_xlim()
    shown = [tick for tick in ticks if first <= tick <= last]
    axes.set_xticks(shown, [f"{tick:g}" for tick in shown])
    axes.minorticks_off()


def describe_step_costs(data: pd.DataFrame) -> str:
    """Return the alt text of :func:`draw_step_costs`."""
    parts = [
        f"{name} {format_number(number, 'count', 2)} ms"
        for name, number in zip(data["framework"], data["value_ms"], strict=True)
    ]
    return "Dot chart of the processor time of one more step, dearest first: " + ", ".join(parts) + "."


def describe_weights(data: pd.DataFrame) -> str:
    """Return the alt text of :func:`draw_weights`."""
    parts = [
        f"{name} {format_number(size, 'count')} MB in {format_number(count, 'count')} packages"
        for name, size, count in zip(data["framework"], data["size_mb"], data["packages"], strict=True)
    ]
    return "Dot chart of installed size, heaviest first: " + ", ".join(parts) + "."
