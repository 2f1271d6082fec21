"""Where the spans of the agent's runs go.

To a file as OTLP JSON, a document a line, which :func:`coordination_gap.reliability.traces.read_traces` reads; or,
where ``OTEL_EXPORTER_OTLP_ENDPOINT`` or ``OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`` is set, over HTTP to that collector
instead. The other variables of OpenTelemetry's SDK count, too, ``OTEL_SDK_DISABLED`` and ``OTEL_SERVICE_NAME`` among
them.
"""

import base64
import fcntl
import json
import logging
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from google.protobuf.json_format import MessageToDict  # type: ignore[import-untyped]
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Tracer

from coordination_gap import __version__

SCOPE = "coordination_gap.agent"
"""The name of the instrumentation scope."""
SERVICE = "support-agent"
"""``service.name``, unless ``OTEL_SERVICE_NAME`` or ``OTEL_RESOURCE_ATTRIBUTES`` gives another."""
CLOSE_WAIT_S = 2.0
"""How long the last spans are waited for at the end, in seconds; those not taken by then are lost."""

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_log = logging.getLogger(__name__)


class Tracing:
    """A tracer, and where its spans go.

    Parameters
    ----------
    processors
        What OpenTelemetry calls for each span that has ended; none at all makes no spans.
    place
        Where the spans go, in words.
    exporters
        Those that say whether spans were lost.

    Attributes
    ----------
    tracer
        For the spans of the agent.
    place
        As given; None where there are no spans.
    """

    def __init__(
        self, *processors: SpanProcessor, place: str | None = None, exporters: Sequence["NotedExporter"] = ()
    ) -> None:
        self._exporters = exporters
        named = os.environ.get("OTEL_SERVICE_NAME") or "service.name=" in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
        resource = Resource.create({} if named else {"service.name": SERVICE})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        for processor in processors:
            self._provider.add_span_processor(processor)
        self._disabled = os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
        self.place = None if self._disabled or not processors else place
        self.tracer: Tracer = self._provider.get_tracer(SCOPE, __version__)

    def close(self) -> bool:
        """Send what is left, for :data:`CLOSE_WAIT_S` at most; tell whether all spans got where they go."""
        # In a thread of its own, for a collector that does not answer is waited for much longer by the SDK.
        ending = threading.Thread(target=self._provider.shutdown, daemon=True)
        ending.start()
        ending.join(CLOSE_WAIT_S)
        return not (ending.is_alive() or any(exporter.failed for exporter in self._exporters))


def tracing_from_environment(file: Path | None) -> Tracing:
    """Return the tracing that the environment asks for, to a file otherwise.

    Parameters
    ----------
    file
        Where spans go if no collector is named; None for nowhere.

    Raises
    ------
    OSError
        If the file cannot be opened.
    """
    if os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return Tracing()
    endpoint = next((os.environ[name] for name in _ENDPOINTS if os.environ.get(name)), None)
    if endpoint is not None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        # What it logs would be printed in the middle of an answer; that spans were lost is told at the end.
        logging.getLogger("opentelemetry").addHandler(logging.NullHandler())
        sent = NotedExporter(OTLPSpanExporter())
        return Tracing(BatchSpanProcessor(sent), place=f"the collector at {endpoint}", exporters=[sent])
    if file is not None:
        written = NotedExporter(FileExporter(file))
        return Tracing(SimpleSpanProcessor(written), place=str(file), exporters=[written])
    return Tracing()


class NotedExporter(SpanExporter):
    """An exporter that remembers whether spans were lost.

    Attributes
    ----------
    failed
        Whether an export has failed so far.
    """

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self.failed = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Pass spans on."""
        result = SpanExportResult.FAILURE
        try:
            result = self._exporter.export(spans)
        finally:
            self.failed = self.failed or result is not SpanExportResult.SUCCESS
        return result

    def shutdown(self) -> None:
        """Shut the exporter down."""
        self._exporter.shutdown()


class FileExporter(SpanExporter):
    """Spans at the end of a file, as OTLP JSON, a document a line.

    Several processes may write to one file. A write that fails, for want of space say, is taken back, and the
    run goes on.

    Parameters
    ----------
    path
        The file, made if it is not there; its folder must exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Write spans as one line."""
        line = (json.dumps(document(spans), ensure_ascii=False, separators=(",", ":")) + "\n").encode()
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            end = os.fstat(self._file).st_size
            try:
                if os.write(self._file, line) < len(line):
                    raise OSError("the disk is full")
            except OSError:
                os.ftruncate(self._file, end)
                raise
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)
        except OSError as error:
            _log.info("spans could not be written to %s: %s", self._path, error)
            return SpanExportResult.FAILURE
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """Close the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def document(spans: Sequence[ReadableSpan]) -> dict[str, Any]:
    """Return spans as one document of OTLP JSON."""
    found: dict[str, Any] = MessageToDict(encode_spans(spans), use_integers_for_enums=True)
    for resource in found.get("resourceSpans", []):
        for scope in resource.get("scopeSpans", []):
            for span in scope.get("spans", []):
                for holder in (span, *span.get("links", [])):
                    # Identifiers are hexadecimal in OTLP JSON, and base64 in the JSON of any other protocol buffer.
                    for field in ("traceId", "spanId", "parentSpanId"):
                        if field in holder:
                            holder[field] = base64.b64decode(holder[field]).hex()
    return found
