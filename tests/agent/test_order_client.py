"""Sessions with our own server, in a process of its own, over pipes and over HTTP."""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, use_span

from coordination_gap.agent import order_server
from coordination_gap.agent.made_up_orders import draw_orders
from coordination_gap.agent.order_client import (
    order_session,
    order_session_http,
    order_session_stdio,
)
from coordination_gap.agent.orders import OrderServiceError, UnknownOrder, make_database, open_database, read_order
from tests.agent.sessions import PATIENCE_S, children, failure, open_and_close

_T = TypeVar("_T")
Run = Callable[[Coroutine[Any, Any, _T]], _T]


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
