"""OpenTelemetry spans as attempts, from OTLP JSON as the file exporters and the collector write it.

The root span of a trace is a run, and spans below it are attempts. Which attributes say
what, and what is taken where they are missing, stands in ``docs/traces.md``.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from coordination_gap.reliability.traces.frame import (
    COLUMNS,
    DROP_CUT_RUNS,
    RUN_OUTCOMES,
    Place,
    Source,
    TraceError,
    check_attempts,
    check_incomplete,
)
from coordination_gap.reliability.traces.spans import Span, read_spans


def read_otlp(path: str | Path, *, incomplete: str = "refuse") -> pd.DataFrame:
    """Return the attempts in a file of OTLP JSON: one document, or a document a line.

    Parameters
    ----------
    path
        The file.
    incomplete
        ``"refuse"``: raise when a run's trace is cut short, that is, has no root span, a
        span whose parent is missing, or one without an end. ``"drop"``: leave such runs
        out, and a last line that was not written to its end; ``frame.attrs["dropped_runs"]``
        counts the runs. Runs that were killed are seldom like the others, so say how many.

    Returns
    -------
    DataFrame
        As of :func:`~coordination_gap.reliability.traces.read_traces`; the run is the
        trace's identifier, and rows stand in the order in which the spans started.
        ``frame.attrs["ignored_spans"]`` counts spans that are neither run nor attempt,
        ``frame.attrs["ignored_span_names"]`` counts them by name.

    Raises
    ------
    TraceError
        If the file cannot be read, or a span is not what it has to be.
    """
    check_incomplete(incomplete)
    return otlp_with_places(path, incomplete)[0]


def otlp_with_places(path: str | Path, incomplete: str) -> tuple[pd.DataFrame, Place]:
    """Return the attempts in a file of OTLP JSON, and what says where each stands."""
    drop = incomplete == "drop"
    traces: dict[str, dict[str, Span]] = defaultdict(dict)
    for span in read_spans(path, drop):
        double = traces[span.trace].setdefault(span.id, span)
        if double is not span:
            raise TraceError(f"{span}: its spanId is that of {double}: keep one of the two, or give each its own")
    if not traces:
        raise TraceError(
            f"{path}: there is no span: give OTLP JSON with spans under resourceSpans[].scopeSpans[].spans[]"
        )
    roots = {trace: _root(spans) for trace, spans in traces.items()}
    problems = [found for found in roots.values() if isinstance(found, str)]
    if problems and (not drop or len(problems) == len(roots)):
        mend = "" if drop else f", or {DROP_CUT_RUNS}"
        raise TraceError(
            f"{problems[0]}; {len(problems)} of {len(roots)} runs are cut short in such a way: export all spans{mend}"
        )
    # One span that says it is a step makes saying so the rule: what else lies below the root is detail.
    named = any("gap.step" in span.attributes for spans in traces.values() for span in spans.values())
    attempts: list[Span] = []
    rows: list[tuple[Any, ...]] = []
    ignored: Counter[str] = Counter()
    for trace, root in roots.items():
        if isinstance(root, str):
            continue
        found = _attempts(traces[trace], root, named)
        chosen = {span.id for span in found}
        others = [span for key, span in traces[trace].items() if span is not root and key not in chosen]
        _check_attributes(root, found, others, named)
        ignored.update(span.name for span in others)
        attempts += found
        rows += _rows(found, _end_of(root))
    # As objects, so that text which is not Unicode is refused below with its place.
    frame = pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)

    def place(row: int) -> str:
        return str(attempts[row])

    def name(column: str, row: int) -> str:
        if column == "step":
            return attempts[row].step_from or "name"
        attribute = {"attempt": "gap.attempt", "outcome": "gap.outcome", "cost": "gap.cost_usd"}.get(column, "")
        return attribute if attribute in attempts[row].attributes else column

    in_order = "number the attempts of a step in the order in which their spans start"
    source = Source(place, name, "or leave the attribute out where it is unknown", in_order)
    checked = check_attempts(frame, source, in_order=True)
    checked.attrs = {
        "file": str(path), "dropped_runs": len(problems),
        "ignored_spans": ignored.total(), "ignored_span_names": dict(ignored),
    }  # fmt: skip
    return checked, place


def _root(spans: dict[str, Span]) -> Span | str:
    """Return the span of the run, or what the trace lacks, in words."""
    _check_circles(spans)
    roots = [span for span in spans.values() if not span.parent]
    orphans = [span for span in spans.values() if span.parent and span.parent not in spans]
    if not roots:
        # The run may have been called from somewhere that is traced elsewhere; then it says that it is the run.
        roots = [span for span in orphans if "gap.run.outcome" in span.attributes]
        orphans = [span for span in orphans if span not in roots]
    if len(roots) > 1:
        raise TraceError(
            f"{roots[1]}: trace {roots[1].trace} has another root span, {roots[0].id} ({roots[0].step!r}): "
            "give each run a trace of its own"
        )
    if orphans:
        missing = "no span with its parentSpanId" if roots else "no root span, for nothing has its parentSpanId"
        return f"{orphans[0]}: in the file there is {missing} {orphans[0].parent}"
    unended = [span for span in spans.values() if span.end is None]
    if unended:
        return f"{unended[0]}: endTimeUnixNano is missing, so the span has not ended"
    return roots[0]


def _check_circles(spans: dict[str, Span]) -> None:
    """Raise if a span is above itself; without that, each lies below a root, or below a span that is missing."""
    clear: set[str] = set()
    for span in spans.values():
        above: dict[str, None] = {}  # in order, and quick to ask
        at: Span | None = span
        while at is not None and at.id not in clear:
            if at.id in above:
                chain = list(above)
                circle = [*chain[chain.index(at.id) :], at.id]
                raise TraceError(
                    f"{at}: parents form a circle ({_chain(circle)}): give each of these spans the parentSpanId of the "
                    "span that it was started in, and the root span none"
                )
            above[at.id] = None
            at = spans.get(at.parent)
        clear.update(above)


def _chain(names: list[str]) -> str:
    return " → ".join(names if len(names) <= 5 else [*names[:3], "…", names[-1]])


def _attempts(spans: dict[str, Span], root: Span, named: bool) -> list[Span]:
    """Return the spans of a run that are attempts, in the order of their start."""
    if "gap.step" in root.attributes:
        raise TraceError(f"{root}: gap.step stands on the root span, which is the run: give it to the spans below")
    if named:
        found = [span for span in spans.values() if "gap.step" in span.attributes]
    else:
        found = [span for span in spans.values() if span.parent == root.id]
    chosen = {span.id for span in found}
    for span in found:
        at = span
        while at is not root:
            at = spans[at.parent]
            if at.id in chosen:
                raise TraceError(f"{span}: it lies inside {at}, an attempt itself: keep gap.step on one of the two")
    if not found:
        which = "with gap.step" if named else "at all"
        raise TraceError(f"{root}: the run has no step, for below its root span there is no span {which}: give it one")
    return sorted(found, key=lambda span: span.start)


def _check_attributes(root: Span, attempts: list[Span], others: list[Span], named: bool) -> None:
    """Raise for an attribute of ours on a span where nothing reads it."""
    for span in (*attempts, *others):
        if "gap.run.outcome" in span.attributes:
            raise TraceError(
                f"{span}: gap.run.outcome stands on a span that is not the run's: give it to the root span, {root.id}"
            )
    for span in (root, *others):
        for name in ("gap.attempt", "gap.outcome", "gap.cost_usd"):
            if name in span.attributes:
                what = "the root span, which is the run" if span is root else "a span that is no attempt"
                also = ", or give this span gap.step, too" if named and span is not root else ""
                raise TraceError(f"{span}: {name} stands on {what}: give it to an attempt below the root span{also}")


def _rows(attempts: list[Span], end: str | None) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a run; attempts without a number are numbered by their start."""
    of_step: dict[str, list[Span]] = defaultdict(list)
    for span in attempts:
        of_step[span.step].append(span)
    for step, spans in of_step.items():
        numbered = [span for span in spans if "gap.attempt" in span.attributes]
        if numbered and len(numbered) < len(spans):
            bare = next(span for span in spans if span not in numbered)
            raise TraceError(
                f"{bare}: step {step!r} has gap.attempt on other attempts, not on this one: give it to all"
            )
    started: Counter[str] = Counter()
    for span in attempts:
        started[span.step] += 1
        outcome = span.attributes.get("gap.outcome", "loud" if span.failed else "passed")
        number = span.attributes.get("gap.attempt", started[span.step])
        cost = span.attributes.get("gap.cost_usd", math.nan)
        # A frame has NaN and a blank for unknown; a span leaves the attribute out.
        blank = cost == "" or (isinstance(cost, float) and math.isnan(cost))
        if "gap.cost_usd" in span.attributes and blank:
            raise TraceError(
                f"{span}: gap.cost_usd is {'NaN' if cost else repr(cost)}: give a number of US dollars, 0 or more, "
                "or leave the attribute out where it is unknown"
            )
        yield span.trace, span.step, number, outcome, span.seconds, cost, end


def _end_of(root: Span) -> str | None:
    """Return how the run ended: as it says, or halted if its span has an error, else unknown."""
    end = root.attributes.get("gap.run.outcome", "halted" if root.failed else None)
    if end is None or end in RUN_OUTCOMES:
        return end
    raise TraceError(f"{root}: gap.run.outcome is {end!r}: give one of {', '.join(RUN_OUTCOMES)}, or leave it out")
