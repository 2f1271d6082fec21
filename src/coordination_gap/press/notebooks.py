"""The paired notebooks: ``notebooks/NN_name.md`` is read and edited, its ``.ipynb`` twin holds the outputs.

A notebook is always run from its text; what the press stores of a run is in one
canonical form, so that two runs of the same inputs give the same file.
"""

import functools
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from jupytext.myst import myst_to_notebook
from nbformat import NotebookNode

from coordination_gap import media_types, paths
from coordination_gap.press import PressError
from coordination_gap.press.parameters import Parameter, nearest, read_parameters

#: Where a cell begins in the text, carried in the cell's metadata while the press works on it.
LINE = "text_line"


@dataclass(frozen=True)
class RecordedFact:
    """A fact as a notebook recorded it, with the line of the text whose cell did."""

    fact: dict[str, Any]
    notebook: str
    line: int


def names() -> list[str]:
    """Return the names of the notebooks, in reading order."""
    found = sorted(path.stem for path in paths.notebooks().glob("*.md"))
    if not found:
        raise PressError("notebooks/ has no .md notebook: restore it with 'git checkout -- notebooks'")
    return found


def text_path(name: str) -> Path:
    """Return the path of a notebook's text.

    Raises
    ------
    PressError
        If there is no such notebook; the nearest name is suggested.
    """
    path = paths.notebooks() / f"{name}.md"
    if "/" in name or not path.is_file():
        raise PressError(f"there is no notebook {name!r}{nearest(name, names())}")
    return path


def read_text(name: str) -> NotebookNode:
    """Read a notebook from its text.

    Each cell's metadata holds a line: of code that of its fence, of Markdown the last
    line that is not yet the cell's, its leading blank lines being the cell's.
    """
    path = text_path(name)
    return deepcopy(_parsed(path.read_bytes(), f"notebooks/{path.name}"))


@functools.lru_cache(maxsize=64)
def _parsed(text: bytes, place: str) -> NotebookNode:
    try:
        notebook: NotebookNode = myst_to_notebook(text.decode(), add_source_map=True)
    except Exception as error:  # jupytext raises whatever its parser meets; any of it means the text is malformed
        said = " ".join(str(error).split())
        raise PressError(f"{place} cannot be read as a MyST notebook ({said}); mend the text") from error
    for cell, line in zip(notebook.cells, notebook.metadata.pop("source_map"), strict=True):
        cell.metadata[LINE] = int(line)
    return notebook


def reads_other_facts(name: str) -> bool:
    """Return whether a notebook asks for the facts of the others, and so has to run after them."""
    return any(cell.cell_type == "code" and "other_facts" in cell.source for cell in read_text(name).cells)


def parameters(name: str) -> dict[str, Parameter]:
    """Return the declared parameters of a notebook, by name."""
    for cell in read_text(name).cells:
        if "parameters" in cell.metadata.get("tags", []):
            return read_parameters(cell.source, f"notebooks/{name}.md, line {cell.metadata[LINE]}")
    raise PressError(f"notebooks/{name}.md has no cell tagged 'parameters': add one")


def canonical(notebook: NotebookNode) -> NotebookNode:
    """Return a copy without what differs from run to run or belongs to the run alone.

    Cell ids count up, run times and papermill's notes go, injected parameters stay.
    """
    copy = deepcopy(notebook)
    copy.metadata = NotebookNode(
        {key: copy.metadata[key] for key in ("jupytext", "kernelspec") if key in copy.metadata}
    )
    for number, cell in enumerate(copy.cells, start=1):
        cell.id = f"cell-{number:02d}"
        tags = cell.metadata.get("tags", [])
        cell.metadata = NotebookNode({"tags": list(tags)} if tags else {})
    copy.nbformat, copy.nbformat_minor = 4, 5
    return copy


def committed(notebook: NotebookNode) -> NotebookNode:
    """Return the form of an executed notebook that is kept under version control.

    Figures keep their picture, data and alt text; the drawings for the site go, since
    every build makes them again.
    """
    copy = canonical(notebook)
    copy.cells = [cell for cell in copy.cells if "injected-parameters" not in cell.metadata.get("tags", [])]
    for number, cell in enumerate(copy.cells, start=1):
        cell.id = f"cell-{number:02d}"
        for payload in _payloads(cell, media_types.FIGURE):
            payload.pop("svg", None)
    return copy


def write(notebook: NotebookNode, path: Path) -> None:
    """Write a notebook as canonical JSON."""
    path.write_text(nbformat.writes(notebook), encoding="utf-8")


def recorded_facts(name: str, executed: NotebookNode) -> list[RecordedFact]:
    """Return the facts in an executed notebook, in the order of their recording."""
    return [
        RecordedFact(dict(payload), name, cell.metadata.get(LINE, 1))
        for cell in executed.cells
        for payload in _payloads(cell, media_types.FACT)
    ]


def recorded_figures(executed: NotebookNode) -> list[dict[str, Any]]:
    """Return the figures in an executed notebook: id, alt text, data as CSV, drawings and picture."""
    return [
        {**output.data[media_types.FIGURE], "png": output.data.get("image/png"), "line": cell.metadata.get(LINE, 1)}
        for cell in executed.cells
        for output in cell.get("outputs", [])
        if media_types.FIGURE in output.get("data", {})
    ]


def _payloads(cell: NotebookNode, media_type: str) -> list[Any]:
    return [output.data[media_type] for output in cell.get("outputs", []) if media_type in output.get("data", {})]


def pair_differences(name: str) -> list[str]:
    """Compare a notebook's text with its twin, cell by cell, by content.

    Returns
    -------
    list of str
        A sentence for each difference, none where the twins agree.
    """
    twin_path = paths.notebooks() / f"{name}.ipynb"
    mend = f"run 'make notebooks' to make the twin from notebooks/{name}.md"
    if not twin_path.is_file():
        return [f"notebooks/{name}.ipynb is missing; {mend}"]
    try:
        twin = nbformat.read(twin_path, as_version=4)
        nbformat.validate(twin)
    except Exception as error:  # nbformat raises several kinds for what is not a notebook
        return [f"notebooks/{name}.ipynb cannot be read ({' '.join(str(error).split())}); {mend}"]
    text = read_text(name)
    lines = text_path(name).read_text(encoding="utf-8").splitlines()
    differences = []
    for number, (ours, theirs) in enumerate(zip(text.cells, twin.cells, strict=False), start=1):
        if _content(ours) != _content(theirs):
            line = _first_line(ours, lines)
            differences.append(
                f"notebooks/{name}.md, line {line}: cell {number} differs from its twin in {name}.ipynb; {mend}"
            )
    if len(text.cells) != len(twin.cells):
        differences.append(
            f"notebooks/{name}.md has {len(text.cells)} cells and its twin {name}.ipynb has {len(twin.cells)}; {mend}"
        )
    return differences


def _first_line(cell: NotebookNode, lines: list[str]) -> int:
    """Return the line of the text where a cell's own text begins, past the blank lines before it."""
    line: int = cell.metadata[LINE]
    if cell.cell_type == "markdown":
        line += 1
        while line < len(lines) and not lines[line - 1].strip():
            line += 1
    return line


def _content(cell: NotebookNode) -> tuple[str, str, tuple[str, ...]]:
    return cell.cell_type, cell.source.strip(), tuple(cell.metadata.get("tags", []))


def unpaired() -> list[str]:
    """Return a sentence for each ``.ipynb`` without a text, and each text that is not declared paired."""
    faults = [
        f"notebooks/{twin.name} has no text beside it; make {twin.stem}.md or remove it"
        for twin in sorted(paths.notebooks().glob("*.ipynb"))
        if not twin.with_suffix(".md").is_file()
    ]
    for name in names():
        header = read_text(name).metadata.get("jupytext")
        if not isinstance(header, dict) or header.get("formats") != "ipynb,md:myst":
            faults.append(f"notebooks/{name}.md does not declare 'formats: ipynb,md:myst' in its header; add it")
    return faults
