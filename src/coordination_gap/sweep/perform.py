"""A sweep from its first run to its tables: resumed where it stopped, each result kept as it lands."""

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from tqdm import tqdm

from coordination_gap import paths
from coordination_gap.press import notebooks
from coordination_gap.press.parameters import Parameter, Value
from coordination_gap.sweep import inputs, runs
from coordination_gap.sweep.design import Design
from coordination_gap.sweep.journal import Journal, alone
from coordination_gap.sweep.runs import Row, Task

#: Beyond this many runs a sweep is asked about before it starts.
MANY_RUNS = 2000

Say = Callable[[str], None]
Confirm = Callable[[str], bool]


@dataclass(frozen=True)
class Sweep:
    """What is to be run, and where its results go.

    Attributes
    ----------
    task
        What all runs have in common.
    design
        The points.
    described
        The design in words, for the key: what is asked for, with its seed.
    folder
        Where results are written.
    scheduler, workers
        As of :func:`coordination_gap.sweep.cluster.connected`.
    fact
        The fact that the chart shows; None for one that is chosen.
    sampled
        Whether the points are a sample rather than a grid.
    """

    task: Task
    design: Design
    described: str
    folder: Path
    scheduler: str | None
    workers: int
    fact: str | None
    sampled: bool

    def key(self) -> str:
        """Return the hash of everything that the results depend on."""
        fixed = repr(sorted(self.task.fixed.items()))
        text = notebooks.text_path(self.task.name).read_text(encoding="utf-8")
        return inputs.key(self.task.name, text, fixed, self.described, str(self.task.kept))


def seconds_of_one(task: Task, values: dict[str, Value]) -> float:
    """Return how long one run takes in a warm process of this one."""
    runs.warm_up(task)
    began = time.perf_counter()
    runs.run(task, 0, values)
    return time.perf_counter() - began


def lasting(seconds: float) -> str:
    """Return a length of time in words."""
    for unit, length in (("years", 365.25 * 86400), ("days", 86400.0), ("hours", 3600.0), ("minutes", 60.0)):
        if seconds >= 2 * length:
            return f"{seconds / length:,.0f} {unit}"
    return f"{max(seconds, 1.0):.0f} seconds"


def estimate(sweep: Sweep) -> str:
    """Return how many runs there are and how long they will take, having run one."""
    one = seconds_of_one(sweep.task, sweep.design.point(0))
    where = (
        f"{sweep.workers} processes of this machine" if sweep.scheduler is None else "as many workers of the cluster"
    )
    return (
        f"{sweep.task.name}: {sweep.design.count:,} runs of {one:.2g} s each, "
        f"about {lasting(one * sweep.design.count / sweep.workers)} on {where}"
    )


def perform(sweep: Sweep, varied: tuple[Parameter, ...], say: Say) -> list[Path]:
    """Run what is not done yet and write the results.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    PressError
        If another sweep writes to the folder, the cluster cannot be had, or the fact of the chart is unknown.
    """
    with alone(sweep.folder, _shown(sweep.folder)):
        key = sweep.key()
        with Journal(sweep.folder / "runs.jsonl", key, sweep.design.count) as journal:
            if journal.set_aside is not None:
                say(
                    "the notebook, its parameters, the code, the data or the design are not those of the results "
                    f"there: starting afresh; the old runs are in {_shown(journal.set_aside)}"
                )
            elif journal.done:
                say(f"{journal.done:,} of {journal.count:,} runs are done already and are not repeated")
            if journal.done < journal.count:
                _run_missing(sweep, journal)
            return _results(sweep, varied, journal, say)


def _run_missing(sweep: Sweep, journal: Journal) -> None:
    # Imported here: Dask takes a second to load, which a sweep that is done need not wait for.
    from coordination_gap.sweep import cluster

    def land(rows: list[Row]) -> None:
        for row in rows:
            _keep_notebook(sweep.folder, row)
            journal.add(row)
        bar.update(len(rows))

    def points() -> Iterator[tuple[int, dict[str, Any]]]:
        for number in journal.missing():
            yield number, sweep.design.point(number)

    with cluster.connected(sweep.scheduler, sweep.workers) as client, _progress(sweep, journal) as bar:
        cluster.run_all(client, sweep.task, points(), land)


def _progress(sweep: Sweep, journal: Journal) -> "tqdm[NoReturn]":
    """Return a bar on stderr, with rate and remaining time."""
    return tqdm(
        total=journal.count, initial=journal.done, unit="run", desc=f"Sweeping {sweep.task.name}", file=sys.stderr,
        # Without a terminal a line now and then says the same.
        mininterval=0.5 if sys.stderr.isatty() else 15.0, smoothing=0.05,
    )  # fmt: skip


def _keep_notebook(folder: Path, row: Row) -> None:
    text = row.pop("notebook", None)
    if text is not None:
        (folder / "notebooks").mkdir(exist_ok=True)
        (folder / "notebooks" / f"run-{row['run']:06d}.ipynb").write_text(text, encoding="utf-8")


def _results(sweep: Sweep, varied: tuple[Parameter, ...], journal: Journal, say: Say) -> list[Path]:
    from coordination_gap.sweep import chart, results

    parquet, table = results.write_tables(journal, sweep.design.names, sweep.folder)
    failed, first = _failures(journal)
    if failed:
        say(f"{failed:,} of {journal.count:,} runs failed; their rows say why, the first: {first}")
    fact = chart.chosen(parquet, sweep.design.names, sweep.fact)
    drawn = [] if fact is None else chart.draw(parquet, varied, fact, sweep.sampled, sweep.folder)
    return [parquet, table, *drawn]


def _failures(journal: Journal) -> tuple[int, str]:
    failed, first = 0, ""
    for row in journal.rows():
        if row["error"] is not None:
            failed, first = failed + 1, first or row["error"]
    return failed, first


def _shown(path: Path) -> str:
    return str(path.relative_to(paths.root()) if path.is_relative_to(paths.root()) else path)
