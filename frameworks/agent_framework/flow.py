"""The order flow in Microsoft Agent Framework, and the small flows that its probes run."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import common
from agent_framework import (
    Case,
    Default,
    Executor,
    FileCheckpointStorage,
    Workflow,
    WorkflowBuilder,
    WorkflowContext,
    handler,
)

NAME = "orders"


@dataclass
class Order:
    """What the steps hand on."""

    message: str = ""
    intent: str = ""
    order_id: str = ""
    order: dict[str, str] = field(default_factory=dict)
    decision: str = ""
    text: str = ""


class Step(Executor):
    """A step that is a plain function of the order it is handed; it calls no model."""

    def __init__(self, name: str, work: Callable[[Order], dict[str, Any]]) -> None:
        super().__init__(id=name)
        self._work = work

    @handler
    async def run(self, order: Order, context: WorkflowContext[Order]) -> None:
        """Work on the order and hand it on."""
        await context.send_message(replace(order, **self._work(order)))


class LastStep(Executor):
    """The step that ends a run with an output."""

    def __init__(self, name: str, work: Callable[[Order], dict[str, Any]]) -> None:
        super().__init__(id=name)
        self._work = work

    @handler
    async def run(self, order: Order, context: WorkflowContext[None, Order]) -> None:
        """Work on the order and give it out."""
        await context.yield_output(replace(order, **self._work(order)))


def _chain(works: list[Callable[[Order], dict[str, Any]]]) -> Workflow:
    kinds = [Step] * (len(works) - 1) + [LastStep]
    steps = [kind(f"step_{number}", work) for number, (kind, work) in enumerate(zip(kinds, works, strict=True))]
    builder = WorkflowBuilder(start_executor=steps[0], output_from=[steps[-1]])
    return builder.add_chain(steps).build()


def _order_workflow(journal: common.Journal, storage: FileCheckpointStorage | None) -> Workflow:
    def journaled(name: str, work: Callable[[Order], dict[str, Any]]) -> Callable[[Order], dict[str, Any]]:
        def run(order: Order) -> dict[str, Any]:
            journal.write(name)
            return work(order)

        return run

    classify = Step("classify", journaled("classify", lambda order: common.classify(order.message)))
    look_up = Step("look_up", journaled("look_up", lambda order: {"order": common.look_up(order.order_id)}))
    decide = Step("decide", journaled("decide", lambda order: {"decision": common.decide(order.intent, order.order)}))
    reply = LastStep("reply", journaled("answer", lambda order: {"text": common.reply(order.order)}))
    escalate = LastStep("escalate", journaled("answer", lambda order: {"text": common.escalate()}))
    return (
        WorkflowBuilder(start_executor=classify, name=NAME, checkpoint_storage=storage, output_from=[reply, escalate])
        .add_edge(classify, look_up)
        .add_edge(look_up, decide)
        .add_switch_case_edge_group(
            decide, [Case(condition=lambda order: order.decision == "reply", target=reply), Default(target=escalate)]
        )
        .build()
    )


def order_flow(message: str, journal: common.Journal, store: str | None = None, folder: Path | None = None) -> dict:
    """Run the flow, from its last checkpoint where a store is named and holds one."""
    return asyncio.run(_order_flow(message, journal, store, folder))


async def _order_flow(message: str, journal: common.Journal, store: str | None, folder: Path | None) -> dict:
    storage, last = None, None
    if store is not None:
        allowed = [f"{Order.__module__}:{Order.__qualname__}"]
        storage = FileCheckpointStorage(folder / "checkpoints", allowed_checkpoint_types=allowed)
        last = await storage.get_latest(workflow_name=NAME)
    workflow = _order_workflow(journal, storage)
    if last is None:
        result = await workflow.run(Order(message=message))
    else:
        result = await workflow.run(checkpoint_id=last.checkpoint_id)
    return vars(result.get_outputs()[-1])


def empty_flow(steps: int) -> Callable[[], Callable[[], object]]:
    """Return a call that builds a flow of `steps` steps which do nothing, and gives the call that runs it."""
    loop = asyncio.new_event_loop()

    def build() -> Callable[[], object]:
        workflow = _chain([lambda order: {"text": "x"}] * steps)
        return lambda: loop.run_until_complete(workflow.run(Order(message="x")))

    return build


def failing_flow(step: Callable[[], str], seen: list[str]) -> None:
    """Run three steps of which the second is `step`; `seen` takes what the third was handed."""
    workflow = _chain(
        [lambda order: {"text": "x"}, lambda order: {"text": step()}, lambda order: seen.append(order.text) or {}]
    )
    asyncio.run(workflow.run(Order(message="x")))


def wrong_key(case: str) -> dict:
    """Run two steps of which the first writes the misspelt key ``decison``; return what the second was handed."""
    update = {"decison": "reply"} if case == "misspelt alone" else {"decison": "reply", "text": "x"}
    seen: dict = {}
    workflow = _chain([lambda order: update, lambda order: seen.update(vars(order)) or {}])
    asyncio.run(workflow.run(Order(message="x")))
    return seen


def instrument(provider: Any) -> str:
    """Send spans to `provider`: the framework takes the global one once its own switch is on."""
    from agent_framework.observability import enable_instrumentation
    from opentelemetry import trace

    trace.set_tracer_provider(provider)
    enable_instrumentation()
    return "none"
