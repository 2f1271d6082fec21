"""The audit arranged for reading: a table of every claim, counts by verdict, and their figure."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pandas as pd

from coordination_gap import figures
from coordination_gap.claims.sections import OWN, BookPage
from coordination_gap.claims.table import KINDS, VERDICTS, Claim
from coordination_gap.claims.verdicts import Verdict

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KIND_NAMES = {
    "figure": "Figures",
    "fact": "Facts",
    "comparison": "Comparisons",
    "causal": "Causes",
    "forecast": "Forecasts",
    "definition": "Definitions",
}


#: Characters of an address that are shown.
_LONGEST = 60
#: The section of the scorecard that puts the forecasts as questions.
_QUESTIONS = "the-forecasts-as-questions"


def anchor(claim: Claim) -> str:
    """Return the name under which a claim's row can be addressed."""
    return f"claim-{claim.claim_id}"


def locator(claim: Claim) -> str:
    """Return where the article makes a claim: the section and the place, and other places after it."""
    first, *others = claim.place.split(" | ")
    return "; also ".join([f"{claim.section}, {first}", *others])


def where_to_look(
    verdict: Verdict,
    pages: Mapping[str, BookPage],
    sections: Mapping[str, str],
    asked: Collection[str] = (),
    numbers: Mapping[str, int] | None = None,
) -> tuple[figures.Link, ...]:
    """Return links to the section of this book that a claim belongs to, its question, its evidence, and what it denies.

    Parameters
    ----------
    verdict
        The verdict.
    pages
        From :func:`coordination_gap.claims.book_pages`.
    sections
        From :func:`coordination_gap.claims.section_addresses`.
    asked
        Claims that a question of the scorecard is about.
    numbers
        The number under which each claim stands on this page; without it, claims that
        cannot be true together with this one are left out.
    """
    claim = verdict.claim
    found = _section(claim, pages, sections)
    if claim.claim_id in asked and "scorecard" in pages and claim.page != "scorecard":
        found.append(_link(pages["scorecard"], _QUESTIONS))
    if verdict.source:
        found += [source_link(part) for part in verdict.source.split(" ; ")]
    found += [
        figures.Link(f"cannot be true together with No. {number}", f"#claim-{other}")
        for other, number in sorted((numbers or {}).items(), key=lambda item: item[1])
        if other in claim.contradicts
    ]
    return tuple(found)


def _section(claim: Claim, pages: Mapping[str, BookPage], sections: Mapping[str, str]) -> list[figures.Link]:
    page = pages.get(claim.page)
    if claim.fact in sections and not claim.page_section:
        address = sections[claim.fact]
        file, _, place = address.partition("#")
        home = next((page for page in pages.values() if page.address == file), None)
        return [_link(home, place) if home else figures.Link(claim.fact, address)]
    return [] if page is None or claim.page == OWN else [_link(page, claim.page_section)]


def _link(page: BookPage, section: str) -> figures.Link:
    if section not in page.sections:
        return figures.Link(page.title, page.address)
    heading = page.sections[section]
    text = page.title if heading == page.title else f"{page.title}: {heading}"
    return figures.Link(text, f"{page.address}#{section}")


def source_link(source: str) -> figures.Link:
    """Return one source of evidence as a link: an address, a table's page, or words without an address."""
    words = source.split()
    if words[0].startswith("https://"):
        address = urlsplit(words[0])
        name = address.netloc.removeprefix("www.") + address.path.rstrip("/")
        short = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
        return figures.Link(" ".join([short, *words[1:]]), words[0])
    table = re.match(r"table (?P<name>[a-z_]+)", source)
    return figures.Link(source, f"../data/{table['name']}.html" if table else "")


def table(
    verdicts: Sequence[Verdict],
    pages: Mapping[str, BookPage],
    sections: Mapping[str, str],
    asked: Collection[str] = (),
) -> pd.DataFrame:
    """Return a row for each claim: number, claim, verdict, what was found, where to look, kind, and section."""
    numbers = {verdict.claim.claim_id: verdict.claim.position for verdict in verdicts}
    return pd.DataFrame(
        [
            {
                "No.": verdict.claim.position,
                "Claim": verdict.claim.statement,
                "Verdict": verdict.verdict,
                "What was found": verdict.told,
                "Where to look": where_to_look(verdict, pages, sections, asked, numbers),
                "Kind": verdict.claim.kind,
                "Section of the article": verdict.claim.section,
            }
            for verdict in verdicts
        ]
    )


def counts(verdicts: Sequence[Verdict]) -> pd.DataFrame:
    """Return how many claims have which verdict, kind × verdict, in the order of both lists."""
    found = Counter((verdict.claim.kind, verdict.verdict) for verdict in verdicts)
    return pd.DataFrame({verdict: [found[kind, verdict] for kind in KINDS] for verdict in VERDICTS}, index=list(KINDS))


def ranking(table: pd.DataFrame) -> pd.DataFrame:
    """Return for each kind how many claims can be checked and hold, the largest share of those that hold first.

    Parameters
    ----------
    table
        From :func:`counts`.

    Returns
    -------
    pandas.DataFrame
        ``checkable``, ``hold`` and ``share`` by kind; a kind of which none can be checked is left out.
    """
    checkable = table.drop(columns="not checkable").sum(axis=1)
    found = pd.DataFrame({"checkable": checkable, "hold": table["holds"]})[checkable > 0]
    found["share"] = found["hold"] / found["checkable"]
    return found.sort_values("share", ascending=False, kind="stable")


def weightiest(verdicts: Sequence[Verdict], number: int) -> list[Verdict]:
    """Return the claims that matter most for an investor's decision, by weight and then in the article's order."""
    return sorted(verdicts, key=lambda verdict: (-verdict.claim.weight, verdict.claim.position))[:number]


def contradictions(verdicts: Sequence[Verdict]) -> list[tuple[Verdict, Verdict]]:
    """Return each pair of claims that cannot be true together, once, in the article's order."""
    by_id = {verdict.claim.claim_id: verdict for verdict in verdicts}
    return [
        (verdict, by_id[other])
        for verdict in verdicts
        for other in verdict.claim.contradicts
        if by_id[other].claim.position > verdict.claim.position
    ]


def draw_verdicts(figure: "Figure", data: pd.DataFrame) -> None:
    """Draw how many claims of each kind have which verdict, as bars of numbers.

    Parameters
    ----------
    figure
        An empty figure.
    data
        ``kind``, ``verdict`` and ``claims``, a row for each pair.
    """
    axes = figure.add_subplot()
    table = data.pivot_table(index="kind", columns="verdict", values="claims").loc[
        list(reversed(list(KIND_NAMES.values()))), list(VERDICTS)
    ]
    narrow = figures.is_narrow(figure)
    # The longest bar leaves room in its column for its number.
    length = (0.5 if narrow else 0.68) / max(int(table.to_numpy().max()), 1)
    for column, verdict in enumerate(VERDICTS):
        for row, kind in enumerate(table.index):
            number = int(table.loc[kind, verdict])
            if not number:
                continue
            axes.barh(row, length * number, left=column, height=0.62, color=f"C{column % 6}")
            axes.text(column + length * number + 0.04, row, str(number), va="center", fontsize="small")
    axes.set_xticks(range(len(VERDICTS)), VERDICTS, rotation=40 if narrow else 0, ha="right" if narrow else "left")
    axes.set_yticks(range(len(table.index)), table.index)
    axes.set_xlim(-0.05, len(VERDICTS) + 0.15)
    axes.set_xlabel("verdict, and how many claims have it")
    axes.grid(visible=False)
    axes.tick_params(length=0)
