"""What the committed notebooks hold is what running them gives, within a numeric tolerance."""

import io
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest
from nbformat import NotebookNode

from coordination_gap import media_types, paths
from coordination_gap.press import notebooks

#: Relative tolerance of facts and of the data that figures draw.
TOLERANCE = 1e-6


@pytest.fixture(scope="module")
def fresh() -> dict[str, NotebookNode]:
    """The notebooks as `make book` has just run them."""
    html = paths.build() / "html"
    assert (html / "facts.json").is_file(), "the site is not built: run 'make book' first"
    published = json.loads((html / "facts.json").read_text(encoding="utf-8"))
    assert published["edition"]["name"] == "base", "the site is another edition's: run 'make book' first"
    return {name: nbformat.read(html / "notebooks" / f"{name}.ipynb", as_version=4) for name in notebooks.names()}


def committed(name: str) -> NotebookNode:
    twin: NotebookNode = nbformat.read(paths.notebooks() / f"{name}.ipynb", as_version=4)
    return twin


def facts_of(name: str, notebook: NotebookNode) -> dict[str, dict[str, Any]]:
    return {entry.fact["id"]: entry.fact for entry in notebooks.recorded_facts(name, notebook)}


def numbers_differ(old: object, new: object) -> bool:
    if isinstance(old, int | float) and isinstance(new, int | float):
        return not np.isclose(old, new, rtol=TOLERANCE, atol=1e-12)
    return old != new


def fact_differences(old: dict[str, dict[str, Any]], new: dict[str, dict[str, Any]]) -> list[str]:
    """Return the ids whose value, interval, words or sources differ."""
    different = sorted(old.keys() ^ new.keys())
    for fact_id in old.keys() & new.keys():
        before, after = old[fact_id], new[fact_id]
        plain = ("unit", "as_of", "formula", "sources", "gap")
        ends = [((fact["interval"] or {}).get(end)) for end in ("low", "high") for fact in (before, after)]
        if (
            numbers_differ(before["value"], after["value"])
            or any(before[key] != after[key] for key in plain)
            or numbers_differ(ends[0], ends[1])
            or numbers_differ(ends[2], ends[3])
        ):
            different.append(fact_id)
    return different


def figure_differences(old: NotebookNode, new: NotebookNode) -> list[str]:
    """Return the ids of the figures whose data differ."""

    def data(notebook: NotebookNode) -> dict[str, str]:
        return {
            output.data[media_types.FIGURE]["id"]: output.data[media_types.FIGURE]["data_csv"]
            for cell in notebook.cells
            for output in cell.get("outputs", [])
            if media_types.FIGURE in output.get("data", {})
        }

    before, after = data(old), data(new)
    different = sorted(before.keys() ^ after.keys())
    for figure_id in before.keys() & after.keys():
        first, second = (pd.read_csv(io.StringIO(text)) for text in (before[figure_id], after[figure_id]))
        try:
            pd.testing.assert_frame_equal(first, second, rtol=TOLERANCE)
        except AssertionError:
            different.append(figure_id)
    return different


@pytest.mark.parametrize("name", notebooks.names())
def test_committed_facts_are_what_a_run_gives(name: str, fresh: dict[str, NotebookNode]) -> None:
    assert fact_differences(facts_of(name, committed(name)), facts_of(name, fresh[name])) == []


@pytest.mark.parametrize("name", notebooks.names())
def test_committed_figures_draw_what_a_run_gives(name: str, fresh: dict[str, NotebookNode]) -> None:
    assert figure_differences(committed(name), fresh[name]) == []


def test_a_changed_fact_and_a_changed_figure_are_seen(fresh: dict[str, NotebookNode]) -> None:
    old = facts_of("05_compounding", committed("05_compounding"))
    changed = json.loads(json.dumps(old))
    changed["compounding.end_to_end"]["value"] *= 1 + 1e-5
    changed["compounding.simulated_success"]["interval"]["low"] *= 1 + 1e-5
    del changed["compounding.target"]
    assert set(fact_differences(old, changed)) == {
        "compounding.end_to_end",
        "compounding.simulated_success",
        "compounding.target",
    }
    twin = committed("05_compounding")
    altered = committed("05_compounding")
    payload = next(
        output.data[media_types.FIGURE]
        for cell in altered.cells
        for output in cell.get("outputs", [])
        if media_types.FIGURE in output.get("data", {})
    )
    lines = payload["data_csv"].splitlines()
    payload["data_csv"] = "\n".join([*lines[:-1], lines[-2]])
    assert figure_differences(twin, altered) == [payload["id"]]


def run_nbval(folder: Path) -> subprocess.CompletedProcess[str]:
    shutil.copy(paths.root() / "conftest.py", folder / "conftest.py")
    command = [sys.executable, "-m", "pytest", "-q", "--nbval", "--nbval-current-env", "-p", "no:cacheprovider", "."]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)


def test_nbval_passes_a_committed_notebook_and_fails_an_altered_one(tmp_path: Path) -> None:
    name = "04_valuation.ipynb"
    twin = (paths.notebooks() / name).read_text(encoding="utf-8")
    (tmp_path / name).write_text(twin, encoding="utf-8")
    passed = run_nbval(tmp_path)
    assert passed.returncode == 0, passed.stdout
    shown = "valuation.fall = 5%"
    assert twin.count(shown) == 1
    (tmp_path / name).write_text(twin.replace(shown, "valuation.fall = 6%"), encoding="utf-8")
    failed = run_nbval(tmp_path)
    assert failed.returncode == 1
    assert "1 failed" in failed.stdout
    assert shown in failed.stdout


def test_plain_papermill_runs_a_committed_notebook_with_a_parameter(tmp_path: Path) -> None:
    out = tmp_path / "out.ipynb"
    notebook = paths.notebooks() / "05_compounding.ipynb"
    command = [sys.executable, "-m", "papermill", str(notebook), str(out), "-p", "steps", "8", "--no-progress-bar"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    found = facts_of("05_compounding", nbformat.read(out, as_version=4))
    assert found["compounding.end_to_end"]["value"] == pytest.approx(0.97**8)


@pytest.mark.parametrize(
    ("parameter", "value", "says"),
    [
        ("step_success", "1.2", "success is 1.2"),
        ("steps", "0", "there are no steps"),
        ("as_of", "yesterday", "as_of is 'yesterday'"),
    ],
)
def test_plain_papermill_refuses_a_value_out_of_range(tmp_path: Path, parameter: str, value: str, says: str) -> None:
    out = tmp_path / "out.ipynb"
    notebook = paths.notebooks() / "05_compounding.ipynb"
    command = [sys.executable, "-m", "papermill", str(notebook), str(out), "-p", parameter, value, "--no-progress-bar"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ValueError: ")
    assert says in last
