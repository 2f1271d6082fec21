"""The evidence: every table of ``data/`` as a typed frame, cut at an as-of day.

``data/datapackage.json`` (Frictionless Data Package) is the record of each table: the
type, unit and meaning of each column, the primary key, and in ``publicDayField`` the
column that holds the day on which a row became public. A frame loaded as of a day has
no row that became public later.
"""

import csv
import datetime as dt
import functools
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coordination_gap import paths

Day = str | dt.date

_MEND_LINE = "mend the line or restore the file with git; 'gapbook check data' lists every fault"


class TableError(ValueError):
    """A table or its record cannot be used as it is; the message says where and how to mend it."""


@dataclass(frozen=True)
class Source:
    """Rows of one table.

    Attributes
    ----------
    table
        The table's name, or ``"parameters"`` for values given to the notebook.
    rows
        Primary keys, their parts joined by ``/``; ``"a .. b"`` stands for all rows from
        ``a`` to ``b`` in the order of the file that could be known on the as-of day. For parameters, ``"name=value"``.
    """

    table: str
    rows: tuple[str, ...]


_tables_read: set[tuple[str, str]] = set()


def tables_read() -> dict[str, list[str]]:
    """Return for each table that this process has read the as-of days of the reading, all sorted."""
    found: dict[str, list[str]] = {}
    for name, day in sorted(_tables_read):
        found.setdefault(name, []).append(day)
    return found


def parse_day(day: Day, name: str = "as_of") -> dt.date:
    """Return `day` as a date.

    Raises
    ------
    ValueError
        If `day` is neither a date nor text of the form ``YYYY-MM-DD``.
    """
    if isinstance(day, dt.datetime) and not pd.isna(day):
        return day.date()
    if isinstance(day, dt.date) and not pd.isna(day):
        return day
    try:
        parsed = dt.date.fromisoformat(day)
    except (TypeError, ValueError):
        parsed = None
    # fromisoformat also takes 20260620 and 2026-W25-6, which no table and no edition may hold.
    if parsed is None or parsed.isoformat() != day:
        raise ValueError(f"{name} is {day!r}: give a calendar day as YYYY-MM-DD, such as 2026-06-20")
    return parsed


def package() -> dict[str, Any]:
    """Return the data package's record, ``data/datapackage.json``."""
    path = paths.data() / "datapackage.json"
    paths.note(path)
    try:
        return _parse_package(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        raise TableError(f"{_shown(path)} is missing: restore it with 'git checkout -- data'") from None


@functools.lru_cache(maxsize=4)
def _parse_package(path: Path, _changed_ns: int) -> dict[str, Any]:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise TableError(f"{_shown(path)} is not JSON ({error}): mend it or restore it with git") from None
    if not isinstance(record, dict) or not isinstance(record.get("resources"), list):
        raise TableError(f"{_shown(path)} has no list 'resources': mend it or restore it with git")
    return record


def names() -> list[str]:
    """Return the names of all tables, in the order of the data package."""
    return [resource["name"] for resource in package()["resources"]]


def resource(name: str) -> dict[str, Any]:
    """Return the record of the table `name`.

    Raises
    ------
    TableError
        If the data package has no such table.
    """
    for candidate in package()["resources"]:
        if candidate["name"] == name:
            return dict(candidate)
    raise TableError(f"data/datapackage.json has no table {name!r}: the tables are {', '.join(names())}")


@paths.accounted_for()
def load(name: str, as_of: Day) -> pd.DataFrame:
    """Load a table as it could be known on a day.

    Parameters
    ----------
    name
        The table's name in the data package.
    as_of
        The last day whose publications may be seen, as a date or ``YYYY-MM-DD``.

    Returns
    -------
    pandas.DataFrame
        The visible rows with typed columns; blank cells are missing values. The index
        is the row's number in the file, counted from 1 below the header.
        ``attrs["table"]`` and ``attrs["as_of"]`` say where the frame comes from.

    Raises
    ------
    TableError
        If the file is missing or malformed; the message names file, row and column.
    """
    day = parse_day(as_of)
    frame = _visible(name, day).copy()
    frame.attrs = {"table": name, "as_of": day.isoformat()}
    return frame


@paths.accounted_for()
def cells(name: str, as_of: Day) -> list[list[str]]:
    """Return the header and the rows that could be known on a day, cell by cell as they stand in the file.

    Raises
    ------
    TableError
        As :func:`load` does.
    """
    seen = _visible(name, parse_day(as_of)).index
    header, *lines = _lines(*_file(name))
    return [header, *(lines[row - 1] for row in seen)]


def _visible(name: str, day: dt.date) -> pd.DataFrame:
    _tables_read.add((name, day.isoformat()))
    record = resource(name)
    frame = _read(*_file(name), json.dumps(record["schema"], sort_keys=True))
    public_day = record.get("publicDayField")
    return frame[frame[public_day] <= pd.Timestamp(day)] if public_day else frame


def _file(name: str) -> tuple[Path, int]:
    """Return where a table's file is, and when it was changed."""
    path = paths.data() / resource(name)["path"]
    try:
        return path, path.stat().st_mtime_ns
    except FileNotFoundError:
        raise TableError(f"{_shown(path)} is missing: restore it with 'git checkout -- data'") from None


def files(*names_of_tables: str) -> list[Path]:
    """Return the files that say what tables hold: the data package's record, and each table's own."""
    return [paths.data() / "datapackage.json", *(paths.data() / resource(name)["path"] for name in names_of_tables)]


@functools.lru_cache(maxsize=64)
def _lines(path: Path, _changed_ns: int) -> list[list[str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.reader(file, strict=True)) or [[]]
    except (csv.Error, UnicodeDecodeError) as error:
        raise TableError(f"{_shown(path)} cannot be read as CSV ({error}): {_MEND_LINE}") from None


@functools.lru_cache(maxsize=64)
def _read(path: Path, changed_ns: int, schema_json: str) -> pd.DataFrame:
    schema = json.loads(schema_json)
    header, *lines = _lines(path, changed_ns)
    declared = [field["name"] for field in schema["fields"]]
    if header != declared:
        raise TableError(
            f"{_shown(path)} has the columns {', '.join(header) or '(none)'} where its record declares "
            f"{', '.join(declared)}: mend the header or data/datapackage.json"
        )
    for row, cells in enumerate(lines, start=1):
        if len(cells) != len(declared):
            few = "fewer" if len(cells) < len(declared) else "more"
            raise TableError(f"{_shown(path)}, row {row} (line {row + 1}) has {few} cells than columns: {_MEND_LINE}")
    index = pd.RangeIndex(1, len(lines) + 1, name="row")
    text = pd.DataFrame(lines, columns=declared, index=index, dtype=str)
    return pd.DataFrame({field["name"]: _typed(text[field["name"]], field, path) for field in schema["fields"]})


def _typed(column: "pd.Series[str]", field: dict[str, Any], path: Path) -> "pd.Series[Any]":
    blank = column.eq("")
    kind = field["type"]
    typed: pd.Series[Any]
    if kind == "string":
        return column.mask(blank)
    if kind == "boolean":
        typed = column.map({"true": True, "false": False}).astype("boolean")
    elif kind == "date":
        # The format alone would also take 2020-1-1.
        written_out = column.where(column.str.fullmatch(r"\d{4}-\d{2}-\d{2}"))
        typed = pd.to_datetime(written_out, format="%Y-%m-%d", errors="coerce").astype("datetime64[us]")
    elif kind in ("number", "integer"):
        typed = pd.to_numeric(column.mask(blank), errors="coerce")
        typed = typed.mask(~np.isfinite(typed.astype("float64")))
        if kind == "integer":
            whole = typed.isna() | ((typed % 1 == 0) & (typed.abs() < 2**63))
            typed = typed.where(whole).astype("Int64")
        else:
            typed = typed.astype("float64")
    else:
        raise TableError(f"data/datapackage.json gives column {field['name']} the unknown type {kind!r}")
    bad = typed.isna() & ~blank
    if bad.any():
        row = int(column.index[bad][0])
        raise TableError(
            f"{_shown(path)}, row {row} (line {row + 1}), column {field['name']}: {column[row]!r} cannot be read as "
            f"{kind}; correct the cell or leave it blank"
        )
    return typed


def primary_key(name: str) -> list[str]:
    """Return the columns that identify a row of the table `name`."""
    key = resource(name)["schema"]["primaryKey"]
    return [key] if isinstance(key, str) else list(key)


def row_keys(frame: pd.DataFrame, name: str) -> list[str]:
    """Return the primary key of each row of `frame`, a part of the table `name`, as text."""
    columns = primary_key(name)
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise ValueError(f"the frame lacks {', '.join(missing)}, part of the primary key of {name}: keep these columns")
    parts = [_key_text(frame[column]) for column in columns]
    return ["/".join(row) for row in zip(*parts, strict=True)]


def _key_text(column: "pd.Series[Any]") -> list[str]:
    if pd.api.types.is_datetime64_any_dtype(column):
        return list(column.dt.strftime("%Y-%m-%d"))
    if pd.api.types.is_bool_dtype(column):
        return ["true" if value else "false" for value in column]
    return [str(value) for value in column]


@paths.accounted_for()
def rows(frame: pd.DataFrame) -> Source:
    """Name the rows of `frame`, so that a fact can say which rows made it.

    Parameters
    ----------
    frame
        Rows of a loaded table, with the columns of its primary key; ``frame.attrs``
        must still name the table (pandas keeps it through filtering and sorting).

    Returns
    -------
    Source
        The rows' primary keys in file order, neighbours joined as ``"a .. b"``; rows that
        the frame's as-of day hides do not part neighbours.
    """
    if not {"table", "as_of"} <= frame.attrs.keys():
        raise ValueError("the frame does not say which table it comes from: pass rows of a frame from tables.load")
    name = frame.attrs["table"]
    order = _key_positions(name, parse_day(frame.attrs["as_of"]), *_file(name))
    wanted = set(row_keys(frame, name))
    if not wanted <= order.keys():
        raise ValueError(
            f"{name} has no row {min(wanted - order.keys())!r}: pass rows of the table as it is in the file"
        )
    positions = sorted(order[key] for key in wanted)
    keys = list(order)
    return Source(table=name, rows=tuple(_ranges(positions, keys)))


@functools.lru_cache(maxsize=64)
def _key_positions(name: str, as_of: dt.date, _path: Path, _changed_ns: int) -> dict[str, int]:
    return {key: position for position, key in enumerate(row_keys(_visible(name, as_of), name))}


def _ranges(positions: list[int], keys: list[str]) -> Iterable[str]:
    start = 0
    for end in range(1, len(positions) + 1):
        if end == len(positions) or positions[end] != positions[end - 1] + 1:
            first, last = keys[positions[start]], keys[positions[end - 1]]
            yield first if start == end - 1 else f"{first} .. {last}"
            start = end


def parameters(**values: object) -> Source:
    """Name the parameters of the notebook that made a fact."""
    return Source(table="parameters", rows=tuple(f"{name}={value}" for name, value in values.items()))


def sha256(name: str) -> str:
    """Return the SHA-256 of a table's file, in hexadecimal."""
    with paths.accounted_for():
        path = paths.data() / resource(name)["path"]
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _shown(path: Path) -> str:
    try:
        return path.relative_to(paths.root()).as_posix()
    except ValueError:
        return str(path)
