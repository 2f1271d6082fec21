"""`gapbook diff`, from its words to what it prints and writes."""

import json

import pytest

from coordination_gap import paths
from tests.command import Run, runner
from tests.conftest import Project


@pytest.fixture
def diff(project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setenv("GAPBOOK_ROOT", str(project.root))
    project.path("editions/light.yml").write_text(
        "title: Light\npurpose: A test.\nas_of: 2026-02-01\nparameters:\n  01_widgets:\n    factor: 0.25\n",
        encoding="utf-8",
    )
    return runner(monkeypatch, capsys, "diff")


def test_two_editions_are_run_as_far_as_they_are_not_kept(project: Project, diff: Run) -> None:
    site = project.site()
    done = diff("base", "light")
    assert done.code == 0, done.err
    assert done.err.split("\n")[:2] == ["kept 01_widgets", "ran 01_widgets"]
    lines = done.out.splitlines()
    days = ("as of 1\N{NO-BREAK SPACE}February\N{NO-BREAK SPACE}2026",) * 2
    assert lines[0] == (
        "base ({}) and light ({}): 1 of 1 facts that both have differ, 1 sentence is worded otherwise, no passages "
        "are in one alone, no claims have another verdict, no figures differ."
    ).format(*days)
    assert "  01_widgets.factor" in lines
    assert "      light: 0.25" in lines
    assert "  widgets.mean  2.00 -> 0.50  (−1.50, 75% of its value)  notebooks/01_widgets.html" in lines
    assert "      base: That is more than one." in lines
    assert "      light: That is one or less." in lines
    again = diff("base", "light")
    assert (again.out, again.err.split()) == (done.out, ["kept", "01_widgets"] * 2)
    assert project.site() == site
    assert not list(paths.build().glob("staging-*"))


def test_one_value_is_replaced_and_the_whole_is_written(project: Project, diff: Run) -> None:
    output = project.path("out.json")
    done = diff("base", "base", "-p", "01_widgets.factor=0.25", "--output", str(output))
    assert done.code == 0, done.err
    written = json.loads(output.read_text(encoding="utf-8"))
    assert written["after"]["name"] == "base with 01_widgets.factor=0.25"
    assert [(one["fact_id"], one["change"], one["size"]) for one in written["facts"]] == [("widgets.mean", -1.5, 0.75)]
    assert [one["name"] for one in written["parameters"]] == ["factor"]
    page = project.path("out.md")
    assert diff("base", "light", "--output", str(page)).code == 0
    assert "| widgets.mean | 2.00 | 0.50 | −1.50 | 75% of its value |" in page.read_text(encoding="utf-8")
    assert sorted(project.root.glob(".out*")) == []


def test_the_facts_of_a_site_that_was_published_are_a_side(project: Project, diff: Run) -> None:
    published = project.path("_build/html/facts.json")
    same = diff(str(published), str(published))
    assert (same.code, same.err) == (0, "")
    assert "no sentences are worded otherwise" in same.out
    assert "only the published facts are at hand" in same.out
    done = diff(str(published), "light")
    assert "  widgets.mean  2.00 -> 0.50  (−1.50, 75% of its value)  notebooks/01_widgets.html" in done.out.splitlines()
    assert "figure" not in done.out.splitlines()[0]
    assert "  01_widgets.factor" in done.out.splitlines()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("base", "lihgt"), "there is no edition 'lihgt'; did you mean 'light'?"),
        (("base", "none/facts.json"), "none/facts.json is missing: give an edition's name or a facts.json"),
        (("base", "base", "-p", "01_widgets.facto=1"), "01_widgets has no parameter 'facto'; did you mean 'factor'?"),
        (("base", "x.json", "-p", "01_widgets.factor=1"), "x.json holds facts, not parameters; give an edition"),
        (("base", "light", "--output", "x.txt"), "--output x.txt: end the file's name in .json or .md"),
        (("base", "light", "--output", "none/x.md"), "--output none/x.md: there is no folder none"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(diff: Run, words: tuple[str, ...], says: str) -> None:
    done = diff(*words)
    assert (done.code, done.out) == (1, "")
    assert says in done.err
    assert done.err.count("\n") == 1
