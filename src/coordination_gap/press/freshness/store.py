"""Runs kept under the SHA-256 of all that they depended on: ``_build/runs``.

``<key>.ipynb`` is an executed notebook. ``manifest.json`` lists for each notebook its
latest runs: what each read, by name, its key, and the SHA-256 of its file. A run is taken
from here only if what it read is as it was, and its file as it was written; an entry or a
file that is damaged counts for nothing. Whoever writes holds the build lock.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from coordination_gap import paths
from coordination_gap.press import PressError, notebooks
from coordination_gap.press.freshness import inputs
from coordination_gap.press.freshness.inputs import Asked
from coordination_gap.press.freshness.places import places, system

#: Runs of one notebook that are kept: several editions', and some that were tried.
KEPT_EACH = 8
#: Changes whenever what is kept has another form.
FORM = 2
#: The metadata of an executed notebook under which its record and its key travel.
RECORD, INPUTS_SHA256 = "read_by_run", "inputs_sha256"


def folder() -> Path:
    """Return the folder of the kept runs."""
    return paths.build() / "runs"


Signature = tuple[int, int, int, int]


@dataclass(frozen=True)
class Before:
    """How the files of project and package were before notebooks ran."""

    files: Mapping[Path, Signature]

    @classmethod
    def now(cls) -> "Before":
        """Look at every file that a run may depend on: at its size and times, so that it costs nothing."""
        where = places()
        found: dict[Path, Signature] = {}
        for top in (where.root, where.package):
            for name, folders, files in os.walk(top, followlinks=True):
                folders[:] = [one for one in folders if not one.startswith(".") and where.label(f"{name}/{one}")]
                found |= {path: _signature(path) for path in (Path(name, one) for one in files)}
        return cls(found)

    def edited(self, record: Mapping[str, Any]) -> Path | None:
        """Return a file that a run read and that is no longer as it was, or None."""
        differing = (path for path in inputs.files(record) if self.files.get(path, _ABSENT) != _signature(path))
        return next(differing, None)


_ABSENT = (0, 0, 0, 0)


def _signature(path: Path) -> Signature:
    try:
        status = path.stat()
    except OSError:
        return _ABSENT
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def find(asked: Asked) -> NotebookNode | None:
    """Return the kept run that is what running the notebook now would give, with the prose of now; None if none is."""
    runs = _manifest()
    entries = runs.get(asked.notebook, [])
    for entry in entries:
        try:
            found = inputs.key(inputs.inputs(asked, entry["record"]))
            executed = _read(found, entry["sha256"]) if found == entry["key"] else None
        except (
            KeyError,
            TypeError,
            ValueError,
            OSError,
            ImportError,
            AttributeError,
        ):  # an entry of another form, or of what is no longer there
            continue
        if executed is not None:
            # What is used stays longest.
            _write_manifest(runs | {asked.notebook: [entry, *(other for other in entries if other is not entry)]})
            return with_prose_of_now(asked.notebook, executed)
    return None


def completed(asked: Asked, executed: NotebookNode, before: Before) -> NotebookNode:
    """Return a run that has just ended, with its key among its metadata and the prose of now.

    Raises
    ------
    PressError
        If what it read was edited meanwhile: nobody knows which state it saw.
    """
    record = executed.metadata[RECORD]
    edited = before.edited(record)
    if edited is None and record["code"] != inputs.code_sha256(notebooks.read_text(asked.notebook)):
        edited = notebooks.text_path(asked.notebook)
    if edited is None and any(found != inputs.derived_sha256(name) for name, found in record["derived"].items()):
        edited = paths.notebooks()
    if edited is not None:
        place = edited.relative_to(paths.root()) if edited.is_relative_to(paths.root()) else edited
        raise PressError(f"notebooks/{asked.notebook}.md: {place} was edited while it ran; run it again")
    executed.metadata[INPUTS_SHA256] = inputs.key(inputs.inputs(asked, record))
    return with_prose_of_now(asked.notebook, executed)


def keep(asked: Asked, executed: NotebookNode) -> str | None:
    """Keep a completed run, unless it may have depended on what was not recorded.

    Returns
    -------
    str or None
        Why it was not kept.
    """
    record = executed.metadata[RECORD]
    unseen = list(record["unseen"])
    if record["system"] != system() or record["package"] != str(places().package):
        unseen.append("its kernel runs another Python or another copy of the package")
    if unseen:
        return str(unseen[0])
    content = nbformat.writes(executed).encode()
    found = executed.metadata[INPUTS_SHA256]
    _write(folder() / f"{found}.ipynb", content)
    entry = {"key": found, "record": dict(record), "sha256": hashlib.sha256(content).hexdigest()}
    runs = _manifest()
    others = [other for other in runs.get(asked.notebook, []) if other.get("key") != found]
    runs[asked.notebook] = [entry, *others][:KEPT_EACH]
    _write_manifest(runs)
    _clear(runs)
    return None


def with_prose_of_now(name: str, executed: NotebookNode) -> NotebookNode:
    """Return an executed notebook, whose code is that of its text, with the prose and lines of the text now."""
    ran = [cell for cell in executed.cells if cell.cell_type == "code"]
    cells: list[NotebookNode] = []
    for cell in notebooks.read_text(name).cells:
        if cell.cell_type != "code":
            cells.append(cell)
            continue
        cells.append(_at_line(ran.pop(0), cell.metadata[notebooks.LINE]))
        while ran and "injected-parameters" in ran[0].metadata.get("tags", []):
            cells.append(ran.pop(0))
    joined: NotebookNode = NotebookNode(executed)
    joined.cells = cells
    return joined


def _at_line(cell: NotebookNode, line: int) -> NotebookNode:
    cell.metadata[notebooks.LINE] = line
    return cell


def _read(key: str, sha256: str) -> NotebookNode | None:
    content = (folder() / f"{key}.ipynb").read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        return None
    return parsed(content.decode())


def parsed(text: str) -> NotebookNode:
    """Return a notebook from the text of a file that the press itself has written, without the slow validation."""
    notebook: NotebookNode = nbformat.v4.reads_json(text)
    return notebook


def _manifest() -> dict[str, list[dict[str, Any]]]:
    try:
        content = json.loads((folder() / "manifest.json").read_text(encoding="utf-8"))
        runs = content["runs"] if content["form"] == FORM else {}
        well_formed = all(isinstance(entry, dict) for entries in runs.values() for entry in entries)
        return dict(runs) if well_formed else {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _write_manifest(runs: Mapping[str, list[dict[str, Any]]]) -> None:
    _write(folder() / "manifest.json", json.dumps({"form": FORM, "runs": runs}).encode())


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, beside = tempfile.mkstemp(prefix=".part-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def _clear(runs: Mapping[str, list[dict[str, Any]]]) -> None:
    """Remove the files of runs that no entry names, and what a killed build left."""
    named = {f"{entry.get('key')}.ipynb" for entries in runs.values() for entry in entries}
    for path in folder().iterdir():
        if path.name not in named and path.name != "manifest.json":
            path.unlink(missing_ok=True)
