"""A build with nothing to do says so and does nothing; with anything to do, it does it."""

import json
import subprocess
import sys
from collections.abc import Callable

import pytest

from coordination_gap.press.freshness import content, published
from tests.conftest import Project


@pytest.fixture
def here(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A copy of the built book that the press takes for its own."""
    monkeypatch.setenv("GAPBOOK_ROOT", str(project.root))
    assert published.up_to_date(("base",)) == project.path("_build/html/index.html")
    return project


def edit(name: str, old: str, new: str) -> Callable[[Project], object]:
    return lambda project: project.edit(name, old, new)


def write(name: str, text: str) -> Callable[[Project], object]:
    def change(project: Project) -> None:
        project.path(name).parent.mkdir(exist_ok=True)
        project.path(name).write_text(text, encoding="utf-8")

    return change


def without(name: str) -> Callable[[Project], object]:
    return lambda project: project.path(name).unlink()


@pytest.mark.parametrize(
    "change",
    [
        edit("notebooks/01_widgets.md", "The mean is", "The mean was"),
        edit("notebooks/01_widgets.md", "page = facts", "page  = facts"),
        write("notebooks/matplotlibrc", "lines.linewidth: 7\n"),
        write("notebooks/02_more.md", "# More\n"),
        edit("data/widgets.csv", "c,99", "c,98"),
        edit("data/datapackage.json", "Three widgets.", "Some widgets."),
        edit("book/index.md", "small", "smaller"),
        write("book/_static/house.css", "p { color: red }"),
        edit("editions/base.yml", "title: Base", "title: Basis"),
        write("pipelines/own.yml", "- one\n"),
        edit("_config.yml", "title: The", "title: A"),
        edit("_toc.yml", "  - file: book/facts\n", ""),
        write("requirements.txt", "numpy==2.2\n"),
        write("releases/replaced.yml", "old.id: widgets.mean\n"),
        write("CHANGELOG.md", "## [1.0.0] - 2026-12-01\n"),
        without("book/facts.md"),
        without("_build/html/facts.json"),
        edit("_build/html/index.html", "small", "smaller"),
        write("_build/html/more.html", "more"),
        write("_build/published/base.json", ""),
        write("_build/published/base.json", "{}"),
        write("_build/staging-left/x", "x"),
    ],
)
def test_any_change_is_seen(here: Project, change: Callable[[Project], object]) -> None:
    change(here)
    assert published.up_to_date(("base",)) is None


def test_another_edition_or_an_override_is_another_site(here: Project) -> None:
    assert published.up_to_date(("article-day",)) is None
    assert published.up_to_date(("base", "01_widgets.factor=1")) is None


def test_another_python_another_package_or_another_version_is_seen(
    here: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(published, "system", lambda: {"python": "CPython 3.99", "platform": "other"})
        assert published.up_to_date(("base",)) is None
    with monkeypatch.context() as patch:
        patch.setattr(content, "_installed", lambda: (("numpy", "0.1"),))
        assert published.up_to_date(("base",)) is None
    note = json.loads(here.path("_build/published/base.json").read_text(encoding="utf-8"))
    assert {"./cli.py", "press/site.py", "./house.mplstyle"} <= note["project"]["package"].keys()
    note["project"]["package"]["./cli.py"] = "0"
    here.path("_build/published/base.json").write_text(json.dumps(note), encoding="utf-8")
    assert published.up_to_date(("base",)) is None


def test_what_the_runs_read_elsewhere_is_seen(here: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    record = {
        "files": ["elsewhere/x.txt"],
        "folders": ["elsewhere"],
        "presence": ["absent.txt"],
        "variables": ["WIDGETS"],
        "unseen": [],
    }
    here.path("elsewhere").mkdir()
    monkeypatch.delenv("WIDGETS", raising=False)

    def noted() -> bool:
        return published.up_to_date(("base",)) is not None

    published.write(("base",), published.project(), [record])
    assert noted()
    for name in ("elsewhere/x.txt", "elsewhere/y.txt", "absent.txt"):
        here.path(name).write_text("x", encoding="utf-8")
        assert not noted(), name
        here.path(name).unlink()
        assert noted()
    monkeypatch.setenv("WIDGETS", "1")
    assert not noted()


def test_what_is_not_certain_is_not_noted(here: Project) -> None:
    record: dict[str, list[str]] = {"files": [], "folders": [], "presence": [], "variables": [], "unseen": []}
    published.write(("base",), published.project(), [record | {"unseen": ["it started true"]}])
    assert published.up_to_date(("base",)) is None
    before = published.project()
    here.edit("book/index.md", "small", "smaller")  # as while the site was made
    published.write(("base",), before, [record])
    assert published.up_to_date(("base",)) is None


def test_a_build_with_nothing_to_do_does_nothing(project: Project) -> None:
    before = {path: path.lstat().st_mtime_ns for path in sorted(project.path("_build").rglob("*"))}
    done = project.gapbook("build")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "_build/html/index.html is up to date\n"
    assert {path: path.lstat().st_mtime_ns for path in sorted(project.path("_build").rglob("*"))} == before


def test_prose_is_rendered_again_without_a_kernel(project: Project) -> None:
    page = project.path("_build/html/notebooks/01_widgets.html")
    before = project.site()
    project.edit("notebooks/01_widgets.md", "The mean is", "The heavy mean is")
    done = project.gapbook("build")
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines() == ["kept 01_widgets"]
    assert "The heavy mean is" in page.read_text(encoding="utf-8")
    after = project.site()
    assert after["facts.json"] == before["facts.json"]
    assert project.gapbook("build", "--fresh").stderr.splitlines() == ["ran 01_widgets"]
    assert project.site() == after
    assert project.gapbook("build").stdout == "_build/html/index.html is up to date\n"


def test_a_fault_in_kept_prose_names_its_line(project: Project) -> None:
    project.edit("notebooks/01_widgets.md", "The mean is", "A line more.\n\nThe mean is {fact}`widgets.maen`, that is")
    done = project.gapbook("build")
    assert done.returncode == 1
    assert "notebooks/01_widgets.md, line 17: there is no fact 'widgets.maen'" in done.stderr


def test_finding_out_that_nothing_is_to_be_done_imports_nothing_heavy() -> None:
    code = "import sys, coordination_gap.cli, coordination_gap.press.freshness.published; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"pandas", "numpy", "nbformat", "papermill", "matplotlib", "sphinx"}.isdisjoint(done.stdout.split())


def test_twins_are_written_from_what_is_kept(project: Project) -> None:
    done = project.gapbook("check", "pairs", "--write")
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines() == ["kept 01_widgets"]
    assert "changed: 01_widgets" in done.stdout
