"""Jupyter Book's build of a staged book, on every core.

Its command line builds on one core and always under ``<output>/_build``; this calls what that calls.
"""

import os
from pathlib import Path

from jupyter_book.sphinx import build_sphinx


def main(source: str, doctrees: str, output: str, everything: str) -> int:
    """Build a book; warnings are errors, and go to stderr.

    Parameters
    ----------
    source
        The folder with ``_config.yml``, ``_toc.yml`` and the pages.
    doctrees
        Where Sphinx keeps what it has read.
    output
        The folder of the site.
    everything
        ``"all"`` to read and write every page, anything else for those that changed.
    """
    whole = everything == "all"
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
