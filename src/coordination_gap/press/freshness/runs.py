"""Bring a number of runs about: take what is kept, run the rest, and keep what can be kept."""

import sys
from pathlib import Path

from nbformat import NotebookNode

from coordination_gap import other_facts
from coordination_gap.press import PressError, execute, notebooks
from coordination_gap.press.execute import Job
from coordination_gap.press.freshness import store
from coordination_gap.press.freshness.inputs import Asked


def read_executed(path: Path) -> NotebookNode:
    """Read an executed notebook that the press itself has written."""
    return store.parsed(path.read_text(encoding="utf-8"))


class Runs:
    """Runs that may go at once; the build lock has to be held.

    Parameters
    ----------
    facts_folder
        The facts of others that are handed over; None for none.
    fresh
        Whether to run everything, whatever is kept.
    """

    def __init__(self, facts_folder: Path | None = None, *, fresh: bool = False) -> None:
        self._facts_folder = facts_folder
        self._facts = other_facts.handed(facts_folder) if facts_folder else {}
        self._fresh = fresh
        self._before = store.Before.now()
        self._to_run: list[Job] = []

    def add(self, job: Job) -> None:
        """Write the job's notebook if a kept run is what running it would give; else plan to run it."""
        kept = None if self._fresh else store.find(self._asked(job))
        if kept is None:
            self._to_run.append(job)
            return
        notebooks.write(kept, job.folder / f"{job.name}.ipynb")
        print(f"kept {job.name}", file=sys.stderr)

    def complete(self) -> None:
        """Run what was planned.

        Raises
        ------
        PressError
            If a notebook fails; what ran without a fault is kept.
        """
        if self._to_run:
            execute.run_all(self._to_run, self._facts_folder, self._landed)

    def _landed(self, job: Job) -> None:
        path = job.folder / f"{job.name}.ipynb"
        asked = self._asked(job)
        executed = read_executed(path)
        if store.RECORD not in executed.metadata:  # IPython only warns of an extension that it cannot load
            raise PressError(f"notebooks/{job.name}.md: its kernel did not say what it read; run it again")
        executed = store.completed(asked, executed, self._before)
        record = executed.metadata[store.RECORD]
        if record["facts"] and self._facts_folder is None:
            raise PressError(
                f"notebooks/{job.name}.md reads facts of other notebooks through a module, so that it was not run "
                "after them; name other_facts in one of its cells"
            )
        why_not = store.keep(asked, executed)
        if why_not is not None:
            print(f"{job.name} will run again next time: {why_not}", file=sys.stderr)
        notebooks.write(executed, path)

    def _asked(self, job: Job) -> Asked:
        return Asked(job.name, job.parameters, self._facts)
