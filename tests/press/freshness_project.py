"""A small book of three notebooks with a copy of the package of its own, for what must run again and what must not."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from coordination_gap import paths
from tests.conftest import HEADER, Project, make_project

#: Runs an edition as a build does, and prints the facts that it publishes and the hashes of those it hands over.
_RUN = dedent("""\
    import json, sys
    from coordination_gap import other_facts
    from coordination_gap.press import collect, edition, site
    fresh, name, *overrides = json.loads(sys.argv[1])
    chosen = edition.load(name, tuple(overrides))
    with site.build_lock(), site._staging() as staging:
        executed = site.run_edition(chosen, staging / "executed", fresh=fresh)
        print(json.dumps([collect.collect_facts(chosen, executed), other_facts.handed(staging / "executed" / "facts")]))
    """)

#: Prints the notebooks of the base edition for which no kept run will do, if the facts handed over stay the same.
_ASK = dedent("""\
    import json, sys
    from coordination_gap.press import edition
    from coordination_gap.press.freshness import store
    from coordination_gap.press.freshness.inputs import Asked
    handed, last = json.loads(sys.argv[1])
    asked = edition.load("base").parameters.items()
    runs = [Asked(name, values, handed if name == last else {}) for name, values in asked]
    print(json.dumps([run.notebook for run in runs if store.find(run) is None]))
    """)

GADGETS = HEADER + dedent("""\

    # Gadgets

    There are {fact}`gadgets.count`, and {fact}`gadgets.steps` steps.

    ```{code-cell} ipython3
    :tags: [parameters]

    as_of: str = "2026-02-01"  # [2026-01-01 to 2026-12-31, day] last day whose publications may be seen
    pipeline: str = "own.yml"  # [any, file] file of pipelines/
    ```

    ```{code-cell} ipython3
    import os

    from coordination_gap import checks, facts, gadgets_alone, paths, tables

    page = facts.Page("gadgets", as_of=as_of)
    gadgets = tables.load("gadgets", as_of=as_of)
    steps = len((paths.pipelines() / pipeline).read_text(encoding="utf-8").splitlines())
    source = tables.parameters(pipeline=pipeline)
    extra = int(os.environ.get("GADGETS_EXTRA", "0")) + (paths.book() / "extra.txt").is_file()
    _ = page.record("count", checks.count(len(gadgets), "n") + extra, unit="count", formula="counted", sources=[source])
    _ = page.record("steps", steps, unit="count", formula="lines of the file", sources=[source])
    ```
    """)

AUDIT = HEADER + dedent("""\

    # Audit

    The mean was {fact}`audit.mean`, in {fact}`audit.sections` sections.

    ```{code-cell} ipython3
    :tags: [parameters]

    as_of: str = "2026-02-01"  # [2026-01-01 to 2026-12-31, day] last day whose publications may be seen
    ```

    ```{code-cell} ipython3
    from coordination_gap import claims, facts, other_facts, tables

    page = facts.Page("audit", as_of=as_of)
    sections = sum(len(page.sections) for page in claims.book_pages().values())
    _ = page.record("sections", sections, unit="count", formula="counted", sources=[tables.parameters(as_of=as_of)])
    known = other_facts.of_edition(as_of)
    made = "widgets.mean"
    _ = page.record(
        "mean", known[made]["value"] + known["gadgets.count"]["value"], unit="ratio", decimals=2,
        formula="the widgets' mean, and the gadgets", sources=[other_facts.source([made])],
    )
    ```
    """)

NAMES = ("01_widgets", "02_gadgets", "03_audit")


@dataclass(frozen=True)
class Ran:
    """What a run of the edition said: what ran, what was kept, the facts, and the hashes of those handed over."""

    ran: frozenset[str]
    kept: frozenset[str]
    said: str
    facts: list[dict[str, object]]
    handed: dict[str, str]


def make(root: Path) -> Project:
    """Write the book, and a copy of the package, into `root`."""
    project = make_project(root)
    package = paths.root() / "src" / "coordination_gap"
    shutil.copytree(
        package, root / "src" / "coordination_gap", ignore=shutil.ignore_patterns("agent", "live", "__pycache__")
    )
    # Only a kernel imports it, and so is the one that compiles it.
    project.path("src/coordination_gap/gadgets_alone.py").write_text("x = 1\n", encoding="utf-8")
    # Lets a test say that Python is another one, in the press and in the kernels alike.
    project.path("src/sitecustomize.py").write_text(
        "import os, platform\nif os.environ.get('OTHER_PYTHON'):\n    platform.python_version = lambda: '3.99.0'\n"
    )
    project.path("notebooks/02_gadgets.md").write_text(GADGETS, encoding="utf-8")
    project.path("notebooks/03_audit.md").write_text(AUDIT, encoding="utf-8")
    project.path("pipelines").mkdir()
    project.path("pipelines/own.yml").write_text("- one\n- two\n", encoding="utf-8")
    project.path("requirements.txt").write_text("numpy==2.2\n", encoding="utf-8")
    project.path("data/gadgets.csv").write_bytes(project.path("data/widgets.csv").read_bytes())
    record = json.loads(project.path("data/datapackage.json").read_text(encoding="utf-8"))
    record["resources"].append(record["resources"][0] | {"name": "gadgets", "path": "gadgets.csv"})
    project.path("data/datapackage.json").write_text(json.dumps(record, indent=1), encoding="utf-8")
    toc = project.path("_toc.yml").read_text(encoding="utf-8")
    more = "".join(f"  - file: notebooks/{name}\n" for name in NAMES[1:])
    project.path("_toc.yml").write_text(toc + more, encoding="utf-8")
    return project


def environment(project: Project) -> dict[str, str]:
    """Return the environment in which the project's own copy of the package is the one that runs."""
    own = {"GAPBOOK_ROOT": str(project.root), "PYTHONPATH": str(project.path("src"))}
    # As on a fresh machine, where kernels compile what nobody has imported before.
    return {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"} | own


def run(project: Project, *asked: str, fresh: bool = False, variables: Mapping[str, str] | None = None) -> Ran:
    """Run an edition's notebooks, as far as they are not kept."""
    done = _python(project, _RUN, [fresh, *(asked or ("base",))], variables)
    said = [line.split(" ") for line in done.stderr.splitlines()]
    ran, kept = (frozenset(words[1] for words in said if words[0] == what) for what in ("ran", "kept"))
    return Ran(ran, kept, done.stderr, *json.loads(done.stdout))


def would_run(
    project: Project, handed: Mapping[str, str], variables: Mapping[str, str] | None = None
) -> frozenset[str]:
    """Return the notebooks that a build would run if no fact came out otherwise; no kernel starts."""
    return frozenset(json.loads(_python(project, _ASK, [handed, NAMES[-1]], variables).stdout))


def _python(
    project: Project, code: str, asked: object, variables: Mapping[str, str] | None
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(asked)],
        env=environment(project) | dict(variables or {}),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done
