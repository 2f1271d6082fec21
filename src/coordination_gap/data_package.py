"""Whether ``data/`` is what its record says, fault by fault.

``data/datapackage.json`` follows Frictionless Data Package v1. The frictionless library
checks types, constraints and keys; this module adds what it leaves open: that each file
is the one recorded (SHA-256 and size), that tables and records correspond one to one,
that rows stand in the order of their key, and that each table says where it comes from,
under which rights, when it was retrieved, in which units its columns are, and which
column holds the day on which a row became public.
"""

import csv
import datetime as dt
import hashlib
import io
import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from coordination_gap import paths, tables
from coordination_gap.data_cells import KINDS, PACKAGE, RESTORE, Fault, Record, Rows, cell_faults, referenced

__all__ = ["Fault", "check_package", "record_hashes"]

# A cell may be as long as a file: an unclosed quotation mark is to be named as such, not as a long cell.
_LONGEST_CELL = 10**9


def check_package() -> list[Fault]:
    """Return every fault of ``data/`` and its record; an empty list means that all is well.

    Returns
    -------
    list of Fault
        In the order of the data package: first the record, then each table. A table whose
        file cannot be read, or whose header is wrong, is not examined cell by cell.
    """
    try:
        package = tables.package()
    except tables.TableError as error:
        message, _, mend = str(error).removeprefix(f"{PACKAGE} ").rpartition(": ")
        return [Fault(PACKAGE, None, None, message, mend)]
    faults: list[Fault] = []
    names: list[str] = []
    readable: list[tuple[Record, Rows]] = []
    for position, record in enumerate(package["resources"], start=1):
        shape = list(_shape_faults(record, position, names))
        faults += shape
        if shape:
            continue
        names.append(record["name"])
        faults += _record_faults(record)
        found, rows = _file_faults(record)
        faults += found
        if rows is not None:
            readable.append((record, rows))
            faults += _order_faults(record, rows)
    faults += _reference_faults(package["resources"])
    faults += _unrecorded_tables(package)
    return faults + cell_faults(package, readable)


def record_hashes() -> list[str]:
    """Write the SHA-256 and the size of each table's file into the record, after a deliberate edit.

    The record is replaced in one step, so that a reader never sees half of it.

    Returns
    -------
    list of str
        Names of the tables whose record has changed.

    Raises
    ------
    coordination_gap.tables.TableError
        If the record or a table is missing; nothing is written then.
    """
    package = json.loads(json.dumps(tables.package()))  # the parsed record is shared: do not change it in place
    changed = []
    for record in package["resources"]:
        path = paths.data() / record["path"]
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise tables.TableError(f"data/{record['path']} is missing: {RESTORE}") from None
        seen = {"hash": _hash(content), "bytes": len(content)}
        if any(record.get(key) != value for key, value in seen.items()):
            record.update(seen)
            changed.append(record["name"])
    if changed:
        _replace(paths.data() / "datapackage.json", json.dumps(package, indent=2, ensure_ascii=False) + "\n")
    return changed


def _replace(path: Path, text: str) -> None:
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", newline="\n", dir=path.parent, prefix=f".{path.name}.", delete=False
    ) as partial:
        try:
            partial.write(text)
            partial.close()
            Path(partial.name).chmod(path.stat().st_mode)
            Path(partial.name).replace(path)
        except OSError:
            Path(partial.name).unlink(missing_ok=True)
            raise


def _hash(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _shape_faults(record: Any, position: int, names: list[str]) -> Iterator[Fault]:
    """Yield what keeps a resource's record from being used at all."""
    mend = f"complete the record in {PACKAGE}"
    if not isinstance(record, dict) or not isinstance(record.get("name"), str):
        yield Fault(PACKAGE, None, None, f"resource {position} has no name", mend)
        return
    name = record["name"]
    if name in names:
        yield Fault(PACKAGE, None, None, f"the table {name} is recorded twice", "remove one of the two records")
    if record.get("path") != f"{name}.csv":
        yield Fault(
            PACKAGE, None, None, f"the table {name} has the path {record.get('path')!r}", f"make it '{name}.csv'"
        )
    schema = record.get("schema")
    fields = schema.get("fields") if isinstance(schema, dict) else None
    if not isinstance(fields, list) or not fields or not all(isinstance(f, dict) and "name" in f for f in fields):
        yield Fault(PACKAGE, None, None, f"the table {name} has no schema with named fields", mend)
        return
    for field in fields:
        if field.get("type") not in KINDS:
            yield Fault(
                PACKAGE, None, field["name"], f"the table {name} gives it the type {field.get('type')!r}",
                f"use one of {', '.join(KINDS)}",
            )  # fmt: skip
    keys = _key(record)
    if not keys or not set(keys) <= {field["name"] for field in fields}:
        yield Fault(PACKAGE, None, None, f"the table {name} has no primaryKey among its fields", mend)


def _key(record: Record) -> list[str]:
    key = record["schema"].get("primaryKey") or []
    return [key] if isinstance(key, str) else list(key)


def _record_faults(record: Record) -> Iterator[Fault]:
    """Yield what a resource's record leaves unsaid."""
    name = record["name"]

    def lacks(what: str, mend: str, column: str | None = None) -> Fault:
        return Fault(PACKAGE, None, column, f"the record of {name} {what}", mend)

    sources = record.get("sources")
    if not isinstance(sources, list) or not sources or not all(isinstance(s, dict) and s.get("title") for s in sources):
        yield lacks("names no source", "add 'sources', each with a title")
    if not record.get("rights") and not record.get("licenses"):
        yield lacks("states no rights", "add 'licenses', or 'rights' in words")
    if not _is_day(record.get("retrieved")):
        yield lacks("does not say when the data were retrieved", "add 'retrieved' as YYYY-MM-DD")
    fields = {field["name"]: field for field in record["schema"]["fields"]}
    for column, field in fields.items():
        for wanted in ("unit", "description"):
            if not field.get(wanted):
                yield lacks(f"gives it no {wanted}", f"add '{wanted}' to the field", column)
    if "publicDayField" not in record:
        yield lacks(
            "does not say from which day a row is visible",
            "add 'publicDayField', or null with the reason in 'publicDayNote'",
        )
    elif record["publicDayField"] is None:
        if not record.get("publicDayNote"):
            yield lacks("has no publicDayField and no reason for that", "add the reason as 'publicDayNote'")
    else:
        day = fields.get(record["publicDayField"])
        if day is None or day["type"] != "date" or not (day.get("constraints") or {}).get("required"):
            yield lacks(f"has the publicDayField {record['publicDayField']!r}", "name a required field of type date")


def _is_day(value: object) -> bool:
    try:
        return isinstance(value, str) and dt.date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _reference_faults(records: list[Record]) -> Iterator[Fault]:
    names = {record.get("name") for record in records if isinstance(record, dict)}
    for record in records:
        schema = record.get("schema") if isinstance(record, dict) else None
        for key in (schema.get("foreignKeys") or []) if isinstance(schema, dict) else []:
            table = referenced(key)
            if table not in names:
                message = f"the table {record['name']} refers to the table {table!r}, which has no record"
                yield Fault(PACKAGE, None, None, message, "correct 'foreignKeys' or add the table")


def _unrecorded_tables(package: Record) -> Iterator[Fault]:
    recorded = {record.get("path") for record in package["resources"] if isinstance(record, dict)}
    for path in sorted(paths.data().glob("*.csv")):
        if path.name not in recorded:
            yield Fault(
                f"data/{path.name}", None, None, f"the table has no record in {PACKAGE}",
                "add its record or remove the file",
            )  # fmt: skip


def _file_faults(record: Record) -> tuple[list[Fault], Rows | None]:
    """Return the faults of a table's file as a whole, and its rows if the cells can be examined."""
    file = f"data/{record['path']}"
    try:
        content = (paths.data() / record["path"]).read_bytes()
    except FileNotFoundError:
        return [Fault(file, None, None, "the table is missing", RESTORE)], None
    faults = list(_identity_faults(record, content, file))
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start)
        message = f"byte {error.start + 1} is not UTF-8 text"
        return [*faults, Fault(file, row or None, None, message, "save the file as UTF-8")], None
    if text.startswith("\ufeff"):
        mend = "save the file as UTF-8 without one"
        return [*faults, Fault(file, None, None, "the file begins with a byte-order mark", mend)], None
    rows, fault = _parse(text, file)
    if fault:
        return [*faults, fault], None
    header = list(_header_faults(record, rows, file))
    return faults + header, None if header else rows[1:]


def _identity_faults(record: Record, content: bytes, file: str) -> Iterator[Fault]:
    deliberate = (
        "if the edit is meant, run 'gapbook check data --record'; if not, restore it with 'git checkout -- data'"
    )
    if record.get("hash") != _hash(content):
        yield Fault(file, None, None, f"the file is not the one recorded ({record.get('hash')})", deliberate)
    elif record.get("bytes") != len(content):
        message = f"the file has {len(content)} bytes where its record says {record.get('bytes')}"
        yield Fault(file, None, None, message, "run 'gapbook check data --record'")


def _parse(text: str, file: str) -> tuple[Rows, Fault | None]:
    previous = csv.field_size_limit(_LONGEST_CELL)
    rows: Rows = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), strict=True):
            rows.append(row)
            if any("\n" in cell or "\r" in cell for cell in row):
                return rows, _quote_fault(file, len(rows) - 1, "a cell holds a line break")
    except csv.Error as error:
        return rows, _quote_fault(file, len(rows), f"the line is not CSV ({error})")
    finally:
        csv.field_size_limit(previous)
    return rows, None


def _quote_fault(file: str, row: int, what: str) -> Fault:
    mend = f"close the quotation mark, double it inside a quoted cell, or {RESTORE}"
    return Fault(file, row or None, None, f"{what}: a quotation mark is not closed or stands inside a cell", mend)


def _header_faults(record: Record, rows: Rows, file: str) -> Iterator[Fault]:
    declared = [field["name"] for field in record["schema"]["fields"]]
    header = rows[0] if rows else []
    if header == declared:
        return
    mend = f"mend the header or the fields in {PACKAGE}"
    missing = [name for name in declared if name not in header]
    extra = [name for name in header if name not in declared]
    for column in missing:
        yield Fault(file, None, column, "the column is missing from the header", mend)
    for column in extra:
        yield Fault(file, None, column, "the column has no field in the record", mend)
    if not missing and not extra:
        yield Fault(file, None, None, f"the header reads {', '.join(header)}, the record {', '.join(declared)}", mend)


def _order_faults(record: Record, rows: Rows) -> Iterator[Fault]:
    """Yield each row that stands before its place in the order of the primary key.

    A record that says ``"rowOrder": "as in the source"`` asks for no order.
    """
    if record.get("rowOrder") == "as in the source":
        return
    kinds = {field["name"]: field["type"] for field in record["schema"]["fields"]}
    names = list(kinds)
    keys = _key(record)
    parts: list[tuple[int, Callable[[str], Any]]] = [
        (names.index(key), float if kinds[key] in ("integer", "number") else str) for key in keys
    ]
    previous: tuple[Any, ...] | None = None
    for number, row in enumerate(rows, start=1):
        try:
            value = tuple(convert(row[index]) for index, convert in parts)
        except (ValueError, IndexError):
            continue  # a bad cell or a short row is reported as such
        if previous is not None and value < previous:
            yield Fault(
                f"data/{record['path']}", number, keys[0], "the row comes after one with a later key",
                f"sort the rows by {', '.join(keys)}",
            )  # fmt: skip
        previous = value
