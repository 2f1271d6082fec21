"""The order flow in LangGraph, and the small flows that its probes run."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypedDict

import common
from langgraph.graph import END, START, StateGraph


class OrderState(TypedDict, total=False):
    """What the steps hand on."""

    message: str
    intent: str
    order_id: str
    order: dict[str, str]
    decision: str
    text: str


def _graph(journal: common.Journal) -> StateGraph:
    def classify(state: OrderState) -> OrderState:
        journal.write("classify")
        return common.classify(state["message"])

    def look_up(state: OrderState) -> OrderState:
        journal.write("look_up")
        return {"order": common.look_up(state["order_id"])}

    def decide(state: OrderState) -> OrderState:
        journal.write("decide")
        return {"decision": common.decide(state["intent"], state["order"])}

    def reply(state: OrderState) -> OrderState:
        journal.write("answer")
        return {"text": common.reply(state["order"])}

    def escalate(state: OrderState) -> OrderState:
        journal.write("answer")
        return {"text": common.escalate()}

    graph = StateGraph(OrderState)
    for step in (classify, look_up, decide, reply, escalate):
        graph.add_node(step.__name__, step)
    graph.add_edge(START, "classify")
    graph.add_edge("classify", "look_up")
    graph.add_edge("look_up", "decide")
    graph.add_conditional_edges("decide", lambda state: state["decision"], ["reply", "escalate"])
    graph.add_edge("reply", END)
    graph.add_edge("escalate", END)
    return graph


def order_flow(message: str, journal: common.Journal, store: str | None = None, folder: Path | None = None) -> dict:
    """Run the flow, from its last checkpoint where a store is named and holds one."""
    graph = _graph(journal)
    if store is None:
        return dict(graph.compile().invoke({"message": message}))
    from langgraph.checkpoint.sqlite import SqliteSaver

    config: Any = {"configurable": {"thread_id": "order"}}
    with SqliteSaver.from_conn_string(str(folder / "checkpoints.sqlite")) as saver:
        flow = graph.compile(checkpointer=saver)
        begun = flow.get_state(config).next
        return dict(flow.invoke(None if begun else {"message": message}, config, durability="sync"))


def empty_flow(steps: int) -> Callable[[], Callable[[], object]]:
    """Return a call that builds a flow of `steps` steps which do nothing, and gives the call that runs it."""
    graph = StateGraph(OrderState)
    names = [f"step_{number}" for number in range(steps)]
    for name in names:
        graph.add_node(name, lambda state: {"text": "x"})
    for before, after in zip([START, *names], [*names, END], strict=True):
        graph.add_edge(before, after)

    def build() -> Callable[[], object]:
        flow = graph.compile()
        return lambda: flow.invoke({"message": "x"})

    return build


def failing_flow(step: Callable[[], str], seen: list[str]) -> None:
    """Run three steps of which the second is `step`; `seen` takes what the third was handed."""
    graph = StateGraph(OrderState)
    graph.add_node("first", lambda state: {"text": "x"})
    graph.add_node("second", lambda state: {"text": step()})
    graph.add_node("third", lambda state: seen.append(state["text"]) or {"decision": "x"})
    for before, after in ((START, "first"), ("first", "second"), ("second", "third"), ("third", END)):
        graph.add_edge(before, after)
    graph.compile().invoke({"message": "x"})


def wrong_key(case: str) -> dict:
    """Run two steps of which the first writes the misspelt key ``decison``; return what the second was handed."""
    update: Any = {"decison": "reply"} if case == "misspelt alone" else {"decison": "reply", "text": "x"}
    seen: dict = {}
    graph = StateGraph(OrderState)
    graph.add_node("writes", lambda state: update)
    graph.add_node("reads", lambda state: seen.update(state) or {"intent": "x"})
    for before, after in ((START, "writes"), ("writes", "reads"), ("reads", END)):
        graph.add_edge(before, after)
    graph.compile().invoke({"message": "x"})
    return seen


def instrument(provider: Any) -> str:
    """Send spans to `provider`; LangGraph makes none itself, so a separate package does."""
    from openinference.instrumentation.langchain import LangChainInstrumentor

    LangChainInstrumentor().instrument(tracer_provider=provider)
    return "openinference-instrumentation-langchain"
