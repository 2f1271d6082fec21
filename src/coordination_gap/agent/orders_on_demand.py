"""An order client that opens its session when it is first asked, and another one after that one failed."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from types import TracebackType
from typing import Self

from coordination_gap.agent.order_client import OrderClient
from coordination_gap.agent.orders import Order, OrderServiceError


class OrdersOnDemand:
    """Looks up orders in a session of its own, to be used as an async context manager.

    A lookup that fails closes the session, so that the next try starts with a new one: where a server died, a second
    attempt in the same session could only fail again. Calls that are under way in it at that moment fail, too. A caller
    that no longer waits does not stop a session from opening; the next one finds it open.

    Parameters
    ----------
    open_session
        Opens a session, such as ``functools.partial(order_session, database)``.
    """

    def __init__(self, open_session: Callable[[], AbstractAsyncContextManager[OrderClient]]) -> None:
        self._open_session = open_session
        self._session: asyncio.Task[tuple[OrderClient, AsyncExitStack]] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, place: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._drop(self._session)

    def open(self) -> None:
        """Begin to open a session, unless there is one."""
        if self._session is None:
            self._session = asyncio.create_task(self._opened())

    async def look_up(self, order_id: str) -> Order:
        """Return an order; as :meth:`coordination_gap.agent.order_client.McpOrderClient.look_up`."""
        self.open()
        session = self._session
        assert session is not None  # noqa: S101 # open() saw to it
        try:
            client, _ = await asyncio.shield(session)
            return await client.look_up(order_id)
        except OrderServiceError:
            await self._drop(session)
            raise

    async def _opened(self) -> tuple[OrderClient, AsyncExitStack]:
        stack = AsyncExitStack()
        return await stack.enter_async_context(self._open_session()), stack

    async def _drop(self, session: asyncio.Task[tuple[OrderClient, AsyncExitStack]]) -> None:
        """Close a session, once."""
        if self._session is not session:
            return
        self._session = None
        if not session.done():
            session.cancel()
        await asyncio.wait([session])
        if not session.cancelled() and session.exception() is None:
            await session.result()[1].aclose()
