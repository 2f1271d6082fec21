"""Whether every number of the article belongs to a claim, and every claim can be decided."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

import pandas as pd

from coordination_gap.claims.sections import OWN, BookPage
from coordination_gap.claims.table import Claim
from coordination_gap.conditions import Facts

#: Numbers that claim nothing: in a name, as a list's count, or made up for an example.
CLAIM_NOTHING = ("name", "numbering", "example")


def faults(
    claims: Sequence[Claim],
    known: Facts,
    evidence: pd.DataFrame,
    numbers: pd.DataFrame,
    forecasts: pd.DataFrame,
    pages: Mapping[str, BookPage],
) -> list[str]:
    """Return a sentence for each claim that cannot be decided or found, and each number without a claim.

    Parameters
    ----------
    claims
        From :func:`coordination_gap.claims.read_claims`.
    known
        The facts of the base edition, by id.
    evidence, numbers, forecasts
        The tables ``claim_evidence``, ``article_numbers`` and ``forecasts``, all rows.
    pages
        From :func:`coordination_gap.claims.book_pages`.
    """
    found = []
    with_evidence, with_question = set(evidence["claim_id"]), set(forecasts["claim_id"])
    for claim in claims:
        place = f"data/claims.csv, claim {claim.claim_id}"
        if claim.rule == "evidence" and claim.claim_id not in with_evidence:
            found.append(f"{place}: it has no decision; add a row to data/claim_evidence.csv, or another rule")
        if claim.rule == "due" and claim.claim_id not in with_question:
            found.append(f"{place}: no question says when it is due; add one to data/forecasts.csv, or another rule")
        found += [
            f"{place}: there is no fact {fact_id!r}; name one of facts.json"
            for fact_id in claim.facts
            if fact_id not in known
        ]
        found += _page_faults(claim, pages, place)
    ids = {claim.claim_id for claim in claims}
    found += [
        f"data/claim_evidence.csv: there is no claim {claim_id!r}; mend its id"
        for claim_id in sorted(with_evidence - ids)
    ]
    return found + _number_faults(numbers, ids)


def _page_faults(claim: Claim, pages: Mapping[str, BookPage], place: str) -> list[str]:
    """Return a fault where a page that stands lacks the section; a page that comes later has none."""
    if claim.page == OWN or claim.page not in pages:
        return []
    sections = pages[claim.page].sections
    if not claim.page_section or claim.page_section in sections:
        return []
    close = get_close_matches(claim.page_section, list(sections), n=1)
    mend = f"did you mean {close[0]!r}?" if close else f"it is one of {', '.join(sections)}"
    return [f"{place}: the page {claim.page!r} has no section {claim.page_section!r}; {mend}"]


def _number_faults(numbers: pd.DataFrame, ids: set[str]) -> list[str]:
    found = []
    for row in numbers.to_dict("records"):
        place = f"data/article_numbers.csv, {row['section']!r}, number {row['occurrence']} ({row['value']})"
        claim_id = None if pd.isna(row["claim_id"]) else row["claim_id"]
        if claim_id is None and row["kind"] not in CLAIM_NOTHING:
            found.append(f"{place}: no claim covers it; name one, or say that it is a {' or a '.join(CLAIM_NOTHING)}")
        if claim_id is not None and claim_id not in ids:
            found.append(f"{place}: there is no claim {claim_id!r}; mend its id")
    for section, rows in numbers.groupby("section"):
        place = f"data/article_numbers.csv, {section!r}"
        there = sorted(int(number) for number in rows["occurrence"])
        missing = sorted(set(range(1, max(there) + 1)) - set(there))
        if missing:
            found.append(f"{place}: number {missing[0]} is missing; put the row back")
        if set(rows["in_section"]) != {max(there)}:
            stated = " and ".join(str(count) for count in sorted(set(rows["in_section"])))
            found.append(f"{place}: in_section says {stated} and the last number is {max(there)}; put the rows back")
    if len(numbers) and set(numbers["in_article"]) != {len(numbers)}:
        stated = " and ".join(str(count) for count in sorted(set(numbers["in_article"])))
        found.append(f"data/article_numbers.csv: in_article says {stated} and there are {len(numbers)} rows; mend it")
    return found
