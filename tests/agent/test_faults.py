"""Faults put into the agent, and what they come to."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.caches import InMemoryCache
from langchain_core.outputs import ChatResult

from coordination_gap import tables
from coordination_gap.agent.answer import Answer
from coordination_gap.agent.fault_runs import (
    DEFENCES,
    attempts_frame,
    measure_mixed,
    one_fault,
    pattern,
    pipeline,
    random_faults,
)
from coordination_gap.agent.faults import KINDS, STEPS, Fault, Others, all_faults, changed_digit
from coordination_gap.agent.judged_runs import Plan, Run, run_all
from coordination_gap.agent.labels import Label, outcome, read_labels, read_orders
from coordination_gap.agent.local_model import LocalChatModel
from coordination_gap.agent.made_up_orders import SHOP_DAY
from coordination_gap.agent.orders import Order, UnknownOrder
from coordination_gap.agent.right_texts import right_texts
from coordination_gap.agent.settings import Settings
from coordination_gap.agent.trial import UNDISTURBED, others_of
from coordination_gap.reliability.traces import coordination_gap

LABELS = read_labels(tables.load("support_emails", SHOP_DAY), tables.load("orders", SHOP_DAY))
ORDERS = {order.order_id: order for order in read_orders(tables.load("orders", SHOP_DAY))}
EMAIL = next(
    label
    for label in LABELS
    if label.case == "in_time"
    and label.order
    and label.order.promised_on - SHOP_DAY > timedelta(days=3)
    and f"#{label.order.order_id}" in str(label.email.body)
)


class Shelf:
    """Orders at hand, without a server."""

    async def look_up(self, order_id: str) -> Order:
        if order_id not in ORDERS:
            raise UnknownOrder(f"there is no order {order_id}")
        return ORDERS[order_id]


@pytest.fixture(scope="module")
def model() -> LocalChatModel:
    trained = LocalChatModel()
    trained.prepare()
    return trained


def others() -> Others:
    return others_of(LABELS, list(ORDERS.values()))


def run(model: LocalChatModel, runs: Sequence[tuple[Label, Plan]], settings: Settings, seed: int = 1) -> list[Run]:
    return asyncio.run(
        run_all(
            Shelf(), model, runs, today=SHOP_DAY, settings=replace(settings, step_timeout_s=30.0),
            right_texts=right_texts, others=others(), seed=seed,
        )
    )  # fmt: skip


def hit(
    model: LocalChatModel, step: str, kind: str, defence: str, lasting: bool = False
) -> tuple[dict[str, list[str]], str]:
    """Return what each step's attempts came to, and the end, of a run with one fault."""
    settings = DEFENCES[defence]
    found = run(model, [(EMAIL, one_fault(Fault(step, kind), lasting))], settings)[0]
    attempts: dict[str, list[str]] = {}
    for name, came_to in found.attempts:
        attempts.setdefault(name, []).append(came_to)
    return attempts, found.end


def test_an_undisturbed_run_is_good_all_the_way(model: LocalChatModel) -> None:
    found = run(model, [(EMAIL, UNDISTURBED)], DEFENCES["all"])[0]
    assert found.attempts == tuple((step, "good") for step in STEPS)
    assert found.end == "success"


@pytest.mark.parametrize(
    ("step", "kind", "defence", "lasting", "at_step", "end"),
    [
        ("look up", "error", "bare", False, ["loud"], "halted"),
        ("look up", "error", "retries", False, ["loud", "good"], "success"),
        ("look up", "error", "retries", True, ["loud", "loud", "loud"], "halted"),
        ("look up", "wrong record", "retries", False, ["loud", "good"], "success"),
        ("look up", "empty record", "bare", False, ["loud"], "halted"),
        ("look up", "silent corruption", "all", False, ["silent"], "silent_failure"),
        ("classify", "silent corruption", "all", False, ["silent"], "halted"),
        ("draft", "silent corruption", "bare", False, ["silent"], "silent_failure"),
        ("draft", "silent corruption", "gate", False, ["rejected_bad"], "halted"),
        ("draft", "silent corruption", "all", False, ["rejected_bad"], "success"),
        ("draft", "error", "all", True, ["loud", "loud", "loud"], "success"),
        ("check", "error", "all", False, ["loud"], "halted"),
        ("send", "error", "all", False, ["loud"], "halted"),
        ("send", "silent corruption", "all", False, ["silent"], "silent_failure"),
        ("send", "wrong record", "bare", False, ["silent"], "silent_failure"),
    ],
)
def test_what_a_fault_comes_to(
    model: LocalChatModel, step: str, kind: str, defence: str, lasting: bool, at_step: list[str], end: str
) -> None:
    attempts, ended = hit(model, step, kind, defence, lasting)
    assert attempts[step] == at_step
    assert ended == end


def test_an_answer_out_of_a_cache_is_as_good_as_the_first() -> None:
    cached = LocalChatModel(cache=InMemoryCache())
    assert [found.end for found in run(cached, [(EMAIL, UNDISTURBED)] * 2, DEFENCES["bare"])] == ["success"] * 2


def test_a_step_that_fails_without_a_fault_ends_the_measurement() -> None:
    class Broken(LocalChatModel):
        def _generate(self, *words: Any, **options: Any) -> ChatResult:
            raise KeyError("input_tokens")

    with pytest.raises(RuntimeError, match=r"2 steps .* first e-mail .* step 'classify' .*KeyError"):
        run(Broken(), [(EMAIL, UNDISTURBED)] * 2, DEFENCES["bare"])
    planned = run(Broken(), [(EMAIL, one_fault(Fault("read", "silent corruption"), True))], DEFENCES["bare"])
    assert planned[0].end == "halted", "a fault may make a later step fail"


def test_a_verdict_turned_round_costs_a_good_draft_and_no_more(model: LocalChatModel) -> None:
    attempts, end = hit(model, "check", "silent corruption", "all")
    assert attempts["draft"] == ["rejected_good"]
    assert attempts["plain reply"] == ["good"]
    assert end == "success"


def test_without_a_gate_no_verdict_can_be_wrong(model: LocalChatModel) -> None:
    assert hit(model, "check", "silent corruption", "bare")[1] == "success"


def test_a_real_time_out_ends_a_try(model: LocalChatModel) -> None:
    settings = replace(DEFENCES["retries"], step_timeout_s=2.0)
    found = asyncio.run(
        run_all(
            Shelf(), model, [(EMAIL, one_fault(Fault("look up", "time-out"), False))], today=SHOP_DAY,
            settings=settings, right_texts=right_texts, others=others(), seed=1,
        )
    )[0]  # fmt: skip
    assert [came_to for step, came_to in found.attempts if step == "look up"] == ["loud", "good"]
    assert found.end == "success"


def test_no_fault_at_all_leads_to_a_refund(model: LocalChatModel) -> None:
    plans = [
        (LABELS[at % len(LABELS)], one_fault(fault, True))
        for at, fault in enumerate(all_faults())
        if fault.kind != "time-out"
    ]
    assert {found.answer.refund_usd for found in run(model, plans, DEFENCES["bare"])} == {0.0}


def test_recorded_runs_are_read_as_traces(model: LocalChatModel) -> None:
    async def runner(runs: Sequence[tuple[Label, Plan]], settings: Settings, seed: int) -> list[Run]:
        return await run_all(
            Shelf(), model, [(label, _without_time_outs(plan)) for label, plan in runs], today=SHOP_DAY,
            settings=replace(settings, step_timeout_s=30.0), right_texts=right_texts, others=others(), seed=seed,
        )  # fmt: skip

    patterns = asyncio.run(measure_mixed(runner, [EMAIL], 25, 0.1, 3))
    assert patterns.groupby(["defence", "lasting"])["runs"].sum().eq(25).all()
    rows = patterns[(patterns["defence"] == "all") & ~patterns["lasting"]]
    frame = attempts_frame(rows)
    assert frame["run"].nunique() == 25
    gap = coordination_gap(frame, pipeline("all"), resamples=100)
    assert (
        gap.of("success", "pipeline", "observed").value == rows.loc[rows["run_outcome"] == "success", "runs"].sum() / 25
    )


@pytest.mark.parametrize("defence", DEFENCES)
def test_each_fault_leaves_a_record_that_its_defence_explains(model: LocalChatModel, defence: str) -> None:
    faults = [fault for fault in all_faults() if fault.kind != "time-out"]
    runs = run(model, [(EMAIL, one_fault(fault, False)) for fault in faults], DEFENCES[defence])
    patterns = pd.DataFrame([{"attempts": pattern(each), "run_outcome": each.end, "runs": 1} for each in runs])
    gap = coordination_gap(attempts_frame(patterns), pipeline(defence), resamples=100)
    assert gap.of("success", "pipeline", "observed").value == sum(each.end == "success" for each in runs) / len(runs)


def _without_time_outs(plan: Plan) -> Plan:
    def other(step: str, attempt: int) -> Fault | None:
        fault = plan(step, attempt)
        return Fault(step, "error") if fault and fault.kind == "time-out" else fault

    return other


def test_random_faults_come_as_often_as_asked_and_last_as_asked() -> None:
    rng = np.random.default_rng(1)
    plans = [random_faults(0.2, False, rng) for _ in range(3000)]
    share = np.mean([plan("look up", 1) is not None for plan in plans])
    assert abs(share - 0.2) < 0.03
    lasting = [random_faults(0.5, True, rng) for _ in range(50)]
    assert all(plan("draft", 1) == plan("draft", 2) == plan("draft", 3) for plan in lasting)
    assert any(plan("draft", 1) != plan("draft", 2) for plan in (random_faults(0.5, False, rng) for _ in range(50)))


def test_there_is_every_kind_at_every_step_but_one() -> None:
    assert len(all_faults()) == len(STEPS) * len(KINDS) - 1


@pytest.mark.parametrize(
    ("step", "kind", "message"),
    [("reed", "error", "step is 'reed'"), ("read", "slow", "kind is 'slow'"), ("send", "time-out", "has none")],
)
def test_faults_that_cannot_be_are_refused(step: str, kind: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Fault(step, kind)


@given(text=st.text(), seed=st.integers(0, 2**32 - 1))
def test_one_digit_changes(text: str, seed: int) -> None:
    changed = changed_digit(text, np.random.default_rng(seed))
    apart = [(a, b) for a, b in zip(text, changed, strict=True) if a != b]
    if any(sign in "0123456789" for sign in text):
        assert len(apart) == 1
        assert set("".join(apart[0])) <= set("0123456789")
    else:
        assert apart == []


def test_right_texts_tell_the_record_and_nothing_else() -> None:
    order = ORDERS["4821"]
    texts = right_texts("reply", order, "on time")
    assert len(texts) > 1
    assert all("4821" in text for text in texts)
    assert not texts & right_texts(
        "reply", replace(order, promised_on=order.promised_on + timedelta(days=1)), "on time"
    )
    assert right_texts("escalate", order, "late order") == frozenset()
    assert right_texts("reply", None, "on time") == frozenset()
    assert not right_texts("ask", None, "unknown order") & right_texts("ask", None, "no order named")


@pytest.mark.parametrize(
    ("due", "done", "reply", "end"),
    [
        ("reply", "reply", "right", "success"),
        ("reply", "reply", "wrong", "silent_failure"),
        ("reply", "ask", "right", "silent_failure"),
        ("reply", "escalate", None, "halted"),
        ("escalate", "escalate", None, "success"),
        ("escalate", "reply", "right", "silent_failure"),
        ("ask", "ask", "right", "success"),
    ],
)
def test_ends(due: str, done: str, reply: str | None, end: str) -> None:
    answer = Answer("r", done, reply, "", ("read",), 0.0)
    assert outcome(replace(EMAIL, decision=due), answer, {"right"}) == end
