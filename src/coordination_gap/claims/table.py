"""The article's claims as data: what each says, and how it is to be decided."""

import math
import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import pandas as pd

from coordination_gap import conditions

#: What can be found of a claim, from best to worst for it, and last where nothing can be found.
VERDICTS = ("holds", "loose", "misleading", "contradicted", "unsupported", "not checkable")
KINDS = ("figure", "fact", "comparison", "causal", "forecast", "definition")
RULES = ("fact", "evidence", "due", "none")
COMPARISONS = ("equals", "at least", "at most")
#: A fact in a reason.
PLACEHOLDER = re.compile(r"\[\[([^\[\]]+)\]\]")


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
        ``"due"``: nothing before the day of its question in ``forecasts``; ``"none"``: nothing does.
    fact
        The id of the fact that decides.
    shows
        What that fact is, in words; its value is shown after them.
    comparison, near, nearly
        How the stated value is compared with the fact, one of :data:`COMPARISONS`; how far
        the fact may lie off to be near, as a share of the stated value, and the verdict then.
    condition
        Instead of a comparison, a condition of :mod:`coordination_gap.conditions` on the fact.
    met, otherwise
        The verdict where comparison or condition is met, and where it is not.
    but_fact, but_condition, but
        If this condition on this fact holds, what would hold or hold loosely has the verdict `but`.
    reason
        What the comparison means, or why nothing decides. ``[[id]]`` stands for a fact's display;
        a sentence that names a gap is left out.
    without
        The verdict where nothing decides.
    contradicts
        Claims of the same article that cannot be true together with this one.
    weight
        How much it would move a decision to hold or to sell the share, 0 to 3.
    page, page_section
        The page that it belongs to, and the anchor of the section there; empty for its top.
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
    shows: str
    comparison: str
    near: float
    nearly: str
    condition: str
    met: str
    otherwise: str
    but_fact: str
    but_condition: str
    but: str
    reason: str
    without: str
    contradicts: tuple[str, ...]
    weight: int
    page: str
    page_section: str

    @property
    def facts(self) -> tuple[str, ...]:
        """The ids of all facts that decide it or that its reason prints, sorted."""
        operands = [
            operand
            for condition in filter(None, (self.condition, self.but_condition))
            for _, operand in conditions.terms(condition)
            if conditions.ID.fullmatch(operand)
        ]
        return tuple(sorted({*filter(None, (self.fact, self.but_fact)), *operands, *PLACEHOLDER.findall(self.reason)}))


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
        shows=text("shows"),
        comparison=text("comparison", ("", *COMPARISONS)),
        near=number("near") or 0.0,
        nearly=text("nearly", VERDICTS, "loose"),
        condition=text("condition"),
        met=text("then", VERDICTS, "holds"),
        otherwise=text("otherwise", VERDICTS, "contradicted"),
        but_fact=text("but_fact"),
        but_condition=text("but_condition"),
        but=text("but", VERDICTS, "misleading"),
        reason=text("reason"),
        without=text("without", ("unsupported", "not checkable") if rule in ("due", "none") else ("",)),
        contradicts=tuple(text("contradicts").split()),
        weight=int(row["weight"]),
        page=text("section_page"),
        page_section=text("page_section"),
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
        if not claim.shows:
            _refuse(claim.claim_id, "shows", "", "say in words what the fact is")
    else:
        for column in ("fact", "shows", "comparison", "condition", "but_fact", "but_condition"):
            if getattr(claim, column):
                mend = f"with the rule {claim.rule!r} nothing reads it; take it out, or let the rule be 'fact'"
                _refuse(claim.claim_id, column, getattr(claim, column), mend)
    if claim.rule in ("due", "none") and not claim.reason:
        _refuse(claim.claim_id, "reason", "", "say why nothing decides it")
    if claim.value is not None and not math.isfinite(claim.value):
        _refuse(claim.claim_id, "value", claim.value, "give a finite number")
    if bool(claim.but_fact) != bool(claim.but_condition):
        _refuse(claim.claim_id, "but_fact", claim.but_fact, "give the fact and its condition, or neither")
    for condition in filter(None, (claim.condition, claim.but_condition)):
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
