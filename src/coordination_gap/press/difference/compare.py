"""Two sides held against each other: what differs in what went in, and in what came out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coordination_gap import claims, tables
from coordination_gap.press import notebooks
from coordination_gap.press.difference import sentences
from coordination_gap.press.difference.facts import Change, changes
from coordination_gap.press.difference.sentences import Block, Sentence, Text, Undecided
from coordination_gap.press.difference.sides import Side

#: Stands for the value of a parameter that one side's notebooks do not have.
NO_PARAMETER = "no such parameter"


@dataclass(frozen=True)
class Setting:
    """A parameter that differs, with its values as they are read, unit and meaning, as far as they are known."""

    notebook: str
    name: str
    before: str
    after: str
    unit: str
    meaning: str


@dataclass(frozen=True)
class VerdictFlip:
    """A claim of the article whose verdict is another one, with what was found on each side."""

    place: sentences.Place
    statement: str
    before: str
    after: str
    found_before: str
    found_after: str


@dataclass(frozen=True)
class FigurePair:
    """A figure that differs.

    Attributes
    ----------
    figure_id, page
        Its id and the address of its page.
    what
        ``data``, ``drawing`` where the same data is drawn otherwise, ``only before`` or ``only after``.
    before, after
        For each side its alt text and caption; None where that side does not have it.
    """

    figure_id: str
    page: str
    what: str
    before: Mapping[str, str] | None
    after: Mapping[str, str] | None


@dataclass(frozen=True)
class Difference:
    """What differs between two sides.

    Attributes
    ----------
    before, after
        The sides.
    compared
        How many facts both sides have.
    facts
        Those that differ, the largest change first.
    sentences, blocks
        Sentences worded otherwise, and passages that one side alone shows, in the order of the pages.
    verdicts
        Claims with another verdict, in the article's order.
    undecided
        Sentences, passages and verdicts that cannot be compared.
    figures
        Those that differ; None where one side does not have them at hand.
    settings
        Parameters that differ.
    left_out
        The addresses of pages that one side did not run, so that nothing on them is compared.
    """

    before: Side
    after: Side
    compared: int
    facts: tuple[Change, ...]
    sentences: tuple[Sentence, ...]
    blocks: tuple[Block, ...]
    verdicts: tuple[VerdictFlip, ...]
    undecided: tuple[Undecided, ...]
    figures: tuple[FigurePair, ...] | None
    settings: tuple[Setting, ...]
    left_out: tuple[str, ...]


def compare(before: Side, after: Side, texts: Sequence[Text]) -> Difference:
    """Hold two sides against each other.

    Parameters
    ----------
    before, after
        The sides.
    texts
        The pages whose sentences are read under the facts of both.
    """
    left_out = before.left_out | after.left_out
    reading = sentences.read(
        [text for text in texts if text.address not in left_out], before.facts, after.facts, (before.name, after.name)
    )
    old, new = (_without(side.facts, left_out) for side in (before, after))
    flips, undecided = _verdicts(before, after)
    return Difference(
        before=before,
        after=after,
        compared=len(old.keys() & new.keys()),
        facts=tuple(changes(old, new)),
        sentences=tuple(reading.sentences),
        blocks=tuple(reading.blocks),
        verdicts=tuple(flips),
        undecided=(*reading.undecided, *undecided),
        figures=_figures(before, after, reading.captions, left_out),
        settings=_settings(before.parameters, after.parameters),
        left_out=tuple(sorted(left_out)),
    )


def _without(found: Mapping[str, Any], left_out: frozenset[str]) -> dict[str, Any]:
    return {name: entry for name, entry in found.items() if entry["page"] not in left_out}


def _figures(
    before: Side, after: Side, captions: Mapping[str, tuple[str, str]], left_out: frozenset[str]
) -> tuple[FigurePair, ...] | None:
    if before.figures is None or after.figures is None:
        return None
    old, new = (_without(figures, left_out) for figures in (before.figures, after.figures))
    found = []
    for figure_id in {**new, **old}:
        sides = old.get(figure_id), new.get(figure_id)
        what = _what_differs(*sides)
        if what:
            said = [
                side and {"alt": side["alt"], "caption": caption}
                for side, caption in zip(sides, captions.get(figure_id, ("", "")), strict=True)
            ]
            found.append(FigurePair(figure_id, (sides[1] or sides[0] or {})["page"], what, *said))
    return tuple(sorted(found, key=lambda pair: (pair.page, pair.figure_id)))


def _what_differs(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> str:
    if old is None or new is None:
        return "only after" if old is None else "only before"
    if old["data_csv"] != new["data_csv"]:
        return "data"
    return "drawing" if old["svg"] != new["svg"] else ""


def _settings(before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]) -> tuple[Setting, ...]:
    found = []
    known = notebooks.names()
    for notebook in {**after, **before}:
        declared = notebooks.parameters(notebook) if notebook in known else {}
        old, new = before.get(notebook, {}), after.get(notebook, {})
        for name in {**new, **old}:
            then, now = (str(values[name]) if name in values else NO_PARAMETER for values in (old, new))
            if name != "as_of" and then != now:  # the day is that of the whole edition
                unit, meaning = (declared[name].unit, declared[name].meaning) if name in declared else ("", "")
                found.append(Setting(notebook, name, then, now, unit, meaning))
    return tuple(found)


def _verdicts(before: Side, after: Side) -> tuple[list[VerdictFlip], list[Undecided]]:
    """Return the claims with another verdict, and those that one side's facts cannot decide.

    The claims and the evidence are today's, each side's as far as they were public on its day.
    """
    if "claims" not in tables.names():
        return [], []
    (old, faults), (new, more) = (_decided(side) for side in (before, after))
    flips = [
        VerdictFlip(_place(now.claim), now.claim.statement, then.verdict, now.verdict, then.told, now.told)
        for then, now in claims.flips(old, new)
    ]
    return flips, list(dict.fromkeys([*faults, *more]))


def _decided(side: Side) -> tuple[list[claims.Verdict], list[Undecided]]:
    evidence = tables.load("claim_evidence", side.as_of)
    due = claims.not_due(tables.load("forecasts", side.as_of), tables.parse_day(side.as_of))
    verdicts, faults = [], []
    for claim in claims.read_claims(tables.load("claims", side.as_of)):
        try:
            missing = sorted(set(claim.facts) - side.facts.keys())
            if missing:
                raise claims.ClaimError(f"{missing[0]} is not among the facts of {side.name}")
            verdicts += claims.decide([claim], side.facts, evidence[evidence["claim_id"] == claim.claim_id], due)
        except claims.ClaimError as error:
            faults.append(Undecided(_place(claim), str(error)))
    return verdicts, faults


def _place(claim: claims.Claim) -> sentences.Place:
    audit = claims.book_pages().get("claims")
    page = f"notebooks/{audit.address}" if audit else ""
    return sentences.Place("data/claims.csv", 0, page, f"claim {claim.claim_id}", claims.anchor(claim))
