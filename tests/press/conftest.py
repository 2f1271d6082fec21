"""A small project that the press reads in this process, without building it."""

from pathlib import Path
from textwrap import dedent

import pytest

from tests.conftest import HEADER, Project, make_project

GADGETS = HEADER + dedent("""\

    # Gadgets

    How many there are.

    ```{code-cell} ipython3
    :tags: [parameters]

    steps: int = 6  # [1 to 1000, count] steps in series
    market: str = "spy"  # [spy | qqq] the control
    strict: bool = False  # [any] whether to be strict
    ```


    ## More

    ```{code-cell} ipython3
    total = steps + 1
    ```
    """)


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Return a project of two notebooks, 01_widgets and 02_gadgets, that the press takes for its own."""
    project = make_project(tmp_path / "project")
    project.path("notebooks/02_gadgets.md").write_text(GADGETS, encoding="utf-8")
    monkeypatch.setenv("GAPBOOK_ROOT", str(project.root))
    return project
