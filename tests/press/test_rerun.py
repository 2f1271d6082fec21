"""One notebook again under other values: its facts beside those of the edition."""

import math
import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import jupytext
import nbformat
import pytest
from filelock import FileLock

from coordination_gap import other_facts
from coordination_gap.press import PressError
from coordination_gap.press.difference.facts import changes
from coordination_gap.press.parameters import Value
from coordination_gap.press.rerun import changed_values
from tests.conftest import HEADER, Project

AUDIT = HEADER + dedent("""\

    # Audit

    The mean was {fact}`audit.mean`.

    ```{code-cell} ipython3
    :tags: [parameters]

    as_of: str = "2026-02-01"  # [2026-01-01 to 2026-12-31, day] last day whose publications may be seen
    more: float = 0.0  # [0 to 10, ratio] what is added
    ```

    ```{code-cell} ipython3
    from coordination_gap import facts, other_facts

    page = facts.Page("audit", as_of=as_of)
    mean = other_facts.of_edition(as_of)["widgets.mean"]["value"]
    _ = page.record(
        "mean", mean + more, unit="ratio", decimals=2, formula="the widgets' mean and more",
        sources=[other_facts.source(["widgets.mean"])],
    )
    ```
    """)


def fact(value: object, display: str = "", interval: tuple[float, float] | None = None) -> dict[str, object]:
    ends = interval and {"low": interval[0], "high": interval[1], "confidence": 0.9}
    return {"value": value, "display": display or str(value), "interval": ends, "gap": None if value else "none"}


def test_changes_are_ranked_by_their_intervals_and_then_by_value() -> None:
    before = {
        "a.wide": fact(10.0, interval=(5.0, 15.0)),
        "a.plain": fact(10.0),
        "a.word": fact("x"),
        "a.same": fact(1.0),
    }
    after = {
        "a.wide": fact(11.0, interval=(6.0, 16.0)),
        "a.plain": fact(15.0),
        "a.word": fact("y"),
        "a.same": fact(1.0),
    }
    found = changes(before, after)
    assert [(each.fact_id, each.size) for each in found] == [("a.word", math.inf), ("a.plain", 0.5), ("a.wide", 0.2)]
    assert (found[1].before, found[1].after) == ("10.0", "15.0")
    assert changes(after, after) == []


def test_facts_that_come_go_or_cannot_be_said_are_changes() -> None:
    found = {
        each.fact_id: (each.before, each.after)
        for each in changes({"a.b": fact(1), "a.c": fact(1)}, {"a.c": fact(None), "a.d": fact(2)})
    }
    assert found == {"a.b": ("1", "not recorded"), "a.c": ("1", "not available"), "a.d": ("not recorded", "2")}


def test_a_notebook_is_run_again_and_what_changed_is_shown(project: Project) -> None:
    site = project.site()
    done = project.gapbook("rerun", "01_widgets", "-p", "factor=2")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "widgets.mean  2.00 -> 4.00",
        "1 of 1 facts changed against base; _build/rerun/01_widgets.ipynb is the run",
        "_build/rerun/01_widgets.html is its page",
    ]
    assert done.stderr.splitlines() == ["kept 01_widgets", "ran 01_widgets"]
    executed = nbformat.read(project.path("_build/rerun/01_widgets.ipynb"), as_version=4)
    assert any("factor = 2.0" in cell.source for cell in executed.cells)
    assert project.site() == site
    assert not list(project.path("_build").glob("rerun-*"))
    assert project.gapbook("rerun", "01_widgets", "-p", "factor=2").stderr.splitlines() == ["kept 01_widgets"] * 2


def test_another_day_shows_what_was_not_public_yet(project: Project) -> None:
    done = project.gapbook("rerun", "01_widgets", "-p", "as_of=2026-01-10", "--output", str(project.path("day.ipynb")))
    assert done.stdout.splitlines()[0] == "widgets.mean  2.00 -> 1.50"
    assert project.path("day.ipynb").is_file()
    assert project.path("day.html").is_file()


def test_without_a_value_nothing_changes(project: Project) -> None:
    assert project.gapbook("rerun", "01_widgets").stdout.startswith("0 of 1 facts changed against base; ")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("01_widget",), "there is no notebook '01_widget'; did you mean '01_widgets'?"),
        (("01_widgets", "-p", "facto=2"), "-p facto=2: 01_widgets has no parameter 'facto'; did you mean 'factor'?"),
        (("01_widgets", "-p", "factor"), "-p factor: write NAME=VALUE"),
        (("01_widgets", "-p", "factor=x"), "-p factor=x: factor is 'x': it must be a number from 0.0 to 10.0"),
        (("01_widgets", "-p", "as_of=2027-01-01"), "as_of is '2027-01-01': it must be a day as YYYY-MM-DD"),
        (("01_widgets", "--output", "run.html"), "--output run.html: it names no notebook; let it end in .ipynb"),
        (
            ("01_widgets", "--output", "ftp://a/run.ipynb"),
            "nothing here can write to it; give a path, or one of s3://",
        ),
        (("01_widgets", "--edition", "bas"), "there is no edition 'bas'; did you mean 'base'?"),
    ],
)
def test_wrong_words_are_one_sentence(built_project: Project, words: tuple[str, ...], says: str) -> None:
    done = built_project.gapbook("rerun", *words)
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert not built_project.path("_build/rerun").exists()


def test_a_rerun_beside_a_build_is_one_sentence(project: Project) -> None:
    with FileLock(project.path("_build/.lock")):
        done = project.gapbook("rerun", "01_widgets", "-p", "factor=2")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "gapbook: another build is running in _build/: wait until it ends, then run this again"
    ]
    assert not project.path("_build/rerun").exists()


def test_plain_papermill_gives_the_same_facts(project: Project) -> None:
    source, plain = project.path("plain.ipynb"), project.path("plain-run.ipynb")
    source.write_text(jupytext.writes(jupytext.read(project.path("notebooks/01_widgets.md")), fmt="ipynb"))
    _papermill(project, source, plain, "-p", "factor", "2.5", "-p", "as_of", "2026-01-10")
    done = project.gapbook("rerun", "01_widgets", "-p", "factor=2.5", "-p", "as_of=2026-01-10")
    assert done.returncode == 0, done.stderr
    found = _facts(project.path("_build/rerun/01_widgets.ipynb"))
    assert found == _facts(plain)
    assert found["widgets.mean"]["value"] == 2.5 * 1.5


def test_a_notebook_that_reads_the_facts_of_others_gets_those_of_the_edition(project: Project) -> None:
    project.path("notebooks/02_audit.md").write_text(AUDIT, encoding="utf-8")
    project.path("editions/double.yml").write_text(
        "title: D\npurpose: T.\nas_of: 2026-02-01\nparameters: {01_widgets: {factor: 2}}\n", encoding="utf-8"
    )
    done = project.gapbook("rerun", "02_audit", "-p", "more=5", "--edition", "double")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "audit.mean  4.00 -> 9.00"
    # Under the base edition it gives what plain papermill gives, which reads the committed notebooks.
    assert project.gapbook("rerun", "02_audit", "-p", "more=5").stdout.splitlines()[0] == "audit.mean  2.00 -> 7.00"
    project.path("notebooks/01_widgets.ipynb").write_bytes(_run_of(project, "01_widgets"))
    source, plain = project.path("plain.ipynb"), project.path("plain-run.ipynb")
    source.write_text(jupytext.writes(jupytext.read(project.path("notebooks/02_audit.md")), fmt="ipynb"))
    _papermill(project, source, plain, "-p", "more", "5")
    assert _facts(plain) == _facts(project.path("_build/rerun/02_audit.ipynb"))


def _run_of(project: Project, name: str) -> bytes:
    assert project.gapbook("rerun", name).returncode == 0
    return project.path(f"_build/rerun/{name}.ipynb").read_bytes()


def _papermill(project: Project, source: Path, target: Path, *values: str) -> None:
    words = ["-m", "papermill", "--cwd", str(project.path("notebooks")), "-k", "python3", str(source), str(target)]
    subprocess.run(
        [sys.executable, *words, *values], env={**os.environ, "GAPBOOK_ROOT": str(project.root)}, check=True,
        capture_output=True, timeout=300,
    )  # fmt: skip


def _facts(path: Path) -> dict[str, dict[str, object]]:
    return {entry["id"]: entry for entry in other_facts.recorded(nbformat.read(path, as_version=4))}


def test_a_notebook_that_fails_leaves_the_last_run(project: Project) -> None:
    project.path("_build/rerun").mkdir()
    project.path("_build/rerun/01_widgets.ipynb").write_text("the last one", encoding="utf-8")
    project.edit("notebooks/01_widgets.md", "page = facts", "assert factor < 2\npage = facts")
    done = project.gapbook("rerun", "01_widgets", "-p", "factor=2")
    assert done.returncode == 1
    assert "AssertionError" in done.stderr
    assert project.path("_build/rerun/01_widgets.ipynb").read_text(encoding="utf-8") == "the last one"


def test_values_are_those_of_the_edition_but_for_the_given(
    built_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAPBOOK_ROOT", str(built_project.root))
    values: dict[str, Value] = {"as_of": "2026-02-01", "factor": 1.0}
    assert changed_values("01_widgets", values, ["factor=3"]) == {"as_of": "2026-02-01", "factor": 3.0}
    with pytest.raises(PressError, match="01_widgets has no parameter"):
        changed_values("01_widgets", values, ["as_off=2026-01-01"])
