"""The key of a run changes with each of its inputs, and with nothing else."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from coordination_gap import paths
from coordination_gap.press.freshness import content, inputs
from coordination_gap.press.freshness.inputs import Asked
from coordination_gap.press.freshness.places import Places, system
from tests.conftest import Project

RECORD: dict[str, Any] = {
    "tables": {"widgets": ["2026-02-01"]},
    "facts": ["this"],
    "modules": ["coordination_gap", "coordination_gap.facts", "coordination_gap.market", "coordination_gap.nowhere"],
    "files": ["book/index.md", "package:house.mplstyle"],
    "folders": ["book"],
    "presence": ["book/extra.md"],
    "variables": ["WIDGETS"],
    "derived": {"coordination_gap.claims.sections:book_pages": ""},
}
ASKED = Asked("01_widgets", {"as_of": "2026-02-01", "factor": 1.0}, {"this": "abc"})


@pytest.fixture
def book(small: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Return the project with a package, a lock and a second table of its own."""
    package = small.path("src/coordination_gap")
    shutil.copytree(Path(paths.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(inputs, "places", lambda: Places(paths.root(), paths.root() / "src" / "coordination_gap"))
    monkeypatch.delenv("WIDGETS", raising=False)
    small.path("requirements.txt").write_text("numpy==2.2\n", encoding="utf-8")
    record = json.loads(small.path("data/datapackage.json").read_text(encoding="utf-8"))
    record["resources"].append(record["resources"][0] | {"name": "others", "path": "others.csv"})
    small.path("data/datapackage.json").write_text(json.dumps(record), encoding="utf-8")
    shutil.copy(small.path("data/widgets.csv"), small.path("data/others.csv"))
    return small


def key(asked: Asked = ASKED, **record: Any) -> str:
    return inputs.key(inputs.inputs(asked, RECORD | record))


def in_file(name: str, old: str, new: str) -> Callable[[Project], None]:
    return lambda project: project.edit(name, old, new)


def added(name: str) -> Callable[[Project], None]:
    def write(project: Project) -> None:
        project.path(name).parent.mkdir(exist_ok=True)
        project.path(name).write_text("x = 1\n", encoding="utf-8")

    return write


def removed(name: str) -> Callable[[Project], None]:
    return lambda project: project.path(name).unlink()


@pytest.mark.parametrize(
    "change",
    [
        in_file("notebooks/01_widgets.md", "page = facts", "page  = facts"),
        in_file("notebooks/01_widgets.md", "display_name: Python 3", "display_name: Python"),
        in_file("data/widgets.csv", "1.5", "1.6"),
        in_file("data/datapackage.json", '"publicDayField": "published_on"', '"publicDayField": null'),
        in_file(
            "data/datapackage.json", '"name": "weight_kg", "type": "number"', '"name": "weight_kg", "type": "string"'
        ),
        in_file("data/datapackage.json", '"primaryKey": "widget"', '"primaryKey": ["widget", "weight_kg"]'),
        in_file("src/coordination_gap/facts.py", "100.0", "1000.0"),
        removed("src/coordination_gap/facts.py"),
        removed("src/coordination_gap/market/__init__.py"),
        added("src/coordination_gap/facts/__init__.py"),
        added("src/coordination_gap/nowhere.py"),
        in_file("src/coordination_gap/house.mplstyle", "\n", "\n\n"),
        in_file("src/coordination_gap/press/run_notebook.py", "CELL_SECONDS = 600", "CELL_SECONDS = 60"),
        in_file("book/index.md", "small book", "smaller book"),
        removed("book/index.md"),
        added("book/another.md"),
        in_file("notebooks/02_gadgets.md", "total = steps", 'page = facts.Page("gadgets", as_of=as_of)'),
        added("book/extra.md"),
        added("notebooks/helper.py"),
        added("notebooks/matplotlibrc"),
        in_file("requirements.txt", "2.2", "2.3"),
    ],
)
def test_the_key_changes_with_each_kind_of_input(book: Project, change: Callable[[Project], None]) -> None:
    before = key()
    assert key() == before
    change(book)
    assert key() != before


def test_the_key_changes_with_what_was_asked_and_read(book: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    several = [
        key(),
        key(replace(ASKED, parameters={"as_of": "2026-02-01", "factor": 2.0})),
        key(replace(ASKED, notebook="02_gadgets")),
        key(replace(ASKED, facts={"this": "abd"})),
        key(replace(ASKED, facts={})),
        key(tables={}),
        key(tables={"widgets": ["2026-02-01"], "others": ["2026-02-01"]}),
        key(tables={"widgets": ["2026-07-01"]}),
    ]
    monkeypatch.setenv("WIDGETS", "1")
    several.append(key())
    monkeypatch.delenv("WIDGETS")
    monkeypatch.setattr(inputs, "system", lambda: system() | {"python": "CPython 3.99.0"})
    several.append(key())
    monkeypatch.setattr(inputs, "system", lambda: system() | {"platform": "other"})
    several.append(key())
    assert len(set(several)) == len(several)
    assert all(len(found) == 64 for found in several)


@pytest.mark.parametrize(
    "change",
    [
        in_file("data/others.csv", "1.5", "1.6"),
        in_file("data/widgets.csv", "c,99", "c,98"),  # not public on the edition's day
        in_file("notebooks/01_widgets.md", "The mean is", "The mean was"),
        in_file("notebooks/02_gadgets.md", "How many", "How few"),
        in_file("editions/base.yml", "A test.", "Another."),
        in_file("data/datapackage.json", "Three widgets.", "Some widgets."),
        in_file("data/datapackage.json", "Its weight.", "How heavy it is."),
        in_file("src/coordination_gap/conditions.py", "operator.lt", "operator.le"),
        added("src/coordination_gap/company/more.py"),
        added("src/coordination_gap/notes.txt"),
        added("src/other.py"),
        added("data/more.csv"),
        added("book/.hidden"),
        added("notebooks/03_more.ipynb"),
    ],
)
def test_the_key_changes_with_nothing_else(book: Project, change: Callable[[Project], None]) -> None:
    before = key()
    change(book)
    assert key() == before


def test_the_key_does_not_depend_on_where_the_project_is(book: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    before = key()
    moved = book.root.rename(book.root.with_name("moved"))
    monkeypatch.setenv("GAPBOOK_ROOT", str(moved))
    assert key() == before


def test_an_installed_version_that_is_not_the_locked_one_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = [("numpy", "2.2"), ("typing-extensions", "4.1"), ("ruff", "9")]
    monkeypatch.setattr(content, "_installed", lambda: installed)
    lock = tmp_path / "requirements.txt"
    assert content.other_versions(lock) == {"numpy": ["2.2"], "typing-extensions": ["4.1"], "ruff": ["9"]}
    lock.write_text(
        "numpy==2.2 \\\n    --hash=sha256:0\ntyping_extensions==4.1 ; python_version < '4'\n", encoding="utf-8"
    )
    assert content.other_versions(lock) == {}
    monkeypatch.setattr(content, "_installed", lambda: [*installed, ("numpy", "2.3")])
    assert content.other_versions(lock) == {"numpy": ["2.3"]}


def test_the_versions_are_those_that_python_sees() -> None:
    import importlib.metadata

    found = dict(content._installed())
    assert found["numpy"] == importlib.metadata.version("numpy")
    assert found["nbformat"] == importlib.metadata.version("nbformat")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@given(given_inputs=st.dictionaries(st.text(), VALUES, max_size=6), other=VALUES, data=st.data())
def test_any_change_of_any_input_changes_the_key_and_the_order_does_not(
    given_inputs: dict[str, Any], other: Any, data: st.DataObject
) -> None:
    before = inputs.key(given_inputs)
    shuffled = data.draw(st.permutations(list(given_inputs.items())))
    assert inputs.key(dict(shuffled)) == before
    name = data.draw(st.sampled_from([*given_inputs, "another"]))
    changed = given_inputs | {name: other}
    assume(name not in given_inputs or repr(given_inputs[name]) != repr(other))
    assume(json.dumps(changed, sort_keys=True) != json.dumps(given_inputs, sort_keys=True))
    assert inputs.key(changed) != before
