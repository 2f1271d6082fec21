"""Spans of OpenTelemetry from files of OTLP JSON.

The encoding is that of the OTLP specification, section "JSON Protobuf Encoding":
identifiers are hexadecimal, 64-bit integers may be texts, enumerations are numbers (their
names are taken too), unknown fields are ignored, and a field with its default may be left out.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

from coordination_gap.reliability.traces.frame import TraceError, nearest
from coordination_gap.reliability.traces.texts import bytes_of, text_of

_STATUS = {"STATUS_CODE_UNSET": 0, "STATUS_CODE_OK": 1, "STATUS_CODE_ERROR": 2, 0: 0, 1: 1, 2: 2}
_ERROR = 2
_NO_ID = re.compile("0*")
#: Attributes that name what a span of the GenAI semantic conventions works with, by its operation.
_NAMED_BY = {
    "execute_tool": ("gen_ai.tool.name",),
    "invoke_agent": ("gen_ai.agent.name",),
    "invoke_workflow": ("gen_ai.agent.name", "gen_ai.workflow.name"),
}
#: The attributes that are read here alone; any other that begins like them is a slip.
_OURS = ("gap.step", "gap.attempt", "gap.outcome", "gap.cost_usd", "gap.run.outcome")
#: Where the spans of a resource lie; the second is the field's old name, which old exporters still write.
_SCOPES = ("scopeSpans", "instrumentationLibrarySpans")
_KINDS = frozenset({"stringValue", "intValue", "doubleValue", "boolValue"})
#: No field of OTLP has a longer whole number, and Python is slow, or refuses, to read much longer ones.
_MOST_DIGITS = 100


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
        return self.name if self.step_from is None else str(self.attributes[self.step_from])

    @property
    def step_from(self) -> str | None:
        """The attribute that has the step's name; None where the span's own name is taken."""
        names = ("gap.step", *_NAMED_BY.get(str(self.attributes.get("gen_ai.operation.name")), ()))
        return next((name for name in names if name in self.attributes), None)

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
            for field, scopes in _lists(resource, _SCOPES, f"{where}, resourceSpans[{i}]"):
                for j, scope in enumerate(scopes):
                    inner = f"{where}, resourceSpans[{i}].{field}[{j}]"
                    for _, spans in _lists(scope, ("spans",), inner):
                        for k, span in enumerate(spans):
                            yield _span(span, where, f"{inner}.spans[{k}]")


def _documents(path: str | Path, drop: bool) -> Iterator[tuple[str, Any]]:
    """Yield the file's documents, each with the words that say where it stands."""
    text = text_of(bytes_of(path), path)
    if not text.strip():
        raise TraceError(f"{path}: the file is empty: give OTLP JSON with at least one span")
    lines = text.split("\n")
    try:
        first = json.loads(next(line for line in lines if line.strip()), parse_int=str)
    except (ValueError, RecursionError):
        first = None
    if not isinstance(first, dict):  # one document over several lines
        yield str(path), _json(text, str(path))
        return
    last = max(number for number, line in enumerate(lines, start=1) if line.strip())
    for number, line in enumerate(lines, start=1):
        if line.strip():
            where = f"{path}, line {number}"
            try:
                document = _json(line, where)
            except _NotJSONError:
                # A process that was killed while it wrote leaves a last line without a line break.
                if drop and number == last == len(lines):
                    return
                raise
            yield where, document


class _NotJSONError(TraceError):
    """The text is not JSON."""


class _TooLongError(ValueError):
    """A whole number has too many digits."""


def _json(text: str, where: str) -> Any:
    twice: list[tuple[dict[str, Any], str]] = []

    def whole(digits: str) -> int:
        if len(digits) > _MOST_DIGITS:
            raise _TooLongError(f"{digits[:12]}… has {len(digits)} digits")
        return int(digits)

    def mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            keys = Counter(key for key, _ in pairs)
            twice.append((found, next(key for key in keys if keys[key] > 1)))
        return found

    try:
        document = json.loads(text, parse_int=whole, object_pairs_hook=mapping)
    except json.JSONDecodeError as error:
        spot = f"column {error.colno}" if ", line" in where else f"line {error.lineno}, column {error.colno}"
        raise _NotJSONError(
            f"{where}: this is not JSON ({error.msg}, {spot}): give one document, or a whole document a line"
        ) from None
    except _TooLongError as error:
        raise TraceError(
            f"{where}: the whole number {error}: give at most {_MOST_DIGITS}, as an exporter does"
        ) from None
    except RecursionError:
        raise TraceError(
            f"{where}: lists and objects lie too deep inside one another to be read: give OTLP JSON as an exporter "
            "writes it"
        ) from None
    if twice:
        found, key = twice[-1]  # objects are made from the inside out
        raise TraceError(
            f"{where}{_path_to(found, document)}: the key {key!r} stands twice in one object: keep one of the two, "
            "with what both hold"
        )
    return document


def _path_to(wanted: dict[str, Any], document: Any) -> str:
    """Return the words for where an object stands in a document; none for the document itself, or if it is lost."""
    waiting: list[tuple[str, Any]] = [("", document)]
    while waiting:
        path, at = waiting.pop()
        if at is wanted:
            return path and f", {path}"
        if isinstance(at, dict):
            waiting += [(f"{path}.{key}" if path else str(key), value) for key, value in at.items()]
        elif isinstance(at, list):
            waiting += [(f"{path}[{number}]", value) for number, value in enumerate(at)]
    return ""


def _lists(holder: Any, fields: tuple[str, ...], where: str) -> Iterator[tuple[str, list[Any]]]:
    """Yield each of the fields that an object has, a list each; it must have one, for it is spans that get lost."""
    if isinstance(holder, dict) and not any(field in holder for field in fields):
        keys = ", ".join(repr(key) for key in holder) or "nothing"
        raise TraceError(
            f"{where}: there is no list {fields[0]}, but {keys:.200}: give {fields[0]}, an empty "
            "list if there are no spans"
        )
    for field in fields:
        if not isinstance(holder, dict) or field in holder:
            yield field, _list(holder, field, where)


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
    which = f"span {fields['spanId']}" if fields.get("spanId") else "a span without a spanId"
    said = f"{place}, {which} ({name!r})"
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
    if field != "parentSpanId" and field not in fields:
        raise TraceError(f"{said}: {field} is missing: give {digits} hexadecimal digits that are not all 0")
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
    if not _is_whole(value) or not 0 <= int(value) < 2**64:
        raise TraceError(
            f"{said}: {field} is {value!r}: give whole nanoseconds since 1970, below 2^64, as a text or a number"
        )
    return int(value) or None  # 0 is what the format has for missing


def _attributes(fields: dict[str, Any], said: str) -> dict[str, Any]:
    """Return the attributes with a single value: texts, truth values and numbers."""
    found: dict[str, Any] = {}
    keys: set[str] = set()
    for pair in _list(fields, "attributes", said):
        if (
            not isinstance(pair, dict)
            or not isinstance(pair.get("key"), str)
            or not isinstance(pair.get("value", {}), dict)
        ):
            raise TraceError(f"{said}: attribute {pair!r:.80} is not a key with a value: give OTLP JSON")
        key, given = pair["key"], pair.get("value", {})
        if key in keys:
            raise TraceError(f"{said}: the attribute {key!r} stands there twice: keep one of the two")
        keys.add(key)
        if key.casefold().startswith("gap."):
            _check_ours(key, given, said)
        for kind, value in given.items():
            if kind in _KINDS:
                found[key] = int(value) if kind == "intValue" and _is_whole(value) else value
    return found


def _check_ours(key: str, given: dict[str, Any], said: str) -> None:
    """Raise unless an attribute that begins like ours is one of them, and has a value that is read."""
    if key not in _OURS:
        near = nearest(key[len("gap.") :], [name.removeprefix("gap.") for name in _OURS])
        mend = f"give one of {', '.join(_OURS)}" if near is None else f"write gap.{near}"
        raise TraceError(
            f"{said}: the attribute {key!r} is unknown: {mend}, or another name if it means something else"
        )
    if len(given) != 1 or not _KINDS.issuperset(given):
        raise TraceError(
            f"{said}: the value of {key} is {given!r:.80}: give one of {', '.join(sorted(_KINDS))}, as an exporter does"
        )
