"""Any attempts are read back as they were written, and any file is read or refused in a sentence."""

import unicodedata
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coordination_gap.reliability.traces import (
    COLUMNS,
    OUTCOMES,
    PASSED_ON,
    RUN_OUTCOMES,
    TraceError,
    check_attempts,
    read_traces,
    write_csv,
)
from tests.reliability.trace_files import HEADER, ROW, TRACE, document, root, saved, span

# ---- what is written is read back --------------------------------------------------------------------------------

few = settings(max_examples=50, deadline=None)
names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=6).filter(str.strip)
step_names = names.filter(lambda name: not any(unicodedata.category(sign) in {"Cc", "Zl", "Zp"} for sign in name))
amounts = st.none() | st.floats(0, 1e9)
seen = sorted(set(OUTCOMES) - PASSED_ON)


@st.composite
def frames(draw: st.DrawFn, *, timed: bool = False) -> pd.DataFrame:
    rows = []
    seconds = st.integers(0, 10**12).map(lambda number: number / 1e9) if timed else amounts
    for run in draw(st.lists(names, min_size=1, max_size=4, unique=True)):
        end = draw(st.sampled_from([None, *RUN_OUTCOMES]))
        for step in draw(st.lists(step_names, min_size=1, max_size=3, unique=True)):
            outcomes = [*draw(st.lists(st.sampled_from(seen), max_size=2)), draw(st.sampled_from(sorted(OUTCOMES)))]
            rows += [
                (run, step, number, outcome, draw(seconds), draw(amounts), end)
                for number, outcome in enumerate(outcomes, start=1)
            ]
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"seconds": float, "cost": float})
    return check_attempts(frame)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("traces")


@few
@given(frames())
def test_csv_is_read_back(folder: Path, frame: pd.DataFrame) -> None:
    write_csv(frame, folder / "trace.csv")
    pd.testing.assert_frame_equal(read_traces(folder / "trace.csv"), frame, check_exact=True)


def as_spans(frame: pd.DataFrame) -> dict[str, Any]:
    """Return the frame as OTLP: a trace a run, its attempts one after the other."""
    spans = []
    for number, (_, rows) in enumerate(frame.groupby("run", sort=False), start=1):
        clock, identity = 10**18, {"traceId": f"{number:032x}"}
        end = rows["run_outcome"].iloc[0]
        spans.append(root(attributes={} if pd.isna(end) else {"gap.run.outcome": end}) | identity)
        for place, row in enumerate(rows.to_dict("records"), start=2):
            attributes = {f"gap.{name}": row[name] for name in ("step", "attempt", "outcome")}
            if not np.isnan(row["cost"]):
                attributes["gap.cost_usd"] = row["cost"]
            until = clock + round(row["seconds"] * 1e9)
            times = {"startTimeUnixNano": str(clock), "endTimeUnixNano": str(until)}
            spans.append(span(place, name="attempt", attributes=attributes) | times | identity)
            clock = until
    return document(*spans)


@few
@given(frames(timed=True))
def test_spans_are_read_back(folder: Path, frame: pd.DataFrame) -> None:
    found = read_traces(saved(folder, as_spans(frame)))
    number = pd.factorize(frame["run"])[0] + 1
    expected = frame.assign(run=pd.Series([f"{each:032x}" for each in number], dtype="str"))
    pd.testing.assert_frame_equal(found, expected, check_exact=True)


@few
@given(frames())
def test_quotes_and_blank_lines_change_nothing(folder: Path, frame: pd.DataFrame) -> None:
    write_csv(frame, folder / "plain.csv")
    quoted = [",".join(COLUMNS)]
    for row in frame.fillna({"run_outcome": ""}).itertuples(index=False):
        texts = ["" if isinstance(field, float) and np.isnan(field) else str(field) for field in row]
        quoted.append(",".join('"' + text.replace('"', '""') + '"' for text in texts))
    (folder / "quoted.csv").write_bytes("\ufeff".encode() + "\r\n\r\n".join(quoted).encode())
    pd.testing.assert_frame_equal(read_traces(folder / "quoted.csv"), read_traces(folder / "plain.csv"))


# ---- whatever a file holds, it is read or refused in a sentence ------------------------------------------------------


def read_or_refused(path: Path) -> bool:
    """Tell whether a file is read, or refused by name; any other error comes through."""
    try:
        return not read_traces(path).empty
    except TraceError as error:
        return str(path) in str(error)


fields = st.sampled_from(["", "1", "2", "r1", "find", "good", "loud", "success", '"', "é", " ", "1e400", "-0", "0x1"])
broken_lines = st.lists(st.lists(fields, max_size=8).map(",".join), max_size=5)


@few
@given(st.sampled_from([HEADER, f"{HEADER},run_outcome", "run"]), broken_lines, st.sampled_from(["\n", "\r\n", "\r"]))
def test_broken_csv_is_refused(folder: Path, header: str, lines: list[str], end: str) -> None:
    (folder / "broken.csv").write_bytes(end.join([header, ROW, *lines]).encode())
    assert read_or_refused(folder / "broken.csv")


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats()
    | st.sampled_from(["", "1", TRACE, "0000000000000001"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["code", "key", "value"]), inner),
    max_leaves=4,
)


@few
@given(st.sampled_from(sorted(span(2))), values, st.integers(0, 1))
def test_broken_spans_are_refused(folder: Path, field: str, value: Any, which: int) -> None:
    spans = deepcopy([root(), span(2, attributes={"gap.step": "find"})])
    spans[which][field] = value
    path = saved(folder, document(*spans), "broken.json")
    assert read_or_refused(path)
