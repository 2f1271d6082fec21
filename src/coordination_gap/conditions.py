"""Conditions on facts, as wordings and claims use them.

Terms joined by ``and``: ``< <= > >= == !=`` with a number, an ISO day or another fact's id;
``excludes x`` and ``includes x`` for the fact's interval; ``available``, ``gap``, and
``else`` for anything but a gap. Nothing that compares holds for a gap.
"""

import datetime as dt
import math
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_TERM = re.compile(r"(?P<op><=|>=|==|!=|<|>|excludes|includes)\s*(?P<operand>\S+)")
ID = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")

Facts = Mapping[str, Mapping[str, Any]]


class ConditionError(ValueError):
    """A condition, or what stands on one, cannot be decided; the message says what to mend."""


def lookup(fact_id: str, facts: Facts) -> Mapping[str, Any]:
    """Return a fact by its id.

    Raises
    ------
    ConditionError
        If there is none; the nearest id is suggested.
    """
    if fact_id not in facts:
        from difflib import get_close_matches

        close = get_close_matches(fact_id, list(facts), n=1)
        raise ConditionError(f"there is no fact {fact_id!r}" + (f"; did you mean {close[0]!r}?" if close else ""))
    return facts[fact_id]


def holds(condition: str, fact: Mapping[str, Any], facts: Facts) -> bool:
    """Return whether a condition holds for a fact.

    Raises
    ------
    ConditionError
        If the condition is malformed or does not suit the fact.
    """
    return all(_term_holds(*term, fact) for term in checked(condition, fact, facts))


def terms(condition: str) -> list[tuple[str, str]]:
    """Return the terms of a condition as operator and operand; a word such as ``gap`` has no operand.

    Raises
    ------
    ConditionError
        If the condition is malformed.
    """
    found = []
    for term in " ".join(condition.split()).split(" and "):
        match = _TERM.fullmatch(term)
        if term in ("gap", "available", "else"):
            found.append((term, ""))
        elif match is not None:
            found.append((match["op"], match["operand"]))
        else:
            known = ", ".join(_COMPARISONS)
            raise ConditionError(f"{term!r} is not a condition; use {known}, excludes, includes, available, gap, else")
    return found


def checked(condition: str, fact: Mapping[str, Any], facts: Facts) -> list[tuple[str, Any]]:
    """Return the terms of a condition with the values of their operands, None for a gap.

    Raises
    ------
    ConditionError
        If the condition is malformed, does not suit the fact, or names a fact that is not there.
    """
    kind = _kind(fact)
    found = []
    for op, operand in terms(condition):
        suits = {"text": ("==", "!="), "day": tuple(_COMPARISONS)}
        if operand and kind in suits and op not in suits[kind]:
            raise ConditionError(
                f"{fact['id']} is a {kind}, for which '{op} {operand}' means nothing; use {', '.join(suits[kind])}"
            )
        found.append((op, _operand(operand, kind, facts) if operand else None))
    return found


def _kind(fact: Mapping[str, Any]) -> str:
    return str(fact["unit"]) if fact["unit"] in ("day", "text") else "number"


def _operand(text: str, kind: str, facts: Facts) -> Any:
    if ID.fullmatch(text):
        other = lookup(text, facts)
        if _kind(other) != kind:
            raise ConditionError(f"{text} is a {_kind(other)}: a {kind} cannot be compared with it")
        return other["value"]
    try:
        if kind == "number" and math.isfinite(float(text)):
            return float(text)
        if kind == "text" or (kind == "day" and dt.date.fromisoformat(text).isoformat() == text):
            return text
    except ValueError:
        pass
    wanted = "a day as YYYY-MM-DD" if kind == "day" else "a number"
    raise ConditionError(f"{text!r} is neither {wanted} nor the id of a fact")


def _term_holds(op: str, operand: Any, fact: Mapping[str, Any]) -> bool:
    available = fact["value"] is not None
    if op == "gap":
        return not available
    if op in ("available", "else"):
        return available
    # Nothing can be said of a gap, and nothing can be compared with one.
    if not available or operand is None:
        return False
    if op in _COMPARISONS:
        return _COMPARISONS[op](fact["value"], operand)
    interval = fact["interval"]
    if interval is None:
        raise ConditionError(f"{fact['id']} has no interval, so '{op} {operand}' cannot be decided")
    within = bool(interval["low"] <= operand <= interval["high"])
    return within if op == "includes" else not within
