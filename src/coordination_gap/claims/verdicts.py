"""The verdict on each claim, computed from facts, or from evidence as far as it is public."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from coordination_gap import conditions, facts
from coordination_gap.claims.found import evidence_found, fact_found, filled
from coordination_gap.claims.table import VERDICTS, Claim, ClaimError
from coordination_gap.conditions import Facts

#: Units that may be compared with each other, since both are shares of one.
_SHARES = {"fraction", "probability"}


@dataclass(frozen=True)
class Verdict:
    """What was found of a claim as of a day.

    Attributes
    ----------
    claim
        The claim.
    verdict
        One of :data:`coordination_gap.claims.VERDICTS`.
    found
        What the fact or the number in the evidence is, named and as it is shown; empty for neither.
    why
        The evidence, the reason, or why the fact is a gap.
    source
        Where the evidence stands, joined by " ; ": addresses, or rows of tables; empty for a fact.
    """

    claim: Claim
    verdict: str
    found: str
    why: str
    source: str = ""

    @property
    def told(self) -> str:
        """What was found and why, in one text."""
        return " ".join(part for part in (f"{self.found}." if self.found else "", self.why) if part)


def decide(
    claims: Sequence[Claim], known: Facts, evidence: pd.DataFrame, due: Mapping[str, dt.date] | None = None
) -> list[Verdict]:
    """Return the verdict on each claim.

    A claim whose fact is a gap is not checkable as of that day, for the gap's reason. One
    whose evidence is not yet public is unsupported. Of several rows of evidence that are
    public, the latest counts. One whose day has not come is not checkable until then.

    Parameters
    ----------
    claims
        From :func:`coordination_gap.claims.read_claims`.
    known
        The facts of the edition, by id.
    evidence
        The table ``claim_evidence`` as of its day.
    due
        By claim, the day on which its question resolves, where that has not come yet: from
        :func:`not_due`.

    Raises
    ------
    ClaimError
        If a fact is unknown, a stated value and its fact have unlike units, a condition does
        not suit its fact, or evidence is for a claim that it does not decide or says no known
        verdict.
    """
    latest = _latest(claims, evidence)
    return [_decide(claim, known, latest.get(claim.claim_id), (due or {}).get(claim.claim_id)) for claim in claims]


def not_due(forecasts: pd.DataFrame, as_of: dt.date) -> dict[str, dt.date]:
    """Return the claims whose questions do not all resolve by a day, with the day on which the last does.

    Parameters
    ----------
    forecasts
        The table ``forecasts``: ``claim_id`` and ``resolves_on``, a row for each question.
    as_of
        The day.
    """
    last = {str(claim_id): max(days).date() for claim_id, days in forecasts.groupby("claim_id")["resolves_on"]}
    return {claim_id: day for claim_id, day in last.items() if day > as_of}


def _latest(claims: Sequence[Claim], evidence: pd.DataFrame) -> dict[str, dict[Any, Any]]:
    rules = {claim.claim_id: claim.rule for claim in claims}
    found: dict[str, dict[Any, Any]] = {}
    for row in evidence.sort_values("published_on", kind="stable").to_dict("records"):
        if row["claim_id"] not in rules:  # a claim that is not public yet may have evidence that is
            continue
        place = f"data/claim_evidence.csv, claim {row['claim_id']}"
        if rules[row["claim_id"]] != "evidence":
            raise ClaimError(f"{place}: its rule is {rules[row['claim_id']]!r}; take the row out, or mend the rule")
        if row["verdict"] not in VERDICTS:
            raise ClaimError(f"{place}: verdict is {row['verdict']!r}; it is one of {', '.join(VERDICTS)}")
        found[row["claim_id"]] = row
    return found


def _decide(claim: Claim, known: Facts, row: dict[Any, Any] | None, due: dt.date | None) -> Verdict:
    try:
        return _decided(claim, known, row, due)
    except conditions.ConditionError as error:
        raise ClaimError(f"data/claims.csv, claim {claim.claim_id}: {error}") from None


def _decided(claim: Claim, known: Facts, row: dict[Any, Any] | None, due: dt.date | None) -> Verdict:
    reason = filled(claim.reason, known)
    if claim.rule == "due" and due is not None:
        return Verdict(claim, "not checkable", "", f"Not due until {facts.format_day(due)}. {reason}")
    if claim.rule in ("due", "none"):
        return Verdict(claim, claim.without, "", reason)
    if claim.rule == "evidence":
        if row is None:
            return Verdict(claim, "unsupported", "", "the evidence found for or against it is later than this day")
        why = f"{row['evidence']} {reason}".strip()
        return Verdict(claim, row["verdict"], evidence_found(claim, row), why, row["source"])
    fact = conditions.lookup(claim.fact, known)
    if fact["value"] is None:
        return Verdict(claim, "not checkable", facts.NOT_AVAILABLE, fact["gap"])
    met = conditions.holds(claim.condition, fact, known) if claim.condition else False
    verdict = _by_value(claim, fact) if claim.comparison else claim.met if met else claim.otherwise
    if verdict in ("holds", "loose") and claim.but_fact:
        other = conditions.lookup(claim.but_fact, known)
        verdict = claim.but if conditions.holds(claim.but_condition, other, known) else verdict
    return Verdict(claim, verdict, fact_found(claim, fact), reason)


def _by_value(claim: Claim, fact: Mapping[str, Any]) -> str:
    stated, number = claim.value, fact["value"]
    if stated is None or isinstance(number, str) or not _alike(claim.unit, fact["unit"]):
        raise ClaimError(
            f"data/claims.csv, claim {claim.claim_id}: it states {stated!r} in {claim.unit!r} and the fact "
            f"{claim.fact} is in {fact['unit']!r}; compare like with like"
        )
    # How far the number found lies on the wrong side of the stated one, in the claim's unit.
    short = {"equals": abs(number - stated), "at least": stated - number, "at most": number - stated}[claim.comparison]
    allowed = claim.resolution * (1 + 1e-9)
    if short <= allowed:
        return claim.met
    return claim.nearly if short <= claim.near * abs(stated) + allowed else claim.otherwise


def _alike(one: str, other: str) -> bool:
    return one == other or {one, other} == _SHARES


def flips(before: Sequence[Verdict], after: Sequence[Verdict]) -> list[tuple[Verdict, Verdict]]:
    """Return the claims whose verdict is another one, with both, in the article's order."""
    return [(old, new) for old, new in _pairs(before, after) if old.verdict != new.verdict]


def renewed(before: Sequence[Verdict], after: Sequence[Verdict]) -> list[tuple[Verdict, Verdict]]:
    """Return the claims with the same verdict on other grounds, with both, in the article's order."""
    return [
        (old, new)
        for old, new in _pairs(before, after)
        if old.verdict == new.verdict and (old.found, old.why, old.source) != (new.found, new.why, new.source)
    ]


def _pairs(before: Sequence[Verdict], after: Sequence[Verdict]) -> list[tuple[Verdict, Verdict]]:
    later = {verdict.claim.claim_id: verdict for verdict in after}
    return [(verdict, later[verdict.claim.claim_id]) for verdict in before if verdict.claim.claim_id in later]
