"""Looking up orders from an MCP server: one session for many calls, and an exception for whatever goes wrong.

A call runs in the context of the task that makes it. The SDK puts it in an OpenTelemetry span of kind CLIENT
(``MCP send tools/call look_up_order``), a child of the caller's current span, and writes what the global propagator
gives (``traceparent``, ``tracestate``, ``baggage``) into the request's ``_meta``. Other context variables and the
environment are not passed on. The status of that span stays unset where the tool reports an error or the call is cut
off, so a caller that traces marks its own. Opening a session makes spans too, below the opener's current span.
"""

import asyncio
import json
import logging
import math
import os
import shlex
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import anyio
from mcp import Client, ClientSession, MCPError, StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CONNECTION_CLOSED, CallToolResult, TextContent
from pydantic import TypeAdapter, ValidationError

from coordination_gap.agent import order_server
from coordination_gap.agent.orders import Order, OrderServiceError, UnknownOrder, check_order_id, open_database

# What the SDK logs of a faulty server is raised here, in a sentence: without a handler Python would print it as well.
logging.getLogger("mcp").addHandler(logging.NullHandler())

_RECORD = TypeAdapter(Order)
REPLACEMENT = "\ufffd"
"""What stands where bytes were no UTF-8."""


class OrderClient(Protocol):
    """Whoever can look up an order."""

    async def look_up(self, order_id: str) -> Order:
        """Return the order, or raise ``UnknownOrder`` or ``OrderServiceError``."""


class McpOrderClient:
    """A session with an order server, as :func:`order_session` and its neighbours give it."""

    def __init__(self, name: str, call_timeout_s: float, last_words: Callable[[], str]) -> None:
        self._name = name
        self._call_timeout_s = call_timeout_s
        self._last_words = last_words
        self._session: ClientSession | None = None
        self._failure = ""
        self._waiting: dict[anyio.CancelScope, str] = {}  # the calls under way, and what cuts them off if anything does
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._over = asyncio.Event()

    async def look_up(self, order_id: str) -> Order:
        """Return an order as the server gives it: every field is there and has its type.

        Whether it is the order that was asked for, and makes sense, is for the caller to check. Calls may be made at
        the same time and from any task of the event loop. A cancelled call is called off at the server.

        Parameters
        ----------
        order_id
            Four digits.

        Raises
        ------
        ValueError
            If `order_id` does not have four digits; the server is not asked.
        UnknownOrder
            If the server says that there is no such order.
        OrderServiceError
            If the server does not answer in time, is gone, reports another error, or answers with something that is
            not an order. After a time-out or a faulty answer the session can go on; where the server is gone, another
            one has to be opened.
        """
        check_order_id(order_id)
        if self._session is None:
            raise OrderServiceError(f"the session with {self._name} is not open: open one with order_session")
        result = None
        with anyio.move_on_after(self._call_timeout_s) as scope:
            self._waiting[scope] = f"did not answer within {self._call_timeout_s:g} s"
            try:
                result = await self._session.call_tool(order_server.TOOL, {"order_id": order_id})
            except (MCPError, RuntimeError, ValidationError, OSError) as error:
                raise OrderServiceError(self._why(error, order_id)) from error
            finally:
                cut_off = self._waiting.pop(scope)
        if not isinstance(result, CallToolResult):
            raise OrderServiceError(f"{self._name} {cut_off}: try again or open a new session")
        if result.is_error:
            if (result.meta or {}).get(order_server.ERROR_KEY) == order_server.UNKNOWN:
                raise UnknownOrder(f"there is no order {order_id}")
            text = " ".join(block.text for block in result.content if isinstance(block, TextContent))
            raise OrderServiceError(f"{self._name} reports an error for order {order_id}: {_line(text) or 'no reason'}")
        record = json.dumps(result.structured_content, ensure_ascii=False)
        if REPLACEMENT in record:
            raise OrderServiceError(f"{self._name} answers order {order_id} with text that is not UTF-8")
        try:
            # From JSON and strictly, so that a number in quotes is no number and a number is no day.
            return _RECORD.validate_json(record, strict=True)
        except ValidationError as error:
            raise OrderServiceError(self._why(error, order_id)) from error

    def _why(self, error: Exception, order_id: str) -> str:
        if isinstance(error, MCPError):
            if error.code == CONNECTION_CLOSED:
                words = self._last_words() or self._failure
                return f"{self._name} is gone{f' ({words})' if words else ''}: open a new session"
            return f"{self._name} answers order {order_id} with an error: {_line(str(error))}"
        return f"{self._name} answers order {order_id} with something that is not an order ({_told(error)})"

    async def _notice(self, message: object) -> None:
        """Take what the server sends unasked; a line that is not MCP may be an answer that cannot be read."""
        if not isinstance(message, Exception):
            return
        fault = f"wrote something to its standard output that is not MCP ({_told(message)})"
        self._refuse(f"it {fault}")
        for scope in self._waiting:
            self._waiting[scope] = fault
            scope.cancel()

    async def _keep_open(self, transport: AbstractAsyncContextManager[Any]) -> None:
        """Hold the session in a task of its own.

        The SDK's transports cancel the task that opened them when they fail, and have to be closed by it: that task
        must not be the caller's.
        """
        try:
            async with Client(transport, message_handler=self._notice, cache=None) as client:
                offered = [tool.name for tool in (await client.list_tools()).tools]
                if order_server.TOOL not in offered:
                    raise OrderServiceError(
                        f"it has no tool {order_server.TOOL}: {', '.join(offered) or 'it has none'}"
                    )
                self._session = client.session
                if not self._ready.done():
                    self._ready.set_result(None)
                await self._over.wait()
        except Exception as error:
            self._failure = _told(error)
            self._refuse(self._last_words() or self._failure)

    def _refuse(self, reason: str) -> None:
        """Tell the opener, if it is still waiting, why there is no session."""
        if not self._ready.done() and not self._over.is_set():
            self._ready.set_exception(OrderServiceError(reason))


@asynccontextmanager
async def order_session(
    database: Path, *, call_timeout_s: float = 5.0, start_timeout_s: float = 60.0
) -> AsyncIterator[McpOrderClient]:
    """Start an order server for a database, and keep one session with it until the block is left.

    Parameters
    ----------
    database
        A file that :func:`coordination_gap.agent.orders.make_database` wrote.
    call_timeout_s
        How long a call may take, in seconds.
    start_timeout_s
        How long the server may take to start and to answer for the first time, in seconds.

    Yields
    ------
    McpOrderClient
        May be used by any task of the event loop that opened it, by several at once too. The block may be left in
        another task than it was entered in, and sessions may be closed in any order. asyncio only, and not from
        another thread. When the block is left the server is told to stop, and killed if it has not after 2 s.

    Raises
    ------
    ValueError
        If a time-out is not a positive number.
    OrderServiceError
        If the database cannot be opened, or the server does not start; the message gives the server's last words.
    """
    open_database(database).close()
    command = [sys.executable, "-P", "-m", order_server.__name__, "--database", str(Path(database).resolve())]
    # The server runs the code that this process runs, wherever that was imported from.
    source = str(Path(order_server.__file__).parents[2])
    search = os.pathsep.join([source, *filter(None, [os.environ.get("PYTHONPATH")])])
    name = f"the order server of {database}"
    async with _stdio(name, command, {"PYTHONPATH": search}, call_timeout_s, start_timeout_s) as client:
        yield client


@asynccontextmanager
async def order_session_stdio(
    command: Sequence[str], *, call_timeout_s: float = 5.0, start_timeout_s: float = 60.0
) -> AsyncIterator[McpOrderClient]:
    """Start some other order server by its command line; otherwise as :func:`order_session`.

    The command runs with the SDK's short list of environment variables (``HOME``, ``PATH`` and the like).
    """
    name = f"the order server '{_line(shlex.join(command), 100)}'"
    async with _stdio(name, command, {}, call_timeout_s, start_timeout_s) as client:
        yield client


@asynccontextmanager
async def order_session_http(
    url: str, *, call_timeout_s: float = 5.0, start_timeout_s: float = 60.0
) -> AsyncIterator[McpOrderClient]:
    """Open a session with an order server that listens at `url`; otherwise as :func:`order_session`.

    Proxies that the environment names are not used: orders go to `url` and nowhere else.

    Raises
    ------
    ValueError
        If `url` is not an address that begins with http:// or https://.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"url is {url!r}: give an address such as http://127.0.0.1:8000{order_server.PATH}")
    # Messages name the address without the password that it may hold.
    name = f"the order server at {parts._replace(netloc=parts.netloc.rpartition('@')[2]).geturl()}"
    async with _session(name, _over_http(url), call_timeout_s, start_timeout_s, lambda: "") as client:
        yield client


@asynccontextmanager
async def _over_http(url: str) -> AsyncIterator[Any]:
    import httpx2  # what the SDK itself uses

    # No time-out here: one that strikes would end the session, and calls have their own.
    async with (
        httpx2.AsyncClient(trust_env=False, timeout=None) as http,
        streamable_http_client(url, http_client=http) as streams,
    ):
        yield streams


@asynccontextmanager
async def _stdio(
    name: str, command: Sequence[str], environment: dict[str, str], call_timeout_s: float, start_timeout_s: float
) -> AsyncIterator[McpOrderClient]:
    parameters = StdioServerParameters(
        command=command[0],
        args=list(command[1:]),
        env=environment,
        # A byte that is no UTF-8 would otherwise end the reading, and be told only when the server ends.
        encoding_error_handler="replace",
    )
    # A file and not this process's own standard error, which in a notebook is none that a process can write to.
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:

        def last_words() -> str:
            if errors.closed:  # and the session with it
                return ""
            end = os.fstat(errors.fileno()).st_size
            tail = os.pread(errors.fileno(), 2000, max(0, end - 2000)).decode("utf-8", "replace")
            last = next((line for line in reversed(tail.splitlines()) if line.strip()), "")
            return _line(last).removeprefix("order_server: ")

        transport = stdio_client(parameters, errlog=errors)
        async with _session(name, transport, call_timeout_s, start_timeout_s, last_words) as client:
            yield client


@asynccontextmanager
async def _session(
    name: str,
    transport: AbstractAsyncContextManager[Any],
    call_timeout_s: float,
    start_timeout_s: float,
    last_words: Callable[[], str],
) -> AsyncIterator[McpOrderClient]:
    for argument, value in (("call_timeout_s", call_timeout_s), ("start_timeout_s", start_timeout_s)):
        if not 0 < value < math.inf:
            raise ValueError(f"{argument} is {value!r}: give a number of seconds above 0")
    client = McpOrderClient(name, call_timeout_s, last_words)
    keeper = asyncio.create_task(client._keep_open(transport))
    try:
        try:
            await asyncio.wait_for(asyncio.shield(client._ready), start_timeout_s)
        except TimeoutError:
            late = f"it did not answer within {start_timeout_s:g} s"
            raise OrderServiceError(f"{name} did not start: {', '.join(filter(None, [late, last_words()]))}") from None
        except OrderServiceError as error:
            raise OrderServiceError(f"{name} did not start: {error}") from error
        yield client
    finally:
        client._over.set()
        if client._session is None:
            keeper.cancel()
        with anyio.CancelScope(shield=True):
            await asyncio.wait({keeper})


def _told(error: BaseException) -> str:
    """Return what an error, or the first in a group of them, says in one line."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, MCPError) and error.code == CONNECTION_CLOSED:
        return "the connection was closed"
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        return _line(f"{f'{place}: ' if place else ''}{first['msg']}; found {first['input']!r}")
    return _line(str(error)) or type(error).__name__


def _line(text: str, length: int = 300) -> str:
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[: length - 3]}..."
