"""What a run depended on, as content, and the key that stands for it.

The names of what a run read come from the recorder; here each is looked up and hashed.
The same key decides whether a run is kept and is published as ``inputs_sha256``.
"""

import hashlib
import importlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from coordination_gap import cut, paths, tables
from coordination_gap.press import notebooks
from coordination_gap.press.freshness.content import file_sha256, kind, listing, other_versions
from coordination_gap.press.freshness.places import PACKAGE, places, system
from coordination_gap.press.parameters import Value

#: The parts of the press that make a run what it is.
_RUNNING = (
    "run_notebook",
    "kernels",
    "kernel_server",
    "provisioner",
    "notebooks",
    "freshness/places",
    "freshness/recorder",
)
_PRESS = tuple(f"press/{name}.py" for name in _RUNNING)


@dataclass(frozen=True)
class Asked:
    """A run that is asked for.

    Attributes
    ----------
    notebook
        Its name.
    parameters
        The complete, checked parameters.
    facts
        The SHA-256 of the facts of others that are handed over, by edition.
    """

    notebook: str
    parameters: Mapping[str, Value]
    facts: Mapping[str, str]


def key(inputs: Mapping[str, Any]) -> str:
    """Return the SHA-256 of inputs as JSON, in which the order of keys does not count."""
    return hashlib.sha256(json.dumps(inputs, sort_keys=True, allow_nan=False).encode()).hexdigest()


def inputs(asked: Asked, record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content now of everything that a recorded run of a notebook depended on.

    Parameters
    ----------
    asked
        The run.
    record
        What the recorder wrote during a run of this notebook.
    """
    where = places()
    return {
        "code": code_sha256(notebooks.read_text(asked.notebook)),
        "parameters": dict(asked.parameters),
        "tables": {name: {day: table_inputs(name, day) for day in days} for name, days in record["tables"].items()},
        "facts": {edition: asked.facts.get(edition, "") for edition in record["facts"]},
        "modules": {name: _module(name, where.package) for name in record["modules"]},
        "files": {name: file_sha256(where.path(name)) for name in record["files"]},
        "folders": {name: listing(where.path(name)) for name in record["folders"]},
        "presence": {name: kind(where.path(name)) for name in record["presence"]},
        "variables": {name: os.environ.get(name) for name in record["variables"]},
        "derived": {name: derived_sha256(name) for name in record["derived"]},
        "beside": _beside_notebooks(),
        "press": {name: file_sha256(where.package / name) for name in _PRESS},
        "system": system(),
        "lock": file_sha256(where.root / "requirements.txt"),
        "unlocked": other_versions(where.root / "requirements.txt"),
    }


def files(record: Mapping[str, Any]) -> list[Path]:
    """Return the files that a run's inputs are read from, its own text apart."""
    where = places()
    return [
        *tables.files(*record["tables"]),
        *(where.package / _module(name, where.package)[0] for name in record["modules"]),
        *(where.path(name) for name in record["files"]),
        where.root / "requirements.txt",
    ]


def code_sha256(text: NotebookNode) -> str:
    """Return the SHA-256 of what a notebook's kernel sees: the header and the code cells, without prose."""
    cells = [
        (cell.source, {name: value for name, value in cell.metadata.items() if name != notebooks.LINE})
        for cell in text.cells
        if cell.cell_type == "code"
    ]
    return hashlib.sha256(json.dumps([text.metadata, cells], sort_keys=True).encode()).hexdigest()


def table_inputs(name: str, as_of: tables.Day) -> dict[str, Any]:
    """Return what decides a table as of a day: its visible rows, and how its record says to read them."""
    record = tables.resource(name)
    return {
        "rows": cut.sha256(name, as_of),
        "types": {field["name"]: field["type"] for field in record["schema"]["fields"]},
        "key": record["schema"]["primaryKey"],
        "public_day": record.get("publicDayField"),
    }


def derived_sha256(name: str) -> str:
    """Return the SHA-256 of what a function under :func:`coordination_gap.paths.derived` returns now."""
    module, _, function = name.partition(":")
    getattr(importlib.import_module(module), function)()
    return paths.derived_values()[name]


def _module(name: str, folder: Path) -> tuple[str, str]:
    """Return the file that a module of the package is imported from, relative to `folder`, and its SHA-256."""
    parts = name.split(".")
    if parts[0] != PACKAGE:
        raise ValueError(f"{name} is no module of {PACKAGE}")
    place = folder.joinpath(*parts[1:])
    if place == folder:
        return "__init__.py", file_sha256(folder / "__init__.py")
    # In this order Python looks: a package, then a compiled module, then a plain one.
    candidates = [place / "__init__.py", *(place.with_name(place.name + suffix) for suffix in EXTENSION_SUFFIXES)]
    candidates.append(place.with_name(f"{place.name}.py"))
    for candidate in candidates:
        if candidate.is_file():
            return candidate.relative_to(folder).as_posix(), file_sha256(candidate)
    return "", ""


def _beside_notebooks() -> dict[str, str]:
    """Return what a cell could import, or a library could take for its settings, from the notebooks' own folder."""
    folder = paths.notebooks()
    found = (path for path in folder.rglob("*") if path.is_file() and path.suffix not in (".md", ".ipynb"))
    kept = {path.relative_to(folder) for path in found}
    return {
        name.as_posix(): file_sha256(folder / name)
        for name in sorted(kept)
        if not any(part.startswith(".") or part == "__pycache__" for part in name.parts)
    }
