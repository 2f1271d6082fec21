"""How the depth of the fundamentals is drawn, and what it shows in words."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from coordination_gap.company.plots import describe_course, from_zero, label_quarters
from coordination_gap.facts import format_number
from coordination_gap.figures import is_narrow, muted

_BILLION = 1e9


def draw_earnings_and_cash(figure: Figure, data: pd.DataFrame) -> None:
    """Draw net income and operating cash flow, each over four quarters, in billions of US dollars."""
    axes = figure.add_subplot()
    lines = (
        ("operating_cash_flow_trailing", "operating cash flow", "C0", "o"),
        ("net_income_trailing", "net income", "C1", "s"),
    )
    for column, label, colour, marker in lines:
        heights = data[column].astype("float64") / _BILLION
        axes.plot(np.arange(len(data)), heights, color=colour, marker=marker, markersize=4, label=label)
    axes.legend(loc="upper left")
    axes.set_ylabel("billion US dollars" if is_narrow(figure) else "billion US dollars in four quarters")
    label_quarters(axes, figure, data)
    from_zero(axes)


def describe_earnings_and_cash(data: pd.DataFrame) -> str:
    """Return the alt text of :func:`draw_earnings_and_cash`."""
    parts = (("net_income_trailing", "net income"), ("operating_cash_flow_trailing", "operating cash flow"))
    courses = (describe_course(data, column, name, "usd", "billion") for column, name in parts)
    return "Two lines by quarter, each over four quarters. " + " ".join(courses)


def draw_equity_return(figure: Figure, data: pd.DataFrame) -> None:
    """Draw each factor's part of the change of the return on equity, in percentage points.

    Parameters
    ----------
    figure
        An empty figure.
    data
        ``factor`` and ``percentage_points``, a row a factor.
    """
    axes = figure.add_subplot()
    places = -np.arange(len(data), dtype=float)
    heights = data["percentage_points"].to_numpy(dtype=float)
    axes.barh(places, heights, height=0.6, color=["C0" if height >= 0 else "C1" for height in heights])
    axes.axvline(0, color=muted(), lw=0.8)
    axes.set_yticks(places, list(data["factor"]))
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("percentage points" if is_narrow(figure) else "percentage points of return on equity")
    axes.grid(visible=False, axis="y")


def describe_equity_return(data: pd.DataFrame) -> str:
    """Return the alt text of :func:`draw_equity_return`."""
    parts = (
        f"{factor} {format_number(points / 100, 'percentage_points', 1, signed=True)}"
        for factor, points in zip(data["factor"], data["percentage_points"], strict=True)
    )
    return "Bars, one for each factor of the return on equity: " + ", ".join(parts) + "."
