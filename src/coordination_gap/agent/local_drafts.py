"""How the local model drafts: it picks a wording from the table ``support_replies`` and fills in the record.

The wording is the one whose example e-mail is nearest to the customer's by term frequencies, among those written for
the situation. Only the record in the prompt fills its placeholders: nothing that the customer wrote gets into a reply.
"""

import functools
import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from coordination_gap import tables
from coordination_gap.agent.intents import shortened
from coordination_gap.agent.local_classifier import IntentClassifier
from coordination_gap.agent.made_up_orders import SHOP_DAY
from coordination_gap.agent.reply_words import day_words

PLACEHOLDERS = ("order_id", "item", "status_words", "ordered_on", "shipped_on", "promised_on")
"""What of the record a wording may name."""


@dataclass(frozen=True)
class Wording:
    """One wording of a reply: a row of the table ``support_replies``.

    Attributes
    ----------
    reply_id
        Its key.
    situation
        What it is for: ``reply_processing``, ``reply_shipped``, ``ask_number`` or ``ask_not_found``.
    written_for
        An e-mail of the kind that it answers.
    opening, message, closing
        Its three paragraphs; the message has placeholders in braces.
    """

    reply_id: str
    situation: str
    written_for: str
    opening: str
    message: str
    closing: str

    def placeholders(self) -> set[str]:
        """Return the names in braces in the message."""
        return {name for _, name, _, _ in string.Formatter().parse(self.message) if name is not None}

    def filled(self, values: Mapping[str, str]) -> str:
        """Return the reply with its placeholders filled from `values`."""
        return f"{self.opening}\n\n{self.message.format_map(values)}\n\n{self.closing}"


def wordings() -> tuple[Wording, ...]:
    """Return the wordings of the table ``support_replies``, in its order.

    Raises
    ------
    coordination_gap.tables.TableError
        If the table is missing or malformed, or a message has a placeholder that no record fills.
    """
    tables.load("support_replies", SHOP_DAY)  # which says what is wrong with it
    return _wordings(tables.sha256("support_replies"))


@functools.lru_cache(maxsize=2)
def _wordings(_sha256: str) -> tuple[Wording, ...]:
    rows = tables.load("support_replies", SHOP_DAY).to_dict("records")
    found = tuple(Wording(**{str(name): cell for name, cell in row.items()}) for row in rows)
    for wording in found:
        unknown = wording.placeholders() - set(PLACEHOLDERS)
        if unknown:
            raise tables.TableError(
                f"data/support_replies.csv, reply {wording.reply_id} has the placeholder {shortened(min(unknown))}: "
                f"a message may name {', '.join(PLACEHOLDERS)}"
            )
    return found


class Drafter:
    """Drafts replies for situations as the drafting prompt gives them.

    Parameters
    ----------
    classifier
        Whose term frequencies measure how near two e-mails are.
    """

    def __init__(self, classifier: IntentClassifier) -> None:
        self._classifier = classifier
        self._wordings = wordings()
        self._examples = classifier.vectors([("", wording.written_for) for wording in self._wordings])

    def draft(self, subject: str, body: str, situation: Mapping[str, Any]) -> str:
        """Return a reply to an e-mail.

        Parameters
        ----------
        subject, body
            The customer's e-mail: it decides between wordings, and that is all.
        situation
            As :func:`coordination_gap.agent.prompts.draft_messages` puts it into the prompt.

        Raises
        ------
        ValueError
            If there is no wording for the situation, such as a reply about an order that was cancelled.
        """
        kind = situation_name(situation)
        values = _values(situation.get("order") or {})
        fitting = [
            row
            for row, wording in enumerate(self._wordings)
            if wording.situation == kind and wording.placeholders() <= values.keys()
        ]
        if not fitting:
            known = ", ".join(sorted({wording.situation for wording in self._wordings}))
            raise ValueError(f"the situation is {shortened(kind)}: the local model has wordings for {known} only")
        nearness = (self._examples[fitting] @ self._classifier.vectors([(subject, body)]).T).toarray().ravel()
        # Rounded, so that a tie is one on every machine; the first row wins it.
        return self._wordings[fitting[int(nearness.round(9).argmax())]].filled(values)


def situation_name(situation: Mapping[str, Any]) -> str:
    """Return the name by which the table knows a situation, such as ``reply_shipped``."""
    order = situation.get("order")
    if order is not None:
        return f"{situation['decision']}_{order['status']}"
    return "ask_not_found" if situation.get("number_not_found") else "ask_number"


def _values(order: Mapping[str, Any]) -> dict[str, str]:
    known = {name: str(order[name]) for name in PLACEHOLDERS if order.get(name) is not None}
    return {name: day_words(date.fromisoformat(v)) if name.endswith("_on") else v for name, v in known.items()}
