"""Run one notebook through papermill, in a kernel that says what it reads."""

import json
import os
import tempfile
from pathlib import Path

import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError

from coordination_gap import paths
from coordination_gap.press import PressError, notebooks
from coordination_gap.press.freshness import inputs, recorder, store
from coordination_gap.press.parameters import Value
from coordination_gap.press.provisioner import LocalKernelManager

#: A cell that runs longer than this many seconds is stopped.
CELL_SECONDS = 600


def run(name: str, parameters: dict[str, Value]) -> NotebookNode:
    """Run one notebook and return it executed; each cell still says where it begins in the text.

    Its metadata hold what it read, as :mod:`coordination_gap.press.freshness.recorder` wrote it down.

    Raises
    ------
    PressError
        If a cell raises, warns, runs too long or kills its kernel; the notebook as far
        as it ran is kept in ``_build/failed/``.
    """
    source = notebooks.read_text(name)
    code = inputs.code_sha256(source)
    source.metadata.setdefault("language_info", {"name": "python"})
    kept = paths.build() / "failed" / f"{name}.ipynb"
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="gapbook-") as scratch:
        # A profile of the reader's own must not change what is published.
        os.environ["IPYTHONDIR"] = os.environ["JUPYTER_RUNTIME_DIR"] = scratch
        record = Path(scratch) / "record.json"
        os.environ[recorder.RECORD] = str(record)
        try:
            executed: NotebookNode = papermill.execute_notebook(
                source,
                str(kept),
                parameters=parameters,
                kernel_name="python3",
                cwd=str(paths.notebooks()),
                progress_bar=False,
                request_save_on_cell_execute=False,
                autosave_cell_every=0,
                execution_timeout=CELL_SECONDS,
                shutdown_kernel="immediate",
                kernel_manager_class=LocalKernelManager,
                # The kernel's own log is not for the person at the terminal; its failures come back as errors.
                extra_arguments=[
                    "--IPKernelApp.log_level=50",
                    f"--IPKernelApp.extra_extensions={recorder.__name__}",
                ],
            )
        except PapermillExecutionError as error:
            raise PressError(_failure(name, source, error.source, f"{error.ename}: {error.evalue}", kept)) from None
        except CellTimeoutError:
            raise PressError(f"notebooks/{name}.md: a cell ran longer than {CELL_SECONDS} s; make it lighter") from None
        except (DeadKernelError, RuntimeError):  # the second where the kernel never answers
            raise PressError(
                f"notebooks/{name}.md: its kernel died or never answered (out of memory?); free memory and run it again"
            ) from None
        if record.is_file():  # another engine than the ordinary one leaves none
            executed.metadata[store.RECORD] = json.loads(record.read_text(encoding="utf-8")) | {"code": code}
    for cell in executed.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "stream" and output.name == "stderr":
                what = f"it wrote to stderr: {output.text.strip().splitlines()[-1]}"
                raise PressError(_failure(name, source, cell.source, what, kept))
    kept.unlink(missing_ok=True)  # the same notebook may run twice at once
    return executed


def _failure(name: str, source: NotebookNode, cell_source: str, what: str, kept: Path) -> str:
    number, line = next(
        (
            (number, cell.metadata[notebooks.LINE])
            for number, cell in enumerate(source.cells, start=1)
            if cell.source == cell_source
        ),
        (0, 1),
    )
    where = kept.relative_to(paths.root())
    return f"notebooks/{name}.md, line {line} (cell {number}): {what}; as far as it ran it is in {where}"
