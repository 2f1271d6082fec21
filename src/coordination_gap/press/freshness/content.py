"""What files, folders and the installed packages hold, as small values that can be compared."""

import functools
import hashlib
import re
import sysconfig
from pathlib import Path

_LOCKED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal; empty where there is no such file."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def listing(folder: Path) -> list[str]:
    """Return the names in a folder, sorted, without hidden ones and compiled code; none where there is no folder."""
    found = (entry.name for entry in folder.iterdir()) if folder.is_dir() else ()
    return sorted(name for name in found if not name.startswith(("__pycache__", ".")))


def kind(path: Path) -> str:
    """Return ``"file"``, ``"folder"`` or ``"absent"``."""
    return "folder" if path.is_dir() else "file" if path.exists() else "absent"


def other_versions(lock: Path) -> dict[str, list[str]]:
    """Return the installed versions of locked packages where they are not those of the lock file.

    Without a lock file that is every version that is installed.
    """
    if not lock.is_file():
        return {name: [version] for name, version in _installed()}
    locked: dict[str, set[str]] = {}
    for name, version in _LOCKED.findall(lock.read_text(encoding="utf-8")):
        locked.setdefault(_plain_name(name), set()).add(version)
    found: dict[str, list[str]] = {}
    for name, version in _installed():
        if name in locked and version not in locked[name]:
            found.setdefault(name, []).append(version)
    return found


@functools.cache
def _installed() -> tuple[tuple[str, str], ...]:
    # The folders' names say it; asking each package for its metadata takes a second.
    folders = sorted({Path(sysconfig.get_path(kind)) for kind in ("purelib", "platlib")})
    pairs = [
        place.name.removesuffix(".dist-info").rpartition("-")
        for folder in folders
        for place in folder.glob("*.dist-info")
    ]
    return tuple(sorted({(_plain_name(name), version) for name, _, version in pairs}))


def _plain_name(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
