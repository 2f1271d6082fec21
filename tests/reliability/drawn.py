"""What holds of every figure: the same data give the same bytes, and each axis says what it measures."""

from collections.abc import Callable

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from coordination_gap import figures


def check(draw: Callable[[Figure, pd.DataFrame], None], data: pd.DataFrame, size: str) -> None:
    """Draw `data` three times, and look at the axes."""
    svg = figures.draw_svg(draw, data, figures.LIGHT, figures.SIZES[size])
    assert svg == figures.draw_svg(draw, data, figures.LIGHT, figures.SIZES[size])
    with plt.rc_context(figures.style()):
        figure = plt.figure(figsize=figures.SIZES[size])
        draw(figure, data)
        assert all(axes.get_xlabel() and not axes.get_title() for axes in figure.axes)
        plt.close(figure)
