"""The gate: a draft is held against the record before it is sent."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date

from coordination_gap.agent.gate_days import Mention, day_faults, day_mentions
from coordination_gap.agent.gate_words import offer_faults, status_claims, status_faults
from coordination_gap.agent.made_up_orders import ITEMS
from coordination_gap.agent.orders import Order

MOST_CHARACTERS = 2000
"""Longest draft that is let through."""

_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*")
_LINK = re.compile(
    r"\b(?:https?|ftp|mailto):|\bwww\.|</?[a-z]|\]\(|"
    r"\b[\w-]+\.(?:com|org|net|io|co|info|biz|shop|store|app|dev|example|test|de|uk|us|eu|ly|me|to)\b(?!@)",
    re.IGNORECASE,
)
_MONEY = re.compile(r"(?:[$€£]\s*|\b(?:usd|eur|gbp)\s+)\d[\d.,]*\d|(?:[$€£]\s*|\b(?:usd|eur|gbp)\s+)\d", re.IGNORECASE)
_NUMBER = re.compile(r"[^\W_]*\d(?:[^\W_]|[.,:/'’-](?=\d))*")
_NUMBER_WORD = re.compile(r"\b(?:number|digits|order\s+(?:no|id)|which\s+order)\b", re.IGNORECASE)
_REQUEST = re.compile(r"\?|\b(?:please|need|send|tell|give)\b", re.IGNORECASE)
_OWN = {"your", "the", "this", "a", "an", "my", "our", "one"}


def draft_faults(
    draft: str, order: Order | None, decision: str, today: date, *, items: Iterable[str] = tuple(ITEMS)
) -> list[str]:
    """Return what is wrong with a draft, a sentence each; an empty list lets it through.

    A ``reply`` has to name the right order number and no other, name the promised day, and say the order's status and
    no other. The days of ordering and shipping may be named as such; any other day or span of time is a fault, and so
    is any number that the record does not have. An ``ask`` has to ask for the order's number and may hold no digit,
    day, status or item at all. Neither may offer or assure anything, or hold a link, an e-mail address other than the
    customer's, an item of the shop that is not the order's, letters of another script, or characters that cannot be
    seen.

    What it cannot see: it reads English words and figures by patterns, not meaning. A false statement in words that it
    does not list ("your parcel sits at customs"), in another language or misspelt; days in words ("the
    twenty-fifth"); numbers in words apart from spans of time; names and postal addresses of other people; items that
    are not in `items`; tone; whether the customer's question is answered at all; and a record that is itself wrong.
    It also rejects some harmless drafts, such as one that thanks the customer "for writing to us today".

    Parameters
    ----------
    draft
        The text.
    order
        The record that the reply is about; None for an ``ask``.
    decision
        ``"reply"`` or ``"ask"``.
    today
        The day on which it is sent, from which "tomorrow" counts.
    items
        What the shop sells.

    Raises
    ------
    ValueError
        If `decision` is neither, or a reply has no order that is in processing or shipped.
    """
    if decision not in ("reply", "ask"):
        raise ValueError(f"decision is {decision!r}: give 'reply' or 'ask'")
    if decision == "reply" and (order is None or order.status not in ("processing", "shipped")):
        raise ValueError(f"order is {order!r}: give an order that is in processing or shipped for a reply")
    if len(draft) > MOST_CHARACTERS:
        return [f"it has {len(draft):,} characters, more than {MOST_CHARACTERS:,}"]
    text = unicodedata.normalize("NFKC", draft).replace("’", "'")
    if not text.strip():
        return ["it is empty"]
    faults = list(_form_faults(text))
    text = _ADDRESS.sub(" ", text)
    faults += offer_faults(text)
    if decision == "reply" and order is not None:
        faults += _address_faults(draft, order.customer)
        faults += _reply_faults(text, order, today, items)
    else:
        faults += _address_faults(draft, None)
        faults += _ask_faults(text, today, items)
    return faults


def _form_faults(text: str) -> Iterator[str]:
    odd = next((sign for sign in text if unicodedata.category(sign)[0] == "C" and sign not in "\n\t"), None)
    if odd is not None:
        yield f"it has the character U+{ord(odd):04X}, which cannot be seen"
    if any(sign.isalpha() and not unicodedata.name(sign, "").startswith("LATIN") for sign in text):
        yield "it has letters of a script other than Latin"
    if _LINK.search(_ADDRESS.sub(" ", text)):
        yield "it holds a link or markup"


def _address_faults(draft: str, own: str | None) -> Iterator[str]:
    found = {address.lower().rstrip(".") for address in _ADDRESS.findall(unicodedata.normalize("NFKC", draft))}
    if found - ({own.lower()} if own else set()):
        yield "it holds an e-mail address that is not the customer's"


def _reply_faults(text: str, order: Order, today: date, items: Iterable[str]) -> Iterator[str]:
    mentions = day_mentions(text, today)
    yield from day_faults(text, mentions, order)
    yield from status_faults(text, order.status)
    yield from _item_faults(text, order.item, items)
    rest = _without(text, mentions)
    for money in _MONEY.findall(rest):
        amount = re.sub(r"[^\d.]", "", money.replace(",", ""))
        if amount.count(".") > 1 or float(amount) != order.price_usd or not money.lower().startswith(("$", "usd")):
            yield f"it says {money!r}, and the price is ${order.price_usd:.2f}"
    numbers = _NUMBER.findall(_MONEY.sub(" ", rest))
    if order.order_id not in numbers:
        yield f"it does not name order {order.order_id}"
    for number in numbers:
        if number != order.order_id:
            yield f"it says {number!r}, a number that the record does not have"


def _ask_faults(text: str, today: date, items: Iterable[str]) -> Iterator[str]:
    if not (_NUMBER_WORD.search(text) and _REQUEST.search(text)):
        yield "it does not ask for the order's number"
    if any(sign.isnumeric() for sign in text):
        yield "it holds a number, and no order is known"
    for mention in day_mentions(text, today):
        if not mention.vague:
            yield f"it says {mention.text!r}, and no order is known"
    for words, _, turn in status_claims(text):
        if turn == "is":
            yield f"it says {words!r}, and no order is known"
    yield from _item_faults(text, None, items)


def _item_faults(text: str, own: str | None, items: Iterable[str]) -> Iterator[str]:
    """Yield items other than the order's own, which is known by its last word and must have its first ones."""
    for item in items:
        *first, last = item.lower().split()
        for match in re.finditer(rf"(?:([^\W\d_]+)[\s-]+)?\b{re.escape(last)}\b", text, re.IGNORECASE):
            before = (match[1] or "").lower()
            if own is not None and item.lower() == own.lower() and before in {*_OWN, *first, ""}:
                continue
            yield f"it says {match[0]!r}, and the order is of {own or 'nothing that is known'}"


def _without(text: str, mentions: list[Mention]) -> str:
    """Return the text with blanks where days stand."""
    for mention in mentions:
        text = text[: mention.start] + " " * (mention.end - mention.start) + text[mention.end :]
    return text
