"""A number typed into prose is found, with its line; what no reader sees as prose is left alone."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coordination_gap.press import PressError, prose
from tests.conftest import HEADER, Project

ALLOWED = prose._allow_list()


def found(text: str, *patterns: str) -> list[tuple[int, str]]:
    return prose.numbers_in(text, [re.compile(pattern) for pattern in patterns])


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("one 5\ntwo 6\n\nthree 7.5 and 1,000, then 8.", [(1, "5"), (2, "6"), (4, "7.5"), (4, "1,000"), (4, "8")]),
        ("0, 1 and 2 count as well", [(1, "0"), (1, "1"), (1, "2")]),
        ("GPT-4, Q3 and 40%", [(1, "4"), (1, "3"), (1, "40")]),
        ("**5** of *6* and ~7", [(1, "5"), (1, "6"), (1, "7")]),
        ("five \\5 &#53;", [(1, "5"), (1, "5")]),
        ("# Title 5\n\n## Below 6\n\nUnder\n=== \n", [(1, "5"), (3, "6")]),
        ("Title 5\n=======\n\ntext 6", [(1, "5"), (4, "6")]),
        ("- a 5\n- b\n  c 6\n\n1. d\n2. e 7\n   - f 8", [(1, "5"), (3, "6"), (6, "7"), (7, "8")]),
        ("> said 5\n> and 6", [(1, "5"), (2, "6")]),
        ("| a 3 | b |\n|---|---|\n| 5 | c |\n| d | 6 |", [(1, "3"), (3, "5"), (4, "6")]),
        ("Term 5\n: meaning 6\n  and 7\n\nOther\n: is 8", [(1, "5"), (2, "6"), (3, "7"), (6, "8")]),
        ("text[^a]\n\n[^a]: note 5", [(3, "5")]),
        ("hard  \nbreak 5\\\nother 6", [(2, "5"), (3, "6")]),
        ("[the 5](https://a.example/6 'title')", [(1, "5")]),
        ("![seen 5](p6.png)", [(1, "5")]),
        ("some <b>bold 5</b>", [(1, "5")]),
        ("<p class='p3'>\nhas 5\n<!-- 6 -->\n</p>\n\nand 7", [(2, "5"), (6, "7")]),
        (":::{admonition} The 3 answers\n:class: answer5\n\ntext 6\n:::\n\n7", [(1, "3"), (4, "6"), (7, "7")]),
        ("```{note}\ntext 5\n```", [(2, "5")]),
        ("```{note} text 5\ntext 6\n```", [(1, "5"), (2, "6")]),
        ("```{note}\n---\nclass: a3\n---\ntext 5\n```", [(5, "5")]),
        (":::{note}\ntext\n\n:name: 5\n:::", [(4, "5")]),
        (
            "::::{admonition} T\n:class: a\n\ntext 5\n\n:::{when} a.b > 5\ninner 6\n\n```{note}\ninnermost 7\n```\n"
            ":::\n\nafter 8\n::::\n",
            [(4, "5"), (7, "6"), (10, "7"), (14, "8")],
        ),
        ("```{list-table} Title 5\n* - a\n  - 6\n```", [(1, "5"), (3, "6")]),
        ("```{computed-figure} a.b2\nCaption 5\n```", [(2, "5")]),
        ("```{figure} p5.png\n:width: 6\n\nCaption 7\n```", [(4, "7")]),
        ("text `code`\n{fact}`a.b` 5\n`more\ncode` 6\n7", [(2, "5"), (4, "6"), (5, "7")]),
        ("text {fact}`a.\nb` 5\n6", [(2, "5"), (3, "6")]),
    ],
)
def test_numbers_are_found_with_their_lines(text: str, numbers: list[tuple[int, str]]) -> None:
    assert found(text) == numbers


@pytest.mark.parametrize(
    "text",
    [
        "no number at all",
        "a `code 5` span",
        "    indented 5",
        "```python\nx = 5\n```",
        "```\n5\n```",
        "```{code-cell} ipython3\n:tags: [x5]\n\nx = 5\n```",
        "```{code-block} python\nx = 5\n```",
        "```{bibliography}\n:filter: year > 5\n```",
        "{fact}`a.b5` and {fact}`a5.b`",
        "{cite:p}`shah2026moat,other2019` and {cite:t}`shah2026moat`",
        "{doc}`05_compounding` and {ref}`s5`",
        "[text](https://a.example/2026/05)",
        "[text](notebooks/05_compounding)",
        "[text][ref]\n\n[ref]: https://a.example/5",
        "<https://a.example/2026>",
        '<a href="p5.html">text</a>',
        '<div data-n="5">\ntext\n</div>',
        "<!-- 5 -->\n\ntext",
        "---\ntitle: Chapter 5\n---\n\ntext",
        ":::{note}\n:class: c5\n:name: n6\n\ntext\n:::",
        ":::{container} key-numbers5\ntext\n:::",
        ":::{when} a.b > 5\ntext\n:::",
        "```{image} p5.png\n:width: 60%\n```",
        "% a comment 5\n\ntext",
        '+++ {"tags": ["t5"]}\n\ntext',
        "(target-5)=\n# Title",
    ],
)
def test_what_is_not_prose_is_left_alone(text: str) -> None:
    assert found(text) == []
    assert found(f"{text}\n\nand 9")[-1] == (text.count("\n") + 3, "9")


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("{wording}`a.b | < 5: under 6 | else: over` 7", [(1, "6"), (1, "7")]),
        ("{wording}`a.b5 | excludes 5 and >= 6: apart | gap: none`", []),
        ("{wording}`a.b | < 0.5: [[a.c5]] of 8 | else: [[a.c6]]`", [(1, "8")]),
        ("{wording}`a.b | < 5: at 9:30 | else: x`", [(1, "9"), (1, "30")]),
        ("see {wording}`a.b | < 5: under 6\n| else: over 7` 8\n9", [(1, "6"), (2, "7"), (2, "8"), (3, "9")]),
    ],
)
def test_in_a_wording_the_texts_are_prose_and_the_conditions_are_not(text: str, numbers: list[tuple[int, str]]) -> None:
    assert found(text) == numbers


@pytest.mark.parametrize(
    ("formula", "numbers"),
    [
        ("p^n", []),
        ("1 - p^2", []),
        ("x_0 + x_1", []),
        (r"\frac{1}{2}", []),
        ("p^{12}", ["12"]),
        ("p^3", ["3"]),
        ("0.5 p", ["0.5"]),
        ("2.5 + 10", ["2.5", "10"]),
        ("20 + 1", ["20"]),
    ],
)
def test_mathematics_may_show_zero_one_and_two(formula: str, numbers: list[str]) -> None:
    assert found(f"with ${formula}$ done") == [(1, number) for number in numbers]
    assert found(f"with {{math}}`{formula}` done") == [(1, number) for number in numbers]
    for block in (f"$$\n{formula}\n$$", f"```{{math}}\n{formula}\n```"):
        assert found(f"text\n\n{block}\n\nand 9") == [*((4, number) for number in numbers), (7, "9")]
    assert found(f"```{{math}}\n:label: eq5\n\n{formula}\n```") == [(4, number) for number in numbers]


@pytest.mark.parametrize(
    "text",
    [
        "on 17 June 2026 and 4 July",
        "in June 2026",
        "from *17* June 2026",
        "on 17 June\n2026, a day",
        "on\n17\nJune\n2026",
        "# What happened on 17 June 2026",
        "{wording}`a.b | > 5: after 17 June 2026 | else: before 3 May`",
    ],
)
def test_dates_of_events_are_allowed(text: str) -> None:
    assert prose.numbers_in(text, ALLOWED) == []


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("on 17 June 2026 at 9", ["9"]),
        ("117 June", ["117"]),
        ("5 on 17 June 2026 6", ["5", "6"]),
        ("17 Junes", ["17"]),
        ("2026", ["2026"]),
        ("Q2 2026", ["2", "2026"]),
        ("2026-06-17", ["2026", "06", "17"]),
    ],
)
def test_a_pattern_allows_no_more_than_it_matches(text: str, numbers: list[str]) -> None:
    assert [number for _, number in prose.numbers_in(text, ALLOWED)] == numbers


def test_what_is_allowed_does_not_join_its_neighbours() -> None:
    assert found("1GPT-42", "GPT-4") == [(1, "1"), (1, "2")]


_WORDS = st.lists(st.sampled_from(["word", "*word*", "{fact}`a.b`", "`code`", "$p^n$", "5", "17.5"]), min_size=1)
_LINES = st.lists(_WORDS.map(" ".join), min_size=1, max_size=6)


@settings(deadline=None)
@given(lines=_LINES, frame=st.sampled_from(["{}", "# T\n\n{}", ":::{{note}}\n{}\n:::", "> {}", "- {}"]))
def test_as_many_as_were_typed_are_found_on_their_lines(lines: list[str], frame: str) -> None:
    paragraph = "\n".join(f"so {line}" for line in lines)
    text = frame.format(paragraph)
    typed = [
        (number, word)
        for number, line in enumerate(text.splitlines(), start=1)
        for word in line.split()
        if re.fullmatch(r"[\d.]+", word)
    ]
    assert found(text) == typed


@pytest.fixture
def book(small: Project) -> Project:
    small.path("book/prose-allow.yml").write_text(
        "- pattern: 'GPT-\\d'\n  reason: the name of a model\n", encoding="utf-8"
    )
    return small


def test_every_page_and_notebook_is_searched(book: Project) -> None:
    assert prose.typed_digits() == []
    book.path("book/deeper").mkdir()
    book.path("book/deeper/page.md").write_text("# Page\n\nGPT-4 did 5.\n", encoding="utf-8")
    book.edit("notebooks/02_gadgets.md", "How many there are.", "There are 12.")
    line = HEADER.count("\n") + 4
    assert prose.typed_digits() == [
        "book/deeper/page.md, line 3: '5' is typed into prose; record it as a fact and print it with {fact}, or add a "
        "justified pattern to book/prose-allow.yml",
        f"notebooks/02_gadgets.md, line {line}: '12' is typed into prose; record it as a fact and print it with "
        "{fact}, or add a justified pattern to book/prose-allow.yml",
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("- pattern: '5'\n", "book/prose-allow.yml: '5' has no reason; say why it is allowed"),
        ("- pattern: '5'\n  reason:\n", "book/prose-allow.yml: '5' has no reason"),
        ("- pattern: '5'\n  reason: ' '\n", "book/prose-allow.yml: '5' has no reason"),
        ("- pattern: '5'\n  reason: 7\n", "book/prose-allow.yml: '5' has no reason"),
        ("- reason: a name\n", "book/prose-allow.yml: {'reason': 'a name'} is not a pattern with a reason; give it"),
        ("- pattern: 5\n  reason: a name\n", "is not a pattern with a reason; give it 'pattern: …'"),
        ("- '5'\n", "book/prose-allow.yml: '5' is not a pattern with a reason"),
        ("- pattern: '(5'\n  reason: a name\n", "book/prose-allow.yml: '(5' is not a pattern (missing ), unterminated"),
        ("pattern: '5'\nreason: a name\n", "book/prose-allow.yml is not a list of patterns with reasons; mend it"),
        ("", "book/prose-allow.yml is not a list of patterns with reasons; mend it"),
        ("- [", "book/prose-allow.yml is not YAML (while parsing a flow node"),
    ],
)
def test_a_bad_allow_list_is_refused(book: Project, content: str, message: str) -> None:
    book.path("book/prose-allow.yml").write_text(content, encoding="utf-8")
    with pytest.raises(PressError) as refused:
        prose.typed_digits()
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_an_allow_list_may_be_empty_but_must_be_there(book: Project) -> None:
    book.path("book/prose-allow.yml").write_text("[]\n", encoding="utf-8")
    assert prose.typed_digits() == []
    book.path("book/prose-allow.yml").unlink()
    with pytest.raises(PressError, match=r"^book/prose-allow.yml is missing: restore it with 'git checkout -- book'$"):
        prose.typed_digits()


@pytest.mark.parametrize("name", ["book/index.md", "notebooks/02_gadgets.md", "book/prose-allow.yml"])
def test_text_in_another_encoding_is_refused(book: Project, name: str) -> None:
    book.path(name).write_bytes("# Märzen\n".encode("latin-1"))
    with pytest.raises(PressError, match=rf"^{name} is not text in UTF-8 \(.*\): save it as UTF-8$"):
        prose.typed_digits()


def test_the_real_book_has_no_number_typed_into_prose() -> None:
    assert prose.typed_digits() == []
    assert len(ALLOWED) >= 1


def test_a_number_in_the_real_book_would_be_caught() -> None:
    page = Path(__file__).parents[2] / "book" / "methods.md"
    text = page.read_text(encoding="utf-8")
    sabotaged = text + "\nIt rose by 4.2%.\n"
    assert prose.numbers_in(sabotaged, ALLOWED) == [(sabotaged.count("\n"), "4.2")]
