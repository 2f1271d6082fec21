"""The data as an edition may publish them: no row, and no hash of a row, that became public after its day."""

import csv
import functools
import hashlib
import io
from pathlib import Path
from typing import Any

from coordination_gap import tables


def table_csv(name: str, as_of: tables.Day) -> bytes:
    """Return a table's file with only the rows that could be known on a day.

    Where all rows could, that is the file in ``data/``, byte for byte.
    """
    changed = tuple((path, path.stat().st_mtime_ns) for path in tables.files(name) if path.is_file())
    return _table_csv(name, tables.parse_day(as_of).isoformat(), changed)


@functools.lru_cache(maxsize=256)
def _table_csv(name: str, as_of: str, _changed: tuple[tuple[Path, int], ...]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(tables.cells(name, as_of))
    return text.getvalue().encode()


def package(as_of: tables.Day) -> dict[str, Any]:
    """Return the data package's record with the hash and size of each table as :func:`table_csv` writes it."""
    return tables.package() | {"resources": [resource(name, as_of) for name in tables.names()]}


def resource(name: str, as_of: tables.Day) -> dict[str, Any]:
    """Return the record of one table, its hash and size those of its visible rows."""
    content = table_csv(name, as_of)
    return tables.resource(name) | {"hash": f"sha256:{sha256(name, as_of)}", "bytes": len(content)}


def sha256(name: str, as_of: tables.Day) -> str:
    """Return the SHA-256 of :func:`table_csv`, in hexadecimal."""
    return hashlib.sha256(table_csv(name, as_of)).hexdigest()
