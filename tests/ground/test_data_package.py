"""Each fault that a table or its record can have is told in one sentence that says where and how to mend it."""

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coordination_gap import paths, tables
from coordination_gap.data_package import Fault, check_package, record_hashes

TABLES = Path(__file__).parents[2] / "data"


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the data folder of a copy of the project, its tables cut to their first rows."""
    monkeypatch.setenv("GAPBOOK_ROOT", str(tmp_path))
    copy = Path(shutil.copytree(TABLES, tmp_path / "data"))
    for path in copy.glob("*.csv"):
        if path.stem != "claims":  # other tables refer to rows all over it
            write(path, read(path)[:61])
    record_hashes()
    return copy


def read(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def write(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def set_cell(data: Path, table: str, row: int, column: str, value: str) -> None:
    rows = read(data / f"{table}.csv")
    rows[row][rows[0].index(column)] = value
    write(data / f"{table}.csv", rows)


def set_record(data: Path, table: str, change: Callable[[dict[str, Any]], object]) -> None:
    path = data / "datapackage.json"
    package = json.loads(path.read_text(encoding="utf-8"))
    change(next(record for record in package["resources"] if record["name"] == table))
    path.write_text(json.dumps(package), encoding="utf-8")


def recorded_faults() -> list[Fault]:
    """Return the faults that are left once the edited files are recorded as meant."""
    record_hashes()
    return check_package()


def only(faults: list[Fault]) -> Fault:
    assert len(faults) == 1, [str(fault) for fault in faults]
    sentence = str(faults[0])
    assert "\n" not in sentence
    assert sentence.startswith(faults[0].file)
    assert sentence.endswith(f"; {faults[0].mend}.")
    return faults[0]


def test_the_project_has_no_faults() -> None:
    assert [str(fault) for fault in check_package()] == []


def test_a_fault_is_one_sentence() -> None:
    fault = Fault("data/filings.csv", 3, "form", "'10-X' is not one of '10-K'", "correct the cell")
    assert str(fault) == "data/filings.csv, row 3 (line 4), column form: '10-X' is not one of '10-K'; correct the cell."
    assert str(Fault("data/filings.csv", None, None, "the table is missing", RESTORE)) == (
        f"data/filings.csv: the table is missing; {RESTORE}."
    )


RESTORE = "restore it with 'git checkout -- data'"


@pytest.mark.parametrize(
    ("table", "column", "value", "message"),
    [
        ("alphabet_quarterly", "revenue_usd", "17258m", "'17258m' is not a number"),
        ("alphabet_quarterly", "revenue_usd", "NaN", "'NaN' is not a number"),
        ("alphabet_quarterly", "revenue_usd", "17_258", "'17_258' is not a number"),
        ("alphabet_quarterly", "period_end", "2015-02-30", "'2015-02-30' is not a day written as YYYY-MM-DD"),
        ("alphabet_quarterly", "period_end", "31/03/2015", "'31/03/2015' is not a day written as YYYY-MM-DD"),
        ("alphabet_annual", "headcount", "61.5", "'61.5' is not a whole number"),
        ("metr_horizons", "is_state_of_the_art", "True", "'True' is not true or false"),
        ("metr_horizons", "average_score", "1.5", "'1.5' is above 1, the most allowed"),
        ("alphabet_annual", "equity_usd", "-1", "'-1' is below 0, the least allowed"),
        ("departures", "kind", "resignation", "'resignation' is not one of 'departure', 'role change', 'return'"),
        ("filings", "source", "", "the cell is blank and must not be"),
        ("alphabet_quarterly", "accession_numbers", "16-21", "'16-21' does not have the form"),
    ],
)
def test_a_bad_cell(data: Path, table: str, column: str, value: str, message: str) -> None:
    set_cell(data, table, 1, column, value)
    fault = only(recorded_faults())
    assert (fault.file, fault.row, fault.column) == (f"data/{table}.csv", 1, column)
    assert fault.message.startswith(message)


def test_every_fault_is_told(data: Path) -> None:
    set_cell(data, "alphabet_quarterly", 1, "revenue_usd", "abc")
    set_cell(data, "alphabet_quarterly", 4, "net_income_usd", "def")
    set_cell(data, "departures", 2, "person", "")
    (data / "epoch_index.csv").unlink()
    faults = check_package()
    assert {(fault.file, fault.row, fault.column) for fault in faults} >= {
        ("data/alphabet_quarterly.csv", 1, "revenue_usd"),
        ("data/alphabet_quarterly.csv", 4, "net_income_usd"),
        ("data/departures.csv", 2, "person"),
        ("data/epoch_index.csv", None, None),
    }


def test_a_key_that_occurs_twice(data: Path) -> None:
    rows = read(data / "epoch_index.csv")
    rows.insert(3, rows[2])
    write(data / "epoch_index.csv", rows)
    fault = only(recorded_faults())
    assert (fault.row, fault.message) == (3, "the key is that of row 2")


def test_rows_out_of_order(data: Path) -> None:
    rows = read(data / "event_windows.csv")
    rows[5], rows[6] = rows[6], rows[5]
    write(data / "event_windows.csv", rows)
    fault = only(recorded_faults())
    assert (fault.row, fault.mend) == (6, "sort the rows by event_id, offset")


def test_rows_in_the_order_of_the_source_are_left_alone(data: Path) -> None:
    rows = read(data / "event_windows.csv")
    rows[5], rows[6] = rows[6], rows[5]
    write(data / "event_windows.csv", rows)
    set_record(data, "event_windows", lambda record: record.update(rowOrder="as in the source"))
    assert recorded_faults() == []


def test_a_foreign_key_without_its_row(data: Path) -> None:
    set_cell(data, "concurrent_events", 1, "event_id", "aaa-2014")
    fault = only(recorded_faults())
    assert (fault.row, fault.column, fault.message) == (1, "event_id", "'aaa-2014' is not in the table departures")


def test_a_row_with_an_extra_cell(data: Path) -> None:
    rows = read(data / "filings.csv")
    rows[3].append("surplus")
    write(data / "filings.csv", rows)
    fault = only(recorded_faults())
    assert (fault.row, fault.message) == (3, "the row has an extra cell 'surplus'")


def test_a_row_that_lacks_a_cell(data: Path) -> None:
    rows = read(data / "arena_weekly.csv")
    del rows[3][-1]
    write(data / "arena_weekly.csv", rows)
    fault = only(recorded_faults())
    assert (fault.row, fault.column, fault.message) == (3, "published_on_basis", "the row has no cell here")


def test_a_blank_row(data: Path) -> None:
    path = data / "filings.csv"
    lines = path.read_text(encoding="utf-8").split("\n")
    path.write_text("\n".join([*lines[:4], "", *lines[4:]]), encoding="utf-8")
    fault = only(recorded_faults())
    assert (fault.row, fault.message) == (4, "the row is blank")


@pytest.mark.parametrize("cell", ['"Hugo Barra', '"Hugo" Barra'])
def test_a_quotation_mark_out_of_place(data: Path, cell: str) -> None:
    path = data / "departures.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("Hugo Barra", cell, 1), encoding="utf-8")
    fault = only(recorded_faults())
    assert fault.row == 2
    assert "a quotation mark is not closed or stands inside a cell" in fault.message


def test_a_quotation_mark_that_is_never_closed(data: Path) -> None:
    path = data / "event_windows.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("arora-2014,-140", '"arora-2014,-140', 1), encoding="utf-8")
    fault = only(recorded_faults())
    assert fault.row == 2
    assert "quotation mark" in fault.message


def test_text_in_another_encoding(data: Path) -> None:
    path = data / "departures.csv"
    content = path.read_bytes().replace(b"Hugo Barra", "Hugo Bárra".encode("latin-1"), 1)
    path.write_bytes(content)
    fault = only(recorded_faults())
    assert (fault.row, fault.mend) == (2, "save the file as UTF-8")
    assert "is not UTF-8 text" in fault.message


def test_a_byte_order_mark(data: Path) -> None:
    path = data / "departures.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert only(recorded_faults()).message == "the file begins with a byte-order mark"


def test_a_missing_column(data: Path) -> None:
    write(data / "departures.csv", [row[:3] + row[4:] for row in read(data / "departures.csv")])
    fault = only(recorded_faults())
    assert (fault.column, fault.message) == ("kind", "the column is missing from the header")


def test_a_column_without_a_field(data: Path) -> None:
    rows = read(data / "departures.csv")
    write(data / "departures.csv", [[*rows[0], "note"], *([*row, ""] for row in rows[1:])])
    fault = only(recorded_faults())
    assert (fault.column, fault.message) == ("note", "the column has no field in the record")


def test_columns_in_another_order(data: Path) -> None:
    write(data / "departures.csv", [[row[1], row[0], *row[2:]] for row in read(data / "departures.csv")])
    assert only(recorded_faults()).message.startswith("the header reads person, event_id, role")


def test_an_empty_file(data: Path) -> None:
    (data / "departures.csv").write_text("", encoding="utf-8")
    faults = recorded_faults()
    assert {fault.column for fault in faults} == set(read(TABLES / "departures.csv")[0])


def test_a_missing_table(data: Path) -> None:
    (data / "departures.csv").unlink()
    fault = only(check_package())
    assert str(fault) == f"data/departures.csv: the table is missing; {RESTORE}."


def test_a_table_without_a_record(data: Path) -> None:
    (data / "stray.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    fault = only(check_package())
    assert (fault.file, fault.mend) == ("data/stray.csv", "add its record or remove the file")


def test_a_table_that_is_not_the_one_recorded(data: Path) -> None:
    set_cell(data, "alphabet_annual", 1, "revenue_usd", "1")
    fault = only(check_package())
    assert fault.message.startswith("the file is not the one recorded (sha256:")
    assert "gapbook check data --record" in fault.mend


def test_a_wrong_size_in_the_record(data: Path) -> None:
    set_record(data, "filings", lambda record: record.update(bytes=1))
    assert only(check_package()).message.endswith("bytes where its record says 1")


def test_a_record_that_is_not_json(data: Path) -> None:
    path = data / "datapackage.json"
    path.write_text(path.read_text(encoding="utf-8")[:-5], encoding="utf-8")
    fault = only(check_package())
    assert fault.file == "data/datapackage.json"
    assert "is not JSON" in fault.message
    assert "line" in fault.message


def test_a_missing_record(data: Path) -> None:
    (data / "datapackage.json").unlink()
    assert str(only(check_package())) == f"data/datapackage.json: is missing; {RESTORE}."


def _field(record: dict[str, Any], name: str) -> dict[str, Any]:
    return next(field for field in record["schema"]["fields"] if field["name"] == name)


@pytest.mark.parametrize(
    ("change", "column", "message"),
    [
        (lambda r: r.pop("sources"), None, "names no source"),
        (lambda r: r.update(sources=[]), None, "names no source"),
        (lambda r: r.pop("rights"), None, "states no rights"),
        (lambda r: r.pop("retrieved"), None, "does not say when the data were retrieved"),
        (lambda r: r.update(retrieved="20261122"), None, "does not say when the data were retrieved"),
        (lambda r: _field(r, "person").pop("unit"), "person", "gives it no unit"),
        (lambda r: _field(r, "person").update(description=""), "person", "gives it no description"),
        (lambda r: r.pop("publicDayField"), None, "does not say from which day a row is visible"),
        (lambda r: r.update(publicDayField=None), None, "has no publicDayField and no reason for that"),
        (lambda r: r.update(publicDayField="person"), None, "has the publicDayField 'person'"),
        (lambda r: r.update(publicDayField="absent"), None, "has the publicDayField 'absent'"),
        (lambda r: _field(r, "announced_on").pop("constraints"), None, "has the publicDayField 'announced_on'"),
    ],
)
def test_a_record_that_leaves_something_unsaid(
    data: Path, change: Callable[[dict[str, Any]], object], column: str | None, message: str
) -> None:
    set_record(data, "departures", change)
    fault = only(check_package())
    assert (fault.file, fault.column) == ("data/datapackage.json", column)
    assert fault.message == f"the record of departures {message}"


def test_no_public_day_with_the_reason_for_it(data: Path) -> None:
    set_record(data, "departures", lambda r: r.update(publicDayField=None, publicDayNote="definitions, always known"))
    assert check_package() == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: r.pop("name"), "has no name"),
        (lambda r: r.update(name="filings"), "the table filings"),
        (lambda r: r.update(path="../departures.csv"), "the table departures has the path '../departures.csv'"),
        (lambda r: r.update(path="/departures.csv"), "the table departures has the path '/departures.csv'"),
        (lambda r: r.pop("schema"), "the table departures has no schema with named fields"),
        (lambda r: _field(r, "person").update(type="text"), "the table departures gives it the type 'text'"),
        (lambda r: r["schema"].pop("primaryKey"), "the table departures has no primaryKey among its fields"),
        (
            lambda r: r["schema"].update(foreignKeys=[{"fields": ["person"], "reference": {"resource": "people"}}]),
            "the table departures refers to the table 'people', which has no record",
        ),
    ],
)
def test_a_record_that_cannot_be_used(data: Path, change: Callable[[dict[str, Any]], object], message: str) -> None:
    set_record(data, "departures", change)
    faults = check_package()
    assert any(fault.file == "data/datapackage.json" and message in fault.message for fault in faults)


def test_record_hashes_names_what_changed_and_settles(data: Path) -> None:
    assert record_hashes() == []
    before = (data / "datapackage.json").read_text(encoding="utf-8")
    set_cell(data, "alphabet_annual", 1, "revenue_usd", "1")
    assert record_hashes() == ["alphabet_annual"]
    after = (data / "datapackage.json").read_text(encoding="utf-8")
    assert len(set(after.split("\n")) - set(before.split("\n"))) == 2  # the hash and the size, nothing else
    assert tables.resource("alphabet_annual")["hash"] == f"sha256:{tables.sha256('alphabet_annual')}"
    assert record_hashes() == []
    assert check_package() == []


def test_record_hashes_leaves_the_record_whole_if_writing_fails(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_cell(data, "alphabet_annual", 1, "revenue_usd", "1")
    before = (data / "datapackage.json").read_bytes()
    listed = sorted(path.name for path in data.iterdir())

    def full(self: Path, target: Path) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="no space left"):
        record_hashes()
    assert (data / "datapackage.json").read_bytes() == before
    assert sorted(path.name for path in data.iterdir()) == listed


def test_record_hashes_writes_nothing_if_a_table_is_missing(data: Path) -> None:
    (data / "departures.csv").unlink()
    before = (data / "datapackage.json").read_bytes()
    with pytest.raises(tables.TableError, match=r"data/departures.csv is missing: restore it"):
        record_hashes()
    assert (data / "datapackage.json").read_bytes() == before


def test_the_copy_is_what_is_checked(data: Path) -> None:
    assert paths.data() == data
