"""The article's figures on cost and saving: its ranges, and what follows from them by arithmetic alone.

Ranges are read from the table ``claims``, where a stated range stands as its middle and half its
width; a price from which something starts stands as itself.
"""

from dataclasses import dataclass

import pandas as pd

from coordination_gap import tables
from coordination_gap.economics.cash import annuity, monthly_rate
from coordination_gap.economics.ranges import Range
from coordination_gap.economics.workflow import HOURS_A_WEEK, WEEKS_A_MONTH

#: Claims that state a range, by input or item, with the unit in which the table gives it.
STATED = {
    "hours_saved": ("hours-saved", "hours a week"),
    "labour_saved": ("labour-saved", "dollars a month"),
    "inference": ("inference-cost", "dollars a month"),
    "hosting": ("n8n-cloud-price", "dollars a month"),
    "total": ("total-monthly-cost", "dollars a month"),
    "build_weeks": ("build-weeks", "weeks"),
}
#: A price stated as one number.
VECTOR_DATABASE = "pinecone-70"


@dataclass(frozen=True)
class Stated:
    """The article's ranges by name, the price of its vector database, and the rows; empty before it was public."""

    ranges: dict[str, Range]
    vector_database: float | None
    source: tables.Source | None
    gap: str | None = None


def stated(claims: pd.DataFrame) -> Stated:
    """Return the article's ranges.

    Parameters
    ----------
    claims
        The table ``claims`` as of a day.

    Raises
    ------
    ValueError
        If a row is in another unit than is expected here.
    """
    wanted = {claim for claim, _ in STATED.values()} | {VECTOR_DATABASE}
    rows = claims[claims["claim_id"].isin(wanted)]
    if set(rows["claim_id"]) != wanted:
        return Stated({}, None, None, "the article was not public yet on this day")
    by_id = {str(row["claim_id"]): row for row in rows.to_dict("records")}
    ranges = {}
    for name, (claim, unit) in STATED.items():
        row = by_id[claim]
        if row["unit"] != unit:
            raise ValueError(f"claims: {claim} is in {row['unit']!r}: it is expected in {unit!r}")
        middle, half = float(row["value"]), float(row["resolution"])
        ranges[name] = Range(name, middle - half, middle + half, unit=unit)
    return Stated(ranges, float(by_id[VECTOR_DATABASE]["value"]), tables.rows(rows))


@dataclass(frozen=True)
class Arithmetic:
    """What the article's ranges come to. Each pair is (low, high); money in US dollars.

    Attributes
    ----------
    hours_a_month
        Saved.
    wage_matched, wage_crossed
        Dollars an hour that the saving implies: low over low and high over high; and the lowest over
        the most hours, and the highest over the fewest.
    items
        What the listed monthly items sum to: the low end with both free plans, the high end with both
        paid; None where the items are not known.
    unlisted
        The stated total less that sum, end by end; None likewise.
    net_a_month
        Saving less stated total, worst and best.
    build
        The engineer's time at the wages given.
    payback_months
        Build over net, best and worst; infinite where a month leaves nothing.
    value
        Net present value, worst and best.
    """

    hours_a_month: tuple[float, float]
    wage_matched: tuple[float, float]
    wage_crossed: tuple[float, float]
    items: tuple[float, float] | None
    unlisted: tuple[float, float] | None
    net_a_month: tuple[float, float]
    build: tuple[float, float]
    payback_months: tuple[float, float]
    value: tuple[float, float]


def arithmetic(
    hours: Range,
    saving: Range,
    inference: Range,
    total: Range,
    hosting: Range | None,
    vector_database: float | None,
    build_weeks: Range,
    engineer: Range,
    *,
    months: int,
    discount_rate: float,
) -> Arithmetic:
    """Return what the ranges come to; `hours` a week, `engineer` in US dollars an hour.

    Raises
    ------
    ValueError
        If no hours are saved, or an amount cannot be.
    """
    if hours.low == 0:
        raise ValueError("hours: low is 0: give more than 0 hours a week, over which the saving is spread")
    monthly = (hours.low * WEEKS_A_MONTH, hours.high * WEEKS_A_MONTH)
    # Both tools are said to have a free plan, so the low end takes neither.
    items = None
    if hosting is not None and vector_database is not None:
        items = (inference.low, inference.high + hosting.high + vector_database)
    net = (saving.low - total.high, saving.high - total.low)
    build = tuple(weeks * HOURS_A_WEEK * rate for weeks, rate in zip(
        (build_weeks.low, build_weeks.high), (engineer.low, engineer.high), strict=True
    ))  # fmt: skip
    worth = annuity(monthly_rate(discount_rate), months)

    def payback(cost: float, left: float) -> float:
        return cost / left if left > 0 else float("inf")

    return Arithmetic(
        hours_a_month=monthly,
        wage_matched=(saving.low / monthly[0], saving.high / monthly[1]),
        wage_crossed=(saving.low / monthly[1], saving.high / monthly[0]),
        items=items,
        unlisted=None if items is None else (total.low - items[0], total.high - items[1]),
        net_a_month=net,
        build=(build[0], build[1]),
        payback_months=(payback(build[0], net[1]), payback(build[1], net[0])),
        value=(net[0] * worth - build[1], net[1] * worth - build[0]),
    )
