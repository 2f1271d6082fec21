"""An edition as of a day is the same, byte for byte, whatever became public later."""

import ast
import csv
import datetime as dt
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coordination_gap import cut, data_package, paths, tables
from coordination_gap.press import edition as editions
from coordination_gap.press import notebooks, site
from coordination_gap.press.sphinx_book import pages

DAY = "2026-06-20"
# Fewer draws of the simulations, which no table decides.
LIGHT = (
    "01_departure.random_draws=20",
    "04_valuation.draws=2000",
    "04_valuation.samples=64",
    "06_evidence.resamples=1000",
)
Row = dict[str, str]


def other_number(cell: str) -> str:
    return str(2 * float(cell) + 1)


def other_whole_number(cell: str) -> str:
    return str(2 * int(cell) + 1)


def other_truth(cell: str) -> str:
    return "false" if cell == "true" else "true"


def later_day(cell: str) -> str:
    return (dt.date.fromisoformat(cell) + dt.timedelta(days=3)).isoformat()


def other_text(cell: str) -> str:
    return f"{cell} otherwise"


OTHER: dict[str, Callable[[str], str]] = {
    "number": other_number,
    "integer": other_whole_number,
    "boolean": other_truth,
    "date": later_day,
    "string": other_text,
}


def rewrite_later_rows(name: str, day: str) -> int:
    """Change every cell of the rows public after `day`, drop each third, add one; return how many there were."""
    record = tables.resource(name)
    if record["publicDayField"] is None:
        return 0  # every edition sees all of it
    kinds = {field["name"]: field["type"] for field in record["schema"]["fields"]}
    path = paths.data() / record["path"]
    with path.open(encoding="utf-8", newline="") as file:
        rows: list[Row] = list(csv.DictReader(file))
    kept: list[Row] = []
    later = 0
    for row in rows:
        if row[record["publicDayField"]] <= day:
            kept.append(row)
            continue
        later += 1
        changed = {column: OTHER[kinds[column]](cell) if cell else "" for column, cell in row.items()}
        if later == 1:
            kept.insert(0, {column: changed[column] for column in row})
        if later % 3:
            kept.append(changed)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(kinds), lineterminator="\n")
        writer.writeheader()
        writer.writerows(kept)
    return later


def copy_of_the_project(root: Path) -> Path:
    """Make a project whose data may be changed; all else is the project's own."""
    root.mkdir()
    for path in paths.root().iterdir():
        if path.name in {"book", "editions", "notebooks", "pipelines", "_config.yml", "_toc.yml", "requirements.txt"}:
            (root / path.name).symlink_to(path)
    shutil.copytree(paths.data(), root / "data")
    return root


def staged(folder: Path) -> dict[str, bytes]:
    """Return everything that the site of the day's edition is rendered from, by name."""
    # Not as one with replaced values, which would be compared with the plain one, and that run as well.
    edition = replace(editions.load("article-day", LIGHT), replaced=())
    assert edition.as_of == DAY
    site.stage(edition, folder)
    found = {
        path.relative_to(folder).as_posix(): path.read_bytes().replace(str(paths.root()).encode(), b"")
        for part in ("source", "beside")
        for path in sorted((folder / part).rglob("*"))
        if path.is_file()
    }
    found["material.json"] = (folder / "material.json").read_bytes()
    for name in tables.names():
        record = cut.resource(name, DAY)
        found[f"page of {name}"] = (pages.table_page(record, DAY) + pages.dictionary_entry(record)).encode()
    return found


def test_no_later_row_changes_the_articles_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (copy_of_the_project(tmp_path / name) for name in ("first", "second"))
    monkeypatch.setenv("GAPBOOK_ROOT", str(first))
    before = staged(tmp_path / "before")
    monkeypatch.setenv("GAPBOOK_ROOT", str(second))
    later = {name: rewrite_later_rows(name, DAY) for name in tables.names()}
    data_package.record_hashes()
    assert sum(later.values()) > 100
    after = staged(tmp_path / "after")
    assert {f"beside/notebooks/{name}.ipynb" for name in notebooks.names()} <= before.keys()
    assert after.keys() == before.keys()
    assert [name for name in before if after[name] != before[name]] == []


DAYS = st.dates(dt.date(2015, 1, 1), dt.date(2026, 9, 10)).map(str)


@pytest.mark.parametrize("name", tables.names())
@settings(deadline=None, max_examples=5)
@given(day=DAYS)
def test_no_later_row_changes_what_is_loaded_or_published(name: str, day: str) -> None:
    frame = tables.load(name, day)
    sources, published = tables.rows(frame), cut.table_csv(name, day)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        (Path(folder) / "data").mkdir()
        for file in ("datapackage.json", tables.resource(name)["path"]):
            shutil.copy(paths.data() / file, Path(folder) / "data" / file)
        patch.setenv("GAPBOOK_ROOT", folder)
        rewrite_later_rows(name, day)
        again = tables.load(name, day)
        pd.testing.assert_frame_equal(again.reset_index(drop=True), frame.reset_index(drop=True))
        assert tables.rows(again) == sources
        assert cut.table_csv(name, day) == published


@pytest.mark.parametrize("name", tables.names())
def test_with_every_row_visible_the_file_is_published_as_it_is(name: str) -> None:
    path = paths.data() / tables.resource(name)["path"]
    assert cut.table_csv(name, "2100-01-01") == path.read_bytes()
    assert cut.resource(name, "2100-01-01") == tables.resource(name)


def test_only_the_ground_opens_the_data() -> None:
    package = Path(tables.__file__).parent
    readers = set()
    for path in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr == "data" and ast.unparse(node) == "paths.data":
                readers.add(path.relative_to(package).as_posix())
    # data_cells and data_package only ask whether the files are as recorded; the journal replaces them.
    # What measures the frameworks puts its own tables there, which no edition runs.
    # What was published is out of date as soon as any file is another one.
    only_asked = {"data_cells.py", "data_package.py", "live/journal.py", "press/freshness/published.py"}
    assert readers == {"tables.py", "frameworks/measure.py"} | only_asked
