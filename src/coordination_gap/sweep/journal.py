"""The journal of a sweep: a row a line, on the disk as soon as the run has ended."""

import itertools
import json
import os
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from filelock import FileLock, Timeout

from coordination_gap.press import PressError

Row = dict[str, Any]
_ABSENT = -1


class Journal:
    """The rows of one sweep, each run once; use it as a context manager.

    Parameters
    ----------
    path
        A file of JSON lines: a first one with the key, then the rows as their runs ended.
    key
        What the sweep's results depend on; a file with another key is set aside.
    count
        How many runs there are.
    """

    def __init__(self, path: Path, key: str, count: int) -> None:
        self.path, self.key, self.count = path, key, count
        # Where each run's row begins: the rows themselves stay on the disk.
        # Only as far as there are any: a sweep may have more runs than memory has room for.
        self._places = array("q")
        self.done = 0
        #: Where a journal of other inputs went, None where there was none.
        self.set_aside: Path | None = None
        self._open()

    def _open(self) -> None:
        if self.path.exists():
            end = self._read()
            if end is None and _has_no_row(self.path):
                self.path.unlink()
            elif end is None:
                self.set_aside = _free(self.path)
                self.path.rename(self.set_aside)
            else:
                # What a killed sweep was writing when it was killed is no row.
                os.truncate(self.path, end)
        new = not self.path.exists()
        self._file = self.path.open("ab")
        if new:
            self._write({"sweep": self.key, "runs": self.count})

    def _read(self) -> int | None:
        """Note where the rows are and return where the last whole one ends; None for another sweep's file."""
        end = 0
        with self.path.open("rb") as lines:
            for number, line in enumerate(lines):
                row = _parsed(line)
                if number == 0 and (row is None or row.get("sweep") != self.key or row.get("runs") != self.count):
                    return None
                if row is None:
                    break
                if number:
                    self._note(row["run"], end)
                end += len(line)
        return end

    def _note(self, number: int, place: int) -> None:
        if not self.has(number):
            self._places.extend([_ABSENT] * (number + 1 - len(self._places)))
            self._places[number] = place
            self.done += 1

    def __enter__(self) -> "Journal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def has(self, number: int) -> bool:
        """Return whether a run has its row."""
        return number < len(self._places) and self._places[number] != _ABSENT

    def missing(self) -> Iterator[int]:
        """Yield the runs that have none, in order."""
        return (number for number in range(self.count) if not self.has(number))

    def add(self, row: Row) -> None:
        """Write a row down, for good; a second one of the same run is passed over."""
        if not self.has(row["run"]):
            self._note(row["run"], self._write(row))

    def _write(self, row: Row) -> int:
        place = self._file.tell()
        self._file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        return place

    def rows(self) -> Iterator[Row]:
        """Yield the rows in the order of their runs."""
        with self.path.open("rb") as lines:
            for place in self._places:
                if place != _ABSENT:
                    lines.seek(place)
                    yield json.loads(lines.readline())


def _parsed(line: bytes) -> Row | None:
    if not line.endswith(b"\n"):
        return None
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) else None


def _has_no_row(path: Path) -> bool:
    with path.open("rb") as lines:
        return len(list(itertools.islice(lines, 2))) < 2


def _free(path: Path) -> Path:
    number = 1
    while (other := path.with_name(f"{path.stem}-before-{number}{path.suffix}")).exists():
        number += 1
    return other


@contextmanager
def alone(folder: Path, shown: str) -> Iterator[None]:
    """Keep other sweeps out of a folder.

    Raises
    ------
    PressError
        If one is writing there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / ".lock", timeout=0):
            yield
    except Timeout:
        raise PressError(
            f"another sweep is writing to {shown}: wait for it, or name another folder with --output"
        ) from None
