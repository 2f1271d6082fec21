"""The same pipeline as an absorbing Markov chain of single events, solved with linear algebra."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise, product
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import integrate, special

from coordination_gap.reliability import Pipeline
from coordination_gap.reliability.parts import Branch, Gate, Part, Step, Vote, walk
from tests.reliability.strategies import rebuilt

Numbers: TypeAlias = npt.NDArray[np.float64]

ENDS = ("success", "silent_failure", "halted")
AMOUNTS = ("attempts", "cost", "seconds")
FIELDS = (*ENDS, *AMOUNTS)


class State(NamedTuple):
    """What is left to run, and what the part that runs now remembers."""

    rest: tuple[Part, ...]
    carrying: bool
    """Whether a silent failure was passed on before."""
    event: str = "arrive"
    """What comes next: arrive at the part, attempt it, inspect its good or its bad output."""
    tried: int = 0
    succeeded: int = 0
    struck: bool = False
    """Whether one cause makes every attempt of the step fail in this run."""


Events: TypeAlias = list[tuple[float, State | str]]


class Chain:
    """A state for each thing that may come next; the fundamental matrix gives ends and expected visits.

    Latent causes that one step's attempts or one vote's voters share are events of the
    chain. Those that all steps of a run share are not: see :func:`over_runs`.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        start = State(tuple(pipeline.steps), carrying=False)
        self.states = [start]
        place = {_key(start): 0}
        moves: list[tuple[int, int | str, float]] = []
        for here, state in enumerate(self.states):  # which grows meanwhile
            events = [(probability, target) for probability, target in _events(state) if probability > 0.0]
            assert math.isclose(sum(probability for probability, _ in events), 1.0, abs_tol=1e-9), (state, events)
            for probability, target in events:
                if isinstance(target, str):
                    moves.append((here, target, probability))
                    continue
                if _key(target) not in place:
                    place[_key(target)] = len(self.states)
                    self.states.append(target)
                moves.append((here, place[_key(target)], probability))
        size = len(self.states)
        stay, leave = np.zeros((size, size)), np.zeros((size, len(ENDS)))
        for origin, goal, probability in moves:
            if isinstance(goal, str):
                leave[origin, ENDS.index(goal)] += probability
            else:
                stay[origin, goal] += probability
        visits = np.linalg.solve(np.eye(size) - stay.T, np.eye(size)[0])
        #: How runs end, expected attempts, US dollars and seconds, in the order of `FIELDS`.
        self.values: Numbers = np.concatenate([visits @ leave, visits @ np.array([_takes(s) for s in self.states])])


def _key(state: State) -> tuple[object, ...]:
    """Return what tells two states of one chain apart; parts have names of their own."""
    return (tuple(part.name for part in state.rest), *state[1:])


def _events(state: State) -> Events:
    """Return what may come next, each with its probability."""
    if not state.rest:
        return [(1.0, "silent_failure" if state.carrying else "success")]
    part = state.rest[0]
    if state.event == "inspect good":
        return _inspected(state, part, good=True)
    if state.event == "inspect bad":
        return _inspected(state, part, good=False)
    if isinstance(part, Branch):
        return [(way.probability, State((*way.steps, *state.rest[1:]), state.carrying)) for way in part.ways]
    if isinstance(part, Vote):
        return _vote_events(state, part)
    if state.event == "arrive":
        struck = part.common_cause * (1 - part.success)
        return [
            (struck, state._replace(event="attempt", struck=True)),
            (1 - struck, state._replace(event="attempt")),
        ]
    p = 0.0
    if not state.struck:
        p = _urn(_spared(part.success, part.common_cause), part.correlation, state.tried, state.succeeded)
    after = state._replace(tried=state.tried + 1)
    return [
        (p, _output(after._replace(succeeded=state.succeeded + 1), part, good=True)),
        ((1 - p) * part.loud, _again(after, part)),
        ((1 - p) * (1 - part.loud), _output(after, part, good=False)),
    ]


def _vote_events(state: State, vote: Vote) -> Events:
    """Go through every combination of what the voters may answer."""
    events: Events = []
    p = vote.voters[0].success
    struck = vote.common_cause * (1 - p)
    for answers in product(("good", "bad", "seen"), repeat=len(vote.voters)):
        probability = (1 - struck) * _of_answers(vote, answers) + struck * _all_failing(vote.voters, answers)
        for share, alike in ((vote.agreement, True), (1 - vote.agreement, False)):
            agreed = _agreed(answers.count("good"), answers.count("bad"), vote.needed, alike=alike)
            after = state._replace(tried=1)
            target = _again(after, vote) if agreed is None else _output(after, vote, good=agreed)
            events.append((probability * share, target))
    return events


def _of_answers(vote: Vote, answers: Sequence[str]) -> float:
    probability = 1.0
    for tried, (voter, answer) in enumerate(zip(vote.voters, answers, strict=True)):
        p = _urn(_spared(voter.success, vote.common_cause), vote.correlation, tried, answers[:tried].count("good"))
        loud = voter.loud
        probability *= {"good": p, "bad": (1 - p) * (1 - loud), "seen": (1 - p) * loud}[answer]
    return probability


def _all_failing(voters: Sequence[Step], answers: Sequence[str]) -> float:
    return math.prod(
        {"good": 0.0, "bad": 1 - voter.loud, "seen": voter.loud}[answer]
        for voter, answer in zip(voters, answers, strict=True)
    )


def _agreed(good: int, bad: int, needed: int, *, alike: bool) -> bool | None:
    """Return whether the agreed answer is good; None if too few agree."""
    if alike and bad >= needed:
        return False
    if not alike and needed == 1 and bad >= 1:
        return False
    return True if good >= needed else None


def _output(state: State, part: Step | Vote, *, good: bool) -> State:
    if part.gate is not None:
        return state._replace(event="inspect good" if good else "inspect bad")
    return State(state.rest[1:], state.carrying or not good)


def _inspected(state: State, part: Part, *, good: bool) -> Events:
    assert not isinstance(part, Branch)
    gate = _gate(part)
    refused = gate.false_alarm if good else gate.detection
    return [(refused, _again(state, part)), (1 - refused, State(state.rest[1:], state.carrying or not good))]


def _again(state: State, part: Step | Vote) -> State | str:
    if isinstance(part, Step) and state.tried < part.attempts:
        return state._replace(event="attempt")
    if part.fallback is not None:
        return State((part.fallback, *state.rest[1:]), state.carrying)
    return "halted"


def _gate(part: Step | Vote) -> Gate:
    assert part.gate is not None
    return part.gate


def _spared(p: float, common_cause: float) -> float:
    """Return the success of attempts that no common cause strikes, so that it is `p` over all runs."""
    return p / (1 - common_cause + common_cause * p) if p > 0.0 else 0.0


def _urn(p: float, correlation: float, tried: int, succeeded: int) -> float:
    """Return the success of the next of several beta-binomial attempts, as Pólya's urn gives it."""
    if tried == 0:
        return p
    return (p * (1 - correlation) + correlation * succeeded) / (1 - correlation + correlation * tried)


def _takes(state: State) -> tuple[float, float, float]:
    """Return attempts, US dollars and seconds of one visit."""
    if not state.rest or isinstance(state.rest[0], Branch):
        return 0.0, 0.0, 0.0
    part = state.rest[0]
    if state.event.startswith("inspect"):
        return 0.0, _gate(part).cost, _gate(part).seconds
    if isinstance(part, Vote):
        return float(len(part.voters)), sum(voter.cost for voter in part.voters), mean_of_longest(tuple(part.voters))
    if state.event == "arrive":
        return 0.0, 0.0, 0.0
    waited = part.backoff_seconds * part.backoff_factor ** (state.tried - 1) if state.tried else 0.0
    return 1.0, part.cost, part.seconds + waited


@cache
def mean_of_longest(voters: tuple[Step, ...]) -> float:
    """Return the mean of the longest of the voters' times, integrated over its distribution."""
    least = max((voter.seconds for voter in voters if voter.seconds_cv == 0.0), default=0.0)
    laws = [(v.seconds_cv**-2, v.seconds * v.seconds_cv**2) for v in voters if v.seconds * v.seconds_cv > 0.0]

    def beyond(seconds: float) -> float:
        return 1.0 - math.prod(float(special.gammainc(shape, seconds / scale)) for shape, scale in laws)

    # In pieces, so that no narrow peak is missed, to where the tail has gone.
    tails = 10.0 ** -np.arange(0.1, 17.0, 0.5)
    cuts = {scale * special.gammainccinv(shape, tail) for shape, scale in laws for tail in (1 - 1e-6, 0.9, *tails)}
    pieces = pairwise([least, *sorted(cut for cut in cuts if cut > least)])
    return least + math.fsum(integrate.quad(beyond, *piece, epsabs=1e-14, epsrel=1e-12)[0] for piece in pieces)


def over_runs(pipeline: Pipeline) -> Numbers:
    """Return the values of a chain whose steps may all fail together, integrated numerically over the runs' luck."""
    independent = replace(pipeline, correlation=0.0, common_cause=0.0)

    def struck_below(u: float) -> Pipeline:
        return _with_success(independent, lambda p: _after_cause(p, pipeline.common_cause, u))

    total = np.zeros(len(FIELDS))
    thresholds = {pipeline.common_cause * (1 - p) for p in _successes(pipeline)}
    for low, high in pairwise(sorted({0.0, 1.0, *thresholds})):
        # Between two of these points nothing changes with u.
        total += (high - low) * _over_luck(struck_below((low + high) / 2), pipeline.correlation)
    return total


def _over_luck(pipeline: Pipeline, correlation: float) -> Numbers:
    if correlation == 0.0:
        return Chain(pipeline).values

    def of_luck(v: float) -> Numbers:
        return Chain(_with_success(pipeline, lambda p: beta_quantile(v, p, correlation))).values

    # Where luck is all or nothing, it jumps at these points.
    points = [1 - p for p in _successes(pipeline)]
    return np.asarray(integrate.quad_vec(of_luck, 0.0, 1.0, epsabs=1e-9, epsrel=1e-9, norm="max", points=points)[0])


def _successes(pipeline: Pipeline) -> set[float]:
    return {part.success for part in walk(pipeline.steps) if isinstance(part, Step)}


def _after_cause(p: float, beta: float, u: float) -> float:
    return 0.0 if u < beta * (1 - p) else _spared(p, beta)


def beta_quantile(v: float, mean: float, correlation: float) -> float:
    """Return the `v`-quantile of the beta law with this mean and intra-class correlation."""
    if mean in (0.0, 1.0) or correlation == 0.0:
        return mean
    if correlation == 1.0:
        return 1.0 if v > 1 - mean else 0.0
    both = (1 - correlation) / correlation
    return float(special.betaincinv(mean * both, (1 - mean) * both, v))


def _with_success(pipeline: Pipeline, success: Callable[[float], float]) -> Pipeline:
    def changed(part: Step | Vote) -> Step | Vote:
        return replace(part, success=success(part.success)) if isinstance(part, Step) else part

    return rebuilt(pipeline, changed)
