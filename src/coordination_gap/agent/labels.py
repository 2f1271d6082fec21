"""The labelled e-mails: what each asks, what the rules demand, and what became of a run measured against that."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import pandas as pd

from coordination_gap.agent.answer import Answer
from coordination_gap.agent.email import Email
from coordination_gap.agent.orders import Order

SUCCESS, SILENT_FAILURE, HALTED = "success", "silent_failure", "halted"


@dataclass(frozen=True)
class Label:
    """A labelled e-mail.

    Attributes
    ----------
    email_id, email
        Its name, and the e-mail as it came in.
    case
        What kind of e-mail it is, such as ``in_time`` or ``hostile``.
    intent
        What the sender wants.
    order_ids
        The order numbers that it names, in order; empty for none.
    decision
        ``reply``, ``ask`` or ``escalate``: what the rules demand.
    reason
        Why, in a word.
    order
        The record of the one order that it names, whoever's it is; None where there is none such, or several.
    """

    email_id: str
    email: Email
    case: str
    intent: str
    order_ids: tuple[str, ...]
    decision: str
    reason: str
    order: Order | None


def read_labels(emails: pd.DataFrame, orders: pd.DataFrame) -> tuple[Label, ...]:
    """Read the tables ``support_emails`` and ``orders``.

    Returns
    -------
    tuple of Label
        In the order of the table.
    """
    records = {order.order_id: order for order in read_orders(orders)}
    rows: list[Any] = emails.astype(object).where(emails.notna(), "").to_dict("records")
    return tuple(
        Label(
            email_id=row["email_id"],
            email=Email(row["sender"], row["subject"], row["body"].replace("\\n", "\n")),
            case=row["case"],
            intent=row["intent"],
            order_ids=tuple(row["order_ids"].split()),
            decision=row["decision"],
            reason=row["reason"],
            order=records.get(row["order_ids"]),
        )
        for row in rows
    )


def read_orders(orders: pd.DataFrame) -> tuple[Order, ...]:
    """Read the table ``orders``."""
    rows: list[Any] = orders.to_dict("records")
    return tuple(Order(**{name: _cell(name, value) for name, value in row.items()}) for row in rows)


def outcome(label: Label, answer: Answer, right_texts: Collection[str]) -> str:
    """Return what became of a run.

    Parameters
    ----------
    label
        The e-mail's.
    answer
        The agent's.
    right_texts
        What may be sent in reply to this e-mail.

    Returns
    -------
    str
        ``success``: the decision is the one that the rules demand, and what was sent is right. ``halted``: a person
        was given an e-mail that the agent could have answered. ``silent_failure``: something wrong went out, or
        something went out where a person should have looked.
    """
    if answer.decision == "escalate" and answer.reply is None:
        return SUCCESS if label.decision == "escalate" else HALTED
    right = answer.decision == label.decision and answer.reply in right_texts
    return SUCCESS if right else SILENT_FAILURE


def _cell(name: str, value: Any) -> Any:
    """Return a cell as an order has it: a day, None where there is none, or what it is."""
    if not name.endswith("_on"):
        return value
    return None if pd.isna(value) else value.date()
