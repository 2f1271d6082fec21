"""What the extension adds to pages: the check of the policy, openings, sources, room for words, descriptions."""

from pathlib import Path

import pytest
from docutils import nodes

from coordination_gap.press.sphinx_book import column_room, csp, frame, opening, reading_time
from coordination_gap.press.sphinx_book.margin_sources import source_mark, source_note
from coordination_gap.press.sphinx_book.nodes import fact_node
from tests.conftest import make_project


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ('<p style="color: red">x</p>', ["the attribute style of <p>"]),
        ("<p  STYLE = red>x</p>", ["the attribute style of <p>"]),
        ('<img src="a.png" onerror="go()">', ["the attribute onerror of <img>"]),
        ("<style scoped>p {}</style>", ["a <style> element"]),
        ("<script>go()</script>", ["an inline <script>"]),
        ('<script type="module">go()</script>', ["an inline <script>"]),
        ('<a href=" javascript:go()">x</a>', ["a javascript: address in <a>"]),
        ('<img src="//a.example/x.png">', ["a file from another host in <img>"]),
        ('<iframe src="https://a.example/"></iframe>', ["a file from another host in <iframe>"]),
        ('<script type="application/json">{"style": "onclick="}</script>', []),
        ('<script defer src="a.js"></script><link rel="stylesheet" href="a.css">', []),
        ('<a href="https://a.example/" title="the style= of a > onclick=\'x\'">x</a>', []),
        ("<p>a &lt;b onclick=1&gt; and 1 < 2, style=none</p>", []),
    ],
)
def test_what_the_policy_would_stop_is_found(html: str, found: list[str]) -> None:
    assert csp.refused(html) == found


def test_the_policy_lets_nothing_inline_or_foreign_through() -> None:
    assert csp.POLICY.startswith("default-src 'none'; ")
    assert "unsafe" not in csp.POLICY
    assert "http" not in csp.POLICY


def test_a_book_with_inline_style_is_refused(tmp_path: Path) -> None:
    book = make_project(tmp_path)
    book.edit("book/index.md", "The mean is", '<p style="color: red">Red.</p>\n\nThe mean is')
    done = book.gapbook("build")
    assert done.returncode != 0
    assert "book/index.md: the page holds the attribute style of <p>, which its Content-Security" in done.stderr


def paragraph(*content: nodes.Node | str) -> nodes.paragraph:
    return nodes.paragraph("", "", *(nodes.Text(one) if isinstance(one, str) else one for one in content))


def document(*content: nodes.Node) -> nodes.document:
    made: nodes.document = nodes.document(None, None)  # type: ignore[arg-type] # neither is looked at
    made += list(content)
    return made


def test_reading_time_counts_prose_and_nothing_else() -> None:
    shown = document(
        paragraph("Six steps’ success, 83.3% of runs. ", nodes.math("", "p^n")),
        nodes.literal_block("", "one two three"),
        nodes.raw("", "<p>one two</p>", format="html"),
        paragraph("Cited", source_mark(note="a", label="b"), source_note("", "An entry of five words")),
    )
    assert reading_time.words(shown) == 7
    assert reading_time.minutes(shown) == 1
    assert reading_time.minutes(document(paragraph("word " * 238 * 4))) == 4
    assert reading_time.minutes(document(paragraph("word " * 238 * 4 + "word " * 120))) == 5


def test_a_description_is_whole_sentences_without_sources() -> None:
    first = paragraph("Chains fail more often than steps.", source_note("", "An entry"), " They do so quietly.")
    assert frame.description(document(paragraph("Short."), first)) == (
        "Chains fail more often than steps. They do so quietly."
    )
    long = paragraph("A sentence of some length that says one thing. " * 12)
    told = frame.description(document(long))
    assert len(told) <= 300
    assert told.endswith("thing.")
    assert frame.description(document()) == ""
    unbroken = frame.description(document(paragraph("word " * 200)))
    assert unbroken.endswith("word …")


def key_numbers(*gaps: str) -> nodes.container:
    items = [
        nodes.list_item("", paragraph(fact_node({"display": "1", "gap": gap, "id": "a.b"}), " of them")) for gap in gaps
    ]
    return nodes.container("", nodes.bullet_list("", *items), classes=["key-numbers"])


def test_key_numbers_move_into_the_answer_and_gaps_are_left_out() -> None:
    answer = nodes.admonition("", paragraph("So it is."), classes=["answer"])
    shown = document(answer, key_numbers("", "not yet", ""), paragraph("More."))
    opening.arrange(shown)
    assert [type(child) for child in shown.children] == [nodes.admonition, nodes.paragraph]
    assert "with-numbers" in answer["classes"]
    assert len(list(answer.findall(nodes.list_item))) == 2


def test_without_any_number_there_is_no_list_of_them() -> None:
    answer = nodes.admonition("", paragraph("So it is."), classes=["answer"])
    shown = document(answer, key_numbers("not yet"))
    opening.arrange(shown)
    assert shown.children == [answer]
    assert answer["classes"] == ["answer"]


def test_the_numbers_of_the_book_stay_beneath_its_answer() -> None:
    numbers = key_numbers("")
    numbers["classes"].append("of-the-book")
    shown = document(nodes.admonition("", paragraph("So it is.")), numbers)
    opening.arrange(shown)
    assert shown.children[1] is numbers


def test_a_long_number_is_set_smaller() -> None:
    numbers = key_numbers("", "")
    next(iter(numbers.findall(nodes.list_item))).replace_self(
        nodes.list_item("", paragraph(fact_node({"display": "−$23.6 thousand", "gap": "", "id": "a.c"})))
    )
    opening.arrange(document(nodes.admonition("", paragraph("So it is."), classes=["answer"]), numbers))
    assert [item["classes"] for item in numbers.findall(nodes.list_item)] == [["long"], []]


def table(kind: str, *cells: str) -> str:
    head = "".join('<th scope="col">A</th>' for _ in cells)
    return (
        f'<table class="house-table{kind}"><caption>C</caption><thead><tr>{head}</tr></thead><tbody><tr>'
        f'<th scope="row">{cells[0]}</th>{"".join(f"<td>{cell}</td>" for cell in cells[1:])}</tr></tbody></table>'
    )


def test_columns_of_words_are_told_from_columns_of_figures() -> None:
    link = f'<a href="a-long-address-that-is-not-read.html">{"word " * 16}</a>'
    found = column_room.with_room(table("", "Cash conversion", "1.09&#215;", "x" * 40, link))
    heads = ('<th class="phrase" scope="col">', '<th scope="col">', '<th class="sentence" scope="col">')
    assert "".join(f"{head}A</th>" for head in heads) + '<th class="passage" scope="col">A</th>' in found
    assert '<th scope="row">' in found
    for unmarked in (" stacked", " rows", " chooseable stacked"):
        assert column_room.with_room(table(unmarked, link)) == table(unmarked, link)
