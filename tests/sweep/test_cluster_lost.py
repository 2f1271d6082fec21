"""Lost workers: runs that were on them are run again, and workers are started again or missed in one sentence."""

import os
import signal
import time
from collections import deque
from types import SimpleNamespace
from typing import Any

import pytest
from dask import config as dask_config
from distributed import Client, Status
from distributed.scheduler import KilledWorker

from coordination_gap.press import PressError
from coordination_gap.sweep import cluster
from coordination_gap.sweep.runs import Task

TASK = Task("02_light", "", {}, "", False, 60)


class Landing:
    """Ends runs in the order in which they were handed over: a run's name says how often its worker is killed."""

    def __init__(self, kills: dict[int, int]) -> None:
        self.kills = kills
        self.open: deque[Any] = deque()

    def submit(self, _run: object, _task: Task, number: int, values: dict[str, Any], pure: bool) -> Any:
        assert not pure
        killed = self.kills.get(number, 0) > 0
        self.kills[number] = self.kills.get(number, 0) - 1
        error = KilledWorker("key", None, 3)  # type: ignore[arg-type] # no worker is needed for it
        row = {"run": number, "parameters": values, "facts": {}, "error": None, "seconds": 0.0}
        result = (type(error), error, None) if killed else row
        return SimpleNamespace(
            key=f"{number}-{self.kills[number]}", status="error" if killed else "finished", result=result,
            release=lambda: None,
        )  # fmt: skip

    def add(self, future: Any) -> None:
        self.open.append(future)

    def has_ready(self) -> bool:
        return bool(self.open)

    def next_batch(self, block: bool) -> list[Any]:
        assert block
        future = self.open.popleft()
        return [(future, future.result)]

    def scheduler_info(self, **_: object) -> dict[str, Any]:
        return {"workers": {"one": {}}}


def test_a_run_that_only_waited_on_killed_workers_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    landing = Landing({1: cluster._TRIES - 1, 4: 100})
    monkeypatch.setattr(cluster, "as_completed", lambda **_: landing)
    rows: list[dict[str, Any]] = []
    points = ((number, {"steps": number}) for number in range(6))
    cluster.run_all(landing, TASK, points, rows.extend)  # type: ignore[arg-type] # stands for a client
    assert sorted(row["run"] for row in rows) == list(range(6))
    errors = {row["run"]: row["error"] for row in rows if row["error"]}
    assert errors == {4: "notebooks/02_light.md: it killed the worker that ran it, again and again"}
    assert landing.kills[4] == 100 - cluster._TRIES


def test_where_no_worker_is_left_a_sweep_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_NO_WORKER_SECONDS", 1)
    client: Any = SimpleNamespace(scheduler_info=lambda **_: {"workers": {}})
    with pytest.raises(PressError) as refused:
        cluster._wait(client, SimpleNamespace(has_ready=lambda: False))
    assert str(refused.value) == (
        "no worker has been there for 1 s: start some, then run this again; what is done is kept"
    )


def test_workers_that_are_gone_for_good_are_replaced() -> None:
    asked: list[int] = []
    workers = {number: SimpleNamespace(status=status) for number, status in enumerate(
        (Status.running, Status.closed, Status.failed, Status.init)
    )}  # fmt: skip
    cluster._replace(SimpleNamespace(workers=workers, scale=asked.append), 4)
    assert list(workers) == [0, 3]
    assert asked == [4]


def test_a_worker_that_is_slow_to_come_back_is_started_again(client: Client) -> None:
    client.wait_for_workers(2, timeout=120)
    killed = next(iter(client.run(os.getpid).values()))
    # After this time Dask takes a lost worker for gone and stops starting it, on a busy machine for good.
    with dask_config.set({"distributed.deploy.lost-worker-timeout": "10ms"}):
        os.kill(killed, signal.SIGKILL)
        until = time.monotonic() + 120
        while len(found := set(client.run(os.getpid, on_error="ignore").values()) - {killed}) < 2:
            assert time.monotonic() < until, "it did not come back"
            time.sleep(0.2)
    assert len(found) == 2
    assert client.submit(sum, [1, 2]).result() == 3
