"""How the figures of the fundamentals are drawn, and what they show in words.

Each ``draw_`` function takes an empty figure and the rows from
:func:`~coordination_gap.company.last_quarters`; each ``describe_`` function returns the
alt text of the same rows. A missing value leaves a hole.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coordination_gap.facts import format_number
from coordination_gap.figures import is_narrow, muted

_BILLION = 1e9
# Quarters between two labels: half-years and whole years, so that the same season is named.
_STEPS = (1, 2, 4, 8, 12, 16, 20)


def draw_growth_and_margin(figure: Figure, data: pd.DataFrame) -> None:
    """Draw revenue growth and operating margin by quarter, in per cent."""
    axes = figure.add_subplot()
    lines = (("revenue_growth", "revenue\ngrowth", "C0", "o"), ("operating_margin", "operating\nmargin", "C1", "s"))
    for column, label, colour, marker in lines:
        _line(axes, data[column] * 100, label, colour, marker)
    axes.set_ylabel("per cent")
    label_quarters(axes, figure, data, labels_at_right=True)
    from_zero(axes)


def describe_growth_and_margin(data: pd.DataFrame) -> str:
    """Return the alt text of :func:`draw_growth_and_margin`."""
    parts = (("revenue_growth", "revenue growth on a year earlier"), ("operating_margin", "operating margin"))
    return "Two lines by quarter. " + " ".join(
        describe_course(data, column, name, "fraction") for column, name in parts
    )


def draw_eps(figure: Figure, data: pd.DataFrame) -> None:
    """Draw earnings per share by quarter, as reported and without other income, in US dollars."""
    axes = figure.add_subplot()
    places = np.arange(len(data))
    bars = (("eps", "as reported", "C0", -0.2), ("eps_without_other_income", "without other income", "C1", 0.2))
    for column, label, colour, shift in bars:
        axes.bar(places + shift, data[column].astype("float64"), width=0.38, color=colour, label=label)
    axes.set_ylabel("US dollars a share")
    axes.axhline(0, color=muted(), linewidth=0.8)
    axes.legend(loc="upper left")
    axes.grid(axis="x", visible=False)
    label_quarters(axes, figure, data)


def describe_eps(data: pd.DataFrame) -> str:
    """Return the alt text of :func:`draw_eps`."""
    parts = (("eps", "earnings per share as reported"), ("eps_without_other_income", "without other income"))
    return "Two bars for each quarter. " + " ".join(
        describe_course(data, name, text, "usd_per_share") for name, text in parts
    )


def draw_cash(figure: Figure, data: pd.DataFrame) -> None:
    """Draw operating and free cash flow and capital expenditure over four quarters, in billions of US dollars."""
    axes = figure.add_subplot()
    lines = (
        ("operating_cash_flow_trailing", "operating\ncash flow", "C0", "o"),
        ("capital_expenditure_trailing", "capital\nexpenditure", "C1", "s"),
        ("free_cash_flow_trailing", "free\ncash flow", "C2", "^"),
    )
    for column, label, colour, marker in lines:
        _line(axes, data[column] / _BILLION, label, colour, marker)
    axes.set_ylabel("billion US dollars" if is_narrow(figure) else "billion US dollars in four quarters")
    label_quarters(axes, figure, data, labels_at_right=True)
    from_zero(axes)


def describe_cash(data: pd.DataFrame) -> str:
    """Return the alt text of :func:`draw_cash`."""
    parts = (
        ("operating_cash_flow_trailing", "operating cash flow"),
        ("capital_expenditure_trailing", "capital expenditure"),
        ("free_cash_flow_trailing", "free cash flow"),
    )
    courses = (describe_course(data, column, name, "usd", "billion") for column, name in parts)
    return "Three lines by quarter, each over four quarters. " + " ".join(courses)


def draw_cloud(figure: Figure, data: pd.DataFrame) -> None:
    """Draw Google Cloud's revenue and Alphabet's backlog by quarter, side by side, or stacked on a phone."""
    shape = (2, 1) if is_narrow(figure) else (1, 2)
    panels = figure.subplots(*shape)
    for axes, column, label, colour in zip(
        panels, ("cloud_revenue", "backlog"), ("Cloud revenue", "backlog"), ("C0", "C2"), strict=True
    ):
        axes.bar(np.arange(len(data)), data[column].astype("float64") / _BILLION, width=0.7, color=colour)
        axes.set_ylabel(f"{label}, billion US dollars" if not is_narrow(figure) else f"{label},\nbillion US dollars")
        axes.grid(axis="x", visible=False)
        label_quarters(axes, figure, data, panels_across=shape[1])


def describe_cloud(data: pd.DataFrame) -> str:
    """Return the alt text of :func:`draw_cloud`."""
    parts = (("cloud_revenue", "Google Cloud revenue"), ("backlog", "Alphabet's backlog"))
    courses = (describe_course(data, column, name, "usd", "billion") for column, name in parts)
    return "Bars by quarter in two panels. " + " ".join(courses)


def _line(axes: Axes, values: "pd.Series[float]", label: str, colour: str, marker: str) -> None:
    heights = values.astype("float64").to_numpy()
    axes.plot(np.arange(len(heights)), heights, color=colour, marker=marker, markersize=4)
    known = np.flatnonzero(np.isfinite(heights))
    if len(known):
        place = int(known[-1])
        axes.annotate(
            label, (place, heights[place]), (7, 0), textcoords="offset points", va="center", color=colour, fontsize=9.5
        )


def label_quarters(
    axes: Axes, figure: Figure, data: pd.DataFrame, *, labels_at_right: bool = False, panels_across: int = 1
) -> None:
    """Label as many quarters as fit."""
    count = len(data)
    room = (0.4 if is_narrow(figure) else 0.19) * max(count - 1, 1) if labels_at_right else 0.0
    axes.set_xlim(-0.6, count - 0.4 + room)
    # As many labels as fit without touching, counted back from the last quarter.
    fits = 3.4 if is_narrow(figure) else 6.5 / panels_across
    step = next((one for one in _STEPS if count / one <= fits), _STEPS[-1])
    places = list(range(count - 1, -1, -step))[::-1]
    labels: Sequence[str] = [str(data["quarter"].iloc[place]) for place in places]
    axes.set_xticks(places, labels)


def from_zero(axes: Axes) -> None:
    """Let the scale of heights reach zero."""
    low, high = axes.get_ylim()
    axes.set_ylim(min(low, 0), max(high, 0) * 1.05)
    if low < 0:
        axes.axhline(0, color=muted(), linewidth=0.8)


def describe_course(data: pd.DataFrame, column: str, name: str, unit: str, scale: str = "") -> str:
    """Return where a series begins and ends, and what is missing of it, as a sentence."""
    known = data[data[column].notna()]
    if known.empty:
        return f"No value of {name} is known."
    decimals = 2 if unit == "usd_per_share" else 1
    first, last = (format_number(float(known[column].iloc[at]), unit, decimals, scale) for at in (0, -1))
    start, end = known["quarter"].iloc[0], known["quarter"].iloc[-1]
    missing = data.loc[data[column].isna(), "quarter"]
    note = f"; not known: {', '.join(missing)}" if len(missing) else ""
    if start == end:
        return f"{name[0].upper()}{name[1:]}: {last} in {end}{note}."
    return f"{name[0].upper()}{name[1:]}: {first} in {start}, {last} in {end}{note}."
