"""The order flow in AutoGen's GraphFlow, and the small flows that its probes run."""

import asyncio
import itertools
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import common
from autogen_agentchat.agents import BaseChatAgent
from autogen_agentchat.base import Response
from autogen_agentchat.messages import BaseChatMessage, StructuredMessage
from autogen_agentchat.teams import DiGraphBuilder, GraphFlow
from autogen_core import CancellationToken
from pydantic import BaseModel


class Order(BaseModel):
    """What the steps hand on."""

    message: str = ""
    intent: str = ""
    order_id: str = ""
    order: dict[str, str] = {}
    decision: str = ""
    text: str = ""


OrderMessage = StructuredMessage[Order]


class Step(BaseChatAgent):
    """An agent that is a plain function of the last message; it calls no model."""

    def __init__(self, name: str, work: Callable[[Order], dict[str, Any]]) -> None:
        super().__init__(name, description=name)
        self._work = work

    @property
    def produced_message_types(self) -> Sequence[type[BaseChatMessage]]:
        """The one type that steps hand on."""
        return (OrderMessage,)

    async def on_messages(self, messages: Sequence[BaseChatMessage], cancellation_token: CancellationToken) -> Response:
        """Work on the last message."""
        order = messages[-1].content
        changed = Order.model_validate({**order.model_dump(), **self._work(order)})
        return Response(chat_message=OrderMessage(content=changed, source=self.name))

    async def on_reset(self, cancellation_token: CancellationToken) -> None:
        """Forget nothing, for nothing is kept."""


def _chain(steps: Sequence[Step]) -> GraphFlow:
    builder = DiGraphBuilder()
    for step in steps:
        builder.add_node(step)
    for before, after in itertools.pairwise(steps):
        builder.add_edge(before, after)
    return GraphFlow(participants=list(steps), graph=builder.build(), custom_message_types=[OrderMessage])


def _order_team(journal: common.Journal) -> GraphFlow:
    def journaled(name: str, work: Callable[[Order], dict[str, Any]]) -> Callable[[Order], dict[str, Any]]:
        def run(order: Order) -> dict[str, Any]:
            journal.write(name)
            return work(order)

        return run

    classify = Step("classify", journaled("classify", lambda order: common.classify(order.message)))
    look_up = Step("look_up", journaled("look_up", lambda order: {"order": common.look_up(order.order_id)}))
    decide = Step("decide", journaled("decide", lambda order: {"decision": common.decide(order.intent, order.order)}))
    reply = Step("reply", journaled("answer", lambda order: {"text": common.reply(order.order)}))
    escalate = Step("escalate", journaled("answer", lambda order: {"text": common.escalate()}))
    steps = [classify, look_up, decide, reply, escalate]
    builder = DiGraphBuilder()
    for step in steps:
        builder.add_node(step)
    builder.add_edge(classify, look_up)
    builder.add_edge(look_up, decide)
    builder.add_edge(decide, reply, condition=lambda message: message.content.decision == "reply")
    builder.add_edge(decide, escalate, condition=lambda message: message.content.decision == "escalate")
    return GraphFlow(participants=steps, graph=builder.build(), custom_message_types=[OrderMessage])


def _last_order(messages: Sequence[Any]) -> dict:
    orders = [message.content for message in messages if isinstance(message, OrderMessage)]
    return orders[-1].model_dump()


def order_flow(message: str, journal: common.Journal, store: str | None = None, folder: Path | None = None) -> dict:
    """Run the flow, from saved state where a store is named and some was saved."""
    return asyncio.run(_order_flow(message, journal, store, folder))


async def _order_flow(message: str, journal: common.Journal, store: str | None, folder: Path | None) -> dict:
    team = _order_team(journal)
    task: Any = OrderMessage(content=Order(message=message), source="user")
    if store is None:
        return _last_order((await team.run(task=task)).messages)
    saved = folder / "team.json"
    if saved.exists():
        await team.load_state(json.loads(saved.read_text(encoding="utf-8")))
        task = None
    messages = []
    async for item in team.run_stream(task=task):
        messages.append(item)
        if store == "save_state after each message" and isinstance(item, OrderMessage):
            saved.write_text(json.dumps(await team.save_state(), default=str), encoding="utf-8")
    saved.write_text(json.dumps(await team.save_state(), default=str), encoding="utf-8")
    return _last_order(messages)


def empty_flow(steps: int) -> Callable[[], Callable[[], object]]:
    """Return a call that builds a flow of `steps` steps which do nothing, and gives the call that runs it."""
    loop = asyncio.new_event_loop()

    def build() -> Callable[[], object]:
        team = _chain([Step(f"step_{number}", lambda order: {"text": "x"}) for number in range(steps)])
        task = OrderMessage(content=Order(message="x"), source="user")
        return lambda: loop.run_until_complete(team.run(task=task))

    return build


def failing_flow(step: Callable[[], str], seen: list[str]) -> None:
    """Run three steps of which the second is `step`; `seen` takes what the third was handed."""
    team = _chain(
        [
            Step("first", lambda order: {"text": "x"}),
            Step("second", lambda order: {"text": step()}),
            Step("third", lambda order: seen.append(order.text) or {}),
        ]
    )
    asyncio.run(team.run(task=OrderMessage(content=Order(message="x"), source="user")))


def wrong_key(case: str) -> dict:
    """Run two steps of which the first writes the misspelt key ``decison``; return what the second was handed."""
    update = {"decison": "reply"} if case == "misspelt alone" else {"decison": "reply", "text": "x"}
    seen: dict = {}
    team = _chain([Step("writes", lambda order: update), Step("reads", lambda order: seen.update(order) or {})])
    asyncio.run(team.run(task=OrderMessage(content=Order(message="x"), source="user")))
    return seen


def instrument(provider: Any) -> str:
    """Send spans to `provider`: the runtime takes the global one."""
    from opentelemetry import trace

    trace.set_tracer_provider(provider)
    return "none"
