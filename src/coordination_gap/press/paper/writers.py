"""pandoc and Typst: from a page's article to Word, EPUB and PDF."""

import datetime as dt
import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pypandoc
import typst
from bs4 import Tag

from coordination_gap.press import PressError
from coordination_gap.press.paper.footnotes import Element

_HTML = "html+tex_math_single_backslash"


def tree(article: Tag | str) -> Element:
    """Return an article of HTML as pandoc's document tree."""
    found: Element = json.loads(_pandoc(["--from", _HTML, "--to", "json"], str(article).encode()))
    return found


def written(document: Element, form: str, options: Sequence[str] = ()) -> bytes:
    """Return a document tree as pandoc writes it in a format."""
    return _pandoc(["--from", "json", "--to", form, *options], json.dumps(document).encode())


def write(document: Element, form: str, path: Path, day: str, options: Sequence[str] = ()) -> None:
    """Have pandoc write a document tree into a file, which is dated with a day given as ``YYYY-MM-DD``."""
    moment = dt.datetime.fromisoformat(day).replace(tzinfo=dt.UTC)
    words = ["--from", "json", "--to", form, "--output", str(path), *options]
    # The file's only date is the day of its data, so that the same content is the same file.
    _pandoc(words, json.dumps(document).encode(), {"SOURCE_DATE_EPOCH": str(int(moment.timestamp()))})


def default_file(name: str) -> bytes:
    """Return a file that pandoc brings."""
    return _pandoc(["--print-default-data-file", name], b"")


def _pandoc(words: Sequence[str], given: bytes, environment: Mapping[str, str] | None = None) -> bytes:
    done = subprocess.run(  # noqa: S603 # the program that the package brings
        [pypandoc.get_pandoc_path(), *words],
        input=given,
        capture_output=True,
        check=False,
        env={**os.environ, **(environment or {})},
    )
    said = " ".join(done.stderr.decode(errors="replace").split())
    if done.returncode or said:
        raise PressError(f"pandoc could not do its part ({' '.join(words[:4])}): {said[:500]}")
    return done.stdout


def typeset(folder: Path, values: Mapping[str, str]) -> tuple[bytes, int]:
    """Set ``<folder>/main.typ`` as a tagged PDF that asks for no font of the machine.

    Parameters
    ----------
    folder
        Holds all that the text refers to.
    values
        What the text finds in ``sys.inputs``.

    Returns
    -------
    tuple of bytes and int
        The PDF (PDF/UA-1), and how many pages it has.

    Raises
    ------
    PressError
        If Typst cannot set it, or accessibility asks for what is not there.
    """
    compiler = typst.Compiler(
        str(folder / "main.typ"), root=str(folder), sys_inputs=dict(values), ignore_system_fonts=True
    )
    try:
        document = compiler.compile(format="pdf", pdf_standards=["ua-1"])
        pages = json.loads(compiler.query("<pages>", field="value", one=True))
    except (typst.TypstError, RuntimeError) as error:
        raise PressError(f"the PDF cannot be set: {' '.join(str(error).split())[:500]}") from None
    return b"".join([document] if isinstance(document, bytes) else document or []), int(pages)
