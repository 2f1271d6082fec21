"""What the site in ``_build/html`` was made from, so that a build with nothing to do is over at once.

Every file of the project's own folders and of the package counts, and whatever else the
runs read; also every file of the site itself, since a reader may have changed one. Only
light modules are imported here.
"""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from coordination_gap import paths
from coordination_gap.press.freshness.content import file_sha256, kind, listing, other_versions
from coordination_gap.press.freshness.places import places, system

_FILES = ("_config.yml", "_toc.yml", "requirements.txt")


def _note() -> Path:
    return paths.build() / "published.json"


def up_to_date(asked: Sequence[str]) -> Path | None:
    """Return the landing page of the published site if building it again would change nothing, else None.

    Parameters
    ----------
    asked
        The edition's name and the overrides.
    """
    html = paths.build() / "html"
    try:
        note = json.loads(_note().read_text(encoding="utf-8"))
        same = (
            not any(paths.build().glob("staging-*"))  # of a build that is running, or was killed and is cleared by one
            and note["asked"] == list(asked)
            and note["project"] == project()
            and note["read"] == _read_now(note["read"])
            and note["site"] == _hashes(html, html)
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # none, damaged, or of another form
        return None
    return html / "index.html" if same else None


def project() -> dict[str, Any]:
    """Return the content of everything that any site of this project is made from."""
    where = places()
    folders = (paths.notebooks(), paths.data(), paths.book(), paths.editions(), paths.pipelines())
    files: dict[str, str] = {name: file_sha256(where.root / name) for name in _FILES}
    for folder in folders:
        files |= _hashes(folder, where.root)
    return {
        "files": files,
        "package": _hashes(where.package, where.package),
        "system": system(),
        "unlocked": other_versions(where.root / "requirements.txt"),
    }


def write(asked: Sequence[str], before: Mapping[str, Any], records: Iterable[Mapping[str, Any]]) -> None:
    """Note that the site that now stands in ``_build/html`` is what `asked` gives, unless that is not certain.

    Parameters
    ----------
    asked
        The edition's name and the overrides.
    before
        What :func:`project` was before the build began.
    records
        What each run that the site is made from read.
    """
    kept = list(records)
    _note().unlink(missing_ok=True)
    if any(record["unseen"] for record in kept) or project() != before:
        return
    names = {part: {name: None for record in kept for name in record[part]} for part in _LOOKED_UP}
    html = paths.build() / "html"
    note = {"asked": list(asked), "project": before, "read": _read_now(names), "site": _hashes(html, html)}
    beside = _note().with_suffix(".part")
    beside.write_text(json.dumps(note), encoding="utf-8")
    beside.replace(_note())


_LOOKED_UP = ("files", "folders", "presence", "variables")


def _read_now(read: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return what the files, folders and variables of these names hold now."""
    where = places()
    return {
        "files": {name: file_sha256(where.path(name)) for name in read["files"]},
        "folders": {name: listing(where.path(name)) for name in read["folders"]},
        "presence": {name: kind(where.path(name)) for name in read["presence"]},
        "variables": {name: os.environ.get(name) for name in read["variables"]},
    }


def _hashes(folder: Path, top: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, folders, files in os.walk(folder, followlinks=True):
        folders[:] = [one for one in folders if one not in ("__pycache__", ".ipynb_checkpoints")]
        inside = os.path.relpath(name, top)
        found |= {f"{inside}/{one}": file_sha256(Path(name, one)) for one in files}
    return found
