"""What tests of sessions with an order server share."""

import os
import subprocess
from contextlib import AbstractAsyncContextManager

import pytest

from coordination_gap.agent.order_client import (
    McpOrderClient,
    OrderClient,
)
from coordination_gap.agent.orders import OrderServiceError

PATIENCE_S = 120.0  # where nothing is late on purpose; the machine may be busy


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
