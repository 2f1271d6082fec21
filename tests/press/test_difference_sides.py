"""What a comparison is made from: editions' runs, published facts, and which edition a build is held against."""

import json
from pathlib import Path
from typing import Any

import pytest

from coordination_gap.press import PressError
from coordination_gap.press import edition as editions
from coordination_gap.press.difference import of_file
from coordination_gap.press.difference.of_build import compared_with
from tests.conftest import Project
from tests.press.test_difference import fact

RECORD = {"name": "base", "title": "Base", "as_of": "2026-02-01", "parameters": {"01_widgets": {"factor": 1.0}}}


def written(folder: Path, content: Any) -> Path:
    path = folder / "facts.json"
    whole = {"edition": RECORD, "facts": content} if isinstance(content, list) else content
    path.write_text(content if isinstance(content, str) else json.dumps(whole), encoding="utf-8")
    return path


def test_published_facts_are_a_side_without_figures(tmp_path: Path) -> None:
    one, gap = fact("a.b", 1.5, interval=(1, 2)), fact("a.gap", None)
    side = of_file(written(tmp_path, [one, gap]))
    assert (side.name, side.title, side.as_of) == ("base", "Base", "2026-02-01")
    assert (side.figures, side.parameters) == (None, {"01_widgets": {"factor": 1.0}})
    assert side.facts == {"a.b": one, "a.gap": gap}


ONE = fact("a.b", 1.5)
MALFORMED = [
    ("{", "is not JSON"),
    ("[NaN]", "is not JSON (NaN is no number of JSON)"),
    ("[]", "does not hold an edition and its facts"),
    ({}, "does not hold an edition and its facts"),
    ({"edition": RECORD, "facts": {}}, "does not hold an edition and its facts"),
    ({"edition": RECORD | {"as_of": "June"}, "facts": []}, "name is 'base', title 'Base' and as_of 'June'"),
    ({"edition": RECORD | {"parameters": [1]}, "facts": []}, "parameters is [1], and has to hold values by notebook"),
    ({"edition": RECORD | {"parameters": {"a": {"b": []}}}, "facts": []}, "a.b is [], and has to be one value"),
    ([1], "fact 1: it is 1 and not an object"),
    ([{key: ONE[key] for key in ONE if key != "gap"}], "fact 1: it has no 'gap'"),
    ([ONE, ONE], "fact 2: the id 'a.b' is given twice"),
    ([ONE | {"display": 1}], "fact 1: display is 1, and has to be text"),
    ([ONE | {"value": True}], "fact 1: value is True, and has to be a finite number in the unit ratio"),
    ([ONE | {"value": "1"}], "fact 1: value is '1', and has to be a finite number"),
    ([ONE | {"value": 10**400}], "and has to be a finite number"),
    ([ONE | {"unit": "text"}], "fact 1: value is 1.5, and has to be text"),
    ([ONE | {"unit": "day", "value": "2026-6-1"}], "fact 1: value is '2026-6-1', and has to be a day as YYYY-MM-DD"),
    ([ONE | {"value": None}], "fact 1: it has neither a value nor a gap"),
    ([ONE | {"interval": [1, 2]}], "fact 1: interval is [1, 2], and has to hold the numbers low, high, confidence"),
    ([ONE | {"as_of": "June"}], "fact 1: as_of is 'June', and has to be a day"),
    ([ONE, fact("a.c", 1) | {"edition": "bear"}], "fact 2: it is of the edition 'bear'"),
]


@pytest.mark.parametrize(("content", "says"), MALFORMED)
def test_facts_of_another_form_are_refused_in_one_sentence(tmp_path: Path, content: Any, says: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(PressError) as refused:
        of_file(path)
    assert says in str(refused.value)
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PressError, match=r"none\.json is missing: give an edition's name or a facts\.json"):
        of_file(tmp_path / "none.json")


def edition_file(project: Project, name: str, day: str) -> None:
    text = f"title: {name}\npurpose: A test.\nas_of: {day}\nparameters: {{}}\n"
    project.path(f"editions/{name}.yml").write_text(text, encoding="utf-8")


def other(name: str, *overrides: str) -> str | None:
    found, why = compared_with(editions.load(name, overrides), "early")
    assert bool(why) is (found is None)
    return found.name if found else None


def test_each_edition_has_one_that_it_is_held_against(small: Project) -> None:
    assert other("base") is None  # there is no earlier one
    edition_file(small, "early", "2026-01-20")
    edition_file(small, "wild", "2026-02-01")
    assert other("base") == "early"
    assert other("wild") == "base"
    assert other("wild", "02_gadgets.steps=8") == "wild"
    assert other("early", "02_gadgets.steps=8") == "early"


def test_none_is_held_against_one_of_a_later_day(small: Project) -> None:
    edition_file(small, "early", "2026-01-20")
    assert other("early") is None
    _, why = compared_with(editions.load("early"), "early")
    assert why.startswith("There is nothing to compare this edition with: the edition 'base' is of a later day")
