"""Where the project's files are: the one place that knows."""

import os
from pathlib import Path


def root() -> Path:
    """Return the project's top folder.

    The environment variable ``GAPBOOK_ROOT`` names another one, so that a notebook can
    be run against a copy of the project.
    """
    named = os.environ.get("GAPBOOK_ROOT")
    return Path(named).resolve() if named else Path(__file__).resolve().parents[2]


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


def build() -> Path:
    """Return the folder of everything built; nothing in it is kept under version control."""
    return root() / "_build"


def pipelines() -> Path:
    """Return the folder of pipelines written down as YAML, which a project need not have."""
    return root() / "pipelines"
