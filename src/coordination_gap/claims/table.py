"""The article's claims as data: what each says, and how it is to be decided."""

import math
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import pandas as pd

from coordination_gap import conditions

#: What can be found of a claim, from best to worst for it, and last where nothing can be found.
VERDICTS = ("holds", "loose", "misleading", "contradicted", "unsupported", "not checkable")
KINDS = ("figure", "fact", "comparison", "causal", "forecast", "definition")
RULES = ("fact", "evidence", "none")
COMPARISONS = ("equals", "at least", "at most")


class ClaimError(ValueError):
    """A claim cannot be decided as its row says; the message names the row and what to mend."""


@dataclass(frozen=True)
class Claim:
    """One checkable statement of the article.

    Attributes
    ----------
    claim_id, position
        Its name, and its place in the order of the article.
    section, place
        Where the article makes it.
    kind
        One of :data:`KINDS`.
    statement
        What it says, in this book's words.
    value, unit, resolution
        The number it states, in which unit, and how far a number may lie from it and still be
        that number as printed; None where it states none.
    rule
        ``"fact"``: a computed fact decides; ``"evidence"``: rows of ``claim_evidence``;
        ``"none"``: nothing does.
    fact
        The id of the fact that decides.
    comparison, loose
        How the stated value is compared with the fact, one of :data:`COMPARISONS`, and how far
        the fact may lie off to hold loosely, as a share of the stated value.
    condition
        Instead of a comparison, a condition of :mod:`coordination_gap.conditions` on the fact.
    met, otherwise
        The verdict where comparison or condition is met, and where it is not.
    misleading_fact, misleading_condition
        If this condition on this fact holds, what would hold or hold loosely is misleading.
    reason
        What the comparison means, or why nothing decides.
    without
        The verdict where nothing decides.
    contradicts
        Claims of the same article that cannot be true together with this one.
    weight
        How much it matters for an investor's decision, 0 to 3.
    page
        The chapter that decides it.
    """

    claim_id: str
    position: int
    section: str
    place: str
    kind: str
    statement: str
    value: float | None
    unit: str
    resolution: float
    rule: str
    fact: str
    comparison: str
    loose: float
    condition: str
    met: str
    otherwise: str
    misleading_fact: str
    misleading_condition: str
    reason: str
    without: str
    contradicts: tuple[str, ...]
    weight: int
    page: str


def read_claims(rows: pd.DataFrame) -> list[Claim]:
    """Return the claims of the table ``claims``, in the article's order.

    Parameters
    ----------
    rows
        The table as of a day.

    Raises
    ------
    ClaimError
        If a row has an unknown rule, verdict or comparison, lacks what its rule needs, or
        names a claim that is not there.
    """
    known = set(rows["claim_id"])
    claims = [_claim(row, known) for row in rows.to_dict("records")]
    by_id = {claim.claim_id: claim for claim in claims}
    for claim in claims:
        for other in claim.contradicts:
            if claim.claim_id not in by_id[other].contradicts:
                _refuse(claim.claim_id, "contradicts", other, f"let {other} name {claim.claim_id} as well")
    return sorted(claims, key=lambda claim: claim.position)


def _claim(row: dict[Any, Any], known: set[str]) -> Claim:
    claim_id = str(row["claim_id"])

    def text(column: str, allowed: tuple[str, ...] | None = None, default: str = "") -> str:
        value = default if pd.isna(row[column]) else str(row[column])
        if allowed is not None and value not in allowed:
            _refuse(claim_id, column, value, _one_of(value, allowed))
        return value

    def number(column: str) -> float | None:
        return None if pd.isna(row[column]) else float(row[column])

    rule = text("rule", RULES)
    claim = Claim(
        claim_id=claim_id,
        position=int(row["position"]),
        section=text("section"),
        place=text("place"),
        kind=text("kind", KINDS),
        statement=text("statement"),
        value=number("value"),
        unit=text("unit"),
        resolution=number("resolution") or 0.0,
        rule=rule,
        fact=text("fact"),
        comparison=text("comparison", ("", *COMPARISONS)),
        loose=number("loose") or 0.0,
        condition=text("condition"),
        met=text("then", VERDICTS, "holds"),
        otherwise=text("otherwise", VERDICTS, "contradicted"),
        misleading_fact=text("misleading_fact"),
        misleading_condition=text("misleading_condition"),
        reason=text("reason"),
        without=text("without", ("unsupported", "not checkable") if rule == "none" else ("",)),
        contradicts=tuple(text("contradicts").split()),
        weight=int(row["weight"]),
        page=text("section_page"),
    )
    _check(claim, known)
    return claim


def _check(claim: Claim, known: set[str]) -> None:
    """Refuse a row that lacks what its rule needs."""
    if claim.rule == "fact":
        if not conditions.ID.fullmatch(claim.fact):
            _refuse(claim.claim_id, "fact", claim.fact, "give the id of the fact that decides it, such as page.name")
        if bool(claim.comparison) == bool(claim.condition):
            _refuse(claim.claim_id, "comparison", claim.comparison, "give either a comparison or a condition")
        if claim.comparison and claim.value is None:
            _refuse(claim.claim_id, "value", "", f"give the number that is compared as {claim.comparison!r}")
    if claim.rule == "none" and not claim.reason:
        _refuse(claim.claim_id, "reason", "", "say why nothing decides it")
    if claim.value is not None and not math.isfinite(claim.value):
        _refuse(claim.claim_id, "value", claim.value, "give a finite number")
    if bool(claim.misleading_fact) != bool(claim.misleading_condition):
        _refuse(claim.claim_id, "misleading_fact", claim.misleading_fact, "give the fact and its condition, or neither")
    for condition in filter(None, (claim.condition, claim.misleading_condition)):
        try:
            conditions.terms(condition)
        except conditions.ConditionError as error:
            raise ClaimError(f"data/claims.csv, claim {claim.claim_id}: {error}") from None
    for other in claim.contradicts:
        if other not in known or other == claim.claim_id:
            _refuse(claim.claim_id, "contradicts", other, _one_of(other, tuple(sorted(known - {claim.claim_id}))))


def _refuse(claim_id: str, column: str, value: object, mend: str) -> None:
    raise ClaimError(f"data/claims.csv, claim {claim_id}: {column} is {value!r}; {mend}")


def _one_of(value: str, allowed: tuple[str, ...]) -> str:
    close = get_close_matches(value, allowed, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"it is one of {', '.join(filter(None, allowed))}" if len(allowed) < 12 else "there is no such claim"
