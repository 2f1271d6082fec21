"""What a run of the agent knows, and what is kept of it after each step.

Everything in it is plain data, so that a checkpoint can be read without loading code that it names.
"""

import operator
from typing import Annotated, Any, TypedDict

from pydantic import TypeAdapter

from coordination_gap.agent.email import References
from coordination_gap.agent.intents import Classification
from coordination_gap.agent.orders import Order

_ORDER = TypeAdapter(Order)


class Word(TypedDict):
    """What a person decided about a run that was handed over."""

    refund: bool
    reply: str | None


class State(TypedDict, total=False):
    """The state of a run; each step adds to it.

    ``trace`` is the W3C trace context of the run's root span. ``path`` and ``seconds`` have an entry for each step
    taken: its name, and how long it took with all its attempts and the waits between them.
    """

    run_id: str
    trace: str
    fingerprint: str
    sender: str
    subject: str
    body: str | bytes
    orders: list[str]
    malformed: list[str]
    unmarked: list[str]
    intent: str
    confidence: float
    order: dict[str, Any] | None
    kind: str
    reason: str
    rule: str
    draft: str | None
    written_by: str
    faults: list[str]
    failure: str
    sent: bool
    word: Word
    path: Annotated[list[str], operator.add]
    seconds: Annotated[list[float], operator.add]


def order_as_data(order: Order) -> dict[str, Any]:
    """Return an order as plain data, days as text."""
    data: dict[str, Any] = _ORDER.dump_python(order, mode="json")
    return data


def order_of(state: State) -> Order | None:
    """Return the order that a run looked up, None where there is none."""
    kept = state.get("order")
    return None if kept is None else _ORDER.validate_python(kept)


def classification_of(state: State) -> Classification:
    """Return what the sender wants, as kept."""
    return Classification(state["intent"], state["confidence"])


def references_of(state: State) -> References:
    """Return the orders that the e-mail names, as kept."""
    return References(tuple(state["orders"]), tuple(state["malformed"]), tuple(state["unmarked"]))
