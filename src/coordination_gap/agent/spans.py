"""The spans of a run: what is said of it, and in which words.

A run is a trace, and its root span is the run. Below it each attempt at a step is a span with ``gap.step`` and
``gap.attempt``, as ``docs/traces.md`` wants it; below that, a call of the model is a span ``chat`` and the lookup a
span ``execute_tool``, in the names of OpenTelemetry's GenAI semantic conventions as of version 1.44.0. They are written
out, for the constants of ``opentelemetry-semantic-conventions`` (0.66b2) are deprecated since the conventions moved to
a repository of their own.

No span holds anything that a customer wrote, a model answered, or the record says. An error is told by its class alone.

An attempt has a ``gap.outcome`` where something in the run saw it fail: ``loud`` for an error, ``rejected`` for a draft
that the gate rejected. Whether a value that was passed on was right, the run cannot know; an intercepting function
(:class:`~coordination_gap.agent.settings.Settings`) that does may set ``gap.outcome`` to ``good`` or ``silent`` on the
current span, and a rejection then becomes ``rejected_good`` or ``rejected_bad``. The span of a draft lasts until the
gate's verdict.

A run that was killed and resumed stays one trace, but its root span is lost with the process that held it: for
``read_traces`` it is a run that was cut short.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

WORKFLOW = "support agent"
#: Names of providers in the conventions, by those that LangChain has for them, where the two differ.
_PROVIDERS = {
    "amazon_bedrock": "aws.bedrock",
    "azure": "azure.ai.openai",
    "google_anthropic_vertex": "gcp.vertex_ai",
    "google_genai": "gcp.gemini",
    "google_vertexai": "gcp.vertex_ai",
    "mistral": "mistral_ai",
    "mistralai": "mistral_ai",
    "xai": "x_ai",
}
_PROPAGATOR = TraceContextTextMapPropagator()


@contextmanager
def run_span(tracer: Tracer, run_id: str) -> Iterator[Span]:
    """Open the root span of a run; a span of the caller's is linked, for a run is a trace of its own."""
    caller = trace.get_current_span().get_span_context()
    with (
        tracer.start_as_current_span(
            f"invoke_workflow {WORKFLOW}",
            context=Context(),
            attributes={
                "gen_ai.operation.name": "invoke_workflow",
                "gen_ai.workflow.name": WORKFLOW,
                "gen_ai.conversation.id": run_id,
            },
            links=[Link(caller)] if caller.is_valid else [],
            record_exception=False,
            set_status_on_exception=False,
        ) as span,
        _errors(span),
    ):
        yield span


@contextmanager
def later_span(tracer: Tracer, name: str, run_id: str, parent: str) -> Iterator[Span]:
    """Open a span for what happens to a run after its root span has ended or was lost."""
    with (
        tracer.start_as_current_span(
            name,
            context=context_of(parent),
            attributes={"gen_ai.conversation.id": run_id},
            record_exception=False,
            set_status_on_exception=False,
        ) as span,
        _errors(span),
    ):
        yield span


def trace_of(span: Span) -> str:
    """Return a span's W3C trace context, to be kept with the run."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier, trace.set_span_in_context(span, Context()))
    return carrier.get("traceparent", "")


def context_of(trace_context: str) -> Context:
    """Return the context in which spans lie below the span of a kept trace context."""
    return _PROPAGATOR.extract({"traceparent": trace_context}, Context())


@contextmanager
def attempt_span(tracer: Tracer, step: str, number: int, parent: str, timeout_s: float | None = None) -> Iterator[Span]:
    """Open the span of an attempt at a step. Where it succeeds, the caller ends it."""
    began = time.monotonic()
    span = tracer.start_span(step, context=context_of(parent), attributes={"gap.step": step, "gap.attempt": number})
    try:
        with trace.use_span(span, record_exception=False, set_status_on_exception=False), _errors(span):
            yield span
    except BaseException as error:
        if isinstance(error, asyncio.CancelledError) and timeout_s and time.monotonic() - began >= timeout_s:
            span.set_attribute("error.type", "timeout")
        span.set_attribute("gap.outcome", "loud")
        span.end()
        raise


def end_rejected(span: Span) -> None:
    """End the span of an attempt whose output the gate rejected."""
    judged = (span.attributes or {}).get("gap.outcome") if isinstance(span, ReadableSpan) else None
    outcome = {"good": "rejected_good", "silent": "rejected_bad"}.get(str(judged), "rejected")
    span.set_attribute("gap.outcome", outcome)
    span.end()


@contextmanager
def chat_span(tracer: Tracer, model: BaseChatModel) -> Iterator[Span]:
    """Open the span of a call of a chat model."""
    provider, name = model_names(model)
    with (
        tracer.start_as_current_span(
            f"chat {name}",
            kind=SpanKind.CLIENT,
            attributes={
                "gen_ai.operation.name": "chat",
                "gen_ai.provider.name": provider,
                "gen_ai.request.model": name,
            },
            record_exception=False,
            set_status_on_exception=False,
        ) as span,
        _errors(span),
    ):
        yield span


def say_usage(span: Span, message: BaseMessage) -> tuple[int, int] | None:
    """Say on a span of :func:`chat_span` how many tokens went in and out, where the model tells; return them."""
    usage = message.usage_metadata if isinstance(message, AIMessage) else None
    if usage is None or "input_tokens" not in usage:  # an answer from a cache has a usage without tokens
        return None
    tokens = (usage["input_tokens"], usage["output_tokens"])
    span.set_attribute("gen_ai.usage.input_tokens", tokens[0])
    span.set_attribute("gen_ai.usage.output_tokens", tokens[1])
    return tokens


@contextmanager
def tool_span(tracer: Tracer, tool: str) -> Iterator[Span]:
    """Open the span of a call of a tool."""
    with (
        tracer.start_as_current_span(
            f"execute_tool {tool}",
            attributes={
                "gen_ai.operation.name": "execute_tool",
                "gen_ai.tool.name": tool,
                "gen_ai.tool.type": "function",
            },
            record_exception=False,
            set_status_on_exception=False,
        ) as span,
        _errors(span),
    ):
        yield span


def model_names(model: BaseChatModel) -> tuple[str, str]:
    """Return the provider and the name of a chat model, as the conventions have them."""
    told = model._get_ls_params()  # what LangChain's own tracing goes by
    provider = str(told.get("ls_provider") or model._llm_type)
    return _PROVIDERS.get(provider, provider), str(told.get("ls_model_name") or model._llm_type)


@contextmanager
def _errors(span: Span) -> Iterator[None]:
    """Say on a span that it ended in an error, by the error's class: what it says may quote a customer."""
    try:
        yield
    except BaseException as error:
        if type(error).__name__ != "GraphInterrupt":  # a run that waits for a person has not failed
            cut_off = isinstance(error, asyncio.CancelledError)
            span.set_attribute("error.type", "cancelled" if cut_off else type(error).__qualname__)
            span.set_status(Status(StatusCode.ERROR))
        raise
