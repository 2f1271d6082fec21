"""The wording whose condition holds is chosen; a gap is never worded by accident."""

import operator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination_gap.conditions import ConditionError, Facts, holds, lookup
from coordination_gap.press.wording import choose, referenced

COMPARISONS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def fact(fact_id: str, value: Any, unit: str = "ratio", interval: tuple[float, float] | None = None) -> dict[str, Any]:
    ends = None if interval is None else {"low": interval[0], "high": interval[1], "confidence": 0.95}
    return {"id": fact_id, "value": value, "unit": unit, "display": f"<{value}>", "interval": ends}


def by_id(*given_facts: dict[str, Any]) -> Facts:
    return {entry["id"]: entry for entry in given_facts}


FACTS = by_id(
    fact("a.half", 0.5, interval=(0.25, 0.75)),
    fact("a.one", 1),
    fact("a.loss", -0.02, "fraction", (-0.03, -0.01)),
    fact("a.unknown", None),
    fact("a.day", "2026-06-20", "day"),
    fact("a.later", "2026-07-01", "day"),
    fact("a.no_day", None, "day"),
    fact("a.market", "spy", "text"),
    fact("a.control", "qqq", "text"),
)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("a.half < 1", True),
        ("a.half < 0.5", False),
        ("a.half <= 0.5", True),
        ("a.half <= 0.4", False),
        ("a.half > 0.4", True),
        ("a.half > 0.5", False),
        ("a.half >= 0.5", True),
        ("a.half >= 0.6", False),
        ("a.half == 0.5", True),
        ("a.half == 5e-1", True),
        ("a.half == 1", False),
        ("a.one == 1.0", True),
        ("a.half != 1", True),
        ("a.half != 0.5", False),
        ("a.loss < -0.01", True),
        ("a.half <1", True),
        ("a.half < a.one", True),
        ("a.one < a.half", False),
        ("a.half == a.half", True),
        ("a.half includes 0.5", True),
        ("a.half includes 0.25", True),
        ("a.half includes 0.75", True),
        ("a.half includes 0.76", False),
        ("a.half includes a.one", False),
        ("a.half excludes 0.24", True),
        ("a.half excludes 0.25", False),
        ("a.half excludes a.one", True),
        ("a.loss excludes 0", True),
        ("a.loss excludes 0 and < 0", True),
        ("a.loss excludes 0 and > 0", False),
        ("a.half > 0 and < 1 and != 0.7", True),
        ("a.half > 0\nand\n  < 1", True),
        ("a.half > 0  and  < 0.5", False),
        ("a.half available", True),
        ("a.half else", True),
        ("a.half gap", False),
        ("a.half else and < 0", False),
        ("a.day available", True),
        ("a.day == 2026-06-20", True),
        ("a.day < 2026-06-20", False),
        ("a.day <= 2026-06-20", True),
        ("a.day > 2025-12-31", True),
        ("a.day < a.later", True),
        ("a.day != a.later", True),
        ("a.market == spy", True),
        ("a.market != spy", False),
        ("a.market == a.control", False),
        ("a.market != a.control", True),
    ],
)
def test_each_condition(condition: str, expected: bool) -> None:
    fact_id, _, words = condition.partition(" ")
    assert holds(words, FACTS[fact_id], FACTS) is expected


CONDITIONS = ["< 1", "<= 1", "> 1", ">= 1", "== 1", "!= 1", "includes 1", "excludes 1", "available", "else", "!= a.one"]


@pytest.mark.parametrize("condition", [*CONDITIONS, *(f"{one} and else" for one in CONDITIONS)])
def test_a_gap_is_worded_by_gap_alone(condition: str) -> None:
    assert holds(condition, FACTS["a.unknown"], FACTS) is False
    assert holds("gap", FACTS["a.unknown"], FACTS) is True
    with pytest.raises(ConditionError, match=r"no wording fits: a.unknown is a gap; add a condition that covers it"):
        choose(f"a.unknown | {condition}: said by accident", FACTS)
    assert choose(f"a.unknown | {condition}: by accident | gap: not known yet", FACTS) == ["not known yet"]


@pytest.mark.parametrize("comparison", ["<", "<=", ">", ">=", "==", "!=", "includes", "excludes"])
def test_nothing_can_be_compared_with_a_gap(comparison: str) -> None:
    assert holds(f"{comparison} a.unknown", FACTS["a.half"], FACTS) is False
    if comparison not in ("includes", "excludes"):
        assert holds(f"{comparison} a.no_day", FACTS["a.day"], FACTS) is False


def test_the_first_condition_that_holds_wins() -> None:
    assert choose("a.half | > 0: above | > 0.4: well above | else: not", FACTS) == ["above"]
    assert choose("a.half | < 0: below | > 0.4: well above | > 0: above", FACTS) == ["well above"]
    assert choose("a.half | < 0: below | else: not below", FACTS) == ["not below"]


def test_facts_stand_in_the_text() -> None:
    said = choose("a.half | > 0: from [[a.half]] to [[ a.one ]]: done. | else: no", FACTS)
    assert said == ["from ", FACTS["a.half"], " to ", FACTS["a.one"], ": done."]
    assert choose("a.half | > 0: [[a.unknown]]", FACTS) == [FACTS["a.unknown"]]
    assert choose("a.half|>0:close", FACTS) == ["close"]
    assert choose("a.half | > 0: | else: no", FACTS) == []


def test_every_fact_that_may_decide_or_be_printed_is_named() -> None:
    text = "a.half | < a.one and excludes 0: less than [[a.one]] | == a.loss: [[ a.market ]] | gap: none"
    assert set(referenced(text)) == {"a.half", "a.one", "a.loss", "a.market"}
    assert referenced(text)[0] == "a.half"


REFUSED = [
    ("a.half", "'a.half' has no wording: add '| condition: text'"),
    ("", "'' has no wording"),
    ("a.half |", "'' is not 'condition: text'"),
    ("a.half | > 0", "'> 0' is not 'condition: text'"),
    ("a.half | : words", "'' is not a condition; use <, <=, >, >=, ==, !=, excludes, includes, available, gap, else"),
    ("a.half | = 0: words", "'= 0' is not a condition"),
    ("a.half | >: words", "'>' is not a condition"),
    ("a.half | > 0 1: words", "'> 0 1' is not a condition"),
    ("a.half | positive: words", "'positive' is not a condition"),
    ("a.half | > 0 or < 1: words", "'> 0 or < 1' is not a condition"),
    ("a.half | > 0 and: words", "'> 0 and' is not a condition"),
    ("a.half | > nan: words", "'nan' is neither a number nor the id of a fact"),
    ("a.half | > inf: words", "'inf' is neither a number nor the id of a fact"),
    ("a.half | > many: words", "'many' is neither a number nor the id of a fact"),
    ("a.half | > 2026-06-20: words", "'2026-06-20' is neither a number nor the id of a fact"),
    ("a.day | > 5: words", "'5' is neither a day as YYYY-MM-DD nor the id of a fact"),
    ("a.day | > 2026-6-2: words", "'2026-6-2' is neither a day as YYYY-MM-DD"),
    ("a.day | > 20260620: words", "'20260620' is neither a day as YYYY-MM-DD"),
    ("a.day | < a.half: words", "a.half is a number: a day cannot be compared with it"),
    ("a.half | < a.day: words", "a.day is a day: a number cannot be compared with it"),
    ("a.half | includes a.day: words", "a.day is a day: a number cannot be compared with it"),
    ("a.half | != a.market: words", "a.market is a text: a number cannot be compared with it"),
    ("a.day | includes 2026-06-20: words", "a.day is a day, for which 'includes 2026-06-20' means nothing; use <"),
    ("a.market | < spy: words", "a.market is a text, for which '< spy' means nothing; use ==, !="),
    ("a.one | includes 1: words", "a.one has no interval, so 'includes 1.0' cannot be decided"),
    ("a.one | excludes 1: words", "a.one has no interval, so 'excludes 1.0' cannot be decided"),
    ("a.hlaf | > 0: words", "there is no fact 'a.hlaf'; did you mean 'a.half'?"),
    ("zz.zzzz | > 0: words", "there is no fact 'zz.zzzz'"),
    ("a.half | > a.won: words", "there is no fact 'a.won'"),
    ("a.half | > 0: [[a.hlaf]]", "there is no fact 'a.hlaf'; did you mean 'a.half'?"),
    ("a.half | > 0: [[a.half]", "'> 0: [[a.half]' has a bracket that does not close or open: write [[page.name]]"),
    ("a.half | > 0: a.half]]", "has a bracket that does not close or open"),
    ("a.half | > 0: [[]]", "has a bracket that does not close or open"),
    ("a.half | < 0: below | > 1: above", "no wording fits: a.half is 0.5; add a condition that covers it"),
    ("a.day | < 2026-01-01: before", "no wording fits: a.day is '2026-06-20'; add a condition"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_what_cannot_be_worded_is_refused(text: str, message: str) -> None:
    with pytest.raises(ConditionError) as refused:
        choose(text, FACTS)
    assert message in str(refused.value)


MISTAKES = [
    ("> 0", "'> 0' is not 'condition: text'"),
    ("positive: words", "'positive' is not a condition"),
    ("> nan: words", "'nan' is neither a number nor the id of a fact"),
    ("> a.won: words", "there is no fact 'a.won'"),
    ("excludes a.won: words", "there is no fact 'a.won'"),
    ("> 0 and < a.won: words", "there is no fact 'a.won'"),
    ("< a.day: words", "a.day is a day: a number cannot be compared with it"),
    ("gap: [[a.hlaf]]", "there is no fact 'a.hlaf'; did you mean 'a.half'?"),
    ("gap: [[a.half]", "has a bracket that does not close or open"),
]


@pytest.mark.parametrize(("branch", "message"), MISTAKES)
def test_a_mistake_in_a_wording_not_chosen_does_not_wait_for_another_edition(branch: str, message: str) -> None:
    with pytest.raises(ConditionError) as refused:
        choose(f"a.half | else: chosen | {branch}", FACTS)
    assert message in str(refused.value)


def test_an_interval_is_asked_for_only_where_it_decides() -> None:
    assert choose("a.one | == 1: a single one | excludes 0: some | else: maybe none", FACTS) == ["a single one"]


@pytest.mark.parametrize("condition", ["> a.won", "> many", "positive", "gap and > a.won", "< a.day"])
def test_a_condition_of_a_gap_is_checked_all_the_same(condition: str) -> None:
    with pytest.raises(ConditionError):
        holds(condition, FACTS["a.unknown"], FACTS)
    with pytest.raises(ConditionError):
        holds(f"< 0 and {condition}", FACTS["a.half"], FACTS)


def test_an_unknown_fact_is_refused_with_the_nearest() -> None:
    assert lookup("a.one", FACTS) is FACTS["a.one"]
    with pytest.raises(ConditionError, match=r"there is no fact 'a.noe'; did you mean 'a.one'\?"):
        lookup("a.noe", FACTS)
    with pytest.raises(ConditionError, match=r"there is no fact 'x'$"):
        lookup("x", {})


_NUMBERS = st.floats(-1e6, 1e6) | st.integers(-5, 5)
_BRANCHES = st.lists(st.tuples(st.sampled_from(sorted(COMPARISONS)), _NUMBERS), min_size=1, max_size=6)


@given(value=_NUMBERS | st.none(), branches=_BRANCHES, as_facts=st.booleans(), otherwise=st.booleans())
def test_exactly_the_first_branch_that_holds_is_chosen(
    value: float | None, branches: list[tuple[str, float]], as_facts: bool, otherwise: bool
) -> None:
    limits = [fact(f"limit.n{number}", limit) for number, (_, limit) in enumerate(branches)]
    known = by_id(fact("made.value", value), *limits)
    operands = [entry["id"] if as_facts else repr(entry["value"]) for entry in limits]
    conditions = [f"{op} {operand}" for (op, _), operand in zip(branches, operands, strict=True)]
    parts = [f"{condition}: text {number}" for number, condition in enumerate(conditions)]
    expected = [
        f"text {number}"
        for number, (op, limit) in enumerate(branches)
        if value is not None and COMPARISONS[op](value, limit)
    ]
    if otherwise:
        parts.append("else: otherwise")
        expected += ["otherwise"] * (value is not None)
    text = " | ".join(["made.value", *parts])
    if expected:
        assert choose(text, known) == expected[:1]
    else:
        with pytest.raises(ConditionError, match="no wording fits"):
            choose(text, known)
    assert choose(f"{text} | gap: nothing | else: all", known)[0] == (
        "nothing" if value is None else [*expected, "all"][0]
    )


@given(low=_NUMBERS, width=st.floats(0, 100), x=_NUMBERS)
def test_an_interval_either_includes_or_excludes(low: float, width: float, x: float) -> None:
    known = by_id(fact("made.value", low, interval=(low, low + width)))
    inside = holds(f"includes {x!r}", known["made.value"], known)
    assert inside is (low <= x <= low + width)
    assert holds(f"excludes {x!r}", known["made.value"], known) is not inside


_PARTS = st.sampled_from(["a.half", "a.day", "a.x", " | ", "|", ":", "< ", "includes ", "0", "nan", "and", " ", "else",
                          "gap", "[[", "]]", "words", "2026-06-20", "\n"])  # fmt: skip


@given(text=st.lists(_PARTS, max_size=14).map("".join))
def test_any_text_is_worded_or_refused(text: str) -> None:
    assert worded(text)


def worded(text: str) -> bool:
    try:
        choose(text, FACTS)
        referenced(text)
    except ConditionError as error:
        return bool(str(error))
    return True
