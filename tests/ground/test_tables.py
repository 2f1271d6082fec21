"""Tables are typed, named and cut at the as-of day; a bad one is refused in a sentence."""

import datetime as dt
import hashlib
import json
import shutil
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coordination_gap import tables

TABLES = Path(__file__).parents[2] / "data"
NAMES = tables.names()
LAST = "2100-01-01"
DAYS = st.dates(dt.date(2004, 1, 1), dt.date(2030, 1, 1))


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the data folder of a copy of the project."""
    monkeypatch.setenv("GAPBOOK_ROOT", str(tmp_path))
    return Path(shutil.copytree(TABLES, tmp_path / "data"))


def spoil(data: Path, table: str, old: str, new: str) -> None:
    path = data / f"{table}.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_columns_have_the_types_of_the_record() -> None:
    quarters = tables.load("alphabet_quarterly", LAST)
    assert quarters["revenue_usd"].dtype == "float64"
    assert pd.api.types.is_datetime64_any_dtype(quarters["period_end"])
    assert isinstance(quarters["fiscal_quarter"].iloc[0], str)
    assert tables.load("alphabet_annual", LAST)["fiscal_year"].dtype == "Int64"
    assert tables.load("metr_horizons", LAST)["is_state_of_the_art"].dtype == "boolean"
    for name in NAMES:
        assert list(tables.load(name, LAST).columns) == [f["name"] for f in tables.resource(name)["schema"]["fields"]]


def test_blank_cells_are_missing_and_rows_are_numbered_from_one() -> None:
    quarters = tables.load("alphabet_quarterly", LAST)
    first = quarters.loc[1]
    assert first["fiscal_quarter"] == "2015Q1"
    assert pd.isna(first["diluted_shares"])
    assert pd.isna(first["cloud_revenue_source"])
    windows = tables.load("event_windows", LAST)
    assert windows.loc[windows["session"] == "2026-08-21", "spy"].isna().all()
    assert windows["googl"].notna().all()


def test_a_loaded_frame_is_the_callers_own() -> None:
    frame = tables.load("departures", LAST)
    frame["person"] = "nobody"
    assert (tables.load("departures", LAST)["person"] != "nobody").all()


@settings(deadline=None)
@given(name=st.sampled_from(NAMES), day=DAYS)
def test_no_row_is_visible_before_its_public_day(name: str, day: dt.date) -> None:
    column = tables.resource(name)["publicDayField"]
    whole, seen = tables.load(name, LAST), tables.load(name, day)
    if column is None:  # made up, or otherwise no news of any day
        assert len(seen) == len(whole)
        return
    assert (seen[column] <= pd.Timestamp(day)).all()
    assert len(seen) == int((whole[column] <= pd.Timestamp(day)).sum())
    assert seen.attrs == {"table": name, "as_of": day.isoformat()}


@settings(deadline=None)
@given(name=st.sampled_from(NAMES), earlier=DAYS, later=DAYS)
def test_a_later_day_hides_nothing(name: str, earlier: dt.date, later: dt.date) -> None:
    earlier, later = min(earlier, later), max(earlier, later)
    assert set(tables.load(name, earlier).index) <= set(tables.load(name, later).index)


_ROWS = st.lists(st.tuples(st.integers(-9, 9), DAYS), min_size=1, max_size=8)


@settings(deadline=None, max_examples=50)
@given(rows=_ROWS, others=st.lists(st.integers(10, 99), min_size=8, max_size=8), day=DAYS)
def test_changing_later_rows_changes_nothing(rows: list[tuple[int, dt.date]], others: list[int], day: dt.date) -> None:
    changed = [(other if public > day else value, public) for (value, public), other in zip(rows, others, strict=False)]
    pd.testing.assert_frame_equal(_load_written(rows, day), _load_written(changed, day))


def _load_written(rows: list[tuple[int, dt.date]], day: dt.date) -> pd.DataFrame:
    fields = [("id", "string"), ("value", "integer"), ("published_on", "date")]
    record = {
        "name": "made",
        "path": "made.csv",
        "publicDayField": "published_on",
        "schema": {"fields": [{"name": n, "type": t} for n, t in fields], "primaryKey": "id"},
    }
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("GAPBOOK_ROOT", folder)
        data = Path(folder) / "data"
        data.mkdir()
        (data / "datapackage.json").write_text(json.dumps({"resources": [record]}), encoding="utf-8")
        lines = ["id,value,published_on", *(f"r{i},{value},{public}" for i, (value, public) in enumerate(rows))]
        (data / "made.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return tables.load("made", day)


@pytest.mark.parametrize("day", ["2026-13-01", "20 June 2026", "", "tomorrow", "20260620", "2026-W25-6", pd.NaT])
def test_a_day_that_is_none(day: tables.Day) -> None:
    with pytest.raises(ValueError, match=r"as_of is .*: give a calendar day as YYYY-MM-DD, such as 2026-06-20"):
        tables.load("departures", day)


def test_a_day_may_be_a_date_or_a_time() -> None:
    wanted = dt.date(2026, 6, 20)
    assert tables.parse_day("2026-06-20") == tables.parse_day(wanted) == wanted
    assert tables.parse_day(dt.datetime(2026, 6, 20, 23, 59)) == wanted


def test_an_unknown_table() -> None:
    with pytest.raises(tables.TableError, match=r"has no table 'prices': the tables are alphabet_quarterly"):
        tables.load("prices", LAST)


@pytest.mark.parametrize(
    ("table", "old", "new", "message"),
    [
        (
            "alphabet_quarterly",
            "17258000000",
            "17258m",
            r"row 1 \(line 2\), column revenue_usd: '17258m' cannot be read as number; correct the cell",
        ),
        (
            "alphabet_quarterly",
            "17258000000",
            "inf",
            r"row 1 \(line 2\), column revenue_usd: 'inf' cannot be read as number; correct the cell",
        ),
        (
            "alphabet_quarterly",
            "2015-06-30",
            "2015-06-31",
            r"row 2 \(line 3\), column period_end: '2015-06-31' cannot be read as date",
        ),
        (
            "taubench_trials",
            "0,0,0,32",
            "0,0,0.5,32",
            r"row 1 \(line 2\), column success: '0.5' cannot be read as integer; .* or leave it blank",
        ),
        ("taubench_trials", "0,0,0,32", f"0,0,{2**63},32", r"row 1 \(line 2\), column success: .* read as integer"),
        ("alphabet_quarterly", "2015-06-30", "2015-6-30", r"column period_end: '2015-6-30' cannot be read as date"),
        ("metr_horizons", "true", "yes", r"column is_state_of_the_art: 'yes' cannot be read as boolean"),
        ("departures", "event_id,person", "event_id,name", "has the columns event_id, name"),
        ("departures", "barra-2013,", "barra-2013,extra,", r"row 2 \(line 3\) has more cells than columns"),
    ],
)
def test_a_malformed_table_is_refused(data: Path, table: str, old: str, new: str, message: str) -> None:
    spoil(data, table, old, new)
    with pytest.raises(tables.TableError, match=message) as refused:
        tables.load(table, LAST)
    assert f"data/{table}.csv" in str(refused.value)


@pytest.mark.parametrize("cells", [1, -1])
def test_a_row_with_fewer_cells_than_columns_is_refused(data: Path, cells: int) -> None:
    path = data / "departures.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[2] = ",".join(lines[2].split(",")[:cells])
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(tables.TableError, match=r"data/departures.csv, row 2 \(line 3\) has fewer cells.*: mend"):
        tables.load("departures", LAST)


@pytest.mark.parametrize("number", [1, 3])
def test_a_blank_line_is_refused_and_not_skipped(data: Path, number: int) -> None:
    path = data / "departures.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    lines.insert(number, "")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    message = rf"data/departures.csv, row {number} \(line {number + 1}\) has fewer cells.*: mend the line"
    with pytest.raises(tables.TableError, match=message):
        tables.load("departures", LAST)


def test_text_in_another_encoding_is_refused(data: Path) -> None:
    path = data / "departures.csv"
    path.write_bytes(path.read_bytes().replace(b"Hugo", "Hügo".encode("latin-1"), 1))
    with pytest.raises(tables.TableError, match=r"data/departures.csv cannot be read as CSV"):
        tables.load("departures", LAST)


def test_a_missing_table_is_refused(data: Path) -> None:
    (data / "departures.csv").unlink()
    with pytest.raises(tables.TableError, match=r"data/departures.csv is missing: restore it"):
        tables.load("departures", LAST)


def test_a_missing_or_corrupt_record_is_refused(data: Path) -> None:
    path = data / "datapackage.json"
    path.write_text("{", encoding="utf-8")
    with pytest.raises(tables.TableError, match=r"data/datapackage.json is not JSON"):
        tables.names()
    path.write_text("[]", encoding="utf-8")
    with pytest.raises(tables.TableError, match=r"data/datapackage.json has no list 'resources'"):
        tables.names()
    path.unlink()
    with pytest.raises(tables.TableError, match=r"data/datapackage.json is missing"):
        tables.names()


def expanded(source: tables.Source) -> list[str]:
    """Return every key that a source names, its ranges written out."""
    whole = tables.load(source.table, LAST)
    order = tables.row_keys(whole, source.table)
    keys: list[str] = []
    for part in source.rows:
        first, _, last = part.partition(" .. ")
        keys += order[order.index(first) : order.index(last or first) + 1]
    return keys


@settings(deadline=None)
@given(name=st.sampled_from(NAMES), picked=st.sets(st.integers(0, 199), max_size=30))
def test_the_rows_of_a_source_lead_back_to_the_rows(name: str, picked: set[int]) -> None:
    whole = tables.load(name, LAST)
    chosen = whole.iloc[sorted(position for position in picked if position < len(whole))]
    source = tables.rows(chosen.sample(frac=1, random_state=1))
    assert source.table == name
    assert expanded(source) == tables.row_keys(chosen, name)


def test_neighbours_are_named_as_one_range() -> None:
    quarters = tables.load("alphabet_quarterly", LAST).set_index("fiscal_quarter", drop=False)
    picked = quarters.loc[["2026Q1", "2024Q1", "2025Q3", "2025Q4"]]
    assert tables.rows(picked).rows == ("2024Q1", "2025Q3 .. 2026Q1")


def test_a_key_of_several_columns_is_joined() -> None:
    arena = tables.load("arena_weekly", LAST)
    assert tables.row_keys(arena.head(1), "arena_weekly") == ["2024-06-29/text/Anthropic"]
    windows = tables.load("event_windows", LAST)
    assert tables.rows(windows.head(2)).rows == ("arora-2014/-141 .. arora-2014/-140",)


@pytest.mark.parametrize("name", NAMES)
def test_keys_name_one_row_each(name: str) -> None:
    keys = tables.row_keys(tables.load(name, LAST), name)
    assert len(set(keys)) == len(keys)
    assert not any(" .. " in key for key in keys)


def test_rows_of_an_unnamed_frame_are_refused() -> None:
    with pytest.raises(ValueError, match="does not say which table it comes from"):
        tables.rows(pd.DataFrame({"event_id": ["a"]}))


def test_a_row_that_is_not_in_the_file_is_refused() -> None:
    events = tables.load("departures", LAST)
    events.loc[events.index[0], "event_id"] = "nobody-2026"
    with pytest.raises(ValueError, match=r"departures has no row 'nobody-2026': pass rows of the table as it is"):
        tables.rows(events)


def test_rows_without_their_key_are_refused() -> None:
    with pytest.raises(ValueError, match="lacks offset, part of the primary key of event_windows"):
        tables.rows(tables.load("event_windows", LAST).drop(columns="offset"))


def test_the_tables_read_are_remembered() -> None:
    tables.load("filings", LAST)
    tables.cells("filings", "2026-06-20")
    read = tables.tables_read()
    assert {"2026-06-20", LAST} <= set(read["filings"])
    assert list(read) == sorted(read)
    assert all(days == sorted(days) for days in read.values())


@pytest.mark.parametrize("name", NAMES)
def test_the_hash_is_that_of_the_file(name: str) -> None:
    assert tables.sha256(name) == hashlib.sha256((TABLES / f"{name}.csv").read_bytes()).hexdigest()


def test_parameters_are_named_with_their_values() -> None:
    assert tables.parameters(steps=6, step_success=0.97).rows == ("steps=6", "step_success=0.97")


@pytest.mark.parametrize("name", tables.names())
def test_rows_are_named_as_they_stand_in_the_file(name: str) -> None:
    day = "2026-09-10"
    header, *lines = tables.cells(name, day)
    key = tables.resource(name)["schema"]["primaryKey"]
    places = [header.index(column) for column in ([key] if isinstance(key, str) else key)]
    named = {"/".join(line[place] for place in places) for line in lines}
    assert set(tables.row_keys(tables.load(name, day), name)) == named
