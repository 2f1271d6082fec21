"""Figures that the article and a review state, read from the table ``article_figures``, and their facts.

What is stated is data like any other: it has a row, and a day on which it became public.
"""

import math
from dataclasses import dataclass

import pandas as pd

from coordination_gap import tables
from coordination_gap.facts import UNITS, Fact, Page


@dataclass(frozen=True)
class Stated:
    """A stated figure, or the reason why it cannot be seen.

    Attributes
    ----------
    value
        In the unit that the row names; None where there is a gap.
    resolution
        One unit of the last digit printed; None where there is a gap.
    period
        The fiscal quarter that the row is about, such as ``"2026Q1"``; None if it is about none.
    sources
        The row.
    gap
        Why there is no value.
    """

    value: float | None
    resolution: float | None
    period: str | None
    sources: tuple[tables.Source, ...]
    gap: str | None = None

    def as_printed(self, number: float) -> float:
        """Return a number rounded as the stated figure was: 0.8330 as 0.83 beside a stated 0.83.

        Raises
        ------
        ValueError
            If there is no stated figure.
        """
        if self.resolution is None:
            raise ValueError(f"nothing is stated to round like: {self.gap}")
        return float(round(number, -_power_of_ten(self.resolution)))


def read(figures: pd.DataFrame, figure_id: str, period: str | None = None) -> Stated:
    """Return one stated figure.

    Parameters
    ----------
    figures
        The table ``article_figures`` as of a day.
    figure_id
        Its ``id``.
    period
        The fiscal quarter that it has to speak of; any, or none, if None.

    Returns
    -------
    Stated
        With the reason where the row is not visible, or speaks of another quarter.
    """
    row = figures[figures["id"] == figure_id]
    if row.empty:
        return Stated(None, None, None, (), f"the stated figure {figure_id} is not public as of this day")
    cell = row["period"].iloc[0]
    spoken_of = None if pd.isna(cell) else str(cell)
    sources = (tables.rows(row),)
    if period is not None and spoken_of != period:
        return Stated(None, None, spoken_of, sources, f"the stated figure speaks of {spoken_of or 'no quarter'}")
    return Stated(float(row["value"].iloc[0]), float(row["resolution"].iloc[0]), spoken_of, sources)


def record(page: Page, name: str, figure: Stated, *, unit: str) -> Fact:
    """Record a stated figure as a fact of a page, with the digits it is printed with, or its gap with the reason.

    Parameters
    ----------
    page
        The page's facts.
    name
        The fact's name on the page.
    figure
        What was read.
    unit
        That of the row, a key of :data:`coordination_gap.facts.UNITS`.
    """
    how = "as stated, at the place that the row names"
    if figure.value is None or figure.resolution is None:
        return page.gap(name, figure.gap or "not stated", unit=unit, formula=how, sources=figure.sources)
    decimals = max(0, -_power_of_ten(figure.resolution * UNITS[unit][1]))
    return page.record(name, figure.value, unit=unit, decimals=decimals, formula=how, sources=figure.sources)


def _power_of_ten(resolution: float) -> int:
    return math.floor(math.log10(resolution) + 1e-9)
