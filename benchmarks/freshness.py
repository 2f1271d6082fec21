"""How fast a book is built, and built again where little or nothing changed, beside Jupyter Book with its cache.

``python -m benchmarks.freshness`` runs it. Both build the same notebooks: Jupyter Book executes them
itself and keeps them in its cache, ``gapbook`` keeps its runs. Both are timed in turn, round
after round, as whole commands, so that a busy moment of the machine meets both alike; what is
printed are medians over the rounds, and medians of the ratios within a round.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from benchmarks.reliability import about_this_machine
from tests.conftest import HEADER, make_project

RESULTS = Path("_build/benchmarks/freshness.json")
ROUNDS = 5
NOTEBOOKS = 8
#: A word of each notebook's prose that is replaced where prose is to change.
WORD = "ordinary"

_CODE = """\
    # Notebook {number}

    An ordinary paragraph. The answer is {answer}

    ```{{code-cell}} ipython3
    :tags: [parameters]

    as_of: str = "2026-02-01"  # [2026-01-01 to 2026-12-31, day] last day whose publications may be seen
    ```

    ```{{code-cell}} ipython3
    import numpy as np
    import pandas as pd

    from coordination_gap import facts, figures, tables

    page = facts.Page("n{number}", as_of=as_of)
    data = pd.DataFrame({{"x": np.arange(100.0), "y": np.random.default_rng({number}).normal(size=100).cumsum()}})
    _ = page.record("last", data["y"].iloc[-1], unit="ratio", decimals=2, formula="sum",
                    sources=[tables.parameters(seed={number})])
    ```

    ```{{code-cell}} ipython3
    def draw(figure, data):
        figure.subplots().plot(data["x"], data["y"])


    figures.publish("n{number}.walk", draw, data, alt="Line chart: a random walk of a hundred steps")
    ```
    """
_FIGURE = """
    ```{{computed-figure}} n{number}.walk
    A random walk.
    ```
    """


@dataclass(frozen=True)
class Row:
    """One line of the table: medians in seconds, and the median of the ratios within a round."""

    name: str
    ours_seconds: float
    theirs_seconds: float
    ratio: float
    goal: str


def main() -> int:
    """Build both books, time them, print the table and write it; return the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = _our_book(Path(folder, "ours")), _their_book(Path(folder, "theirs"))
        rows = [
            _row("the book, cold", ours, theirs, _forget(Path(folder)), "2.5 times faster"),
            _row("the book, nothing changed", ours, theirs, lambda _: None, "3 times faster, below 1 s"),
            _row("one notebook's prose changed", ours, theirs, _edit_prose(Path(folder)), "faster, and right"),
        ]
    machine = f"{about_this_machine('jupyter-book', 'Sphinx', 'papermill')}; {NOTEBOOKS} notebooks"
    print(f"{machine}\n\n{table(rows)}")
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps({"machine": machine, "rows": [vars(row) for row in rows]}, indent=1) + "\n")
    return 0


def _text(number: int, answer: str, figure: bool) -> str:
    text = _CODE.format(number=number, answer=answer) + (_FIGURE.format(number=number) if figure else "")
    return f"{HEADER}\n{dedent(text)}"


def _names() -> list[str]:
    return [f"{number:02}_notebook" for number in range(1, NOTEBOOKS + 1)]


def _our_book(root: Path) -> Callable[[], None]:
    project = make_project(root)
    project.path("notebooks/01_widgets.md").unlink()
    for number, name in enumerate(_names(), start=1):
        text = _text(number, f"{{fact}}`n{number}.last`.", figure=True)
        project.path(f"notebooks/{name}.md").write_text(text, encoding="utf-8")
    project.path("book/index.md").write_text("# A book\n\nWords.\n", encoding="utf-8")
    pages = "".join(f"  - file: notebooks/{name}\n" for name in _names())
    toc = f"format: jb-book\nroot: book/index\nchapters:\n{pages}  - file: book/facts\n"
    project.path("_toc.yml").write_text(toc, encoding="utf-8")
    command, environment = project.command("build")
    return lambda: _run(command, environment)


def _their_book(root: Path) -> Callable[[], None]:
    root.mkdir()
    for number, name in enumerate(_names(), start=1):
        root.joinpath(f"{name}.md").write_text(_text(number, "below.", figure=False), encoding="utf-8")
    root.joinpath("index.md").write_text("# A book\n\nWords.\n", encoding="utf-8")
    pages = "".join(f"  - file: {name}\n" for name in _names())
    root.joinpath("_toc.yml").write_text(f"format: jb-book\nroot: index\nchapters:\n{pages}", encoding="utf-8")
    config = (
        "title: A book\nexecute: { execute_notebooks: cache }\nsphinx: { config: { suppress_warnings: [mystnb] } }\n"
    )
    root.joinpath("_config.yml").write_text(config, encoding="utf-8")
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", str(root), "-q"]
    return lambda: _run(command, dict(os.environ))


def _run(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 # our own commands
    if done.returncode:
        raise SystemExit(f"bench: a build failed: {done.stderr[-2000:]}")


def _row(
    name: str, ours: Callable[[], None], theirs: Callable[[], None], prepare: Callable[[int], None], goal: str
) -> Row:
    times: list[tuple[float, float]] = []
    for measured_round in range(ROUNDS + 1):
        prepare(measured_round)
        pair = _seconds(ours), _seconds(theirs)
        if measured_round:  # the first round only warms up
            times.append(pair)
    ratio = statistics.median(their / our for our, their in times)
    our_median, their_median = (statistics.median(column) for column in zip(*times, strict=True))
    return Row(name, our_median, their_median, ratio, goal)


def _forget(folder: Path) -> Callable[[int], None]:
    def forget(_round: int) -> None:
        for book in ("ours", "theirs"):
            shutil.rmtree(folder / book / "_build", ignore_errors=True)

    return forget


def _edit_prose(folder: Path) -> Callable[[int], None]:
    def edit(measured_round: int) -> None:
        for path in folder.rglob("03_notebook.md"):
            if "_build" not in path.parts:
                text = path.read_text(encoding="utf-8").replace(WORD, f"{WORD} and {measured_round}", 1)
                path.write_text(text, encoding="utf-8")

    return edit


def _seconds(build: Callable[[], None]) -> float:
    start = time.perf_counter()
    build()
    return time.perf_counter() - start


def table(rows: list[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = [
        "| what | gapbook build | jupyter-book build, its cache | times faster | goal |",
        "|---|---:|---:|---:|---|",
    ]
    lines += [
        f"| {row.name} | {row.ours_seconds:.2f} s | {row.theirs_seconds:.2f} s | {row.ratio:.1f} | {row.goal} |"
        for row in rows
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
