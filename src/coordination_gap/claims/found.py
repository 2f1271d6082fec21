"""What was found of a claim, as it is shown: named, and as finely as the claim states it."""

import math
import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from coordination_gap import conditions, facts
from coordination_gap.claims.table import PLACEHOLDER, Claim, ClaimError
from coordination_gap.conditions import Facts

_SENTENCE_END = re.compile(r"(?<=\.) (?=[A-Z\[])")
#: As many as :func:`coordination_gap.facts.format_number` writes.
_MOST_DECIMALS = 12
_SCALED = re.compile(r"thousand|million|billion|trillion")


def filled(text: str, known: Facts) -> str:
    """Return a reason with the displays of its facts; a sentence that names a gap is left out.

    Raises
    ------
    conditions.ConditionError
        If there is no such fact.
    """
    kept = []
    for sentence in _SENTENCE_END.split(text):
        named = {name: conditions.lookup(name, known) for name in PLACEHOLDER.findall(sentence)}
        if all(fact["value"] is not None for fact in named.values()):
            kept.append(PLACEHOLDER.sub(lambda match, named=named: str(named[match[1]]["display"]), sentence))
    return " ".join(kept)


def fact_found(claim: Claim, fact: Mapping[str, Any]) -> str:
    """Return what the fact is and its value, with the digits of the claim at least.

    An interval that a condition tests is shown with it.
    """
    written = _Writer(claim, fact)
    shown = written(fact["value"])
    interval = fact["interval"]
    if interval is not None and any(
        op in ("includes", "excludes") for op, _ in conditions.terms(claim.condition or "else")
    ):
        level = facts.format_number(interval["confidence"], "probability")
        shown += f" ({level} interval {written(interval['low'])} to {written(interval['high'])})"
    return f"{claim.shows}: {shown}"


def evidence_found(claim: Claim, row: Mapping[Any, Any]) -> str:
    """Return the number in a row of evidence with what it is, or nothing if it has none.

    Raises
    ------
    ClaimError
        If the number has no name or no unit.
    """
    if pd.isna(row.get("found_value")):
        return ""
    place = f"data/claim_evidence.csv, claim {claim.claim_id}"
    what, unit = ("" if pd.isna(row[column]) else str(row[column]) for column in ("found", "found_unit"))
    if not what or not unit:
        raise ClaimError(f"{place}: found_value is {row['found_value']!r}; say what it is in found, and its found_unit")
    return f"{what}: {_plain(float(row['found_value']), unit)}"


class _Writer:
    """Writes numbers of a fact the way it is shown, with the digits of a claim if those are more."""

    def __init__(self, claim: Claim, fact: Mapping[str, Any]) -> None:
        display, self.unit = str(fact["display"]), str(fact["unit"])
        self.display, self.value = display, fact["value"]
        self.is_number = self.unit in facts.UNITS and not isinstance(fact["value"], str)
        scale = _SCALED.search(display)
        self.scale = scale[0] if scale else ""
        self.signed = display.startswith("+") or (self.is_number and fact["value"] < 0)
        digits = re.search(r"\.(\d+)", display)
        self.decimals = min(len(digits[1]), _MOST_DECIMALS) if digits else 0
        if self.is_number and claim.comparison and claim.resolution > 0:
            step = 2 * claim.resolution * abs(_shown(1.0, self.unit, self.scale))
            self.decimals = min(max(self.decimals, math.ceil(-math.log10(step) - 1e-9)), _MOST_DECIMALS)

    def __call__(self, value: Any) -> str:
        if not self.is_number:
            return self.display
        return facts.format_number(float(value), self.unit, self.decimals, self.scale, self.signed)


def _shown(value: float, unit: str, scale: str) -> float:
    """Return the number that stands for a value on the page, without its signs."""
    factor = facts.UNITS[unit][1]
    return value * factor / {"": 1.0, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}[scale]


def _plain(value: float, unit: str) -> str:
    """Return a number with its unit in words, without digits that say nothing."""
    if unit in ("year", "day of the month"):
        return str(int(value))
    if unit == "dollars a month":
        return f"{facts.format_number(value, 'usd')} a month"
    large = [(1e12, "trillion"), (1e9, "billion"), (1e6, "million")]
    scale = next((name for size, name in large if abs(value) >= size), "")
    known, rest = (unit, "") if unit in facts.UNITS else ("count", f" {unit}")
    number = _shown(value, known, scale)
    decimals = next(digits for digits in range(7) if digits == 6 or math.isclose(round(number, digits), number))
    return facts.format_number(value, known, decimals, scale) + rest
