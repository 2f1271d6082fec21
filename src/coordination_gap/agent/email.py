"""E-mails: what may come in, and which orders they name.

An order number is four digits. A number counts as an order only where it is marked as one:

- ``#4821``, unless a word such as "apartment", "ticket" or "phone" stands before the ``#``; ``№`` is read like it;
- "order" or "orders", then at most one of "no", "nr", "num", "number", "id" or "is", "was", with colons, dots, dashes
  or ``#`` between, then the number: "order 4821", "Order no. 4821", "orders: 4821 and 4822", "order-number #4821";
- "no", "nr", "number" or "id" at most three words after "order", in the same sentence: "my order, nr 4821",
  "the order with the number 4821";
- "number of my order is 4821" and the like;
- "parcel", "package", "shipment", "purchase" or "ord", then the number as after "order"; "number", "no.", "nr" or
  "ref" alone, unless a word such as "phone", "house" or "tracking" stands before it: "it's number 4821". After these
  weaker marks only four digits count, and nothing is malformed;
- further numbers joined to a marked one by a comma, "and", "or", "&", "+" or "/": "orders 4821, 4822 and 4823".
  After the singular "order", a number from 1900 to 2099 is taken for a year and ends the list.

Days, prices (a currency, or exactly two decimals), shares (%) and bare numbers of one or two digits are no orders, and
neither is any number that is not marked, such as a post code or a phone number. Where nothing is marked, numbers of
four digits that stand by themselves are handed back apart, as unmarked: one of them is an order if the record says
that it is the sender's own, which the text alone cannot tell. A marked number of another form
(``#482``, ``#04821``, ``order 48-21``, ``order 4,821``, ``order 48Z1``) is malformed. It is handed back as it
stands and never repaired: a repaired number is a guess at somebody's order.
"""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import getaddresses

MOST_CHARACTERS = 100_000
"""Longest subject and body, together, that are read."""

ORDER_NUMBER = re.compile("[0-9]{4}")
"""What an order number looks like."""

MOST_UNMARKED = 5
"""Unmarked numbers that are handed back, so that a long list makes no flood of look-ups."""


class EmailError(ValueError):
    """An e-mail cannot be read."""


@dataclass(frozen=True)
class Email:
    """An e-mail as it came in.

    Attributes
    ----------
    sender
        The address it came from. That it is the sender's own is assumed; the mail server has to see to that.
    subject
        One line, or blank.
    body
        The text, or its bytes, which the agent's first step decodes.
    """

    sender: str
    subject: str
    body: str | bytes


@dataclass(frozen=True)
class References:
    """Orders that a text names.

    Attributes
    ----------
    orders
        Numbers exactly as written, each once, in the order in which they first appear.
    malformed
        What is marked as an order but is no order number, as written, likewise.
    unmarked
        Where nothing is marked: what could be an order's number, likewise, :data:`MOST_UNMARKED` at most.
    """

    orders: tuple[str, ...] = ()
    malformed: tuple[str, ...] = ()
    unmarked: tuple[str, ...] = ()


def read_email(raw: bytes | str, *, sender: str, subject: str = "") -> Email:
    """Return an e-mail with a body that is text and not too long.

    Parameters
    ----------
    raw
        The body; bytes are read as UTF-8.
    sender
        An address, with or without a name before it: "Sam <sam@example.org>".
    subject
        The subject line.

    Returns
    -------
    Email
        With the bare address in lower case, single characters as line breaks, and without a mark of byte order.

    Raises
    ------
    EmailError
        If it is not UTF-8 text, has control characters, is blank, or is longer than :data:`MOST_CHARACTERS`; or if
        the sender is no address.
    """
    text = raw if isinstance(raw, str) else _decoded(raw)
    length = len(text) + len(subject)
    if length > MOST_CHARACTERS:
        raise EmailError(f"the e-mail has more than {MOST_CHARACTERS:,} characters, the most that are read")
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    for name, part in (("body", text), ("subject", subject)):
        odd = next((sign for sign in part if _is_control(sign)), None)
        if odd is not None:
            raise EmailError(f"the {name} of the e-mail has the character U+{ord(odd):04X}, so it is not plain text")
    if not text.strip():
        raise EmailError("the e-mail has no text")
    return Email(address(sender), " ".join(subject.split()), text)


def address(sender: str) -> str:
    """Return the bare address of a sender in lower case; EmailError if there is none."""
    found = getaddresses([sender])
    bare = found[0][1].strip().lower() if len(found) == 1 else ""
    if not re.fullmatch(r"[^@\s<>,;:\"]+@[^@\s<>,;:\"]+", bare):
        raise EmailError(f"the sender is {sender[:80]!r}: give an address such as sam@example.org")
    return bare


def _decoded(raw: bytes) -> str:
    if len(raw) > 4 * MOST_CHARACTERS:  # no character takes more than four bytes
        raise EmailError(f"the e-mail has more than {MOST_CHARACTERS:,} characters, the most that are read")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise EmailError(f"the body of the e-mail is not UTF-8 text (byte {error.start + 1})") from None


def _is_control(sign: str) -> bool:
    """Tell whether a character has no place in text: controls except tab and line break, and lone surrogates."""
    code = ord(sign)
    return (code < 32 and sign not in "\n\t") or 127 <= code < 160 or 0xD800 <= code < 0xE000


_NUMBERED = r"(?:numbers?|num|nos?|nrs?|id)"
_SIGNS = r"[\s.:#№=\-–—(\"'“‘]{0,20}"  # bounded, like the blanks below, so that no text makes the search slow
_NOT_ORDERS = (
    r"(?:apartment|apt|suite|unit|flat|room|box|house|tracking|ticket|invoice|card|account|customer|phone|telephone"
    r"|mobile|cell|tel|contact|item|article|product|style|model|size)"
)
#: What marks the token that follows it. The first alternative that fits at a place wins.
_MARK = re.compile(
    rf"""
      \b(?P<other>{_NOT_ORDERS})\.?\s{{0,5}}{_NUMBERED}?\.?\s{{0,5}}[#№]\s{{0,5}}
    | \b{_NUMBERED}\s(?:of|for)\s(?:my|the|this|our)\sorders?\b(?:\s(?:is|was)\b)?{_SIGNS}
    | (?<!\bin\s)\b(?P<bare>orders?)\b
        (?:(?P<numbered>[\s:#\-–—]{{0,5}}{_NUMBERED}\b),?)?(?:\s(?:is|was)\b)?(?P<signs>{_SIGNS})(?=\d)
    | \borders?\b[^\w.!?\n]{{1,5}}(?:[^\W\d_]{{1,20}}[^\w.!?\n]{{1,5}}){{0,3}}?{_NUMBERED}\b(?:\s(?:is|was)\b)?{_SIGNS}
    | [#№]\s{{0,5}}
    | (?P<weak>\b(?:(?:ord|parcels?|packages?|shipments?|purchases?)\b(?:[\s:#\-–—]{{0,5}}{_NUMBERED}\b)?
        |(?:numbers?|nr|ref(?:erence)?|no(?=\.))\b)(?:['’]s|\s(?:is|was)\b)?{_SIGNS})(?=\d)
    """,
    re.IGNORECASE | re.VERBOSE,
)
#: Letters and digits, with signs inside but not at the end; digits that are parted by a blank are one token.
_TOKEN = re.compile(r"[^\W_]+(?:(?!['’]s\b)[-.,:'’_][^\W_]+|(?<=\d)[ \u00a0\u202f](?=\d)\d+)*")
_JOINED = re.compile(r"(?:\s{0,5}(?:,|&|\+|/|\band\b|\bor\b)){1,2}\s{0,5}", re.IGNORECASE)
_NOT_BEFORE = re.compile(rf"\b{_NOT_ORDERS}\W{{0,3}}\Z", re.IGNORECASE)
_NOT_NUMBERED = re.compile(rf"\b{_NOT_ORDERS}\.?\s{{0,5}}{_NUMBERED}?\.?\W{{0,3}}\Z", re.IGNORECASE)
_DAY = re.compile(r"(?:\d{1,4}[-/.]){2}\d{1,4}")
_PRICE = re.compile(r"\d{1,3}(?:[,' ]?\d{3})*[.,]\d{2}")
_AFTER_PRICE = re.compile(r"\s?(?:[$€£%]|usd\b|eur\b|gbp\b|dollars?\b|euros?\b|pounds?\b|percent\b)", re.IGNORECASE)
_BEFORE_PRICE = re.compile(r"[$€£+]\s?\Z")
_YEAR = re.compile("(?:19|20)[0-9]{2}")


def order_references(text: str) -> References:
    """Return the orders that a text names, by the grammar of this module."""
    orders: dict[str, None] = {}
    malformed: dict[str, None] = {}
    for token in _marked(text):
        (orders if ORDER_NUMBER.fullmatch(token) else malformed)[token] = None
    if orders or malformed:
        return References(tuple(orders), tuple(malformed))
    return References(unmarked=tuple(itertools.islice(dict.fromkeys(_unmarked(text)), MOST_UNMARKED)))


def _unmarked(text: str) -> Iterator[str]:
    """Yield the tokens that look like an order's number and have no mark."""
    for token in _TOKEN.finditer(text):
        number, before = token[0], text[max(0, token.start() - 30) : token.start()]
        if (
            ORDER_NUMBER.fullmatch(number)
            and not _YEAR.fullmatch(number)
            and not _DAY.match(text, token.start())
            and not _AFTER_PRICE.match(text, token.end())
            and not _BEFORE_PRICE.search(before)
            and not _NOT_NUMBERED.search(before)
        ):
            yield number


def _marked(text: str) -> Iterator[str]:
    """Yield the tokens that are marked as orders."""
    at = 0
    while (mark := _MARK.search(text, at)) is not None:
        at = mark.end()
        if mark["other"]:
            token = _TOKEN.match(text, at)
            at = token.end() if token else at
            continue
        bare = bool(mark["bare"]) and not mark["numbered"] and not {"#", "№"} & set(mark["signs"])
        if mark["weak"]:
            token = _token(text, at, bare=True)
            if (
                token
                and ORDER_NUMBER.fullmatch(token[0])
                and not _NOT_BEFORE.search(text[max(0, mark.start() - 30) : mark.start()])
            ):
                yield token[0]
            at = token.end() if token else at
            continue
        plural = mark[0].lower().startswith("orders")
        token = _token(text, at, bare)
        while token is not None:
            yield token[0]
            at = token.end()
            joined = _JOINED.match(text, at)
            token = joined and _token(text, joined.end(), bare=True)
            if token is not None and not plural and _YEAR.fullmatch(token[0]):
                break


def _token(text: str, at: int, bare: bool) -> re.Match[str] | None:
    """Return the token at a place if it can be meant as an order number; a `bare` one needs three digits."""
    token = _TOKEN.match(text, at)
    if token is None or _DAY.match(text, at) or _PRICE.fullmatch(token[0]) or _AFTER_PRICE.match(text, token.end()):
        return None
    digits = sum(sign.isdigit() for sign in token[0])
    return token if digits >= (3 if bare else 1) else None
