"""The process in which Sphinx renders a book: started when a build begins, so that it has loaded when it is needed.

Only light modules are imported here.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from coordination_gap import paths


class Rendered(NamedTuple):
    """How a rendering ended: the exit status, and what was written to stdout and stderr."""

    status: int
    stdout: str
    stderr: str


class Renderer:
    """A process that waits for the one book that it is to render, and ends with its context."""

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="gapbook-")
        self._written = Path(self._folder.name, "stdout"), Path(self._folder.name, "stderr")
        # Files, since nobody empties a pipe before the rendering.
        with self._written[0].open("w") as stdout, self._written[1].open("w") as stderr:
            self._process = subprocess.Popen(  # our own interpreter and code
                [sys.executable, "-m", "coordination_gap.press.jupyter_book"],
                stdin=subprocess.PIPE,
                stdout=stdout,
                stderr=stderr,
                text=True,
                env={**os.environ, "GAPBOOK_ROOT": str(paths.root()), "NO_COLOR": "1"},
            )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()
        self._process.communicate()
        self._folder.cleanup()

    def render(self, source: Path, doctrees: Path, output: Path, *, whole: bool) -> Rendered:
        """Render a book, as of :func:`coordination_gap.press.jupyter_book.main`."""
        words = {"source": str(source), "doctrees": str(doctrees), "output": str(output), "whole": whole}
        self._process.communicate(json.dumps(words))
        stdout, stderr = (path.read_text(encoding="utf-8", errors="replace") for path in self._written)
        return Rendered(self._process.returncode, stdout, stderr)
