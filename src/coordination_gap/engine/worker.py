"""A warm process, as the process that uses it sees it."""

import atexit
import functools
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import connection, reduction

from jupyter_client.session import json_unpacker
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat.v4 import new_code_cell

from coordination_gap.engine.messages import BACKEND, STOP, CellRun, Request

_START = "import sys; from coordination_gap.engine.warm import main; main(int(sys.argv[1]))"
#: Memory in large pages, where the system has them: a fork copies the table of pages, and a short one is copied sooner.
#: A run has the environment that it was asked for, without these.
_FEW_PAGES = {"PYTHONMALLOC": "malloc", "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
#: What a warm process may take to load its libraries.
_START_SECONDS = 120


class Worker:
    """One warm process, started at once and ready when it is first asked; not for two threads at a time.

    Use it as a context manager, or call :meth:`close`.
    """

    def __init__(self) -> None:
        if not hasattr(os, "fork"):
            raise DeadKernelError("the engine 'gapbook' forks its runs, which this system cannot: use the ordinary one")
        self._scratch = tempfile.TemporaryDirectory(prefix="gapbook-warm-")
        self._start()

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 # this very interpreter, and its own code
                # As Jupyter starts its kernels: the debugger that they bring along asks for it.
                [sys.executable, "-Xfrozen_modules=off", "-c", _START, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                # A profile of the reader's own must not change what is run.
                env={"MPLBACKEND": BACKEND, **os.environ, **_FEW_PAGES, "IPYTHONDIR": self._scratch.name},
            )
        self._asked = connection.Connection(ours.detach())
        self._ready = False

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def process_id(self) -> int:
        """The process id of the warm process."""
        return self._process.pid

    def close(self) -> None:
        """End the warm process, and the run that it may have."""
        self._asked.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._scratch.cleanup()

    def run(self, request: Request, cell_seconds: float | None = None) -> Generator[CellRun, None, None]:
        """Run cells in a fork of the warm process, yielding what each did as it ends.

        The last one is the first that raised, unless it may go on.

        Raises
        ------
        nbclient.exceptions.CellTimeoutError
            If a cell runs longer than `cell_seconds`.
        nbclient.exceptions.DeadKernelError
            If the process of the run or the warm process is killed; the next run has a new one.
        """
        if not request.cells:
            return
        self._be_ready()
        reading, writing = connection.Pipe(duplex=False)
        with reading:
            try:
                with writing:
                    self._asked.send(request)
                    reduction.send_handle(self._asked, writing.fileno(), self._process.pid)
            except OSError:
                self._lost()
            yield from self._told(reading, request, cell_seconds)

    def _told(
        self, reading: connection.Connection, request: Request, seconds: float | None
    ) -> Generator[CellRun, None, None]:
        number = 0
        ended = False
        try:
            while True:
                until = None if seconds is None else time.monotonic() + seconds
                told = self._next(reading, until)
                if told is None:
                    break
                yield told
                number += 1
                if told.status != "ok" and not request.going_on[number - 1]:
                    return
                if number == len(request.cells):
                    return
            ended = True
            self._end()
            raise DeadKernelError("Kernel died")
        except TimeoutError:
            raise CellTimeoutError.error_from_timeout_and_cell(
                "Cell execution timed out", int(seconds or 0), new_code_cell(request.cells[number])
            ) from None
        finally:
            if not ended:
                self._end()

    def _next(self, reading: connection.Connection, until: float | None) -> CellRun | None:
        """Return what the next cell did, None where the run has ended without a word."""
        while True:
            left = None if until is None else max(0.0, until - time.monotonic())
            ready = connection.wait([reading, self._asked], left)
            if reading in ready:
                try:
                    return CellRun(**json_unpacker(reading.recv_bytes()))
                except (EOFError, OSError):
                    return None
            if not ready:
                raise TimeoutError
            if not reading.poll(0):
                return None

    def _end(self) -> None:
        """End the run, if it has not ended by itself, and hear that it has."""
        try:
            if not self._asked.poll(0.05):
                self._asked.send(STOP)
            self._asked.recv()
        except (EOFError, OSError):
            self._lost(raising=False)

    def _be_ready(self) -> None:
        if self._ready:
            return
        try:
            if not self._asked.poll(_START_SECONDS):
                self._lost()
            self._asked.recv()
        except (EOFError, OSError):
            self._lost()
        self._ready = True

    def _lost(self, *, raising: bool = True) -> None:
        """Replace a warm process that is no more."""
        with suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait()
        self._asked.close()
        self._start()
        if raising:
            raise DeadKernelError("Kernel died")


_one_at_a_time = threading.Lock()


@contextmanager
def shared() -> Iterator[Worker]:
    """Give the one warm process that this process keeps for as long as it lives, to one thread at a time."""
    with _one_at_a_time:
        yield _kept(os.getpid())


@functools.lru_cache(maxsize=1)
def _kept(_process_id: int) -> Worker:
    # A fork of this process has another id, and so a warm process of its own.
    worker = Worker()
    atexit.register(worker.close)
    return worker
