"""What runs again is decided by content: exactly what depends on a change, and the facts are those of a full run."""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from coordination_gap.press.freshness import store
from coordination_gap.press.freshness.inputs import Asked
from coordination_gap.press.freshness.places import Places
from tests.conftest import Project
from tests.press.freshness_project import NAMES, Ran, make, run, would_run

WIDGETS, GADGETS, AUDIT = NAMES
ALL = set(NAMES)


@pytest.fixture(scope="module")
def ran_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Ran]:
    """The book with all of its runs kept; tests must leave it as it is."""
    project = make(tmp_path_factory.mktemp("fresh") / "project")
    first = run(project)
    assert first.ran == ALL, first.said
    assert not first.kept
    return project, first


@pytest.fixture
def book(ran_once: tuple[Project, Ran], tmp_path: Path) -> Project:
    """A copy of that book, at another place, to be changed."""
    copy = tmp_path / "moved"
    shutil.copytree(ran_once[0].root, copy, symlinks=True)
    return Project(copy)


Edit = Callable[[Project], object]


def nothing(_book: Project) -> None:
    pass


def edit(name: str, old: str, new: str) -> Edit:
    return lambda book: book.edit(name, old, new)


def write(name: str, text: str) -> Edit:
    def change(book: Project) -> None:
        book.path(name).parent.mkdir(parents=True, exist_ok=True)
        book.path(name).write_text(text, encoding="utf-8")

    return change


def type_of_gadgets(book: Project) -> None:
    path = book.path("data/datapackage.json")
    record = json.loads(path.read_text(encoding="utf-8"))
    record["resources"][1]["schema"]["fields"][1]["type"] = "string"
    path.write_text(json.dumps(record), encoding="utf-8")


def shadowed_module(book: Project) -> None:
    package = book.path("src/coordination_gap")
    (package / "checks").mkdir()
    shutil.copy(package / "checks.py", package / "checks" / "__init__.py")


@dataclass(frozen=True)
class Case:
    """A change that changes facts, and the notebooks that have to run again."""

    change: Edit
    runs: frozenset[str]
    asked: tuple[str, ...] = ("base",)
    variables: Mapping[str, str] = field(default_factory=dict)


def case(change: Edit, *runs: str) -> Case:
    return Case(change, frozenset(runs))


COUNT_ONE_MORE = edit("src/coordination_gap/checks.py", "return number\n    allowed", "return number + 1\n    allowed")
OVERRIDE = Case(nothing, frozenset({WIDGETS, AUDIT}), asked=("base", "01_widgets.factor=2"))
VARIABLE = Case(nothing, frozenset({GADGETS, AUDIT}), variables={"GADGETS_EXTRA": "3"})
#: Each kind of input. Those of a group are changed one after the other and touch the facts of different notebooks.
GROUPS = {
    "code and a module": [
        case(edit("notebooks/01_widgets.md", "factor * widgets", "1 + factor * widgets"), WIDGETS, AUDIT),
        case(COUNT_ONE_MORE, GADGETS, AUDIT),
    ],
    "a visible row and a pipeline's file": [
        case(edit("data/widgets.csv", "b,2.5", "b,3.5"), WIDGETS, AUDIT),
        case(write("pipelines/own.yml", "- one\n"), GADGETS, AUDIT),
    ],
    "a file whose absence was seen, and an override": [
        case(write("book/extra.txt", "x"), GADGETS, AUDIT),
        OVERRIDE,
    ],
    "a heading that another reads, and a variable that was asked for": [
        case(edit("notebooks/01_widgets.md", "# Widgets", "# Widgets\n\n## More"), AUDIT),
        VARIABLE,
    ],
    "the edition's day, and the code of the last notebook": [
        case(edit("editions/base.yml", "2026-02-01", "2026-01-10"), *ALL),
        case(edit("notebooks/03_audit.md", 'known["gad', '1 + known["gad'), AUDIT),
    ],
}

#: Changes that change the inputs of notebooks and no fact.
SAME_FACTS: dict[str, tuple[Edit, set[str]]] = {
    "code": (edit("notebooks/01_widgets.md", "page = f", "x = 1\npage = f"), {WIDGETS}),
    "a visible row": (edit("data/gadgets.csv", "b,2.5", "b,3.5"), {GADGETS}),
    "the types of a table": (type_of_gadgets, {GADGETS}),
    "a module of one": (edit("src/coordination_gap/checks.py", "Whole numbers of", "Numbers of"), {GADGETS}),
    "a module of all": (edit("src/coordination_gap/tables.py", "The evidence:", "Evidence:"), ALL),
    "a module that another shadows": (shadowed_module, {GADGETS}),
    "the style of the figures": (edit("src/coordination_gap/house.mplstyle", "\n", "\n# other\n"), {WIDGETS}),
    "what runs the notebooks": (edit("src/coordination_gap/press/run_notebook.py", '"""Run', '"""So run'), ALL),
    "a file that shadows a library": (write("notebooks/helper.py", "x = 1\n"), ALL),
    "the lock file": (edit("requirements.txt", "2.2", "2.3"), ALL),
}

NO_INPUTS: dict[str, Edit] = {
    "nothing, at another place": nothing,
    "prose": edit("notebooks/01_widgets.md", "# Widgets\n", "# Widgets\n\nA paragraph more.\n"),
    "the edition's title": edit("editions/base.yml", "title: Base", "title: Basis"),
    "a row that is not public yet": edit("data/widgets.csv", "c,99", "c,98"),
    "the words of a table's record": edit("data/datapackage.json", "Three widgets.", "Some widgets."),
    "a table that nobody reads": write("data/more.csv", "x\n1\n"),
    "a module that nobody imports": edit("src/coordination_gap/variance.py", '"""', '"""\n'),
    "a new module that nobody imports": write("src/coordination_gap/more.py", "x = 1\n"),
    "what renders the site": edit("src/coordination_gap/press/site.py", '"""Print', '"""So print'),
    "a pipeline that nobody reads": write("pipelines/other.yml", "- one\n"),
    "a page of prose": edit("book/index.md", "small", "smaller"),
}


@pytest.mark.parametrize("cases", GROUPS.values(), ids=GROUPS)
def test_exactly_what_depends_on_a_change_runs(book: Project, cases: list[Case]) -> None:
    for one in cases:
        one.change(book)
        again = run(book, *one.asked, variables=one.variables)
        assert again.ran == one.runs, again.said
        assert again.kept == ALL - one.runs
    full = run(book, *one.asked, fresh=True, variables=one.variables)
    assert full.ran == ALL
    assert again.facts == full.facts


@pytest.mark.parametrize(("change", "runs"), SAME_FACTS.values(), ids=SAME_FACTS)
def test_what_depends_on_a_change_runs_even_where_no_fact_changes(
    book: Project, ran_once: tuple[Project, Ran], change: Edit, runs: set[str]
) -> None:
    change(book)
    assert would_run(book, ran_once[1].handed) == runs


def test_another_python_runs_all(book: Project, ran_once: tuple[Project, Ran]) -> None:
    assert would_run(book, ran_once[1].handed, {"OTHER_PYTHON": "yes"}) == ALL
    assert would_run(book, ran_once[1].handed) == set()


def test_what_no_notebook_depends_on_runs_none(book: Project) -> None:
    for change in NO_INPUTS.values():
        change(book)
    again = run(book, variables={"OTHER_VARIABLE": "3"})
    assert again.kept == ALL, f"one of {', '.join(NO_INPUTS)} counts as an input: {again.said}"
    assert not again.ran
    assert run(book, fresh=True).facts == again.facts


def test_prose_of_now_is_shown_with_the_numbers_that_are_kept(book: Project) -> None:
    book.edit("notebooks/01_widgets.md", "# Widgets\n", "# Widgets\n\nA paragraph more.\n")
    (mean,) = (fact for fact in run(book).facts if fact["id"] == "widgets.mean")
    text = book.path("notebooks/01_widgets.md").read_text(encoding="utf-8").splitlines()
    fences = [number for number, line in enumerate(text, start=1) if line.startswith("```{code-cell}")]
    assert mean["line"] == fences[1]


def test_going_back_runs_nothing(book: Project, ran_once: tuple[Project, Ran]) -> None:
    book.edit("data/widgets.csv", "b,2.5", "b,3.5")
    assert run(book).ran == {WIDGETS, AUDIT}
    book.edit("data/widgets.csv", "b,3.5", "b,2.5")
    assert would_run(book, ran_once[1].handed) == set()


def damaged(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def one_number_changed(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert '"value": 2.0' in text
    path.write_text(text.replace('"value": 2.0', '"value": 7.0'), encoding="utf-8")


@pytest.mark.parametrize("fault", [Path.unlink, damaged, one_number_changed])
def test_a_kept_run_that_is_damaged_counts_for_nothing(
    book: Project, ran_once: tuple[Project, Ran], fault: Callable[[Path], None]
) -> None:
    entry = json.loads(book.path("_build/runs/manifest.json").read_text(encoding="utf-8"))["runs"][WIDGETS][0]
    fault(book.path(f"_build/runs/{entry['key']}.ipynb"))
    assert would_run(book, ran_once[1].handed) == {WIDGETS}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"form": 1}', '{"form": 1, "runs": {"01_widgets": 3}}', "{}\0"])
def test_a_damaged_manifest_counts_for_nothing(book: Project, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAPBOOK_ROOT", str(book.root))
    book.path("_build/runs/manifest.json").write_text(text, encoding="utf-8")
    assert store.find(Asked(WIDGETS, {}, {})) is None


ESCAPES = {
    "a file outside the project": ("import pathlib\npathlib.Path('{outside}').read_text()", "outside the project"),
    "a process of its own": ("import subprocess\n_ = subprocess.run(['true'], check=True)", "it started 'true'"),
    "a file of the project written": ("(paths.book() / 'made.md').write_text('x')", "it wrote book/made.md"),
}


@pytest.mark.parametrize(("code", "why"), ESCAPES.values(), ids=ESCAPES)
def test_a_run_that_reads_what_cannot_be_seen_is_not_kept(
    book: Project, ran_once: tuple[Project, Ran], tmp_path: Path, code: str, why: str
) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("x", encoding="utf-8")
    code = "\n".join(f"_ = {line}" if line.startswith(("pathlib.", "(")) else line for line in code.split("\n"))
    book.edit("notebooks/02_gadgets.md", "page = facts", f"{code.format(outside=outside)}\npage = facts")
    once = run(book)
    assert once.ran == {GADGETS}
    assert "02_gadgets will run again next time: it " in once.said
    assert why in once.said
    assert would_run(book, ran_once[1].handed) == {GADGETS}


def test_facts_read_without_being_handed_over_are_refused(book: Project) -> None:
    book.path("src/coordination_gap/reader.py").write_text(
        "from coordination_gap import other_facts\n\nread = other_facts.of_edition\n", encoding="utf-8"
    )
    book.edit(
        "notebooks/02_gadgets.md",
        "page = facts",
        "from coordination_gap import reader\nreader.read(as_of)\npage = facts",
    )
    with pytest.raises(AssertionError, match="reads facts of other notebooks through a module"):
        run(book)


def test_few_runs_of_a_notebook_are_kept(book: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAPBOOK_ROOT", str(book.root))
    manifest = book.path("_build/runs/manifest.json")
    entry = json.loads(manifest.read_text(encoding="utf-8"))["runs"][GADGETS][0]
    executed = store.parsed(book.path(f"_build/runs/{entry['key']}.ipynb").read_text(encoding="utf-8"))
    monkeypatch.setattr(store, "places", lambda: Places(book.root, Path(entry["record"]["package"])))
    for number in range(store.KEPT_EACH + 3):
        executed.metadata[store.INPUTS_SHA256] = f"{number:064}"
        assert store.keep(Asked(GADGETS, {}, {}), executed) is None
    runs = json.loads(manifest.read_text(encoding="utf-8"))["runs"]
    assert [int(one["key"]) for one in runs[GADGETS]] == list(range(store.KEPT_EACH + 2, 2, -1))
    named = {f"{one['key']}.ipynb" for entries in runs.values() for one in entries} | {"manifest.json"}
    assert {path.name for path in book.path("_build/runs").iterdir()} == named


def test_a_run_whose_inputs_are_edited_meanwhile_is_refused(book: Project) -> None:
    edit_itself = (
        "module = paths.root() / 'src' / 'coordination_gap' / 'checks.py'\n"
        "import os\nos.utime(module, (1, 1))\npage = facts"
    )
    book.edit("notebooks/02_gadgets.md", "page = facts", edit_itself)
    with pytest.raises(
        AssertionError, match=r"02_gadgets\.md: src/coordination_gap/checks\.py was edited while it ran"
    ):
        run(book)
