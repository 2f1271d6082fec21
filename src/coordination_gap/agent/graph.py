"""The agent's steps as a LangGraph graph: order, retries, time-outs, and the way to a person.

::

    read -> classify -> [look up] -> decide -> draft -> check -> send
                                       |         |        |
                                       |         +--> plain reply (then check, unless that was the one to reject)
                                       +--> escalate: waits for a person

Any step that fails for good ends in ``escalate``, but for ``draft``, for which ``plain reply`` stands in.
"""

import logging
import time
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.errors import NodeError
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command, RetryPolicy, interrupt
from opentelemetry.trace import Span, Tracer

from coordination_gap.agent import spans
from coordination_gap.agent.decide import needs_look_up
from coordination_gap.agent.failures import is_transient, sentence
from coordination_gap.agent.orders import Order, UnknownOrder
from coordination_gap.agent.outbox import Outbox
from coordination_gap.agent.settings import Settings
from coordination_gap.agent.state import State, Word, order_of
from coordination_gap.agent.steps import Step, Steps, classification_of, references_of

RETRIED = ("classify", "look up", "draft")
"""Steps that are tried again."""
INTERCEPTED = ("read", "classify", "look up", "decide", "draft", "check", "send")
"""Steps that :attr:`~coordination_gap.agent.settings.Settings.intercept` is called for."""

_log = logging.getLogger(__name__)
Graph = CompiledStateGraph[State, None, State, State]


class Nodes:
    """The graph's nodes: each runs a step in a span and says how long it took."""

    def __init__(self, steps: Steps, outbox: Outbox, settings: Settings, tracer: Tracer) -> None:
        self._steps = steps.all()
        self._outbox = outbox
        self._settings = settings
        self._tracer = tracer
        self._began: dict[tuple[str, str], float] = {}  # when the first attempt at a step began, while it runs
        self._drafts: dict[str, Span] = {}  # spans of drafts on which there is no verdict yet

    def compiled(self, checkpointer: BaseCheckpointSaver[Any]) -> Graph:
        """Return the graph."""
        builder = StateGraph(State)
        for name, step in self._steps.items():
            builder.add_node(
                name,
                self._node(name, step),
                retry_policy=self._retries() if name in RETRIED else None,
                timeout=self._timeout(name),
                error_handler=self._handler(name),
            )
        builder.add_node("escalate", self._escalate)
        builder.add_edge(START, "read")
        builder.add_edge("read", "classify")
        builder.add_conditional_edges("classify", self._after_classify, ["look up", "decide"])
        builder.add_edge("look up", "decide")
        builder.add_conditional_edges("decide", _after_decide, ["draft", "escalate"])
        builder.add_edge("draft", "check")
        builder.add_conditional_edges("plain reply", _after_plain_reply, ["check", "send", "escalate"])
        builder.add_conditional_edges("check", _after_check, ["send", "plain reply", "escalate"])
        builder.add_edge("send", END)
        builder.add_edge("escalate", END)
        return builder.compile(checkpointer=checkpointer)

    def forget(self, run_id: str) -> None:
        """Let go of what is held of a run that has ended or was cut off."""
        if (span := self._drafts.pop(run_id, None)) is not None:
            span.end()
        for key in [key for key in self._began if key[0] == run_id]:
            del self._began[key]

    def _retries(self) -> RetryPolicy:
        return RetryPolicy(
            initial_interval=self._settings.first_wait_s,
            backoff_factor=2.0,
            max_attempts=self._settings.attempts,
            jitter=False,
            retry_on=is_transient,
        )

    def _timeout(self, name: str) -> float | None:
        # A write that was cut off half way could not be told from one that was not made.
        return None if name == "send" else self._settings.step_timeout_s

    def _node(self, name: str, step: Step) -> Any:
        intercept = self._settings.intercept if name in INTERCEPTED else None
        compute = step.compute if intercept is None else intercept(name, step.compute)

        async def node(state: State, *, runtime: Runtime[None]) -> State:
            info = runtime.execution_info
            number = info.node_attempt if info is not None else 1
            began = self._began.setdefault((state["run_id"], name), time.monotonic())
            with spans.attempt_span(self._tracer, name, number, state["trace"], self._timeout(name)) as span:
                try:
                    update = step.keep(state, await compute(state))
                except UnknownOrder:
                    update = {"order": None}
            self._end(name, span, state, update)
            del self._began[state["run_id"], name]
            return {**update, "path": [name], "seconds": [time.monotonic() - began]}

        return node

    def _end(self, name: str, span: Span, state: State, update: State) -> None:
        """End an attempt's span; that of a draft waits for the verdict."""
        if name == "draft":
            self._drafts[state["run_id"]] = span
            return
        faults = update.get("faults")
        if name == "plain reply" and faults:
            spans.end_rejected(span)
            return
        span.end()
        if name == "check" and (draft := self._drafts.pop(state["run_id"], None)) is not None:
            if faults:
                spans.end_rejected(draft)
            else:
                draft.end()

    def _handler(self, name: str) -> Any:
        async def failed(state: State, error: NodeError) -> Command[Any]:
            cause = error.error
            _log.info("step %s failed for good: %s", name, type(cause).__name__)
            began = self._began.pop((state["run_id"], name), None)
            update: State = {
                "path": [name],
                "seconds": [0.0 if began is None else time.monotonic() - began],
                "failure": type(cause).__name__,
            }
            if name == "send" and self._outbox.done(state["run_id"]).reply is not None:
                return Command(update={**update, "sent": True}, goto=END)  # it failed after it had done its work
            if name == "draft" and self._settings.fallback:
                return Command(update=update, goto="plain reply")
            reason = f"step {name!r} failed ({sentence(cause)}): a person answers"
            rule = f"{name} failed"
            return Command(update={**update, "kind": "escalate", "reason": reason, "rule": rule}, goto="escalate")

        return failed

    async def _escalate(self, state: State) -> State:
        """Wait for a person. What the person says is carried out before the graph goes on: here it is only kept.

        LangGraph keeps the first word that a node was resumed with, also where the node then failed; a word that could
        not be carried out has to be free to be changed.
        """
        with spans.later_span(self._tracer, "escalate", state["run_id"], state["trace"]) as span:
            span.set_attribute("support.rule", state["rule"])
            word: Word = interrupt({"reason": state["reason"], "rule": state["rule"], "order": state.get("order")})
        return {"word": word, "path": ["escalate"], "seconds": [0.0]}

    def _after_classify(self, state: State) -> str:
        found, named = classification_of(state), references_of(state)
        return "look up" if needs_look_up(found, named, self._settings.least_confidence) else "decide"


def own_order(state: State) -> Order | None:
    """Return the order that was looked up, if it is the sender's."""
    order = order_of(state)
    return order if order is not None and order.customer.strip().lower() == state["sender"].lower() else None


def _after_decide(state: State) -> str:
    return "escalate" if state["kind"] == "escalate" else "draft"


def _after_plain_reply(state: State) -> str:
    if state["kind"] == "escalate":
        return "escalate"
    return "send" if "check" in state["path"] else "check"


def _after_check(state: State) -> str:
    if state["kind"] == "escalate":
        return "escalate"
    return "plain reply" if state["faults"] else "send"
