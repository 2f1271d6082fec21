"""Spans that are refused, and in which words."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coordination_gap.reliability.traces import TraceError, read_traces
from tests.reliability.trace_files import attribute, document, root, saved, sentence, span


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
