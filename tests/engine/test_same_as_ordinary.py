"""A cell gives the same outputs, and a fault the same sentence, under both engines."""

import functools
import re
from collections.abc import Callable

import nbformat
import papermill
import pytest
from nbformat import NotebookNode

from coordination_gap.engine.papermill_engine import NAME
from coordination_gap.press import PressError, notebooks, run_notebook
from tests.conftest import NOTEBOOK, Project, make_project

Outcome = tuple[str, str]
Both = Callable[..., tuple[Outcome, Outcome]]


@pytest.fixture
def both(tmp_path: object, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Both:
    """Run the small notebook, with cells added, under the ordinary engine and under this one.

    Returns for each what was written of the run, and the sentence if it failed.
    """
    project = make_project(tmp_path_factory.mktemp("both") / "project")
    monkeypatch.setenv("GAPBOOK_ROOT", str(project.root))

    def run(*cells: str) -> tuple[Outcome, Outcome]:
        monkeypatch.delenv("PYTEST_CURRENT_TEST")  # under which an ordinary kernel does not watch its descriptors
        added = "".join(f"\n```{{code-cell}} ipython3\n{cell}\n```\n" for cell in cells)
        project.path("notebooks/01_widgets.md").write_text(NOTEBOOK + added, encoding="utf-8")
        ordinary = papermill.execute_notebook
        first = outcome(project)
        monkeypatch.setattr(papermill, "execute_notebook", functools.partial(ordinary, engine_name=NAME))
        second = outcome(project)
        monkeypatch.setattr(papermill, "execute_notebook", ordinary)
        return first, second

    return run


def outcome(project: Project) -> Outcome:
    kept = project.path("_build/failed/01_widgets.ipynb")
    kept.unlink(missing_ok=True)
    executed: NotebookNode | None
    try:
        executed, sentence = run_notebook.run("01_widgets", {"as_of": "2026-02-01", "factor": 2.0}), ""
    except PressError as error:
        executed, sentence = nbformat.read(kept, as_version=4) if kept.is_file() else None, str(error)
    # A warning names its cell by the process that ran it.
    written = re.sub(r"ipykernel_\d+", "ipykernel", nbformat.writes(notebooks.canonical(executed)) if executed else "")
    return written, re.sub(r"ipykernel_\d+", "ipykernel", sentence)


CELLS = {
    "text": "print('a'); print('b')",
    "both streams": "import sys; print('out'); print('more'); 7",
    "a result": "widgets",
    "no result": "widgets;",
    "results as HTML": "from IPython.display import HTML, display; display(HTML('<b>x</b>')); HTML('<i>y</i>')",
    "a picture by pyplot": "import matplotlib.pyplot as plt; plt.plot([1, 2]); plt.show()",
    "a figure that is left open": "import matplotlib.pyplot as plt; _ = plt.plot([1, 2])",
    "inline, by its magic": "%matplotlib inline\nimport matplotlib.pyplot as plt; _ = plt.plot([1, 2])",
    "a display that is changed": "from IPython.display import display\nh = display(1, display_id='a'); h.update(2)",
    "outputs that are cleared": (
        "from IPython.display import clear_output\n"
        "print(1); clear_output(); print(2); clear_output(wait=True); print(3)"
    ),
    "await": "import asyncio; await asyncio.sleep(0.01); print('slept')",
    "await for a process": (
        "import asyncio\np = await asyncio.create_subprocess_exec('echo', 'said', stdout=-1)\nawait p.communicate()"
    ),
    "a shell command": "!echo said",
    "a magic": "%env GAPBOOK_ROOT=",
    "history": "1 + 1\n_, Out, In[-1]",
    "what a process of its own writes": "import subprocess; _ = subprocess.run(['echo', 'said'])",
    "numbers that are none": "import numpy as np\nfloat('nan'), np.float64(1), {1: (2, 3)}",
    "its own name": "__name__, 'ipykernel' in __import__('sys').modules, type(get_ipython()).__name__",
    "its folder": "import os; os.path.basename(os.getcwd()), os.environ['FORCE_COLOR'], os.environ['MPLBACKEND']",
    "pickle of what a cell defines": (
        "import pickle\nclass Made:\n    pass\ntype(pickle.loads(pickle.dumps(Made()))).__module__"
    ),
    "processes of a cell's function": (
        "import multiprocessing as mp\ndef twice(n):\n    return 2 * n\n"
        "with mp.get_context('fork').Pool(2) as pool:\n    print(pool.map(twice, [1, 2]))"
    ),
    "threads": "import threading\nt = threading.Thread(target=print, args=('from a thread',)); t.start(); t.join()",
    "a recursion": "def f(n): return n and f(n - 1)\nf(100)",
}

FAULTS = {
    "an error": "1 / 0",
    "an error from within": "def inner(x):\n    raise KeyError(x)\ndef outer():\n    inner('no')\nouter()",
    "an error after output": "print('before'); int('x')",
    "an error with a cause": "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise ValueError('second') from e",
    "a syntax error": "x = = 1",
    "an error of this package": "page.record('bad name', 1.0, unit='ratio', formula='x')",
    "an error in a figure": (
        "def fails(figure, data): raise RuntimeError('no drawing')\n"
        "figures.publish('widgets.no', fails, widgets, alt='one two three four five')"
    ),
    "an error that cannot be shown": "class Bad:\n    def __repr__(self):\n        raise ValueError('no words')\nBad()",
    "an error after await": "import asyncio\nawait asyncio.sleep(0)\nraise RuntimeError('late')",
    "asyncio.run where a loop runs": (
        "import asyncio\nc = asyncio.sleep(0)\ntry:\n    asyncio.run(c)\nfinally:\n    c.close()"
    ),
    "a question to the reader": "input('name?')",
    "a warning": "import warnings; warnings.warn('beware')",
    "a line to stderr": "import sys; print('beware', file=sys.stderr)",
    "a log's warning": "import logging; logging.getLogger('mine').warning('beware')",
    "a process that writes to stderr": "import subprocess; _ = subprocess.run('echo beware >&2', shell=True)",
    "a deprecated call": "import warnings; warnings.warn('old', DeprecationWarning)",
    "interrupted": "raise KeyboardInterrupt",
    "left": "raise SystemExit(3)",
    "killed": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "gone": "import os; os._exit(3)",
}


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_gives_the_same_outputs(both: Both, name: str) -> None:
    (ordinary, ordinary_sentence), (warm, warm_sentence) = both(CELLS[name])
    assert (ordinary_sentence, warm_sentence) == ("", "")
    assert warm == ordinary


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_gives_the_same_sentence_and_the_same_outputs(both: Both, name: str) -> None:
    (ordinary, ordinary_sentence), (warm, warm_sentence) = both(FAULTS[name], "print('not reached')")
    assert ordinary_sentence.startswith("notebooks/01_widgets.md")
    assert warm_sentence == ordinary_sentence
    assert warm == ordinary


def test_a_cell_without_end_gives_the_same_sentence(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_notebook, "CELL_SECONDS", 2)
    (_, ordinary), (_, warm) = both("while True: pass")
    assert ordinary == "notebooks/01_widgets.md: a cell ran longer than 2 s; make it lighter"
    assert warm == ordinary


def test_a_cell_that_may_fail_ends_nothing(both: Both) -> None:
    (_, ordinary), (_, warm) = both(":tags: [raises-exception]\n\n1 / 0", "print('reached')")
    assert "ZeroDivisionError" in ordinary  # papermill says so of any error, once all cells have run
    assert warm == ordinary


def test_a_cell_to_be_skipped_is_skipped(both: Both) -> None:
    ordinary, warm = both(":tags: [skip-execution]\n\n1 / 0", "   ", "print('reached')")
    assert warm == ordinary
    assert "reached" in warm[0]
    assert warm[1] == ""
