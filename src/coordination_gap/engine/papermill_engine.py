"""The warm processes as an engine of papermill's, under the name ``gapbook``.

Importing this module registers it; other programs find it by its entry point.
"""

from typing import Any

from ipykernel.ipkernel import IPythonKernel
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, NotebookExecutionManager, papermill_engines
from papermill.log import logger

from coordination_gap.engine.execute import execute
from coordination_gap.engine.worker import shared

NAME = "gapbook"


class WarmEngine(Engine):  # type: ignore[misc] # papermill is untyped
    """Runs each notebook in a fork of one warm process, which is kept for as long as this process lives."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        log_output: bool = False,
        stdout_file: Any = None,
        stderr_file: Any = None,
        execution_timeout: float | None = None,
        **options: Any,
    ) -> None:
        """Run a notebook; what only a kernel of its own could heed is passed over.

        Figures are not drawn where ``GAPBOOK_FIGURES`` is ``not drawn``.
        """
        client = PapermillNotebookClient(
            nb_man,
            timeout=execution_timeout or options.get("timeout"),
            kernel_name=kernel_name,
            log=logger,
            log_output=log_output,
            stdout_file=stdout_file,
            stderr_file=stderr_file,
        )
        client.reset_execution_trackers()
        with shared() as worker:
            execute(
                worker,
                client,
                started=nb_man.cell_start,
                failed=nb_man.cell_exception,
                completed=nb_man.cell_complete,
            )
        nb_man.nb.metadata["language_info"] = IPythonKernel.language_info
        client.set_widgets_metadata()


papermill_engines.register(NAME, WarmEngine)
