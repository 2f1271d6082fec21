"""The day up to which the book looks moves in all places at once, or in none."""

import datetime as dt

import pytest

from coordination_gap.press import PressError, as_of, edition
from tests.conftest import Project


def test_the_day_moves_in_the_notebooks_and_in_what_looks_as_far_as_base(small: Project) -> None:
    for name, day in (("bear", "2026-02-01"), ("early", "2026-01-10")):
        text = f"title: T\npurpose: P.\nas_of: {day}\nparameters: {{}}\n"
        small.path(f"editions/{name}.yml").write_text(text, encoding="utf-8")
    changed = as_of.move(dt.date(2026, 6, 1))
    assert [path.name for path in changed] == ["base.yml", "bear.yml", "01_widgets.md"]
    assert 'as_of: str = "2026-06-01"  # [2026-01-01 to 2026-12-31, day]' in small.path(
        "notebooks/01_widgets.md"
    ).read_text(encoding="utf-8")
    assert {name: edition.load(name).as_of for name in edition.names()} == {
        "base": "2026-06-01", "bear": "2026-06-01", "early": "2026-01-10",
    }  # fmt: skip


def test_the_range_of_the_parameter_grows_with_the_day(small: Project) -> None:
    small.edit("notebooks/01_widgets.md", "to 2026-12-31, day", "to 2026-02-01, day")
    as_of.move(dt.date(2026, 3, 1))
    assert "[2026-01-01 to 2026-03-01, day]" in small.path("notebooks/01_widgets.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("day", [dt.date(2026, 2, 1), dt.date(2025, 1, 1), dt.date(2999, 1, 1)])
def test_a_day_that_is_not_later_or_has_not_come_is_refused(small: Project, day: dt.date) -> None:
    with pytest.raises(PressError, match=f"{day} is not after 2026-02-01, base's day"):
        as_of.move(day)


@pytest.mark.parametrize("day", ["2026-13-30", "30.11.2026", "tomorrow"])
def test_what_is_no_day_is_refused_in_a_sentence(small: Project, day: str) -> None:
    with pytest.raises(PressError, match=f"DAY is '{day}': give a calendar day as YYYY-MM-DD"):
        as_of.move(day)


def test_a_notebook_that_says_it_otherwise_stops_all(small: Project) -> None:
    before = small.path("editions/base.yml").read_text(encoding="utf-8")
    small.edit("notebooks/01_widgets.md", 'as_of: str = "2026-02-01"', 'as_of: str = "2026-01-31"')
    with pytest.raises(PressError, match=r"notebooks/01_widgets\.md: its as_of is not 2026-02-01"):
        as_of.move(dt.date(2026, 3, 1))
    assert small.path("editions/base.yml").read_text(encoding="utf-8") == before
