"""Every notebook of the book in a warm process, against its run by the ordinary engine in `make book`.

Not against its committed twin, which another kind of processor may have written: its last digits differ.
"""

import functools

import nbformat
import papermill
import pytest
from nbformat import NotebookNode

from coordination_gap import paths
from coordination_gap.engine.papermill_engine import NAME
from coordination_gap.press import edition, notebooks, run_notebook


@pytest.mark.parametrize("name", notebooks.names())
def test_a_notebook_gives_what_it_gives_under_the_ordinary_engine(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(papermill, "execute_notebook", functools.partial(papermill.execute_notebook, engine_name=NAME))
    warm = run_notebook.run(name, edition.load("base").parameters[name])
    assert notebooks.recorded_facts(name, warm)
    ordinary = paths.build() / "html" / "notebooks" / f"{name}.ipynb"
    assert ordinary.is_file(), "the site is not built: run 'make book' first"
    assert _compared(notebooks.committed(warm)) == _compared(nbformat.read(ordinary, as_version=4))


def _compared(notebook: NotebookNode) -> str:
    """Return the notebook without pictures, whose last bits may differ between machines; their data stay."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop("image/png", None)
    written: str = nbformat.writes(notebook)
    return written
