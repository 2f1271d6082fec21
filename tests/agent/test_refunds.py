"""A refund takes a person, whatever goes wrong."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coordination_gap.agent import Answer, Email, Settings, SupportAgent
from coordination_gap.agent.decide import Decision
from coordination_gap.agent.email import References
from coordination_gap.agent.graph import INTERCEPTED
from coordination_gap.agent.intents import INTENTS, Classification
from coordination_gap.agent.orders import OrderServiceError, UnknownOrder
from coordination_gap.agent.settings import StepFunction
from coordination_gap.agent.state import State
from coordination_gap.agent.steps import Reading
from tests.agent.fakes import (
    CANCELLED,
    LATE,
    ON_TIME,
    SAM,
    TODAY,
    Orders,
    Script,
    classified,
    good_draft,
)  # fmt: skip
from tests.agent.one_run import run


def test_a_person_may_refund_a_late_order_in_full() -> None:
    answer = run(
        Email(SAM, "", "order #4821"),
        answers=[classified()],
        word={"refund": True, "reply": "Sorry, here is your money."},
    )
    assert (answer.decision, answer.reply, answer.refund_usd) == ("escalate", "Sorry, here is your money.", 89.0)
    assert answer.path == ("read", "classify", "look up", "decide", "escalate")
    assert not answer.waits


@pytest.mark.parametrize("email", [Email("eve@example.org", "", "order #4821"), Email(SAM, "", "orders 4821, 1440")])
def test_only_the_senders_own_order_can_be_refunded(email: Email) -> None:
    with pytest.raises(ValueError, match="refund is True: run 'run' has no order of the sender's"):
        run(email, answers=[classified()], word={"refund": True, "reply": None})


FAULTS: list[Any] = [
    OrderServiceError("gone"), UnknownOrder("none"), TimeoutError(), ConnectionError("reset"), ValueError("bad"),
    KeyError("bug"), None, "text", 42, "", LATE, ON_TIME, CANCELLED, [], ["a fault"], "We refund you 89 dollars.",
    *(Decision(kind, "x", "x") for kind in ("reply", "ask", "escalate")),
    Classification("refund", 1.0), Classification("order_status", 1.0),
    Reading(Email(SAM, "", "x"), References(("4821",))),
]  # fmt: skip


@given(
    st.lists(st.tuples(st.sampled_from(INTERCEPTED), st.integers(1, 3), st.sampled_from(FAULTS)), max_size=6),
    st.sampled_from(INTENTS),
    st.sampled_from(["order #1440", "order #4821", "order 9999", "hello", "a refund for #4821!"]),
    st.booleans(), st.booleans(), st.sampled_from([None, (True, None), (False, "No."), (True, "Yes.")]),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_no_faults_whatever_lead_to_a_refund_without_a_person(
    faults: list[tuple[str, int, Any]],
    intent: str,
    body: str,
    gate: bool,
    fallback: bool,
    word: tuple[bool, str] | None,
) -> None:
    planned = {(step, number): fault for step, number, fault in faults}
    tries: Counter[str] = Counter()

    def intercept(name: str, function: StepFunction) -> StepFunction:
        async def faulty(state: State) -> Any:
            tries[name] += 1
            if (name, tries[name]) not in planned:
                return await function(state)
            fault = planned[name, tries[name]]
            if isinstance(fault, Exception):
                raise fault
            return fault

        return faulty

    async def answered() -> tuple[Answer, Answer | None]:
        script = Script(answers=[classified(intent)] * 3 + [good_draft(ON_TIME)] * 9)
        how = Settings(first_wait_s=0.0, gate=gate, fallback=fallback, intercept=intercept)
        async with SupportAgent(Orders(), script, today=TODAY, state=None, settings=how) as agent:
            first = await agent.answer(Email(SAM, "", body), "run")
            if word is None or not first.waits:
                return first, None
            try:
                return first, await agent.approve("run", refund=word[0], reply=word[1])
            except ValueError:
                return first, None

    first, second = asyncio.run(answered())
    assert first.refund_usd == 0.0
    assert (first.decision == "escalate") is first.waits
    if first.waits:
        assert first.reply is None
        assert first.reason
    if second is not None and word is not None:
        assert second.refund_usd == (89.0 if word[0] else 0.0) or not word[0] or second.refund_usd == 49.0
        assert second.reply == word[1]
