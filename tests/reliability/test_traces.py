"""What files of attempts say, as CSV and as spans, and runs in them that are cut short."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from coordination_gap.reliability.traces import TraceError, read_traces
from tests.reliability.trace_files import CASES, TRACE, document, root, saved, sentence, span

# ---- what files say ------------------------------------------------------------------------------------------------


def test_csv_example() -> None:
    frame = read_traces(CASES / "support.csv")
    assert list(frame.columns) == ["run", "step", "attempt", "outcome", "seconds", "cost", "run_outcome"]
    assert len(frame) == 27
    assert frame["run"].nunique() == 8
    row = frame.iloc[4].to_dict()
    assert (row["run"], row["step"], row["attempt"], row["outcome"], row["seconds"]) == (
        "m2",
        "look up",
        1,
        "loud",
        5.0,
    )
    assert np.isnan(row["cost"])  # blank is unknown, not 0
    assert frame["cost"].isna().sum() == 10
    assert frame.attrs == {"file": str(CASES / "support.csv"), "dropped_runs": 0, "ignored_spans": 0}


def test_spans_of_the_same_runs_say_the_same() -> None:
    frame, spans = read_traces(CASES / "support.csv"), read_traces(CASES / "support.jsonl")
    pd.testing.assert_frame_equal(spans.drop(columns="run"), frame.drop(columns="run"))
    assert (pd.factorize(spans["run"])[0] == pd.factorize(frame["run"])[0]).all()
    counted = {"dropped_runs": 0, "ignored_spans": 9, "ignored_span_names": {"chat": 9}}
    assert spans.attrs == {"file": str(CASES / "support.jsonl"), **counted}


def test_spans_without_attributes_of_ours() -> None:
    frame = read_traces(CASES / "genai.json")
    assert frame["step"].tolist() == [
        "chat small-model", "order_lookup", "order_lookup", "reply", "chat small-model", "order_lookup",
    ]  # fmt: skip
    assert frame["attempt"].tolist() == [1, 1, 2, 1, 1, 1]
    assert frame["outcome"].tolist() == ["passed", "loud", "passed", "passed", "passed", "loud"]
    assert frame["seconds"].tolist() == [0.4, 0.5, 0.2, 1.8, 0.3, 0.6]
    assert frame["cost"].isna().all()
    assert frame["run_outcome"].fillna("").tolist() == [""] * 4 + ["halted"] * 2
    assert frame.attrs["ignored_span_names"] == {"SELECT orders": 1}


@pytest.mark.parametrize("suffix", [".json", ".jsonl"])
def test_one_document_or_one_a_line(tmp_path: Path, suffix: str) -> None:
    documents = [document(root()), document(span(2))]
    lines = saved(tmp_path, "\n\n".join(json.dumps(each) for each in documents), f"lines{suffix}")
    both = {"resourceSpans": [each["resourceSpans"][0] for each in documents]}
    whole = saved(tmp_path, json.dumps(both, indent=2), f"whole{suffix}")
    pd.testing.assert_frame_equal(read_traces(lines), read_traces(whole))


def test_encodings_of_one_span_that_mean_the_same(tmp_path: Path) -> None:
    said = {"gap.step": "find", "gap.attempt": 1, "gap.outcome": "loud", "gap.cost_usd": 0.25}
    plain = read_traces(saved(tmp_path, document(root(), span(2, attributes=said))))
    assert plain.iloc[0].to_dict() == {
        "run": TRACE, "step": "find", "attempt": 1, "outcome": "loud", "seconds": 1.0, "cost": 0.25,
        "run_outcome": plain["run_outcome"].iloc[0],
    }  # fmt: skip
    assert plain["run_outcome"].isna().all()
    other = span(2, attributes=said, kind=3, unheardOf={"a": 1}, status={"code": "STATUS_CODE_ERROR"})
    other |= {"traceId": TRACE.upper(), "startTimeUnixNano": 2 * 10**9, "endTimeUnixNano": 3e9}
    other["attributes"][1]["value"] = {"intValue": 1}
    other["attributes"].append({"key": "tags", "value": {"arrayValue": {"values": []}}})
    bare_root = {key: value for key, value in root().items() if key != "attributes"}
    first = {**bare_root, "parentSpanId": "0000000000000000"}
    pd.testing.assert_frame_equal(read_traces(saved(tmp_path, document(other, first))), plain)


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"status": {"code": 2}}, "loud"),
        ({"status": {"code": "STATUS_CODE_ERROR"}}, "loud"),
        ({"status": {"code": 1}}, "passed"),
        ({"status": {}}, "passed"),
        ({"attributes": {"error.type": "timeout"}}, "loud"),
        ({"status": {"code": 2}, "attributes": {"gap.outcome": "rejected_bad"}}, "rejected_bad"),
    ],
)
def test_outcome_of_a_span(tmp_path: Path, fields: dict[str, Any], outcome: str) -> None:
    assert read_traces(saved(tmp_path, document(root(), span(2, **fields))))["outcome"].tolist() == [outcome]


@pytest.mark.parametrize(
    ("fields", "end"),
    [
        ({}, None),
        ({"status": {"code": 2}}, "halted"),
        ({"attributes": {"gap.run.outcome": "silent_failure"}}, "silent_failure"),
        ({"attributes": {"gap.run.outcome": "success"}, "status": {"code": 2}}, "success"),
    ],
)
def test_end_of_a_run(tmp_path: Path, fields: dict[str, Any], end: str | None) -> None:
    found = read_traces(saved(tmp_path, document(root(**fields), span(2))))["run_outcome"].iloc[0]
    assert found == end if end else pd.isna(found)


def test_only_spans_that_say_so_are_steps_once_one_does(tmp_path: Path) -> None:
    step = {"gap.step": "find"}
    spans = [root(), span(2, name="middle"), span(3, 2, attributes=step), span(4, name="save"), span(5, 3, "query")]
    frame = read_traces(saved(tmp_path, document(*spans)))
    assert frame["step"].tolist() == ["find"]
    assert frame.attrs["ignored_span_names"] == {"middle": 1, "save": 1, "query": 1}


def test_attempts_are_numbered_by_their_start(tmp_path: Path) -> None:
    failed: dict[str, Any] = {"status": {"code": 2}}
    late = span(2) | {"startTimeUnixNano": "6000000000", "endTimeUnixNano": "8000000000"}
    frame = read_traces(saved(tmp_path, document(late, root(), span(4, **failed), span(3, **failed))))
    assert frame["seconds"].tolist() == [1.0, 1.0, 2.0]
    assert frame["attempt"].tolist() == [1, 2, 3]
    assert frame["outcome"].tolist() == ["loud", "loud", "passed"]


def test_spans_under_the_old_name_are_read(tmp_path: Path) -> None:
    new = document(root(), span(2))
    old = json.loads(json.dumps(new).replace("scopeSpans", "instrumentationLibrarySpans"))
    expected = read_traces(saved(tmp_path, new))
    pd.testing.assert_frame_equal(read_traces(saved(tmp_path, old)), expected)
    # Where an exporter writes both, nothing of either is lost.
    both = {"scopeSpans": [{"spans": [root()]}], "instrumentationLibrarySpans": [{"spans": [span(2)]}]}
    pd.testing.assert_frame_equal(read_traces(saved(tmp_path, {"resourceSpans": [both]})), expected)


def test_empty_lists_lose_nothing(tmp_path: Path) -> None:
    content = document(root(), span(2))
    content["resourceSpans"] += [{"scopeSpans": []}, {"scopeSpans": [{"spans": []}]}]
    assert len(read_traces(saved(tmp_path, content))) == 1


def test_numbers_as_texts_are_read(tmp_path: Path) -> None:
    texts = {"gap.attempt": "1", "gap.cost_usd": "0.25"}
    assert read_traces(saved(tmp_path, document(root(), span(2, attributes=texts))))["cost"].tolist() == [0.25]


def test_an_attribute_called_name_is_not_the_name(tmp_path: Path) -> None:
    frame = read_traces(saved(tmp_path, document(root(), span(2, attributes={"name": "other"}))))
    assert frame["step"].tolist() == ["look up"]


def test_a_run_called_from_elsewhere_says_that_it_is_the_run(tmp_path: Path) -> None:
    called = {**root(attributes={"gap.run.outcome": "success"}), "parentSpanId": "00000000000000ff"}
    assert read_traces(saved(tmp_path, document(called, span(2))))["run_outcome"].tolist() == ["success"]


# ---- runs that are cut short -----------------------------------------------------------------------------------------


def other_trace(spans: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**each, "traceId": TRACE[::-1]} for each in spans]


@pytest.mark.parametrize(
    ("cut", "words"),
    [
        ([span(2)], "no root span"),
        ([root(), span(2, 9)], "no span with its parentSpanId 0000000000000009"),
        ([root(), span(2, endTimeUnixNano="0")], "endTimeUnixNano is missing"),
    ],
)
def test_cut_runs_are_refused_or_dropped(tmp_path: Path, cut: list[dict[str, Any]], words: str) -> None:
    path = saved(tmp_path, document(root(), span(2), *other_trace(cut)))
    with pytest.raises(TraceError) as error:
        read_traces(path)
    text = sentence(error, path)
    assert words in text
    assert "span 0000000000000002 ('look up')" in text
    assert (
        "1 of 2 runs are cut short in such a way: export all spans, or leave cut runs out "
        '(incomplete="drop", or --incomplete drop)'
    ) in text
    frame = read_traces(path, incomplete="drop")
    assert frame["run"].unique().tolist() == [TRACE]
    assert frame.attrs["dropped_runs"] == 1
    with pytest.raises(TraceError, match="1 of 1 runs are cut short"):
        read_traces(saved(tmp_path, document(*cut)), incomplete="drop")


def test_a_last_line_that_was_not_written_to_its_end(tmp_path: Path) -> None:
    whole = json.dumps(document(root(), span(2)))
    path = saved(tmp_path, f"{whole}\n{whole[:100]}", "trace.jsonl")
    with pytest.raises(TraceError, match="line 2: this is not JSON"):
        read_traces(path)
    assert len(read_traces(path, incomplete="drop")) == 1
    with pytest.raises(TraceError, match="line 2: this is not JSON"):  # not the last line
        read_traces(saved(tmp_path, f"{whole}\n{whole[:100]}\n{whole}", "trace.jsonl"), incomplete="drop")
