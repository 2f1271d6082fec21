"""Spans of OpenTelemetry from files of OTLP JSON.

The encoding is that of the OTLP specification, section "JSON Protobuf Encoding":
identifiers are hexadecimal, 64-bit integers may be texts, enumerations are numbers (their
names are taken too), unknown fields are ignored, and a field with its default may be left out.
"""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

from coordination_gap.reliability.traces.frame import TraceError

_STATUS = {"STATUS_CODE_UNSET": 0, "STATUS_CODE_OK": 1, "STATUS_CODE_ERROR": 2, 0: 0, 1: 1, 2: 2}
_ERROR = 2
_NO_ID = re.compile("0*")
#: Attributes that name what a span of the GenAI semantic conventions works with, by its operation.
_NAMED_BY = {
    "execute_tool": ("gen_ai.tool.name",),
    "invoke_agent": ("gen_ai.agent.name",),
    "invoke_workflow": ("gen_ai.agent.name", "gen_ai.workflow.name"),
}


@dataclass(frozen=True, slots=True)
class Span:
    """A span, as far as attempts are made of it."""

    trace: str
    id: str
    parent: str  # empty for none
    name: str
    start: int  # ns
    end: int | None  # ns; None for a span that has not ended
    failed: bool
    attributes: dict[str, Any]
    place: str  # of the span in the file

    def __str__(self) -> str:
        return f"{self.place}, span {self.id} ({self.step!r})"

    @property
    def step(self) -> str:
        """The step's name: gap.step, or what the GenAI conventions name, or the span's own name."""
        names = ("gap.step", *_NAMED_BY.get(str(self.attributes.get("gen_ai.operation.name")), ()))
        for name in names:
            if name in self.attributes:
                return str(self.attributes[name])
        return self.name

    @property
    def seconds(self) -> float:
        """How long the span lasted; NaN where it has not ended."""
        return math.nan if self.end is None else (self.end - self.start) / 1e9


def read_spans(path: str | Path, drop: bool) -> Iterator[Span]:
    """Yield the spans of a file; with `drop`, a last line that was not written to its end is left out."""
    for where, document in _documents(path, drop):
        if not isinstance(document, dict) or not isinstance(document.get("resourceSpans"), list):
            raise TraceError(f"{where}: there is no list resourceSpans: give OTLP JSON of traces, an object a document")
        for i, resource in enumerate(document["resourceSpans"]):
            for j, scope in enumerate(_list(resource, "scopeSpans", f"{where}, resourceSpans[{i}]")):
                inner = f"{where}, resourceSpans[{i}].scopeSpans[{j}]"
                for k, span in enumerate(_list(scope, "spans", inner)):
                    yield _span(span, where, f"{inner}.spans[{k}]")


def _documents(path: str | Path, drop: bool) -> Iterator[tuple[str, Any]]:
    """Yield the file's documents, each with the words that say where it stands."""
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TraceError(f"{path}: byte {error.start + 1} is not UTF-8: save the file as UTF-8") from None
    except OSError as error:
        raise TraceError(f"{path}: the file cannot be read ({error.strerror}): give the path of a trace file") from None
    if not text.strip():
        raise TraceError(f"{path}: the file is empty: give OTLP JSON with at least one span")
    lines = text.split("\n")
    try:
        first = json.loads(next(line for line in lines if line.strip()))
    except (ValueError, RecursionError):
        first = None
    if not isinstance(first, dict):  # one document over several lines
        yield str(path), _json(text, str(path))
        return
    last = max(number for number, line in enumerate(lines, start=1) if line.strip())
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield f"{path}, line {number}", _json(line, f"{path}, line {number}")
            except TraceError:
                # A process that was killed while it wrote leaves a last line without a line break.
                if not (drop and number == last == len(lines)):
                    raise


def _json(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        spot = f"column {error.colno}" if ", line" in where else f"line {error.lineno}, column {error.colno}"
        raise TraceError(
            f"{where}: this is not JSON ({error.msg}, {spot}): give one document, or a whole document a line"
        ) from None
    except (ValueError, RecursionError) as error:
        raise TraceError(
            f"{where}: this JSON cannot be read ({error}): give OTLP JSON as an exporter writes it"
        ) from None


def _list(holder: Any, field: str, where: str) -> list[Any]:
    """Return a list field, which an exporter leaves out when it is empty."""
    if isinstance(holder, dict) and isinstance(holder.get(field, []), list):
        found: list[Any] = holder.get(field, [])
        return found
    raise TraceError(f"{where}: {field} is not a list in an object: give OTLP JSON as an exporter writes it")


def _span(fields: Any, where: str, spot: str) -> Span:
    if not isinstance(fields, dict):
        raise TraceError(f"{spot} is {fields!r:.80}: give an object with the fields of a span")
    name = fields.get("name", "")
    place = where if isinstance(fields.get("spanId"), str) and fields["spanId"] else spot
    said = f"{place}, span {fields.get('spanId', '')} ({name!r})"
    if not isinstance(name, str):
        raise TraceError(f"{said}: name is not a text: give the span's name as a text")
    start, end = (_nanoseconds(fields, f"{edge}TimeUnixNano", said) for edge in ("start", "end"))
    if start is None:
        raise TraceError(f"{said}: startTimeUnixNano is missing: give the nanoseconds since 1970")
    if end is not None and end < start:
        raise TraceError(
            f"{said}: endTimeUnixNano {end} is before startTimeUnixNano {start}, so it lasted {end - start} ns: "
            "mend the clock or leave the run out"
        )
    status = fields.get("status") or {}
    code = status.get("code", 0) if isinstance(status, dict) else status
    if not isinstance(code, int | str) or isinstance(code, bool) or code not in _STATUS:
        raise TraceError(f"{said}: status.code is {code!r}: give 0 (unset), 1 (ok) or 2 (error)")
    attributes = _attributes(fields, said)
    return Span(
        trace=_identifier(fields, "traceId", 32, said),
        id=_identifier(fields, "spanId", 16, said),
        parent=_identifier(fields, "parentSpanId", 16, said),
        name=name,
        start=start,
        end=end,
        failed=_STATUS[code] == _ERROR or "error.type" in attributes,
        attributes=attributes,
        place=place,
    )


def _identifier(fields: dict[str, Any], field: str, digits: int, said: str) -> str:
    """Return an identifier in lower case; an empty text for no parent."""
    given = fields.get(field) or ""
    if field == "parentSpanId" and isinstance(given, str) and _NO_ID.fullmatch(given):
        return ""
    if not isinstance(given, str) or not re.fullmatch(f"[0-9a-fA-F]{{{digits}}}", given) or _NO_ID.fullmatch(given):
        raise TraceError(f"{said}: {field} is {given!r}: give {digits} hexadecimal digits that are not all 0")
    return given.lower()


def _is_whole(value: Any) -> TypeGuard[int | float | str]:
    """Tell whether a JSON value is a whole number, or the text of one."""
    if isinstance(value, str):
        return re.fullmatch("[0-9]{1,20}", value) is not None
    return (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, float) and value.is_integer())


def _nanoseconds(fields: dict[str, Any], field: str, said: str) -> int | None:
    value = fields.get(field, 0)
    if not _is_whole(value) or int(value) < 0:
        raise TraceError(f"{said}: {field} is {value!r}: give whole nanoseconds since 1970, as a text or a number")
    return int(value) or None  # 0 is what the format has for missing


def _attributes(fields: dict[str, Any], said: str) -> dict[str, Any]:
    """Return the attributes with a single value: texts, truth values and numbers."""
    found: dict[str, Any] = {}
    for pair in _list(fields, "attributes", said):
        if not isinstance(pair, dict) or not isinstance(pair.get("value", {}), dict):
            raise TraceError(f"{said}: attribute {pair!r:.80} is not a key with a value: give OTLP JSON")
        for kind, value in pair.get("value", {}).items():
            if kind in {"stringValue", "intValue", "doubleValue", "boolValue"}:
                found[str(pair.get("key"))] = int(value) if kind == "intValue" and _is_whole(value) else value
    return found
