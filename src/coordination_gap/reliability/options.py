"""What may stand in the place of a step: the combinations of remedies, and whether given options fit a pipeline."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from coordination_gap import checks
from coordination_gap.reliability.leaves import unknown_name
from coordination_gap.reliability.parts import Branch, Gate, Part, Step, Vote, checked_parts, walk
from coordination_gap.reliability.pipeline import Pipeline


def remedy_options(
    step: Step,
    *,
    attempts: Sequence[int] = (1, 2, 3),
    gates: Sequence[Gate | None] | None = None,
    fallbacks: Sequence[Step | Vote | None] | None = None,
    votes: Sequence[int] = (1,),
    agreement: float = 1.0,
) -> list[Part]:
    """Return `step` in every combination of the remedies.

    Parameters
    ----------
    step
        As it is; what is not varied stays.
    attempts
        Numbers of attempts. A vote has one by definition, so these do not multiply with it.
    gates, fallbacks
        Each may contain None, for going without. Left out, the step keeps its own. A fallback
        gets the step's name before its own, so that one can be offered to several steps.
    votes
        Numbers of voters: copies of the step of which a majority has to agree. 1 is no vote.
        The step's correlation and common cause tie the voters as they tied the attempts.
    agreement
        Probability that wrong answers of one vote are all alike.
    """
    inspected = (step.gate,) if gates is None else tuple(gates)
    after = (step.fallback,) if fallbacks is None else tuple(_named_after(step, part) for part in fallbacks)
    for field_name, given in {"attempts": attempts, "gates": inspected, "fallbacks": after, "votes": votes}.items():
        if not given:
            raise ValueError(f"step {step.name!r}: {field_name} is empty: give at least one to choose from")
    voters = [checks.count(number, f"step {step.name!r}: votes") for number in votes]
    found: list[Part] = []
    for number, fallback, gate in itertools.product(voters, after, inspected):
        if number == 1:
            found += [replace(step, attempts=most, gate=gate, fallback=fallback) for most in attempts]
            continue
        voter = Step(
            step.name, step.success, loud=step.loud, cost=step.cost, seconds=step.seconds, seconds_cv=step.seconds_cv
        )
        found.append(
            Vote(
                step.name,
                [replace(voter, name=f"{step.name} voter {place}") for place in range(1, number + 1)],
                number // 2 + 1,
                agreement=agreement,
                correlation=step.correlation,
                common_cause=step.common_cause,
                gate=gate,
                fallback=fallback,
            )
        )
    return found


def options_of_steps(
    pipeline: Pipeline,
    *,
    attempts: Sequence[int] = (1, 2, 3),
    gates: Sequence[Gate] = (),
    fallbacks: Sequence[Step] = (),
    votes: Sequence[int] = (),
    steps: Sequence[str] = (),
) -> dict[str, list[Part]]:
    """Return what may stand in the place of each step of a pipeline: as it is, or with any of the remedies.

    Parameters
    ----------
    pipeline
        Its votes and branches stay as they are; the steps in the ways of a branch do not.
    attempts, gates, fallbacks, votes
        Remedies to choose from, as of :func:`remedy_options`; each step may also have none of
        them, or what it has now.
    steps
        Names of the steps that may change; none for all.

    Raises
    ------
    ValueError
        If no step may change, or a name is none of a step that may.
    """
    decidable = {part.name: part for part in _in_series(pipeline.steps) if isinstance(part, Step)}
    for name in steps:
        if name not in decidable:
            raise ValueError(f"steps: no step that may change has the name {name!r}; {unknown_name(name, decidable)}")
    if not decidable:
        raise ValueError("steps: the pipeline has votes and branches only: there is no step to give a remedy to")
    found: dict[str, list[Part]] = {}
    for name, step in decidable.items():
        if steps and name not in steps:
            continue
        given = remedy_options(
            step,
            attempts=sorted({1, *attempts}),
            gates=list(dict.fromkeys((step.gate, None, *gates))),
            fallbacks=list(dict.fromkeys((step.fallback, None, *fallbacks))),
            votes=sorted({1, *votes}),
        )
        found[name] = [step, *(part for part in given if part != step)]
    return found


def _named_after(step: Step, part: Step | Vote | None) -> Step | Vote | None:
    if part is None or part is step.fallback:
        return part
    fallback = _named_after(step, part.fallback)
    if isinstance(part, Step):
        return replace(part, name=f"{step.name}: {part.name}", fallback=fallback)
    voters = [replace(voter, name=f"{step.name}: {voter.name}") for voter in part.voters]
    return replace(part, name=f"{step.name}: {part.name}", voters=voters, fallback=fallback)


def checked_options(pipeline: Pipeline, options: Mapping[str, Sequence[Part]]) -> dict[str, tuple[Part, ...]]:
    """Return the options as tuples, after finding out whether they fit the pipeline and each other."""
    for name in ("correlation", "common_cause"):
        if (given := getattr(pipeline, name)) > 0.0:
            raise ValueError(
                f"pipeline: {name} is {given!r}: the program multiplies what the steps pass on, which holds for steps "
                f"that share nothing; set {name} to 0"
            )
    if not options:
        raise ValueError("options is empty: name at least one step and what may stand in its place")
    inside = {part.name: part for part in walk(pipeline.steps)}
    decidable = {part.name: part for part in _in_series(pipeline.steps)}
    for name in options:
        if name not in inside:
            raise ValueError(f"options: no step has the name {name!r}; {unknown_name(name, decidable)}")
        if name not in decidable:
            raise ValueError(
                f"options: {name!r} is a fallback or a voter: give options of the step or vote that it belongs to"
            )
        for part in walk([inside[name]]):
            if part.name != name and part.name in options:
                raise ValueError(f"options: {part.name!r} is inside {name!r}, which has options, too: give only one")
    checked = {}
    taken = {part.name for part in walk(pipeline.steps)}
    taken -= {part.name for name in options for part in walk([inside[name]])}
    for name, given in options.items():
        parts = checked[name] = checked_parts(given, f"options of {name!r}: ")
        if not parts:
            raise ValueError(f"options of {name!r} is empty: give at least one part, which may be the step itself")
        used = set()
        for part in parts:
            used |= {inner.name for inner in walk(Pipeline([part]).steps)}
        if clash := sorted(used & taken):
            raise ValueError(
                f"options of {name!r}: another part has the name {clash[0]!r}: give each part its own name"
            )
        taken |= used
    return checked


def _in_series(parts: Sequence[Part]) -> Iterator[Part]:
    for part in parts:
        yield part
        if isinstance(part, Branch):
            for way in part.ways:
                yield from _in_series(way.steps)
