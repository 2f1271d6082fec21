"""A work of CSL JSON as APA, Markdown, BibTeX or RIS."""

import json
import re
from collections.abc import Callable

from coordination_gap.press.cite.works import Csl

# BibTeX knows no figures: they are parts of the book like its chapters.
_BIBTEX_TYPES = {"report": "techreport", "chapter": "incollection", "figure": "incollection"}
_RIS_TYPES = {"report": "RPRT", "chapter": "CHAP", "figure": "FIGURE"}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TEX = {
    **{sign: f"\\{sign}" for sign in "{}$&#_%"},
    "\\": r"{\textbackslash}",
    "^": r"{\textasciicircum}",
    "~": r"{\textasciitilde}",
    "<": r"{\textless}",
    ">": r"{\textgreater}",
    # Of the ways to write a minus sign, LaTeX fails on the character, and readers of BibTeX drop \textminus.
    "\N{MINUS SIGN}": "-",
}


def bibtex(work: Csl) -> str:
    """Return the work as an entry of BibTeX, in UTF-8."""
    month = (_date(work) or [0])[1:2]
    fields = {
        "author": f"{{{_tex(_author(work))}}}",  # doubled: the name of a body, and titles as they are written
        "title": f"{{{_tex(work['title'])}}}",
        "booktitle": f"{{{_tex(work['container-title'])}}}" if "container-title" in work else "",
        "type": _tex(work.get("genre", "")),
        "edition": _tex(work["edition"]),
        "version": _tex(work["version"]),
        "url": work.get("URL", ""),
        "note": _tex(work.get("note", "")),
        "year": str(_date(work)[0]) if _date(work) else "",
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    lines += [f"  month = {_MONTHS[number - 1]}," for number in month]
    if _date(work):
        lines.append(f"  date = {{{_iso(work)}}},")
    return "\n".join([f"@{_BIBTEX_TYPES[work['type']]}{{{work['id']},", *lines, "}"])


def ris(work: Csl) -> str:
    """Return the work as a record of RIS: a comma ends the name of a body, and the edition names the version."""
    date = _date(work)
    lines = [
        ("TY", _RIS_TYPES[work["type"]]),
        ("ID", work["id"]),
        ("AU", f"{_author(work)},"),
        ("TI", work["title"]),
        ("T2", work.get("container-title", "")),
        ("M3", work.get("genre", "")),
        ("PY", f"{date[0]:04}" if date else ""),
        ("DA", "/".join(f"{number:02}" for number in date)),
        ("ET", f"Version {work['version']}, {work['edition']}"),
        ("UR", work.get("URL", "")),
        ("LA", work["language"]),
        ("N1", work.get("note", "")),
    ]
    return "\n".join([*(f"{tag}  - {value}" for tag, value in lines if value), "ER  - "])


def csl_json(work: Csl) -> str:
    """Return a list of the one work as CSL JSON."""
    return json.dumps([work], indent=2, ensure_ascii=False)


def apa(work: Csl) -> str:
    """Return the work as plain text in the form of the APA's manual, 7th edition."""
    return _apa(work, lambda words: words, lambda title: title, lambda address: address)


def markdown(work: Csl) -> str:
    """Return the work in the form of the APA's manual, as Markdown."""
    return _apa(work, _markdown, lambda title: f"*{title}*", lambda address: f"<{address}>")


#: How a work can be written, by the name of the format.
FORMATS: dict[str, Callable[[Csl], str]] = {
    "apa": apa,
    "bibtex": bibtex,
    "ris": ris,
    "csl-json": csl_json,
    "markdown": markdown,
}


def formatted(work: Csl, name: str) -> str:
    """Return the work in the format of this name, one of :data:`FORMATS`."""
    return FORMATS[name](work)


def _apa(work: Csl, words: Callable[[str], str], italic: Callable[[str], str], linked: Callable[[str], str]) -> str:
    date = _date(work)
    title, container = words(work["title"]), work.get("container-title")
    version, edition = work["version"], work["edition"]
    about = f"({words(f'Version {version}, {edition}')})"
    if container:
        kind = " [Figure]" if work["type"] == "figure" else ""
        parts = [title + words(kind), f"In {italic(words(container))} {about}"]
    else:
        genre = work["genre"]
        parts = [f"{italic(title)} {about} {words(f'[{genre}]')}"]
    said = [f"{words(_author(work))}", f"({date[0] if date else 'n.d.'})", *parts]
    text = " ".join(one if one.endswith((".", "!", "?")) else f"{one}." for one in said)
    return f"{text} {linked(work['URL'])}" if "URL" in work else text


def _author(work: Csl) -> str:
    return str(work["author"][0]["literal"])


def _date(work: Csl) -> list[int]:
    return list(work["issued"]["date-parts"][0]) if "issued" in work else []


def _iso(work: Csl) -> str:
    year, month, day = _date(work)
    return f"{year:04}-{month:02}-{day:02}"


def _tex(text: str) -> str:
    # Two hyphens, or two marks of a quotation, are another sign to TeX.
    return re.sub(r"(?<=-)(?=-)|(?<=')(?=')|(?<=`)(?=`)", "{}", "".join(_TEX.get(sign, sign) for sign in text))


def _markdown(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>#|~^$&])", r"\\\1", text)
