"""What is wrong in the cells, rows and keys of tables, each finding as one plain sentence.

The frictionless library finds most of it; its findings are put into words here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from coordination_gap import paths

Record = dict[str, Any]
Rows = list[list[str]]

PACKAGE = "data/datapackage.json"
RESTORE = "restore it with 'git checkout -- data'"
CORRECT = f"correct the cell, or the column's constraint in {PACKAGE} if that is what is wrong"
KINDS = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "date": "a day written as YYYY-MM-DD",
}


# Table Schema lets more spellings pass than the tables are read with: NaN, 1_000, True, 2026-6-1.
_SPELLED = {
    "number": re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?"),
    "integer": re.compile(r"-?[0-9]+"),
    "boolean": re.compile(r"true|false"),
    "date": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
}


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, where, and how to mend it.

    Attributes
    ----------
    file
        Path below the project's top folder.
    row
        Number of the row, counted from 1 below the header; None for the file as a whole.
    column
        Name of the column; None for the row or file as a whole.
    message
        What is wrong.
    mend
        What to do about it.
    """

    file: str
    row: int | None
    column: str | None
    message: str
    mend: str

    def __str__(self) -> str:
        where = self.file
        if self.row is not None:
            where += f", row {self.row} (line {self.row + 1})"
        if self.column is not None:
            where += f", column {self.column}"
        return f"{where}: {self.message}; {self.mend}."


def cell_faults(package: Record, examined: list[tuple[Record, Rows]]) -> list[Fault]:
    """Return what is wrong in the cells, rows and keys of tables.

    Parameters
    ----------
    package
        The data package's record.
    examined
        The record and the rows below the header of each table to examine, whose header
        is the declared one. A foreign key to a table that is not among them is left out.

    Returns
    -------
    list of Fault
        Every finding, table by table.
    """
    if not examined:
        return []
    from frictionless import FrictionlessException, Package  # slow to import, and needed by this check alone

    names = {record["name"] for record, _ in examined}
    described = {**package, "resources": [_described(record, names) for record, _ in examined]}
    try:
        report = Package.from_descriptor(described, basepath=str(paths.data())).validate(limit_errors=1_000_000)
    except FrictionlessException as error:
        reasons = error.reasons or [error.error]
        return [Fault(PACKAGE, None, None, reason.note, "mend the record") for reason in reasons]
    faults = [Fault(PACKAGE, None, None, found.note, "mend the record") for found in report.errors]
    faults += [fault for record, rows in examined for fault in _spelling_faults(record, rows)]
    misspelt = {(fault.file, fault.row, fault.column) for fault in faults}
    fields = {record["name"]: {f["name"]: f["type"] for f in record["schema"]["fields"]} for record, _ in examined}
    for task in report.tasks:
        errors = {(found.type, _place(found)) for found in task.errors}
        rows_hit = {(kind, row) for kind, (row, _) in errors}
        for found in task.errors:
            row, column = _place(found)
            fault = _cell_fault(f"data/{task.name}.csv", found, fields[task.name])
            # One cause is told once: a duplicate as such, a blank row or an absent cell not also as blank cells.
            told_otherwise = (
                (found.type == "unique-error" and ("primary-key", row) in rows_hit)
                or (found.type == "primary-key" and ("blank-row", row) in rows_hit)
                or (found.type == "constraint-error" and ("missing-cell", (row, column)) in errors)
                or (column is not None and (fault.file, fault.row, fault.column) in misspelt)
            )
            if not told_otherwise:
                faults.append(fault)
    return faults


def _place(error: Any) -> tuple[int | None, str | None]:
    return getattr(error, "row_number", None), getattr(error, "field_name", None) or None


def _spelling_faults(record: Record, rows: Rows) -> Iterator[Fault]:
    fields = [(field["name"], field["type"]) for field in record["schema"]["fields"]]
    for number, row in enumerate(rows, start=1):
        for (column, kind), cell in zip(fields, row, strict=False):
            if cell and kind in _SPELLED and not _SPELLED[kind].fullmatch(cell):
                yield _not_a(kind, f"data/{record['path']}", number, column, cell)


def _not_a(kind: str, file: str, row: int | None, column: str, cell: str) -> Fault:
    return Fault(file, row, column, f"{cell!r} is not {KINDS[kind]}", "correct the cell or leave it blank")


def referenced(key: Any) -> str | None:
    """Return the table that a foreign key refers to, None if it does not say."""
    reference = key.get("reference") if isinstance(key, dict) else None
    return reference.get("resource") if isinstance(reference, dict) else None


def _described(record: Record, names: set[str]) -> Record:
    """Return the record as frictionless is to see it: without what is checked here already."""
    schema = dict(record["schema"])
    foreign = [key for key in schema.pop("foreignKeys", []) if referenced(key) in names]
    if foreign:
        schema["foreignKeys"] = foreign
    return {**{key: value for key, value in record.items() if key not in ("hash", "bytes")}, "schema": schema}


def _cell_fault(file: str, error: Any, types: dict[str, str]) -> Fault:
    line, column = _place(error)
    row = None if line is None else line - 1
    cell = str(getattr(error, "cell", ""))
    if error.type == "type-error" and column is not None:
        return _not_a(types[column], file, row, column, cell)
    if error.type == "constraint-error":
        return Fault(file, row, column, *_constraint(cell, error.note))
    if error.type in ("primary-key", "unique-error"):
        twin = re.search(r"row at position (\d+)", error.note)
        same = f"the key is that of row {int(twin[1]) - 1}" if twin else "the key is blank"
        return Fault(file, row, column, same, "keep one of the rows or correct the key")
    if error.type == "foreign-key":
        match = re.match(r'for "(.*?)": values "(.*?)" not found in the lookup table "(.*?)"', error.note)
        if match:
            message = f"{match[2]!r} is not in the table {match[3]}"
            return Fault(file, row, match[1], message, f"correct the cell or add the row to data/{match[3]}.csv")
    if error.type == "extra-cell":
        return Fault(file, row, None, f"the row has an extra cell {cell!r}", "remove it, or quote a cell with a comma")
    if error.type == "missing-cell":
        return Fault(file, row, column, "the row has no cell here", "add the missing commas or cells")
    if error.type == "blank-row":
        return Fault(file, row, None, "the row is blank", "remove it")
    return Fault(file, row, column, error.message, RESTORE)


def _constraint(cell: str, note: str) -> tuple[str, str]:
    match = re.fullmatch(r'constraint "(\w+)" is "(.*)"', note)
    name, value = (match[1], match[2]) if match else ("", note)
    if name == "required":
        return "the cell is blank and must not be", "fill it from a source or remove the row"
    told = {
        "minimum": f"{cell!r} is below {value}, the least allowed",
        "maximum": f"{cell!r} is above {value}, the most allowed",
        "enum": f"{cell!r} is not one of {value.strip('[]')}",
        "pattern": f"{cell!r} does not have the form {value}",
    }
    return told.get(name, f"{cell!r} breaks a rule of the column ({note})"), CORRECT
