"""The article's worked example, rebuilt from its description: three nodes in a row, two of them constants.

It is here to be measured and for nothing else. What it answers does not depend on what it is asked.
"""

import random
from dataclasses import dataclass
from typing import TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

LATE_AFTER_DAYS = 10
NODES = ("classify", "look up", "escalate")
"""The nodes that a run of it passes; the fourth, an ordinary reply, is never reached."""


class DemoState(TypedDict, total=False):
    """What its nodes hand to each other."""

    email: str
    intent: str
    order_id: str
    days_since_ordered: int
    answer: str
    failed: bool


def build_demo(step_success: float = 1.0, seed: int = 1) -> "CompiledStateGraph[DemoState]":
    """Build the example, each node of which may fail.

    Parameters
    ----------
    step_success
        Chance that a node does its work, independent of the others. A node that fails leaves its part of the state
        out, as a call that comes back empty would; the choice then fails with a KeyError, as the article's would.
    seed
        Of the draws.

    Returns
    -------
    langgraph.graph.state.CompiledStateGraph
        Takes and gives a :class:`DemoState`.

    Raises
    ------
    ValueError
        If ``step_success`` is no probability.
    """
    if not 0 <= step_success <= 1:
        raise ValueError(f"step_success is {step_success!r}: give a number from 0 to 1")
    drawn = random.Random(seed)  # noqa: S311 - chance for a simulation, no secret

    def works() -> bool:
        return drawn.random() < step_success

    def classify(state: DemoState) -> DemoState:
        return {"intent": "order_status"} if works() else {"failed": True}

    def look_up(state: DemoState) -> DemoState:
        return {"order_id": "4821", "days_since_ordered": 14} if works() else {"failed": True}

    def route(state: DemoState) -> str:
        return "escalate" if state["days_since_ordered"] > LATE_AFTER_DAYS else "reply"

    def reply(state: DemoState) -> DemoState:
        return {"answer": "on its way"} if works() else {"failed": True}

    def escalate(state: DemoState) -> DemoState:
        return {"answer": f"order {state['order_id']} late, refund and a person"} if works() else {"failed": True}

    graph = StateGraph(DemoState)
    graph.add_node("classify", classify)
    graph.add_node("look up", look_up)
    graph.add_node("reply", reply)
    graph.add_node("escalate", escalate)
    graph.add_edge(START, "classify")
    graph.add_edge("classify", "look up")
    graph.add_conditional_edges("look up", route, ["reply", "escalate"])
    graph.add_edge("reply", END)
    graph.add_edge("escalate", END)
    return graph.compile()


def ask_demo(email: str) -> tuple[str, tuple[str, ...]]:
    """Ask the example, and return its answer and the nodes that ran."""
    answer, nodes = "", []
    for update in build_demo().stream({"email": email}, stream_mode="updates"):
        for node, state in update.items():
            nodes.append(node)
            answer = state.get("answer", answer)
    return answer, tuple(nodes)


@dataclass(frozen=True)
class DemoRuns:
    """What runs of the example with failing nodes came to.

    Attributes
    ----------
    late_path
        Runs that took the way of the late order.
    right
        Of these, those that ended with its answer.
    whole
        Runs in which no node failed.
    """

    late_path: int
    right: int
    whole: int


def run_demo(runs: int, step_success: float, seed: int = 1) -> DemoRuns:
    """Run the example with failing nodes.

    Parameters
    ----------
    runs
        How many, 1 or more.
    step_success
        Chance that a node does its work.
    seed
        Of the draws.

    Raises
    ------
    ValueError
        If an argument is out of range.
    """
    if runs < 1:
        raise ValueError(f"runs is {runs!r}: give 1 or more")
    demo = build_demo(step_success, seed)
    late_path = right = whole = 0
    for _ in range(runs):
        seen: DemoState = {}
        nodes = []
        try:
            for update in demo.stream({"email": ""}, stream_mode="updates"):
                for node, state in update.items():
                    nodes.append(node)
                    seen |= state
        except KeyError:  # the choice reads what the look-up left out
            continue
        late_path += "escalate" in nodes
        right += "answer" in seen and "escalate" in nodes
        whole += not seen.get("failed", False)
    return DemoRuns(late_path, right, whole)
