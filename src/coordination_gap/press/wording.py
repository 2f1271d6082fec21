"""Sentences that depend on a fact: the wording whose condition holds, or a refusal.

``departure.car | excludes 0 and < 0: fell by [[departure.car]] | else: did not move`` is a
fact's id and branches, each ``condition: text``; the conditions are those of
:mod:`coordination_gap.conditions`. The first that holds gives the text, in which ``[[id]]``
stands for a fact's display. A gap is never worded by accident, and every branch is checked,
chosen or not.
"""

import re
from collections.abc import Mapping
from typing import Any

from coordination_gap.conditions import ID, ConditionError, Facts, checked, holds, lookup, terms

_PLACEHOLDER = re.compile(r"\[\[([^\[\]]+)\]\]")


def referenced(text: str) -> list[str]:
    """Return the ids of all facts that a sentence may print or decide on, in any of its wordings.

    Raises
    ------
    ConditionError
        If the text is malformed.
    """
    fact_id, branches = _parsed(text)
    ids = [fact_id]
    for condition, words in branches:
        ids += [operand for _, operand in terms(condition) if ID.fullmatch(operand)]
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
    ConditionError
        If the text is malformed, a fact is unknown, or no condition holds.
    """
    fact_id, branches = _parsed(text)
    # A mistake in a wording not chosen today must not wait for another edition.
    for name in referenced(text):
        lookup(name, facts)
    fact = facts[fact_id]
    for condition, _ in branches:
        checked(condition, fact, facts)
    for condition, words in branches:
        if holds(condition, fact, facts):
            return _filled(words, facts)
    shown = "a gap" if fact["value"] is None else f"{fact['value']!r}"
    raise ConditionError(f"no wording fits: {fact_id} is {shown}; add a condition that covers it")


def _parsed(text: str) -> tuple[str, list[tuple[str, str]]]:
    """Return the id and the branches, as conditions with their texts."""
    fact_id, *parts = (part.strip() for part in text.split("|"))
    if not parts:
        raise ConditionError(f"{fact_id!r} has no wording: add '| condition: text'")
    branches = []
    for part in parts:
        condition, colon, words = part.partition(":")
        if not colon:
            raise ConditionError(f"{part!r} is not 'condition: text'")
        rest = _PLACEHOLDER.sub("", words)
        if "[[" in rest or "]]" in rest:
            raise ConditionError(f"{part!r} has a bracket that does not close or open: write [[page.name]]")
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
