"""What may be sent in reply to an e-mail: every wording there is, filled from the true record.

This judges runs from outside: it knows the label and the record, which the gate that checks drafts does not.
"""

from datetime import date

from coordination_gap.agent.decide import ASK
from coordination_gap.agent.local_drafts import wordings
from coordination_gap.agent.orders import Order
from coordination_gap.agent.plain import plain_reply
from coordination_gap.agent.reply_words import STATUS_WORDS, day_words


def right_texts(decision: str, order: Order | None, rule: str) -> frozenset[str]:
    """Return the replies that are right.

    Parameters
    ----------
    decision
        ``reply``, ``ask`` or ``escalate``.
    order
        The true record, for a ``reply``.
    rule
        The rule that decided: an ``ask`` about a number that no order has is worded otherwise.

    Returns
    -------
    frozenset of str
        Empty where nothing may be sent.
    """
    if decision == "reply" and order is not None and order.status in ("processing", "shipped"):
        situation, about = f"reply_{order.status}", order
    elif decision == "ask":
        situation, about = ("ask_not_found" if rule == ASK[2] else "ask_number"), None
    else:
        return frozenset()
    values = {} if about is None else _values(about)
    written = {
        wording.filled(values)
        for wording in wordings()
        if wording.situation == situation and wording.placeholders() <= values.keys()
    }
    return frozenset(written | {plain_reply(about, decision, rule)})


def _values(order: Order) -> dict[str, str]:
    days: dict[str, date | None] = {
        "ordered_on": order.ordered_on,
        "shipped_on": order.shipped_on,
        "promised_on": order.promised_on,
    }
    return {
        "order_id": order.order_id,
        "item": order.item,
        "status_words": STATUS_WORDS[order.status],
        **{name: day_words(day) for name, day in days.items() if day is not None},
    }
