"""What an e-mail may be, and which orders it names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination_gap.agent.email import (
    MOST_CHARACTERS,
    EmailError,
    References,
    address,
    order_references,
    read_email,
)

NAMED = [
    ("Hi, I ordered a blue jacket (order #4821) two weeks ago.", ["4821"]),
    ("#4821", ["4821"]),
    ("№ 4821", ["4821"]),
    ("Where is order 4821?", ["4821"]),
    ("ORDER NO. 4821", ["4821"]),
    ("Order number: 4821", ["4821"]),
    ("order-number #4821", ["4821"]),
    ("Order ID:4821", ["4821"]),
    ("Order: 4821\nPhone: 555 1234", ["4821"]),
    ("my order number, 4821, is late", ["4821"]),
    ("my order number is 4821", ["4821"]),
    ("my order, nr 4821", ["4821"]),
    ("the order with the number 4821", ["4821"]),
    ("the number of my order is 4821", ["4821"]),
    ("my order (4821) and nothing else", ["4821"]),
    ('order "4821"', ["4821"]),
    ("order #4821's status", ["4821"]),
    ("order 4821, 2 jackets", ["4821"]),
    ("order 4821 of 2026-06-06 for $89.00", ["4821"]),
    ("order 4821 and order 4821", ["4821"]),
    ("order 4822 before order 4821", ["4822", "4821"]),
    ("orders 4821, 4822 and 4823", ["4821", "4822", "4823"]),
    ("order #4821/#4822", ["4821", "4822"]),
    ("order 4821 or 4822, I am not sure", ["4821", "4822"]),
    ("order 4821 and 2025 was better", ["4821"]),
    ("orders 4821 and 2025", ["4821", "2025"]),
    ("apartment #1234, order #4821", ["4821"]),
    ("ticket no #1234 about order 4821", ["4821"]),
    ("order 0042", ["0042"]),
    ("it's number 4821 and late", ["4821"]),
    ("Number's 4821.", ["4821"]),
    ("no. 4821", ["4821"]),
    ("my parcel 4821", ["4821"]),
    ("shipment number: 4821", ["4821"]),
    ("ord 4821", ["4821"]),
]

NOT_NAMED = [
    "",
    "Where is my jacket?",
    "I have ordered 4821 jackets.",
    "reorder 4821",
    "I moved to 10115 Berlin in 2019, call 4821 1234 or +1 555 4821.",
    "I paid $4821, that is 4821 dollars.",
    "My order was 89.00 and then 120 dollars.",
    "The order was 4821.50",
    "order 2026-06-06",
    "the order of 06/06/2026",
    "order 15 % off",
    "I want to order 2 jackets.",
    "In order 4821 people came.",
    "Suite #1234, phone #4821",
    "my order from 2019",
    "my phone number 4821, house number 1234, tracking no. 5678, card nr 9999",
    "no 4821 people; parcel 482; number 48210; number 4821-2",
]

MALFORMED = [
    ("order 4,821", "4,821"),
    ("order 48 21", "48 21"),
    ("order #48Z1", "48Z1"),
    ("order #482", "482"),
    ("order #48210", "48210"),
    ("#04821", "04821"),
    ("order 4821-2", "4821-2"),
    ("#4821th", "4821th"),
    ("order number 4821 4822", "4821 4822"),
    ("order ４８２１", "４８２１"),
    ("order ٤٨٢١", "٤٨٢١"),
    ("order no 48", "48"),
]


@pytest.mark.parametrize(("text", "orders"), NAMED)
def test_named_orders_are_found(text: str, orders: list[str]) -> None:
    assert order_references(text) == References(tuple(orders))


@pytest.mark.parametrize("text", NOT_NAMED)
def test_numbers_that_are_not_marked_are_no_orders(text: str) -> None:
    found = order_references(text)
    assert (found.orders, found.malformed) == ((), ())


@pytest.mark.parametrize(("text", "malformed"), MALFORMED)
def test_malformed_numbers_are_handed_back_as_they_stand(text: str, malformed: str) -> None:
    assert order_references(text) == References((), (malformed,))


@pytest.mark.parametrize(
    ("text", "unmarked"),
    [
        ("The order number it is 3509, please", ("3509",)),
        ("I have ordered a scarf (3751). Where is it?", ("3751",)),
        ("odrer 2478 and then 2478 again, or 1111", ("2478", "1111")),
        ("I paid $4821, that is 4821 dollars, on 06/06/2026, back in 2019", ()),
        ("my phone number 4821, +1 555 4821", ()),
        ("order 4821, and 3509", ()),
        ("order #482, or 3509", ()),
        (", ".join(map(str, range(3000, 3020))), ("3000", "3001", "3002", "3003", "3004")),
    ],
)
def test_unmarked_numbers_are_handed_back_apart_where_nothing_is_marked(text: str, unmarked: tuple[str, ...]) -> None:
    assert order_references(text).unmarked == unmarked


MARKS = st.sampled_from(["#", "order ", "Order #", "order no. ", "order number ", "order nr. ", "my order is "])
WORDS = st.lists(st.sampled_from(["please", "where", "is", "my", "jacket", "it", "came", "not", "thanks"]), max_size=8)


@given(MARKS, st.integers(0, 9999), WORDS, WORDS)
def test_any_marked_number_is_found_exactly(mark: str, number: int, before: list[str], after: list[str]) -> None:
    text = f"{' '.join(before)} . {mark}{number:04d} {' '.join(after)}."
    assert order_references(text) == References((f"{number:04d}",))


@given(st.text(max_size=300))
def test_nothing_is_invented(text: str) -> None:
    found = order_references(text)
    for token in (*found.orders, *found.malformed):
        assert token in text
    assert all(len(token) == 4 and token.isascii() and token.isdecimal() for token in found.orders)
    assert not set(found.orders) & set(found.malformed)


@pytest.mark.parametrize(
    "text",
    [
        "order ",
        "#",
        "order no ",
        "1 ",
        "order 1,",
        "4'",
        "#1,",
        "number of my ",
        "apt ",
        "order" + " " * 300,
        "in ",
        " ,and",
    ],
)
def test_long_texts_of_the_kind_that_slows_patterns_down_come_to_an_end(text: str) -> None:
    order_references((text * MOST_CHARACTERS)[:MOST_CHARACTERS])  # within the time-out of every test


def test_an_email_is_read() -> None:
    email = read_email("\ufeffHello\r\nthere\r".encode(), sender="Sam <SAM@Example.org>", subject=" My\n order ")
    assert (email.sender, email.subject, email.body) == ("sam@example.org", "My order", "Hello\nthere\n")


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"caf\xe9", r"not UTF-8 text \(byte 4\)"),
        (b"\xff\xfeH\x00i\x00", "not UTF-8 text"),
        (b"PK\x03\x04", r"U\+0003, so it is not plain text"),
        ("a\0b", r"U\+0000"),
        ("a\x1b[31m", r"U\+001B"),
        ("a\x85", r"U\+0085"),
        ("\ud800", r"U\+D800"),
        ("", "has no text"),
        (" \n\t", "has no text"),
        ("x" * (MOST_CHARACTERS + 1), "more than 100,000 characters"),
        (b"x" * 200_000, "more than 100,000 characters"),
        (b"x" * 500_000, "more than 100,000 characters"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(raw: bytes | str, sentence: str) -> None:
    with pytest.raises(EmailError, match=sentence) as raised:
        read_email(raw, sender="sam@example.org")
    assert "\n" not in str(raised.value)


def test_the_limit_itself_is_let_in() -> None:
    body = "é" * (MOST_CHARACTERS - 2)
    assert read_email(body.encode(), sender="a@b", subject="ab").body == body
    with pytest.raises(EmailError, match="more than"):
        read_email(body.encode(), sender="a@b", subject="abc")


@pytest.mark.parametrize(
    "sender", ["", "sam", "sam@", "@example.org", "a b@example.org", "sam@example.org, eve@example.org"]
)
def test_a_sender_is_an_address(sender: str) -> None:
    with pytest.raises(EmailError, match="the sender is"):
        address(sender)


def test_the_name_before_an_address_is_not_believed() -> None:
    assert address('"sam@example.org" <eve@example.org>') == "eve@example.org"


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        email = read_email(raw, sender="sam@example.org")
    except EmailError:
        return
    assert isinstance(email.body, str)
    assert email.body.strip()
