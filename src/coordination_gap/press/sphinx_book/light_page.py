"""Pages that stand for themselves, without the theme: a fact's, a figure's.

They share the house's tokens and style, need no script to be read, and allow nothing but what they name.
"""

import json
import zlib
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from coordination_gap.press.cite import FORMATS, Csl, formatted

POLICY = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; script-src 'self'; base-uri 'none'; "
    "form-action 'none'"
)
_FORMAT_NAMES = {"apa": "APA", "bibtex": "BibTeX", "ris": "RIS", "csl-json": "CSL JSON", "markdown": "Markdown"}
_SHEETS = ("fonts.css", "house.css", "fact-cards.css", "fact-page.css")
#: The theme is chosen before anything is shown; buttons that copy can wait.
_SCRIPTS = (("theme.js", ""), ("fact-cards.js", " defer"))


class Shell:
    """What all such pages of a site have in common.

    Parameters
    ----------
    app
        The application whose builder has written the other pages.
    """

    def __init__(self, app: Sphinx) -> None:
        static = Path(app.outdir) / "_static"
        sheets = (
            f'<link rel="stylesheet" href="{_versioned(static, name)}">'
            for name in _SHEETS
            if (static / name).is_file()
        )
        scripts = (
            f'<script src="{_versioned(static, name)}"{how}></script>'
            for name, how in _SCRIPTS
            if (static / name).is_file()
        )
        icon = '<link rel="icon" href="../_static/favicon.svg">' if (static / "favicon.svg").is_file() else ""
        self._head = "\n".join([*sheets, *scripts, *([icon] if icon else [])])
        self._site = escape(app.config.html_title or app.config.project)
        pages = [("index", ""), ("facts", "Facts"), ("cite", "Cite it")]
        self._ways = "".join(
            f'<a href="../{escape(app.builder.get_target_uri(page), quote=True)}">{title or self._site}</a>'
            for page, title in pages
            if page in app.env.all_docs or not title
        )
        self._footer = app.config.html_theme_options.get("extra_footer", "")

    def page(self, title: str, body: str, canonical: str | None, description: str) -> str:
        """Return a whole page.

        Parameters
        ----------
        title, description
            As text.
        body
            As HTML.
        canonical
            The page's latest address, None if it has none.
        """
        tags = [f'<meta name="description" content="{escape(description, quote=True)}">']
        if canonical:
            tags.append(f'<link rel="canonical" href="{escape(canonical, quote=True)}">')
        return (
            '<!DOCTYPE html>\n<html lang="en" data-theme="light">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{escape(title)} — {self._site}</title>\n{self._head}\n"
            + "\n".join(tags)
            + '\n</head>\n<body class="light-page">\n'
            f'<header><nav aria-label="The book">{self._ways}</nav></header>\n'
            f'<main class="bd-article">\n{body}\n</main>\n<footer>{self._footer}</footer>\n</body>\n</html>\n'
        )


def _versioned(static: Path, name: str) -> str:
    # As Sphinx does, so that this is the file that the other pages have loaded, and no reader sees an old one.
    digest = f"{zlib.crc32((static / name).read_bytes()):08x}"
    return f"../_static/{name}?v={digest}"


def definitions(rows: Iterable[tuple[str, str]]) -> str:
    """Return terms with what is said of them, which is HTML already, as a list."""
    return "<dl>" + "".join(f"<dt>{escape(term)}</dt><dd>{said}</dd>" for term, said in rows) + "</dl>"


def citations(work: Csl) -> str:
    """Return a work in every format, each to be copied."""
    first, *others = ((name, escape(formatted(work, name))) for name in FORMATS)
    folded = "".join(
        f"<details><summary>{_FORMAT_NAMES[name]}</summary>"
        f'<pre tabindex="0" aria-label="{_FORMAT_NAMES[name]}" role="region" data-copy>{text}</pre></details>'
        for name, text in others
    )
    return f'<p class="apa-citation" data-copy>{first[1]}</p>{folded}'


def where(latest: str | None, permanent: str | None) -> list[tuple[str, str]]:
    """Return what a page says of its addresses."""
    if latest is None:
        return [("Address", "none: a book under replaced values is published nowhere")]
    said = [("Latest", f"<code>{escape(latest)}</code>")]
    kept = f"<code>{escape(permanent)}</code>" if permanent else "none: only a released version keeps its addresses"
    return [*said, ("Permanent", kept)]


def as_json(content: Mapping[str, Any]) -> str:
    """Return what a program reads, as the text of a JSON file."""
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def in_script(content: Any) -> str:
    """Return JSON that can stand in a ``<script>`` block: it ends none and opens no comment."""
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text
