"""How fast a notebook is run again and again: papermill, the engine of warm processes, and the bare code.

``python -m benchmarks.engine`` runs it. A notebook of ten cells with two figures is run
for other parameters each time. All ways have to find the same number before any is
timed. Then they are timed in turn, round after round, so that a busy moment of the
machine meets all alike; what is printed are medians over the rounds, and medians of the
ratios within a round.
"""

import base64
import contextlib
import io
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from benchmarks.reliability import about_this_machine

RESULTS = Path("_build/benchmarks/engine.json")
ROUNDS = 5
PROCESSES = 2
#: How many runs a way makes in a round: few of what is slow.
RUNS = {"command": 1, "api": 4, "warm": 20, "facts": 40, "bare": 20}
NAMES = {
    "command": "the papermill command in a loop",
    "api": "papermill's API in two processes",
    "warm": "the engine in two warm processes, figures drawn",
    "facts": "the engine in two warm processes, figures made and not drawn",
    "bare": "the bare code in two warm processes",
}
GOALS = {"warm": "27 × the command, 0.85 of the bare code", "facts": "200 × the command"}

CELLS = (
    "seed: int = 1  # [0 to 1000000, count] of the random numbers",
    "import matplotlib.pyplot as plt\nimport numpy as np\nimport pandas as pd",
    "rng = np.random.default_rng(seed)\nreturns = rng.normal(0.0005, 0.01, size=(250, 20))",
    "prices = pd.DataFrame(100 * np.exp(np.cumsum(returns, axis=0)))",
    "daily = prices.pct_change().dropna()\nvolatility = daily.std() * np.sqrt(250)",
    "figure, axes = plt.subplots(figsize=(6.6, 3.7))\naxes.plot(prices)\naxes.set(xlabel='session', ylabel='price')\n"
    "plt.show()",
    "drawdown = (prices / prices.cummax() - 1).min()",
    "figure, axes = plt.subplots(figsize=(6.6, 3.7))\naxes.hist(daily.to_numpy().ravel(), bins=40)\n"
    "axes.set(xlabel='daily return', ylabel='count')\nplt.show()",
    "found = float(volatility.mean() + drawdown.mean())",
    "print(f'{found:.12f}')",
)

Way = Callable[[int, int], list[str]]


@dataclass(frozen=True)
class Row:
    """One line of the table: a way, how many runs it makes in a second, and what that comes to."""

    name: str
    runs_per_second: float
    note: str = ""
    goal: str = ""


def main() -> int:
    """Check that all ways agree, time them, print the table and write it; return the exit status."""
    with tempfile.TemporaryDirectory() as folder, ways(Path(folder)) as found:
        faults = disagreements(found)
        for fault in faults:
            print(f"bench: {fault}", file=sys.stderr)
        if faults:
            return 1
        rows = measured(found)
    machine = about_this_machine("numpy", "papermill", "distributed")
    print(f"{machine}\n\n{table(rows)}")
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps({"machine": machine, "rows": [vars(row) for row in rows]}, indent=1) + "\n")
    return 0


@contextlib.contextmanager
def ways(folder: Path) -> Iterator[Mapping[str, Way]]:
    """Give each way: called with a first seed and a number of runs, it returns what each run printed."""
    notebook = folder / "ten_cells.ipynb"
    nbformat.write(_notebook(), notebook)
    spawned = multiprocessing.get_context("spawn")
    with contextlib.ExitStack() as stack:
        pools = {
            name: stack.enter_context(ProcessPoolExecutor(PROCESSES, mp_context=spawned))
            for name in ("api", "warm", "facts", "bare")
        }

        def spread(name: str, run: Callable[[str, int], str]) -> Way:
            return lambda first, runs: list(pools[name].map(run, [str(notebook)] * runs, range(first, first + runs)))

        yield {
            "command": lambda first, runs: [_command(notebook, seed) for seed in range(first, first + runs)],
            "api": spread("api", _api),
            "warm": spread("warm", _warm),
            "facts": spread("facts", _facts),
            "bare": spread("bare", _bare),
        }


def _notebook() -> nbformat.NotebookNode:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [new_code_cell(code, metadata={"tags": []}) for code in CELLS]
    cells[0].metadata["tags"] = ["parameters"]
    made: nbformat.NotebookNode = new_notebook(
        cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}}
    )
    return made


def _command(notebook: Path, seed: int) -> str:
    output = notebook.with_name("command.ipynb")
    subprocess.run(  # noqa: S603 # this very interpreter
        [sys.executable, "-m", "papermill", str(notebook), str(output), "-p", "seed", str(seed), "--no-progress-bar"],
        check=True, capture_output=True,
    )  # fmt: skip
    return _printed(nbformat.read(output, as_version=4))


def _api(notebook: str, seed: int) -> str:
    import papermill

    done = papermill.execute_notebook(notebook, None, {"seed": seed}, progress_bar=False)
    return _printed(done)


def _warm(notebook: str, seed: int) -> str:
    return _forked(notebook, seed, drawn=True)


def _facts(notebook: str, seed: int) -> str:
    return _forked(notebook, seed, drawn=False)


def _forked(notebook: str, seed: int, *, drawn: bool) -> str:
    from nbclient import NotebookClient

    from coordination_gap.engine import execute
    from coordination_gap.engine.messages import Request
    from coordination_gap.engine.worker import shared

    read = nbformat.reads(Path(notebook).read_text(encoding="utf-8"), as_version=4)
    read.cells.insert(1, new_code_cell(f"# Parameters\nseed = {seed}\n", metadata={"tags": ["injected-parameters"]}))
    asked, places = execute.request_of(read, str(Path(notebook).parent))
    request = Request(asked.cells, asked.going_on, asked.modules, asked.folder, asked.environment, drawn)
    client = NotebookClient(read)
    with shared() as worker:
        for place, run in zip(places, worker.run(request), strict=False):
            execute.take(client, run, read.cells[place], place)
    _check_pictures(read, 2 if drawn else 0)
    return _printed(read)


def _check_pictures(notebook: nbformat.NotebookNode, expected: int) -> None:
    found = sum("image/png" in output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", []))
    if found != expected:
        raise RuntimeError(f"{found} pictures where there should be {expected}")


def _bare(_notebook: str, seed: int) -> str:
    """Run the same code in this process, drawing its figures as a notebook does; nothing is isolated."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    def show() -> None:
        for number in plt.get_fignums():
            picture = io.BytesIO()
            plt.figure(number).savefig(picture, format="png", bbox_inches="tight")
            base64.b64encode(picture.getvalue())
        plt.close("all")

    names: dict[str, Any] = {}
    said = io.StringIO()
    with mock.patch.object(plt, "show", show), contextlib.redirect_stdout(said):
        for code in (CELLS[0], f"seed = {seed}", *CELLS[1:]):
            exec(code, names)  # noqa: S102 # the cells above
    return said.getvalue().strip()


def _printed(notebook: nbformat.NotebookNode) -> str:
    return "".join(output.get("text", "") for output in notebook.cells[-1].outputs).strip()


def disagreements(found: Mapping[str, Way]) -> list[str]:
    """Return a sentence for each way that finds another number than the bare code."""
    expected = found["bare"](1, 2)
    return [
        f"{NAMES[name]} finds {got} where the bare code finds {expected}"
        for name, way in found.items()
        if (got := way(1, 2)) != expected
    ]


def measured(found: Mapping[str, Way]) -> list[Row]:
    """Return the table's rows."""
    rates: dict[str, list[float]] = {name: [] for name in found}
    for measured_round in range(ROUNDS + 1):
        for name, way in found.items():
            runs = RUNS[name]
            start = time.perf_counter()
            way(100 * measured_round, runs)
            if measured_round:  # the first round only warms up
                rates[name].append(runs / (time.perf_counter() - start))
    return [Row(NAMES[name], statistics.median(rates[name]), _note(name, rates), GOALS.get(name, "")) for name in found]


def _note(name: str, rates: Mapping[str, list[float]]) -> str:
    beside = [
        (other, words) for other, words in (("command", "the command"), ("bare", "the bare code")) if other != name
    ]
    ratios = [
        f"{statistics.median(mine / its for mine, its in zip(rates[name], rates[other], strict=True)):.3g} × {words}"
        for other, words in beside
    ]
    return ", ".join(ratios)


def table(rows: list[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = ["| what | runs a second | goal | |", "|---|---:|---|---|"]
    lines += [f"| {row.name} | {row.runs_per_second:.3g} | {row.goal} | {row.note} |" for row in rows]
    return "\n".join(lines)


if __name__ == "__main__":
    os.environ.pop("MPLBACKEND", None)
    sys.exit(main())
