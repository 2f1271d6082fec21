"""Which files a run may depend on, and by what name, wherever the project and the package are."""

import functools
import os
import platform
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from coordination_gap import paths

PACKAGE = "coordination_gap"
#: What begins the name of a file of the package; other names are relative to the project.
PACKAGE_MARK = "package:"

_NOT_INPUTS = {"_build", ".git", "__pycache__", ".ipynb_checkpoints", ".pytest_cache", ".hypothesis"}
_SYSTEM = ("/proc", "/sys", "/dev", "/etc", "/usr", "/lib", "/lib64", "/run", "/opt", "/bin", "/System", "/Library")


def system() -> dict[str, str]:
    """Return the version of Python and the kind of machine, as far as they may sway a number."""
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "platform": f"{sys.platform} {platform.machine()}",
    }


def places() -> "Places":
    """Return where this project and the code that runs it are."""
    return Places(paths.root(), Path(__file__).resolve().parents[2])


@dataclass(frozen=True)
class Places:
    """The two folders that inputs lie in.

    Attributes
    ----------
    root
        The project's top folder.
    package
        The folder of the package's code.
    """

    root: Path
    package: Path

    def label(self, path: str) -> str | None:
        """Return the name under which a file or folder is recorded, or None where it is no input of this project."""
        for name in _names(path):
            for folder, mark in ((str(self.package), PACKAGE_MARK), (str(self.root), "")):
                if not _is_in(name, folder):
                    continue
                inside = Path(os.path.relpath(name, folder)).as_posix()
                ignored = not mark and any(_is_in(name, place) for place in _environment() if _is_in(place, folder))
                return None if ignored or _NOT_INPUTS & set(Path(inside).parts) else mark + inside
        return None

    def path(self, label: str) -> Path:
        """Return the file or folder of a name that :meth:`label` gave."""
        if label.startswith(PACKAGE_MARK):
            return self.package / label.removeprefix(PACKAGE_MARK)
        return self.root / label

    def is_foreign(self, path: str) -> bool:
        """Return whether a file belongs to none of project, Python's environment, system and caches."""
        known = (str(self.root), str(self.package), *_environment(), *_surroundings())
        return not any(_is_in(name, folder) for name in _names(path) for folder in known)


def _names(path: str) -> Iterator[str]:
    yield path
    yield os.path.realpath(path)


def _is_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


@functools.cache
def _environment() -> tuple[str, ...]:
    folders = {sys.prefix, sys.base_prefix, *(sysconfig.get_path(kind) for kind in ("stdlib", "purelib", "platlib"))}
    return tuple({*folders, *(os.path.realpath(folder) for folder in folders)})


@functools.cache
def _surroundings() -> tuple[str, ...]:
    """Return where libraries and the kernel keep what they need, which the lock file or nothing at all decides."""
    own = [str(Path("~", name).expanduser()) for name in (".cache", ".config")]
    named = [os.environ[name] for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "MPLCONFIGDIR") if name in os.environ]
    return (*_SYSTEM, *own, *named)
