"""Estimates as facts, and gaps as gaps."""

import pytest

from coordination_gap import facts, tables
from coordination_gap.market import record_abnormal_return, record_or_gap

SOURCES = [tables.parameters(market="spy")]
ESTIMATE = {"first": 0, "last": 0, "car": -0.04537, "low": -0.0771, "high": -0.0137, "t": -2.8393}


def test_an_estimate_becomes_four_facts() -> None:
    page = facts.Page("departure", as_of="2026-09-10")
    record_abnormal_return(page, "next", ESTIMATE, sources=SOURCES, confidence=0.9)
    shown = {name: fact.display for name, fact in page.facts.items()}
    assert shown == {
        "departure.next": "\N{MINUS SIGN}4.54%",
        "departure.next_low": "\N{MINUS SIGN}7.71%",
        "departure.next_high": "\N{MINUS SIGN}1.37%",
        "departure.next_t": "\N{MINUS SIGN}2.84",
    }
    interval = page.facts["departure.next"].interval
    assert interval == facts.Interval(-0.0771, -0.0137, 0.9)
    assert "summed" not in page.facts["departure.next"].formula
    record_abnormal_return(page, "car", ESTIMATE | {"last": 7}, sources=SOURCES, confidence=0.9)
    assert "summed over the window" in page.facts["departure.car"].formula


def test_a_gap_is_four_gaps_with_their_reason() -> None:
    page = facts.Page("departure", as_of="2026-06-20")
    nothing = ESTIMATE | {"car": float("nan")}
    record_abnormal_return(page, "next", nothing, sources=SOURCES, confidence=0.9, gap="no close yet")
    assert {fact.gap for fact in page.facts.values()} == {"no close yet"}
    assert len(page.facts) == 4
    with pytest.raises(ValueError, match="a fact must be finite"):
        record_abnormal_return(page, "again", nothing, sources=SOURCES, confidence=0.9)


@pytest.mark.parametrize("value", [None, float("nan")])
def test_record_or_gap(value: float | None) -> None:
    page = facts.Page("departure", as_of="2026-06-20")
    options = {"unit": "fraction", "formula": "as told", "sources": SOURCES, "gap": "no close yet"}
    record_or_gap(page, "move", value, interval=(float("nan"), float("nan")), **options)  # type: ignore[arg-type] # mixed
    assert page.facts["departure.move"].gap == "no close yet"
    record_or_gap(page, "other", 0.01, decimals=1, signed=True, **options)  # type: ignore[arg-type] # mixed
    assert page.facts["departure.other"].display == "+1.0%"
