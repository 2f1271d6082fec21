"""The process that kernels are forked from: it has loaded the libraries that notebooks use, and never run a cell.

It is run as a script, ``server.py ADDRESS``, and loads nothing of the package, since what a
notebook depends on is recorded from the modules that its own kernel has loaded. At `ADDRESS` it
listens for one connection a kernel, and it ends when its standard input is closed.

Beside each kernel is a guard, which tells the other end of the connection the kernel's process id
and its exit status, and ends it when that end is gone.
"""

import contextlib
import gc
import importlib
import os
import runpy
import select
import signal
import socket
import sys
from multiprocessing.connection import Connection
from typing import Any

#: What notebooks are sure to use, as the ordinary kernel and they import it.
_LIBRARIES = (
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "ipykernel.ipkernel",
    "ipykernel.kernelapp",
    "sqlite3",
    "tornado.platform.asyncio",
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg",
    "matplotlib.pyplot",
    "numpy.random",
    "pandas",
    "scipy.stats",
    "yaml",
)


def main(address: str) -> None:
    """Fork kernels until standard input is closed; return in each of them, ready to start it."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"{address}.part")
        listening.listen()
        os.rename(f"{address}.part", address)  # noqa: PTH104 # whoever finds it can connect
        # Ctrl-C at the terminal is for the process that asks; guards are not waited for.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        for name in _LIBRARIES:
            with contextlib.suppress(ImportError):  # the cell that needs it says so
                importlib.import_module(name)
        # What is frozen is not looked at again by the collector of any fork, and so stays shared.
        gc.collect()
        gc.freeze()
        watched: list[Any] = [listening, 0]
        while True:
            ready, _, _ = select.select(watched, [], [])
            if listening not in ready:
                sys.exit()
            accepted, _ = listening.accept()
            if os.fork() == 0:
                break
            accepted.close()
    with Connection(accepted.detach()) as asked:
        guard(asked)


def guard(asked: Connection) -> None:
    """Fork one kernel and watch over it; return in the kernel alone."""
    signal.signal(signal.SIGCHLD, lambda *_: None)
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    request: dict[str, Any] = asked.recv()
    entered, enter = os.pipe()
    kernel = os.fork()
    if kernel == 0:
        os.setsid()
        signal.set_wakeup_fd(-1)
        for end in (woken, wake, entered, enter):
            os.close(end)
        _enter(request)
        return
    os.close(enter)
    os.read(entered, 1)  # ends when the kernel leads a group of its own, which signals can be sent to
    asked.send(kernel)
    watched: list[Any] = [woken, asked]
    while (ended := os.waitid(os.P_PID, kernel, os.WEXITED | os.WNOHANG | os.WNOWAIT)) is None:
        ready, _, _ = select.select(watched, [], [])
        if woken in ready:
            os.read(woken, 1024)
        if asked in ready:  # nothing is ever said, so nobody listens any more
            _kill(kernel)
    with contextlib.suppress(OSError, EOFError):
        asked.send(ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status)
        asked.recv()  # the id stays the kernel's as long as anybody may send signals to it
    _kill(kernel)
    os._exit(0)


def _kill(kernel: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(kernel, signal.SIGKILL)


def _enter(request: dict[str, Any]) -> None:
    """Become what a new process with this request would be."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with open(os.devnull) as nothing:  # noqa: PTH123 # pathlib would be loaded for it alone
        os.dup2(nothing.fileno(), 0)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    # Without its guard it ends, too. The parent that the environment names is read when the library is loaded.
    sys.argv[1:] = [*request["arguments"], f"--IPKernelApp.parent_handle={os.getppid()}"]
    import numpy as np

    # A new process draws its own numbers, so that forks must not all draw the same.
    np.random.seed()  # noqa: NPY002 # the global state is meant, whoever uses it


if __name__ == "__main__":
    del sys.path[0]  # the folder of this file, which a kernel does not look for modules in
    main(sys.argv[1])
    runpy.run_module("ipykernel_launcher", run_name="__main__", alter_sys=True)
