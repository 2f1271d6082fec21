"""One run, in the process that was forked for it: it ends with the process."""

import asyncio
import os
import signal
import sys
from multiprocessing.connection import Connection

import numpy as np
from jupyter_client.session import json_packer

from coordination_gap import figures
from coordination_gap.engine.kernel import Stream, WarmKernel
from coordination_gap.engine.messages import BACKEND, Request


def run(kernel: WarmKernel, request: Request, told: Connection) -> None:
    """Run the cells, telling of each as it ends; a cell that raises is the last one."""
    _enter(kernel, request)
    sys.stdout = Stream(kernel.session, "stdout", 1)
    sys.stderr = Stream(kernel.session, "stderr", 2)
    asyncio.run(_cells(kernel, request, told))


def _enter(kernel: WarmKernel, request: Request) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(request.environment)
    os.environ.setdefault("MPLBACKEND", BACKEND)
    if not request.drawn:
        os.environ[figures.FIGURES] = figures.NOT_DRAWN
    if os.environ.get(figures.FIGURES) == figures.NOT_DRAWN:
        # Nothing but plain text is made of what is shown; facts are published raw and stay whole.
        kernel.shell.display_formatter.active_types = ["text/plain"]
    kernel.shell.init_environment()
    os.chdir(request.folder)
    # A fresh process draws its own numbers, so that forks must not all draw the same.
    np.random.seed()  # noqa: NPY002 # the global state is meant, whoever uses it


async def _cells(kernel: WarmKernel, request: Request, told: Connection) -> None:
    for code, going_on in zip(request.cells, request.going_on, strict=True):
        status, count, messages = await kernel.run_cell(code)
        told.send_bytes(json_packer({"status": status, "execution_count": count, "messages": messages}))
        if status != "ok" and not going_on:
            return
