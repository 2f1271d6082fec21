"""The small project with a notebook that is light to sweep, and a cluster of two workers."""

from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from distributed import Client

from coordination_gap.sweep import cluster
from tests.conftest import HEADER, Project, make_project

LIGHT = HEADER + dedent("""\

    # Light

    ```{code-cell} ipython3
    :tags: [parameters]

    as_of: str = "2026-02-01"  # [2026-01-01 to 2026-12-31, day] last day whose publications may be seen
    factor: float = 1.0  # [0 to 1000000, ratio] what is multiplied
    steps: int = 2  # [0 to 1000, count] by what
    kind: str = "plain"  # [plain | noted] a word
    ```

    ```{code-cell} ipython3
    import os
    import signal

    from coordination_gap import facts, tables

    page = facts.Page("light", as_of=as_of)
    ```

    ```{code-cell} ipython3
    if steps == 13:
        raise ValueError(f"no run of {steps}")
    if steps == 666:
        os.kill(os.getpid(), signal.SIGKILL)
    if steps == 999:
        while True:
            pass
    given = tables.parameters(factor=factor, steps=steps)
    _ = page.record("factor", factor, unit="ratio", formula="as given", sources=[given])
    _ = page.record("twice", 2 * factor, unit="ratio", formula="two times factor", sources=[given])
    _ = page.record("product", factor * steps, unit="ratio", formula="factor times steps", sources=[given])
    _ = page.record("kind", kind, unit="text", formula="as given", sources=[given])
    ```
    """)
LINE_OF_FAULT = LIGHT[: LIGHT.index("if steps == 13")].count("\n")


@pytest.fixture
def light(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    project = make_project(tmp_path / "project")
    project.path("notebooks/02_light.md").write_text(LIGHT, encoding="utf-8")
    monkeypatch.setenv("GAPBOOK_ROOT", str(project.root))
    return project


@pytest.fixture(scope="session")
def client() -> Iterator[Client]:
    with cluster.connected(None, 2) as connected:
        yield connected
