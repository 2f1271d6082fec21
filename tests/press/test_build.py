"""The build publishes a whole site or leaves the last one alone."""

import errno
import json
import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from coordination_gap.press import render
from coordination_gap.press.renderer import Rendered, Renderer
from tests.conftest import Project


def sentence(done: subprocess.CompletedProcess[str]) -> str:
    """Return what a failed command said, without the lines that report progress."""
    lines = [line for line in done.stderr.splitlines() if not line.startswith(("ran ", "kept ", "failed "))]
    return "\n".join(lines)


def test_a_build_publishes_pages_facts_figures_and_data(built_project: Project) -> None:
    site = built_project.site()
    assert {
        "index.html",
        "notebooks/01_widgets.html",
        "notebooks/01_widgets.ipynb",
        "facts.html",
        "facts.json",
        "facts/widgets.mean.html",
        "facts/widgets.mean.json",
        "facts/widgets.mean.svg",
        "citation.json",
        "figures/widgets.weights.csv",
        "figures/widgets.weights.html",
        "figures/widgets.weights.json",
        "figures/widgets.weights.png",
        "figures/widgets.weights.svg",
        "figures/widgets.weights-dark_narrow.svg",
        "data/widgets.html",
        "data/widgets.csv",
    } <= site.keys()
    (fact,) = json.loads(built_project.path("_build/html/facts.json").read_text(encoding="utf-8"))["facts"]
    assert fact["value"] == 2.0
    assert fact["sources"] == [{"table": "widgets", "rows": ["a .. b"]}]
    assert fact["edition"] == "base"
    page = built_project.path("_build/html/index.html").read_text(encoding="utf-8")
    assert 'href="facts/widgets.mean.html"' in page
    listed = built_project.path("_build/html/facts.html").read_text(encoding="utf-8")
    assert 'id="fact-widgets.mean"' in listed
    entry = built_project.path("_build/html/facts/widgets.mean.html").read_text(encoding="utf-8")
    assert 'href="../data/widgets.html#row-a"' in entry
    rows = built_project.path("_build/html/data/widgets.html").read_text(encoding="utf-8")
    assert 'id="row-a"' in rows
    assert 'id="row-c"' not in rows
    day = "1 February 2026".replace(" ", "\N{NO-BREAK SPACE}")
    assert f"Rows that became public after {day}, this edition's day, are not here." in rows
    published = built_project.path("_build/html/data/widgets.csv").read_text(encoding="utf-8")
    assert published.splitlines()[-1].startswith("b,")
    assert "more than one" in built_project.path("_build/html/notebooks/01_widgets.html").read_text(encoding="utf-8")


def test_the_same_inputs_give_the_same_bytes(project: Project) -> None:
    before = project.site()
    assert project.gapbook("build", "--fresh").returncode == 0
    after = project.site()
    assert after.keys() == before.keys()
    assert [name for name in after if after[name] != before[name]] == []


def test_an_override_changes_number_and_words(project: Project) -> None:
    assert project.gapbook("build", "-p", "01_widgets.factor=0.5").returncode == 0
    page = project.path("_build/what-if/notebooks/01_widgets.html").read_text(encoding="utf-8")
    assert "one or less" in page
    assert "Edition <strong>base with 01_widgets.factor=0.5</strong>" in page
    (fact,) = json.loads(project.path("_build/what-if/facts.json").read_text(encoding="utf-8"))["facts"]
    assert fact["edition"] == "base with 01_widgets.factor=0.5"
    assert ">1.00</a>" in page


def fault(edit: Callable[[Project], None], *arguments: str, says: str) -> object:
    return pytest.param(edit, arguments, says, id=says[:40])


def nothing(_project: Project) -> None:
    pass


def in_notebook(old: str, new: str) -> Callable[[Project], None]:
    return lambda project: project.edit("notebooks/01_widgets.md", old, new)


def in_table(old: str, new: str) -> Callable[[Project], None]:
    return lambda project: project.edit("data/widgets.csv", old, new)


def in_file(name: str, old: str, new: str) -> Callable[[Project], None]:
    return lambda project: project.edit(name, old, new)


def without(name: str) -> Callable[[Project], None]:
    return lambda project: project.path(name).unlink()


FAULTS = [
    fault(nothing, "-p", "01_widgets.facto=2", says="01_widgets has no parameter 'facto'; did you mean 'factor'?"),
    fault(nothing, "-p", "01_widget.factor=2", says="there is no notebook '01_widget'; did you mean '01_widgets'?"),
    fault(nothing, "-p", "01_widgets.factor=two", says="factor is 'two': it must be a number from 0.0 to 10.0"),
    fault(nothing, "-p", "01_widgets.factor=12", says="factor is 12.0: it must be a number from 0.0 to 10.0"),
    fault(nothing, "--edition", "bas", says="there is no edition 'bas'; did you mean 'base'?"),
    fault(
        in_file("editions/base.yml", "parameters: {}", "parameters: {01_widgets: {factor: nan}}"),
        says="editions/base.yml, 01_widgets: factor is 'nan': it must be a number",
    ),
    fault(
        in_file("editions/base.yml", "2026-02-01", "2026-02-31"),
        says="editions/base.yml, line 3: '2026-02-31' cannot be read",
    ),
    fault(in_table("1.5", "heavy"), says="data/widgets.csv, row 1"),
    fault(in_table("b,2.5,", "b,2.5,,"), says="data/widgets.csv"),
    fault(without("data/widgets.csv"), says="data/widgets.csv"),
    fault(without("data/datapackage.json"), says="data/datapackage.json is missing"),
    fault(without("_toc.yml"), says="_toc.yml is missing"),
    fault(
        in_notebook('widgets = tables.load("widgets"', 'widgets = tables.load("wodgets"'),
        says="notebooks/01_widgets.md, line 25 (cell 3): TableError: data/datapackage.json has no table 'wodgets'",
    ),
    fault(
        in_notebook("_ = page.record(", "1 / 0\n_ = page.record("),
        says="notebooks/01_widgets.md, line 25 (cell 3): ZeroDivisionError: division by zero; as far as it ran",
    ),
    fault(
        in_notebook("factor * widgets", "float('nan') * widgets"),
        says="ValueError: fact widgets.mean is nan: a fact must be finite",
    ),
    fault(
        in_notebook("factor * widgets", "float('inf') * widgets"),
        says="ValueError: fact widgets.mean is inf: a fact must be finite",
    ),
    fault(
        in_notebook("page = facts", "import warnings\nwarnings.warn('odd')\npage = facts"),
        says="it wrote to stderr",
    ),
    fault(
        in_file("book/index.md", "{fact}`widgets.mean`", "{fact}`widgets.maen`"),
        says="book/index.md, line 3: there is no fact 'widgets.maen'; did you mean 'widgets.mean'?",
    ),
    fault(
        in_notebook("{fact}`widgets.mean`.\n{wording}", "{fact}`widgets.median`.\n{wording}"),
        says="notebooks/01_widgets.md, line 15: there is no fact 'widgets.median'",
    ),
    fault(
        in_notebook("| else: That is one or less.", "| < 1: That is less."),
        "-p",
        "01_widgets.factor=0.5",
        says="notebooks/01_widgets.md, line 15: no wording fits: widgets.mean is 1.0",
    ),
    fault(
        in_notebook("{computed-figure} widgets.weights", "{computed-figure} widgets.heights"),
        says="notebooks/01_widgets.md, line 44: there is no figure 'widgets.heights'",
    ),
    fault(
        in_notebook(
            "figures.publish(", '_ = page.gap("x", "no reason to show", unit="ratio", formula="f")\nfigures.publish('
        ),
        says="notebooks/01_widgets.md, line 36: fact widgets.x is recorded but no page shows it",
    ),
    fault(
        in_file("book/index.md", "The mean is", r"Here $\text{x<y}$ fails. The mean is"),
        says=r"book/index.md, line 3: the formula '\\text{x<y}' cannot be shown",
    ),
    fault(
        in_file("book/index.md", "The mean is", "<p>Words.</p>\n{fact}`widgets.mean`\n\nThe mean is"),
        says="book/index.md, line 3: {fact}`widgets.mean` stands within HTML, where nothing is filled in",
    ),
    fault(in_file("book/index.md", "# A small", "A [link](nowhere.md).\n\n# A small"), says="book/index.md, line 1"),
]


@pytest.mark.parametrize(("edit", "arguments", "says"), FAULTS)
def test_a_fault_is_one_sentence_and_the_last_site_stays(
    project: Project, edit: Callable[[Project], None], arguments: tuple[str, ...], says: str
) -> None:
    before = project.site()
    edit(project)
    done = project.gapbook("build", *arguments)
    assert done.returncode == 1, done.stderr
    assert says in sentence(done)
    assert "Traceback" not in done.stderr
    assert project.site() == before
    assert not list(project.path("_build").glob("staging-*"))


def test_a_second_build_at_once_is_refused(project: Project) -> None:
    before = project.site()
    project.edit("notebooks/01_widgets.md", "page = facts", "import time\ntime.sleep(600)\npage = facts")
    with running_build(project) as first:
        second = project.gapbook("build")
        assert second.returncode == 1
        assert (
            sentence(second) == "gapbook: another build is running in _build/: wait until it ends, then run this again"
        )
        assert first.poll() is None
    assert project.site() == before


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_build_leaves_the_last_site_and_nothing_running(project: Project, signal_number: int) -> None:
    before = project.site()
    project.edit("notebooks/01_widgets.md", "page = facts", "import time\ntime.sleep(600)\npage = facts")
    with running_build(project) as build:
        os.killpg(build.pid, signal_number)
        _, errors = build.communicate(timeout=60)
    assert build.returncode == 130
    assert errors.strip().splitlines()[-1] == "gapbook: stopped; what was published before is unchanged"
    assert "Traceback" not in errors
    assert project.site() == before
    assert not list(project.path("_build").glob("staging-*"))
    wait_until(lambda: not processes_in(project))


def test_a_killed_build_leaves_the_last_site_and_the_next_one_cleans_up(project: Project) -> None:
    before = project.site()
    original = project.path("notebooks/01_widgets.md").read_text(encoding="utf-8")
    project.edit("notebooks/01_widgets.md", "page = facts", "import time\ntime.sleep(600)\npage = facts")
    with running_build(project) as build:
        os.killpg(build.pid, signal.SIGKILL)
        build.communicate(timeout=60)
    assert project.site() == before
    assert list(project.path("_build").glob("staging-*"))
    project.path("notebooks/01_widgets.md").write_text(original, encoding="utf-8")
    assert project.gapbook("build").returncode == 0
    assert not list(project.path("_build").glob("staging-*"))
    assert len(list(project.path("_build").glob("site-*"))) == 1


def test_a_full_disk_is_said_and_the_last_site_stays(project: Project) -> None:
    # A limit on the size of a written file fails a write as a full disk does, without needing a disk to fill.
    before = project.site()

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))

    done = project.gapbook("build", "--fresh", preexec=limit)
    assert done.returncode == 1
    assert "no space is left" in sentence(done)
    assert "what was published before is unchanged" in sentence(done)
    assert "Traceback" not in done.stderr
    assert project.site() == before


def test_a_disk_that_fills_while_rendering_is_said_once(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    # What Sphinx prints for each page it cannot write, from a build on a full disk.
    log = "WARNING: error writing file index.html: [Errno 28] No space left on device\n" * 2
    monkeypatch.setattr(Renderer, "render", lambda *_, **__: Rendered(2, "", log))
    monkeypatch.setenv("GAPBOOK_ROOT", str(project.root))
    with pytest.raises(OSError, match="No space left on device") as raised, Renderer() as renderer:
        render._run(project.path("_build"), True, {}, renderer)
    assert raised.value.errno == errno.ENOSPC


def test_a_kernel_killed_from_outside_is_said(project: Project) -> None:
    before = project.site()
    project.edit("notebooks/01_widgets.md", "page = facts", "import os\nos.kill(os.getpid(), 9)\npage = facts")
    done = project.gapbook("build")
    assert done.returncode == 1
    assert "notebooks/01_widgets.md: its kernel died" in sentence(done)
    assert project.site() == before


class running_build:  # noqa: N801 # reads as a phrase in a with statement
    """A build in the background, in a process group of its own, that has reached its first cell."""

    def __init__(self, project: Project) -> None:
        self.project = project

    def __enter__(self) -> subprocess.Popen[str]:
        command, environment = self.project.command("build")
        self.process = subprocess.Popen(
            command,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            # Whoever started the tests may ignore it, and children would.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        wait_until(lambda: len(processes_in(self.project)) >= 3)
        time.sleep(2)  # the kernel needs a moment from its start to its first cell
        return self.process

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
        self.process.communicate(timeout=60)


def processes_in(project: Project) -> list[int]:
    """Return the processes that work for a build of the project."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes()
            state = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
        except OSError:
            continue
        if f"GAPBOOK_ROOT={project.root}\0".encode() in environment and state != "Z":
            found.append(int(folder.name))
    return found


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until the condition holds."""
    for _ in range(int(seconds * 10)):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError(f"waited {seconds} s in vain")
