"""Claims and their verdicts: by hand, at the ends of what a comparison allows, and with rows that are refused."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coordination_gap import claims
from coordination_gap.claims import Claim, ClaimError

Row = dict[str, Any]
NO_EVIDENCE = pd.DataFrame(columns=["claim_id", "verdict", "evidence", "source", "published_on"])


def row(claim_id: str = "a", **other: Any) -> Row:
    plain: Row = {
        "claim_id": claim_id, "position": 1, "section": "S", "place": "p", "kind": "figure", "statement": "So it is.",
        "value": 0.218, "unit": "fraction", "resolution": 0.0005, "rule": "fact", "fact": "p.growth",
        "shows": "growth", "comparison": "equals", "near": np.nan, "nearly": None, "condition": None, "then": None,
        "otherwise": None, "but_fact": None, "but_condition": None, "but": None, "reason": "It is.", "without": None,
        "contradicts": None, "weight": 1, "section_page": "p", "page_section": None,
    }  # fmt: skip
    return plain | other


def read(*rows: Row) -> list[Claim]:
    return claims.read_claims(pd.DataFrame(rows))


def fact(value: float | str | None, unit: str = "fraction", name: str = "growth", **other: Any) -> Row:
    return {"id": f"p.{name}", "value": value, "unit": unit, "display": f"{value}", "interval": None,
            "as_of": "2026-06-20", "gap": None if value is not None else "not filed", **other}  # fmt: skip


NOTHING: Row = {"rule": "none", "fact": None, "shows": None, "comparison": None}


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
    assert verdict(row(comparison=comparison, near=0.05), fact(number)) == expected


@settings(deadline=None)
@given(st.floats(-1e12, 1e12), st.floats(0, 1e9), st.floats(0, 1))
def test_a_number_always_holds_beside_itself(value: float, resolution: float, loose: float) -> None:
    for comparison in claims.COMPARISONS:
        assert (
            verdict(row(value=value, resolution=resolution, near=loose, comparison=comparison), fact(value)) == "holds"
        )


@settings(deadline=None)
@given(st.floats(-10, 10), st.floats(-10, 10), st.floats(0, 1))
def test_more_room_never_makes_a_verdict_worse(stated: float, number: float, loose: float) -> None:
    order = {"holds": 0, "loose": 1, "contradicted": 2}
    for comparison in claims.COMPARISONS:
        strict, wide = (
            verdict(row(value=stated, comparison=comparison, near=room), fact(number)) for room in (loose, loose + 0.5)
        )
        assert order[wide] <= order[strict]


def test_a_condition_decides_with_the_verdicts_that_the_row_names() -> None:
    claim = row(comparison=None, value=None, condition="excludes 0 and < 0", then="loose", otherwise="unsupported")
    low = {"low": -0.3, "high": -0.1, "confidence": 0.95}
    assert verdict(claim, fact(-0.2, interval=low)) == "loose"
    assert verdict(claim, fact(0.2, interval=low | {"low": -0.1, "high": 0.3})) == "unsupported"


def test_what_is_right_and_misleads_is_misleading() -> None:
    claim = row(but_fact="p.without", but_condition="< 0.1")
    assert verdict(claim, fact(0.218), fact(0.05, name="without")) == "misleading"
    assert verdict(claim, fact(0.218), fact(0.15, name="without")) == "holds"
    # What is not so is not made better by misleading as well.
    assert verdict(claim, fact(0.4), fact(0.05, name="without")) == "contradicted"


def test_what_holds_can_be_limited_to_another_verdict_and_be_near() -> None:
    claim = row(comparison=None, value=None, condition="> 0", but_fact="p.cash", but_condition="< 0", but="loose")
    assert verdict(claim, fact(0.3), fact(-0.1, name="cash")) == "loose"
    assert verdict(claim, fact(0.3), fact(0.1, name="cash")) == "holds"
    assert verdict(claim, fact(0.3), fact(None, name="cash")) == "holds"
    assert verdict(row(near=0.05, nearly="not checkable"), fact(0.22)) == "not checkable"


def found(claim: Row, *facts: Row) -> claims.Verdict:
    (one,) = claims.decide(read(claim), known(*facts), NO_EVIDENCE)
    return one


def test_what_was_found_is_named_and_as_fine_as_the_claim() -> None:
    coarse = fact(20_028e6, "usd", display="$20.0\N{NO-BREAK SPACE}billion")
    claim = row(value=20.03e9, unit="usd", resolution=5e6, shows="revenue of the segment")
    assert found(claim, coarse).found == "revenue of the segment: $20.03\N{NO-BREAK SPACE}billion"
    # A fact that is shown finer than the claim stays so.
    assert found(row(value=0.82, resolution=0.005), fact(0.8187, display="81.9%")).found == "growth: 81.9%"
    with_interval = fact(-0.2, display="\N{MINUS SIGN}20%", interval={"low": -0.3, "high": 0.1, "confidence": 0.95})
    tested = row(comparison=None, value=None, condition="includes 0")
    assert found(tested, with_interval).found == ("growth: \N{MINUS SIGN}20% (95% interval \N{MINUS SIGN}30% to +10%)")


def test_a_reason_prints_facts_and_leaves_out_what_names_a_gap() -> None:
    claim = row(reason="It was [[p.other]]. Later it was [[p.late]]. That is all.")
    other = fact(0.1, name="other", display="10%")
    assert found(claim, fact(0.218), other, fact(None, name="late")).why == "It was 10%. That is all."
    assert read(claim)[0].facts == ("p.growth", "p.late", "p.other")
    with pytest.raises(ClaimError, match=r"claim a: there is no fact 'p\.late'"):
        found(claim, fact(0.218), other)


def test_a_forecast_waits_for_its_day() -> None:
    claims_ = read(row(rule="due", fact=None, shows=None, comparison=None, without="unsupported", reason="No level."))
    asked = pd.DataFrame({"claim_id": ["a", "a"], "resolves_on": pd.to_datetime(["2026-09-30", "2026-12-31"])})
    for day, expected in (("2026-12-30", "not checkable"), ("2026-12-31", "unsupported")):
        due = claims.not_due(asked, dt.date.fromisoformat(day))
        (one,) = claims.decide(claims_, {}, NO_EVIDENCE, due)
        assert one.verdict == expected
        assert one.why.startswith("Not due until 31\N{NO-BREAK SPACE}December") == (expected == "not checkable")
        assert one.why.endswith("No level.")


def test_a_number_in_evidence_is_shown_with_its_name_and_unit() -> None:
    claim = row(rule="evidence", fact=None, shows=None, comparison=None, reason=None)
    for value, unit, shown in (
        (16e9, "tokens a minute", "16\N{NO-BREAK SPACE}billion tokens a minute"), (0.4, "fraction", "40%"),
        (70.0, "dollars a month", "$70 a month"), (2017, "year", "2017"),
        (8.4, "points", "8.4\N{NO-BREAK SPACE}points"),
        (500000, "count", "500,000"), (-0.0454, "fraction", "\N{MINUS SIGN}4.54%"),
    ):  # fmt: skip
        told = told_of("a", "holds").assign(found="what", found_value=value, found_unit=unit)
        (one,) = claims.decide(read(claim), {}, told)
        assert one.found == f"what: {shown}"
        with pytest.raises(ClaimError, match="say what it is in found"):
            claims.decide(read(claim), {}, told.assign(found_unit=None))


def test_a_gap_cannot_be_checked_and_says_why() -> None:
    (found,) = claims.decide(read(row()), known(fact(None)), NO_EVIDENCE)
    assert (found.verdict, found.why, found.found) == ("not checkable", "not filed", "not available")


def test_shares_of_one_may_be_compared_whatever_they_are_called() -> None:
    assert verdict(row(unit="probability"), fact(0.218)) == "holds"


def test_the_latest_public_evidence_counts_and_none_is_none() -> None:
    claim = row(rule="evidence", fact=None, shows=None, comparison=None)
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
    claim = row(rule="none", fact=None, shows=None, comparison=None, without="not checkable", reason="a private record")
    (found,) = claims.decide(read(claim), {}, NO_EVIDENCE)
    assert (found.verdict, found.why) == ("not checkable", "a private record")


def test_flips_are_the_claims_with_another_verdict() -> None:
    rows = read(row("a"), row("b", fact="p.other"))
    before = claims.decide(rows, known(fact(0.218), fact(0.5, name="other")), NO_EVIDENCE)
    after = claims.decide(rows, known(fact(0.218), fact(0.218, name="other")), NO_EVIDENCE)
    ((old, new),) = claims.flips(before, after)
    assert (old.claim.claim_id, old.verdict, new.verdict) == ("b", "contradicted", "holds")
    assert claims.renewed(before, after) == []
    moved = claims.decide(rows, known(fact(0.2182), fact(0.5, name="other")), NO_EVIDENCE)
    ((old, new),) = claims.renewed(before[:1], moved)
    assert (old.claim.claim_id, old.verdict, new.verdict) == ("a", "holds", "holds")
    assert old.found != new.found


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
        ({"but_fact": "p.without"}, "give the fact and its condition, or neither"),
        ({"shows": None}, "say in words what the fact is"),
        ({"rule": "none", "without": "unsupported"}, "fact is 'p.growth'; with the rule 'none' nothing reads it"),
        ({"rule": "evidence", "fact": None, "shows": None}, "comparison is 'equals'; with the rule 'evidence'"),
        (NOTHING | {"without": "unsupported", "reason": None}, "say why nothing decides it"),
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
        verdict(row(rule="evidence", fact=None, shows=None, comparison=None), evidence=told_of("a", "fine"))
    with pytest.raises(ClaimError, match="claim a: its rule is 'fact'; take the row out"):
        verdict(row(), fact(0.2), evidence=told_of("a", "holds"))
    assert claims.decide([], {}, told_of("b", "holds")) == []


@pytest.fixture
def tables() -> dict[str, Any]:
    return {
        "claims": read(
            row(page_section="here"),
            row("b", **NOTHING | {"rule": "evidence"}),
            row("c", **NOTHING | {"rule": "due", "without": "unsupported"}),
        ),
        "known": known(fact(0.2)),
        "evidence": pd.DataFrame({"claim_id": ["b"]}),
        "numbers": pd.DataFrame(
            {"section": ["S", "S"], "occurrence": [1, 2], "value": ["21.8%", "T5"], "kind": ["figure", "name"],
             "claim_id": ["a", None], "in_section": [2, 2], "in_article": [2, 2]}
        ),
        "forecasts": pd.DataFrame({"claim_id": ["c"]}),
        "pages": {"p": claims.BookPage("p.html", "P", {"here": "Here"})},
    }  # fmt: skip


def _without_evidence(tables: dict[str, Any]) -> None:
    tables["evidence"] = tables["evidence"].iloc[:0]


def _with_stray_evidence(tables: dict[str, Any]) -> None:
    tables["evidence"] = pd.DataFrame({"claim_id": ["b", "y"]})


def _without_fact(tables: dict[str, Any]) -> None:
    tables["known"] = {}


def _without_question(tables: dict[str, Any]) -> None:
    tables["forecasts"] = tables["forecasts"].iloc[:0]


def _with_dead_section(tables: dict[str, Any]) -> None:
    tables["pages"] = {"p": claims.BookPage("p.html", "P", {"there": "There"})}


def _without_first_number(tables: dict[str, Any]) -> None:
    tables["numbers"] = tables["numbers"].iloc[1:].assign(in_article=1)


def _without_last_number(tables: dict[str, Any]) -> None:
    tables["numbers"] = tables["numbers"].iloc[:1].assign(in_article=1)


def _without_a_section(tables: dict[str, Any]) -> None:
    more = tables["numbers"].assign(section="T")
    tables["numbers"] = pd.concat([tables["numbers"], more]).assign(in_article=5)


def _without_claim(tables: dict[str, Any]) -> None:
    tables["numbers"].loc[0, "claim_id"] = None


def _with_unknown_claim(tables: dict[str, Any]) -> None:
    tables["numbers"].loc[0, "claim_id"] = "z"


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_without_evidence, "claim b: it has no decision"),
        (_with_stray_evidence, "claim_evidence.csv: there is no claim 'y'"),
        (_without_question, "claim c: no question says when it is due"),
        (_with_dead_section, "claim a: the page 'p' has no section 'here'; did you mean 'there'?"),
        (_without_first_number, "article_numbers.csv, 'S': number 1 is missing"),
        (_without_last_number, "article_numbers.csv, 'S': in_section says 2 and the last number is 1"),
        (_without_a_section, "article_numbers.csv: in_article says 5 and there are 4 rows"),
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
    return {name: tables[name] for name in ("claims", "known", "evidence", "numbers", "forecasts", "pages")}
