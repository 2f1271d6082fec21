"""The gate lets through drafts that agree with the record, and no others of the kinds it knows."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination_gap.agent.decide import ASK
from coordination_gap.agent.gate import MOST_CHARACTERS, draft_faults
from coordination_gap.agent.local_drafts import wordings
from coordination_gap.agent.made_up_orders import ITEMS
from coordination_gap.agent.plain import plain_reply
from coordination_gap.agent.reply_words import STATUS_WORDS, day_words
from tests.agent.fakes import LATE, ON_TIME, PROCESSING, TODAY, order

# ON_TIME: order 1440, linen shirt, 49 dollars, shipped, promised for Thursday, 25 June 2026; today is the 20th.

GOOD = [
    "Hello,\n\nyour order 1440 (linen shirt) has been shipped and is promised for 2026-06-25.\n\nKind regards",
    "Order #1440 is on its way. It will be delivered by Thursday, June 25, 2026.",
    "Your linen shirt, order 1440, was dispatched; please expect it on Thursday.",
    "Order 1440 has been shipped and should arrive in 5 days.",
    "Order 1440 ($49.00) left our warehouse. It has not been delivered yet; that will be on 25 June.",
    "Dear dan.69@example.org, order 1440 has shipped and arrives by the 25th of June.",
    "Order 1440 is in transit. It will reach you no later than 25/06/2026.",
    "Order 1440 has shipped and comes in five days, that is on Thu, 25 June.",
    "As of today, order 1440 has been shipped. It is promised for next Thursday, June 25th.",
    "Order １４４０ has been shipped and is promised for 25.06.2026.",
    "The order 1440 has not been cancelled. It has shipped and is due on 6/25.",
    "Order 1440, which you placed on 18 June, was shipped on 19 June and is due on 25 June 2026.",
    "Order 1440 of 2026-06-18 has shipped. Due 2026-06-25; please do not count on an earlier day.",
]

BAD = [
    ("", "it is empty"),
    (" \n", "it is empty"),
    ("Your order has been shipped and is promised for 2026-06-25.", "it does not name order 1440"),
    ("Order 1441 has been shipped and is promised for 2026-06-25.", "it does not name order 1440"),
    ("Order 1440 has shipped, as has 1441. Promised for 2026-06-25.", "it says '1441'"),
    ("Order 14400 has shipped and is promised for 2026-06-25.", "it says '14400'"),
    ("Order 1440 has shipped.", "it does not name the promised day"),
    ("Order 1440 has shipped and is promised for 2026-06-24.", "it says '2026-06-24'"),
    ("Order 1440 has shipped and is promised for 2027-06-25.", "it says '2027-06-25'"),
    ("Order 1440 has shipped and is promised for 2026-06-31.", "it says '2026-06-31'"),
    ("Order 1440 has shipped, to arrive on 25 June or 26 June.", "it says '26 June'"),
    ("Order 1440 has shipped, to arrive between 23 and 25 June.", "it says '23'"),
    ("Order 1440 has shipped and comes tomorrow, not on 25 June.", "it says 'tomorrow'"),
    ("Order 1440 has shipped and comes on Friday.", "it says 'Friday'"),
    ("Order 1440 has shipped: Friday, 25 June 2026.", "it says 'Friday'"),
    ("Order 1440 has shipped and came last Thursday, 25 June.", "it says 'last Thursday'"),
    ("Order 1440 has shipped and comes in 4 days.", "it says 'in 4 days'"),
    ("Order 1440 has shipped and comes in two weeks.", "it says 'in two weeks'"),
    ("Order 1440 has shipped. Due 2026-06-25, or within 24 hours.", "it says 'within 24 hours'"),
    ("Order 1440 has shipped. Due 2026-06-25, in 3-5 business days.", "business days"),
    ("Order 1440 has shipped. Due 2026-06-25, in a few days.", "it says 'a few days'"),
    ("Order 1440 has shipped. Due 2026-06-25, so it comes soon.", "it says 'soon'"),
    ("Order 1440 has shipped. Due 2026-06-25, perhaps early.", "it says 'early'"),
    ("Order 1440 has shipped. Due 2026-06-25, or next week.", "it says 'next week'"),
    ("Order 1440 has shipped and will come before 25 June.", "it puts something before or after '25 June'"),
    ("Order 1440 arrives on 2026-06-19 and has shipped, due 2026-06-25.", "it says '2026-06-19'"),
    ("Order 1440 has shipped on 2026-06-18, due 2026-06-25.", "it says '2026-06-18'"),
    ("Order 1440 of 2026-06-19 has shipped, due 2026-06-25.", "it says '2026-06-19'"),
    ("Order 1440 has shipped. Due 06/07/2026 or on 2026-06-25.", "it says '06/07/2026'"),
    ("Order 1440 has shipped. Due 2026-06-25, two days late.", "it says 'two days'"),
    ("Order 1440 is due on 2026-06-25.", "it does not say that the order is shipped"),
    ("Order 1440 is being processed, due on 2026-06-25.", "it says 'being processed'"),
    ("Order 1440 has not been shipped yet, due on 2026-06-25.", r"it says 'shipped' \(not\)"),
    ("Order 1440 will be shipped, due on 2026-06-25.", r"it says 'shipped' \(ahead\)"),
    ("Order 1440 has shipped and was delivered on 2026-06-25.", "it says 'delivered'"),
    ("Order 1440 has shipped and is cancelled. Due 2026-06-25.", "it says 'cancelled'"),
    ("Order 1440 has shipped but is delayed to 2026-06-25.", "it says 'delayed'"),
    ("Order 1440 has shipped, is out for delivery, due 2026-06-25.", "it says 'out for delivery'"),
    ("Order 1440 has shipped. Due 2026-06-25, or we refund you.", "it says 'refund'"),
    ("Order 1440 has shipped. Due 2026-06-25. No compensation is due.", "it says 'compensation'"),
    ("Order 1440 has shipped. Due 2026-06-25. Here is a voucher.", "it says 'voucher'"),
    ("Order 1440 has shipped. Due 2026-06-25, guaranteed.", "it says 'guaranteed'"),
    ("Order 1440 has shipped. Due 2026-06-25, with free returns.", "it says 'free'"),
    ("Order 1440 has shipped. Due 2026-06-25. 10% off next time.", "it says '10'"),
    ("Order 1440 has shipped. Due 2026-06-25. It was $59.00.", r"it says '\$59.00', and the price"),
    ("Order 1440 has shipped. Due 2026-06-25. It was €49.00.", "it says '€49.00', and the price"),
    ("Order 1440 has shipped. Due 2026-06-25, says eva.10@example.org.", "an e-mail address"),
    ("Order 1440 (blue jacket) has shipped. Due 2026-06-25.", "it says 'blue jacket'"),
    ("Order 1440 (red shirt) has shipped. Due 2026-06-25.", "it says 'red shirt'"),
    ("Order 1440 has shipped. Due 2026-06-25. See https://x.y", "a link or markup"),
    ("Order 1440 has shipped. Due 2026-06-25. See carrier.com", "a link or markup"),
    ("Order 1440 has <b>shipped</b>. Due 2026-06-25.", "a link or markup"),
    ("Order 1440 has shіpped and shipped. Due 2026-06-25.", "a script other than Latin"),
    ("Order 1440 has\u200b shipped. Due 2026-06-25.", r"U\+200B"),
    ("Order 1440 has shipped. Due 2026-06-25.\x07", r"U\+0007"),
    ("Order 1440 has shipped. Due 2026-06-25." + " so" * 700, "characters, more than"),
]

GOOD_ASKS = [
    "Which order do you mean?",
    "Hello,\n\ncould you please send us your order number? It has four digits.\n\nKind regards",
    "We could not find that order. Please reply with the order number, and we will answer shortly.",
    "We need the number of your order; once we have it, we can see whether it has shipped.",
]

BAD_ASKS = [
    ("Hello!", "it does not ask for the order's number"),
    ("Is your order number 1440?", "it holds a number"),
    ("Your order number, please. It arrives tomorrow.", "it says 'tomorrow'"),
    ("Your order number, please. Your parcel is on its way.", "it says 'on its way'"),
    ("Your order number, please, for the blue jacket?", "it says 'blue jacket'"),
    ("Your order number, please, dan.69@example.org", "an e-mail address"),
    ("Your order number, please, and you get a discount.", "it says 'discount'"),
    ("Your order number, please: www.shop.example", "a link"),
]


@pytest.mark.parametrize("draft", GOOD)
def test_drafts_that_agree_with_the_record_are_let_through(draft: str) -> None:
    assert draft_faults(draft, ON_TIME, "reply", TODAY) == []


@pytest.mark.parametrize(("draft", "fault"), BAD)
def test_drafts_that_do_not_are_rejected_with_the_fault(draft: str, fault: str) -> None:
    faults = draft_faults(draft, ON_TIME, "reply", TODAY)
    with pytest.raises(AssertionError, match=fault):
        raise AssertionError(faults)


def test_an_order_in_processing_may_be_said_not_to_have_shipped() -> None:
    draft = "Order 1073 has not shipped yet. It is promised for 2026-06-25."
    assert draft_faults(draft, PROCESSING, "reply", TODAY) == []
    assert draft_faults("Order 1073 is being packed, due 2026-06-25.", PROCESSING, "reply", TODAY) == []
    shipped = draft_faults("Order 1073 has shipped. It is promised for 2026-06-25.", PROCESSING, "reply", TODAY)
    assert "it says 'shipped', and the order is processing" in shipped


@pytest.mark.parametrize("draft", GOOD_ASKS)
def test_a_question_for_the_number_is_let_through(draft: str) -> None:
    assert draft_faults(draft, None, "ask", TODAY) == []


@pytest.mark.parametrize(("draft", "fault"), BAD_ASKS)
def test_a_question_with_order_data_is_rejected(draft: str, fault: str) -> None:
    faults = draft_faults(draft, None, "ask", TODAY)
    with pytest.raises(AssertionError, match=fault):
        raise AssertionError(faults)


def test_what_the_docstring_says_it_cannot_see_it_does_not_see() -> None:
    draft = "Order 1440 has been shipped, due 2026-06-25. Your parcel sits at customs; the twenty-sixth is likelier."
    assert draft_faults(draft, ON_TIME, "reply", TODAY) == []


def test_a_false_alarm_of_the_kind_that_the_docstring_names() -> None:
    draft = "Thank you for writing to us today. Order 1440 has been shipped, due 2026-06-25."
    assert draft_faults(draft, ON_TIME, "reply", TODAY) == ["it says 'today', and the promised day is 2026-06-25"]


OFFSETS = st.integers(0, 40)
ITEM = st.sampled_from(sorted(ITEMS))
UNDER_WAY = st.builds(
    order, st.integers(1000, 9999).map(str), item=ITEM, status=st.sampled_from(["processing", "shipped"]),
    promised_in=OFFSETS,
)  # fmt: skip


@given(UNDER_WAY)
def test_plain_replies_pass(about: object) -> None:
    text = plain_reply(about, "reply", "on time")  # type: ignore[arg-type] # hypothesis builds orders
    assert draft_faults(text, about, "reply", TODAY) == []  # type: ignore[arg-type]


@pytest.mark.parametrize("rule", ASK)
def test_plain_questions_pass(rule: str) -> None:
    assert draft_faults(plain_reply(None, "ask", rule), None, "ask", TODAY) == []


@given(st.sampled_from(GOOD[:4]), st.integers(0, 9999))
def test_another_number_in_place_of_the_orders_is_rejected(draft: str, number: int) -> None:
    wrong = f"{number:04d}"
    if wrong != "1440":
        assert draft_faults(draft.replace("1440", wrong), ON_TIME, "reply", TODAY)
        assert draft_faults(f"{draft} {wrong}", ON_TIME, "reply", TODAY)


def test_the_wordings_of_the_local_model_pass() -> None:
    for wording in wordings():
        for about in (ON_TIME, PROCESSING, order("2000", item="wool scarf", promised_in=12, status="shipped")):
            if wording.situation in ("ask_number", "ask_not_found"):
                filled = wording.filled({})
                assert draft_faults(filled, None, "ask", TODAY) == [], filled
            elif wording.situation == f"reply_{about.status}":
                days = {name: getattr(about, name) for name in ("ordered_on", "shipped_on", "promised_on")}
                values = {name: day_words(day) for name, day in days.items() if day is not None}
                status = STATUS_WORDS[about.status]
                filled = wording.filled(
                    {**values, "order_id": about.order_id, "item": about.item, "status_words": status}
                )
                assert draft_faults(filled, about, "reply", TODAY) == [], filled


FORMS = st.sampled_from(
    [
        "{0:%Y-%m-%d}",
        "{0.day} {0:%B}",
        "{0:%B} {0.day}",
        "{0:%b} {0.day}, {0.year}",
        "{0:%d.%m.%Y}",
        "{0:%A}",
        "in {1} days",
    ]
)


@given(FORMS, st.integers(-6, 40), OFFSETS)
def test_exactly_the_promised_day_is_let_through(form: str, said_in: int, promised_in: int) -> None:
    about = order(promised_in=promised_in)
    said = TODAY + timedelta(said_in)
    if "%A" in form and not 1 <= said_in <= 6:  # a weekday's name alone means the next one
        return
    if "{1}" in form and said_in < 0:
        return
    draft = f"Order 1440 has been shipped and is promised for {form.format(said, said_in)}."
    right = said == about.promised_on
    assert (draft_faults(draft, about, "reply", TODAY) == []) is right, draft


SPOILERS = [
    "We refund you.",
    "It comes tomorrow.",
    "It was delivered.",
    "See www.shop.example.",
    "Ask eva@example.org.",
    "It comes with the straw hat.",
    "Your other order is 2001.",
    "You get 5 back.",
    "It comes shortly.",
    "It is cancelled.",
    "Ваш заказ.",
    "It comes on 24 June.",
    "It comes on Monday.",
]


@given(st.sampled_from(GOOD), st.sampled_from(SPOILERS))
def test_a_fault_spoils_any_good_draft(draft: str, spoiler: str) -> None:
    assert draft_faults(f"{draft}\n{spoiler}", ON_TIME, "reply", TODAY)
    assert draft_faults(f"{spoiler}\n{draft}", ON_TIME, "reply", TODAY)


@given(st.text(max_size=200))
def test_any_text_gets_a_verdict(draft: str) -> None:
    assert draft_faults(draft, ON_TIME, "reply", TODAY)  # none of them is a reply
    assert all("\n" not in fault for fault in draft_faults(draft, None, "ask", TODAY)) or "\n" in draft


def test_a_long_draft_is_judged_in_time() -> None:
    for text in ("in a few ", "to the ", "1.", "a@b.", "$1,", "not ", "25 June "):
        draft_faults(text * (MOST_CHARACTERS // len(text)), ON_TIME, "reply", TODAY)


@pytest.mark.parametrize("decision", ["escalate", "", "Reply"])
def test_there_are_two_kinds_of_drafts(decision: str) -> None:
    with pytest.raises(ValueError, match=f"decision is {decision!r}: give 'reply' or 'ask'"):
        draft_faults("", ON_TIME, decision, TODAY)


def test_a_reply_is_about_an_order_under_way() -> None:
    with pytest.raises(ValueError, match="order is None"):
        draft_faults("x", None, "reply", TODAY)
    assert draft_faults("x", LATE, "reply", date(2026, 6, 1))
