"""Render a staged book with Jupyter Book: the pages that changed, or all of them where that is not certain.

What Sphinx has read is kept in ``_build/render/<edition>`` beside the site that it wrote. Only where
nothing but the prose of pages differs from it are the others left as they are: neither facts, figures,
tables, settings, code and versions, nor what pages show of each other, such as headings, targets and
citations.
"""

import errno
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from coordination_gap import paths
from coordination_gap.press import PressError, notebooks
from coordination_gap.press.freshness import published
from coordination_gap.press.freshness.content import file_sha256
from coordination_gap.press.renderer import Renderer

_WARNING = re.compile(r"^(?:(?P<place>[^\s:]+?\.\w+)(?::(?P<line>\d+))?: )?(?:WARNING|ERROR|CRITICAL): (?P<what>.*)$")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
#: What pages may show of each other: headings, targets, names, citations, terms, and lists of pages.
_SHARED = re.compile(
    r"^#{1,6} .*|^\(.*\)=\s*$|\{#[^}]*\}|^\s*:(?:name|label|class|tags):.*"
    r"|\{(?:cite|term|index|eq|numref|doc|ref)[^}]*\}`[^`]*`"
    r"|\{(?:math|toctree|glossary|bibliography|index)[^}]*\}.*|\]\(#[^)]*\)",
    re.MULTILINE,
)
_PAGES = (".md", ".ipynb")


def render(
    staging: Path, name: str, pages: Mapping[str, NotebookNode], renderer: Renderer, *, fresh: bool = False
) -> Path:
    """Render what has been staged, and return the folder of the site, which is to be copied and not changed.

    Parameters
    ----------
    staging
        Holds ``source``, ``beside`` and ``material.json``; the first two are moved away.
    name
        Of the folder in which the rendering is kept.
    pages
        The notebooks as their pages show them, by name.
    renderer
        The process in which Sphinx runs.
    fresh
        Whether to render every page, whatever is kept.

    Raises
    ------
    PressError
        If Sphinx warns of anything; nothing is kept then.
    """
    kept = paths.build() / "render" / name
    state = _state(staging)
    before = None if fresh else _read_state(kept)
    whole = before is None or before["whole"] != state["whole"] or before["pages"].keys() != state["pages"].keys()
    # Whatever stops the rendering, what it leaves is not taken up again.
    (kept / "state.json").unlink(missing_ok=True)
    if whole:
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir(parents=True)
        (staging / "source").replace(kept / "source")
    else:
        for page, sha256 in state["pages"].items():
            if before and before["pages"][page] != sha256:
                shutil.copyfile(staging / "source" / page, kept / "source" / page)
        shutil.rmtree(kept / "beside")
    (staging / "beside").replace(kept / "beside")
    (staging / "material.json").replace(kept / "material.json")
    _run(kept, whole, {name: line_map(page) for name, page in pages.items()}, renderer)
    (kept / "state.json").write_text(json.dumps(state), encoding="utf-8")
    return kept / "html"


def _state(staging: Path) -> dict[str, Any]:
    source, beside = staging / "source", staging / "beside"
    # Lines are for warnings alone: a paragraph more must not count as another fact.
    material = json.loads(
        (staging / "material.json").read_text(encoding="utf-8"),
        object_hook=lambda entry: {key: value for key, value in entry.items() if key != "line"},
    )
    hashes = {path.relative_to(source).as_posix(): file_sha256(path) for path in _files(source)}
    pages = {page: sha256 for page, sha256 in hashes.items() if page.endswith(_PAGES)}
    others = {name: sha256 for name, sha256 in hashes.items() if name not in pages}
    # The notebooks to download hold the prose, and no page shows anything of them.
    extra = {
        path.relative_to(staging).as_posix(): file_sha256(path) for path in _files(beside) if path.suffix != ".ipynb"
    }
    project = published.project()
    whole = [
        material,
        others,
        extra,
        {page: _SHARED.findall(_prose(source / page)) for page in pages},
        {part: project[part] for part in ("changes", "package", "system", "unlocked")},
        file_sha256(paths.root() / "requirements.txt"),
    ]
    return {"whole": hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest(), "pages": pages}


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _prose(page: Path) -> str:
    text = page.read_text(encoding="utf-8")
    if page.suffix != ".ipynb":
        return text
    cells = json.loads(text)["cells"]
    # Code and its outputs are shown as they are: any change of them is one of the whole.
    return "\n".join(
        "".join(cell["source"])
        if cell["cell_type"] == "markdown"
        else f"# {hashlib.sha256(json.dumps([cell['source'], cell.get('outputs')]).encode()).hexdigest()}"
        for cell in cells
    )


def _read_state(kept: Path) -> dict[str, Any] | None:
    try:
        state = json.loads((kept / "state.json").read_text(encoding="utf-8"))
        return state if {"whole", "pages"} <= state.keys() else None
    except (OSError, ValueError, AttributeError):
        return None


def _run(kept: Path, whole: bool, line_maps: dict[str, list[int]], renderer: Renderer) -> None:
    source = kept / "source"
    status, output, log = renderer.render(source, kept / "doctrees", kept / "html", whole=whole)
    faults = list(dict.fromkeys(faults_of(log, source, line_maps)))
    if status == 0 and not faults:
        return
    full = os.strerror(errno.ENOSPC)
    if full in log:
        raise OSError(errno.ENOSPC, full, paths.build().name)
    if not faults:
        (paths.build() / "failed").mkdir(exist_ok=True)
        whole_log = paths.build() / "failed" / "render.log"
        whole_log.write_text(output + log, encoding="utf-8")
        faults = [f"the book could not be rendered ({_reason(log)}); see {whole_log.relative_to(paths.root())}"]
    raise PressError("\n".join(faults))


def _reason(log: str) -> str:
    """Return the line of a failed renderer's output that says why: the text of its last exception."""
    lines = [line.strip() for line in _COLOUR.sub("", log).splitlines()]
    ends = [number for number, line in enumerate(lines) if re.match(r"[\w.]*(Error|Exception)\b", line)]
    said = lines[ends[-1] :] if ends else lines[::-1]
    said = [re.sub(r"^[\w.]*(Error|Exception):?\s*", "", line).strip("= ") for line in said]
    return next((line for line in said if line), "no message")


def faults_of(log: str, source: Path, line_maps: dict[str, list[int]]) -> Iterator[str]:
    """Yield each warning of Sphinx as a sentence that begins with the page and line as they are in the project."""
    for line in _COLOUR.sub("", log).splitlines():
        match = _WARNING.match(line.strip())
        if match is None:
            continue
        place = (match["place"] or "the book").removeprefix(f"{source.resolve()}/").removeprefix(f"{source}/")
        number = int(match["line"] or 0)
        page = Path(place)
        if page.suffix == ".ipynb" and page.stem in line_maps:
            place = f"notebooks/{page.stem}.md"
            number = _text_line(number, line_maps[page.stem])
        elif not place.startswith("notebooks/") and page.suffix:
            place = f"book/{place}"
        yield f"{place}{f', line {number}' if number else ''}: {match['what'].strip()}"


def _text_line(coded: int, cell_lines: list[int]) -> int:
    """Return the line of the text for myst-nb's line: ten thousand times the cell's number, plus the line in it."""
    cell, within = divmod(coded, 10_000)
    if not 1 <= cell <= len(cell_lines):
        return 0
    return cell_lines[cell - 1] + max(within, 1)


def line_map(notebook: NotebookNode) -> list[int]:
    """Return for each cell of a page the line where it begins in the text."""
    lines: list[int] = []
    for cell in notebook.cells:
        lines.append(cell.metadata.get(notebooks.LINE, lines[-1] if lines else 1))
    return lines
