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
    RUN_OUTCOMES,
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
    roots = {trace: _root(path, spans) for trace, spans in traces.items()}
    problems = [found for found in roots.values() if isinstance(found, str)]
    if problems and (not drop or len(problems) == len(roots)):
        mend = "" if drop else ', or give incomplete="drop" to leave such runs out'
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
        ignored.update(span.name for key, span in traces[trace].items() if span is not root and key not in chosen)
        attempts += found
        rows += _rows(found, _end_of(root))
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame.attrs = {
        "dropped_runs": len(problems), "ignored_spans": ignored.total(), "ignored_span_names": dict(ignored),
    }  # fmt: skip
    return check_attempts(frame, lambda row: str(attempts[row]))


def _root(path: str | Path, spans: dict[str, Span]) -> Span | str:
    """Return the span of the run, or what the trace lacks, in words."""
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
    if not roots:
        span = next(iter(spans.values()))
        raise TraceError(f"{span}: the parents of trace {span.trace} run in a circle: one span must have no parent")
    unended = [span for span in spans.values() if span.end is None]
    if unended:
        return f"{unended[0]}: endTimeUnixNano is missing, so the span has not ended"
    return roots[0]


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
        seen, at = {span.id}, span
        while at.parent in spans and at is not root:
            at = spans[at.parent]
            if at.id in seen:
                raise TraceError(f"{span}: its parents run in a circle: one of them must lead to the root span")
            if at.id in chosen:
                raise TraceError(f"{span}: it lies inside {at}, an attempt itself: keep gap.step on one of the two")
            seen.add(at.id)
    if not found:
        which = "with gap.step" if named else "at all"
        raise TraceError(f"{root}: the run has no step, for below its root span there is no span {which}: give it one")
    return sorted(found, key=lambda span: span.start)


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
        if isinstance(cost, float) and math.isnan(cost) and "gap.cost_usd" in span.attributes:
            cost = "NaN"
        yield span.trace, span.step, number, outcome, span.seconds, cost, end


def _end_of(root: Span) -> str | None:
    """Return how the run ended: as it says, or halted if its span has an error, else unknown."""
    end = root.attributes.get("gap.run.outcome", "halted" if root.failed else None)
    if end is None or end in RUN_OUTCOMES:
        return end
    raise TraceError(f"{root}: gap.run.outcome is {end!r}: give one of {', '.join(RUN_OUTCOMES)}, or leave it out")
