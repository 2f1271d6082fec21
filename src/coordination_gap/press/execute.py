"""Run the notebooks of an edition through papermill, in parallel on the machine's cores."""

import json
import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import forkserver
from pathlib import Path

import papermill
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError
from tqdm import tqdm
from traitlets import Unicode, default

from coordination_gap import other_facts, paths
from coordination_gap.press import PressError, notebooks
from coordination_gap.press.freshness import inputs, recorder, store
from coordination_gap.press.parameters import Value

#: A cell that runs longer than this many seconds is stopped.
CELL_SECONDS = 600


class _LocalKernelManager(AsyncKernelManager):
    """Kernels reached through files in a folder of their own, never over the network."""

    transport = Unicode("ipc")

    @default("ip")
    def _socket_prefix(self) -> str:
        return str(Path(os.environ["JUPYTER_RUNTIME_DIR"]) / "kernel")


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
    """Run notebooks, as many at once as the machine has cores.

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
    with _workers(len(jobs)) as pool:
        with _held_back(signal.SIGINT, signal.SIGTERM):
            runs = {pool.submit(_run_one, job, str(paths.root()), facts_folder): job for job in jobs}
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


@contextmanager
def _workers(jobs: int) -> Iterator[ProcessPoolExecutor]:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["coordination_gap.press.execute"])
    # A terminal's Ctrl-C reaches every process; the parent alone decides what happens then.
    # What is started while the signal is ignored ignores it from its first moment on.
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        forkserver.ensure_running()
    finally:
        signal.signal(signal.SIGINT, handler)
    pool = ProcessPoolExecutor(max_workers=max(1, min(jobs, os.cpu_count() or 1)), mp_context=context)
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


def _run_one(job: Job, root: str, facts_folder: Path | None) -> _Run:
    os.environ["GAPBOOK_ROOT"] = root
    os.environ.pop(other_facts.FOLDER, None)
    if facts_folder is not None:
        os.environ[other_facts.FOLDER] = str(facts_folder)
    try:
        executed = run(job.name, job.parameters)
    except PressError as error:
        return _Run(job.name, str(error))
    notebooks.write(executed, job.folder / f"{job.name}.ipynb")
    return _Run(job.name)


def run(name: str, parameters: dict[str, Value]) -> NotebookNode:
    """Run one notebook and return it executed; each cell still says where it begins in the text.

    Its metadata hold what it read, as :mod:`coordination_gap.press.freshness.recorder` wrote it down.

    Raises
    ------
    PressError
        If a cell raises, warns, runs too long or kills its kernel; the notebook as far
        as it ran is kept in ``_build/failed/``.
    """
    source = notebooks.read_text(name)
    code = inputs.code_sha256(source)
    source.metadata.setdefault("language_info", {"name": "python"})
    kept = paths.build() / "failed" / f"{name}.ipynb"
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="gapbook-") as scratch:
        # A profile of the reader's own must not change what is published.
        os.environ["IPYTHONDIR"] = os.environ["JUPYTER_RUNTIME_DIR"] = scratch
        record = Path(scratch) / "record.json"
        os.environ[recorder.RECORD] = str(record)
        try:
            executed: NotebookNode = papermill.execute_notebook(
                source,
                str(kept),
                parameters=parameters,
                kernel_name="python3",
                cwd=str(paths.notebooks()),
                progress_bar=False,
                request_save_on_cell_execute=False,
                autosave_cell_every=0,
                execution_timeout=CELL_SECONDS,
                shutdown_kernel="immediate",
                kernel_manager_class=_LocalKernelManager,
                # The kernel's own log is not for the person at the terminal; its failures come back as errors.
                extra_arguments=[
                    "--IPKernelApp.log_level=50",
                    f"--IPKernelApp.extra_extensions={recorder.__name__}",
                ],
            )
        except PapermillExecutionError as error:
            raise PressError(_failure(name, source, error.source, f"{error.ename}: {error.evalue}", kept)) from None
        except CellTimeoutError:
            raise PressError(f"notebooks/{name}.md: a cell ran longer than {CELL_SECONDS} s; make it lighter") from None
        except (DeadKernelError, RuntimeError):  # the second where the kernel never answers
            raise PressError(
                f"notebooks/{name}.md: its kernel died or never answered (out of memory?); free memory and run it again"
            ) from None
        if record.is_file():  # another engine than the ordinary one leaves none
            executed.metadata[store.RECORD] = json.loads(record.read_text(encoding="utf-8")) | {"code": code}
    for cell in executed.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "stream" and output.name == "stderr":
                what = f"it wrote to stderr: {output.text.strip().splitlines()[-1]}"
                raise PressError(_failure(name, source, cell.source, what, kept))
    kept.unlink(missing_ok=True)  # the same notebook may run twice at once
    return executed


def _failure(name: str, source: NotebookNode, cell_source: str, what: str, kept: Path) -> str:
    number, line = next(
        (
            (number, cell.metadata[notebooks.LINE])
            for number, cell in enumerate(source.cells, start=1)
            if cell.source == cell_source
        ),
        (0, 1),
    )
    where = kept.relative_to(paths.root())
    return f"notebooks/{name}.md, line {line} (cell {number}): {what}; as far as it ran it is in {where}"
