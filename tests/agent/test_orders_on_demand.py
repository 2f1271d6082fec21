"""A session that opens when it is needed, and a new one after a failure."""

import asyncio
import functools
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from coordination_gap import tables
from coordination_gap.agent import OrdersOnDemand
from coordination_gap.agent.made_up_orders import SHOP_DAY
from coordination_gap.agent.order_client import order_session
from coordination_gap.agent.orders import OrderServiceError, UnknownOrder, make_database
from tests.agent.fakes import ON_TIME, Orders


class Sessions:
    """Opens sessions, and counts them; `faults` are raised by lookups, `broken` by openings."""

    def __init__(self, *, faults: list[BaseException] | None = None, broken: int = 0) -> None:
        self.orders = Orders(faults=faults or [])
        self.broken = broken
        self.opened = self.closed = 0
        self.may_open = asyncio.Event()
        self.may_open.set()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Orders]:
        self.opened += 1
        await self.may_open.wait()
        if self.broken:
            self.broken -= 1
            raise OrderServiceError("the order server did not start")
        try:
            yield self.orders
        finally:
            self.closed += 1


def run(test: Any) -> None:
    asyncio.run(test())


def test_one_session_serves_many_calls() -> None:
    async def test() -> None:
        sessions = Sessions()
        async with OrdersOnDemand(sessions.open) as orders:
            assert sessions.opened == 0
            assert await asyncio.gather(*(orders.look_up("1440") for _ in range(5))) == [ON_TIME] * 5
            with pytest.raises(UnknownOrder):
                await orders.look_up("9999")
            assert await orders.look_up("1440") == ON_TIME
        assert (sessions.opened, sessions.closed) == (1, 1)

    run(test)


def test_after_a_failure_there_is_a_new_session() -> None:
    async def test() -> None:
        sessions = Sessions(faults=[OrderServiceError("gone")])
        async with OrdersOnDemand(sessions.open) as orders:
            with pytest.raises(OrderServiceError, match="gone"):
                await orders.look_up("1440")
            assert (sessions.opened, sessions.closed) == (1, 1)
            assert await orders.look_up("1440") == ON_TIME
        assert (sessions.opened, sessions.closed) == (2, 2)

    run(test)


def test_a_session_that_does_not_open_is_tried_again() -> None:
    async def test() -> None:
        sessions = Sessions(broken=1)
        async with OrdersOnDemand(sessions.open) as orders:
            with pytest.raises(OrderServiceError, match="did not start"):
                await orders.look_up("1440")
            assert await orders.look_up("1440") == ON_TIME
        assert (sessions.opened, sessions.closed) == (2, 1)

    run(test)


def test_a_caller_that_gives_up_leaves_the_session_opening() -> None:
    async def test() -> None:
        sessions = Sessions()
        sessions.may_open.clear()
        async with OrdersOnDemand(sessions.open) as orders:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(orders.look_up("1440"), 0.01)
            sessions.may_open.set()
            assert await orders.look_up("1440") == ON_TIME
        assert (sessions.opened, sessions.closed) == (1, 1)

    run(test)


@pytest.mark.parametrize("broken", [0, 1])
def test_a_session_that_nobody_used_is_closed_quietly(broken: int) -> None:
    async def test() -> None:
        sessions = Sessions(broken=broken)
        async with OrdersOnDemand(sessions.open) as orders:
            orders.open()
            await asyncio.sleep(0.01)
        assert (sessions.opened, sessions.closed) == (1, 1 - broken)
        sessions = Sessions()
        sessions.may_open.clear()
        async with OrdersOnDemand(sessions.open) as orders:
            orders.open()
            await asyncio.sleep(0)
        assert sessions.closed == 0

    run(test)


def test_a_server_that_is_killed_is_replaced(tmp_path: Path) -> None:
    database = tmp_path / "orders.sqlite"
    make_database(database, tables.load("orders", SHOP_DAY))

    async def test() -> None:
        async with OrdersOnDemand(functools.partial(order_session, database)) as orders:
            assert (await orders.look_up("4821")).item == "blue jacket"
            children = Path("/proc/self/task").glob("*/children")
            pids = [int(pid) for path in children for pid in path.read_text().split()]
            servers = [pid for pid in pids if str(database) in Path(f"/proc/{pid}/cmdline").read_text()]
            assert len(servers) == 1
            os.kill(servers[0], signal.SIGKILL)
            with pytest.raises(OrderServiceError, match="is gone"):
                await orders.look_up("4821")
            assert (await orders.look_up("4821")).item == "blue jacket"

    run(test)
