"""The order flow in a CrewAI Flow, and the small flows that its probes run."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import common
from crewai.flow.flow import Flow, listen, router, start
from pydantic import BaseModel

#: The key under which a persisted run is found again.
RUN_ID = "3f0f4c1e-0000-4000-8000-000000004821"


class OrderState(BaseModel):
    """What the steps hand on."""

    id: str = RUN_ID
    message: str = ""
    intent: str = ""
    order_id: str = ""
    order: dict[str, str] = {}
    decision: str = ""
    text: str = ""


def _order_class(journal: common.Journal) -> type[Flow]:
    class OrderFlow(Flow[OrderState]):
        @start()
        def classify(self) -> None:
            journal.write("classify")
            found = common.classify(self.state.message)
            self.state.intent, self.state.order_id = found["intent"], found["order_id"]

        @listen(classify)
        def look_up(self) -> None:
            journal.write("look_up")
            self.state.order = common.look_up(self.state.order_id)

        @router(look_up)
        def decide(self) -> str:
            journal.write("decide")
            self.state.decision = common.decide(self.state.intent, self.state.order)
            return self.state.decision

        @listen("reply")
        def send_reply(self) -> None:
            journal.write("answer")
            self.state.text = common.reply(self.state.order)

        @listen("escalate")
        def hand_over(self) -> None:
            journal.write("answer")
            self.state.text = common.escalate()

    return OrderFlow


def order_flow(message: str, journal: common.Journal, store: str | None = None, folder: Path | None = None) -> dict:
    """Run the flow, from what was kept where a store is named and holds something."""
    kind = _order_class(journal)
    if store == "checkpoint":
        return _checkpointed(kind, message, folder)
    if store == "@persist":
        from crewai.flow.persistence import SQLiteFlowPersistence, persist

        kind = persist(SQLiteFlowPersistence(str(folder / "flow.db")))(kind)
    flow = kind()
    flow.kickoff(inputs={"id": RUN_ID, "message": message})
    return flow.state.model_dump()


def _checkpointed(kind: type[Flow], message: str, folder: Path) -> dict:
    from crewai.state.checkpoint_config import CheckpointConfig

    place = folder / "checkpoints"
    kept = sorted((path for path in place.rglob("*.json")), key=lambda path: path.stat().st_mtime_ns)
    settings = {"location": str(place), "on_events": ["method_execution_finished"]}
    if kept:
        flow = kind(checkpoint=CheckpointConfig(**settings))
        flow.kickoff(from_checkpoint=CheckpointConfig(**settings, restore_from=str(kept[-1])))
        return flow.state.model_dump()
    flow = kind(checkpoint=CheckpointConfig(**settings))
    flow.kickoff(inputs={"id": RUN_ID, "message": message})
    return flow.state.model_dump()


def _chain_class(works: list[Callable[[Flow], None]]) -> type[Flow]:
    body: dict[str, Any] = {}
    before = None
    for number, work in enumerate(works):
        method = _method(f"step_{number}", work)
        before = (start() if before is None else listen(before))(method)
        body[method.__name__] = before
    return type("Chain", (Flow[OrderState],), body)


def _method(name: str, work: Callable[[Flow], None]) -> Callable[[Flow], None]:
    def method(self: Flow) -> None:
        work(self)

    method.__name__ = name
    return method


def empty_flow(steps: int) -> Callable[[], Callable[[], object]]:
    """Return a call that builds a flow of `steps` steps which do nothing, and gives the call that runs it."""

    def nothing(flow: Flow) -> None:
        flow.state.text = "x"

    kind = _chain_class([nothing] * steps)
    return lambda: kind().kickoff


def failing_flow(step: Callable[[], str], seen: list[str]) -> None:
    """Run three steps of which the second is `step`; `seen` takes what the third was handed."""

    def first(flow: Flow) -> None:
        flow.state.text = "x"

    def second(flow: Flow) -> None:
        flow.state.text = step()

    def third(flow: Flow) -> None:
        seen.append(flow.state.text)

    _chain_class([first, second, third])().kickoff()


def wrong_key(case: str) -> dict:
    """Run two steps of which the first writes the misspelt key ``decison``; return what the second was handed."""
    seen: dict = {}

    def writes(flow: Flow) -> None:
        if case != "misspelt alone":
            flow.state.text = "x"
        flow.state.decison = "reply"

    def reads(flow: Flow) -> None:
        seen.update(flow.state.model_dump())

    _chain_class([writes, reads])().kickoff()
    return seen


def instrument(provider: Any) -> str:
    """Send spans to `provider`: whatever CrewAI makes goes to the global one."""
    from opentelemetry import trace

    trace.set_tracer_provider(provider)
    return "none"
