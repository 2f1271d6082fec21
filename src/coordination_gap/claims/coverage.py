"""Whether every number of the article belongs to a claim, and every claim can be decided."""

from collections.abc import Sequence

import pandas as pd

from coordination_gap.claims.table import Claim
from coordination_gap.conditions import Facts

#: Numbers that claim nothing: in a name, as a list's count, or made up for an example.
CLAIM_NOTHING = ("name", "numbering", "example")


def faults(claims: Sequence[Claim], known: Facts, evidence: pd.DataFrame, numbers: pd.DataFrame) -> list[str]:
    """Return a sentence for each claim that cannot be decided, and each number without a claim.

    Parameters
    ----------
    claims
        From :func:`coordination_gap.claims.read_claims`.
    known
        The facts of the base edition, by id.
    evidence, numbers
        The tables ``claim_evidence`` and ``article_numbers``, all rows.
    """
    found = []
    with_evidence = set(evidence["claim_id"])
    for claim in claims:
        place = f"data/claims.csv, claim {claim.claim_id}"
        if claim.rule == "evidence" and claim.claim_id not in with_evidence:
            found.append(f"{place}: it has no decision; add a row to data/claim_evidence.csv, or another rule")
        found += [
            f"{place}: there is no fact {fact_id!r}; name one of facts.json"
            for fact_id in filter(None, (claim.fact, claim.misleading_fact))
            if fact_id not in known
        ]
    ids = {claim.claim_id for claim in claims}
    found += [
        f"data/claim_evidence.csv: there is no claim {claim_id!r}; mend its id"
        for claim_id in sorted(with_evidence - ids)
    ]
    for row in numbers.to_dict("records"):
        place = f"data/article_numbers.csv, {row['section']!r}, number {row['occurrence']} ({row['value']})"
        claim_id = None if pd.isna(row["claim_id"]) else row["claim_id"]
        if claim_id is None and row["kind"] not in CLAIM_NOTHING:
            found.append(f"{place}: no claim covers it; name one, or say that it is a {' or a '.join(CLAIM_NOTHING)}")
        if claim_id is not None and claim_id not in ids:
            found.append(f"{place}: there is no claim {claim_id!r}; mend its id")
    return found
