"""The article's own sum, from the rows that hold its ranges."""

import math

import pytest

from coordination_gap import economics as ec
from coordination_gap import tables


def monthly(name: str, low: float, high: float) -> ec.Range:
    return ec.Range(name, low, high, unit="US dollars a month")


def test_the_stated_ranges_are_those_of_the_rows() -> None:
    stated = ec.stated(tables.load("claims", "2026-06-20"))
    assert {name: (one.low, one.high) for name, one in stated.ranges.items()} == {
        "hours_saved": (10, 15),
        "labour_saved": (2000, 4000),
        "inference": (50, 500),
        "hosting": (20, 50),
        "total": (150, 700),
        "build_weeks": (2, 4),
    }
    assert stated.vector_database == 70
    assert stated.source is not None


def test_before_the_article_nothing_is_stated() -> None:
    stated = ec.stated(tables.load("claims", "2026-06-19"))
    assert stated.ranges == {}
    assert stated.gap


def test_a_row_in_another_unit_is_refused() -> None:
    claims = tables.load("claims", "2026-06-20")
    claims.loc[claims["claim_id"] == "hours-saved", "unit"] = "hours a month"
    with pytest.raises(ValueError, match="hours-saved is in 'hours a month': it is expected in 'hours a week'"):
        ec.stated(claims)


def test_the_sum_by_hand() -> None:
    sums = ec.arithmetic(
        ec.Range("hours", 10, 15, unit="hours a week"),
        monthly("saving", 2000, 4000),
        monthly("inference", 50, 500),
        monthly("total", 150, 700),
        monthly("hosting", 20, 50),
        70,
        ec.Range("weeks", 2, 4, unit="weeks"),
        ec.Range("engineer", 60, 150, unit="US dollars an hour"),
        months=24,
        discount_rate=0.0,
    )
    assert sums.hours_a_month == pytest.approx((43.333, 65.0), abs=0.001)
    assert sums.wage_matched == pytest.approx((46.15, 61.54), abs=0.005)
    assert sums.wage_crossed == pytest.approx((30.77, 92.31), abs=0.005)
    assert (sums.items, sums.unlisted) == ((50, 620), (100, 80))
    assert (sums.net_a_month, sums.build) == ((1300, 3850), (4800, 24000))
    assert sums.payback_months == pytest.approx((1.2468, 18.4615), abs=0.0001)
    assert sums.value == pytest.approx((24 * 1300 - 24000, 24 * 3850 - 4800))


def test_what_never_pays_and_what_is_not_known_are_said() -> None:
    hours, weeks = ec.Range("hours", 10, 15, unit="hours a week"), ec.Range("weeks", 2, 4, unit="weeks")
    engineer = ec.Range("engineer", 60, 150, unit="US dollars an hour")
    bills = monthly("total", 500, 900)
    sums = ec.arithmetic(
        hours, monthly("saving", 800, 800), bills, bills, None, None, weeks, engineer, months=1, discount_rate=0
    )
    assert sums.items is None
    assert sums.unlisted is None
    assert math.isinf(sums.payback_months[1])
    idle = ec.Range("hours", 0, 15, unit="hours a week")
    with pytest.raises(ValueError, match="hours: low is 0"):
        ec.arithmetic(idle, bills, bills, bills, None, None, weeks, engineer, months=1, discount_rate=0)
