"""Two sides held against each other: facts ranked, sentences that flip, figures and parameters beside each other."""

import json
import math
from typing import Any

import pytest

from coordination_gap import other_facts
from coordination_gap.press import difference
from coordination_gap.press.difference import report
from coordination_gap.press.difference.facts import changes
from coordination_gap.press.difference.sentences import Text, read
from tests.conftest import Project

NO_BREAK = "\N{NO-BREAK SPACE}"


def fact(
    fact_id: str, value: Any, display: str = "", unit: str = "ratio", interval: tuple[float, float] | None = None
) -> dict[str, Any]:
    ends = interval and {"low": interval[0], "high": interval[1], "confidence": 0.9}
    return {
        "id": fact_id,
        "value": value,
        "unit": unit,
        "display": display or ("not available" if value is None else str(value)),
        "interval": ends,
        "as_of": "2026-02-01",
        "edition": "base",
        "page": f"notebooks/{fact_id.split('.')[0]}.html",
        "formula": "made up",
        "sources": [],
        "gap": "not known yet" if value is None else None,
    }


def by_id(*facts: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in facts}


def flips(text: str, before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str]]:
    found = read([Text("book/page.md", "page.html", text)], before, after, ("old", "new"))
    return [(one.before, one.after) for one in found.sentences]


def test_a_change_is_measured_against_its_interval_or_its_value() -> None:
    before = by_id(
        fact("a.wide", 0.10, "10.0%", "probability", (0.05, 0.15)),
        fact("a.narrow", 0.10, "10.0%", "probability", (0.09, 0.11)),
        fact("a.plain", 200.0, "$200.0", "usd"),
        fact("a.zero", 0, "0", "count"),
        fact("a.assumed", 10.0, "10", "ratio", (10.0, 10.0)),
    )
    after = by_id(
        fact("a.wide", 0.12, "12.0%", "probability", (0.07, 0.17)),
        fact("a.narrow", 0.12, "12.0%", "probability", (0.11, 0.13)),
        fact("a.plain", 260.0, "$260.0", "usd"),
        fact("a.zero", 3, "3", "count"),
        fact("a.assumed", 11.0, "11", "ratio", (11.0, 11.0)),
    )
    found = changes(before, after)
    sizes = [(one.fact_id, round(one.size, 9), one.scale, one.change_shown) for one in found]
    assert sizes == [
        ("a.zero", math.inf, "", "+3"),
        ("a.narrow", 2.0, "half widths", f"+2.0{NO_BREAK}percentage points"),
        ("a.wide", 0.4, "half widths", f"+2.0{NO_BREAK}percentage points"),
        ("a.plain", 0.3, "its value", "+$60.0"),
        ("a.assumed", 0.1, "its value", "+1"),
    ]
    assert (found[1].before_interval, found[1].after_interval) == ("9.0% to 11.0%", "11.0% to 13.0%")


def test_a_change_smaller_than_what_is_shown_gets_the_digits_it_needs() -> None:
    one = changes(
        by_id(fact("a.b", 1.5e9, f"$1.5{NO_BREAK}billion", "usd")), by_id(fact("a.b", 1.501e9, "$1.5", "usd"))
    )[0]
    assert one.change == 1e6
    assert one.change_shown == "+$1,000,000.0"
    scaled = by_id(fact("a.b", 1.501e9, f"$1.5{NO_BREAK}billion", "usd"))
    one = changes(by_id(fact("a.b", 1.5e9, f"$1.5{NO_BREAK}billion", "usd")), scaled)[0]
    assert one.change_shown == f"+$0.001{NO_BREAK}billion"


def test_an_interval_alone_is_a_change_of_no_size() -> None:
    old, new = (by_id(fact("a.b", 1.0, interval=ends)) for ends in ((0.5, 1.5), (0.9, 1.1)))
    assert [(one.size, one.change) for one in changes(old, new)] == [(0.0, 0.0)]
    assert changes(old, old) == []


@pytest.mark.parametrize(
    ("old", "new", "kind", "change"),
    [
        (fact("a.b", "spy", unit="text"), fact("a.b", "qqq", unit="text"), "words", None),
        (fact("a.b", "2026-06-20", unit="day"), fact("a.b", "2026-09-10", unit="day"), "words", 82),
        (fact("a.b", 1.0), fact("a.b", None), "gap", None),
        (fact("a.b", None), fact("a.b", 1.0), "gap", None),
        (fact("a.b", 1.0), fact("a.b", 1.0, "$1", unit="usd"), "words", None),
        (fact("a.b", 1.0), None, "only before", None),
        (None, fact("a.b", True), "only after", None),
    ],
)
def test_what_has_no_size_says_what_it_is(
    old: dict[str, Any] | None, new: dict[str, Any] | None, kind: str, change: float | None
) -> None:
    (one,) = changes(by_id(*filter(None, [old])), by_id(*filter(None, [new])))
    assert (one.kind, one.size, one.change) == (kind, math.inf, change)


RISE = by_id(fact("a.move", 0.5, "0.5", interval=(0.2, 0.8)), fact("a.last", "Monday", unit="text"))
FALL = by_id(fact("a.move", -0.5, "-0.5", interval=(-0.8, 0.1)), fact("a.last", "Friday", unit="text"))


def test_a_sentence_flips_with_its_branch_and_not_with_its_numbers() -> None:
    text = "First. On {fact}`a.last` it {wording}`a.move | > 0: rose by [[a.move]] | else: fell`, they say. Then more."
    assert flips(text, RISE, FALL) == [("On Monday it rose by 0.5, they say.", "On Friday it fell, they say.")]
    assert flips("It {wording}`a.move | available: moved by [[a.move]] | gap: is not known`.", RISE, FALL) == []
    assert flips("{wording}`a.move | > 0: It is so. | < 0: It is so.`", RISE, FALL) == []


def test_what_is_said_on_one_side_alone_is_not_taken_from_its_neighbours() -> None:
    text = "It moved. {wording}`a.move | > 0: It rose {cite}`x`. | else:` It stopped."
    text = text.replace("{cite}`x`", "far")
    assert flips(text, RISE, FALL) == [("It rose far.", "")]
    assert flips("It moved{wording}`a.move | > 0: far | else:`. More.", RISE, FALL) == [("It movedfar.", "It moved.")]


def test_two_wordings_of_a_sentence_are_one_flip() -> None:
    text = "It {wording}`a.move | > 0: rose | else: fell`, and {wording}`a.move | excludes 0: surely | else: maybe` so."
    assert flips(text, RISE, FALL) == [("It rose, and surely so.", "It fell, and maybe so.")]


NESTED = """# A page

## What it did

::::{admonition} The answer
:class: answer

:::{when} a.move available
Here it {wording}`a.move | > 0: rose
| else: fell`.
:::

:::{when} a.move < 0
It was on *{fact}`a.last`* {cite:p}`someone`. {wording}`a.move | > 0: no | else: yes`.
:::
::::

```{code-cell} ipython3
text = "{wording}`a.move | > 0: code | else: no prose`"
```
"""


def test_blocks_are_compared_and_what_stands_in_them_where_both_show_it() -> None:
    found = read([Text("book/page.md", "page.html", NESTED)], RISE, FALL, ("old", "new"))
    assert [(one.place.line, one.before, one.after) for one in found.sentences] == [
        (9, "Here it rose.", "Here it fell.")
    ]
    assert (found.sentences[0].place.heading, found.sentences[0].place.anchor) == ("What it did", "what-it-did")
    (block,) = found.blocks
    assert (block.place.line, block.condition, block.shown_before, block.shown_after, block.sentence) == (
        13, "a.move < 0", False, True, "It was on Friday.",
    )  # fmt: skip
    assert found.undecided == []


def test_what_one_side_cannot_decide_is_said_and_not_guessed() -> None:
    text = "# T\n\nIt {wording}`a.new | > 0: rose | else: fell`.\n\n:::{when} a.new > 0\nUp.\n:::\n\n"
    text += "{wording}`a.move | > 0: x`\n"
    new = FALL | by_id(fact("a.new", 1.0))
    found = read([Text("book/page.md", "page.html", text)], RISE, new, ("old", "new"))
    assert [(one.place.line, one.why) for one in found.undecided] == [
        (3, "a.new is not among the facts of old"),
        (5, "a.new is not among the facts of old"),
        (9, "no wording fits: a.move is -0.5; add a condition that covers it"),
    ]
    assert (found.sentences, found.blocks) == ([], [])


CAPTION = "# T\n\n```{computed-figure} a.drawn\nIt moved {fact}`a.move`.\n```\n"


def sides(**more: Any) -> tuple[difference.Side, difference.Side]:
    picture = {"alt": "A line.", "data_csv": "x\n1\n", "svg": {"light_narrow": "<svg/>"}, "page": "notebooks/a.html"}
    old = {"a.drawn": picture, "a.same": picture, "a.gone": picture, "a.style": picture}
    new = old | {
        "a.drawn": picture | {"data_csv": "x\n2\n", "alt": "Another line."},
        "a.style": picture | {"svg": {"light_narrow": "<svg></svg>"}},
    }
    del new["a.gone"]
    return (
        difference.Side("old", "Old", "2026-01-01", RISE, old, {"01_widgets": {"as_of": "2026-01-01", "factor": 1.0}}),
        difference.Side(
            "new", "New", "2026-02-01", FALL, new, {"01_widgets": {"as_of": "2026-02-01", "factor": 2.0}}, **more
        ),
    )


@pytest.mark.usefixtures("small")
def test_figures_and_parameters_are_set_beside_each_other() -> None:
    old, new = sides()
    found = difference.compare(old, new, [Text("book/a.md", "a.html", CAPTION)])
    assert found.figures is not None
    assert [(pair.figure_id, pair.what) for pair in found.figures] == [
        ("a.drawn", "data"), ("a.gone", "only before"), ("a.style", "drawing"),
    ]  # fmt: skip
    drawn, gone, _ = found.figures
    assert drawn.before == {"alt": "A line.", "caption": "It moved 0.5."}
    assert drawn.after == {"alt": "Another line.", "caption": "It moved -0.5."}
    assert gone.after is None
    assert [(one.name, one.before, one.after, one.meaning) for one in found.settings] == [
        ("factor", "1.0", "2.0", "what the mean is multiplied by")
    ]
    written = difference.document(found)
    assert written["as_of"] == {"before": "2026-01-01", "after": "2026-02-01"}
    assert written["verdicts"] == []


@pytest.mark.usefixtures("small")
def test_a_parameter_that_one_side_lacks_is_said_to_be_none() -> None:
    old, new = (
        difference.Side(name, name, "2026-02-01", {}, {}, values)
        for name, values in (("old", {"00_gone": {"x": 1}}), ("new", {"01_widgets": {"factor": 2.0}}))
    )
    found = difference.compare(old, new, []).settings
    assert [(one.notebook, one.name, one.before, one.after) for one in found] == [
        ("01_widgets", "factor", "no such parameter", "2.0"),
        ("00_gone", "x", "1", "no such parameter"),
    ]


@pytest.mark.usefixtures("small")
def test_a_page_that_was_not_run_is_not_compared() -> None:
    old, new = sides(left_out=frozenset({"notebooks/a.html"}))
    text = "It {wording}`a.move | > 0: rose | else: fell`."
    here, there = Text("notebooks/a.md", "notebooks/a.html", text), Text("book/b.md", "b.html", text)
    found = difference.compare(old, new, [here, there])
    assert (found.facts, found.figures, found.compared) == ((), (), 0)
    assert [one.place.page for one in found.sentences] == ["b.html"]
    assert "Pages that were not run for this comparison: notebooks/a.html." in report.text(difference.document(found))


@pytest.mark.usefixtures("small")
def test_a_document_holds_no_infinity_and_says_why() -> None:
    old, new = sides()
    written = json.loads(json.dumps(difference.document(difference.compare(old, new, [])), allow_nan=False))
    assert [(one["fact_id"], one["size"], one["size_why_not"]) for one in written["facts"]] == [
        ("a.last", None, "words, days and unlike units have no size"),
        ("a.move", pytest.approx(10 / 3), ""),
    ]


@pytest.mark.usefixtures("small")
def test_a_report_is_cut_to_the_largest_unless_all_are_asked_for() -> None:
    many = [by_id(*(fact(f"a.n{number:02}", base + number / 100) for number in range(30))) for base in (1.0, 2.0)]
    old, new = (difference.Side(name, name, "2026-02-01", facts) for name, facts in zip("ab", many, strict=True))
    written = difference.document(difference.compare(old, new, []))
    short, whole = report.text(written), report.text(written, all_of_them=True)
    assert "30 of 30 facts that both have differ" in short
    assert "  a.n00  1.0 -> 2.0  (+1.0, 100% of its value)  notebooks/a.html" in short.splitlines()
    assert "and 10 more; --all shows them" in short
    assert "a.n29" not in short
    assert "a.n29" in whole
    assert "of a and b only the published facts are at hand" in whole


def test_markdown_shows_words_as_they_are() -> None:
    part = report.Part("T", columns=("A",), rows=[("a|b <i>*x*</i> [l](u)\nnext",)])
    assert report._escaped(part.rows) == [["a\\|b \\<i\\>\\*x\\*\\</i\\> \\[l\\](u) next"]]


def test_the_projects_pages_are_read_with_their_addresses(small: Project) -> None:
    texts = {text.address: text.file for text in difference.project_texts()}
    assert texts["index.html"] == "book/index.md"
    assert texts["notebooks/01_widgets.html"] == "notebooks/01_widgets.md"


def test_a_verdict_flips_with_the_fact_that_decides_it() -> None:
    day = "2026-09-10"
    known = {name: one | {"page": "notebooks/x.html"} for name, one in other_facts.of_edition(day).items()}
    deciding = "compounding.article_end_to_end"
    other = known | {deciding: known[deciding] | {"value": 0.7, "display": "70.0%"}}
    old, new = (difference.Side(name, name, day, facts) for name, facts in (("old", known), ("new", other)))
    found = {one.place.anchor: one for one in difference.compare(old, new, []).verdicts}
    flip = found["claim-six-steps-83"]
    assert (flip.before, flip.after) == ("holds", "contradicted")
    assert "83.3%" in flip.found_before
    assert "70.0%" in flip.found_after
    assert flip.place.page == "notebooks/11_claim_audit.html"
    lacking = {name: one for name, one in known.items() if name != deciding}
    found_none = difference.compare(old, difference.Side("new", "new", day, lacking), [])
    assert found_none.verdicts == ()
    whys = {one.place.anchor: one.why for one in found_none.undecided}
    assert whys["claim-six-steps-83"] == f"{deciding} is not among the facts of new"
