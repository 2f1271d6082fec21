"""Files of attempts for the tests, spans of OTLP among them, and what is said of a file that is wrong."""

import json
from pathlib import Path
from typing import Any

import pytest

from coordination_gap import paths
from coordination_gap.reliability.traces import TraceError

CASES = paths.root() / "tests" / "cases" / "traces"
TRACE = "5b8efff798038103d269b633813fc60c"
HEADER = "run,step,attempt,outcome,seconds,cost"
ROW = "r1,find,1,good,1,0.1"


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
