"""What a run depends on beside its parameters, as one hash."""

import functools
import hashlib
import platform
from collections.abc import Iterator
from pathlib import Path

import coordination_gap
from coordination_gap import paths


def key(*further: str) -> str:
    """Return the SHA-256 of the code, the lock, the data, the version of Python, and further words."""
    digest = hashlib.sha256(ground(str(paths.root())).encode())
    for word in further:
        digest.update(hashlib.sha256(word.encode()).digest())
    return digest.hexdigest()


@functools.lru_cache(maxsize=2)
def ground(root: str) -> str:
    """Return the SHA-256 of the code, the lock and the data of a project, and of the version of Python."""
    digest = hashlib.sha256(platform.python_version().encode())
    for name, path in _files(Path(root)):
        digest.update(f"\n{name} ".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _files(root: Path) -> Iterator[tuple[str, Path]]:
    code = Path(coordination_gap.__file__).parent
    for path in sorted(code.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            yield path.relative_to(code).as_posix(), path
    for path in sorted((root / "data").rglob("*")):
        if path.is_file() and not path.name.startswith("."):
            yield path.relative_to(root).as_posix(), path
    lock = root / "requirements.txt"
    if lock.is_file():
        yield lock.name, lock
