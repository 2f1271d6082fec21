"""The order database as an MCP server with one tool, ``look_up_order``.

Started by :mod:`coordination_gap.agent.order_client` on its own standard input and output, or by hand::

    python -m coordination_gap.agent.order_server --database orders.sqlite --transport streamable-http --port 8000

which listens on 127.0.0.1 and prints its address. The database is opened for each call, for reading only, so that a
database that was replaced is seen at the next call.

The SDK puts each message in an OpenTelemetry span of kind SERVER (``tools/call look_up_order``), which is a child of
the span that the caller's ``_meta.traceparent`` names. This process sets up no exporter, so those spans go nowhere.
"""

import argparse
import contextlib
import json
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Annotated, Any

import anyio
from mcp.server.mcpserver import MCPServer
from mcp.types import CallToolResult, TextContent, ToolAnnotations
from pydantic import Field, TypeAdapter

from coordination_gap import __version__
from coordination_gap.agent.orders import Order, OrderError, OrderServiceError, UnknownOrder, open_database, read_order

NAME = "orders"
TOOL = "look_up_order"
ERROR_KEY = "coordination-gap/error"
"""Where a failed call's ``_meta`` says what failed: :data:`UNKNOWN`, :data:`MALFORMED` or :data:`SERVICE`."""
UNKNOWN, MALFORMED, SERVICE = "unknown order", "malformed order number", "order service"

HOST = "127.0.0.1"
PATH = "/mcp"

_RECORD = TypeAdapter(Order)


def build_server(database: Path) -> MCPServer[Any]:
    """Return the MCP server of a database of orders; nothing is opened before a call.

    Its tool ``look_up_order(order_id)`` gives one order as structured content, and as the same JSON in text. A call
    that fails has ``isError`` set, one sentence as its text, and the kind of failure in ``_meta`` under
    :data:`ERROR_KEY`.

    Parameters
    ----------
    database
        A file that :func:`coordination_gap.agent.orders.make_database` wrote.

    Notes
    -----
    The SDK gives the root logger a handler if it has none.
    """
    server = MCPServer(NAME, version=__version__, log_level="ERROR", subscriptions=False)

    # Not async: the SDK runs it in a thread, where waiting for a lock holds up no other call.
    @server.tool(
        name=TOOL,
        title="Look up an order",
        description="Look up one order of the shop by its number. Changes nothing.",
        annotations=ToolAnnotations(
            read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
        ),
    )
    def look_up_order(
        order_id: Annotated[
            str, Field(description="Number of the order, four digits", json_schema_extra={"pattern": "^[0-9]{4}$"})
        ],
    ) -> Annotated[CallToolResult, Order]:
        try:
            with contextlib.closing(open_database(database)) as connection:
                order = read_order(connection, order_id)
        except UnknownOrder as error:
            return _failed(UNKNOWN, error)
        except ValueError as error:
            return _failed(MALFORMED, error)
        except OrderError as error:
            return _failed(SERVICE, error)
        record = _RECORD.dump_python(order, mode="json")
        return CallToolResult(content=[TextContent(text=json.dumps(record))], structured_content=record)

    return server


def _failed(kind: str, error: Exception) -> CallToolResult:
    return CallToolResult(content=[TextContent(text=str(error))], is_error=True, _meta={ERROR_KEY: kind})


def main(arguments: list[str] | None = None) -> int:
    """Serve until standard input ends or, over HTTP, until the process is told to stop; return the exit code."""
    parser = argparse.ArgumentParser(prog="order_server", description="Serve the order database as an MCP server.")
    parser.add_argument("--database", type=Path, required=True, help="file that make_database wrote")
    parser.add_argument("--transport", choices=["stdio", "streamable-http"], default="stdio")
    parser.add_argument("--port", type=_port, default=8000, help=f"port on {HOST}; 0 takes a free one")
    options = parser.parse_args(arguments)
    try:
        open_database(options.database).close()
        server = build_server(options.database)
        if options.transport == "stdio":
            # Python's own handler would wait for the thread that reads standard input, that is for ever.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            server.run("stdio")
        else:
            _serve_http(server, options.port)
    except OrderServiceError as error:
        print(f"order_server: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: give a whole number from 0 to 65535")
    return int(text)


def _serve_http(server: MCPServer[Any], port: int) -> None:
    import uvicorn

    try:
        listening = socket.create_server((HOST, port))
    except OSError as error:
        raise OrderServiceError(
            f"port {port} of {HOST} cannot be had ({os.strerror(error.errno or 0)}): give another --port"
        ) from error
    with listening:
        print(f"http://{HOST}:{listening.getsockname()[1]}{PATH}", flush=True)
        app = server.streamable_http_app(host=HOST, streamable_http_path=PATH)
        # A client may keep its connection open for as long as it likes: stopping does not wait for it.
        config = uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1)
        anyio.run(uvicorn.Server(config).serve, [listening])


if __name__ == "__main__":
    sys.exit(main())
