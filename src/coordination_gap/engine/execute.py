"""Run a notebook in a warm process: from its cells to their outputs."""

import os
from collections.abc import Callable
from contextlib import closing

from nbclient import NotebookClient
from nbformat import NotebookNode

from coordination_gap.engine import imports
from coordination_gap.engine.messages import CellRun, Request
from coordination_gap.engine.worker import Worker

Told = Callable[[NotebookNode, int], None]


def request_of(notebook: NotebookNode, folder: str) -> tuple[Request, list[int]]:
    """Return the run that a notebook asks for, and the places of the cells that it runs.

    As with the ordinary engine, a cell that is empty or tagged ``skip-execution`` is
    passed over, and one tagged ``raises-exception`` does not end the run.
    """
    places = [number for number, cell in enumerate(notebook.cells) if _runs(cell)]
    cells = tuple(notebook.cells[place].source for place in places)
    going_on = tuple("raises-exception" in _tags(notebook.cells[place]) for place in places)
    request = Request(cells, going_on, imports.modules(cells), folder, dict(os.environ))
    return request, places


def execute(worker: Worker, client: NotebookClient, *, started: Told, failed: Told, completed: Told) -> None:
    """Run the notebook of a client in a warm process and put the outputs into its cells.

    Parameters
    ----------
    worker
        Where it runs.
    client
        Makes outputs of kernel messages; its `timeout` is the limit of a cell in seconds. It needs no kernel.
    started, failed, completed
        Called with a cell and its place as it starts, as it raises where that ends the run, and as it ends.

    Raises
    ------
    nbclient.exceptions.CellTimeoutError, nbclient.exceptions.DeadKernelError
        As of :meth:`Worker.run`.
    """
    cells = client.nb.cells
    request, places = request_of(client.nb, os.getcwd())  # noqa: PTH109 # as it is, links unfollowed
    with closing(worker.run(request, client.timeout)) as runs:
        for place, cell in enumerate(cells):
            started(cell, place)
            if place in places:
                run = next(runs)
                take(client, run, cell, place)
                if run.status != "ok" and "raises-exception" not in _tags(cell):
                    failed(cell, place)
                    completed(cell, place)
                    return
            completed(cell, place)


def take(client: NotebookClient, run: CellRun, cell: NotebookNode, place: int) -> None:
    """Put what a cell did into it."""
    cell.execution_count = run.execution_count
    client.clear_before_next_output = False
    for message in run.messages:
        client.process_message(message, cell, place)


def _runs(cell: NotebookNode) -> bool:
    return cell.cell_type == "code" and bool(cell.source.strip()) and "skip-execution" not in _tags(cell)


def _tags(cell: NotebookNode) -> list[str]:
    tags: list[str] = cell.metadata.get("tags", [])
    return tags
