"""Jupyter Book's build of a staged book, on every core: ``python -m coordination_gap.press.jupyter_book``.

Its command line builds on one core and always under ``<output>/_build``; this calls what that calls.
Run as a program it loads what a build needs and waits for what to build: one JSON object on
standard input with the arguments of :func:`main`.
"""

import contextlib
import importlib
import json
import os
import sys
from pathlib import Path

from jupyter_book.sphinx import build_sphinx
from sphinx.application import builtin_extensions

#: What the configuration has Sphinx load.
_EXTENSIONS = (
    *builtin_extensions,
    "myst_nb.sphinx_ext",
    "sphinx_external_toc",
    "sphinx_book_theme",
    "sphinx_jupyterbook_latex",
    "coordination_gap.press.sphinx_book",
)


def main(source: str, doctrees: str, output: str, *, whole: bool) -> int:
    """Build a book; warnings are errors, and go to stderr.

    Parameters
    ----------
    source
        The folder with ``_config.yml``, ``_toc.yml`` and the pages.
    doctrees
        Where Sphinx keeps what it has read.
    output
        The folder of the site.
    whole
        Whether to read and write every page, or those that changed.
    """
    done = build_sphinx(
        source,
        output,
        noconfig=True,
        path_config=Path(source) / "_config.yml",
        confoverrides={
            "external_toc_path": str(Path(source) / "_toc.yml"),
            "latex_individualpages": False,
            "nitpicky": True,
        },
        doctreedir=doctrees,
        force_all=whole,
        freshenv=whole,
        quiet=True,
        warningiserror=True,
        keep_going=True,
        jobs=os.cpu_count() or 1,
    )
    return done if isinstance(done, int) else 1


if __name__ == "__main__":
    for name in _EXTENSIONS:
        with contextlib.suppress(ImportError):  # Sphinx says what it lacks
            importlib.import_module(name)
    words = sys.stdin.read()
    sys.exit(main(**json.loads(words)) if words else 0)
