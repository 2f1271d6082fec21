"""A long sweep whose workers are killed on the way: how fast it stays, how much memory it takes, and that it is exact.

``python -m benchmarks.sweep`` runs a tiny notebook (one fact, no figure) ten thousand
times on a cluster of two workers of this machine, while a worker is killed each minute.
What counts: each quarter of the runs takes as long as the others, memory does not grow,
and no run is lost or there twice.
"""

import argparse
import json
import os
import random
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil
import pyarrow.parquet as pq  # type: ignore[import-untyped] # it has no types

from benchmarks.reliability import about_this_machine

RESULTS = Path("_build/benchmarks/sweep.json")
WORKERS = 2
#: How often the processes are looked at, in seconds.
LOOK_SECONDS = 1.0
NAME = "01_tiny"
NOTEBOOK = """\
---
jupytext:
  formats: ipynb,md:myst
kernelspec:
  display_name: Python 3 (ipykernel)
  language: python
  name: python3
---

# Tiny

```{code-cell} ipython3
:tags: [parameters]

as_of: str = "2026-02-01"  # [2026-01-01 to 2026-12-31, day] last day whose publications may be seen
factor: float = 1.0  # [0 to 1000000, ratio] what is doubled
```

```{code-cell} ipython3
from coordination_gap import facts, tables

page = facts.Page("tiny", as_of=as_of)
_ = page.record("twice", 2 * factor, unit="ratio", formula="two times factor",
                sources=[tables.parameters(factor=factor)])
```
"""


@dataclass(frozen=True)
class Look:
    """The processes at one moment.

    Attributes
    ----------
    seconds
        Since the first look.
    done
        Runs whose rows are on the disk.
    parent, worker, warm
        Resident memory in MB: of the process that sweeps and has the scheduler in it, of the largest worker, and of
        the largest warm process.
    """

    seconds: float
    done: int
    parent: float
    worker: float
    warm: float


@dataclass(frozen=True)
class Quarter:
    """A quarter of the runs: how long it took, and the most memory meanwhile, in MB."""

    seconds: float
    parent: float
    worker: float
    warm: float


@dataclass
class Outcome:
    """What a sweep came to.

    Attributes
    ----------
    runs
        How many were asked for.
    seconds
        From the first row to the last.
    kills
        How many workers were killed.
    rows
        How many rows the journal has.
    distinct
        How many different runs are among them.
    right
        How many rows of the table have the value that their parameters give, and no error.
    left
        How many processes were still there afterwards.
    quarters
        The four quarters.
    """

    runs: int
    seconds: float
    kills: int
    rows: int
    distinct: int
    right: int
    left: int
    quarters: list[Quarter] = field(default_factory=list)

    @property
    def is_exact(self) -> bool:
        """Whether every run has one row, and the right one."""
        return self.rows == self.distinct == self.right == self.runs


class Watch(threading.Thread):
    """Looks at the processes now and then, and kills a worker every so often."""

    def __init__(self, journal: Path, kill_every: float, seed: int = 1) -> None:
        super().__init__(daemon=True)
        self.journal, self.kill_every = journal, kill_every
        self.looks: list[Look] = []
        self.killed: list[int] = []
        self._random = random.Random(seed)  # noqa: S311 # which worker is killed is no secret
        self._ended = threading.Event()
        self._read = self._lines = 0

    def run(self) -> None:
        """Look and kill until told to stop; the clock starts with the first row."""
        began = last_kill = None
        while not self._ended.wait(LOOK_SECONDS):
            done = self._done()
            now = time.perf_counter()
            if began is None:
                if not done:
                    continue
                began = last_kill = now
            workers = _workers()
            self.looks.append(_look(now - began, done, workers))
            at_work = [worker for worker in workers if _warm(worker)]
            if last_kill is not None and now - last_kill >= self.kill_every and at_work:
                victim = self._random.choice(at_work)
                with suppress(psutil.NoSuchProcess):
                    victim.send_signal(signal.SIGKILL)
                    self.killed.append(victim.pid)
                last_kill = now

    def stop(self) -> None:
        """Have the thread end, and wait until it has."""
        self._ended.set()
        self.join()

    def _done(self) -> int:
        with suppress(FileNotFoundError), self.journal.open("rb") as lines:
            lines.seek(self._read)
            new = lines.read()
            self._read += len(new)
            self._lines += new.count(b"\n")
        return max(0, self._lines - 1)  # the first line says what the journal is of


def _workers() -> list[psutil.Process]:
    found = []
    for child in psutil.Process().children():
        with suppress(psutil.Error):
            if "spawn_main" in " ".join(child.cmdline()):
                found.append(child)
    return found


def _warm(worker: psutil.Process) -> list[psutil.Process]:
    with suppress(psutil.Error):
        return [child for child in worker.children() if "engine.warm" in " ".join(child.cmdline())]
    return []


def _look(seconds: float, done: int, workers: Sequence[psutil.Process]) -> Look:
    warm = [process for worker in workers for process in _warm(worker)]
    return Look(seconds, done, _megabytes([psutil.Process()]), _megabytes(workers), _megabytes(warm))


def _megabytes(processes: Sequence[psutil.Process]) -> float:
    """Return the resident memory of the largest of the processes, in MB."""
    largest = 0.0
    for process in processes:
        with suppress(psutil.Error):
            largest = max(largest, process.memory_info().rss / 1e6)
    return largest


def quarters(looks: Sequence[Look], runs: int) -> list[Quarter]:
    """Return how long each quarter of the runs took, and the most memory that was seen meanwhile."""
    found = []
    for number in range(4):
        low, high = (runs * part / 4 for part in (number, number + 1))
        within = [look for look in looks if low <= look.done <= high] or [looks[-1]]
        most = [max(getattr(look, kind) for look in within) for kind in ("parent", "worker", "warm")]
        found.append(Quarter(_when(looks, high) - _when(looks, low), *most))
    return found


def _when(looks: Sequence[Look], done: float) -> float:
    """Return when so many runs were done, in a straight line between two looks."""
    before = looks[0]
    for look in looks:
        if look.done >= done:
            step = look.done - before.done
            part = (done - before.done) / step if step else 0.0
            return before.seconds + max(0.0, part) * (look.seconds - before.seconds)
        before = look
    return looks[-1].seconds


def measured(runs: int, kill_every: float) -> Outcome:
    """Sweep in a project of its own and return what it came to."""
    with tempfile.TemporaryDirectory(prefix="gapbook-bench-") as folder:
        root = Path(folder)
        (root / "notebooks").mkdir()
        (root / "notebooks" / f"{NAME}.md").write_text(NOTEBOOK, encoding="utf-8")
        before = os.environ.get("GAPBOOK_ROOT")
        os.environ["GAPBOOK_ROOT"] = str(root)
        try:
            return _swept(root, runs, kill_every)
        finally:
            os.environ.pop("GAPBOOK_ROOT")
            if before is not None:
                os.environ["GAPBOOK_ROOT"] = before


def _swept(root: Path, runs: int, kill_every: float) -> Outcome:
    from coordination_gap.press import notebooks
    from coordination_gap.sweep import design, perform
    from coordination_gap.sweep import runs as sweep_runs

    declared = notebooks.parameters(NAME)
    setting = f"factor=1:{runs}:1"
    fixed = {name: parameter.default for name, parameter in declared.items()}
    sweep = perform.Sweep(
        task=sweep_runs.prepared(NAME, fixed, str(root), kept=False, cell_seconds=600),
        design=design.grid([setting], declared, NAME),
        described=setting,
        folder=root / "sweep",
        scheduler=None,
        workers=WORKERS,
        fact=None,
        sampled=False,
    )
    journal = sweep.folder / "runs.jsonl"
    watch = Watch(journal, kill_every)
    watch.start()
    try:
        perform.perform(sweep, (declared["factor"],), lambda said: print(said, file=sys.stderr))
    finally:
        watch.stop()
    numbers = [json.loads(line)["run"] for line in journal.read_text(encoding="utf-8").splitlines()[1:]]
    table = pq.read_table(sweep.folder / "facts.parquet").to_pylist()
    right = sum(
        row["error"] is None and row["factor"] == row["run"] + 1 and row["tiny.twice"] == 2 * row["factor"]
        for row in table
    )
    left = [process for process in psutil.Process().children(recursive=True) if "warm" in " ".join(process.cmdline())]
    return Outcome(
        runs,
        watch.looks[-1].seconds,
        len(watch.killed),
        len(numbers),
        len(set(numbers)),
        right,
        len(left),
        quarters(watch.looks, runs),
    )


def table(outcome: Outcome) -> str:
    """Return the quarters as a Markdown table."""
    lines = [
        "| quarter | seconds | runs a second | parent, MB | largest worker, MB | largest warm process, MB |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {number} | {part.seconds:.1f} | {outcome.runs / 4 / part.seconds:.1f} | {part.parent:.0f} | "
        f"{part.worker:.0f} | {part.warm:.0f} |"
        for number, part in enumerate(outcome.quarters, start=1)
    ]
    return "\n".join(lines)


def main() -> int:
    """Sweep, print what it came to and write it; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--kill-every", type=float, default=60.0, help="seconds between two workers that are killed")
    asked = parser.parse_args()
    outcome = measured(asked.runs, asked.kill_every)
    machine = about_this_machine("numpy", "papermill", "distributed")
    said = "exact: every run once, and right" if outcome.is_exact else "NOT exact"
    print(
        f"{machine}\n\n{outcome.runs:,} runs in {outcome.seconds:.0f} s, {outcome.kills} workers killed; "
        f"{outcome.rows:,} rows, {outcome.distinct:,} different, {outcome.right:,} right: {said}; "
        f"the slowest quarter took {_spread(outcome):.2f} times the fastest; {outcome.left} processes left\n\n"
        f"{table(outcome)}"
    )
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps({"machine": machine, **asdict(outcome)}, indent=1) + "\n", encoding="utf-8")
    return 0 if outcome.is_exact else 1


def _spread(outcome: Outcome) -> float:
    taken = [part.seconds for part in outcome.quarters]
    return max(taken) / min(taken) if statistics.fmean(taken) else 1.0


if __name__ == "__main__":
    sys.exit(main())
