"""A difference as plain values: what ``gapbook diff --output FILE.json`` writes and the page is rendered from.

The keys are described in docs/editions.md. They stay; a form that lacks one of them, or
gives it another meaning, has another number.
"""

import math
from dataclasses import asdict
from typing import Any

from coordination_gap.press.difference.compare import Difference
from coordination_gap.press.difference.facts import Change
from coordination_gap.press.difference.sides import Side

FORM = 1


def document(difference: Difference) -> dict[str, Any]:
    """Return a difference as values that JSON can hold."""
    before, after = difference.before, difference.after
    days = {"before": before.as_of, "after": after.as_of}
    return {
        "form": FORM,
        "before": _side(before),
        "after": _side(after),
        "left_out": list(difference.left_out),
        "as_of": days if before.as_of != after.as_of else None,
        "parameters": _listed(difference.settings),
        "verdicts": _listed(difference.verdicts),
        "sentences": _listed(difference.sentences),
        "blocks": _listed(difference.blocks),
        "undecided": _listed(difference.undecided),
        "facts_compared": difference.compared,
        "facts": [_fact(change) for change in difference.facts],
        "figures": _listed(difference.figures),
        "not_at_hand": _not_at_hand(before, after),
    }


def _side(side: Side) -> dict[str, str]:
    return {"name": side.name, "title": side.title, "as_of": side.as_of}


def _listed(entries: tuple[Any, ...] | None) -> list[dict[str, Any]] | None:
    return None if entries is None else [asdict(entry) for entry in entries]


def _fact(change: Change) -> dict[str, Any]:
    written = asdict(change)
    if math.isfinite(change.size):
        return written | {"size_why_not": ""}
    whys = {
        "number": "it was 0 before, of which nothing is a share",
        "words": "words, days and unlike units have no size",
        "gap": "nothing can be said on one side",
        "only before": "one side has no such fact",
        "only after": "one side has no such fact",
    }
    return written | {"size": None, "size_why_not": whys[change.kind]}


def _not_at_hand(before: Side, after: Side) -> str:
    """Return why figures are not compared, or nothing."""
    bare = [side.name for side in (before, after) if side.figures is None]
    if not bare:
        return ""
    return f"of {' and '.join(dict.fromkeys(bare))} only the published facts are at hand"
