"""The way through the steps: every decision, every failure, and never a refund without a person."""

import asyncio
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from coordination_gap.agent import Email, Settings
from coordination_gap.agent.decide import Decision
from coordination_gap.agent.email import References
from coordination_gap.agent.graph import INTERCEPTED
from coordination_gap.agent.orders import Order, OrderServiceError, UnknownOrder
from coordination_gap.agent.settings import StepFunction
from coordination_gap.agent.state import State
from coordination_gap.agent.steps import Reading
from tests.agent.fakes import (
    CANCELLED,
    DAN,
    DELIVERED,
    LATE,
    ON_TIME,
    SAM,
    Orders,
    classified,
    good_draft,
)  # fmt: skip
from tests.agent.one_run import FULL, intercepting, run


def test_a_good_draft_is_sent() -> None:
    answer = run()
    assert answer.path == FULL
    assert (answer.decision, answer.rule, answer.refund_usd, answer.waits) == ("reply", "on time", 0.0, False)
    assert answer.reply == good_draft(ON_TIME)
    assert len(answer.seconds) == len(FULL)


def test_an_email_without_an_order_is_asked_for_it() -> None:
    orders = Orders()
    answer = run(
        Email(DAN, "", "Where is my parcel?"), answers=[classified(), "Which order do you mean?"], orders=orders
    )
    assert answer.path == ("read", "classify", "decide", "draft", "check", "send")
    assert (answer.decision, answer.reply) == ("ask", "Which order do you mean?")
    assert orders.asked == []


@pytest.mark.parametrize(
    ("body", "asked", "decision"),
    [
        ("it is 1440 I think, or was it 9999?", ["1440", "9999"], "reply"),
        ("it is 4821 I think", ["4821"], "ask"),
        ("it is 9999 I think", ["9999"], "ask"),
    ],
    ids=["own", "another's", "unknown"],
)
def test_an_unmarked_number_counts_if_it_is_the_senders_own(body: str, asked: list[str], decision: str) -> None:
    orders = Orders()
    draft = good_draft(ON_TIME) if decision == "reply" else "Which order do you mean?"
    answer = run(Email(DAN, "", body), answers=[classified(), draft], orders=orders)
    assert (answer.decision, answer.reply, orders.asked) == (decision, draft, asked)
    assert answer.rule in ("on time", "no order named"), "nothing is said of another's order"


def test_two_unmarked_numbers_of_the_sender_are_asked_about() -> None:
    orders = Orders()
    orders.orders["1441"] = replace(ON_TIME, order_id="1441")
    answer = run(Email(DAN, "", "1440 and 1441?"), answers=[classified(), "Which order do you mean?"], orders=orders)
    assert (answer.decision, answer.rule) == ("ask", "no order named")


def test_an_unknown_order_is_asked_for_once_without_a_second_lookup() -> None:
    orders = Orders()
    answer = run(Email(DAN, "", "order 9999?"), answers=[classified(), "Which order do you mean?"], orders=orders)
    assert (answer.decision, answer.rule) == ("ask", "unknown order")
    assert orders.asked == ["9999"]


@pytest.mark.parametrize(
    ("email", "answers", "rule"),
    [
        (Email(SAM, "", "order #4821"), [classified()], "late order"),
        (Email(DELIVERED.customer, "", "order #1030"), [classified()], "delivered order"),
        (Email(CANCELLED.customer, "", "order #1129"), [classified()], "cancelled order"),
        (Email("eve@example.org", "", "order #1440"), [classified()], "not the sender's order"),
        (Email(DAN, "", "orders 1440 and 4821"), [classified()], "several orders"),
        (Email(DAN, "", "order 1440"), [classified("refund")], "other intent"),
        (Email(DAN, "", "order 1440"), [classified(confidence=0.2)], "unsure"),
        (Email(DAN, "", b"\xff\xfe"), [], "read failed"),
        (Email(DAN, "", "x" * 200_000), [], "read failed"),
        (Email(DAN, "", "a\0b"), [], "read failed"),
        (Email("dan", "", "order 1440"), [], "read failed"),
        (Email(DAN, "\ud800", "order \ud800"), [], "read failed"),
    ],
)
def test_what_no_reply_covers_goes_to_a_person(email: Email, answers: list[Any], rule: str) -> None:
    answer = run(email, answers=answers)
    assert (answer.decision, answer.rule, answer.reply, answer.refund_usd) == ("escalate", rule, None, 0.0)
    assert answer.path[-1] == "escalate"
    assert answer.waits
    assert answer.reason


def test_faults_that_pass_are_tried_again() -> None:
    orders = Orders(faults=[OrderServiceError("gone"), ConnectionResetError("reset")])
    answer = run(answers=["no JSON", TimeoutError(), classified(), "", good_draft(ON_TIME)], orders=orders)
    assert answer.path == FULL
    assert orders.asked == ["1440"] * 3


@pytest.mark.parametrize("attempts", [1, 2, 4])
def test_attempts_count_the_first_try(attempts: int) -> None:
    orders = Orders(faults=[OrderServiceError("the server is gone")] * 9)
    answer = run(orders=orders, settings=Settings(attempts=attempts, first_wait_s=0.0))
    assert len(orders.asked) == attempts
    assert answer.reason == "step 'look up' failed (the server is gone): a person answers"
    assert (answer.decision, answer.rule, answer.reply) == ("escalate", "look up failed", None)


def test_waits_double(monkeypatch: pytest.MonkeyPatch) -> None:
    waited = []
    real = asyncio.sleep

    async def sleep(seconds: float, *rest: Any) -> None:
        if seconds in (0.25, 0.5, 1.0):
            waited.append(seconds)
            seconds = 0.0
        await real(seconds, *rest)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    faults: list[BaseException] = [OrderServiceError("gone")] * 3
    assert run(orders=Orders(faults=faults), settings=Settings(attempts=4, first_wait_s=0.25)).path == FULL
    assert waited == [0.25, 0.5, 1.0]


@pytest.mark.parametrize("error", [TypeError("a bug"), KeyError("a bug"), ZeroDivisionError(), UnknownOrder("x")])
def test_errors_of_the_program_are_not_tried_again(error: Exception) -> None:
    counts: Counter[str] = Counter()

    def value(_function: StepFunction, _state: State) -> Any:
        counts["classify"] += 1
        raise error

    answer = run(answers=[], settings=intercepting("classify", value))
    if not isinstance(error, UnknownOrder):
        assert (counts["classify"], answer.decision, answer.rule) == (1, "escalate", "classify failed")
    assert counts["classify"] == 1


def test_a_step_that_hangs_is_cut_off_and_tried_again() -> None:
    tries: list[int] = []

    async def value(function: StepFunction, state: State) -> Any:
        tries.append(1)
        if len(tries) < 3:
            await asyncio.sleep(60)
        return await function(state)

    settings = Settings(first_wait_s=0.0, step_timeout_s=0.05, intercept=intercepting("look up", value).intercept)
    assert run(settings=settings).path == FULL
    assert len(tries) == 3


def test_a_step_that_always_hangs_goes_to_a_person() -> None:
    async def value(_function: StepFunction, _state: State) -> Any:
        await asyncio.sleep(60)

    settings = Settings(
        attempts=2, first_wait_s=0.0, step_timeout_s=0.05, intercept=intercepting("classify", value).intercept
    )
    answer = run(answers=[], settings=settings)
    assert answer.reason == "step 'classify' failed (it took longer than 0.05 s): a person answers"


def test_a_draft_that_the_gate_rejects_gives_way_to_a_plain_reply() -> None:
    answer = run(answers=[classified(), "Your order 1440 was delivered yesterday."])
    assert answer.path == (*FULL[:6], "plain reply", "send")
    assert answer.reply is not None
    assert "1440 (linen shirt) has been shipped. It is promised for Thursday, 25 June 2026." in answer.reply


def test_a_draft_that_fails_gives_way_to_a_plain_reply_that_is_checked() -> None:
    answer = run(answers=[classified(), "", " ", ""])
    assert answer.path == (*FULL[:5], "plain reply", "check", "send")
    assert answer.decision == "reply"


def test_a_question_has_a_plain_form_too() -> None:
    answer = run(Email(DAN, "", "order 9999?"), answers=[classified(), "Your order 9999 is lost."])
    assert answer.path[-2:] == ("plain reply", "send")
    assert answer.reply is not None
    assert "We could not find an order with the number in your message." in answer.reply
    assert "9999" not in answer.reply


@pytest.mark.parametrize(
    ("answers", "path", "rule"),
    [
        ([classified(), "Wrong."], (*FULL[:6], "escalate"), "rejected draft"),
        ([classified(), "", "", ""], (*FULL[:5], "escalate"), "draft failed"),
    ],
)
def test_without_the_fallback_a_person_answers(answers: list[Any], path: tuple[str, ...], rule: str) -> None:
    answer = run(answers=answers, settings=Settings(first_wait_s=0.0, fallback=False))
    assert (answer.path, answer.rule, answer.reply) == (path, rule, None)


def test_where_the_plain_reply_is_rejected_too_a_person_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coordination_gap.agent.steps.plain_reply", lambda *_: "Also wrong.")
    answer = run(answers=[classified(), "Wrong."])
    assert answer.path == (*FULL[:6], "plain reply", "escalate")
    assert answer.reason.startswith("the plain reply was rejected (")
    answer = run(answers=[classified(), "", "", ""])
    assert answer.path == (*FULL[:5], "plain reply", "escalate")


def test_without_the_gate_anything_is_sent() -> None:
    answer = run(answers=[classified(), "It comes yesterday."], settings=Settings(gate=False))
    assert (answer.path, answer.reply) == (FULL, "It comes yesterday.")


def test_an_intercepting_function_sees_each_step_and_each_attempt() -> None:
    seen: Counter[str] = Counter()
    made: Counter[str] = Counter()

    def intercept(name: str, function: StepFunction) -> StepFunction:
        made[name] += 1

        async def counted(state: State) -> Any:
            seen[name] += 1
            assert state["run_id"] == "run"
            return await function(state)

        return counted

    orders = Orders(faults=[OrderServiceError("gone")])
    run(orders=orders, answers=["?", "?", classified(), good_draft(ON_TIME)],
        settings=Settings(first_wait_s=0.0, intercept=intercept))  # fmt: skip
    assert made == dict.fromkeys(INTERCEPTED, 1)
    assert seen == {**dict.fromkeys(INTERCEPTED, 1), "classify": 3, "look up": 2}


@pytest.mark.parametrize(
    ("step", "wrong"),
    [
        ("read", None),
        ("read", Reading(Email(DAN, "", b"bytes"), References())),
        ("read", Reading(Email(DAN, "", "text"), References(("482",)))),
        ("classify", "order_status"),
        ("look up", None),
        ("look up", "order 1440 is fine"),
        ("look up", LATE),
        ("decide", "reply"),
        ("decide", Decision("refund", "why not", "none")),
        ("draft", 42),
        ("draft", " "),
        ("check", True),
        ("check", [None]),
    ],
)
def test_a_value_that_no_step_can_work_with_is_not_passed_on(step: str, wrong: object) -> None:
    answer = run(settings=intercepting(step, lambda *_: wrong))
    if step == "draft":
        assert answer.path[4:] == ("draft", "plain reply", "check", "send")
    else:
        assert (answer.decision, answer.rule, answer.reply) == ("escalate", f"{step} failed", None)


def test_a_send_that_fails_after_the_reply_went_out_has_not_failed() -> None:
    async def value(function: StepFunction, state: State) -> Any:
        await function(state)
        raise ConnectionResetError("too late")

    answer = run(settings=intercepting("send", value))
    assert (answer.decision, answer.reply, answer.path) == ("reply", good_draft(ON_TIME), FULL)


def test_a_send_that_fails_before_goes_to_a_person_who_may_reply() -> None:
    def value(_function: StepFunction, _state: State) -> Any:
        raise ConnectionResetError("no way out")

    settings = intercepting("send", value)
    answer = run(settings=settings)
    assert (answer.decision, answer.rule, answer.reply) == ("escalate", "send failed", None)
    told = run(settings=settings, word={"refund": False, "reply": "By hand."})
    assert (told.decision, told.reply, told.refund_usd) == ("escalate", "By hand.", 0.0)


def test_an_order_of_another_number_is_never_passed_on() -> None:
    assert isinstance(LATE, Order)
    answer = run(Email(SAM, "", "order #1440"), settings=intercepting("look up", lambda *_: LATE))
    assert answer.reason == "step 'look up' failed (look up gave order 4821, and 1440 was asked for): a person answers"
