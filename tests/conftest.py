"""A small book, complete enough to be built, for the tests that break it."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest

from coordination_gap import paths

HEADER = dedent("""\
    ---
    jupytext:
      formats: ipynb,md:myst
      text_representation:
        extension: .md
        format_name: myst
    kernelspec:
      display_name: Python 3 (ipykernel)
      language: python
      name: python3
    ---
    """)

NOTEBOOK = HEADER + dedent("""\

    # Widgets

    The mean is {fact}`widgets.mean`.
    {wording}`widgets.mean | > 1: That is more than one. | else: That is one or less.`

    ```{code-cell} ipython3
    :tags: [parameters]

    as_of: str = "2026-02-01"  # [2026-01-01 to 2026-12-31, day] last day whose publications may be seen
    factor: float = 1.0  # [0 to 10, ratio] what the mean is multiplied by
    ```

    ```{code-cell} ipython3
    from coordination_gap import facts, figures, tables

    page = facts.Page("widgets", as_of=as_of)
    widgets = tables.load("widgets", as_of=as_of)
    _ = page.record(
        "mean", factor * widgets["weight_kg"].mean(), unit="ratio", decimals=2,
        formula="mean weight of the visible widgets", sources=[tables.rows(widgets)],
    )
    ```

    ```{code-cell} ipython3
    def draw(figure, data):
        figure.subplots().plot(data["widget"], data["weight_kg"])


    figures.publish("widgets.weights", draw, widgets, alt="Line chart: the weight of each widget")
    ```

    ```{computed-figure} widgets.weights
    The weight of each widget; the mean is {fact}`widgets.mean`.
    ```
    """)

TABLE = "widget,weight_kg,published_on\na,1.5,2026-01-01\nb,2.5,2026-01-15\nc,99,2026-06-01\n"


@dataclass(frozen=True)
class Project:
    """A project folder that `gapbook` can be run in."""

    root: Path

    def path(self, name: str) -> Path:
        """Return the path of one of its files."""
        return self.root / name

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace `old`, which must be there, in one of its files."""
        text = self.path(name).read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {name}"
        self.path(name).write_text(text.replace(old, new), encoding="utf-8")

    def command(self, *arguments: str) -> tuple[list[str], dict[str, str]]:
        """Return the command line of `gapbook` and its environment."""
        entry = "from coordination_gap.cli import main; main()"
        return [sys.executable, "-c", entry, *arguments], {**os.environ, "GAPBOOK_ROOT": str(self.root)}

    def gapbook(self, *arguments: str, preexec: Callable[[], None] | None = None) -> subprocess.CompletedProcess[str]:
        """Run `gapbook` in the project."""
        command, environment = self.command(*arguments)
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=300, check=False, preexec_fn=preexec
        )

    def site(self) -> dict[str, str]:
        """Return the hash of every file of the published site."""
        html = self.path("_build/html")
        return {
            path.relative_to(html).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(html.rglob("*"))
            if path.is_file()
        }


def make_project(root: Path) -> Project:
    """Write the small book into `root`."""
    for folder in ("notebooks", "data", "editions", "book"):
        (root / folder).mkdir(parents=True)
    real = paths.root()
    shutil.copytree(real / "book" / "_static", root / "book" / "_static")
    config = (real / "_config.yml").read_text(encoding="utf-8").splitlines()
    kept = [line for line in config if "bibtex" not in line and not line.strip().startswith("- references/")]
    (root / "_config.yml").write_text("\n".join(kept) + "\n", encoding="utf-8")
    (root / "_toc.yml").write_text(
        "format: jb-book\nroot: book/index\nchapters:\n  - file: notebooks/01_widgets\n  - file: book/facts\n",
        encoding="utf-8",
    )
    (root / "book" / "index.md").write_text("# A small book\n\nThe mean is {fact}`widgets.mean`.\n", encoding="utf-8")
    (root / "book" / "facts.md").write_text("# Facts\n\n```{facts-index}\n```\n", encoding="utf-8")
    (root / "book" / "prose-allow.yml").write_text("[]\n", encoding="utf-8")
    (root / "notebooks" / "01_widgets.md").write_text(NOTEBOOK, encoding="utf-8")
    (root / "editions" / "base.yml").write_text(
        "title: Base\npurpose: A test.\nas_of: 2026-02-01\nparameters: {}\n", encoding="utf-8"
    )
    (root / "data" / "widgets.csv").write_text(TABLE, encoding="utf-8")
    (root / "data" / "datapackage.json").write_text(json.dumps(_package(TABLE), indent=1), encoding="utf-8")
    return Project(root)


def _package(table: str) -> dict[str, object]:
    fields = [
        {
            "name": "widget",
            "type": "string",
            "unit": "text",
            "description": "Its name.",
            "constraints": {"required": True},
        },
        {
            "name": "weight_kg",
            "type": "number",
            "unit": "kg",
            "description": "Its weight.",
            "constraints": {"minimum": 0},
        },
        {
            "name": "published_on",
            "type": "date",
            "unit": "day",
            "description": "Public day.",
            "constraints": {"required": True},
        },
    ]
    resource = {
        "name": "widgets",
        "path": "widgets.csv",
        "profile": "tabular-data-resource",
        "title": "Widgets",
        "description": "Three widgets.",
        "schema": {"fields": fields, "primaryKey": "widget", "missingValues": [""]},
        "sources": [{"title": "made for the tests"}],
        "rights": "none reserved",
        "retrieved": "2026-01-01",
        "publicDayField": "published_on",
        "hash": f"sha256:{hashlib.sha256(table.encode()).hexdigest()}",
        "bytes": len(table.encode()),
    }
    return {
        "profile": "tabular-data-package",
        "name": "small-book",
        "title": "A small book's data",
        "licenses": [{"name": "CC0-1.0"}],
        "resources": [resource],
    }


@pytest.fixture(scope="session")
def built_project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The small book, built once; tests must leave it as it is."""
    project = make_project(tmp_path_factory.mktemp("built") / "project")
    done = project.gapbook("build")
    assert done.returncode == 0, done.stderr
    return project


@pytest.fixture
def project(built_project: Project, tmp_path: Path) -> Project:
    """A copy of the built small book, to be broken."""
    copy = tmp_path / "project"
    shutil.copytree(built_project.root, copy, symlinks=True)
    return Project(copy)
