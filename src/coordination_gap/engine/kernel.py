"""An IPython kernel without sockets: what it would send is kept, for the outputs of a cell.

It is the class that the ordinary engine talks to over its sockets, so that outputs,
tracebacks and displays are made by the same code.
"""

import functools
import io
import logging
import os
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from ipykernel import eventloops
from ipykernel.ipkernel import IPythonKernel
from jupyter_client.session import Session
from traitlets.config import Config


class KeepingSession(Session):
    """A session that keeps what it is asked to send."""

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self.kept: list[dict[str, Any]] = []

    def send(  # type: ignore[override] # the same arguments, those for sockets taken as they come
        self, _stream: object, msg_or_type: Any, content: Any = None, parent: Any = None, **options: Any
    ) -> dict[str, Any]:
        """Keep a message; one of a given type is made first."""
        message: dict[str, Any] = (
            msg_or_type
            if isinstance(msg_or_type, dict)
            else self.msg(msg_or_type, content=content, metadata=options.get("metadata"))
        )
        self.kept.append(
            {
                "msg_type": message["msg_type"],
                "header": {"msg_type": message["msg_type"]},
                "content": message["content"],
                "metadata": message["metadata"],
                "parent_header": {},
                "buffers": [],
            }
        )
        return message

    def taken(self) -> list[dict[str, Any]]:
        """Return what was kept, and keep it no longer."""
        kept, self.kept = self.kept, []
        return kept


@dataclass(frozen=True)
class WarmKernel:
    """A kernel with its shell, in which nothing has run yet, and the session to which it talks."""

    shell: Any
    session: KeepingSession
    kernel: Any

    async def run_cell(self, code: str) -> tuple[str, int, list[dict[str, Any]]]:
        """Run a cell; return its status, its number in the order of execution, and the messages about it."""
        self.kernel.set_parent([], {})
        reply = await self.kernel.do_execute(code, False, True, {}, False)
        sys.stdout.flush()
        sys.stderr.flush()
        return reply["status"], reply["execution_count"], self.session.taken()


def make_kernel() -> WarmKernel:
    """Return a kernel in which nothing has run yet; a process has one."""
    session = KeepingSession(key=b"")
    # History would start a thread, and a process with threads cannot be forked safely.
    config = Config({"HistoryManager": {"enabled": False}})
    kernel = IPythonKernel.instance(config=config, session=session, log=logging.getLogger(__name__))
    # Only asked whether this is its thread, for a cell with await in it.
    kernel.shell_channel_thread = SimpleNamespace(parent_thread=None)
    # The shell looks for its kernel in an application, which there is none of.
    shell: Any = kernel.shell
    shell.enable_gui = functools.partial(eventloops.enable_gui, kernel=kernel)
    return WarmKernel(shell, session, kernel)


class Stream(io.TextIOBase):
    """Standard output or error of a run: what Python writes, and what others write to the descriptor."""

    encoding = "utf-8"
    errors = "strict"

    def __init__(self, session: KeepingSession, name: str, descriptor: int) -> None:
        self._session, self.name, self._descriptor = session, name, descriptor
        self._written: list[str] = []
        self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 # open as long as the run
        self._read = 0
        os.dup2(self._file.fileno(), descriptor)

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._descriptor

    def writable(self) -> bool:
        """Return True."""
        return True

    def isatty(self) -> bool:
        """Return False: nobody sits there."""
        return False

    def write(self, text: str) -> int:
        """Keep text until it is flushed."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text)}")
        self._written.append(text)
        return len(text)

    def flush(self) -> None:
        """Send what was written since the last flush as one message."""
        if self.closed:
            return
        text = "".join(self._written) + self._from_descriptor()
        self._written = []
        if text:
            self._session.send(None, "stream", {"name": self.name, "text": text})

    def _from_descriptor(self) -> str:
        # The position is shared with who writes there, so it is read without moving it.
        with suppress(OSError):
            length = os.fstat(self._file.fileno()).st_size - self._read
            if length > 0:
                found = os.pread(self._file.fileno(), length, self._read)
                self._read += len(found)
                return found.decode("utf-8", "replace")
        return ""
