"""The page of what changed: nothing of a fact's text is markup, and its links lead to the places of the site."""

from html.parser import HTMLParser
from typing import Any

import pytest

from coordination_gap.press import difference
from coordination_gap.press.difference import html
from coordination_gap.press.difference.sentences import Text
from tests.press.test_difference import CAPTION, by_id, fact, sides

TITLES = {"notebooks/a.html": "The <page>"}
EVIL = "<script>alert('x')</script> & \"more\""


def page(document: dict[str, Any]) -> dict[str, str]:
    pictures = {"folder": "figures/compared/old", "sizes": {"a.drawn": [370, 350]}}
    made = html.Page(
        document | {"pictures": pictures}, lambda target: f"../{target}", {"a.drawn": [370, 350]}, ["a.b"], TITLES
    )
    return {section.anchor: section.body for section in made.sections()}


@pytest.mark.usefixtures("small")
def test_words_of_facts_and_names_are_escaped() -> None:
    text = "# T `<u>x</u>`\n\nIt {wording}`a.b | == x: was [[a.b]] | else: is [[a.b]]`.\n\n"
    text += ":::{when} a.b != x\n{fact}`a.b` it is.\n:::\n"
    old, new = (
        difference.Side(name, "", "2026-02-01", by_id(fact("a.b", value, display, "text")))
        for name, value, display in (("old", "x", EVIL), ("<b>new</b>", "y", EVIL))
    )
    found = difference.compare(old, new, [Text("book/t.md", "t.html", text)])
    body = "".join(page(difference.document(found)).values())
    assert "<script>" not in body
    assert "<b>new" not in body
    assert "It was &lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt; &amp; &quot;more&quot;." in body
    assert 'href="../facts/a.b.html"' in body
    assert 'href="../t.html#t-u-x-u">T &lt;u&gt;x&lt;/u&gt;</a>' in body
    assert '<a href="../notebooks/a.html">The &lt;page&gt;</a>' in body


class _Tags(HTMLParser):
    """Checks that what is opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, _attributes: list[tuple[str, str | None]]) -> None:
        if tag not in ("img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.usefixtures("small")
def test_both_pictures_stand_side_by_side_for_light_and_dark() -> None:
    old, new = sides()
    sections = page(difference.document(difference.compare(old, new, [Text("book/a.md", "a.html", CAPTION)])))
    drawn = sections["changed-figures"]
    for folder, alt in (("figures/compared/old", "A line."), ("figures", "Another line.")):
        for theme in ("light", "dark"):
            assert f'src="../{folder}/a.drawn-{theme}_narrow.svg" width="370" height="350"' in drawn
        assert f'alt="{alt}"' in drawn
    assert "<strong>old.</strong> It moved 0.5." in drawn
    assert "<strong>new</strong> does not have this figure." in drawn
    assert "The data are the same, drawn otherwise." in drawn
    assert set(sections) == {"changed-parameters", "changed-numbers", "changed-words", "changed-figures"}
    for body in sections.values():
        tags = _Tags()
        tags.feed(body)
        assert tags.open == []


@pytest.mark.usefixtures("small")
def test_many_facts_are_folded_away() -> None:
    many = [by_id(*(fact(f"a.n{number:02}", base) for number in range(40))) for base in (1.0, 2.0)]
    old, new = (difference.Side(name, name, "2026-02-01", facts) for name, facts in zip("ab", many, strict=True))
    numbers = page(difference.document(difference.compare(old, new, [])))["changed-numbers"]
    assert numbers.count('<th scope="row"') == 40
    assert "<details><summary>10 more</summary>" in numbers
