"""What fits of the probes to a protocol: tool calls over stdio in one session."""

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

HERE = Path(__file__).parent


def _in_session(work: Callable[[ClientSession], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        path = os.pathsep.join([str(HERE.parent), os.environ.get("PYTHONPATH", "")])
        server = StdioServerParameters(
            command=sys.executable, args=[str(HERE / "server.py")], env={**os.environ, "PYTHONPATH": path}
        )
        async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
            await session.initialize()
            return await work(session)

    return asyncio.run(run())


def tool_calls(repeats: int) -> list[float]:
    """Return the seconds that each of so many calls of a tool took, after some to warm up."""

    async def work(session: ClientSession) -> list[float]:
        for _ in range(20):
            await session.call_tool("nothing", {})
        seconds = []
        for _ in range(repeats):
            start = time.perf_counter()
            await session.call_tool("nothing", {})
            seconds.append(time.perf_counter() - start)
        return seconds

    return _in_session(work)


def _is_error(result: Any) -> bool:
    return bool(getattr(result, "is_error", getattr(result, "isError", False)))


def failing_tool(error: str) -> dict:
    """Call a tool that fails once; return what the caller was handed and how often the tool was called."""

    async def work(session: ClientSession) -> dict:
        result = await session.call_tool("fails_once", {"error": error})
        calls = await session.call_tool("calls_of", {"error": error})
        return {
            "calls": int(calls.content[0].text),
            "handed_on": [result.content[0].text] if result.content else [],
            "is_error": _is_error(result),
        }

    return _in_session(work)


def wrong_argument(case: str) -> dict:
    """Call the look-up with a misspelt argument; return what the caller was handed."""
    given = {"ordr_id": "4821"} if case == "misspelt alone" else {"ordr_id": "4821", "order_id": "4821"}

    async def work(session: ClientSession) -> dict:
        result = await session.call_tool("look_up", given)
        return {"is_error": _is_error(result), "handed_on": [result.content[0].text if result.content else ""]}

    return _in_session(work)


def instrument(provider: Any) -> str:
    """Send spans to `provider`: whatever the SDK makes goes to the global one."""
    from opentelemetry import trace

    trace.set_tracer_provider(provider)
    return "none"


def order_flow(message: str, journal: Any, store: str | None = None, folder: Path | None = None) -> dict:
    """Make one tool call, for there is no flow in a protocol; this is what the trace probe looks at."""

    async def work(session: ClientSession) -> dict:
        await session.call_tool("look_up", {"order_id": "4821"})
        return {}

    return _in_session(work)
