"""The rules, one by one and all together."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination_gap.agent.decide import ASK, ESCALATE, REPLY, Decision, decide, needs_look_up
from coordination_gap.agent.email import References
from coordination_gap.agent.intents import INTENTS, Classification
from coordination_gap.agent.orders import STATUSES, Order
from tests.agent.fakes import CANCELLED, DELIVERED, LATE, ON_TIME, PROCESSING, TODAY, order

STATUS = Classification("order_status", 0.9)
NAMED = References(("1440",))


def decided(
    order: Order | None = ON_TIME,
    *,
    classification: Classification = STATUS,
    references: References | None = None,
    sender: str | None = None,
    least_confidence: float = 0.5,
) -> Decision:
    named = References((order.order_id,)) if order is not None and references is None else references or NAMED
    return decide(
        classification,
        named,
        order,
        sender=sender or (order.customer if order is not None else "sam@example.org"),
        today=TODAY,
        least_confidence=least_confidence,
    )


def test_an_order_under_way_and_on_time_gets_a_reply() -> None:
    assert decided() == Decision("reply", "order 1440 is shipped and promised for 2026-06-25", REPLY)
    assert decided(PROCESSING).kind == "reply"
    assert decided(order(promised_in=0)).kind == "reply"  # the promised day has not passed


@pytest.mark.parametrize("intent", [intent for intent in INTENTS if intent != "order_status"])
def test_other_intents_go_to_a_person(intent: str) -> None:
    found = decided(None, classification=Classification(intent, 1.0))
    assert found == Decision("escalate", f"a person handles {intent.replace('_', ' ')}", "other intent")


def test_what_is_unclear_goes_to_a_person() -> None:
    found = decided(None, classification=Classification("order_status", 0.499))
    assert (found.kind, found.rule) == ("escalate", "unsure")
    assert found.reason == (
        "what the customer wants is unclear (taken for order_status with confidence 0.50, below 0.50): a person answers"
    )
    assert decided(classification=Classification("order_status", 0.5)).kind == "reply"


@pytest.mark.parametrize(
    ("references", "kind", "rule"),
    [
        (References(), "ask", "no order named"),
        (References((), ("48Z1",)), "ask", "malformed order number"),
        (References(("1440", "1441")), "escalate", "several orders"),
        (References(("1440",), ("48Z1",)), "escalate", "several orders"),
        (References((), ("48Z1", "482")), "escalate", "several orders"),
    ],
)
def test_one_order_has_to_be_named(references: References, kind: str, rule: str) -> None:
    found = decided(None, references=references)
    assert (found.kind, found.rule) == (kind, rule)
    assert not needs_look_up(STATUS, references, 0.5)


def test_an_order_that_does_not_exist_is_asked_for() -> None:
    assert decided(None) == Decision(
        "ask", "there is no order 1440: the customer is asked for the number", "unknown order"
    )


@pytest.mark.parametrize(
    ("found", "rule", "told"),
    [
        (LATE, "late order", "order 4821 is 4 days late"),
        (order(promised_in=-1), "late order", "order 1440 is 1 day late"),
        (DELIVERED, "delivered order", "order 1030 counts as delivered on 2026-06-14"),
        (CANCELLED, "cancelled order", "order 1129 is cancelled"),
    ],
)
def test_late_delivered_and_cancelled_orders_go_to_a_person(found: Order, rule: str, told: str) -> None:
    decision = decided(found)
    assert (decision.kind, decision.rule) == ("escalate", rule)
    assert decision.reason.startswith(told)


@pytest.mark.parametrize("about", [ON_TIME, LATE, DELIVERED, CANCELLED])
def test_an_order_of_somebody_else_goes_to_a_person_with_nothing_of_it(about: Order) -> None:
    decision = decided(about, sender="eve@example.org")
    assert decision == Decision(
        "escalate", f"order {about.order_id} is not the sender's: a person looks into it", "not the sender's order"
    )


def test_addresses_are_compared_without_case() -> None:
    assert decided(order(customer="Dan.69@Example.ORG"), sender="dan.69@example.org").kind == "reply"


def test_an_order_that_the_email_does_not_name_is_refused() -> None:
    with pytest.raises(ValueError, match="order is 1440: give the one order that the e-mail names"):
        decided(references=References(("1441",)))


@given(
    classification=st.builds(Classification, st.sampled_from(INTENTS), st.floats(0, 1)),
    references=st.sampled_from([NAMED, References(), References(("1440", "1")), References((), ("1",))]),
    status=st.sampled_from(STATUSES),
    promised_in=st.integers(-10, 10),
    sender=st.sampled_from(["dan.69@example.org", "eve@example.org"]),
    known=st.booleans(),
    least=st.floats(0, 1),
)
def test_a_reply_needs_every_condition(
    classification: Classification, references: References, status: str, promised_in: int, sender: str, known: bool,
    least: float,
) -> None:  # fmt: skip
    about = order(status=status, promised_in=promised_in) if known and references == NAMED else None
    found = decide(classification, references, about, sender=sender, today=TODAY, least_confidence=least)
    may = (
        classification.intent == "order_status"
        and classification.confidence >= least
        and about is not None
        and about.customer == sender
        and about.status in ("processing", "shipped")
        and about.promised_on >= TODAY
    )
    assert (found.kind == "reply") is may
    assert found.rule in {"reply": (REPLY,), "ask": ASK, "escalate": ESCALATE}[found.kind]
    if found.kind == "ask":
        assert classification.intent == "order_status"
        assert about is None
    if about is not None and sender != about.customer:
        assert about.item not in found.reason
        assert str(about.promised_on) not in found.reason


def test_lateness_counts_from_the_day_after_the_promised_one() -> None:
    for days in range(1, 15):
        late = order(promised_in=-days)
        assert late.promised_on == TODAY - timedelta(days)
        assert f"{days} day{'s' if days > 1 else ''} late" in decided(late).reason


def test_an_unmarked_number_is_an_order_only_if_it_is_the_senders() -> None:
    unmarked = References(unmarked=("9999", "1440"))
    assert decided(references=unmarked).kind == "reply"
    assert decided(None, references=unmarked).rule == "no order named"
    with pytest.raises(ValueError, match="give the one order that the e-mail names"):
        decided(references=References(unmarked=("9999",)))
