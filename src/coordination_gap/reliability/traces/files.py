"""Frames of attempts from files and into them: CSV here, OTLP in ``otlp``."""

import csv
import functools
import io
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from coordination_gap.reliability.traces.frame import (
    COLUMNS,
    Place,
    Source,
    TraceError,
    check_attempts,
    check_header,
    check_incomplete,
)
from coordination_gap.reliability.traces.otlp import otlp_with_places
from coordination_gap.reliability.traces.texts import bytes_of, text_of


def read_traces(path: str | Path, *, incomplete: str = "refuse") -> pd.DataFrame:
    """Return the attempts in a file: ``.csv``, or OTLP as ``.json`` or ``.jsonl``.

    Parameters
    ----------
    path
        The file.
    incomplete
        What is done with runs whose trace is cut short (see
        :func:`~coordination_gap.reliability.traces.read_otlp`): ``"refuse"`` or ``"drop"``.
        A CSV file does not show that a run was cut short; there the estimation decides.

    Returns
    -------
    DataFrame
        A row an attempt, columns :data:`COLUMNS`: texts, ``attempt`` a whole number from
        1, ``seconds`` and ``cost`` (US dollars) NaN where the file has none, and
        ``run_outcome`` missing where it was not observed. ``frame.attrs`` names the
        ``file`` and counts what was left out: ``dropped_runs``, ``ignored_spans``.

    Raises
    ------
    TraceError
        If the file cannot be read, or does not hold what it has to.
    """
    check_incomplete(incomplete)
    return _with_places(path, incomplete)[0]


def read_csv(path: str | Path) -> pd.DataFrame:
    """Return the attempts in a CSV file with the columns :data:`COLUMNS`, in any order.

    A blank field in ``seconds``, ``cost`` or ``run_outcome`` means unknown, and the column
    ``run_outcome`` may be missing.

    Raises
    ------
    TraceError
        As for :func:`read_traces`.
    """
    return _csv_with_places(path)[0]


def places_of(attempts: pd.DataFrame) -> Place:
    """Return what says where a row (by position) of a checked frame of attempts stands.

    For a frame from a file that is file and line, or span, as long as the file has such an
    attempt: rows may have been left out or changed since it was read. Otherwise it is the row.
    """
    file = attempts.attrs.get("file")

    @functools.cache
    def again() -> tuple[pd.DataFrame, Place]:
        return _with_places(str(file), "drop")

    def place(row: int) -> str:
        if file is None:
            return f"attempts, row {row}"
        try:
            found, stands = again()
        except TraceError:  # it is no longer what was read
            return str(file)
        wanted = attempts.iloc[row]
        same = [(found[name] == wanted[name]).to_numpy() for name in ("run", "step", "attempt")]
        rows = np.flatnonzero(np.logical_and.reduce(same))
        return stands(int(rows[0])) if rows.size else str(file)

    return place


def _with_places(path: str | Path, incomplete: str) -> tuple[pd.DataFrame, Place]:
    """Return the attempts in a file, and what says where each stands."""
    suffix = Path(path).suffix.lower()
    if suffix == ".csv":
        return _csv_with_places(path)
    if suffix in {".json", ".jsonl"}:
        return otlp_with_places(path, incomplete)
    raise TraceError(f"{path}: the name ends in {suffix!r}: give a file .csv, .json or .jsonl")


def _csv_with_places(path: str | Path) -> tuple[pd.DataFrame, Place]:
    data = bytes_of(path)
    fast = _plain_csv(data, path)
    if fast is not None:
        return _checked(fast, path, lambda row: f"{path}, line {row + 2}")
    rows = list(_csv_rows(text_of(data, path), path))
    if not rows:
        raise TraceError(f"{path}: the file is empty: give a header line {','.join(COLUMNS)} and a line an attempt")
    header, body = rows[0][1], rows[1:]
    check_header(header, f"{path}, line {rows[0][0]}")
    for line, fields in body:
        if len(fields) != len(header):
            raise TraceError(
                f"{path}, line {line}: there are {len(fields)} fields under {len(header)} columns: "
                "give each column a field, blank where unknown, and quote a field with a comma in it"
            )
    if not body:
        raise TraceError(f"{path}: there is no attempt below the header: give a line an attempt")
    columns = zip(header, zip(*(fields for _, fields in body), strict=True), strict=True)
    frame = pd.DataFrame({name: pd.Series(fields, dtype="str") for name, fields in columns})
    return _checked(frame, path, lambda row: f"{path}, line {body[row][0]}")


def _checked(frame: pd.DataFrame, path: str | Path, place: Place) -> tuple[pd.DataFrame, Place]:
    # The order of the lines is the only thing in a CSV file that says which step came first.
    checked = check_attempts(frame, Source(place), in_order=True)
    checked.attrs["file"] = str(path)
    return checked, place


def write_csv(attempts: pd.DataFrame, path: str | Path) -> None:
    """Write attempts so that :func:`read_csv` returns the same frame.

    Raises
    ------
    TraceError
        If `attempts` is not a frame of attempts, or those of a step stand out of order.
    """
    checked = check_attempts(attempts, in_order=True)
    # repr gives the shortest text that is read back as the same number; a blank stands for unknown.
    texts = {
        name: ["" if math.isnan(number) else repr(number) for number in checked[name].to_list()]
        for name in ("seconds", "cost")
    }
    checked = checked.assign(**texts, run_outcome=checked["run_outcome"].fillna(""))
    columns = [checked[name].to_list() for name in COLUMNS]
    with Path(path).open("w", encoding="utf-8", newline="") as file:
        # Only what its line ends are made of, and commas and quotes, makes the writer quote a text.
        odd = any("\r" in text for name in ("run", "step") for text in checked[name].unique())
        writer = csv.writer(file, lineterminator="\r\n" if odd else "\n")
        writer.writerow(COLUMNS)
        writer.writerows(zip(*columns, strict=True))


def _plain_csv(data: bytes, path: str | Path) -> pd.DataFrame | None:
    """Return a file without quotes and blank lines as texts, or None for one that has to be read row by row."""
    if any(byte in data for byte in (b'"', b"\r", b"\0")):
        return None
    try:
        rows = pd.read_csv(io.BytesIO(data), header=None, dtype="str", keep_default_na=False, encoding="utf-8-sig")
    except ValueError:  # what is wrong, the careful reader says
        return None
    # pandas refuses a row that is longer than the first, but fills up a shorter one, and skips a blank line.
    whole = data.count(b",") == (rows.shape[1] - 1) * len(rows)
    if not whole or len(rows) < 2 or data.rstrip(b"\n").count(b"\n") + 1 != len(rows):
        return None
    header = rows.iloc[0].to_list()
    check_header(header, f"{path}, line 1")
    return rows.iloc[1:].set_axis(header, axis="columns")


def _csv_rows(text: str, path: str | Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines that are not empty, each with the number of its first line."""
    line = 0
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for fields in reader:
            if fields:
                yield line + 1, fields
            line = reader.line_num
    except csv.Error as error:
        raise TraceError(f"{path}, line {line + 1}: this is not CSV ({error}): mend the quotes") from None
