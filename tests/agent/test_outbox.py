"""Replies and refunds: once, whole, and never a refund without a person."""

import multiprocessing
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from coordination_gap.agent import outbox as outbox_module
from coordination_gap.agent.outbox import Done, Outbox, OutboxError

SAM = "sam@example.org"


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    made = Outbox(tmp_path / "outbox.sqlite")
    yield made
    made.close()


def rows(tmp_path: Path, table: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(tmp_path / "outbox.sqlite")
    try:
        return connection.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608 # a name of ours
    finally:
        connection.close()


def test_a_reply_is_sent_once_and_the_first_stands(outbox: Outbox, tmp_path: Path) -> None:
    assert outbox.send("a", SAM, "one") == "one"
    assert outbox.send("a", SAM, "two") == "one"
    assert outbox.send("b", SAM, "two") == "two"
    assert rows(tmp_path, "replies") == [("a", SAM, "one"), ("b", SAM, "two")]
    assert outbox.done("a") == Done("one", 0.0, False)
    assert outbox.done("none") == Done(None, 0.0, False)


def test_a_persons_word_is_carried_out_once(outbox: Outbox, tmp_path: Path) -> None:
    said = {"reply": "Sorry.", "refund": True, "order_id": "4821", "amount_usd": 89.0}
    assert outbox.settle("a", SAM, **said) == Done("Sorry.", 89.0, True)  # type: ignore[arg-type] # by name
    assert outbox.settle("a", SAM, **said) == Done("Sorry.", 89.0, True)  # type: ignore[arg-type]
    changed = outbox.settle("a", SAM, reply="No.", refund=False, order_id="4821", amount_usd=89.0)
    assert changed == Done("Sorry.", 89.0, True)
    assert rows(tmp_path, "refunds") == [("a", "4821", 89.0, 1)]
    assert rows(tmp_path, "replies") == [("a", SAM, "Sorry.")]
    assert outbox.refunded_in("4821") == "a"
    assert outbox.refunded_in("1440") is None


def test_a_word_may_be_silence(outbox: Outbox) -> None:
    assert outbox.settle("a", SAM, reply=None, refund=False, order_id=None, amount_usd=0) == Done(None, 0.0, True)


def test_an_order_is_refunded_once_whichever_run_asks(outbox: Outbox, tmp_path: Path) -> None:
    outbox.settle("a", SAM, reply=None, refund=True, order_id="4821", amount_usd=89.0)
    with pytest.raises(OutboxError, match="order 4821 was refunded in run 'a': nothing was done"):
        outbox.settle("b", SAM, reply="Sorry.", refund=True, order_id="4821", amount_usd=89.0)
    assert outbox.done("b") == Done(None, 0.0, False)
    assert rows(tmp_path, "replies") == []
    assert outbox.settle("b", SAM, reply="Sorry.", refund=False, order_id="4821", amount_usd=89.0).reply == "Sorry."


def test_a_run_that_has_sent_a_reply_sends_no_other(outbox: Outbox) -> None:
    outbox.send("a", SAM, "one")
    with pytest.raises(OutboxError, match="has sent a reply already: nothing was done"):
        outbox.settle("a", SAM, reply="two", refund=False, order_id=None, amount_usd=0)
    assert outbox.done("a") == Done("one", 0.0, False)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO refunds VALUES ('a', '4821', 89.0, 1)",
        "INSERT INTO refunds VALUES ('b', '4821', 89.0, 1)",
        "INSERT INTO refunds VALUES ('c', '4821', 89.0, 0)",
        "INSERT INTO refunds VALUES ('c', '4821', -1.0, 1)",
    ],
)
def test_the_file_itself_takes_no_refund_without_a_word_for_it(outbox: Outbox, tmp_path: Path, statement: str) -> None:
    outbox.settle("b", SAM, reply="No.", refund=False, order_id="4821", amount_usd=89.0)
    outbox.settle("c", SAM, reply=None, refund=True, order_id="1440", amount_usd=49.0)
    connection = sqlite3.connect(tmp_path / "outbox.sqlite", isolation_level=None)
    try:
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute(statement)
    finally:
        connection.close()


@pytest.mark.parametrize("blank", ["", " \n"])
def test_a_blank_reply_is_not_sent(outbox: Outbox, blank: str) -> None:
    with pytest.raises(OutboxError, match="nothing was sent"):
        outbox.send("a", SAM, blank)
    assert outbox.done("a").reply is None


def test_a_locked_file_is_one_sentence_and_nothing_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "WAIT_S", 0.01)
    made = Outbox(tmp_path / "outbox.sqlite")
    other = sqlite3.connect(tmp_path / "outbox.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(
            OutboxError, match=r"outbox.sqlite could not be used \(database is locked\): nothing was sent"
        ):
            made.send("a", SAM, "one")
        with pytest.raises(OutboxError, match="locked"):
            made.settle("a", SAM, reply="x", refund=True, order_id="4821", amount_usd=89.0)
        other.execute("ROLLBACK")
        assert made.done("a") == Done(None, 0.0, False)
        assert made.send("a", SAM, "one") == "one"
    finally:
        other.close()
        made.close()


def test_a_file_that_is_no_database_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "outbox.sqlite").write_bytes(b"not a database, and long enough to be read as one" * 50)
    with pytest.raises(OutboxError, match="file is not a database"):
        Outbox(tmp_path / "outbox.sqlite")
    with pytest.raises(OutboxError, match="could not be used"):
        Outbox(tmp_path / "no" / "folder.sqlite")


def test_without_a_file_it_works_in_memory() -> None:
    made = Outbox(None)
    assert made.send("a", SAM, "one") == "one"
    made.close()


def _send_from_a_process(path: Path, body: str) -> None:
    made = Outbox(path)
    made.send("a", SAM, body)
    made.close()


def test_processes_that_send_at_once_send_one_reply(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [
        context.Process(target=_send_from_a_process, args=(tmp_path / "outbox.sqlite", f"body {number}"))
        for number in range(3)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert len(rows(tmp_path, "replies")) == 1
