"""Reading and writing the tables of the comparison."""

import shutil
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

from coordination_gap import paths, tables
from coordination_gap.frameworks import measure, measuring, plots, readings, writing
from coordination_gap.frameworks.subjects import ORDER, PROTOCOL

DAYS = ("2026-06-20", "2026-09-10")


def test_cells_have_no_trailing_noise() -> None:
    assert [writing.cell(value) for value in (None, 3.0, 0.00046886, 1234567.0, "a\n b", 2)] == [
        "",
        "3",
        "0.00046886",
        "1234567",
        "a b",
        "2",
    ]


def test_table_is_sorted_and_put_in_place(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    writing.write_table(path, ["a", "b"], ["a"], [{"a": "y", "b": 1}, {"a": "x"}])
    assert path.read_text(encoding="utf-8") == "a,b\nx,\ny,1\n"
    assert list(tmp_path.iterdir()) == [path]


def test_a_bad_row_leaves_the_table_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(ValueError, match=r"t\.csv would hold the key x twice"):
        writing.write_table(path, ["a"], ["a"], [{"a": "x"}, {"a": "x"}])
    with pytest.raises(ValueError, match="has the column 'c'"):
        writing.write_table(path, ["a"], ["a"], [{"a": "x", "c": 1}])
    assert path.read_text(encoding="utf-8") == "old"


def test_an_unknown_name_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert measure.main(["Langraph"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("frameworks: 'Langraph' is not measured here: name one of ")
    assert said.count("\n") == 1


def test_rows_of_one_subject_and_day_take_the_place_of_the_old_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    for source in paths.data().glob("framework_*.csv"):
        shutil.copy(source, tmp_path / "data")
    shutil.copy(paths.data() / "datapackage.json", tmp_path / "data")
    before = (tmp_path / "data" / "framework_outcomes.csv").read_text(encoding="utf-8").splitlines()
    monkeypatch.setenv("GAPBOOK_ROOT", str(tmp_path))
    fresh = measuring.start(PROTOCOL, DAYS[0])
    fresh.run = {"framework": "MCP", "published_on": DAYS[0], "package": "mcp", "solve": "x", "run_on": fresh.run_on}
    fresh.outcome("kill", "none", "not measured", None, "new")
    measure.put(fresh)
    after = (tmp_path / "data" / "framework_outcomes.csv").read_text(encoding="utf-8").splitlines()
    old = [line for line in before if line.startswith(f"MCP,{DAYS[0]},")]
    assert set(before) - set(after) == set(old)
    assert [line for line in after if line not in before] == [
        f"MCP,{DAYS[0]},kill,none,not measured,,new,{fresh.run_on}"
    ]


@pytest.mark.parametrize("day", DAYS)
def test_an_edition_sees_one_solve_day_a_framework(day: str) -> None:
    seen = readings.newest(tables.load("framework_measurements", day))
    assert (seen.groupby("framework")["published_on"].nunique() == 1).all()
    assert seen["published_on"].max().strftime("%Y-%m-%d") <= day


@pytest.mark.parametrize("day", DAYS)
def test_page_tables_hold_every_framework(day: str) -> None:
    statements, released = tables.load("framework_statements", day), tables.load("framework_releases", day)
    import datetime as dt

    shown = readings.article_table(statements, released, dt.date.fromisoformat(day))
    assert tuple(shown["Framework"]) == ORDER
    assert shown.set_index("Framework").loc["AutoGen", "Status"] == "maintenance mode"
    assert shown.set_index("Framework").loc["n8n", "Licence"] == "source available"


@pytest.mark.parametrize("day", DAYS)
def test_figures_draw_what_the_tables_hold(day: str) -> None:
    measured = readings.newest(tables.load("framework_measurements", day))
    for prepare, draw, describe in (
        (plots.step_costs, plots.draw_step_costs, plots.describe_step_costs),
        (plots.weights, plots.draw_weights, plots.describe_weights),
    ):
        data = prepare(measured)
        figure = plt.figure()
        try:
            draw(figure, data)
            drawn = figure.axes[0].get_lines()[0].get_xdata()
            assert len(list(drawn)) == len(data)  # type: ignore[arg-type]
        finally:
            plt.close(figure)
        assert all(name in describe(data) for name in data["framework"])


def test_a_value_that_is_not_there_is_none() -> None:
    measured = tables.load("framework_measurements", DAYS[0])
    assert readings.value(measured, "MCP", "further step") is None
    assert readings.value(measured, "no such", "import") is None
