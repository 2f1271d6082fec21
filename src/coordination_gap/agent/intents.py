"""What a customer can want of the support agent: the intents, what each means, and a classifier's answer."""

from dataclasses import dataclass
from numbers import Real

INTENT_MEANINGS = {
    "order_status": "wants to know where an order is or when it comes, also where it is late, lost, or said to have "
    "been delivered and is not there",
    "return_item": "wants to send something back, or to exchange it for another size, colour or item",
    "cancel_order": "wants an order, or part of it, stopped",
    "change_address": "wants an order sent to another address, or the address corrected",
    "refund": "wants money back, or asks about a refund or a wrong charge",
    "product_question": "asks about an item: size, material, care, colours, stock",
    "complaint": "complains about a damaged, wrong or poor item, or about the service, and asks for none of the above",
    "other": "writes about anything else: invoices, accounts, vouchers, jobs, advertising, thanks",
}
"""What each intent means, in the words that a model is told."""

INTENTS = tuple(INTENT_MEANINGS)


@dataclass(frozen=True)
class Classification:
    """What a model takes an e-mail to want.

    Attributes
    ----------
    intent
        One of :data:`INTENTS`.
    confidence
        The model's own probability that the intent is right, 0 to 1. How far it can be believed is measured, not
        given.

    Raises
    ------
    ValueError
        If a field is none of what is allowed.
    """

    intent: str
    confidence: float

    def __post_init__(self) -> None:
        if self.intent not in INTENTS:
            raise ValueError(f"intent is {shortened(self.intent)}: give one of {', '.join(INTENTS)}")
        number = isinstance(self.confidence, Real) and not isinstance(self.confidence, bool)
        if not number or not 0 <= self.confidence <= 1:
            raise ValueError(f"confidence is {shortened(self.confidence)}: give a number from 0 to 1")


def shortened(value: object) -> str:
    """Return `value` as a message may show it: its repr, at most 60 characters."""
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."
