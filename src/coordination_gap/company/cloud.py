"""Google Cloud and the backlog: their measures, and the margins within which the Cloud figures are known.

Some Cloud cells were not seen to the million: they were worked out from rounded sums
or read from a table rounded to ten million. The table's source columns say so in
words; here that becomes a number, so that growth and margins carry it.
"""

import re

import pandas as pd

from coordination_gap.company.shapes import BACKLOG, CLOUD, CLOUD_OPERATING, REVENUE, amount, growth_of, share

_MILLION = 1e6
_PLUS_MINUS = re.compile(r"(?:\+-|±)\s?(\d+(?:\.\d+)?)")
_ROUNDED_TO = re.compile(r"rounded to \$(\d+(?:\.\d+)?)M")


def stated_margin(source: str | None) -> float:
    """Return by how much a figure may differ from what the table says, in US dollars.

    Parameters
    ----------
    source
        Where the figure was read. ``+-10`` in it stands for ten million either way;
        ``rounded to $10M`` for half of that, the most that rounding moves a figure.

    Returns
    -------
    float
        0 where the source states no margin.
    """
    if not isinstance(source, str):
        return 0.0
    if match := _PLUS_MINUS.search(source):
        return float(match[1]) * _MILLION
    if match := _ROUNDED_TO.search(source):
        return float(match[1]) * _MILLION / 2
    return 0.0


def with_cloud_margins(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with a margin beside each Cloud figure, as :func:`~coordination_gap.company.bounds` reads it.

    Parameters
    ----------
    frame
        Rows of ``alphabet_quarterly``.

    Returns
    -------
    pandas.DataFrame
        With ``cloud_revenue_plus_minus_usd`` and ``cloud_operating_income_plus_minus_usd``.
        Columns of these names that are there already are left alone.

    Raises
    ------
    ValueError
        If a source column is missing.
    """
    marked = frame.copy()
    for figure in ("cloud_revenue", "cloud_operating_income"):
        if f"{figure}_plus_minus_usd" in marked.columns:
            continue
        if f"{figure}_source" not in marked.columns:
            raise ValueError(f"the frame lacks the column {figure}_source, which says how exact the figures are")
        marked[f"{figure}_plus_minus_usd"] = [stated_margin(source) for source in marked[f"{figure}_source"]]
    marked.attrs = dict(frame.attrs)
    return marked


#: What is measured of Google Cloud and the backlog, over quarters.
CLOUD_MEASURES = (
    amount("cloud_revenue", "Cloud revenue", CLOUD, "revenue of the segment Google Cloud, of the quarter"),
    growth_of(
        "cloud_revenue_growth",
        "Cloud revenue, growth",
        CLOUD,
        "revenue of Google Cloud / that of the same quarter a year earlier − 1",
    ),
    share(
        "cloud_operating_margin",
        "Cloud operating margin",
        CLOUD_OPERATING,
        CLOUD,
        "operating income of Google Cloud / revenue of Google Cloud, of the quarter",
    ),
    share("cloud_share", "Cloud, share of revenue", CLOUD, REVENUE, "revenue of Google Cloud / revenue of the quarter"),
    amount("backlog", "Backlog", BACKLOG, "remaining performance obligation of Alphabet at the end of the quarter"),
    growth_of(
        "backlog_growth_quarter",
        "Backlog, growth on a quarter earlier",
        BACKLOG,
        "remaining performance obligation / that at the end of the quarter before − 1",
        1,
    ),
    growth_of(
        "backlog_growth_year",
        "Backlog, growth on a year earlier",
        BACKLOG,
        "remaining performance obligation / that a year earlier − 1",
    ),
)
