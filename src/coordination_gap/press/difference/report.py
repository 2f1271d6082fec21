"""A difference as text for a terminal, and as Markdown."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from coordination_gap.facts import format_day

#: As many facts are shown unless all are asked for.
SHOWN = 20


@dataclass(frozen=True)
class Part:
    """A part of a report: its title, what is said, and a table, whose columns may be none."""

    title: str
    said: str = ""
    columns: tuple[str, ...] = ()
    rows: Sequence[tuple[str, ...]] = field(default_factory=tuple)


def headline(document: dict[str, Any]) -> str:
    """Return in a sentence what is held against what, and how much differs."""
    before, after = (f"{one['name']} (as of {format_day(one['as_of'])})" for one in _sides(document))
    common, kinds = document["facts_compared"], [fact["kind"] for fact in document["facts"]]
    alone = sum(kind.startswith("only") for kind in kinds)
    counts = [
        f"{len(kinds) - alone} of {common} facts that both have differ",
        *([f"{alone} {'is' if alone == 1 else 'are'} in one alone"] if alone else []),
        _counted(len(document["sentences"]), "sentence is", "sentences are") + " worded otherwise",
        _counted(len(document["blocks"]), "passage is", "passages are") + " in one alone",
        _counted(len(document["verdicts"]), "claim has", "claims have") + " another verdict",
    ]
    if document["figures"] is not None:
        counts.append(_counted(len(document["figures"]), "figure differs", "figures differ"))
    return f"{before} and {after}: {', '.join(counts)}."


def parts(document: dict[str, Any], all_of_them: bool = True) -> list[Part]:
    """Return a difference part by part; the facts cut to the first :data:`SHOWN` unless all are asked for."""
    before, after = (one["name"] for one in _sides(document))
    if before == after:  # two days or two versions of one edition
        before, after = f"{before}, before", f"{after}, after"
    found = [
        settings(document, before, after),
        Part(
            "Verdicts that changed",
            columns=("Claim", before, after),
            rows=[
                (
                    f"{one['place']['heading']}: {one['statement']}",
                    f"{one['before']}. {one['found_before']}",
                    f"{one['after']}. {one['found_after']}",
                )
                for one in document["verdicts"]
            ],
        ),
        Part(
            "Sentences that are worded otherwise",
            columns=("Where", before, after),
            rows=[
                (where(one["place"]), one["before"] or "(nothing)", one["after"] or "(nothing)")
                for one in document["sentences"]
            ],
        ),
        Part(
            "Passages that one edition alone shows",
            columns=("Where", "In", "It begins"),
            rows=[
                (where(one["place"]), before if one["shown_before"] else after, one["sentence"])
                for one in document["blocks"]
            ],
        ),
        *_facts(document, before, after, all_of_them),
        Part(
            "Figures that differ",
            columns=("Figure", "What differs", "Page"),
            rows=[(one["figure_id"], one["what"], one["page"]) for one in document["figures"] or []],
        ),
        Part(
            "Not compared",
            not_compared(document),
            ("Where", "Why"),
            [(where(one["place"]), one["why"]) for one in document["undecided"]],
        ),
    ]
    return [part for part in found if part.rows or part.said]


def settings(document: dict[str, Any], before: str, after: str) -> Part:
    """Return the day and the parameters that differ."""
    days = document["as_of"]
    rows = [("as of", days["before"], days["after"], "last day whose publications may be seen")] if days else []
    rows += [
        (f"{one['notebook']}.{one['name']}", one["before"], one["after"], one["meaning"])
        for one in document["parameters"]
    ]
    return Part("Parameters that differ", columns=("Parameter", before, after, "Meaning"), rows=rows)


#: The parts that facts come in: the kinds of change, and the part's title.
FACT_PARTS = (
    (("number",), "Numbers that changed, the largest change first"),
    (("words",), "Words and days that changed"),
    (("gap",), "Facts that became a gap, or stopped being one"),
    (("only before", "only after"), "Facts that one edition alone has"),
)


def _facts(document: dict[str, Any], before: str, after: str, all_of_them: bool) -> list[Part]:
    found = []
    for kinds, title in FACT_PARTS:
        changed = [fact for fact in document["facts"] if fact["kind"] in kinds]
        shown = changed if all_of_them else changed[:SHOWN]
        rest = f"and {len(changed) - len(shown)} more; --all shows them" if len(shown) < len(changed) else ""
        rows = [(one["fact_id"], *values(one), one["change_shown"], size(one), one["page"]) for one in shown]
        found.append(Part(title, rest, ("Fact", before, after, "Change", "Size", "Page"), rows))
    return found


def text(document: dict[str, Any], all_of_them: bool = False) -> str:
    """Return a difference for a terminal."""
    lines = [headline(document)]
    for part in parts(document, all_of_them):
        lines += ["", part.title, *(_lines(part) if part.columns[:1] == ("Fact",) else _block(part))]
        lines += [f"  {part.said}"] if part.said else []
    return "\n".join(lines)


def _lines(part: Part) -> Iterator[str]:
    width = max((len(row[0]) for row in part.rows), default=0)
    for fact_id, before, after, *measured, page in part.rows:
        much = ", ".join(filter(None, measured))
        yield f"  {fact_id:{width}}  {before} -> {after}{f'  ({much})' if much else ''}  {page}"


def _block(part: Part) -> Iterator[str]:
    for first, *others in part.rows:
        yield f"  {first}"
        for column, cell in zip(part.columns[1:], others, strict=True):
            if cell:
                yield f"      {column}: {cell}"


def markdown(document: dict[str, Any]) -> str:
    """Return a difference as a page of Markdown."""
    before, after = (one["name"] for one in _sides(document))
    lines = [f"# {_plain(before)} and {_plain(after)}", "", _plain(headline(document))]
    for part in parts(document):
        lines += ["", f"## {part.title}", *(["", _plain(part.said)] if part.said else [])]
        if part.rows:
            lines += ["", _row(part.columns), _row(["---"] * len(part.columns)), *map(_row, _escaped(part.rows))]
    return "\n".join(lines) + "\n"


def _escaped(rows: Iterable[tuple[str, ...]]) -> list[list[str]]:
    return [[_plain(cell) for cell in row] for row in rows]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _plain(words: str) -> str:
    """Return words so that Markdown shows them as they are."""
    return "".join(f"\\{sign}" if sign in r"\`*_[]<>|#$~&" else sign for sign in words.replace("\n", " "))


def _sides(document: dict[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    return document["before"], document["after"]


def _counted(number: int, one: str, many: str) -> str:
    return f"{number or 'no'} {one if number == 1 else many}"


def where(place: dict[str, Any]) -> str:
    """Return a place in words: file, line, and nearest heading."""
    line = f", line {place['line']}" if place["line"] else ""
    return f"{place['file']}{line}" + (f" ({place['heading']})" if place["heading"] else "")


def values(fact: dict[str, Any]) -> tuple[str, str]:
    """Return what a fact was and is, each with its interval where that differs."""
    before, after = intervals(fact)
    return fact["before"] + (f" ({before})" if before else ""), fact["after"] + (f" ({after})" if after else "")


def intervals(fact: dict[str, Any]) -> tuple[str, str]:
    """Return the intervals of a fact as they are read; empty where they are the same."""
    before, after = fact["before_interval"], fact["after_interval"]
    return (before, after) if before != after else ("", "")


def size(fact: dict[str, Any]) -> str:
    """Return the size of a change in words, against its interval or its value; empty where it has none."""
    if not fact["scale"]:
        return "it was 0" if fact["kind"] == "number" and fact["size"] is None else ""
    size = fact["size"]
    if fact["scale"] == "half widths":
        return f"{size:,.0f} half widths" if size >= 100 else f"{size:.2g} half widths"
    return f"{size:,.0%} of its value" if size >= 0.01 else f"{size:.1%} of its value"


def not_compared(document: dict[str, Any]) -> str:
    """Return what as a whole is not compared, and why, in words."""
    said = []
    if document["not_at_hand"]:
        said.append(f"Figures: {document['not_at_hand']}.")
    if document["left_out"]:
        said.append(f"Pages that were not run for this comparison: {', '.join(document['left_out'])}.")
    return " ".join(said)
