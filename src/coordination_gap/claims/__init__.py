"""The audit of the article: its claims, how each is decided, and what was found."""

from coordination_gap.claims.coverage import faults
from coordination_gap.claims.report import (
    KIND_NAMES,
    address,
    anchor,
    contradictions,
    counts,
    draw_verdicts,
    table,
    weightiest,
)
from coordination_gap.claims.sections import section_addresses
from coordination_gap.claims.table import COMPARISONS, KINDS, RULES, VERDICTS, Claim, ClaimError, read_claims
from coordination_gap.claims.verdicts import Verdict, decide, flips

__all__ = [
    "COMPARISONS",
    "KINDS",
    "KIND_NAMES",
    "RULES",
    "VERDICTS",
    "Claim",
    "ClaimError",
    "Verdict",
    "address",
    "anchor",
    "contradictions",
    "counts",
    "decide",
    "draw_verdicts",
    "faults",
    "flips",
    "read_claims",
    "section_addresses",
    "table",
    "weightiest",
]
