"""Write the tables of measurements: first beside, then in place."""

import csv
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from coordination_gap import tables


def cell(value: Any) -> str:
    """Return a value as a table holds it: blank for none, no trailing noise for numbers."""
    if value is None:
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) >= 1 else f"{value:.6g}"
    return " ".join(str(value).split())


def write_table(path: Path, columns: Sequence[str], key: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows sorted by their key; the file that was there stays until the new one is whole.

    Raises
    ------
    ValueError
        If two rows have one key, or a row has a column that the table lacks.
    """
    lines: dict[tuple[str, ...], list[str]] = {}
    for row in rows:
        strange = set(row) - set(columns)
        if strange:
            raise ValueError(f"a row of {path.name} has the column {min(strange)!r}: it has {', '.join(columns)}")
        at = tuple(cell(row[column]) for column in key)
        if at in lines:
            raise ValueError(f"{path.name} would hold the key {'/'.join(at)} twice: give each row its own")
        lines[at] = [cell(row.get(column)) for column in columns]
    beside = path.with_suffix(".new")
    with beside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(lines[at] for at in sorted(lines))
    os.replace(beside, path)  # noqa: PTH105


def columns_of(name: str) -> tuple[list[str], list[str]]:
    """Return a table's columns and the columns of its primary key, as its record declares them."""
    return [field["name"] for field in tables.resource(name)["schema"]["fields"]], tables.primary_key(name)
