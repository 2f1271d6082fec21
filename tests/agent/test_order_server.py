"""The order server, spoken to by the SDK's own client in the same process, and as a command."""

import asyncio
import json
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.types import CallToolResult, TextContent, Tool

from coordination_gap.agent import orders
from coordination_gap.agent.made_up_orders import draw_orders
from coordination_gap.agent.order_server import ERROR_KEY, MALFORMED, SERVICE, TOOL, UNKNOWN, build_server, main
from coordination_gap.agent.orders import make_database
from tests.agent.fakes import BLUE_JACKET


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "orders.sqlite"
    make_database(path, draw_orders(20))
    return path


def call(database: Path, *arguments: dict[str, Any]) -> list[CallToolResult]:
    async def ask() -> list[CallToolResult]:
        async with Client(build_server(database)) as client:
            return [await client.call_tool(TOOL, argument) for argument in arguments]

    return asyncio.run(ask())


def told(result: CallToolResult) -> str:
    (block,) = result.content
    assert isinstance(block, TextContent)
    return block.text


def kind(result: CallToolResult) -> object:
    assert result.is_error
    assert result.structured_content is None
    return (result.meta or {}).get(ERROR_KEY)


def test_the_tool_says_what_it_takes_and_gives_and_that_it_only_reads(database: Path) -> None:
    async def tools() -> list[Tool]:
        async with Client(build_server(database)) as client:
            return (await client.list_tools()).tools

    (tool,) = asyncio.run(tools())
    assert tool.name == "look_up_order"
    assert tool.input_schema["required"] == ["order_id"]
    assert tool.input_schema["properties"]["order_id"]["pattern"] == "^[0-9]{4}$"
    assert tool.output_schema is not None
    assert set(tool.output_schema["required"]) == set(BLUE_JACKET) == set(orders.COLUMNS)
    assert tool.output_schema["properties"]["promised_on"]["format"] == "date"
    assert tool.annotations is not None
    assert tool.annotations.read_only_hint
    assert tool.annotations.idempotent_hint
    assert not tool.annotations.destructive_hint
    assert not tool.annotations.open_world_hint


def test_an_order_is_structured_and_the_text_says_the_same(database: Path) -> None:
    (result,) = call(database, {"order_id": "4821"})
    assert not result.is_error
    assert result.structured_content == BLUE_JACKET
    assert json.loads(told(result)) == BLUE_JACKET


def test_an_unknown_order_is_an_error_of_its_own_kind(database: Path) -> None:
    (result,) = call(database, {"order_id": "0000"})
    assert kind(result) == UNKNOWN
    assert told(result) == "there is no order 0000"


def test_anything_but_four_digits_is_an_error_and_finds_nothing(database: Path) -> None:
    before = database.read_bytes()
    hostile = ["4821' OR '1'='1", "4821; DROP TABLE orders", "*", "", "4821\n", "４８２１", "04821"]
    for text, result in zip(hostile, call(database, *({"order_id": text} for text in hostile)), strict=True):
        assert kind(result) == MALFORMED
        assert told(result) == f"order_id is {text!r}: give the four digits of an order's number, such as '4821'"
    for result in call(database, {"order_id": 4821}, {"order_id": None}, {"order_id": ["4821"]}, {}):
        assert kind(result) is None  # refused by the SDK, by the tool's schema
        assert "order_id" in told(result)
    assert database.read_bytes() == before


def _lock(path: Path) -> Callable[[], None]:
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("BEGIN EXCLUSIVE")
    return writer.close


def _remove(path: Path) -> Callable[[], None]:
    path.unlink()
    return lambda: None


def _spoil(path: Path) -> Callable[[], None]:
    path.write_text("order_id\n" * 1000)
    return lambda: None


def _rename_a_column(path: Path) -> Callable[[], None]:
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("ALTER TABLE orders RENAME COLUMN status TO state")
    return lambda: None


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (_lock, "is locked by another process"),
        (_remove, "there is no order database"),
        (_spoil, "file is not a database"),
        (_rename_a_column, "no such column: status"),
    ],
)
def test_a_database_that_cannot_be_read_is_told_and_the_server_goes_on(
    database: Path, monkeypatch: pytest.MonkeyPatch, fault: Callable[[Path], Callable[[], None]], words: str
) -> None:
    monkeypatch.setattr(orders, "LOCK_WAIT_S", 0.02)

    async def ask() -> tuple[CallToolResult, CallToolResult]:
        async with Client(build_server(database)) as client:
            undo = fault(database)
            failed = await client.call_tool(TOOL, {"order_id": "4821"})
            undo()
            make_database(database, draw_orders(1))
            return failed, await client.call_tool(TOOL, {"order_id": "4821"})

    failed, mended = asyncio.run(ask())
    assert kind(failed) == SERVICE
    assert words in told(failed)
    assert str(database) in told(failed)
    assert mended.structured_content == BLUE_JACKET


@pytest.mark.parametrize("transport", ["stdio", "streamable-http"])
def test_without_a_database_it_does_not_start(
    tmp_path: Path, transport: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--database", str(tmp_path / "none"), "--transport", transport]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == f"order_server: there is no order database {tmp_path / 'none'}: make one with make_database\n"


def test_a_port_that_is_taken_is_named(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert main(["--database", str(database), "--transport", "streamable-http", "--port", port]) == 2
    assert capsys.readouterr().err == (
        f"order_server: port {port} of 127.0.0.1 cannot be had (Address already in use): give another --port\n"
    )


@pytest.mark.parametrize("port", ["65536", "-1", "http", "８０"])
def test_a_port_that_is_none_is_refused(database: Path, port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--database", str(database), f"--port={port}"])
    assert left.value.code == 2
    assert f"{port!r} is not a port: give a whole number from 0 to 65535" in capsys.readouterr().err


def test_starting_it_imports_nothing_heavy() -> None:
    heavy = {"pandas", "numpy", "sklearn", "langgraph", "langchain_core", "coordination_gap.tables", "httpx"}
    script = f"import coordination_gap.agent.order_server, sys; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
