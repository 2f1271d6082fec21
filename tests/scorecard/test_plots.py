"""Figures draw what they are given, also where little is to be drawn."""

import datetime as dt

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from coordination_gap import figures, tables
from coordination_gap.scorecard import arena_gaps, draw_board_gaps, draw_index_gap, draw_targets, index_gaps

DAY = dt.date(2026, 6, 17)


@pytest.mark.parametrize("as_of", ["2026-06-20", "2026-09-10"])
def test_a_panel_for_each_board_with_its_gaps(as_of: str) -> None:
    data = arena_gaps(tables.load("arena_weekly", as_of))
    with plt.rc_context(figures.style()):
        figure = plt.figure(figsize=figures.SIZES["narrow"])
        draw_board_gaps(figure, data, DAY)
        figure.canvas.draw()
    assert len(figure.axes) == data["board_id"].nunique() == 3
    line = figure.axes[2].get_lines()[1]
    assert (
        np.asarray(line.get_ydata()).tolist()
        == data.loc[data["board_id"] == "text-style-control-default", "gap"].tolist()
    )
    words = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert words.count("announcement") == 1
    plt.close(figure)


def test_the_index_says_what_it_is_not() -> None:
    data = index_gaps(tables.load("epoch_index", "2026-09-10"), draws=200)
    svg = []
    figure = plt.figure()
    draw_index_gap(figure, data, DAY, dt.date(2026, 9, 10))
    svg += [text.get_text() for text in figure.axes[0].texts]
    plt.close(figure)
    empty = plt.figure()
    draw_index_gap(empty, data.assign(gap=np.nan), DAY, DAY)
    assert [text.get_text() for text in empty.axes[0].texts] == ["No estimate is public yet."]
    plt.close(empty)
    assert any("one estimate, of 10 September 2026" in words and "Not what could be read" in words for words in svg)


@pytest.mark.parametrize("article", [dt.date(2026, 6, 20), None])
def test_levels_are_lines_with_names(article: dt.date | None) -> None:
    data = pd.DataFrame({"session": pd.bdate_range("2026-06-01", "2026-07-01"), "close_usd": 360.0})
    figure = plt.figure()
    draw_targets(figure, data, {"strike": 350.0, "target": 432.83}, article)
    axes = figure.axes[0]
    heights = {float(np.asarray(line.get_ydata())[0]) for line in axes.get_lines()}
    assert {350.0, 432.83} <= heights
    assert ("article" in [text.get_text() for text in axes.texts]) is (article is not None)
    assert axes.get_ylim()[1] > 432.83
    plt.close(figure)
