"""Kernels as the press starts them: reached through files, and forked where there is a server for that."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from multiprocessing.connection import Client
from pathlib import Path
from typing import Any, cast

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Unicode, default

from coordination_gap.press import kernels

_ORDINARY_START = ("-m", "ipykernel_launcher")
#: What the server may take before it can be asked.
_START_SECONDS = 60


class LocalKernelManager(AsyncKernelManager):
    """Kernels reached through files in a folder of their own, never over the network."""

    transport = Unicode("ipc")

    @default("ip")
    def _socket_prefix(self) -> str:
        return str(Path(os.environ["JUPYTER_RUNTIME_DIR"]) / "kernel")


class ForkedProvisioner(LocalProvisioner):
    """Starts kernels as forks of a server that has the libraries loaded; Jupyter finds it by its entry point."""

    async def launch_kernel(self, cmd: list[str], **options: Any) -> KernelConnectionInfo:
        """Fork a kernel where the command is that of an ordinary one, and run the command where it is not."""
        at = next((at for at in range(len(cmd)) if tuple(cmd[at : at + 2]) == _ORDINARY_START), None)
        if at is None or cmd[0] != sys.executable:
            return await super().launch_kernel(cmd, **options)
        folder = str(options.get("cwd") or Path.cwd())
        kernel = _Forked(os.environ[kernels.ADDRESS], cmd[at + 2 :], folder, options["env"])
        self.process = cast("subprocess.Popen[bytes]", kernel)
        self.pid = self.pgid = kernel.pid
        self.cwd = folder
        return self.connection_info

    async def wait(self) -> int | None:
        """Wait for the kernel to end, looking more often than a tenth of a second, which is much of a short run."""
        while self.process is not None and self.process.poll() is None:
            await asyncio.sleep(0.005)
        return await super().wait()


class _Forked:
    """A forked kernel, as far as a provisioner uses the interface of :class:`subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, address: str, arguments: list[str], folder: str, environment: dict[str, str]) -> None:
        try:
            self._guard = _connected(address)
            self._guard.send({"arguments": arguments, "folder": folder, "environment": environment})
            self.pid: int = self._guard.recv()
        except (EOFError, OSError) as error:
            raise RuntimeError("the process that kernels are forked from is gone") from error
        self._status: int | None = None

    def poll(self) -> int | None:
        """Return the exit status, the negative of the signal's number if one ended it, None while it runs."""
        return self.wait() if self._status is not None or self._guard.poll() else None

    def wait(self) -> int:
        """Return the exit status as soon as there is one."""
        if self._status is None:
            try:
                self._status = int(self._guard.recv())
            except (EOFError, OSError):  # its guard was killed, and the kernel ends without it
                self._status = -signal.SIGKILL
            self._guard.close()
        return self._status

    def send_signal(self, number: int) -> None:
        """Send a signal to a kernel that is still there."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)


def _connected(address: str) -> Any:
    until = time.monotonic() + _START_SECONDS
    while True:
        with suppress(FileNotFoundError):  # before it listens there is no socket
            return Client(address, "AF_UNIX")
        if time.monotonic() > until:
            raise RuntimeError("the process that kernels are forked from never answered")
        time.sleep(0.02)
