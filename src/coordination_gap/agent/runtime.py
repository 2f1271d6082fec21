"""The support agent: an e-mail in, an answer out, and a person's word where one is needed."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiosqlite
from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.types import Command, Durability, StateSnapshot

from coordination_gap.agent import spans
from coordination_gap.agent.answer import Answer, answer_of, new_state, waits
from coordination_gap.agent.email import MOST_CHARACTERS, Email
from coordination_gap.agent.failures import AgentError
from coordination_gap.agent.graph import Graph, Nodes, own_order
from coordination_gap.agent.order_client import OrderClient
from coordination_gap.agent.outbox import Outbox
from coordination_gap.agent.settings import Settings
from coordination_gap.agent.state import State, Word
from coordination_gap.agent.steps import Steps
from coordination_gap.agent.tracing import Tracing, tracing_from_environment

CHECKPOINTS, OUTBOX, TRACES = "checkpoints.sqlite", "outbox.sqlite", "traces.jsonl"
"""Files in the state folder."""


class SupportAgent:
    """A support agent, to be used as an async context manager.

    Parameters
    ----------
    orders
        Looks up orders.
    model
        A chat model, for classifying and drafting.
    today
        The day on which it works.
    state
        Folder for checkpoints, outbox and traces, made if it is not there. None keeps everything in memory: then a
        run cannot be resumed by another process.
    settings
        How it works.
    tracing
        Where spans go. By default where the environment says, else to ``traces.jsonl`` in the state folder, else
        nowhere. The agent closes what it was not given.
    judge
        Given the answer of a run that sent a reply, says whether it was a ``"success"`` or a ``"silent_failure"``, for
        ``gap.run.outcome``; None where that is not known. Runs that go to a person are ``"halted"``.

    Raises
    ------
    AgentError
        On entering, if the state folder cannot be used.
    """

    def __init__(
        self,
        orders: OrderClient,
        model: BaseChatModel,
        *,
        today: date,
        state: Path | None,
        settings: Settings = Settings(),  # noqa: B008 # frozen
        tracing: Tracing | None = None,
        judge: Callable[[Answer], str | None] | None = None,
    ) -> None:
        self._orders = orders
        self._model = model
        self._today = today
        self._state = state
        self._settings = settings
        self._given_tracing = tracing
        self._judge = judge
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            with self._errors():
                if self._state is not None:
                    self._state.mkdir(parents=True, exist_ok=True)
                self._outbox = Outbox(self._state and self._state / OUTBOX)
                stack.callback(self._outbox.close)
                saver = await self._saver(stack)
                if self._given_tracing is None:
                    self._tracing = tracing_from_environment(self._state and self._state / TRACES)
                    stack.callback(self._tracing.close)
                else:
                    self._tracing = self._given_tracing
            tracer = self._tracing.tracer
            steps = Steps(self._orders, self._model, self._outbox, self._today, self._settings, tracer)
            self._nodes = Nodes(steps, self._outbox, self._settings, tracer)
            self._graph: Graph = self._nodes.compiled(saver)
            self._open = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, place: TracebackType | None
    ) -> None:
        await self._open.aclose()

    @property
    def traces(self) -> str | None:
        """Where the spans go, in words; None where there are none."""
        return self._tracing.place

    async def answer(self, email: Email, run_id: str) -> Answer:
        """Answer an e-mail, or hand it to a person.

        A run that was cut off is resumed after its last finished step. A run that has ended, or waits for a person,
        is not run again: what became of it is returned.

        Parameters
        ----------
        email
            As it came in.
        run_id
            Names the run; the same e-mail under the same name is answered once.

        Raises
        ------
        ValueError
            If `run_id` is blank or names a run of another e-mail.
        AgentError
            If the state folder cannot be used.
        """
        if not isinstance(run_id, str) or not run_id.strip():
            raise ValueError(f"run_id is {run_id!r}: give a name that is not blank")
        tracer = self._tracing.tracer
        new = new_state(email, run_id)
        with self._errors():
            found = await self._graph.aget_state(_config(run_id))
            if found.values and found.values["fingerprint"] != new["fingerprint"]:
                raise ValueError(f"run_id is {run_id!r}, the run of another e-mail: give each e-mail its own")
            try:
                if not found.values:
                    with spans.run_span(tracer, run_id) as root:
                        answer = await self._run({**new, "trace": spans.trace_of(root)}, run_id)
                        root.set_attributes({"support.decision": answer.decision, "support.rule": answer.rule})
                        outcome = "halted" if answer.decision == "escalate" else self._judge and self._judge(answer)
                        if outcome:
                            root.set_attribute("gap.run.outcome", outcome)
                        return answer
                if found.next and not waits(found):
                    with spans.later_span(tracer, "resume", run_id, found.values["trace"]):
                        return await self._run(None, run_id)
            finally:
                self._nodes.forget(run_id)
            return self._answer(found)

    async def approve(self, run_id: str, *, refund: bool, reply: str | None) -> Answer:
        """Carry out a person's word on a run that was handed over, and end it.

        The first word stands: a second one changes nothing, and what became of the run is returned.

        Parameters
        ----------
        run_id
            A run whose decision was ``escalate``.
        refund
            Whether the order is refunded, in full.
        reply
            What the customer is answered; None for nothing.

        Raises
        ------
        ValueError
            If there is no such run, it does not wait for a person, or its order cannot be refunded.
        OutboxError
            If the word could not be carried out; nothing was done, and the run still waits.
        AgentError
            If the state folder cannot be used.
        """
        if not isinstance(refund, bool):
            raise ValueError(f"refund is {refund!r}: give True or False")
        if reply is not None and not (isinstance(reply, str) and 0 < len(reply.strip()) <= MOST_CHARACTERS):
            raise ValueError(f"reply is {reply!r:.60}: give a text that is not blank, or None")
        with self._errors():
            found = await self._graph.aget_state(_config(run_id))
            if not found.values:
                raise ValueError(f"run_id is {run_id!r}: there is no such run in {self._state or 'memory'}")
            if not found.next and found.values["kind"] == "escalate":
                return self._answer(found)
            if not waits(found):
                raise ValueError(f"run_id is {run_id!r}, a run that does not wait for a person")
            order = own_order(found.values)  # type: ignore[arg-type] # the graph's state
            if refund and order is None:
                raise ValueError(f"refund is True: run {run_id!r} has no order of the sender's that could be refunded")
            with spans.later_span(self._tracing.tracer, "approve", run_id, found.values["trace"]) as span:
                span.set_attribute("support.refund", refund)
                done = self._outbox.settle(
                    run_id,
                    found.values["sender"],
                    reply=reply,
                    refund=refund,
                    order_id=None if order is None else order.order_id,
                    amount_usd=0.0 if order is None else order.price_usd,
                )
                # The first word stands, which may be another's, or this one's before the process was killed.
                word = Word(refund=done.refund_usd > 0, reply=done.reply)
                return await self._run(Command(resume=word), run_id)

    async def _run(self, given: State | Command[Any] | None, run_id: str) -> Answer:
        # In memory nothing survives the process, so that one checkpoint at the end is enough.
        durability: Durability = "exit" if self._state is None else "sync"
        await self._graph.ainvoke(given, _config(run_id), durability=durability)
        return self._answer(await self._graph.aget_state(_config(run_id)))

    def _answer(self, found: StateSnapshot) -> Answer:
        return answer_of(found, self._outbox.done(found.values["run_id"]))

    async def _saver(self, stack: AsyncExitStack) -> BaseCheckpointSaver[Any]:
        # The state is plain data; anything else in a checkpoint would be code to load, and is not loaded.
        serde = JsonPlusSerializer(allowed_msgpack_modules=None)
        if self._state is None:
            return InMemorySaver(serde=serde)
        connection = await stack.enter_async_context(aiosqlite.connect(self._state / CHECKPOINTS))
        saver = AsyncSqliteSaver(connection, serde=serde)
        await saver.setup()
        # A power failure may lose the last steps, which are then taken again; the outbox knows what was sent.
        await connection.execute("PRAGMA synchronous = NORMAL")
        return saver

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise AgentError(
                f"the state folder {self._state} could not be used ({error}): mend that and try again"
            ) from (error)


def _config(run_id: str) -> RunnableConfig:
    return {"configurable": {"thread_id": run_id}}
