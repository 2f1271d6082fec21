"""Replies made from the record by code, for when the model's draft cannot be used."""

from coordination_gap.agent.decide import ASK
from coordination_gap.agent.orders import Order

_STATUS = {"processing": "is being prepared", "shipped": "has been shipped"}


def plain_reply(order: Order | None, decision: str, rule: str) -> str:
    """Return a plain reply.

    Parameters
    ----------
    order
        The record that a ``"reply"`` is about, in processing or shipped; not used for an ``"ask"``.
    decision
        ``"reply"`` or ``"ask"``.
    rule
        The rule that decided, which says what an ``"ask"`` asks for.

    Raises
    ------
    ValueError
        If there is nothing of this kind to say.
    """
    if decision == "ask":
        why = "We could not find an order with the number in your message." if rule == ASK[2] else ""
        why = why or "We could not find an order number in your message."
        question = "Could you please send us your order number? It stands in the confirmation of your order."
        return f"Hello,\n\n{why} {question}\n\nKind regards\nCustomer service\n"
    if decision != "reply" or order is None or order.status not in _STATUS:
        raise ValueError(
            f"decision is {decision!r} about {order!r:.60}: give a reply about an order under way, or an ask"
        )
    day = f"{order.promised_on:%A}, {order.promised_on.day} {order.promised_on:%B %Y}"
    return (
        f"Hello,\n\nyour order {order.order_id} ({order.item}) {_STATUS[order.status]}. "
        f"It is promised for {day}.\n\nKind regards\nCustomer service\n"
    )
