"""What the figures draw, read back from their axes."""

import datetime as dt

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Annotation

from coordination_gap import figures
from coordination_gap.market import draw_abnormal_returns, draw_events, draw_prices

SIZES = [figures.SIZES["wide"], figures.SIZES["narrow"]]


@pytest.fixture(params=SIZES, ids=["wide", "narrow"], name="figure")
def _figure(request: pytest.FixtureRequest) -> Figure:
    with mpl.rc_context(figures.style()):
        return Figure(figsize=request.param)


def texts(figure: Figure) -> set[str]:
    return {text.get_text() for text in figure.axes[0].texts}


def test_prices_are_drawn_to_their_last_value_and_named(figure: Figure) -> None:
    data = pd.DataFrame(
        {
            "session": pd.to_datetime(["2026-06-16", "2026-06-17", "2026-06-18", "2026-06-22"]),
            "GOOGL": [102.0, 100.0, 101.0, 96.0],
            "SPY": [101.0, 100.0, 101.0, np.nan],
        }
    )
    draw_prices(figure, data, {"post": dt.datetime(2026, 6, 17, 20, 15), "article": dt.date(2026, 6, 20)})
    figure.canvas.draw()
    lines = figure.axes[0].lines
    np.testing.assert_array_equal(lines[0].get_ydata(), data["GOOGL"])
    np.testing.assert_array_equal(lines[1].get_ydata(), data["SPY"])
    assert {"GOOGL", "SPY", "post", "article"} <= texts(figure)
    assert "100" in figure.axes[0].get_ylabel()


def test_labels_that_would_overlap_are_spread(figure: Figure) -> None:
    data = pd.DataFrame({"session": pd.to_datetime(["2026-06-17", "2026-06-18"]), "A": [100.0, 101.0]})
    data = data.assign(B=data["A"], C=data["A"])
    draw_prices(figure, data, {})
    heights = sorted(text.xy[1] for text in figure.axes[0].texts if isinstance(text, Annotation))
    assert len(heights) == 3
    low, high = figure.axes[0].get_ylim()
    assert (np.diff(heights) > 0.06 * (high - low)).all()


def test_abnormal_returns_with_their_bars(figure: Figure) -> None:
    data = pd.DataFrame(
        {
            "sessions_after_first": [-1, 0, 1],
            "abnormal_return_percent": [1.0, -0.5, -4.5],
            "low_percent": [-2.0, -3.5, -7.5],
            "high_percent": [4.0, 2.5, -1.5],
        }
    )
    draw_abnormal_returns(figure, data, {0: "18 Jun", 1: "22 Jun", 9: "not there"}, level="95% interval")
    figure.canvas.draw()
    axes = figure.axes[0]
    drawn = [
        (float(x), float(y))
        for container in axes.containers
        for x, y in zip(container[0].get_xdata(), container[0].get_ydata(), strict=True)
    ]
    assert sorted(drawn) == [(-1, 1), (0, -0.5), (1, -4.5)]
    assert texts(figure) == {"18 Jun", "22 Jun"}
    assert axes.get_ylabel() == "abnormal return, %, 95% interval"


def test_events_ranked_within_their_kind_hollow_where_confounded(figure: Figure) -> None:
    data = pd.DataFrame(
        {
            "label": ["Late 2020", "Low 2010", "Back 2024"],
            "kind": ["Departures", "Departures", "Return"],
            "confounded": [False, True, False],
            "highlighted": [True, False, False],
            "abnormal_return_percent": [1.0, -2.0, 0.5],
            "low_percent": [0.0, -3.0, -0.5],
            "high_percent": [2.0, -1.0, 1.5],
        }
    )
    draw_events(figure, data, level="95% interval")
    figure.canvas.draw()
    axes = figure.axes[0]
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == ["Departures", "Low 2010", "Late 2020", "Return", "Back 2024"]
    dots = [line for line in axes.lines if line.get_marker() == "o"]
    assert [float(np.ravel(dot.get_xdata())[0]) for dot in dots] == [-2.0, 1.0, 0.5]
    assert [dot.get_markerfacecolor() == "none" for dot in dots] == [True, False, False]
    assert [dot.get_color() for dot in dots] == ["C0", "C1", "C0"]
