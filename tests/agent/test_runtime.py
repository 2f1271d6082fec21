"""Runs that are cut off, asked for twice, or waited for by a person; and state folders that cannot be used."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from coordination_gap import paths
from coordination_gap.agent import AgentError, Answer, Email, OutboxError, Settings, SupportAgent
from coordination_gap.agent.orders import OrderServiceError
from coordination_gap.agent.runtime import CHECKPOINTS, OUTBOX
from coordination_gap.agent.settings import StepFunction
from coordination_gap.agent.state import State
from coordination_gap.reliability.traces import TraceError, read_traces
from tests.agent.fakes import DAN, ON_TIME, SAM, TODAY, Orders, Script, classified, good_draft

MAIL = Email(DAN, "", "order #1440")
LATE_MAIL = Email(SAM, "", "order #4821")
FULL = ["read", "classify", "look up", "decide", "draft", "check", "send"]


def agent(folder: Path | None, answers: list[Any] | None = None, **more: Any) -> SupportAgent:
    script = Script(answers=[classified(), good_draft(ON_TIME)] if answers is None else answers)
    how = more.pop("settings", Settings(first_wait_s=0.0))
    return SupportAgent(more.pop("orders", None) or Orders(), script, today=TODAY, state=folder, settings=how, **more)


async def answered(folder: Path | None, email: Email = MAIL, run_id: str = "run", **more: Any) -> Answer:
    async with agent(folder, **more) as made:
        return await made.answer(email, run_id)


async def approved(folder: Path, run_id: str = "run", *, refund: bool, reply: str | None = None) -> Answer:
    async with agent(folder, answers=[]) as made:
        return await made.approve(run_id, refund=refund, reply=reply)


def killed(folder: Path, at: str, when: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.agent.killed", str(folder), at, when],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(paths.root() / "src"), str(paths.root())])},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def sent(folder: Path, table: str = "replies") -> int:
    connection = sqlite3.connect(folder / OUTBOX)
    try:
        return int(connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0])  # noqa: S608 # a name of ours
    finally:
        connection.close()


@pytest.mark.parametrize(("at", "when"), [("draft", "before"), ("send", "after")])
def test_a_killed_run_goes_on_after_its_last_finished_step(tmp_path: Path, at: str, when: str) -> None:
    first = killed(tmp_path, at, when)
    assert first.returncode == -signal.SIGKILL, first.stderr
    assert sent(tmp_path) == (1 if when == "after" else 0)
    left = FULL[FULL.index(at) :]
    assert (tmp_path / "begun").read_text().splitlines() == FULL[: FULL.index(at) + 1]
    seen: list[str] = []

    def intercept(name: str, function: StepFunction) -> StepFunction:
        async def noted(state: State) -> Any:
            seen.append(name)
            return await function(state)

        return noted

    # A model has no memory: a step that ran again would take the answer that is meant for the draft.
    how = Settings(first_wait_s=0.0, intercept=intercept)
    orders = Orders()
    answer = asyncio.run(answered(tmp_path, answers=[good_draft(ON_TIME)], orders=orders, settings=how))
    assert seen == left
    assert orders.asked == []
    assert (answer.decision, answer.reply, list(answer.path)) == ("reply", good_draft(ON_TIME), FULL)
    assert sent(tmp_path) == 1
    # In the traces a killed run is one that was cut short: refused, or left out and counted.
    with pytest.raises(TraceError, match="1 of 1 runs are cut short"):
        read_traces(tmp_path / "traces.jsonl")
    asyncio.run(answered(tmp_path, run_id="another"))
    frame = read_traces(tmp_path / "traces.jsonl", incomplete="drop")
    assert (frame.attrs["dropped_runs"], frame["run"].nunique()) == (1, 1)


def test_a_word_that_was_cut_off_is_carried_out_once(tmp_path: Path) -> None:
    assert asyncio.run(answered(tmp_path, LATE_MAIL)).waits
    # The word is in the outbox and the process is gone before the run has taken note of it.
    connection = sqlite3.connect(tmp_path / CHECKPOINTS)
    before = list(connection.iterdump())
    assert asyncio.run(approved(tmp_path, refund=True, reply="Sorry.")).refund_usd == 89.0
    for table in ("checkpoints", "writes"):
        connection.execute(f"DELETE FROM {table}")  # noqa: S608 # a name of ours
    for line in before:
        if line.startswith("INSERT"):
            connection.execute(line)
    connection.commit()
    connection.close()
    again = asyncio.run(approved(tmp_path, refund=True, reply="Sorry, once more."))
    assert (again.refund_usd, again.reply, again.waits) == (89.0, "Sorry.", False)
    assert (sent(tmp_path), sent(tmp_path, "refunds")) == (1, 1)


def test_an_email_is_answered_once_under_one_name(tmp_path: Path) -> None:
    first = asyncio.run(answered(tmp_path))
    assert asyncio.run(answered(tmp_path, answers=[])) == first
    assert sent(tmp_path) == 1
    with pytest.raises(ValueError, match="run_id is 'run', the run of another e-mail: give each e-mail its own"):
        asyncio.run(answered(tmp_path, LATE_MAIL))


def test_a_run_that_waits_is_not_run_again(tmp_path: Path) -> None:
    first = asyncio.run(answered(tmp_path, LATE_MAIL))
    assert first.waits
    assert asyncio.run(answered(tmp_path, LATE_MAIL, answers=[])) == first


def test_approving_twice_changes_nothing(tmp_path: Path) -> None:
    asyncio.run(answered(tmp_path, LATE_MAIL))
    first = asyncio.run(approved(tmp_path, refund=True, reply="Sorry."))
    assert (first.refund_usd, first.reply) == (89.0, "Sorry.")
    assert asyncio.run(approved(tmp_path, refund=True, reply="Sorry.")) == first
    assert asyncio.run(approved(tmp_path, refund=False)) == first
    assert asyncio.run(answered(tmp_path, LATE_MAIL, answers=[])) == first
    assert (sent(tmp_path), sent(tmp_path, "refunds")) == (1, 1)


def test_a_refusal_stands_too(tmp_path: Path) -> None:
    asyncio.run(answered(tmp_path, LATE_MAIL))
    first = asyncio.run(approved(tmp_path, refund=False))
    assert (first.refund_usd, first.reply, first.waits) == (0.0, None, False)
    assert asyncio.run(approved(tmp_path, refund=True)) == first
    assert sent(tmp_path, "refunds") == 0


def test_an_order_is_refunded_once_over_all_runs(tmp_path: Path) -> None:
    for name in ("one", "two"):
        asyncio.run(answered(tmp_path, LATE_MAIL, name))
    asyncio.run(approved(tmp_path, "one", refund=True))
    with pytest.raises(OutboxError, match="order 4821 was refunded in run 'one': nothing was done"):
        asyncio.run(approved(tmp_path, "two", refund=True))
    assert asyncio.run(approved(tmp_path, "two", refund=False, reply="Done already.")).reply == "Done already."
    assert sent(tmp_path, "refunds") == 1


def test_words_at_once_are_one_word(tmp_path: Path) -> None:
    async def both() -> list[Answer]:
        async with agent(tmp_path, answers=[classified()]) as made:
            await made.answer(LATE_MAIL, "run")
            words = (made.approve("run", refund=True, reply=f"Sorry {number}.") for number in range(3))
            return await asyncio.gather(*words)

    answers = asyncio.run(both())
    assert len({(answer.reply, answer.refund_usd) for answer in answers}) == 1
    assert (sent(tmp_path), sent(tmp_path, "refunds")) == (1, 1)


def test_a_word_that_cannot_be_carried_out_can_be_given_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coordination_gap.agent.outbox.WAIT_S", 0.01)
    asyncio.run(answered(tmp_path, LATE_MAIL))
    other = sqlite3.connect(tmp_path / OUTBOX, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OutboxError, match=r"\(database is locked\): nothing was sent; try again"):
        asyncio.run(approved(tmp_path, refund=True))
    other.close()
    assert sent(tmp_path, "refunds") == 0
    # Another word may be given now: the first one was not carried out and does not stand.
    assert asyncio.run(approved(tmp_path, refund=False, reply="No.")).reply == "No."
    assert sent(tmp_path, "refunds") == 0


def test_many_runs_at_once_keep_apart(tmp_path: Path) -> None:
    async def all_of_them() -> list[Answer]:
        answers = [classified(), good_draft(ON_TIME)]
        async with agent(tmp_path, answers=answers * 8) as made:
            # One after the other, for the script is one; the agent, its files and its spans are shared.
            done = [await made.answer(MAIL, f"run {number}") for number in range(4)]
            waiting = await asyncio.gather(*(made.answer(Email(DAN, "", b"\xff"), f"bad {n}") for n in range(8)))
            return [*done, *waiting]

    done = asyncio.run(all_of_them())
    assert [answer.decision for answer in done] == ["reply"] * 4 + ["escalate"] * 8
    frame = read_traces(tmp_path / "traces.jsonl")
    assert frame["run"].nunique() == 12


def test_a_cancelled_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    class Slow(Orders):
        async def look_up(self, order_id: str) -> Any:
            await asyncio.sleep(60)

    async def cancelled() -> None:
        async with agent(tmp_path, orders=Slow()) as made:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(made.answer(MAIL, "run"), 1.0)

    asyncio.run(cancelled())
    answer = asyncio.run(answered(tmp_path, answers=[good_draft(ON_TIME)]))
    assert list(answer.path) == FULL


@pytest.mark.parametrize(
    ("run_id", "word", "sentence"),
    [
        ("none", {"refund": False, "reply": None}, "run_id is 'none': there is no such run in "),
        ("sent", {"refund": False, "reply": None}, "run_id is 'sent', a run that does not wait for a person"),
        ("late", {"refund": 1, "reply": None}, "refund is 1: give True or False"),
        ("late", {"refund": False, "reply": " "}, "reply is ' ': give a text that is not blank, or None"),
        ("late", {"refund": False, "reply": 4}, "reply is 4: give a text"),
    ],
)
def test_a_word_that_makes_no_sense_is_refused(
    tmp_path: Path, run_id: str, word: dict[str, Any], sentence: str
) -> None:
    asyncio.run(answered(tmp_path, LATE_MAIL, "late"))
    asyncio.run(answered(tmp_path, MAIL, "sent"))
    with pytest.raises(ValueError, match=sentence):
        asyncio.run(approved(tmp_path, run_id, **word))
    assert sent(tmp_path, "refunds") == 0


@pytest.mark.parametrize("run_id", ["", "  ", 7])
def test_a_run_has_a_name(run_id: Any) -> None:
    with pytest.raises(ValueError, match=r"run_id is .*: give a name that is not blank"):
        asyncio.run(answered(None, run_id=run_id))


def test_a_state_folder_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AgentError, match=r"the state folder .*file could not be used \(.*\): mend that and try again"):
        asyncio.run(answered(tmp_path / "file"))
    (tmp_path / CHECKPOINTS).write_bytes(b"this is no database at all, whatever its name may say" * 40)
    with pytest.raises(AgentError, match="file is not a database"):
        asyncio.run(answered(tmp_path))
    folder = tmp_path / "two"
    folder.mkdir()
    (folder / OUTBOX).write_bytes(b"this is no database at all, whatever its name may say" * 40)
    with pytest.raises(OutboxError, match="file is not a database"):
        asyncio.run(answered(folder))


def test_a_run_that_failed_is_kept_as_it_ended(tmp_path: Path) -> None:
    faults: list[BaseException] = [OrderServiceError("the server is gone")] * 3
    first = asyncio.run(answered(tmp_path, orders=Orders(faults=faults)))
    assert first.rule == "look up failed"
    assert asyncio.run(answered(tmp_path, answers=[])) == first


def test_a_checkpoint_holds_plain_data_only(tmp_path: Path) -> None:
    asyncio.run(answered(tmp_path, LATE_MAIL, orders=Orders(faults=[OrderServiceError("gone")])))
    connection = sqlite3.connect(tmp_path / CHECKPOINTS)
    kept = b"".join(bytes(row[0]) for row in connection.execute("SELECT checkpoint FROM checkpoints"))
    connection.close()
    assert b"coordination_gap" not in kept
