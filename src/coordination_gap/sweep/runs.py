"""One run of a sweep, in the process of a worker: from the values of a point to its facts."""

import os
import time
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from papermill.translators import PythonTranslator

from coordination_gap import media_types, other_facts
from coordination_gap.engine import execute, imports
from coordination_gap.engine.messages import CellRun, Request
from coordination_gap.engine.worker import shared
from coordination_gap.press import notebooks
from coordination_gap.press.parameters import Value

Row = dict[str, Any]


@dataclass(frozen=True)
class Task:
    """What all runs of a sweep have in common.

    Attributes
    ----------
    name
        The notebook's name.
    text
        The notebook as JSON, each cell with its line in the text.
    fixed
        The values of the parameters that do not vary.
    root
        The project's folder.
    kept
        Whether the executed notebook comes with the row; figures are drawn only then.
    cell_seconds
        The limit of a cell.
    """

    name: str
    text: str
    fixed: dict[str, Value]
    root: str
    kept: bool
    cell_seconds: float


def run(task: Task, number: int, values: dict[str, Value]) -> Row:
    """Run one point; whatever goes wrong with it is a sentence in its row.

    Returns
    -------
    dict
        ``run``, ``parameters``, ``facts`` by id, ``error`` or None, ``seconds``, and
        ``notebook`` where it is kept.
    """
    began = time.perf_counter()
    notebook = _with_parameters(task, values)
    row: Row = {"run": number, "parameters": values, "facts": {}, "error": None}
    client = NotebookClient(notebook) if task.kept else None
    try:
        row["error"] = _run_cells(task, notebook, client, row["facts"])
    except CellTimeoutError:
        row["error"] = (
            f"notebooks/{task.name}.md: a cell ran longer than {task.cell_seconds:g} s; make it lighter, "
            "or give it longer with --time-limit"
        )
    except DeadKernelError:
        row["error"] = f"notebooks/{task.name}.md: its process was killed (out of memory?)"
    row["seconds"] = round(time.perf_counter() - began, 4)
    if client is not None:
        row["notebook"] = nbformat.writes(notebooks.canonical(notebook))
    return row


def _with_parameters(task: Task, values: dict[str, Value]) -> NotebookNode:
    """Return the notebook with a cell that gives all parameters their values, as papermill puts it there."""
    notebook: NotebookNode = nbformat.reads(task.text, as_version=4)
    place = next(number for number, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", []))
    code = PythonTranslator.codify({**task.fixed, **values}, "Parameters")
    notebook.cells.insert(place + 1, new_code_cell(code, metadata={"tags": ["injected-parameters"]}))
    return notebook


def _run_cells(task: Task, notebook: NotebookNode, client: NotebookClient | None, facts: dict[str, Any]) -> str | None:
    """Run the cells, noting facts as they are recorded; return a sentence for the cell that fails."""
    request, places = execute.request_of(notebook, os.path.join(task.root, "notebooks"))  # noqa: PTH118 # a plain text
    environment = {**request.environment, "GAPBOOK_ROOT": task.root}
    environment.pop(other_facts.FOLDER, None)
    request = Request(request.cells, request.going_on, request.modules, request.folder, environment, drawn=task.kept)
    with shared() as worker, closing(worker.run(request, task.cell_seconds)) as runs:
        for place, cell_run in zip(places, runs, strict=False):
            cell = notebook.cells[place]
            if client is not None:
                execute.take(client, cell_run, cell, place)
            what = _noted(cell_run, facts)
            if what is not None:
                return _sentence(task.name, notebook, place, what)
    return None


def _noted(cell_run: CellRun, facts: dict[str, Any]) -> str | None:
    what = None
    for message in cell_run.messages:
        content = message["content"]
        if message["msg_type"] == "error":
            return f"{content['ename']}: {content['evalue']}"
        if message["msg_type"] == "stream" and content["name"] == "stderr":
            what = f"it wrote to stderr: {content['text'].strip().splitlines()[-1]}"
        payload = content.get("data", {}).get(media_types.FACT)
        if payload is not None:
            facts[payload["id"]] = payload["value"]
    return what


def _sentence(name: str, notebook: NotebookNode, place: int, what: str) -> str:
    cell = notebook.cells[place]
    # The cell with the values of the run has no line of its own in the text.
    written = [other for other in notebook.cells[: place + 1] if notebooks.LINE in other.metadata]
    line = cell.metadata.get(notebooks.LINE, 1)
    return f"notebooks/{name}.md, line {line} (cell {len(written)}): {what}"


def prepared(name: str, fixed: dict[str, Value], root: str, *, kept: bool, cell_seconds: float) -> Task:
    """Return what all runs of a notebook have in common; `fixed` gives every parameter a value."""
    notebook = notebooks.read_text(name)
    notebook.metadata.setdefault("language_info", {"name": "python"})
    return Task(name, nbformat.writes(notebook), fixed, root, kept, cell_seconds)


def warm_up(task: Task) -> None:
    """Have the warm process of this one load what the notebook imports."""
    notebook = nbformat.reads(task.text, as_version=4)
    modules = imports.modules(cell.source for cell in notebook.cells if cell.cell_type == "code")
    with shared() as worker:
        for _ in worker.run(Request(("pass",), (False,), modules, "/", dict(os.environ), drawn=False), None):
            pass
