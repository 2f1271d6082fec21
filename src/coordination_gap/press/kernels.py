"""The process that kernels are forked from, as it is started and made known to those who start kernels.

An ordinary kernel spends its first seconds loading libraries. Here one process loads them once
(:mod:`coordination_gap.press.kernel_server`), and each kernel begins as a fork of it
(:mod:`coordination_gap.press.provisioner`). From there on it is an ordinary kernel: the same
start, channels and signals.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from coordination_gap import paths

#: Names the socket at which kernels are to be had.
ADDRESS = "GAPBOOK_KERNELS"
#: Jupyter's own setting of who starts kernels, and the name of the forking provisioner among them.
_WHO_STARTS = "JUPYTER_DEFAULT_PROVISIONER_NAME"
_FORKED = "gapbook-forked"
#: How a kernel shows plots, which matplotlib asks when it is loaded.
_BACKEND = {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}


@contextmanager
def kernel_server() -> Iterator[str]:
    """Let kernels be forked of one process, and give the address that :func:`use` takes."""
    with tempfile.TemporaryDirectory(prefix="gapbook-") as folder:
        address = str(Path(folder, "kernels"))
        with subprocess.Popen(  # noqa: S603 # this very interpreter, and its own code
            # As Jupyter starts its kernels: the debugger that they bring along asks for it.
            [sys.executable, "-Xfrozen_modules=off", str(Path(__file__).with_name("kernel_server.py")), address],
            stdin=subprocess.PIPE,
            cwd=paths.notebooks(),
            env={**os.environ, **_BACKEND},
        ) as process:
            try:
                yield address
            finally:
                process.kill()  # the guards of the kernels stay with them


def use(address: str | None) -> None:
    """Have the kernels of this process forked by the server at `address`; None for each a process of its own."""
    for name, value in ((ADDRESS, address), (_WHO_STARTS, _FORKED)):
        if address is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = str(value)
