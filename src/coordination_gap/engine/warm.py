"""The warm process: it loads the libraries, forks for each run, and never runs a cell itself."""

import gc
import importlib
import os
import select
import signal
import sys
import traceback
import warnings
from contextlib import suppress
from multiprocessing import reduction
from multiprocessing.connection import Connection

from coordination_gap.engine import run
from coordination_gap.engine.kernel import WarmKernel, make_kernel
from coordination_gap.engine.messages import ENDED, READY, Request

#: What notebooks are sure to use.
_MODULES = (
    "matplotlib.pyplot",
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg",
    "numpy.random",
    "pandas",
    "scipy.optimize",
    "scipy.stats",
    "coordination_gap.facts",
    "coordination_gap.figures",
    "coordination_gap.other_facts",
    "coordination_gap.stated",
    "coordination_gap.tables",
)


def main(descriptor: int) -> None:
    """Serve the runs that are asked for at the other end of `descriptor`, until it is closed."""
    asked = Connection(descriptor)
    # Ctrl-C at the terminal is for the process that asks; it closes its end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    kernel = make_kernel()
    _load(_MODULES)
    _draw_once()
    woken = _woken_by_children()
    with suppress(OSError):  # who asked may have been killed meanwhile, which the next line finds out
        asked.send(READY)
    while True:
        try:
            request: Request | str = asked.recv()
            if isinstance(request, str):
                continue  # the word to stop a run that had just ended
            told = Connection(reduction.recv_handle(asked))
        except (EOFError, OSError):
            return
        _load(request.modules)
        _serve(kernel, request, asked, told, woken)


def _load(modules: tuple[str, ...]) -> None:
    new = [name for name in modules if name not in sys.modules]
    for name in new:
        # Whatever is wrong with a module is said by the cell that imports it.
        with suppress(Exception), warnings.catch_warnings(action="ignore"):
            importlib.import_module(name)
    if new:
        # What is frozen is not looked at again by the collector of any fork, and so stays shared.
        gc.collect()
        gc.freeze()


def _draw_once() -> None:
    """Fill matplotlib's caches of fonts by drawing in the house style, without choosing a backend for pyplot."""
    import io

    import matplotlib
    from matplotlib.figure import Figure

    from coordination_gap import figures

    with matplotlib.rc_context(figures.style()):
        figure = Figure(figsize=(2, 2))
        axes = figure.subplots()
        axes.plot([0, 1], label="0")
        axes.set(title="0", xlabel="0", ylabel="0")
        axes.legend()
        axes.text(0, 0, "$10^0$", weight="bold", style="italic")
        for kind in ("svg", "png"):
            figure.savefig(io.BytesIO(), format=kind)


def _woken_by_children() -> int:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    return reading


def _serve(kernel: WarmKernel, request: Request, asked: Connection, told: Connection, woken: int) -> None:
    child = _fork(kernel, request, asked, told)
    told.close()
    gone = False
    while os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        watched = [woken] if gone else [woken, asked.fileno()]
        ready, _, _ = select.select(watched, [], [])
        if woken in ready:
            os.read(woken, 1024)
        if asked.fileno() in ready:
            # Either word means the same: to stop, or that nobody listens any more.
            with suppress(EOFError, OSError):
                asked.recv()
            gone = True
            _kill(child)
    # What the run has started and left behind ends with it.
    _kill(child)
    _, status = os.waitpid(child, 0)
    with suppress(OSError):
        asked.send((ENDED, os.waitstatus_to_exitcode(status)))


def _kill(child: int) -> None:
    # Before the child has made its own group it has nothing in it either.
    for kill in (os.killpg, os.kill):
        with suppress(ProcessLookupError, PermissionError):
            kill(child, signal.SIGKILL)


def _fork(kernel: WarmKernel, request: Request, asked: Connection, told: Connection) -> int:
    with warnings.catch_warnings(action="ignore"):  # the only threads are those of BLAS, which knows forks
        child = os.fork()
    if child:
        return child
    code = 1
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        asked.close()
        run.run(kernel, request, told)
        code = 0
    except BaseException:
        traceback.print_exc(file=sys.__stderr__)
    finally:
        os._exit(code)
