"""A notebook is its text; its twin holds the same cells with outputs, in one canonical form."""

import json
from collections.abc import Callable
from typing import Any

import jupytext
import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from coordination_gap import media_types
from coordination_gap.press import PressError, notebooks
from tests.conftest import HEADER, Project

MEND = "; run 'make notebooks' to make the twin from notebooks/02_gadgets.md"
FENCE = HEADER.count("\n") + 6  # the line of the parameters cell's fence
DRAWINGS = {"light_wide": "<svg/>"}


def twin_of(name: str) -> NotebookNode:
    """Return what jupytext makes of a notebook's text."""
    twin: NotebookNode = jupytext.reads(notebooks.text_path(name).read_text(encoding="utf-8"), fmt="md:myst")
    return twin


def ran(notebook: NotebookNode) -> NotebookNode:
    """Return a notebook as a run leaves it: outputs, times, papermill's notes and injected parameters."""
    fact = {"id": "made.x", "value": 1.0}
    figure = {"id": "made.y", "alt": "Line chart", "data_csv": "a\n1\n", "svg": dict(DRAWINGS)}
    notebook.metadata["papermill"] = {"duration": 1.5, "start_time": "2026-06-20T00:00:00"}
    notebook.metadata["language_info"] = {"name": "python", "version": "3.11.1"}
    for number, cell in enumerate(notebook.cells):
        cell.metadata["papermill"] = {"duration": 0.5 + number}
        cell.metadata[notebooks.LINE] = 10 * number
        cell.id = f"random{number}"
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    code[-1].execution_count = 3
    code[-1].outputs = [
        new_output("display_data", {media_types.FACT: fact, "text/plain": "made.x = 1"}),
        new_output("display_data", {media_types.FIGURE: figure, "image/png": "iVBO", "text/plain": "figure"}),
        new_output("stream", text="said"),
    ]
    injected = new_code_cell("steps = 8", metadata={"tags": ["injected-parameters"]})
    notebook.cells.insert(2, injected)
    return notebook


@pytest.fixture
def paired(small: Project) -> Project:
    """Return the project with a twin, of another run's ids, metadata and outputs, beside each text."""
    for name in notebooks.names():
        twin = twin_of(name)
        for number, cell in enumerate(twin.cells):
            cell.id = f"other{number}"
            cell.metadata["papermill"] = {"duration": number}
            if cell.cell_type == "code":
                cell.execution_count = number
                cell.outputs = [new_output("stream", text="said")]
        twin.metadata["language_info"] = {"name": "python", "version": "3.12"}
        nbformat.write(twin, small.path(f"notebooks/{name}.ipynb"))
    return small


def edit_twin(project: Project, edit: Callable[[dict[str, Any]], object]) -> None:
    path = project.path("notebooks/02_gadgets.ipynb")
    content = json.loads(path.read_text(encoding="utf-8"))
    edit(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def test_the_notebooks_are_those_with_a_text(small: Project) -> None:
    assert notebooks.names() == ["01_widgets", "02_gadgets"]
    small.path("notebooks/00_alone.ipynb").write_text("{}", encoding="utf-8")
    assert notebooks.names() == ["01_widgets", "02_gadgets"]
    assert notebooks.text_path("02_gadgets") == small.path("notebooks/02_gadgets.md")


def test_a_project_without_notebooks_is_refused(small: Project) -> None:
    for path in small.path("notebooks").glob("*.md"):
        path.unlink()
    with pytest.raises(PressError, match=r"notebooks/ has no .md notebook: restore it with 'git checkout"):
        notebooks.names()


@pytest.mark.parametrize("name", ["02_gadget", "../notebooks/02_gadgets", "02_gadgets.md", ""])
def test_an_unknown_notebook_is_refused(small: Project, name: str) -> None:
    with pytest.raises(PressError, match=r"there is no notebook '.*'; (did you mean '02_gadgets'|there are 01_wid)"):
        notebooks.text_path(name)


def test_a_text_is_read_with_the_lines_of_its_code(small: Project) -> None:
    text = small.path("notebooks/02_gadgets.md").read_text(encoding="utf-8").splitlines()
    read = notebooks.read_text("02_gadgets")
    assert [cell.cell_type for cell in read.cells] == ["markdown", "code", "markdown", "code"]
    assert read.cells[1].metadata["tags"] == ["parameters"]
    code = [cell.metadata[notebooks.LINE] for cell in read.cells if cell.cell_type == "code"]
    assert code[0] == FENCE
    assert {text[line - 1] for line in code} == {"```{code-cell} ipython3"}
    assert "source_map" not in read.metadata


def test_parameters_are_read_from_their_cell(small: Project) -> None:
    assert list(notebooks.parameters("02_gadgets")) == ["steps", "market", "strict"]
    small.edit("notebooks/02_gadgets.md", "steps: int = 6  # [1", "steps: int = 6  # 1")
    message = rf"^notebooks/02_gadgets.md, line {FENCE}: 'steps: int = 6 .*' does not declare a parameter; write"
    with pytest.raises(PressError, match=message):
        notebooks.parameters("02_gadgets")
    small.edit("notebooks/02_gadgets.md", ":tags: [parameters]\n", "")
    with pytest.raises(PressError, match=r"^notebooks/02_gadgets.md has no cell tagged 'parameters': add one$"):
        notebooks.parameters("02_gadgets")


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("jupytext:\n", "jupytext: [\n", "while parsing a flow sequence"),
        (":tags: [parameters]", ":tags: [parameters", "Code cell 1 at line 17 could not be read"),
    ],
)
def test_a_malformed_text_is_refused_in_one_sentence(small: Project, old: str, new: str, what: str) -> None:
    small.edit("notebooks/02_gadgets.md", old, new)
    for read in (lambda: notebooks.read_text("02_gadgets"), notebooks.unpaired):
        with pytest.raises(PressError) as refused:
            read()
        said = str(refused.value)
        assert said.startswith("notebooks/02_gadgets.md cannot be read as a MyST notebook (")
        assert what in said
        assert said.endswith("); mend the text")
        assert "\n" not in said


def test_text_in_another_encoding_is_refused(small: Project) -> None:
    small.path("notebooks/02_gadgets.md").write_bytes("# Märzen\n".encode("latin-1"))
    with pytest.raises(PressError, match=r"^notebooks/02_gadgets.md cannot be read .*'utf-8' codec.*; mend the text$"):
        notebooks.read_text("02_gadgets")


def test_twins_of_equal_content_are_equal(paired: Project) -> None:
    assert [notebooks.pair_differences(name) for name in notebooks.names()] == [[], []]
    assert notebooks.unpaired() == []


def cell(number: int) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def pick(content: dict[str, Any]) -> dict[str, Any]:
        picked: dict[str, Any] = content["cells"][number]
        return picked

    return pick


TEXT, SETTINGS, MORE, CODE = (cell(number) for number in range(4))
LINES = {1: FENCE - 4, 2: FENCE, 3: FENCE + 9, 4: FENCE + 11}


@pytest.mark.parametrize(
    ("edit", "cells"),
    [
        (lambda content: TEXT(content).update(source="# Gadgets\n\nHow few there are."), [1]),
        (lambda content: SETTINGS(content)["metadata"].update(tags=[]), [2]),
        (lambda content: SETTINGS(content)["metadata"].update(tags=["parameters", "hide-input"]), [2]),
        (lambda content: MORE(content).update(source="## Less"), [3]),
        (lambda content: CODE(content).update(source="total = steps + 2"), [4]),
        (lambda content: CODE(content)["metadata"].update(tags=["hide-input"]), [4]),
        (lambda content: content["cells"].insert(2, content["cells"].pop(3)), [3, 4]),
        (lambda content: content["cells"].reverse(), [1, 2, 3, 4]),
    ],
)
def test_a_difference_is_reported_with_line_and_mend(
    paired: Project, edit: Callable[[dict[str, Any]], object], cells: list[int]
) -> None:
    edit_twin(paired, edit)
    assert notebooks.pair_differences("02_gadgets") == [
        f"notebooks/02_gadgets.md, line {LINES[number]}: cell {number} differs from its twin in 02_gadgets.ipynb{MEND}"
        for number in cells
    ]


def test_the_line_of_a_difference_is_that_of_the_cell(paired: Project) -> None:
    text = paired.path("notebooks/02_gadgets.md").read_text(encoding="utf-8").splitlines()
    assert [text[line - 1] for line in LINES.values()] == [
        "# Gadgets", "```{code-cell} ipython3", "## More", "```{code-cell} ipython3",
    ]  # fmt: skip


def test_a_changed_text_is_reported_too(paired: Project) -> None:
    paired.edit("notebooks/02_gadgets.md", "How many", "How few")
    (said,) = notebooks.pair_differences("02_gadgets")
    assert said.startswith(f"notebooks/02_gadgets.md, line {LINES[1]}: cell 1 differs")


def test_a_cell_more_or_less_is_reported(paired: Project) -> None:
    edit_twin(paired, lambda content: content["cells"].pop())
    assert notebooks.pair_differences("02_gadgets") == [
        f"notebooks/02_gadgets.md has 4 cells and its twin 02_gadgets.ipynb has 3{MEND}"
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'"text"',
        b'{"nbformat": 4}',
        b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": {}}',
        b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [5]}',
        b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "markdown", "id": "a", '
        b'"metadata": {"tags": 5}, "source": "x"}]}',
        b'{"nbformat": 9, "metadata": {}, "cells": []}',
        b"\xff\xfe",
    ],
)
def test_a_twin_that_is_no_notebook_is_reported(paired: Project, content: bytes) -> None:
    paired.path("notebooks/02_gadgets.ipynb").write_bytes(content)
    (said,) = notebooks.pair_differences("02_gadgets")
    assert said.startswith("notebooks/02_gadgets.ipynb cannot be read (")
    assert said.endswith(MEND)
    assert "\n" not in said


def test_a_twin_or_a_text_alone_is_reported(paired: Project) -> None:
    twin = paired.path("notebooks/02_gadgets.ipynb")
    twin.rename(paired.path("notebooks/03_alone.ipynb"))
    assert notebooks.pair_differences("02_gadgets") == [f"notebooks/02_gadgets.ipynb is missing{MEND}"]
    assert notebooks.unpaired() == ["notebooks/03_alone.ipynb has no text beside it; make 03_alone.md or remove it"]


@pytest.mark.parametrize(
    ("old", "new"),
    [("formats: ipynb,md:myst", "formats: md:myst"), ("  formats: ipynb,md:myst\n", ""), ("jupytext:\n", "other:\n")],
)
def test_a_text_that_is_not_declared_paired_is_reported(paired: Project, old: str, new: str) -> None:
    paired.edit("notebooks/02_gadgets.md", old, new)
    assert notebooks.unpaired() == [
        "notebooks/02_gadgets.md does not declare 'formats: ipynb,md:myst' in its header; add it"
    ]


def test_the_canonical_form_drops_what_belongs_to_the_run(small: Project) -> None:
    run = ran(twin_of("02_gadgets"))
    before = nbformat.writes(run)
    form = notebooks.canonical(run)
    assert nbformat.writes(run) == before
    assert set(form.metadata) == {"jupytext", "kernelspec"}
    assert [cell.id for cell in form.cells] == ["cell-01", "cell-02", "cell-03", "cell-04", "cell-05"]
    assert [dict(cell.metadata) for cell in form.cells] == [
        {}, {"tags": ["parameters"]}, {"tags": ["injected-parameters"]}, {}, {},
    ]  # fmt: skip
    assert [cell.source for cell in form.cells] == [cell.source for cell in run.cells]
    assert form.cells[-1].outputs == run.cells[-1].outputs
    assert form.cells[-1].execution_count == 3


def test_the_committed_form_drops_what_every_build_makes_again(small: Project) -> None:
    run = ran(twin_of("02_gadgets"))
    form = notebooks.committed(run)
    assert [cell.id for cell in form.cells] == ["cell-01", "cell-02", "cell-03", "cell-04"]
    fact, figure, stream = form.cells[-1].outputs
    assert fact.data[media_types.FACT] == {"id": "made.x", "value": 1.0}
    assert figure.data[media_types.FIGURE] == {"id": "made.y", "alt": "Line chart", "data_csv": "a\n1\n"}
    assert figure.data["image/png"] == "iVBO"
    assert stream.text == "said"
    assert run.cells[-1].outputs[1].data[media_types.FIGURE]["svg"] == DRAWINGS


_SOURCES = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=20)
_METADATA: list[dict[str, Any]] = [{}, {"tags": ["injected-parameters"]}, {"tags": ["x"], "papermill": {"duration": 1}}]
_CELLS = st.lists(
    st.builds(new_markdown_cell, _SOURCES)
    | st.builds(
        new_code_cell,
        _SOURCES,
        metadata=st.sampled_from(
            [{}, {"tags": ["injected-parameters"]}, {"tags": ["x"], "papermill": {"duration": 1}}]
        ),
        outputs=st.lists(st.builds(new_output, st.just("stream"), text=_SOURCES), max_size=2),
        execution_count=st.none() | st.integers(1, 99),
    ),
    max_size=5,
)


@settings(deadline=None)
@given(cells=_CELLS, form=st.sampled_from([notebooks.canonical, notebooks.committed]))
def test_the_forms_are_idempotent_and_valid(
    cells: list[NotebookNode], form: Callable[[NotebookNode], NotebookNode]
) -> None:
    once = form(new_notebook(cells=cells, metadata={"papermill": {"duration": 2}}))
    nbformat.validate(once)
    assert nbformat.writes(form(once)) == nbformat.writes(once)
    assert "duration" not in nbformat.writes(once) or any("duration" in cell.source for cell in cells)


def test_two_runs_are_written_alike(small: Project) -> None:
    first, second = ran(twin_of("02_gadgets")), ran(twin_of("02_gadgets"))
    second.metadata["papermill"]["duration"] = 99
    for number, entry in enumerate(second.cells):
        entry.id = f"second{number}"
        entry.metadata["papermill"] = {"duration": 99}
    for form in (notebooks.canonical, notebooks.committed):
        notebooks.write(form(first), small.path("first.ipynb"))
        notebooks.write(form(second), small.path("second.ipynb"))
        assert small.path("first.ipynb").read_bytes() == small.path("second.ipynb").read_bytes()
        assert nbformat.read(small.path("first.ipynb"), as_version=4) == form(first)


def test_what_was_recorded_is_found_with_its_line() -> None:
    payload = {"id": "made.x", "value": 1.0}
    figure = {"id": "made.y", "alt": "Line chart"}
    one = new_code_cell(
        metadata={notebooks.LINE: 7},
        outputs=[
            new_output("stream", text="said"),
            new_output("display_data", {media_types.FACT: payload}),
            new_output("display_data", {media_types.FACT: payload | {"id": "made.z"}}),
        ],
    )
    other = new_code_cell(outputs=[new_output("display_data", {media_types.FIGURE: figure, "image/png": "iVBO"})])
    executed = new_notebook(cells=[new_markdown_cell("# T"), one, other])
    assert notebooks.recorded_facts("02", executed) == [
        notebooks.RecordedFact(payload, "02", 7),
        notebooks.RecordedFact(payload | {"id": "made.z"}, "02", 7),
    ]
    assert notebooks.recorded_figures(executed) == [figure | {"png": "iVBO", "line": 1}]


@pytest.mark.parametrize("name", notebooks.names())
def test_a_real_text_makes_the_round_trip(name: str) -> None:
    text = notebooks.text_path(name).read_text(encoding="utf-8")
    twin = nbformat.reads(jupytext.writes(jupytext.reads(text, fmt="md:myst"), fmt="ipynb"), as_version=4)
    read = notebooks.read_text(name)
    assert [notebooks._content(cell) for cell in read.cells] == [notebooks._content(cell) for cell in twin.cells]
    again = jupytext.reads(jupytext.writes(twin, fmt="md:myst"), fmt="md:myst")
    assert [notebooks._content(cell) for cell in again.cells] == [notebooks._content(cell) for cell in read.cells]


@pytest.mark.parametrize("name", notebooks.names())
def test_the_real_twins_agree(name: str) -> None:
    assert notebooks.pair_differences(name) == []
    twin = nbformat.read(notebooks.text_path(name).with_suffix(".ipynb"), as_version=4)
    assert nbformat.writes(notebooks.committed(twin)) == nbformat.writes(twin)


def test_the_real_notebooks_are_paired() -> None:
    assert notebooks.unpaired() == []
