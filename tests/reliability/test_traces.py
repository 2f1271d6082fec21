"""Files of attempts: what is read, what is refused and in which words, and that what is written is read back."""

import json
import unicodedata
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coordination_gap import paths
from coordination_gap.reliability.traces import (
    COLUMNS,
    OUTCOMES,
    PASSED_ON,
    RUN_OUTCOMES,
    TraceError,
    check_attempts,
    read_csv,
    read_otlp,
    read_traces,
    write_csv,
)

CASES = paths.root() / "tests" / "cases" / "traces"
TRACE = "5b8efff798038103d269b633813fc60c"
HEADER = "run,step,attempt,outcome,seconds,cost"


def attribute(key: str, value: Any) -> dict[str, Any]:
    kind = {bool: "boolValue", int: "intValue", float: "doubleValue"}.get(type(value), "stringValue")
    return {"key": key, "value": {kind: str(value) if kind == "intValue" else value}}


def span(number: int, parent: int | None = 1, name: str = "look up", **fields: Any) -> dict[str, Any]:
    """Return a span of one trace that starts at second `number` and lasts one."""
    attributes = fields.pop("attributes", {})
    found = {
        "traceId": TRACE,
        "spanId": f"{number:016x}",
        "name": name,
        "startTimeUnixNano": str(number * 10**9),
        "endTimeUnixNano": str((number + 1) * 10**9),
        "attributes": [attribute(*pair) for pair in attributes.items()],
        **fields,
    }
    return found if parent is None else {**found, "parentSpanId": f"{parent:016x}"}


def root(**fields: Any) -> dict[str, Any]:
    return span(1, None, "run", **fields)


def document(*spans: dict[str, Any]) -> dict[str, Any]:
    return {"resourceSpans": [{"resource": {}, "scopeSpans": [{"scope": {}, "spans": list(spans)}]}]}


def saved(folder: Path, content: Any, name: str = "trace.json") -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def sentence(error: pytest.ExceptionInfo[TraceError], path: Path | None = None) -> str:
    text = str(error.value)
    assert "\n" not in text
    assert not text.endswith(".")
    if path is not None:
        assert str(path) in text
    return text


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


# ---- what is refused -------------------------------------------------------------------------------------------------

ROW = "r1,find,1,good,1,0.1"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the file is empty: give a header line"),
        (HEADER, "there is no attempt below the header"),
        (f"{HEADER.replace(',cost', '')}\nr1,find,1,good,1", "line 1: column 'cost' is missing"),
        (f"{HEADER},tokens\n{ROW},5", "line 1: column 'tokens' is unknown: keep only run, step"),
        (f"{HEADER},runoutcome\n{ROW},", "line 1: column 'runoutcome' is unknown: write 'run_outcome'"),
        (
            f"{HEADER.replace(',cost', '')}\nr1,find,1,good,1",
            "the columns are 'run', 'step', 'attempt', 'outcome', 'seconds': give the columns run, step",
        ),
        (
            f"{HEADER}\n{ROW}".replace(",", ";"),
            "the columns are 'run;step;attempt;outcome;seconds;cost': part the columns",
        ),
        (f"{HEADER}\n{ROW}".replace(",", ";"), "with commas, not with semicolons"),
        (f"{HEADER}\n{ROW}".replace(",", "\t"), "with commas, not with tabs"),
        (f"Run,Step{HEADER[8:]}\n{ROW}", "line 1: column 'run' is missing, the columns are 'Run', 'Step', 'attempt'"),
        (f"Run,Step{HEADER[8:]}\n{ROW}", ": write 'run' for 'Run'"),
        (f"run, step{HEADER[8:]}\n{ROW}", "column 'step' is missing, the columns are 'run', ' step', "),
        (f"run, step{HEADER[8:]}\n{ROW}", ": write 'step' for ' step'"),
        (f"{HEADER.replace('outcome', 'outcom')}\n{ROW}", ": write 'outcome' for 'outcom'"),
        (f"{'x' * 300}\n{ROW}", f"the columns are '{'x' * 199} …: give"),
        (f'{HEADER}\n{ROW}\nr2,"a\nb",1,good,1,', "line 3: step is 'a\\nb': give a name without line breaks and other"),
        (f"{HEADER}\n{ROW}\nr2,a\x1b[0m,1,good,1,", "line 3: step is 'a\\x1b[0m': give a name without line breaks"),
        (f"{HEADER}\n{ROW}\nr2,find,1,,1,", "line 3: outcome is '': give one of good, silent"),
        (
            f"{HEADER}\n{ROW}\nr2,find,2,good,,\nr3,find,1,good,,\nr2,find,1,loud,,",
            "line 5: run 'r2', step 'find': attempt 1 comes after attempt 2 (",
        ),
        (
            f"{HEADER}\n{ROW}\nr2,find,2,good,,\nr3,find,1,good,,\nr2,find,1,loud,,",
            "line 3): let the attempts of a step stand in the order in which they happened",
        ),
        (f"{HEADER},run\n{ROW},r1", "line 1: column 'run' is there twice"),
        (f"{HEADER}\n{ROW},", "line 2: there are 7 fields under 6 columns"),
        (f"{HEADER}\n{ROW}\nr2,find,1,good,1", "line 3: there are 5 fields under 6 columns"),
        (f'{HEADER}\n{ROW}\n\n"r2",find,1', "line 4: there are 3 fields under 6 columns"),
        (f'{HEADER}\n{ROW}\n"r2', "line 3: this is not CSV"),
        (f"{HEADER}\n{ROW}\n ,find,1,good,1,", "line 3: run is ' ': give a text that is not blank"),
        (f"{HEADER}\n{ROW}\nr2,,1,good,1,", "line 3: step is '': give a text that is not blank"),
        (f"{HEADER}\n{ROW}\nr2,find,1,Good,1,", "line 3: outcome is 'Good': give one of good, silent, loud"),
        (f"{HEADER}\n{ROW}\nr2,find,0,good,1,", "line 3: attempt is '0': give a whole number"),
        (f"{HEADER}\n{ROW}\nr2,find,1.0,good,1,", "line 3: attempt is '1.0': give a whole number"),
        (f"{HEADER}\n{ROW}\nr2,find,1,good,-1,", "line 3: seconds is '-1': give a number of seconds, 0 or more"),
        (f"{HEADER}\n{ROW}\nr2,find,1,good,nan,", "line 3: seconds is 'nan'"),
        (f"{HEADER}\n{ROW}\nr2,find,1,good,1_0,", "line 3: seconds is '1_0'"),
        (f"{HEADER}\n{ROW}\nr2,find,1,good,,free", "line 3: cost is 'free': give a number of US dollars"),
        (f'{HEADER}\n"r\n1",find,1,good,1,\n"r2",find,1,good,1,inf', "line 4: cost is 'inf'"),
        (f"{HEADER}\n{ROW}\nr1,find,1,good,1,", "line 3: run 'r1', step 'find': attempt 1 stands there twice"),
        (
            f"{HEADER}\n{ROW}\nr2,find,2,good,1,",
            "line 3: run 'r2', step 'find': attempt is 2, but there is no attempt 1",
        ),
        (
            f"{HEADER}\nr1,find,1,loud,,\nr1,find,3,good,,",
            "line 3: run 'r1', step 'find': attempt is 3, but there is no",
        ),
        (f"{HEADER}\n{ROW}\nr1,find,2,good,1,", "line 2: run 'r1', step 'find': outcome of attempt 1 is 'good', which"),
        (f"{HEADER},run_outcome\n{ROW},failed", "line 2: run_outcome is 'failed': give one of success, silent_failure"),
        (
            f"{HEADER},run_outcome\n{ROW},success\nr1,b,1,good,,,",
            "line 3: run_outcome is '', but 'success' on the first",
        ),
    ],
)
def test_csv_that_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = saved(tmp_path, text, "trace.csv")
    with pytest.raises(TraceError) as error:
        read_traces(path)
    assert words in sentence(error, path)


def changed(change: Callable[[list[dict[str, Any]]], Any]) -> dict[str, Any]:
    spans = [root(), span(2, attributes={"gap.step": "find"})]
    change(spans)
    return document(*spans)


def said(**attributes: Any) -> Callable[[list[dict[str, Any]]], Any]:
    names = {"run_outcome": "run.outcome"}
    at = 0 if "run_outcome" in attributes else 1
    pairs = [attribute(f"gap.{names.get(name, name)}", value) for name, value in attributes.items()]
    return lambda spans: spans[at]["attributes"].extend(pairs)


def put(**fields: Any) -> Callable[[list[dict[str, Any]]], Any]:
    return lambda spans: spans[1].update(fields)


TOOL = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": ""}
STEP = {"gap.step": "find"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "the file is empty"),
        ("{", "this is not JSON (Expecting property name enclosed in double quotes, line 1, column 2)"),
        ("[" * 100_000, "lists and objects lie too deep inside one another to be read: give OTLP JSON"),
        (
            f'{{"resourceSpans": [{"9" * 5000}]}}',
            "line 1: the whole number 999999999999… has 5000 digits: give at most",
        ),
        ('{"resourceSpans": [], "resourceSpans": []}', "line 1: the key 'resourceSpans' stands twice in one object"),
        (
            json.dumps(document(root(), span(2))).replace('"name": "look up"', '"name": "look up", "name": "b"'),
            "resourceSpans[0].scopeSpans[0].spans[1]: the key 'name' stands twice in one object: keep one of the two",
        ),
        (
            {"resourceSpans": [{"scopeSpans": []}, {"resource": {}}]},
            "resourceSpans[1]: there is no list scopeSpans, but",
        ),
        (
            {"resourceSpans": [{"scopeSpans": [{"span": []}]}]},
            "scopeSpans[0]: there is no list spans, but 'span': give",
        ),
        (
            {"resourceSpans": [{"scopeSpans": [], "instrumentationLibrarySpans": 1}]},
            "instrumentationLibrarySpans is not",
        ),
        ("[]", "there is no list resourceSpans"),
        ({"resourceMetrics": []}, "there is no list resourceSpans"),
        ({"resourceSpans": []}, "there is no span"),
        ({"resourceSpans": [[]]}, "resourceSpans[0]: scopeSpans is not a list in an object"),
        ({"resourceSpans": [{"scopeSpans": [{"spans": {}}]}]}, "scopeSpans[0]: spans is not a list in an object"),
        ({"resourceSpans": [{"scopeSpans": [{"spans": [1]}]}]}, "resourceSpans[0].scopeSpans[0].spans[0] is 1: give"),
        (changed(put(traceId="")), "traceId is '': give 32 hexadecimal digits"),
        (changed(put(traceId="W47/95gDgQPSabYzgT/GDA==")), "traceId is 'W47/95gDgQPSabYzgT/GDA=='"),
        (changed(put(spanId="0" * 16)), "spanId is '0000000000000000': give 16 hexadecimal digits"),
        (
            changed(lambda spans: spans[1].pop("spanId")),
            "spans[1], a span without a spanId ('look up'): spanId is miss",
        ),
        (changed(lambda spans: spans[1].pop("traceId")), "traceId is missing: give 32 hexadecimal digits"),
        (changed(put(spanId=7)), "spanId is 7: give 16 hexadecimal digits"),
        (changed(put(parentSpanId="x")), "parentSpanId is 'x': give 16 hexadecimal digits"),
        (changed(put(name=["a"])), "name is not a text"),
        (changed(put(startTimeUnixNano="soon")), "startTimeUnixNano is 'soon': give whole nanoseconds"),
        (changed(put(startTimeUnixNano=None)), "startTimeUnixNano is None: give whole nanoseconds"),
        (changed(lambda spans: spans[1].pop("startTimeUnixNano")), "startTimeUnixNano is missing"),
        (changed(put(endTimeUnixNano=-1)), "endTimeUnixNano is -1: give whole nanoseconds"),
        (changed(put(endTimeUnixNano=2**64)), "endTimeUnixNano is 18446744073709551616: give whole nanoseconds since"),
        (changed(put(endTimeUnixNano="1999999999")), "is before startTimeUnixNano 2000000000, so it lasted -1 ns"),
        (changed(put(status={"code": 7})), "status.code is 7: give 0 (unset), 1 (ok) or 2 (error)"),
        (changed(put(status="bad")), "status.code is 'bad'"),
        (changed(put(attributes={})), "attributes is not a list"),
        (changed(put(attributes=["gap.step"])), "attribute 'gap.step' is not a key with a value"),
        (changed(put(attributes=[{"value": {"stringValue": "a"}}])), "is not a key with a value"),
        (changed(said(outcom="good")), "the attribute 'gap.outcom' is unknown: write gap.outcome, or another name"),
        (changed(said(x="good")), "the attribute 'gap.x' is unknown: give one of gap.step, gap.attempt, gap.outcome"),
        (changed(said(step="find")), "span 0000000000000002 ('look up'): the attribute 'gap.step' stands there twice"),
        (changed(put(attributes=[{"key": "gap.outcome", "value": {}}])), "the value of gap.outcome is {}: give one of"),
        (
            document(root(), span(2, attributes=STEP | {"gap.run.outcome": "success"})),
            "span 0000000000000002 ('find'): gap.run.outcome stands on a span that is not the run's: give it to the",
        ),
        (
            document(root(), span(2, attributes=STEP), span(3, 2, attributes={"gap.run.outcome": "success"})),
            "span 0000000000000003 ('look up'): gap.run.outcome stands on a span that is not the run's",
        ),
        (
            document(root(attributes={"gap.cost_usd": 1.0}), span(2)),
            "span 0000000000000001 ('run'): gap.cost_usd stands on the root span, which is the run: give it to an",
        ),
        (
            document(root(), span(2, attributes=STEP), span(3, attributes={"gap.outcome": "good"})),
            "span 0000000000000003 ('look up'): gap.outcome stands on a span that is no attempt: give it to an attempt",
        ),
        (
            document(
                root(),
                span(2, attributes=STEP | {"gap.attempt": 2, "gap.outcome": "good"}),
                span(3, attributes=STEP | {"gap.attempt": 1, "gap.outcome": "loud"}),
            ),
            "attempt 1 comes after attempt 2 (",
        ),
        (changed(said(outcome="fine")), "gap.outcome is 'fine': give one of good, silent"),
        (changed(said(outcome="\ud800")), "gap.outcome is '\\ud800': give one of good, silent"),
        (changed(said(outcome="")), "gap.outcome is '': give one of good, silent"),
        (changed(said(outcome=3)), "gap.outcome is '3': give one of good, silent"),
        (changed(said(attempt=0)), "gap.attempt is 0: give a whole number"),
        (changed(said(attempt="first")), "gap.attempt is 'first': give a whole number"),
        (changed(said(attempt=2)), "gap.attempt is 2, but there is no attempt 1"),
        (
            changed(said(cost_usd=-0.5)),
            "gap.cost_usd is -0.5: give a number of US dollars, 0 or more, or leave the attribute out",
        ),
        (changed(said(cost_usd=float("nan"))), "gap.cost_usd is NaN: give a number of US dollars"),
        (changed(said(cost_usd="")), "gap.cost_usd is '': give a number of US dollars, 0 or more, or leave the attr"),
        (changed(said(cost_usd=True)), "gap.cost_usd is True: give a number of US dollars"),
        (changed(said(run_outcome="great")), "gap.run.outcome is 'great': give one of success"),
        (document(root(), span(2, attributes={"gap.step": " "})), "gap.step is ' ': give a text that is not blank"),
        (document(root(), span(2, name="a\nb")), "name is 'a\\nb': give a name without line breaks"),
        (document(root(), span(2, attributes={"gap.step": "\ud800"})), "gap.step is '\\ud800': give a name without"),
        (document(root(), span(2, attributes=TOOL)), "gen_ai.tool.name is '': give a text that"),
        (document(root(), span(2), span(2)), "its spanId is that of"),
        (document(root(), span(2, None)), "has another root span, 0000000000000001 ('run'): give each run a trace"),
        (
            document(span(2, 3), span(3, 2)),
            "parents form a circle (0000000000000002 → 0000000000000003 → 000000000000000",
        ),
        (
            document(root(), span(2, 3, attributes=STEP), span(3, 2, attributes=STEP)),
            "parents form a circle (0000000000000002 → 0000000000000003 → 0000000000000002): give each of these spans",
        ),
        (document(root(), span(2), span(3, 4), span(4, 5), span(5, 4)), "parents form a circle (0000000000000004 → "),
        (document(root(), span(2), span(3, 3)), "parents form a circle (0000000000000003 → 0000000000000003)"),
        (document(root(attributes={"gap.step": "a"}), span(2)), "gap.step stands on the root span"),
        (
            document(root(), span(2, attributes={"gap.step": "a"}), span(3, 2, attributes={"gap.step": "b"})),
            "span 0000000000000003 ('b'): it lies inside",
        ),
        (document(root()), "the run has no step, for below its root span there is no span at all"),
        (
            document(root(), span(2, status={"code": 2}, attributes={"gap.attempt": 1}), span(3)),
            "span 0000000000000003 ('look up'): step 'look up' has gap.attempt on other attempts, not on this one",
        ),
        (
            document(root(), span(2), span(3)),
            "step 'look up': outcome of attempt 1 is 'passed', which was passed on, and yet there is another attempt",
        ),
    ],
)
def test_spans_that_are_refused(tmp_path: Path, content: Any, words: str) -> None:
    path = saved(tmp_path, content)
    with pytest.raises(TraceError) as error:
        read_traces(path)
    text = sentence(error, path)
    assert words in text
    if (
        isinstance(content, dict)
        and "resourceMetrics" not in content
        and "spans[" not in text
        and ", span " not in text
    ):
        assert "scopeSpans" in text or "resourceSpans[" in text  # every other message names its span


@pytest.mark.parametrize("name", ["trace.csv", "trace.json"])
def test_files_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with pytest.raises(TraceError, match="the file cannot be read"):
        read_traces(path)
    for ends in (b"\n", b"\r\n"):
        # The second file has a quote, so that it is read with care, and a long text before the fault.
        for before in (b"run", b'"' + b"x" * 20_000 + b'"' + ends + b"run"):
            path.write_bytes(before + ends + b"r1,\xff\n")
            line = before.count(b"\n") + 2
            with pytest.raises(TraceError, match=f", line {line}: byte 4 of the line, 0xff, is not UTF-8: save the"):
                read_traces(path)


def test_arguments_that_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"the name ends in '\.txt': give a file \.csv, \.json or \.jsonl"):
        read_traces("trace.txt")
    for reader in (read_traces, read_otlp):
        with pytest.raises(TraceError, match="incomplete is 'skip': give 'refuse' or 'drop'"):
            reader(tmp_path / "trace.json", incomplete="skip")
    with pytest.raises(TraceError, match="attempts is a list: give the frame that read_traces returns"):
        check_attempts([])  # type: ignore[arg-type]
    frame = read_csv(CASES / "support.csv")
    with pytest.raises(TraceError, match="attempts: column 'cost' is missing"):
        check_attempts(frame.drop(columns="cost"))
    with pytest.raises(TraceError, match="attempts has no row"):
        check_attempts(frame.iloc[:0])
    with pytest.raises(TraceError, match="attempts, row 3: seconds is -1"):
        check_attempts(frame.assign(seconds=[1.0] * 3 + [-1.0] * 24))
    assert len(check_attempts(frame.iloc[::-1])) == 27  # with a template, the order of the rows says nothing
    with pytest.raises(TraceError, match=r"attempts, row \d+: run .* attempt 1 comes after attempt 2 \(attempts, row"):
        write_csv(frame.iloc[::-1], tmp_path / "never.csv")
    assert not (tmp_path / "never.csv").exists()
    with pytest.raises(TraceError, match="attempts, row 0: run is missing"):
        check_attempts(frame.assign(run=pd.Series([None] * 27, dtype=object)))


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
