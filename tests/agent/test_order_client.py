"""Sessions with real servers in processes of their own: ours, and ones that misbehave."""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, closing, contextmanager
from dataclasses import astuple
from pathlib import Path
from typing import Any, TypeVar

import pytest
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, use_span

from coordination_gap.agent import order_server
from coordination_gap.agent.made_up_orders import draw_orders
from coordination_gap.agent.order_client import (
    McpOrderClient,
    OrderClient,
    order_session,
    order_session_http,
    order_session_stdio,
)
from coordination_gap.agent.orders import OrderServiceError, UnknownOrder, make_database, open_database, read_order
from tests.agent.fakes import BLUE_JACKET

PATIENCE_S = 120.0  # where nothing is late on purpose; the machine may be busy

_T = TypeVar("_T")
Run = Callable[[Coroutine[Any, Any, _T]], _T]


def children(words: str) -> list[int]:
    """Return the running child processes that have `words` in their command line."""
    found = subprocess.run(["pgrep", "-P", str(os.getpid()), "-f", words], capture_output=True, text=True, check=False)
    return [int(line) for line in found.stdout.split()]


async def open_and_close(session: AbstractAsyncContextManager[McpOrderClient]) -> None:
    async with session:
        pass


async def failure(client: OrderClient, order_id: str = "4821") -> str:
    """Return what the lookup of an order fails with."""
    with pytest.raises(OrderServiceError) as caught:
        await client.look_up(order_id)
    return str(caught.value)


class Shop:
    """A database, one session with its server, and the event loop that both calls and fixture run in."""

    def __init__(self, folder: Path) -> None:
        self.database = folder / "orders.sqlite"
        make_database(self.database, draw_orders())
        self.runner = asyncio.Runner()
        self.session = order_session(self.database, call_timeout_s=PATIENCE_S, start_timeout_s=PATIENCE_S)
        # Each run is a task of its own: the session is entered, used and left by different ones.
        self.client = self.runner.run(self.session.__aenter__())

    def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        return self.runner.run(work)

    def close(self) -> None:
        self.runner.run(self.session.__aexit__(None, None, None))
        self.runner.close()


@pytest.fixture(scope="module")
def open_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    shop = Shop(tmp_path_factory.mktemp("shop"))
    yield shop
    servers = children(str(shop.database))
    shop.close()
    assert len(servers) == 1, "one process for all calls"
    assert children(str(shop.database)) == [], "the server goes with the session"


@pytest.fixture
def shop(open_shop: Shop) -> Iterator[Shop]:
    """The open shop, with its database as it was, whatever a test does to the file."""
    content = open_shop.database.read_bytes()
    yield open_shop
    open_shop.database.write_bytes(content)


# Our own server


def test_orders_come_as_the_database_has_them_through_one_process(shop: Shop) -> None:
    async def look_up_many() -> int:
        before = children(str(shop.database))
        with closing(open_database(shop.database)) as connection:
            for (order_id,) in connection.execute("SELECT order_id FROM orders ORDER BY order_id").fetchall()[::10]:
                assert await shop.client.look_up(order_id) == read_order(connection, order_id)
        assert children(str(shop.database)) == before
        return len(before)

    assert shop.run(look_up_many()) == 1


def test_an_unknown_order_is_no_failure_of_the_service(shop: Shop) -> None:
    with pytest.raises(UnknownOrder, match="there is no order 0000"):
        shop.run(shop.client.look_up("0000"))


@pytest.mark.parametrize("order_id", ["4821' OR '1'='1", "", "４８２１", "\ud800", 4821, None])
def test_what_is_no_number_is_refused_before_it_is_sent(shop: Shop, order_id: Any) -> None:
    with pytest.raises(ValueError, match="give the four digits"):
        shop.run(shop.client.look_up(order_id))


def test_calls_at_the_same_time_each_get_their_own_order(shop: Shop) -> None:
    (server,) = children(str(shop.database))

    async def look_up_together() -> list[str]:
        os.kill(server, signal.SIGSTOP)  # so that all of them are under way before the first is answered
        calls = [asyncio.create_task(shop.client.look_up(number)) for number in ("4821", "1001", "1030", "1038")]
        await asyncio.sleep(0.05)
        assert not any(call.done() for call in calls)
        os.kill(server, signal.SIGCONT)
        return [order.order_id for order in await asyncio.gather(*calls)]

    assert shop.run(look_up_together()) == ["4821", "1001", "1030", "1038"]


def test_a_cancelled_caller_is_cancelled_and_the_session_goes_on(shop: Shop) -> None:
    (server,) = children(str(shop.database))

    async def cancel() -> str:
        os.kill(server, signal.SIGSTOP)
        call = asyncio.create_task(shop.client.look_up("4821"))
        await asyncio.sleep(0.05)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(shop.client.look_up("4821"), 0.05)
        os.kill(server, signal.SIGCONT)
        return (await shop.client.look_up("4821")).item

    assert shop.run(cancel()) == "blue jacket"


@contextmanager
def locked(path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        yield


@contextmanager
def removed(path: Path) -> Iterator[None]:
    path.unlink()
    yield


@contextmanager
def spoiled(path: Path) -> Iterator[None]:
    path.write_text("order_id\n" * 1000)
    yield


@contextmanager
def changed(path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("ALTER TABLE orders RENAME COLUMN status TO state")
    yield


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (locked, "is locked by another process"),
        (removed, "there is no order database"),
        (spoiled, "file is not a database"),
        (changed, "no such column: status"),
    ],
)
def test_a_database_that_cannot_be_read_is_an_exception_that_names_it(
    shop: Shop, fault: Callable[[Path], AbstractAsyncContextManager[None]], words: str
) -> None:
    content = shop.database.read_bytes()
    with fault(shop.database):  # type: ignore[attr-defined]
        told = shop.run(failure(shop.client))
    assert words in told
    assert str(shop.database) in told
    shop.database.write_bytes(content)
    assert shop.run(shop.client.look_up("4821")).item == "blue jacket"


@pytest.mark.parametrize("content", [None, "order_id\n" * 1000])
def test_a_session_is_not_opened_with_what_is_no_database(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "orders.sqlite"
    if content is not None:
        path.write_text(content)
    with pytest.raises(OrderServiceError, match=r"make (one|it again) with make_database") as caught:
        asyncio.run(open_and_close(order_session(path)))
    assert str(path) in str(caught.value)


def test_a_server_that_is_killed_is_told_at_once_and_another_can_be_started(tmp_path: Path) -> None:
    database = tmp_path / "orders.sqlite"
    make_database(database, draw_orders(1))

    async def kill() -> tuple[str, str]:
        async with order_session(database, call_timeout_s=PATIENCE_S, start_timeout_s=PATIENCE_S) as client:
            (server,) = children(str(database))
            os.kill(server, signal.SIGSTOP)
            call = asyncio.create_task(failure(client))
            await asyncio.sleep(0.05)
            assert not call.done()
            os.kill(server, signal.SIGKILL)
            return await call, await failure(client)

    gone = f"the order server of {database} is gone: open a new session"
    assert asyncio.run(kill()) == (gone, gone)
    asyncio.run(open_and_close(order_session(database, start_timeout_s=PATIENCE_S)))


# Over HTTP


@contextmanager
def listening(database: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    module = "coordination_gap.agent.order_server"
    command = [sys.executable, "-m", module, "--database", str(database), "--transport", "streamable-http", "--port=0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield server, server.stdout.readline().strip()
        finally:
            server.kill()


def test_over_http_the_same_holds(tmp_path: Path) -> None:
    database = tmp_path / "orders.sqlite"
    make_database(database, draw_orders(2))

    async def use(server: subprocess.Popen[str], url: str) -> list[str]:
        assert url.startswith("http://127.0.0.1:")
        async with order_session_http(url, call_timeout_s=PATIENCE_S) as client:
            assert (await client.look_up("4821")).item == "blue jacket"
            with pytest.raises(UnknownOrder):
                await client.look_up("0000")
            with removed_for_a_while(database):
                told = [await failure(client)]
            os.kill(server.pid, signal.SIGSTOP)
            call = asyncio.create_task(failure(client))
            await asyncio.sleep(0.05)
            server.kill()
            told += [await call, await failure(client)]
        with pytest.raises(OrderServiceError) as caught:
            await open_and_close(order_session_http(url.replace("//", "//sam:secret@")))
        return [*told, str(caught.value)]

    with listening(database) as (server, url):
        removed, killed, after, again = asyncio.run(use(server, url))
    assert "there is no order database" in removed
    assert killed == after == f"the order server at {url} is gone: open a new session"
    assert again == f"the order server at {url} did not start: All connection attempts failed"


@contextmanager
def removed_for_a_while(path: Path) -> Iterator[None]:
    content = path.read_bytes()
    path.unlink()
    yield
    path.write_bytes(content)


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/mcp", "127.0.0.1:8000", "http://", ""])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"^url is .*give an address such as"):
        asyncio.run(open_and_close(order_session_http(url)))


# Servers that misbehave: they speak MCP of an older revision, line by line, and then do what they are told

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


# Traces

TRACED = """
import json, sys
sys.path.insert(0, sys.argv[3])
from pathlib import Path
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from coordination_gap.agent.order_server import build_server

class ToFile(SpanExporter):
    def export(self, spans):
        with open(sys.argv[2], "a") as file:
            for span in spans:
                file.write(json.dumps({"name": span.name, "kind": span.kind.name, "trace": span.context.trace_id,
                                       "parent": span.parent and span.parent.span_id}) + "\\n")
        return SpanExportResult.SUCCESS

provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(ToFile()))
trace.set_tracer_provider(provider)
build_server(Path(sys.argv[1])).run("stdio")
"""


def test_the_servers_span_is_a_child_of_the_callers(tmp_path: Path) -> None:
    make_database(tmp_path / "orders.sqlite", draw_orders(1))
    caller = SpanContext(trace_id=0xABC, span_id=0xDEF, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))
    source = str(Path(order_server.__file__).parents[2])
    command = [sys.executable, "-c", TRACED, str(tmp_path / "orders.sqlite"), str(tmp_path / "spans"), source]

    async def use() -> None:
        async with order_session_stdio(command, call_timeout_s=PATIENCE_S, start_timeout_s=PATIENCE_S) as client:
            with use_span(NonRecordingSpan(caller)):
                await client.look_up("4821")

    asyncio.run(use())
    spans = [json.loads(line) for line in (tmp_path / "spans").read_text().splitlines()]
    (call,) = [span for span in spans if span["name"] == "tools/call look_up_order"]
    # This process records no spans, so that the one the SDK starts is the caller's own again.
    assert call == {"name": "tools/call look_up_order", "kind": "SERVER", "trace": 0xABC, "parent": 0xDEF}
