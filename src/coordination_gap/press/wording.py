"""Sentences that depend on a fact: the wording whose condition holds, or a refusal.

``departure.car | excludes 0 and < 0: fell by [[departure.car]] | else: did not move`` is a
fact's id and branches, each ``condition: text``. The first condition that holds gives
the text, in which ``[[id]]`` stands for a fact's display. Conditions, joined by ``and``:
``< <= > >= == !=`` with a number, an ISO day or another fact's id; ``excludes x`` and
``includes x`` for the fact's interval; ``available``, ``gap``, and ``else`` for anything
but a gap. A gap is never worded by accident, and every branch is checked, chosen or not.
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
_ID = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
_PLACEHOLDER = re.compile(r"\[\[([^\[\]]+)\]\]")

Facts = Mapping[str, Mapping[str, Any]]


class WordingError(ValueError):
    """The wording cannot be chosen; the message says what to mend."""


def lookup(fact_id: str, facts: Facts) -> Mapping[str, Any]:
    """Return a fact by its id.

    Raises
    ------
    WordingError
        If there is none; the nearest id is suggested.
    """
    if fact_id not in facts:
        from difflib import get_close_matches

        close = get_close_matches(fact_id, list(facts), n=1)
        raise WordingError(f"there is no fact {fact_id!r}" + (f"; did you mean {close[0]!r}?" if close else ""))
    return facts[fact_id]


def referenced(text: str) -> list[str]:
    """Return the ids of all facts that a sentence may print or decide on, in any of its wordings.

    Raises
    ------
    WordingError
        If the text is malformed.
    """
    fact_id, branches = _parsed(text)
    ids = [fact_id]
    for condition, words in branches:
        ids += [operand for _, operand in _terms(condition) if _ID.fullmatch(operand)]
        ids += [name.strip() for name in _PLACEHOLDER.findall(words)]
    return ids


def choose(text: str, facts: Facts) -> list[str | Mapping[str, Any]]:
    """Choose the wording of a sentence.

    Returns
    -------
    list
        The wording, as text and facts in turn.

    Raises
    ------
    WordingError
        If the text is malformed, a fact is unknown, or no condition holds.
    """
    fact_id, branches = _parsed(text)
    # A mistake in a wording not chosen today must not wait for another edition.
    for name in referenced(text):
        lookup(name, facts)
    fact = facts[fact_id]
    for condition, _ in branches:
        _checked(condition, fact, facts)
    for condition, words in branches:
        if holds(condition, fact, facts):
            return _filled(words, facts)
    shown = "a gap" if fact["value"] is None else f"{fact['value']!r}"
    raise WordingError(f"no wording fits: {fact_id} is {shown}; add a condition that covers it")


def _parsed(text: str) -> tuple[str, list[tuple[str, str]]]:
    """Return the id and the branches, as conditions with their texts."""
    fact_id, *parts = (part.strip() for part in text.split("|"))
    if not parts:
        raise WordingError(f"{fact_id!r} has no wording: add '| condition: text'")
    branches = []
    for part in parts:
        condition, colon, words = part.partition(":")
        if not colon:
            raise WordingError(f"{part!r} is not 'condition: text'")
        rest = _PLACEHOLDER.sub("", words)
        if "[[" in rest or "]]" in rest:
            raise WordingError(f"{part!r} has a bracket that does not close or open: write [[page.name]]")
        branches.append((condition, words.strip()))
    return fact_id, branches


def _filled(words: str, facts: Facts) -> list[str | Mapping[str, Any]]:
    pieces: list[str | Mapping[str, Any]] = []
    for number, piece in enumerate(_PLACEHOLDER.split(words)):
        if number % 2:
            pieces.append(lookup(piece.strip(), facts))
        elif piece:
            pieces.append(piece)
    return pieces


def holds(condition: str, fact: Mapping[str, Any], facts: Facts) -> bool:
    """Return whether a condition holds for a fact.

    Raises
    ------
    WordingError
        If the condition is malformed or does not suit the fact.
    """
    return all(_term_holds(*term, fact) for term in _checked(condition, fact, facts))


def _terms(condition: str) -> list[tuple[str, str]]:
    """Return the terms of a condition as operator and operand; a word such as ``gap`` has no operand."""
    terms = []
    for term in " ".join(condition.split()).split(" and "):
        match = _TERM.fullmatch(term)
        if term in ("gap", "available", "else"):
            terms.append((term, ""))
        elif match is not None:
            terms.append((match["op"], match["operand"]))
        else:
            known = ", ".join(_COMPARISONS)
            raise WordingError(f"{term!r} is not a condition; use {known}, excludes, includes, available, gap, else")
    return terms


def _checked(condition: str, fact: Mapping[str, Any], facts: Facts) -> list[tuple[str, Any]]:
    """Return the terms of a condition with the values of their operands, None for a gap."""
    kind = _kind(fact)
    checked = []
    for op, operand in _terms(condition):
        suits = {"text": ("==", "!="), "day": tuple(_COMPARISONS)}
        if operand and kind in suits and op not in suits[kind]:
            raise WordingError(
                f"{fact['id']} is a {kind}, for which '{op} {operand}' means nothing; use {', '.join(suits[kind])}"
            )
        checked.append((op, _operand(operand, kind, facts) if operand else None))
    return checked


def _kind(fact: Mapping[str, Any]) -> str:
    return str(fact["unit"]) if fact["unit"] in ("day", "text") else "number"


def _operand(text: str, kind: str, facts: Facts) -> Any:
    if _ID.fullmatch(text):
        other = lookup(text, facts)
        if _kind(other) != kind:
            raise WordingError(f"{text} is a {_kind(other)}: a {kind} cannot be compared with it")
        return other["value"]
    try:
        if kind == "number" and math.isfinite(float(text)):
            return float(text)
        if kind == "text" or (kind == "day" and dt.date.fromisoformat(text).isoformat() == text):
            return text
    except ValueError:
        pass
    wanted = "a day as YYYY-MM-DD" if kind == "day" else "a number"
    raise WordingError(f"{text!r} is neither {wanted} nor the id of a fact")


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
        raise WordingError(f"{fact['id']} has no interval, so '{op} {operand}' cannot be decided")
    within = bool(interval["low"] <= operand <= interval["high"])
    return within if op == "includes" else not within
