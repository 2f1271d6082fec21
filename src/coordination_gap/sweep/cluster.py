"""Where the runs of a sweep happen: a cluster of Dask, of this machine's own or one that is there."""

import importlib.metadata
import logging
import platform
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from dask import config as dask_config
from distributed import Client, LocalCluster, Status, as_completed
from distributed.scheduler import KilledWorker
from distributed.versions import VersionMismatchWarning
from tornado.ioloop import PeriodicCallback

from coordination_gap import paths
from coordination_gap.press import PressError
from coordination_gap.sweep import inputs, runs
from coordination_gap.sweep.runs import Row, Task

#: What has to be the same on both ends for the same code to give the same facts.
_PACKAGES = ("dask", "distributed", "ipykernel", "matplotlib", "numpy", "pandas", "papermill", "scipy")
_CONNECT_SECONDS = 10
#: Runs that are handed over ahead, for each worker: few, so that memory stays flat, and enough to keep it busy.
_AHEAD = 3
#: How often a run is handed over again that was on a worker each time that one was killed. Dask suspects it after
#: four times, though it may only have waited there.
_TRIES = 4
#: How often a cluster of this machine is looked at for workers that are gone for good.
_REPLACE_SECONDS = 2
#: How long a sweep waits where no worker is left at all.
_NO_WORKER_SECONDS = 300


@contextmanager
def connected(scheduler: str | None, workers: int) -> Iterator[Client]:
    """Connect to a scheduler, or start one with workers on this machine.

    Parameters
    ----------
    scheduler
        Its address, such as ``tcp://10.0.0.1:8786``; None for a cluster of this machine.
    workers
        How many processes a cluster of this machine has.

    Raises
    ------
    PressError
        If nobody answers there, or with other versions or another state of the project.
    """
    with (
        tempfile.TemporaryDirectory(prefix="gapbook-dask-") as scratch,
        dask_config.set({"distributed.admin.log-format": "%(message)s", "temporary-directory": scratch}),
    ):
        for name in ("distributed", "tornado.application"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        if scheduler is not None:
            with _client(scheduler) as client:
                _same_everywhere(client, scheduler)
                yield client
            return
        with (
            LocalCluster(  # type: ignore[no-untyped-call] # Dask has types for some things only, here and below
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",  # without one Dask takes a fixed port, which two sweeps cannot share
                worker_dashboard_address=None,
                memory_limit=None,
                silence_logs=logging.CRITICAL,
            ) as cluster,
            _kept_up(cluster, workers),
            Client(cluster) as client,  # type: ignore[no-untyped-call]
        ):
            yield client


@contextmanager
def _kept_up(cluster: Any, workers: int) -> Iterator[None]:
    """Start a worker for each that is gone for good: one that is slow to come back Dask closes, and starts no other."""
    replacing = PeriodicCallback(lambda: _replace(cluster, workers), _REPLACE_SECONDS * 1000)
    cluster.loop.add_callback(replacing.start)
    try:
        yield
    finally:
        cluster.loop.add_callback(replacing.stop)


def _replace(cluster: Any, workers: int) -> None:
    for name, worker in list(cluster.workers.items()):
        if worker.status in (Status.closed, Status.failed):
            del cluster.workers[name]
    cluster.scale(workers)  # starts those that the cluster should have and has not


@contextmanager
def _client(scheduler: str) -> Iterator[Client]:
    try:
        # Dask warns of other versions with a table of them all; what differs is said in a sentence below.
        with warnings.catch_warnings(action="ignore", category=VersionMismatchWarning):
            client = Client(scheduler, timeout=_CONNECT_SECONDS)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TimeoutError) as error:
        said = " ".join(str(error).split()) or type(error).__name__
        raise PressError(
            f"--scheduler {scheduler}: no scheduler answers there ({said}); start one, or leave the option out"
        ) from None
    with client:
        yield client


def about_here(root: str) -> dict[str, str]:
    """Return the versions that have to agree, and the hash of the code, and of the lock and data below `root`."""
    found = {"python": platform.python_version(), "project": inputs.ground(root)}
    for name in _PACKAGES:
        with suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found


def _same_everywhere(client: Client, scheduler: str) -> None:
    ours = about_here(str(paths.root()))
    answer: Any = client.get_versions()
    versions = answer["scheduler"]["packages"]
    theirs = {name: versions[name] for name in ("python", "dask", "distributed", "numpy", "pandas")}
    theirs["python"] = theirs["python"].split()[0].removesuffix(".final.0")
    # The scheduler first: what workers of other versions make of our question may be anything.
    _same("the scheduler", theirs, ours, scheduler)
    if not client.scheduler_info()["workers"]:
        raise PressError(f"--scheduler {scheduler}: it has no workers; start some with 'dask worker {scheduler}'")
    try:
        answers = client.run(about_here, str(paths.root()))
    except Exception as error:  # whatever a worker of other versions says to what it cannot read
        said = " ".join(str(error).split())[:200]
        raise PressError(
            f"--scheduler {scheduler}: a worker cannot run this package ({said}); install it there"
        ) from None
    for worker, found in answers.items():
        _same(worker, found, ours, scheduler)


def _same(place: str, theirs: dict[str, str], ours: dict[str, str], scheduler: str) -> None:
    for name, version in theirs.items():
        if version is not None and version != ours.get(name):
            what = "another state of the project" if name == "project" else f"{name} {version}, here {ours.get(name)}"
            raise PressError(f"--scheduler {scheduler}: {place} has {what}; make them equal")


def run_all(
    client: Client, task: Task, points: Iterator[tuple[int, dict[str, Any]]], land: Callable[[list[Row]], None]
) -> None:
    """Run points, handing over few at a time, and give each row to `land` as it ends.

    A run whose worker is killed is run again elsewhere; one that kills its workers again
    and again gets a row that says so.

    Raises
    ------
    PressError
        If no worker is left, and none comes.
    """
    landing: Any = as_completed(with_results=True, raise_errors=False)  # type: ignore[no-untyped-call]
    open_runs: dict[Any, tuple[int, dict[str, Any], int]] = {}

    def submit(number: int, values: dict[str, Any], tries: int) -> None:
        future = client.submit(runs.run, task, number, values, pure=False)
        open_runs[future.key] = (number, values, tries)
        landing.add(future)

    def hand_over(most: int) -> None:
        for number, values in points:
            submit(number, values, 1)
            if len(open_runs) >= most:
                return

    hand_over(_window(client))
    while open_runs:
        rows = []
        _wait(client, landing)
        for future, result in landing.next_batch(block=True):
            number, values, tries = open_runs.pop(future.key)
            if future.status == "finished":
                rows.append(result)
            elif isinstance(_error(result), KilledWorker) and tries < _TRIES:
                submit(number, values, tries + 1)
            else:
                rows.append(_failed(number, values, result, task))
            future.release()
        land(rows)
        if len(open_runs) < (most := _window(client)):
            hand_over(most)


def _wait(client: Client, landing: Any) -> None:
    """Wait until a run has ended."""
    looked = last_seen = time.monotonic()
    while not landing.has_ready():
        time.sleep(0.005)
        now = time.monotonic()
        if now - looked < 1:
            continue
        looked = now
        if _count(client):
            last_seen = now
        elif now - last_seen > _NO_WORKER_SECONDS:
            raise PressError(
                f"no worker has been there for {_NO_WORKER_SECONDS} s: start some, then run this again; "
                "what is done is kept"
            )


def _count(client: Client) -> int:
    return len(client.scheduler_info(n_workers=-1)["workers"])


def _window(client: Client) -> int:
    return _AHEAD * max(1, _count(client))


def _error(result: Any) -> Any:
    return result[1] if isinstance(result, tuple) else result


def _failed(number: int, values: dict[str, Any], result: Any, task: Task) -> Row:
    error = _error(result)
    what = (
        "it killed the worker that ran it, again and again"
        if isinstance(error, KilledWorker)
        else f"{type(error).__name__}: {' '.join(str(error).split())}"
    )
    return {
        "run": number,
        "parameters": values,
        "facts": {},
        "error": f"notebooks/{task.name}.md: {what}",
        "seconds": 0.0,
    }
