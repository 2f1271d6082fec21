"""Run the notebooks of an edition in parallel on the machine's cores."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from multiprocessing import forkserver
from pathlib import Path

from tqdm import tqdm

from coordination_gap import other_facts, paths
from coordination_gap.press import PressError, kernels, notebooks
from coordination_gap.press.parameters import Value

#: Workers beyond the cores: a third of a short run is waiting, for its kernel to answer and to end.
_WAITING = 2


@dataclass(frozen=True)
class _Run:
    """What one run gives: the executed notebook's path, or a sentence that says why it has none."""

    name: str
    failure: str | None = None


@dataclass(frozen=True)
class Job:
    """A notebook to run with its complete, checked parameters; ``<folder>/<name>.ipynb`` is written."""

    name: str
    parameters: dict[str, Value]
    folder: Path


def run_all(
    jobs: Sequence[Job], facts_folder: Path | None = None, landed: Callable[[Job], None] = lambda _: None
) -> None:
    """Run notebooks, some more at once than the machine has cores.

    A notebook that fails is kept, as far as it ran, in ``_build/failed/``.

    Parameters
    ----------
    jobs
        What to run, the longest best first; the folders have to exist.
    facts_folder
        Where notebooks find the facts of others; see :mod:`coordination_gap.other_facts`.
    landed
        Called with each job as soon as its notebook is written.

    Raises
    ------
    PressError
        If a notebook fails; the message names notebook, line, cell and error.
    """
    failures: list[str] = []
    with _kernels() as address, _workers(len(jobs)) as pool:
        with _held_back(signal.SIGINT, signal.SIGTERM):
            runs = {pool.submit(_run_one, job, str(paths.root()), facts_folder, address): job for job in jobs}
        # Without a terminal one line a notebook says the same.
        bar = tqdm(total=len(runs), unit="notebook", desc="Running", disable=not sys.stderr.isatty())
        try:
            for done in as_completed(runs):
                run = done.result()
                if run.failure is None:
                    run = _landed(runs[done], landed)
                bar.set_postfix_str(run.name)
                bar.update()
                if bar.disable:
                    print(f"ran {run.name}" if run.failure is None else f"failed {run.name}", file=sys.stderr)
                if run.failure is not None:
                    failures.append(run.failure)
        except BrokenProcessPool:
            raise PressError(
                "a process running a notebook was killed from outside (out of memory?); free memory and run it again"
            ) from None
        finally:
            bar.close()
    if failures:
        raise PressError("\n".join(sorted(failures)))


def _landed(job: Job, landed: Callable[[Job], None]) -> _Run:
    try:
        landed(job)
    except PressError as error:
        return _Run(job.name, str(error))
    return _Run(job.name)


@contextmanager
def _held_back(*signals: signal.Signals) -> Iterator[None]:
    """Let a request to stop wait: a worker that is being started could be neither stopped nor waited for."""
    waiting: list[int] = []
    handlers = {number: signal.signal(number, lambda number, _: waiting.append(number)) for number in signals}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        if waiting:
            raise KeyboardInterrupt


def _kernels() -> AbstractContextManager[str | None]:
    # Libraries do not take a fork well elsewhere. A lone notebook has its kernel forked, too: what a library looks for
    # when it is loaded is recorded for a kernel of its own, and must not make the same run another one.
    return kernels.kernel_server() if sys.platform == "linux" else nullcontext()


@contextmanager
def _workers(jobs: int) -> Iterator[ProcessPoolExecutor]:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["coordination_gap.press.run_notebook"])
    # A terminal's Ctrl-C reaches every process; the parent alone decides what happens then.
    # What is started while the signal is ignored ignores it from its first moment on.
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        forkserver.ensure_running()
    finally:
        signal.signal(signal.SIGINT, handler)
    workers = max(1, min(jobs, (os.cpu_count() or 1) + _WAITING))
    pool = ProcessPoolExecutor(max_workers=workers, mp_context=context)
    try:
        yield pool
    except BaseException:
        # Waited for, since a worker that outlives this process finds its semaphores gone.
        for process in multiprocessing.active_children():
            process.terminate()
            process.join(timeout=5)
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


def _run_one(job: Job, root: str, facts_folder: Path | None, kernel_address: str | None) -> _Run:
    os.environ["GAPBOOK_ROOT"] = root
    kernels.use(kernel_address)
    os.environ.pop(other_facts.FOLDER, None)
    if facts_folder is not None:
        os.environ[other_facts.FOLDER] = str(facts_folder)
    # Loaded in the workers alone: a build that runs nothing does without papermill.
    from coordination_gap.press import run_notebook

    try:
        executed = run_notebook.run(job.name, job.parameters)
    except PressError as error:
        return _Run(job.name, str(error))
    notebooks.write(executed, job.folder / f"{job.name}.ipynb")
    return _Run(job.name)
