"""Facts are shown one way, carry where they come from, and refuse what is no number."""

import datetime as dt
import json
import math
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coordination_gap import facts, media_types, tables

MINUS = "\N{MINUS SIGN}"
SOURCES = [tables.parameters(steps=6)]
FINITE = st.floats(-1e12, 1e12)


@pytest.fixture
def page() -> facts.Page:
    return facts.Page("made", as_of="2026-06-20")


def recorded(page: facts.Page, value: Any, unit: str = "ratio", **how: Any) -> facts.Fact:
    return page.record(f"n{len(page.facts)}", value, unit=unit, **{"formula": "given", "sources": SOURCES} | how)


def shown(value: float, unit: str, decimals: int = 0, scale: str = "", signed: bool = False) -> str:
    return facts.format_number(value, unit, decimals, scale, signed).replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("value", "unit", "how", "display"),
    [
        (0.97**6, "probability", {"decimals": 1}, "83.3%"),
        (0.5, "fraction", {}, "50%"),
        (-0.021, "percentage_points", {"decimals": 1}, f"{MINUS}2.1 percentage points"),
        (0.01, "percentage_points", {}, "1 percentage point"),
        (0.01, "percentage_points", {"decimals": 1}, "1.0 percentage points"),
        (0.0001, "basis_points", {}, "1 basis point"),
        (0.0002, "basis_points", {}, "2 basis points"),
        (109_896_000_000, "usd", {"decimals": 1, "scale": "billion"}, "$109.9 billion"),
        (109_896_000_000, "usd", {}, "$109,896,000,000"),
        (-1.5, "usd_per_share", {"decimals": 2}, f"{MINUS}$1.50"),
        (2.31, "usd_per_share", {"decimals": 2, "signed": True}, "+$2.31"),
        (1234.5, "ratio", {"decimals": 1}, "1,234.5"),
        (27.44, "times", {"decimals": 1}, "27.4×"),
        (1, "points", {}, "1 point"),
        (1_000_000, "count", {}, "1,000,000"),
        (2_500_000, "count", {"decimals": 1, "scale": "million"}, "2.5 million"),
        (1000, "days", {"scale": "thousand"}, "1 thousand days"),
        (1, "sessions", {}, "1 session"),
        (-1, "sessions", {}, f"{MINUS}1 session"),
        (0, "sessions", {}, "0 sessions"),
        (1, "days", {}, "1 day"),
        (61, "minutes", {}, "61 minutes"),
        (1, "minutes", {}, "1 minute"),
        (1.25, "seconds", {"decimals": 2}, "1.25 seconds"),
        (3e12, "usd", {"scale": "trillion"}, "$3 trillion"),
        (-0.0004, "probability", {"decimals": 1}, "0.0%"),
        (-0.0004, "probability", {"decimals": 1, "signed": True}, "0.0%"),
        (0.0, "usd", {"signed": True}, "$0"),
        (-0.0, "ratio", {}, "0"),
    ],
)
def test_known_displays(value: float, unit: str, how: dict[str, Any], display: str) -> None:
    assert shown(value, unit, **how) == display


@given(value=FINITE, unit=st.sampled_from(sorted(facts.UNITS)), decimals=st.integers(0, 6), signed=st.booleans())
def test_a_display_reads_back_to_the_rounded_number(value: float, unit: str, decimals: int, signed: bool) -> None:
    text = shown(value, unit, decimals, signed=signed)
    prefix, factor, _ = facts.UNITS[unit]
    kept = "".join(character for character in text.split(" ")[0] if character in "0123456789.")
    wanted = Decimal(abs(value) * factor).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)
    assert Decimal(kept) == wanted
    if wanted == 0:
        assert text[0] not in f"+{MINUS}-"
    else:
        assert text.startswith((MINUS if value < 0 else "+" if signed else "") + prefix)
    assert "-" not in text


@given(value=FINITE, unit=st.sampled_from(sorted(facts.UNITS)), decimals=st.integers(0, 6))
def test_the_sign_is_all_that_differs_between_a_number_and_its_negative(value: float, unit: str, decimals: int) -> None:
    up, down = shown(abs(value), unit, decimals), shown(-abs(value), unit, decimals)
    assert down in (up, MINUS + up)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1, "furlongs"), "unit is 'furlongs': it must be one of probability, .*, day, text"),
        ((1, "day"), "unit is 'day': it must be one of"),
        ((1, "usd", 0, "dozen"), "scale is 'dozen': it must be one of .*thousand, million, billion, trillion"),
        ((1, "usd", -1), "decimals is -1: it must be a whole number from 0 to 12"),
        ((1, "usd", 13), "decimals is 13: it must be"),
        ((1, "usd", 1.5), "decimals is 1.5: it must be"),
        ((1, "usd", "2"), "decimals is '2': it must be"),
        ((math.nan, "usd"), "value is nan: a number to show must be finite"),
        ((-math.inf, "usd"), "value is -inf: a number to show must be finite"),
        ((1e308, "probability"), r"value is 1e\+308: a number to show must be finite"),
        ((None, "usd"), "value is None: it must be a number"),
        (("12", "usd"), "value is '12': it must be a number"),
        ((True, "usd"), "value is True: it must be a number"),
    ],
)
def test_what_cannot_be_shown_is_refused(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        facts.format_number(*arguments)


def test_a_day_is_written_out() -> None:
    assert facts.format_day("2026-06-07").replace("\N{NO-BREAK SPACE}", " ") == "7 June 2026"
    assert facts.format_day(dt.date(2026, 12, 31)).replace("\N{NO-BREAK SPACE}", " ") == "31 December 2026"
    with pytest.raises(ValueError, match="day is 'June': give a calendar day as YYYY-MM-DD"):
        facts.format_day("June")


def test_a_fact_holds_all_that_it_was_given(page: facts.Page) -> None:
    source = tables.parameters(steps=6, step_success=0.97)
    fact = page.record(
        "end_to_end",
        0.833,
        unit="probability",
        decimals=1,
        formula="  success of one step\n to the power of the steps ",
        sources=[source],
        interval=(0.8, 0.86),
        confidence=0.9,
    )
    assert fact == facts.Fact(
        id="made.end_to_end",
        value=0.833,
        unit="probability",
        display="83.3%",
        interval=facts.Interval(0.8, 0.86, 0.9),
        as_of="2026-06-20",
        formula="success of one step to the power of the steps",
        sources=(source,),
        gap=None,
    )
    assert page.facts == {"made.end_to_end": fact}


@pytest.mark.parametrize(
    ("value", "unit", "plain"),
    [
        (np.float64(0.5), "ratio", 0.5),
        (np.float32(0.5), "ratio", 0.5),
        (np.int64(3), "count", 3),
        (3.0, "sessions", 3),
        (2.5, "days", 2.5),
        (pd.Series([4.0]).iloc[0], "usd", 4.0),
        (pd.Series([4], dtype="Int64").iloc[0], "count", 4),
        (2, "ratio", 2.0),
        (pd.Timestamp("2026-06-20"), "day", "2026-06-20"),
        (dt.date(2026, 6, 20), "day", "2026-06-20"),
        ("2026-06-20", "day", "2026-06-20"),
        ("SPY", "text", "SPY"),
    ],
)
def test_scalars_of_other_libraries_become_plain(page: facts.Page, value: Any, unit: str, plain: object) -> None:
    fact = recorded(page, value, unit)
    assert fact.value == plain
    assert type(fact.value) is type(plain)


def test_days_and_words_are_shown_as_such(page: facts.Page) -> None:
    assert recorded(page, "2026-06-07", "day").display == facts.format_day("2026-06-07")
    assert recorded(page, "no other news", "text").display == "no other news"


REFUSED: list[tuple[Any, str, str]] = [
    (math.nan, "ratio", "is nan: a fact must be finite; record a gap where nothing can be said"),
    (np.float64("inf"), "usd", "is inf: a fact must be finite"),
    (-math.inf, "usd", "is -inf: a fact must be finite"),
    (10**400, "usd", "a fact must be finite"),
    (None, "usd", "is None: a fact of the unit usd needs a number"),
    (pd.NA, "usd", "is <NA>: a fact of the unit usd needs a number"),
    ("12", "usd", "is '12': a fact of the unit usd needs a number"),
    (b"12", "usd", "is b'12': a fact of the unit usd needs a number"),
    (True, "count", "is True: a fact of the unit count needs a number"),
    (np.True_, "count", "needs a number"),
    (1j, "ratio", "needs a number"),
    (np.array([1.0]), "ratio", "needs a number"),
    (dt.date(2026, 6, 20), "usd", "needs a number"),
    (pd.Timedelta("1D"), "days", "needs a number"),
    ("June", "day", "is 'June': give a calendar day as YYYY-MM-DD"),
    (20260620, "day", "is 20260620: give a calendar day"),
    (pd.NaT, "day", "is NaT"),
    (5, "text", "is 5: a fact of the unit text needs words"),
    (" ", "text", "is ' ': a fact of the unit text needs words"),
    (5, "furlongs", "unit is 'furlongs': it must be one of"),
]


@pytest.mark.parametrize(("value", "unit", "message"), REFUSED)
def test_what_is_no_value_is_refused(page: facts.Page, value: Any, unit: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as refused:
        page.record("bad", value, unit=unit, formula="given", sources=SOURCES)
    assert "made.bad" in str(refused.value) or "unit is" in str(refused.value)
    assert page.facts == {}


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"formula": " \n"}, "fact made.n0 has no formula: say in words how it is computed"),
        ({"sources": []}, "fact made.n0 names no source: pass the rows or the parameters that made it"),
        ({"sources": SOURCES[0]}, "fact made.n0 has the sources Source.*: give a list"),
        ({"sources": ["departures"]}, "fact made.n0 has the sources .'departures'.: give a list"),
        ({"interval": (2, 1)}, r"fact made.n0 has the interval \(2, 1\): give finite \(low, high\) with low <= high"),
        ({"interval": (0, math.nan)}, r"fact made.n0 has the interval \(0, nan\)"),
        ({"interval": (-math.inf, 0)}, r"fact made.n0 has the interval \(-inf, 0\)"),
        ({"interval": (None, 1)}, r"fact made.n0 has the interval \(None, 1\)"),
        ({"interval": (1,)}, r"fact made.n0 has the interval \(1,\)"),
        ({"interval": 5}, "fact made.n0 has the interval 5"),
        ({"interval": (0, 1), "confidence": 0}, "fact made.n0 has the confidence 0: it must be between 0 and 1"),
        ({"interval": (0, 1), "confidence": 95}, "fact made.n0 has the confidence 95"),
        ({"interval": (0, 1), "confidence": math.nan}, "fact made.n0 has the confidence nan"),
        ({"scale": "dozen"}, "scale is 'dozen'"),
        ({"decimals": 20}, "decimals is 20"),
    ],
)
def test_a_careless_record_is_refused(page: facts.Page, how: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        recorded(page, 0.5, **how)
    assert page.facts == {}


def test_an_interval_may_be_a_point_and_of_numpy_numbers(page: facts.Page) -> None:
    fact = recorded(page, 0.5, interval=(np.float64(0.5), np.float64(0.5)))
    assert fact.interval == facts.Interval(0.5, 0.5, 0.95)


@pytest.mark.parametrize("make", [facts.Page.record, facts.Page.gap])
def test_an_id_is_taken_once(page: facts.Page, make: Callable[..., facts.Fact]) -> None:
    recorded(page, 1)
    what: Any = {"value": 1, "sources": SOURCES} if make is facts.Page.record else {"reason": "unknown"}
    with pytest.raises(ValueError, match=r"fact made.n0 is recorded twice: give the second one its own name"):
        make(page, "n0", unit="ratio", formula="given", **what)


@pytest.mark.parametrize("name", ["", "End", "1st", "end to end", "end-to-end", "_x", "end.x", "é", "x\n"])
def test_a_malformed_name_is_refused(page: facts.Page, name: str) -> None:
    with pytest.raises(ValueError, match=r"fact name is .*: use lower-case letters, digits and underscores"):
        page.record(name, 1, unit="ratio", formula="given", sources=SOURCES)
    with pytest.raises(ValueError, match=r"fact name is .*: use lower-case letters"):
        page.gap(name, "unknown", unit="ratio", formula="given")
    with pytest.raises(ValueError, match=r"name is .*: use lower-case letters, digits and underscores"):
        facts.Page(name, as_of="2026-06-20")


def test_a_page_needs_a_day() -> None:
    assert facts.Page("made", as_of=dt.date(2026, 6, 20)).as_of == "2026-06-20"
    with pytest.raises(ValueError, match="as_of is '20 June': give a calendar day as YYYY-MM-DD"):
        facts.Page("made", as_of="20 June")


def test_a_gap_says_why(page: facts.Page) -> None:
    fact = page.gap("next_return", " no session yet ", unit="fraction", formula="close over close")
    assert (fact.value, fact.display, fact.gap) == (None, "not available", "no session yet")
    assert (fact.interval, fact.sources) == (None, ())
    with pytest.raises(ValueError, match=r"fact made.other is a gap without a reason: say why"):
        page.gap("other", " ", unit="fraction", formula="close over close")
    with pytest.raises(ValueError, match=r"unit is 'furlongs': it must be one of"):
        page.gap("other", "unknown", unit="furlongs", formula="close over close")
    with pytest.raises(ValueError, match=r"fact made.other has no formula"):
        page.gap("other", "unknown", unit="fraction", formula="")


def from_plain(plain: dict[str, Any]) -> facts.Fact:
    interval = plain["interval"]
    sources = [tables.Source(source["table"], tuple(source["rows"])) for source in plain["sources"]]
    return facts.Fact(
        **plain | {"interval": facts.Interval(**interval) if interval else None, "sources": tuple(sources)}
    )


@settings(deadline=None)
@given(
    value=FINITE | st.integers(-(10**9), 10**9),
    unit=st.sampled_from(sorted(facts.UNITS)),
    low=FINITE,
    width=st.none() | st.floats(0, 1e6),
    words=st.text(min_size=1).filter(str.strip),
)
def test_to_json_and_back(value: float, unit: str, low: float, width: float | None, words: str) -> None:
    page = facts.Page("made", as_of="2026-06-20")
    interval = None if width is None else (low, low + width)
    for fact in (
        recorded(page, value, unit, interval=interval, formula=words),
        recorded(page, words, "text"),
        page.gap("gap", words, unit=unit, formula="given"),
    ):
        assert from_plain(json.loads(json.dumps(fact.record(), allow_nan=False))) == fact


def test_in_a_notebook_the_fact_is_shown(page: facts.Page, monkeypatch: pytest.MonkeyPatch) -> None:
    displayed: list[dict[str, Any]] = []
    monkeypatch.setattr("IPython.core.getipython.get_ipython", object)
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: displayed.append(bundle))
    fact = recorded(page, 0.5, "probability")
    assert displayed == [{media_types.FACT: fact.record(), "text/plain": "made.n0 = 50%"}]


def test_ends_of_an_interval_are_recorded_beside_their_value(page: facts.Page) -> None:
    shown: dict[str, Any] = {"unit": "probability", "decimals": 1, "formula": "a share", "sources": SOURCES}
    page.record_with_ends("share", 0.5, (0.4, 0.6), confidence=0.9, **shown)
    assert {name: fact.display for name, fact in page.facts.items()} == {
        "made.share": "50.0%",
        "made.share_low": "40.0%",
        "made.share_high": "60.0%",
    }
    assert page.facts["made.share"].interval == facts.Interval(0.4, 0.6, 0.9)
