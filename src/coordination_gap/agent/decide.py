"""What is done with an e-mail: rules alone, no model.

A reply may give the status and the promised day of the sender's own order and nothing else; whatever is not covered by
that goes to a person.
"""

from dataclasses import dataclass
from datetime import date

from coordination_gap.agent.email import References
from coordination_gap.agent.intents import Classification
from coordination_gap.agent.orders import Order

KINDS = ("reply", "ask", "escalate")
ASK = ("no order named", "malformed order number", "unknown order")
"""Rules that ask the sender for the number."""
ESCALATE = (
    "unsure",
    "other intent",
    "several orders",
    "not the sender's order",
    "cancelled order",
    "delivered order",
    "late order",
)
"""Rules that hand the e-mail to a person."""
REPLY = "on time"
"""The rule under which a reply is written."""


@dataclass(frozen=True)
class Decision:
    """What is done with an e-mail.

    Attributes
    ----------
    kind
        One of :data:`KINDS`.
    reason
        Why, as a sentence for the person who reads it. It may hold what the order says.
    rule
        Which rule decided: one of :data:`ASK`, :data:`ESCALATE` or :data:`REPLY`. It holds nothing of the customer's.
    """

    kind: str
    reason: str
    rule: str


def needs_look_up(classification: Classification, references: References, least_confidence: float) -> bool:
    """Tell whether the decision depends on an order: one may be named, and the e-mail asks for its status."""
    return _before_look_up(classification, references, least_confidence) is None


def decide(
    classification: Classification,
    references: References,
    order: Order | None,
    *,
    sender: str,
    today: date,
    least_confidence: float,
) -> Decision:
    """Return what is done with an e-mail.

    Parameters
    ----------
    classification
        What the sender wants, by the model.
    references
        The orders that the e-mail names.
    order
        The one order that it names, or the sender's own by an unmarked number; None where there is no such order, or
        none was looked up.
    sender
        The address that the e-mail came from, bare.
    today
        The day on which the agent works.
    least_confidence
        A classification below it goes to a person.

    Raises
    ------
    ValueError
        If `order` is not the order that the e-mail names.
    """
    if order is not None and (order.order_id,) != references.orders and order.order_id not in references.unmarked:
        raise ValueError(f"order is {order.order_id}: give the one order that the e-mail names")
    early = _before_look_up(classification, references, least_confidence)
    if early is not None:
        return early
    if order is None and not references.orders:
        return _no_order_named()
    number = references.orders[0] if order is None else order.order_id
    if order is None:
        return Decision("ask", f"there is no order {number}: the customer is asked for the number", ASK[2])
    if order.customer.strip().lower() != sender.strip().lower():
        return Decision("escalate", f"order {number} is not the sender's: a person looks into it", ESCALATE[3])
    if order.status == "cancelled":
        return Decision("escalate", f"order {number} is cancelled: a person answers", ESCALATE[4])
    if order.status == "delivered":
        return Decision(
            "escalate",
            f"order {number} counts as delivered on {order.delivered_on}, and the customer asks where it is: a person "
            "looks into it",
            ESCALATE[5],
        )
    if (late := order.days_late(today)) > 0:
        days = f"{late} day{'s' if late > 1 else ''}"
        return Decision(
            "escalate",
            f"order {number} is {days} late (promised for {order.promised_on}): a person answers and decides on a "
            "refund",
            ESCALATE[6],
        )
    return Decision("reply", f"order {number} is {order.status} and promised for {order.promised_on}", REPLY)


def _before_look_up(classification: Classification, references: References, least_confidence: float) -> Decision | None:
    """Return the decision where it does not depend on an order."""
    if not classification.confidence >= least_confidence:
        return Decision(
            "escalate",
            f"what the customer wants is unclear (taken for {classification.intent} with confidence "
            f"{classification.confidence:.2f}, below {least_confidence:.2f}): a person answers",
            ESCALATE[0],
        )
    if classification.intent != "order_status":
        return Decision("escalate", f"a person handles {classification.intent.replace('_', ' ')}", ESCALATE[1])
    named = len(references.orders) + len(references.malformed)
    if named > 1:
        numbers = ", ".join((*references.orders, *references.malformed))
        return Decision("escalate", f"the e-mail names {named} orders ({numbers:.200}): a person answers", ESCALATE[2])
    if references.malformed:
        return Decision(
            "ask",
            f"{references.malformed[0]:.40} is no order number: the customer is asked for it",
            ASK[1],
        )
    if not references.orders and not references.unmarked:
        return _no_order_named()
    return None


def _no_order_named() -> Decision:
    return Decision("ask", "the e-mail names no order: the customer is asked for the number", ASK[0])
