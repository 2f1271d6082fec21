"""What each published edition was made from, so that a build with nothing to do is over at once.

Every file of the project's own folders and of the package counts, and whatever else the
runs read; also every file of its site, since a reader may have changed one. Only
light modules are imported here.
"""

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from coordination_gap import paths
from coordination_gap.press import BASE, WHAT_IF
from coordination_gap.press.freshness.content import file_sha256, kind, listing, other_versions
from coordination_gap.press.freshness.places import places, system

_FILES = ("_config.yml", "_toc.yml", "requirements.txt")


#: The part of a page that says which other editions are published; it may change without the page's edition.
SWITCHER = re.compile(rb"<!-- editions -->.*?<!-- /editions -->", re.DOTALL)


def site_folder(address: str) -> Path:
    """Return the folder of an edition inside the site, which is the site itself for base and for replaced values."""
    return Path() if address in (BASE, WHAT_IF) else Path("editions", address)


def _address(asked: Sequence[str]) -> str:
    name, *replaced = asked
    return WHAT_IF if replaced else name


def _note(address: str) -> Path:
    return paths.build() / "published" / f"{address}.json"


def _site(address: str) -> Path:
    return paths.build() / (WHAT_IF if address == WHAT_IF else "html") / site_folder(address)


def up_to_date(asked: Sequence[str]) -> Path | None:
    """Return the landing page of the published edition if building it again would change nothing, else None.

    Parameters
    ----------
    asked
        The edition's name and the overrides.
    """
    address = _address(asked)
    try:
        note = json.loads(_note(address).read_text(encoding="utf-8"))
        same = (
            not any(paths.build().glob("staging-*"))  # of a build that is running, or was killed and is cleared by one
            and note["asked"] == list(asked)
            and note["project"] == project()
            and note["read"] == _read_now(note["read"])
            and note["site"] == _site_hashes(address)
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # none, damaged, or of another form
        return None
    return _site(address) / "index.html" if same else None


def project() -> dict[str, Any]:
    """Return the content of everything that any site of this project is made from."""
    where = places()
    folders = (
        *(paths.notebooks(), paths.data(), paths.book(), paths.editions(), paths.pipelines()),
        paths.releases(),  # a fact's page says what they published
    )
    files: dict[str, str] = {name: file_sha256(where.root / name) for name in _FILES}
    for folder in folders:
        files |= _hashes(folder, where.root)
    return {
        "files": files,
        "changes": _headings(where.root / "CHANGELOG.md"),
        "package": _hashes(where.package, where.package),
        "system": system(),
        "unlocked": other_versions(where.root / "requirements.txt"),
    }


def _headings(changes: Path) -> list[str]:
    # Citations give the day on which a version was released; what is new in it stands on no page.
    lines = changes.read_text(encoding="utf-8").splitlines() if changes.is_file() else []
    return [line for line in lines if line.startswith("## ")]


def write(asked: Sequence[str], before: Mapping[str, Any], records: Iterable[Mapping[str, Any]]) -> None:
    """Note that the edition that is now published is what `asked` gives, unless that is not certain.

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
    address = _address(asked)
    path = _note(address)
    path.unlink(missing_ok=True)
    if any(record["unseen"] for record in kept) or project() != before:
        return
    names = {part: {name: None for record in kept for name in record[part]} for part in _LOOKED_UP}
    note = {"asked": list(asked), "project": before, "read": _read_now(names), "site": _site_hashes(address)}
    path.parent.mkdir(exist_ok=True)
    beside = path.with_suffix(".part")
    beside.write_text(json.dumps(note), encoding="utf-8")
    beside.replace(path)


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


def _site_hashes(address: str) -> dict[str, str]:
    folder = _site(address)
    return {
        name: sha256
        for name, sha256 in _hashes(folder, folder, _page_sha256).items()
        if address != BASE or not name.startswith("./editions/")
    }


def _page_sha256(path: Path) -> str:
    if path.suffix != ".html":
        return file_sha256(path)
    return hashlib.sha256(SWITCHER.sub(b"", path.read_bytes())).hexdigest()


def _hashes(folder: Path, top: Path, sha256: Callable[[Path], str] = file_sha256) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, folders, files in os.walk(folder, followlinks=True):
        folders[:] = [one for one in folders if one not in ("__pycache__", ".ipynb_checkpoints")]
        inside = os.path.relpath(name, top)
        found |= {f"{inside}/{one}": sha256(Path(name, one)) for one in files}
    return found
