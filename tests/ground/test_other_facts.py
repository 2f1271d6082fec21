"""Facts of other notebooks: handed over by the press, or kept from the last run, and never those of another day."""

import json
from pathlib import Path

import nbformat
import pytest

from coordination_gap import facts, media_types, other_facts, paths, tables
from coordination_gap.other_facts import OtherFactsError
from tests.conftest import Project


def fact(as_of: str = "2026-02-01", value: float = 0.5) -> dict[str, object]:
    page = facts.Page("widgets", as_of=as_of)
    return page.record("mean", value, unit="ratio", formula="given", sources=[tables.parameters(x=1)]).record()


@pytest.fixture
def handed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(other_facts.FOLDER, str(tmp_path))
    other_facts.write([fact()], tmp_path / "this.json")
    other_facts.write([fact("2026-01-01", 0.25)], tmp_path / "article-day.json")
    return tmp_path


def test_the_facts_that_are_handed_over_are_read(handed: Path) -> None:
    assert other_facts.of_edition("2026-02-01")["widgets.mean"]["value"] == 0.5
    assert other_facts.of_edition("2026-02-01", "article-day")["widgets.mean"]["value"] == 0.25
    assert set(other_facts.facts_read()) >= {"this", "article-day"}


def test_facts_of_another_day_are_refused(handed: Path) -> None:
    with pytest.raises(
        OtherFactsError, match="the facts at hand are as of 2026-02-01, not 2026-01-15: build the edition"
    ):
        other_facts.of_edition("2026-01-15")
    # Another edition may be an earlier one; a later one would know what was to come.
    with pytest.raises(OtherFactsError, match="as of 2026-01-01, not 2025-12-31"):
        other_facts.of_edition("2025-12-31", "article-day")


def test_facts_that_are_not_at_hand_are_asked_for(handed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OtherFactsError, match="the facts of the edition 'bear' were not handed over"):
        other_facts.of_edition("2026-02-01", "bear")
    monkeypatch.delenv(other_facts.FOLDER)
    with pytest.raises(OtherFactsError, match=r"editions/bear\.facts\.json is missing: run 'make notebooks'"):
        other_facts.of_edition("2026-09-10", "bear")


def test_without_the_press_the_facts_are_those_of_the_committed_notebooks(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(other_facts.FOLDER, raising=False)
    monkeypatch.setenv("GAPBOOK_ROOT", str(project.root))
    output = nbformat.v4.new_output("display_data", {media_types.FACT: fact()})
    cell = nbformat.v4.new_code_cell(outputs=[output])
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), paths.notebooks() / "01_widgets.ipynb")
    assert other_facts.of_edition("2026-02-01")["widgets.mean"]["value"] == 0.5


def test_what_is_written_is_the_same_whatever_the_order(tmp_path: Path) -> None:
    page = facts.Page("widgets", as_of="2026-02-01")
    made = [page.gap(name, "not known", unit="ratio", formula="given").record() for name in ("b", "a")]
    for number, order in enumerate((made, made[::-1])):
        other_facts.write(order, tmp_path / f"{number}.json")
    assert (tmp_path / "0.json").read_bytes() == (tmp_path / "1.json").read_bytes()
    assert list(json.loads((tmp_path / "0.json").read_text(encoding="utf-8"))) == ["widgets.a", "widgets.b"]
