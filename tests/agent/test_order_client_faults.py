"""Sessions with servers that misbehave: they speak an older MCP, line by line, and do what they are told."""

import asyncio
import json
import sys
import time
from contextlib import AbstractAsyncContextManager
from dataclasses import astuple
from typing import Any

import pytest

from coordination_gap.agent.order_client import (
    McpOrderClient,
    order_session_stdio,
)
from coordination_gap.agent.orders import OrderServiceError
from tests.agent.fakes import BLUE_JACKET
from tests.agent.sessions import PATIENCE_S, children, failure, open_and_close

FAKE = """
import json, sys, time

def say(text):
    sys.stdout.buffer.write(text if isinstance(text, bytes) else json.dumps(text).encode() + b"\\n")
    sys.stdout.buffer.flush()

answers, tools = json.loads(sys.argv[1]), json.loads(sys.argv[2])
for line in sys.stdin:
    message = json.loads(line)
    if "id" not in message:
        continue
    reply = {"jsonrpc": "2.0", "id": message["id"]}
    if message["method"] == "initialize":
        version = message["params"]["protocolVersion"]
        named = {"name": "fake", "version": "0"}
        say(reply | {"result": {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": named}})
    elif message["method"] == "tools/list":
        say(reply | {"result": {"tools": tools}})
    elif message["method"] == "tools/call":
        how, what = answers.pop(0)
        if how == "answer":
            say(reply | {"result": what})
        elif how == "say":
            say(what.encode("latin-1").replace(b"ID", str(message["id"]).encode()))
        elif how == "be late":
            late = reply
        elif how == "be late and answer":
            say(late | {"result": what})
            say(reply | {"result": what})
        elif how == "end":
            print(what, file=sys.stderr)
            sys.exit(1)
    else:
        say(reply | {"error": {"code": -32601, "message": "no such method"}})
"""

TOOL = {"name": "look_up_order", "inputSchema": {"type": "object"}}
GOOD = {"content": [], "structuredContent": BLUE_JACKET}


def fake(
    *answers: tuple[str, Any], tools: list[dict[str, Any]] | None = None, call_timeout_s: float = PATIENCE_S
) -> AbstractAsyncContextManager[McpOrderClient]:
    command = [sys.executable, "-c", FAKE, json.dumps(answers), json.dumps([TOOL] if tools is None else tools)]
    return order_session_stdio(command, call_timeout_s=call_timeout_s, start_timeout_s=PATIENCE_S)


def answers_of(*answers: tuple[str, Any], tools: list[dict[str, Any]] | None = None) -> list[str]:
    """Return what comes of calls to a server that answers so: an order's fields, or what the exception says."""

    async def ask() -> list[str]:
        told = []
        async with fake(*answers, tools=tools) as client:
            for _ in answers:
                try:
                    told.append(repr(astuple(await client.look_up("4821"))))
                except OrderServiceError as error:
                    told.append(str(error).split("...' ", 1)[-1])
        return told

    return asyncio.run(ask())


def with_field(name: str, value: object) -> tuple[str, Any]:
    return "answer", {"content": [], "structuredContent": BLUE_JACKET | {name: value}}


def test_an_answer_that_is_no_order_is_an_exception_and_its_text_is_passed_on_to_nobody() -> None:
    text = [{"type": "text", "text": json.dumps(BLUE_JACKET)}]
    bad = [
        ("answer", {"content": text}),
        ("answer", {"content": text, "structuredContent": None}),
        ("answer", {"content": text, "structuredContent": [BLUE_JACKET]}),
        ("answer", {"content": text, "structuredContent": {"result": BLUE_JACKET}}),
        ("answer", {"content": text, "structuredContent": {k: v for k, v in BLUE_JACKET.items() if k != "status"}}),
        ("answer", {"text": text}),
        with_field("order_id", "48"),
        with_field("order_id", 4821),
        with_field("price_usd", "89.00"),
        with_field("price_usd", None),
        with_field("price_usd", -1),
        with_field("status", "lost"),
        with_field("item", ""),
        with_field("promised_on", "2026-06-16T12:00:00"),
        with_field("promised_on", 1781568000),
        with_field("promised_on", "2026-02-30"),
        with_field("promised_on", None),
    ]
    told = answers_of(*bad, ("answer", GOOD))
    for answer, words in zip(bad, told[:-1], strict=True):
        assert words.startswith("answers order 4821 with something that is not an order"), answer
        assert "\n" not in words
    assert "status" in told[4]
    assert "price_usd" in told[9]
    assert "'4821', 'sam@example.org', 'blue jacket', 89.0" in told[-1]


def test_an_answer_that_breaks_the_schema_its_server_gave_is_an_exception() -> None:
    tool = TOOL | {"outputSchema": {"type": "object", "required": ["signature"]}}
    (told,) = answers_of(("answer", GOOD), tools=[tool])
    assert told.startswith("answers order 4821 with something that is not an order")
    assert "signature" in told


def test_another_order_than_was_asked_for_is_for_the_caller_to_see() -> None:
    (told,) = answers_of(with_field("order_id", "1001"))
    assert told.startswith("('1001',")


def test_an_error_is_an_exception_whatever_else_the_answer_holds() -> None:
    text = [{"type": "text", "text": "out of\n  order"}]
    error = GOOD | {"isError": True}
    plain, structured, protocol, unlike = answers_of(
        ("answer", error | {"content": text}),
        ("answer", error),
        ("say", '{"jsonrpc": "2.0", "id": ID, "error": {"code": -32603, "message": "no luck"}}\n'),
        ("answer", error | {"_meta": {"coordination-gap/error": ["unknown order"]}}),
    )
    assert plain == "reports an error for order 4821: out of order"
    assert structured == unlike == "reports an error for order 4821: no reason"
    assert protocol == "answers order 4821 with an error: no luck"


def test_a_line_that_is_not_mcp_ends_the_calls_that_wait_and_not_the_session() -> None:
    rubbish, torn, good, bytes_, in_a_record, last = answers_of(
        ("say", "looking it up\n"),
        ("say", 'debug: {"jsonrpc": "2.0", "id": ID, "result": {}}\n'),
        ("answer", GOOD),
        ("say", "\xff\xfe\n"),
        (
            "say",
            json.dumps({"jsonrpc": "2.0", "id": "X", "result": GOOD}).replace('"X"', "ID").replace("sam", "s\xe9m")
            + "\n",
        ),
        ("answer", GOOD),
    )
    for told in (rubbish, torn, bytes_):
        assert told.startswith("wrote something to its standard output that is not MCP"), told
        assert told.endswith("try again or open a new session")
    assert "looking it up" in rubbish
    assert in_a_record == "answers order 4821 with text that is not UTF-8"
    assert "blue jacket" in good
    assert good == last


def test_an_answer_that_is_too_late_is_dropped_and_not_taken_for_the_next() -> None:
    async def ask() -> tuple[str, str]:
        late = ("be late and answer", {"content": [], "structuredContent": BLUE_JACKET | {"item": "straw hat"}})
        async with fake(("be late", None), late, call_timeout_s=2.0) as client:
            return await failure(client), (await client.look_up("4821")).item

    told, item = asyncio.run(ask())
    assert told.endswith("did not answer within 2 s: try again or open a new session")
    assert item == "straw hat"


def test_a_server_that_ends_is_gone_and_its_last_words_are_told() -> None:
    last, after = answers_of(("end", "no more orders\ntoday"), ("answer", GOOD))
    assert last == after == "is gone (today): open a new session"


def test_sessions_may_be_closed_in_the_order_they_were_opened_and_each_by_another_task() -> None:
    async def use() -> list[str]:
        sessions = [fake(("answer", GOOD)), fake(("answer", GOOD))]
        clients = [await asyncio.create_task(session.__aenter__()) for session in sessions]
        items = [(await client.look_up("4821")).item for client in clients]
        for session in sessions:
            await asyncio.create_task(session.__aexit__(None, None, None))
        return [*items, *[await failure(client) for client in clients]]

    *items, one, other = asyncio.run(use())
    assert items == ["blue jacket", "blue jacket"]
    assert one.endswith("is gone: open a new session")
    assert other.endswith("is gone: open a new session")


def test_what_goes_wrong_in_the_block_comes_out_as_it_is() -> None:
    async def use() -> None:
        async with fake():
            raise LookupError("mine")

    with pytest.raises(LookupError, match=r"^mine$"):
        asyncio.run(use())
    assert children("fake") == []


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["/nowhere/server"], "did not start: [Errno 2] No such file or directory: '/nowhere/server'"),
        (["false"], "did not start: the connection was closed"),
        (["sh", "-c", "echo out of orders >&2"], "did not start: out of orders"),
        (["echo", "welcome"], "did not start: it wrote something to its standard output that is not MCP"),
        ([sys.executable, "-c", FAKE, "[]", "[]"], "did not start: it has no tool look_up_order: it has none"),
    ],
)
def test_a_server_that_does_not_start_is_named_with_the_reason(command: list[str], words: str) -> None:
    with pytest.raises(OrderServiceError) as caught:
        asyncio.run(open_and_close(order_session_stdio(command, start_timeout_s=PATIENCE_S)))
    assert words in str(caught.value)
    assert command[0] in str(caught.value)


def test_a_server_that_says_nothing_is_given_up_and_ended() -> None:
    mark = f"30{time.monotonic_ns()}"  # a sleep that nobody else sleeps
    with pytest.raises(OrderServiceError, match=r"did not start: it did not answer within 0\.1 s$"):
        asyncio.run(open_and_close(order_session_stdio(["sleep", mark], start_timeout_s=0.1)))
    assert children(mark) == []


def test_an_opener_that_is_cancelled_leaves_no_server_behind() -> None:
    mark = f"30{time.monotonic_ns()}"

    async def cancel() -> None:
        opening = asyncio.create_task(open_and_close(order_session_stdio(["sleep", mark])))
        while not children(mark):
            await asyncio.sleep(0.01)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        assert children(mark) == []

    asyncio.run(cancel())


@pytest.mark.parametrize("argument", ["call_timeout_s", "start_timeout_s"])
@pytest.mark.parametrize("value", [0, -1.0, float("inf"), float("nan")])
def test_a_time_out_is_a_number_above_0(argument: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"^{argument} is .*give a number of seconds above 0"):
        asyncio.run(open_and_close(order_session_stdio(["false"], **{argument: value})))
