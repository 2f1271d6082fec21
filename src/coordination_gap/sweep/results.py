"""What a sweep comes to: one row a run as Parquet and CSV, in the order of the design."""

import csv
import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped] # it has no types
import pyarrow.parquet as pq  # type: ignore[import-untyped] # likewise

from coordination_gap.sweep.journal import Journal

Row = dict[str, Any]
_GROUP = 5000


def write_tables(journal: Journal, names: Sequence[str], folder: Path) -> tuple[Path, Path]:
    """Write ``facts.parquet`` and ``facts.csv``: the run, its parameters, each fact's value, and the error.

    Only some rows are in memory at a time, however many there are.
    """
    schema = _schema(journal.rows(), names)
    parquet, table = folder / "facts.parquet", folder / "facts.csv"
    with pq.ParquetWriter(parquet, schema) as writer, table.open("w", encoding="utf-8", newline="") as lines:
        written = csv.DictWriter(lines, schema.names)
        written.writeheader()
        for group in _groups(_flat(row, schema) for row in journal.rows()):
            writer.write_table(pa.Table.from_pylist(group, schema=schema))
            written.writerows(group)
    return parquet, table


def _schema(rows: Iterable[Row], names: Sequence[str]) -> pa.Schema:
    kinds: dict[str, set[type]] = {}
    for row in rows:
        for column, value in itertools.chain(row["parameters"].items(), row["facts"].items()):
            kinds.setdefault(column, set()).add(type(value))
    facts = [column for column in kinds if column not in names]
    columns = [(column, _type(kinds.get(column, set()))) for column in (*names, *facts)]
    return pa.schema([("run", pa.int64()), *columns, ("error", pa.string())])


def _type(kinds: set[type]) -> pa.DataType:
    kinds = kinds - {type(None)}
    if kinds == {bool}:
        return pa.bool_()
    if kinds == {int}:
        return pa.int64()
    return pa.float64() if kinds and kinds <= {int, float} else pa.string()


def _flat(row: Row, schema: pa.Schema) -> Row:
    found = {**row["parameters"], **row["facts"], "run": row["run"], "error": row["error"]}
    return {field.name: _of_type(found.get(field.name), field.type) for field in schema}


def _of_type(value: Any, kind: pa.DataType) -> Any:
    if value is None:
        return None
    if kind == pa.string():
        return str(value)
    return float(value) if kind == pa.float64() else value


def _groups(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while group := list(itertools.islice(rows, _GROUP)):
        yield group
