"""Claims and their verdicts: by hand, at the ends of what a comparison allows, and with rows that are refused."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination_gap import claims
from coordination_gap.claims import Claim, ClaimError

Row = dict[str, Any]
NO_EVIDENCE = pd.DataFrame(columns=["claim_id", "verdict", "evidence", "source", "published_on"])


def row(claim_id: str = "a", **other: Any) -> Row:
    plain: Row = {
        "claim_id": claim_id, "position": 1, "section": "S", "place": "p", "kind": "figure", "statement": "So it is.",
        "value": 0.218, "unit": "fraction", "resolution": 0.0005, "rule": "fact", "fact": "p.growth",
        "comparison": "equals", "loose": np.nan, "condition": None, "then": None, "otherwise": None,
        "misleading_fact": None, "misleading_condition": None, "reason": "it is", "without": None, "contradicts": None,
        "weight": 1, "section_page": "p",
    }  # fmt: skip
    return plain | other


def read(*rows: Row) -> list[Claim]:
    return claims.read_claims(pd.DataFrame(rows))


def fact(value: float | str | None, unit: str = "fraction", name: str = "growth", **other: Any) -> Row:
    return {"id": f"p.{name}", "value": value, "unit": unit, "display": f"{value}", "interval": None,
            "as_of": "2026-06-20", "gap": None if value is not None else "not filed", **other}  # fmt: skip


def known(*facts: Row) -> dict[str, Row]:
    return {one["id"]: one for one in facts}


def verdict(claim: Row, *facts: Row, evidence: pd.DataFrame = NO_EVIDENCE) -> str:
    (found,) = claims.decide(read(claim), known(*facts), evidence)
    return found.verdict


@pytest.mark.parametrize(
    ("comparison", "number", "expected"),
    [
        ("equals", 0.218, "holds"), ("equals", 0.2185, "holds"), ("equals", 0.2175, "holds"),
        ("equals", 0.2186, "loose"), ("equals", 0.2294, "loose"), ("equals", 0.2067, "loose"),
        ("equals", 0.2296, "contradicted"), ("equals", -0.218, "contradicted"),
        ("at least", 0.3, "holds"), ("at least", 0.2175, "holds"), ("at least", 0.207, "loose"),
        ("at least", 0.2, "contradicted"),
        ("at most", 0.1, "holds"), ("at most", 0.2185, "holds"), ("at most", 0.229, "loose"),
        ("at most", 0.3, "contradicted"),
    ],
)  # fmt: skip
def test_a_number_is_compared_as_finely_as_it_is_stated(comparison: str, number: float, expected: str) -> None:
    """Half a unit of the last digit holds, five per cent beyond it is loose, all else is not so."""
    assert verdict(row(comparison=comparison, loose=0.05), fact(number)) == expected


@given(st.floats(-1e12, 1e12), st.floats(0, 1e9), st.floats(0, 1))
def test_a_number_always_holds_beside_itself(value: float, resolution: float, loose: float) -> None:
    for comparison in claims.COMPARISONS:
        assert (
            verdict(row(value=value, resolution=resolution, loose=loose, comparison=comparison), fact(value)) == "holds"
        )


@given(st.floats(-10, 10), st.floats(-10, 10), st.floats(0, 1))
def test_more_room_never_makes_a_verdict_worse(stated: float, number: float, loose: float) -> None:
    order = {"holds": 0, "loose": 1, "contradicted": 2}
    for comparison in claims.COMPARISONS:
        strict, wide = (
            verdict(row(value=stated, comparison=comparison, loose=room), fact(number)) for room in (loose, loose + 0.5)
        )
        assert order[wide] <= order[strict]


def test_a_condition_decides_with_the_verdicts_that_the_row_names() -> None:
    claim = row(comparison=None, value=None, condition="excludes 0 and < 0", then="loose", otherwise="unsupported")
    low = {"low": -0.3, "high": -0.1, "confidence": 0.95}
    assert verdict(claim, fact(-0.2, interval=low)) == "loose"
    assert verdict(claim, fact(0.2, interval=low | {"low": -0.1, "high": 0.3})) == "unsupported"


def test_what_is_right_and_misleads_is_misleading() -> None:
    claim = row(misleading_fact="p.without", misleading_condition="< 0.1")
    assert verdict(claim, fact(0.218), fact(0.05, name="without")) == "misleading"
    assert verdict(claim, fact(0.218), fact(0.15, name="without")) == "holds"
    # What is not so is not made better by misleading as well.
    assert verdict(claim, fact(0.4), fact(0.05, name="without")) == "contradicted"


def test_a_gap_cannot_be_checked_and_says_why() -> None:
    (found,) = claims.decide(read(row()), known(fact(None)), NO_EVIDENCE)
    assert (found.verdict, found.why, found.found) == ("not checkable", "not filed", "not available")


def test_shares_of_one_may_be_compared_whatever_they_are_called() -> None:
    assert verdict(row(unit="probability"), fact(0.218)) == "holds"


def test_the_latest_public_evidence_counts_and_none_is_none() -> None:
    claim = row(rule="evidence", fact=None, comparison=None)
    told = pd.DataFrame(
        {
            "claim_id": ["a", "a"],
            "verdict": ["contradicted", "holds"],
            "evidence": ["later", "earlier"],
            "source": ["https://example.org/2", "https://example.org/1"],
            "published_on": pd.to_datetime(["2026-07-01", "2026-05-01"]),
        }
    )
    assert verdict(claim, evidence=told) == "contradicted"
    assert verdict(claim, evidence=told[told["published_on"] <= "2026-06-20"]) == "holds"
    assert verdict(claim, evidence=told.iloc[:0]) == "unsupported"


def test_nothing_decides_and_the_reason_stands() -> None:
    claim = row(rule="none", fact=None, comparison=None, without="not checkable", reason="a private record")
    (found,) = claims.decide(read(claim), {}, NO_EVIDENCE)
    assert (found.verdict, found.why) == ("not checkable", "a private record")


def test_flips_are_the_claims_with_another_verdict() -> None:
    rows = read(row("a"), row("b", fact="p.other"))
    before = claims.decide(rows, known(fact(0.218), fact(0.5, name="other")), NO_EVIDENCE)
    after = claims.decide(rows, known(fact(0.218), fact(0.218, name="other")), NO_EVIDENCE)
    ((old, new),) = claims.flips(before, after)
    assert (old.claim.claim_id, old.verdict, new.verdict) == ("b", "contradicted", "holds")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rule": "fakt"}, "claim a: rule is 'fakt'; did you mean 'fact'?"),
        ({"kind": "opinion"}, "kind is 'opinion'; it is one of figure"),
        ({"comparison": "equal"}, "comparison is 'equal'; did you mean 'equals'?"),
        ({"then": "true"}, "then is 'true'; it is one of holds"),
        ({"fact": None}, "fact is ''; give the id of the fact"),
        ({"condition": "> 0"}, "give either a comparison or a condition"),
        ({"comparison": None}, "give either a comparison or a condition"),
        ({"value": np.nan}, "give the number that is compared as 'equals'"),
        ({"value": np.inf}, "give a finite number"),
        ({"comparison": None, "condition": "above 0"}, "'above 0' is not a condition"),
        ({"misleading_fact": "p.without"}, "give the fact and its condition, or neither"),
        ({"rule": "none", "without": "unsupported", "reason": None}, "say why nothing decides it"),
        ({"rule": "none", "without": "holds"}, "without is 'holds'; it is one of unsupported, not checkable"),
        ({"contradicts": "b"}, "contradicts is 'b'"),
        ({"contradicts": "a"}, "contradicts is 'a'"),
    ],
)
def test_a_row_that_cannot_be_decided_is_refused(change: Row, message: str) -> None:
    with pytest.raises(ClaimError) as refused:
        read(row(**change))
    assert message in str(refused.value)
    assert str(refused.value).startswith("data/claims.csv, claim a: ")


def test_a_contradiction_is_named_on_both_sides() -> None:
    with pytest.raises(ClaimError, match="claim a: contradicts is 'b'; let b name a as well"):
        read(row("a", contradicts="b"), row("b"))
    assert len(claims.contradictions(claims.decide(
        read(row("a", contradicts="b"), row("b", position=2, contradicts="a")), known(fact(0.2)), NO_EVIDENCE
    ))) == 1  # fmt: skip


@pytest.mark.parametrize(
    ("change", "given", "message"),
    [
        ({}, fact(0.2, unit="usd"), "states 0.218 in 'fraction' and the fact p.growth is in 'usd'; compare like"),
        ({}, fact("soon", unit="text"), "compare like with like"),
        ({}, fact(0.2, name="grwth"), "there is no fact 'p.growth'; did you mean 'p.grwth'?"),
        ({"comparison": None, "condition": "excludes 0"}, fact(0.2), "has no interval"),
    ],
)
def test_a_fact_that_does_not_suit_is_refused(change: Row, given: Row, message: str) -> None:
    with pytest.raises(ClaimError) as refused:
        verdict(row(**change), given)
    assert message in str(refused.value)


def told_of(claim_id: str, said: str) -> pd.DataFrame:
    days = pd.to_datetime(["2026-05-01"])
    return pd.DataFrame(
        {"claim_id": [claim_id], "verdict": [said], "evidence": ["x"], "source": ["y"], "published_on": days}
    )


def test_evidence_that_does_not_suit_is_refused() -> None:
    with pytest.raises(ClaimError, match="claim a: verdict is 'fine'; it is one of holds"):
        verdict(row(rule="evidence", fact=None, comparison=None), evidence=told_of("a", "fine"))
    with pytest.raises(ClaimError, match="claim a: its rule is 'fact'; take the row out"):
        verdict(row(), fact(0.2), evidence=told_of("a", "holds"))
    assert claims.decide([], {}, told_of("b", "holds")) == []


@pytest.fixture
def tables() -> dict[str, Any]:
    return {
        "claims": read(row(), row("b", rule="evidence", fact=None, comparison=None)),
        "known": known(fact(0.2)),
        "evidence": pd.DataFrame({"claim_id": ["b"]}),
        "numbers": pd.DataFrame(
            {"section": ["S", "S"], "occurrence": [1, 2], "value": ["21.8%", "T5"], "kind": ["figure", "name"],
             "claim_id": ["a", None]}
        ),
    }  # fmt: skip


def _without_evidence(tables: dict[str, Any]) -> None:
    tables["evidence"] = tables["evidence"].iloc[:0]


def _with_stray_evidence(tables: dict[str, Any]) -> None:
    tables["evidence"] = pd.DataFrame({"claim_id": ["b", "y"]})


def _without_fact(tables: dict[str, Any]) -> None:
    tables["known"] = {}


def _without_claim(tables: dict[str, Any]) -> None:
    tables["numbers"].loc[0, "claim_id"] = None


def _with_unknown_claim(tables: dict[str, Any]) -> None:
    tables["numbers"].loc[0, "claim_id"] = "z"


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_without_evidence, "claim b: it has no decision"),
        (_with_stray_evidence, "claim_evidence.csv: there is no claim 'y'"),
        (_without_fact, "claim a: there is no fact 'p.growth'"),
        (_without_claim, "'S', number 1 (21.8%): no claim covers it"),
        (_with_unknown_claim, "'S', number 1 (21.8%): there is no claim 'z'"),
    ],
)
def test_what_is_not_covered_is_named(
    tables: dict[str, Any], spoil: Callable[[dict[str, Any]], None], message: str
) -> None:
    assert claims.faults(**_named(tables)) == []
    spoil(tables)
    (fault,) = claims.faults(**_named(tables))
    assert message in fault


def _named(tables: dict[str, Any]) -> dict[str, Any]:
    return {name: tables[name] for name in ("claims", "known", "evidence", "numbers")}
