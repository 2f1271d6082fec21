"""The audit of the article: its claims, how each is decided, and what was found."""

from coordination_gap.claims.coverage import faults
from coordination_gap.claims.report import (
    KIND_NAMES,
    anchor,
    contradictions,
    counts,
    draw_verdicts,
    locator,
    ranking,
    source_link,
    table,
    weightiest,
    where_to_look,
)
from coordination_gap.claims.sections import BookPage, book_pages, section_addresses
from coordination_gap.claims.table import COMPARISONS, KINDS, RULES, VERDICTS, Claim, ClaimError, read_claims
from coordination_gap.claims.unlike import Spread, spread
from coordination_gap.claims.verdicts import Verdict, decide, flips, not_due, renewed

__all__ = [
    "COMPARISONS",
    "KINDS",
    "KIND_NAMES",
    "RULES",
    "VERDICTS",
    "BookPage",
    "Claim",
    "ClaimError",
    "Spread",
    "Verdict",
    "anchor",
    "book_pages",
    "contradictions",
    "counts",
    "decide",
    "draw_verdicts",
    "faults",
    "flips",
    "locator",
    "not_due",
    "ranking",
    "read_claims",
    "renewed",
    "section_addresses",
    "source_link",
    "spread",
    "table",
    "weightiest",
    "where_to_look",
]
