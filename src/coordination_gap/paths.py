"""Where the project's files are: the one place that knows."""

import functools
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TypeVar

_Value = TypeVar("_Value")

_accounted: ContextVar[bool] = ContextVar("accounted", default=False)
_noted: set[Path] = set()
_derived: dict[str, str] = {}


def root() -> Path:
    """Return the project's top folder.

    The environment variable ``GAPBOOK_ROOT`` names another one, so that a notebook can
    be run against a copy of the project.
    """
    named = os.environ.get("GAPBOOK_ROOT")
    return Path(named).resolve() if named else Path(__file__).resolve().parents[2]


def shown(path: Path) -> Path:
    """Return a path as a person reads it: from the project's top folder where it lies in there."""
    whole = path.resolve()
    return whole.relative_to(root()) if whole.is_relative_to(root()) else path


def data() -> Path:
    """Return the folder of the tables and their records."""
    return root() / "data"


def notebooks() -> Path:
    """Return the folder of the paired notebooks."""
    return root() / "notebooks"


def editions() -> Path:
    """Return the folder of the edition files."""
    return root() / "editions"


def book() -> Path:
    """Return the folder of the prose pages."""
    return root() / "book"


def releases() -> Path:
    """Return the folder of what was released, which a project need not have."""
    return root() / "releases"


def build() -> Path:
    """Return the folder of everything built; nothing in it is kept under version control."""
    return root() / "_build"


def pipelines() -> Path:
    """Return the folder of pipelines written down as YAML, which a project need not have."""
    return root() / "pipelines"


@contextmanager
def accounted_for() -> Iterator[None]:
    """Say that the files opened in the block are recorded by other means, and finer, than as whole files."""
    token = _accounted.set(True)
    try:
        yield
    finally:
        _accounted.reset(token)


def is_accounted_for() -> bool:
    """Return whether the caller is inside a block of :func:`accounted_for`."""
    return _accounted.get()


def note(path: Path) -> None:
    """Record a file as read where a cache may spare its opening; not inside :func:`accounted_for`."""
    if not _accounted.get():
        _noted.add(path)


def noted() -> list[Path]:
    """Return the files that :func:`note` has recorded in this process, sorted."""
    return sorted(_noted)


def derived(function: Callable[[], _Value]) -> Callable[[], _Value]:
    """Let a function's value be recorded as read, and not the files that it is made from.

    For a function of the project's files alone that leaves much of them aside, such as the
    headings of all pages. Its value has to have a ``repr`` that shows all of it.
    """
    name = f"{function.__module__}:{function.__qualname__}"

    @functools.wraps(function)
    def recorded() -> _Value:
        with accounted_for():
            value = function()
        if not _accounted.get():
            _derived[name] = hashlib.sha256(repr(value).encode()).hexdigest()
        return value

    return recorded


def derived_values() -> dict[str, str]:
    """Return the SHA-256 of what each function under :func:`derived` has returned in this process, by its name."""
    return dict(sorted(_derived.items()))
