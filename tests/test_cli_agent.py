"""`gapbook agent` from the command line's words to what it prints and keeps."""

import io
import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from coordination_gap import tables
from coordination_gap.agent import models, order_client
from coordination_gap.agent.made_up_orders import SHOP_DAY
from coordination_gap.agent.orders import OrderServiceError, make_database
from coordination_gap.reliability.traces import read_traces
from tests.agent.fakes import DAN, ON_TIME, Orders, Script, classified, good_draft
from tests.command import Run, runner

Answers = Callable[..., None]


@pytest.fixture
def orders() -> Orders:
    return Orders()


@pytest.fixture
def gapbook(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, orders: Orders) -> Run:
    """`gapbook agent` with a state folder of its own, and orders that need no server."""
    for name in [name for name in os.environ if name.startswith("OTEL_") or name == models.VARIABLE]:
        monkeypatch.delenv(name)

    @asynccontextmanager
    async def session(_database: Path) -> AsyncIterator[Orders]:
        yield orders

    monkeypatch.setattr(order_client, "order_session", session)
    run = runner(monkeypatch, capsys, "agent")
    return lambda *words: run("--state", str(tmp_path / "state"), *words)


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Answers:
    """Let a model give these answers."""

    def answers(*said: Any) -> None:
        monkeypatch.setattr(models, "chat_model", lambda _name: Script(answers=list(said)))

    answers(classified(), good_draft(ON_TIME))
    return answers


def test_a_reply_is_shown_with_its_way(gapbook: Run, model: Answers, tmp_path: Path) -> None:
    done = gapbook("--from", DAN, "--run", "first", "Where is my order #1440?")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[:3] == [
        "run       first",
        "decision  reply",
        "reason    order 1440 is shipped and promised for 2026-06-25",
    ]
    took = r" \d+\.\d{3} s"
    steps = ("read", "classify", "look up", "decide", "draft", "check", "send")
    assert re.fullmatch("steps     " + ", ".join(f"{step}{took}" for step in steps), lines[3])
    assert lines[4] == f"trace     {tmp_path / 'state' / 'traces.jsonl'}"
    assert good_draft(ON_TIME) in done.out
    assert read_traces(tmp_path / "state" / "traces.jsonl")["step"].tolist()[-1] == "send"


def test_what_a_person_has_to_decide_is_shown_and_can_be_decided(gapbook: Run, model: Answers) -> None:
    model(classified())
    done = gapbook("--run", "late", "Hi, where is my blue jacket (order #4821)? Thanks, Sam")
    assert done.code == 0
    assert "decision  escalate\n" in done.out
    assert "reason    order 4821 is 4 days late (promised for 2026-06-16): a person answers" in done.out
    assert 'for a person: gapbook agent --approve late [--refund] [--reply "…"]' in done.out
    assert "sent" not in done.out
    told = gapbook("--approve", "late", "--refund", "--reply", "We are sorry.", "--json")
    answer = json.loads(told.out)
    assert (answer["decision"], answer["reply"], answer["refund_usd"]) == ("escalate", "We are sorry.", 89.0)
    again = gapbook("--approve", "late", "--refund")
    assert (again.code, again.err) == (0, "")
    assert "refund    89.00 US dollars" in again.out
    assert "for a person" not in again.out


def test_json_is_the_answer(gapbook: Run, model: Answers, tmp_path: Path) -> None:
    answer = json.loads(gapbook("--from", DAN, "--json", "order 1440").out)
    assert answer["path"] == ["read", "classify", "look up", "decide", "draft", "check", "send"]
    assert len(answer["seconds"]) == 7
    assert answer["traces"] == str(tmp_path / "state" / "traces.jsonl")


def test_a_run_that_has_ended_is_shown_again(gapbook: Run, model: Answers) -> None:
    words = ("--from", DAN, "--run", "one", "order 1440")
    assert gapbook(*words).out == gapbook(*words).out
    done = gapbook("--from", DAN, "--run", "one", "another e-mail, order 1440")
    assert (done.code, done.err) == (
        1, "gapbook: run_id is 'one', the run of another e-mail: give each e-mail its own\n",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"caf\xe9 #4821", "the body of the e-mail is not UTF-8 text (byte 4)"),
        (b"\x89PNG\r\n\x1a\n\0\0", "the body of the e-mail is not UTF-8 text (byte 1)"),
        (b"a\0b", "the body of the e-mail has the character U+0000, so it is not plain text"),
        (b"x" * 200_000, "the e-mail has more than 100,000 characters, the most that are read"),
        (b"x" * 5_000_000, "the e-mail has more than 100,000 characters, the most that are read"),
        (b"", "the e-mail has no text"),
    ],
)
def test_what_cannot_be_read_goes_to_a_person(
    gapbook: Run, model: Answers, tmp_path: Path, content: bytes, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mail").write_bytes(content)
    done = gapbook("--file", str(tmp_path / "mail"))
    assert (done.code, done.err) == (0, "")
    assert f"reason    step 'read' failed ({reason}): a person answers" in done.out
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))
    assert f"({reason})" in gapbook("--file", "-").out
    frame = read_traces(tmp_path / "state" / "traces.jsonl")
    assert frame["run_outcome"].tolist() == ["halted", "halted"]


def test_an_unknown_order_is_asked_for(gapbook: Run, model: Answers) -> None:
    model(classified(), "Which order do you mean?")
    done = gapbook("order 9999")
    assert done.code == 0
    assert "decision  ask\n" in done.out
    assert "Which order do you mean?" in done.out


def test_a_server_that_dies_goes_to_a_person(gapbook: Run, model: Answers, orders: Orders) -> None:
    orders.faults = [OrderServiceError("the order server is gone")] * 3
    done = gapbook("order 1440")
    assert (done.code, done.err) == (0, "")
    assert "reason    step 'look up' failed (the order server is gone): a person answers" in done.out


def test_a_locked_database_goes_to_a_person(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], model: Answers, tmp_path: Path
) -> None:
    monkeypatch.setattr("coordination_gap.agent.orders.LOCK_WAIT_S", 0.01)
    database = tmp_path / "orders.sqlite"
    make_database(database, tables.load("orders", SHOP_DAY))
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    run = runner(monkeypatch, capsys, "agent")
    done = run("--state", str(tmp_path / "state"), "--database", str(database), "order #4821")
    connection.close()
    assert (done.code, done.err) == (0, "")
    assert "reason    step 'look up' failed (the order database " in done.out
    assert "is locked by another process" in done.out


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        ((), 2, "give the e-mail's text in quotation marks, or --file with a file that holds it"),
        (("text", "--file", "x"), 2, "give the e-mail's text in quotation marks, or --file"),
        (("text", "--refund"), 2, "--refund and --reply go with --approve"),
        (("text", "--approve", "x"), 2, "--approve takes a run that exists: leave the e-mail and --run out"),
        (("text", "--today", "soon"), 2, "--today is 'soon': give a calendar day as YYYY-MM-DD"),
        (("--file", "no-such-file"), 1, "--file no-such-file cannot be read (No such file or directory)"),
        (("--file", "/"), 1, "--file / cannot be read (Is a directory)"),
        (("text", "--database", "none.sqlite"), 1, "there is no order database none.sqlite: leave --database out"),
        (("text", "--model", "best"), 1, "the model is 'best': give 'local' or 'provider:name'"),
        (("text", "--model", "nobody:best"), 1, "the model 'nobody:best' has an unknown provider"),
        (("--approve", "no-such-run"), 1, "run_id is 'no-such-run': there is no such run in"),
        (("text", "--run", " "), 1, "run_id is ' ': give a name that is not blank"),
    ],
)
def test_wrong_words_are_one_sentence(gapbook: Run, words: tuple[str, ...], code: int, sentence: str) -> None:
    done = gapbook(*words)
    assert done.code == code
    assert sentence in done.err
    assert "Traceback" not in done.err
    assert done.out == ""


def test_a_state_folder_that_cannot_be_used_is_one_sentence(gapbook: Run, model: Answers, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    done = gapbook("order 1440")
    assert done.code == 1
    assert done.err.startswith(f"Error: the state folder {tmp_path / 'state'} could not be used (")


def test_a_collector_that_is_not_there_is_told_after_the_answer(
    gapbook: Run, model: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("coordination_gap.agent.tracing.CLOSE_WAIT_S", 0.05)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    done = gapbook("--from", DAN, "order 1440")
    assert done.code == 0
    assert "decision  reply" in done.out
    assert done.err == "gapbook: not all spans of the run reached the collector at http://127.0.0.1:9\n"


def test_the_help_shows_an_example_and_loads_nothing_heavy() -> None:
    program = (
        "import sys\nfrom coordination_gap import cli\n"
        "try:\n    cli.gapbook.main(['agent', '--help'], standalone_mode=False)\nexcept SystemExit:\n    pass\n"
        "heavy = {'langgraph', 'langchain_core', 'mcp', 'opentelemetry', 'sklearn', 'pandas'} & set(sys.modules)\n"
        "print('heavy:', sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=300)
    assert 'Example: gapbook agent "Hi, where is my blue jacket' in done.stdout
    assert done.stdout.splitlines()[-1] == "heavy: []"


def test_everything_real_from_the_words_to_the_trace(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.delenv(models.VARIABLE, raising=False)
    state = tmp_path / "state"
    done = runner(monkeypatch, capsys, "agent")("--state", str(state), "--json", "Where is my jacket, order #4821?")
    assert (done.code, done.err) == (0, "")
    answer = json.loads(done.out)
    assert answer["decision"] == "escalate"
    assert answer["reason"].startswith("order 4821 is 4 days late")
    frame = read_traces(state / "traces.jsonl")
    assert frame["step"].tolist() == ["read", "classify", "look up", "decide"]
    assert sorted(path.name for path in state.iterdir() if "sqlite-" not in path.name) == [
        "checkpoints.sqlite", "orders.sqlite", "outbox.sqlite", "traces.jsonl",
    ]  # fmt: skip
