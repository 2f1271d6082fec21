"""Spans: readable as attempts, in the words of the conventions, silent about customers, and never in the way."""

import asyncio
import http.server
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from coordination_gap.agent import Answer, Email, Settings, SupportAgent, Tracing, tracing
from coordination_gap.agent.orders import OrderServiceError
from coordination_gap.agent.settings import StepFunction
from coordination_gap.agent.state import State
from coordination_gap.agent.tracing import FileExporter, tracing_from_environment
from coordination_gap.reliability import Pipeline, Step
from coordination_gap.reliability.parts import Branch, Gate, Way
from coordination_gap.reliability.traces import coordination_gap, estimate_pipeline, read_traces
from tests.agent.fakes import DAN, ON_TIME, SAM, TODAY, Orders, Script, classified, good_draft

MAIL = Email(DAN, "About my shirt", "Where is my order #1440? Call me under 555 1234.")
LATE_MAIL = Email(SAM, "", "order #4821")


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_SDK_DISABLED",
                 "OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)


async def answer(
    made: Tracing | None, email: Email = MAIL, run_id: str = "run", *, answers: list[Any] | None = None,
    faults: list[BaseException] | None = None, state: Path | None = None, usage: tuple[int, int] | None = None,
    word: bool = False, **more: Any,
) -> Answer:  # fmt: skip
    script = Script(answers=[classified(), good_draft(ON_TIME)] if answers is None else answers, usage=usage)
    more.setdefault("settings", Settings(first_wait_s=0.0))
    async with SupportAgent(
        Orders(faults=faults or []), script, today=TODAY, state=state, tracing=made, **more
    ) as agent:
        found = await agent.answer(email, run_id)
        return await agent.approve(run_id, refund=True, reply="Sorry.") if word else found


def spans(**more: Any) -> list[ReadableSpan]:
    """Return the spans of a run, in the order in which they began."""
    memory = InMemorySpanExporter()
    made = Tracing(SimpleSpanProcessor(memory))
    asyncio.run(answer(made, **more))
    made.close()
    return sorted(memory.get_finished_spans(), key=lambda span: span.start_time or 0)


def said(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


def test_a_run_is_one_trace_with_a_span_an_attempt() -> None:
    found = spans(answers=["?", classified(), good_draft(ON_TIME)], faults=[OrderServiceError("gone")])
    root = found[0]
    assert root.parent is None
    assert {span.context.trace_id for span in found if span.context} == {root.context.trace_id}
    steps = [span for span in found if "gap.step" in said(span)]
    assert all(span.parent and span.parent.span_id == root.context.span_id for span in steps)
    assert [(said(span)["gap.step"], said(span)["gap.attempt"], said(span).get("gap.outcome")) for span in steps] == [
        ("read", 1, None), ("classify", 1, "loud"), ("classify", 2, None), ("look up", 1, "loud"), ("look up", 2, None),
        ("decide", 1, None), ("draft", 1, None), ("check", 1, None), ("send", 1, None),
    ]  # fmt: skip
    assert [said(span)["error.type"] for span in steps if "error.type" in said(span)] == [
        "ModelAnswerError", "OrderServiceError",
    ]  # fmt: skip


def test_spans_speak_the_genai_conventions() -> None:
    found = spans(usage=(1000, 200), settings=Settings(usd_per_million_tokens=(2.0, 10.0)))
    by_name = {span.name: span for span in found}
    assert said(by_name["invoke_workflow support agent"]) == {
        "gen_ai.operation.name": "invoke_workflow", "gen_ai.workflow.name": "support agent",
        "gen_ai.conversation.id": "run", "support.decision": "reply", "support.rule": "on time",
    }  # fmt: skip
    assert said(by_name["chat script"]) == {
        "gen_ai.operation.name": "chat", "gen_ai.provider.name": "script", "gen_ai.request.model": "script",
        "gen_ai.usage.input_tokens": 1000, "gen_ai.usage.output_tokens": 200,
    }  # fmt: skip
    assert by_name["chat script"].kind is trace.SpanKind.CLIENT
    assert said(by_name["execute_tool look_up_order"]) == {
        "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "look_up_order", "gen_ai.tool.type": "function",
    }  # fmt: skip
    assert said(by_name["classify"])["gap.cost_usd"] == said(by_name["draft"])["gap.cost_usd"] == 0.004
    assert "gap.cost_usd" not in said(by_name["decide"])


def test_where_no_price_is_known_no_cost_is_told() -> None:
    assert not any("gap.cost_usd" in said(span) for span in spans(usage=(1000, 200)))


def test_no_span_says_what_a_customer_wrote_or_what_the_record_has() -> None:
    found = spans(email=LATE_MAIL, answers=[classified()], word=True)
    found += spans(answers=[classified(), "Wrong: dan.69@example.org, order 1440."])
    found += spans(email=Email(DAN, "", b"secret \xff"), answers=[])
    found += spans(faults=[OrderServiceError("order 1440 of dan.69@example.org")] * 3)
    text = " ".join(span.to_json() for span in found)
    for secret in ("1440", "4821", "555", "1234", "shirt", "jacket", "example.org", "secret", "Sorry", "89"):
        assert not any(secret in str(value) for span in found for value in said(span).values()), secret
    assert "exception.message" not in text


def test_a_time_out_is_called_so() -> None:
    def intercept(name: str, function: StepFunction) -> StepFunction:
        async def slow(state: State) -> Any:
            await asyncio.sleep(60)

        return slow if name == "look up" else function

    found = spans(settings=Settings(attempts=1, step_timeout_s=0.05, intercept=intercept))
    (look_up,) = [span for span in found if span.name == "look up"]
    assert said(look_up)["error.type"] == "timeout"
    assert said(found[0])["gap.run.outcome"] == "halted"


def test_the_gates_verdict_stands_on_the_draft() -> None:
    found = spans(answers=[classified(), "Wrong."])
    draft, check = (next(span for span in found if span.name == name) for name in ("draft", "check"))
    assert said(draft)["gap.outcome"] == "rejected"
    assert (draft.end_time or 0) >= (check.end_time or 0)
    assert "gap.outcome" not in said(check)


@pytest.mark.parametrize(
    ("judged", "text", "outcome"),
    [("silent", "Wrong.", "rejected_bad"), ("good", "Wrong.", "rejected_good"), ("good", good_draft(ON_TIME), "good")],
)
def test_an_intercepting_function_may_judge_an_attempt(judged: str, text: str, outcome: str) -> None:
    def intercept(name: str, function: StepFunction) -> StepFunction:
        async def known(state: State) -> Any:
            value = await function(state)
            trace.get_current_span().set_attribute("gap.outcome", judged)
            return value

        return known if name == "draft" else function

    found = spans(answers=[classified(), text], settings=Settings(intercept=intercept))
    (draft,) = [span for span in found if span.name == "draft"]
    assert said(draft)["gap.outcome"] == outcome


def test_how_a_run_ended_is_told_where_it_is_known() -> None:
    assert "gap.run.outcome" not in said(spans()[0])
    assert said(spans(judge=lambda found: "success" if found.reply else None)[0])["gap.run.outcome"] == "success"
    assert said(spans(judge=lambda _: None)[0]).get("gap.run.outcome") is None
    late = spans(email=LATE_MAIL, answers=[classified()], word=True, judge=lambda _: "success")
    assert said(late[0])["gap.run.outcome"] == "halted"


def test_a_callers_span_is_linked_and_not_a_parent() -> None:
    memory = InMemorySpanExporter()
    made = Tracing(SimpleSpanProcessor(memory))
    with made.tracer.start_as_current_span("caller") as caller:
        asyncio.run(answer(made))
    (root,) = [span for span in memory.get_finished_spans() if span.name.startswith("invoke_workflow")]
    assert root.parent is None
    assert [link.context.span_id for link in root.links] == [caller.get_span_context().span_id]
    made.close()


TEMPLATE = Pipeline(
    [
        Step("read", 0.9),
        Step("classify", 0.9, attempts=3),
        Branch("an order is named", [Way(0.9, [Step("look up", 0.9, attempts=3)]), Way(0.1, [])]),
        Step("decide", 0.9),
        Step("draft", 0.9, attempts=3, gate=Gate(0.9, 0.1), fallback=Step("plain reply", 0.9, gate=Gate(0.9, 0.1))),
        Step("check", 0.9),
        Step("send", 0.9),
    ]
)


def test_the_file_is_read_as_attempts_and_becomes_a_pipeline(tmp_path: Path) -> None:
    runs: list[dict[str, Any]] = [
        {},
        {"answers": [classified(), "Wrong."]},
        {"answers": [classified(), "", "", ""]},
        {"answers": ["?", classified(), good_draft(ON_TIME)], "faults": [OrderServiceError("gone")]},
        {"email": Email(DAN, "", "hello"), "answers": [classified(), "Which order is it?"]},
        {"email": LATE_MAIL, "answers": [classified()], "word": True},
        {"email": Email(DAN, "", b"\xff"), "answers": []},
        {"faults": [OrderServiceError("gone")] * 3},
    ]
    for number, run in enumerate(runs):
        asyncio.run(answer(None, run_id=f"run {number}", state=tmp_path, **run))
    frame = read_traces(tmp_path / "traces.jsonl")
    assert frame["run"].nunique() == len(runs)
    paths = ["/".join(steps) for steps in frame.groupby("run", sort=False)["step"].agg(list)]
    assert paths == [
        "read/classify/look up/decide/draft/check/send",
        "read/classify/look up/decide/draft/check/plain reply/send",
        "read/classify/look up/decide/draft/draft/draft/plain reply/check/send",
        "read/classify/classify/look up/look up/decide/draft/check/send",
        "read/classify/decide/draft/check/send",
        "read/classify/look up/decide",
        "read",
        "read/classify/look up/look up/look up",
    ]
    ends = frame.groupby("run", sort=False)["run_outcome"].first()
    assert ends.fillna("").tolist() == [""] * 5 + ["halted"] * 3
    assert set(frame.attrs["ignored_span_names"]) == {
        "chat script",
        "execute_tool look_up_order",
        "escalate",
        "approve",
    }
    estimated = estimate_pipeline(frame, TEMPLATE)
    assert estimated.runs == len(runs)


def test_judged_runs_have_a_measured_gap(tmp_path: Path) -> None:
    def intercept(name: str, function: StepFunction) -> StepFunction:
        async def judged(state: State) -> Any:
            value = await function(state)
            wrong = name == "look up" and state["run_id"] == "run 0"
            trace.get_current_span().set_attribute("gap.outcome", "silent" if wrong else "good")
            return value

        return judged

    for number in range(4):
        asyncio.run(
            answer(
                None, run_id=f"run {number}", state=tmp_path, settings=Settings(intercept=intercept),
                judge=lambda found: "silent_failure" if found.run_id in ("run 0", "run 1") else "success",
            )
        )  # fmt: skip
    table = coordination_gap(read_traces(tmp_path / "traces.jsonl")).table.set_index(["prediction", "outcome"])
    assert table["predicted"].to_dict()["pipeline", "success"] == pytest.approx(0.75)
    assert table["observed"].to_dict()["pipeline", "success"] == pytest.approx(0.5)


def test_the_file_is_otlp_json(tmp_path: Path) -> None:
    asyncio.run(answer(None, state=tmp_path))
    lines = (tmp_path / "traces.jsonl").read_text(encoding="utf-8").splitlines()
    for line in lines:
        (resource,) = json.loads(line)["resourceSpans"]
        assert {"key": "service.name", "value": {"stringValue": "support-agent"}} in resource["resource"]["attributes"]
        (scope,) = resource["scopeSpans"]
        assert scope["scope"]["name"] == "coordination_gap.agent"
        (span,) = scope["spans"]
        assert len(bytes.fromhex(span["traceId"])) == 16
        assert len(bytes.fromhex(span["spanId"])) == 8
        assert isinstance(span["kind"], int)
    root = json.loads(lines[-1])["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    assert "parentSpanId" not in root


def test_the_environment_may_name_the_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "mine")
    asyncio.run(answer(None, state=tmp_path))
    assert '"stringValue":"mine"' in (tmp_path / "traces.jsonl").read_text(encoding="utf-8")


def test_the_sdk_can_be_switched_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    assert asyncio.run(answer(None, state=tmp_path)).decision == "reply"
    assert not (tmp_path / "traces.jsonl").exists()
    late = asyncio.run(answer(None, LATE_MAIL, "late", answers=[classified()], state=tmp_path, word=True))
    assert late.refund_usd == 89.0


class Collector(http.server.ThreadingHTTPServer):
    """A collector on this machine; it answers once it may."""

    daemon_threads = True

    def __init__(self) -> None:
        self.taken: list[ExportTraceServiceRequest] = []
        self.may_answer = threading.Event()
        collector = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                collector.may_answer.wait(60)
                collector.taken.append(ExportTraceServiceRequest.FromString(body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    server = Collector()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    yield server
    server.may_answer.set()
    server.shutdown()
    thread.join()
    server.server_close()


def test_spans_go_to_a_collector_where_one_is_named(tmp_path: Path, collector: Collector) -> None:
    collector.may_answer.set()
    made = tracing_from_environment(tmp_path / "traces.jsonl")
    assert made.place == f"the collector at http://127.0.0.1:{collector.server_port}"
    asyncio.run(answer(made))
    assert made.close()
    names = {
        span.name
        for request in collector.taken
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    }
    assert {"invoke_workflow support agent", "read", "classify", "chat script", "send"} <= names
    assert not (tmp_path / "traces.jsonl").exists()


def test_a_collector_that_does_not_answer_holds_nothing_up(
    tmp_path: Path, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracing, "CLOSE_WAIT_S", 0.05)
    made = tracing_from_environment(tmp_path / "traces.jsonl")
    assert asyncio.run(answer(made)).decision == "reply"
    assert collector.taken == []  # answered and gone before the collector has taken anything
    assert not made.close()


def test_a_collector_that_is_not_there_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Collector()
    server.server_close()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", f"http://127.0.0.1:{server.server_port}/v1/traces")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.2")
    made = tracing_from_environment(None)
    assert asyncio.run(answer(made)).decision == "reply"
    assert not made.close()


def test_a_full_disk_loses_spans_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "traces.jsonl"
    exporter = FileExporter(file)
    made = Tracing(SimpleSpanProcessor(exporter))
    asyncio.run(answer(made))
    before = file.read_bytes()
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, line: real(descriptor, line[:10]))
    assert asyncio.run(answer(made)).decision == "reply"
    assert file.read_bytes() == before
    made.close()


def test_processes_share_a_file_line_by_line(tmp_path: Path) -> None:
    memory = InMemorySpanExporter()
    asyncio.run(answer(Tracing(SimpleSpanProcessor(memory))))
    found = memory.get_finished_spans()
    exporters = [FileExporter(tmp_path / "traces.jsonl") for _ in range(4)]
    threads = [
        threading.Thread(target=lambda exporter=exporter: [exporter.export([span]) for span in found])
        for exporter in exporters
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for exporter in exporters:
        exporter.shutdown()
    lines = (tmp_path / "traces.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 4 * len(found)
    assert all(json.loads(line) for line in lines)
