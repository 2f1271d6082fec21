"""A warm process for the tests, and notebooks run in it."""

import os
from collections.abc import Callable, Iterator
from textwrap import dedent
from typing import Any

import pytest

from coordination_gap.engine.messages import CellRun, Request
from coordination_gap.engine.worker import Worker

Run = Callable[..., list[CellRun]]


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with Worker() as started:
        yield started


@pytest.fixture
def run(worker: Worker, tmp_path: Any) -> Run:
    """Run cells in the warm process."""

    def run_cells(*cells: str, cell_seconds: float | None = 60, drawn: bool = True) -> list[CellRun]:
        plain = tuple(dedent(cell) for cell in cells)
        request = Request(plain, (False,) * len(cells), (), str(tmp_path), dict(os.environ), drawn)
        return list(worker.run(request, cell_seconds))

    return run_cells


def text(run: CellRun) -> str:
    """Return what a cell wrote to its streams."""
    return "".join(message["content"]["text"] for message in run.messages if message["msg_type"] == "stream")


def errors(run: CellRun) -> list[str]:
    """Return the names of the errors of a cell."""
    return [message["content"]["ename"] for message in run.messages if message["msg_type"] == "error"]
