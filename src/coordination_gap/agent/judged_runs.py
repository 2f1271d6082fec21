"""Runs of the support agent with faults put in, and what became of them.

A run is judged twice. Each attempt at a step is judged by what the step was handed: it is good if it did its own work
right, whatever went wrong before. The run is judged by its end: what was sent, against the label. The steps' own
record therefore predicts the ends only as far as faults do not meet, mask or mend each other, and the difference is
the coordination gap.
"""

import asyncio
import itertools
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
from langchain_core.language_models import BaseChatModel

from coordination_gap.agent.answer import Answer
from coordination_gap.agent.email import References
from coordination_gap.agent.faults import Fault, Others, faulty
from coordination_gap.agent.labels import Label, outcome
from coordination_gap.agent.order_client import OrderClient
from coordination_gap.agent.orders import Order, UnknownOrder
from coordination_gap.agent.runtime import SupportAgent
from coordination_gap.agent.settings import Settings, StepFunction
from coordination_gap.agent.state import State, order_of

AT_ONCE = 48

RightTexts = Callable[[str, Order | None, str], Collection[str]]
"""What may be sent, by decision, order, and the rule that decided."""
Plan = Callable[[str, int], Fault | None]
"""Which fault hits a step's attempt (from 1) of a run."""


@dataclass(frozen=True)
class Run:
    """A run and what became of it.

    Attributes
    ----------
    label, answer
        The e-mail with its label, and the agent's answer.
    attempts
        What each attempt came to, as (step, outcome) in order.
    end
        What became of the run, judged by its label.
    intent, confidence
        What the classifier took the e-mail for; blank and NaN where it never said.
    """

    label: Label
    answer: Answer
    attempts: tuple[tuple[str, str], ...]
    end: str
    intent: str
    confidence: float


@dataclass
class Trail:
    """What one run's attempts came to, in order."""

    label: Label
    plan: Plan
    rng: np.random.Generator
    attempts: list[tuple[str, str]] = field(default_factory=list)
    order: Order | None = None
    kind: str = ""
    rule: str = ""
    intent: str = ""
    confidence: float = float("nan")
    hit: bool = False
    """Whether a fault was put in so far."""


class Recorder:
    """Puts planned faults into steps and notes what each attempt came to."""

    def __init__(self, right_texts: RightTexts, others: Others, gate: bool) -> None:
        self._right_texts = right_texts
        self._others = others
        self._gate = gate
        self.trails: dict[str, Trail] = {}
        self.unplanned: list[str] = []
        """What failed in runs into which no fault had been put yet: such runs measure something else."""

    def intercept(self, step: str, function: StepFunction) -> StepFunction:
        """Wrap a step's function; see :class:`~coordination_gap.agent.settings.Settings`."""

        async def attempt(state: State) -> Any:
            trail = self.trails[state["run_id"]]
            number = 1 + sum(name == step for name, _ in trail.attempts)
            # Where nothing is checked, no verdict can be wrong.
            fault = trail.plan(step, number) if step != "check" or self._gate else None
            compute = function if fault is None else faulty(fault, function, self._others, trail.rng)
            trail.hit = trail.hit or fault is not None
            if step == "draft":
                trail.order, trail.kind, trail.rule = order_of(state), state["kind"], state["rule"]
            try:
                value = await compute(state)
            except UnknownOrder:
                trail.attempts.append((step, "good"))
                raise
            except asyncio.CancelledError:
                trail.attempts.append((step, "loud"))
                if fault is None:
                    self._unplanned(trail, step, "it ran out of time; too much else is running")
                raise
            except Exception as error:
                trail.attempts.append((step, "loud"))
                if not trail.hit and step != "read":  # what cannot be read is among the labelled e-mails
                    self._unplanned(trail, step, f"{type(error).__name__}: {error}")
                raise
            if step == "classify" and value is not None:
                trail.intent, trail.confidence = value.intent, value.confidence
            good = await self._good(step, value, state, trail, function if fault is not None else None)
            trail.attempts.append((step, "good" if good else "silent"))
            return value

        return attempt

    def _unplanned(self, trail: Trail, step: str, why: str) -> None:
        self.unplanned.append(f"e-mail {trail.label.email_id}: step {step!r} failed without a fault ({why})")

    async def _good(self, step: str, value: Any, state: State, trail: Trail, function: StepFunction | None) -> bool:
        """Tell whether a value is right for what the step was handed."""
        if step == "read":
            return _names(value.references, trail.label.order_ids)
        if step == "classify":
            return value is not None and bool(value.intent == trail.label.intent)
        if step == "draft":
            return value in self._right_texts(state["kind"], order_of(state), state["rule"])
        if step == "send":
            return bool(value == state["draft"])
        return function is None or bool(value == await function(state))

    def finished(self, answer: Answer, end: str) -> Run:
        """Return a run, its attempts as they count once it is known how it went on."""
        trail = self.trails.pop(answer.run_id)
        found = list(trail.attempts)
        last = {step: at for at, (step, _) in enumerate(found)}
        for at, (step, _) in enumerate(found):
            unusable = at != last[step] or answer.rule == f"{step} failed"
            if unusable:
                found[at] = (step, "loud")
        path = answer.path
        rejected = answer.rule == "rejected draft" or ("check", "plain reply") in itertools.pairwise(path)
        if ("draft", "plain reply") in itertools.pairwise(path):
            found[last["draft"]] = ("draft", "loud")
        elif rejected:
            found[last["draft"]] = ("draft", {"good": "rejected_good"}.get(found[last["draft"]][1], "rejected_bad"))
        if rejected and "plain reply" not in path and found[-1][0] == "check":
            found.pop()  # the gate's verdict stands with the draft, and nothing was left to check
        if "plain reply" in path:
            # Made by code from the record that it was handed, it is right for that unless it was itself rejected.
            plain = "loud" if answer.rule == "rejected draft" else "good"
            found.insert(last["draft"] + 1, ("plain reply", plain))
        misled = found[-1] == ("decide", "good") and "silent" in (came_to for _, came_to in found)
        if path[-1] == "escalate" and found[-1][0] == "decide" and not misled:
            found[-1] = ("decide", "loud")  # the e-mail could have been answered, and this step gave it to a person
        return Run(trail.label, answer, tuple(found), end, trail.intent, trail.confidence)


async def run_all(
    orders: OrderClient,
    model: BaseChatModel,
    runs: Sequence[tuple[Label, Plan]],
    *,
    today: date,
    settings: Settings,
    right_texts: RightTexts,
    others: Others,
    seed: int,
    done: Callable[[int], None] = lambda _: None,
) -> list[Run]:
    """Run the agent on labelled e-mails with planned faults.

    Parameters
    ----------
    orders, model, today
        What the agent works with.
    runs
        The e-mails, each with the faults that hit its run.
    settings
        The agent's.
    right_texts
        What may be sent.
    others
        Values that wrong records are drawn from.
    seed
        Of what faults draw; each run has a stream of its own, so that their order does not matter.
    done
        Told after each run how many there were.

    Returns
    -------
    list of Run
        In the order of `runs`.

    Raises
    ------
    RuntimeError
        If a step failed where no fault had been put in: what was measured is then not the faults.
    """
    recorder = Recorder(right_texts, others, settings.gate)
    room = asyncio.Semaphore(AT_ONCE)
    count = 0

    async with SupportAgent(orders, model, today=today, state=None, settings=_intercepted(settings, recorder)) as agent:

        async def one(number: int, label: Label, plan: Plan) -> Run:
            nonlocal count
            async with room:
                name = str(number)
                recorder.trails[name] = Trail(label, plan, np.random.default_rng((seed, number)))
                answer = await agent.answer(label.email, name)
                end = outcome(label, answer, right_texts(label.decision, label.order, _rule(label)))
                count += 1
                done(count)
                return recorder.finished(answer, end)

        found = await asyncio.gather(*(one(at, label, plan) for at, (label, plan) in enumerate(runs)))
    if recorder.unplanned:
        raise RuntimeError(f"{len(recorder.unplanned)} steps failed by themselves, first {recorder.unplanned[0]}")
    return found


def _names(found: References, order_ids: tuple[str, ...]) -> bool:
    """Tell whether what was read leads to the orders that an e-mail names."""
    if found.orders or found.malformed:
        return found.orders == order_ids
    return not order_ids or (len(order_ids) == 1 and order_ids[0] in found.unmarked)


def _intercepted(settings: Settings, recorder: Recorder) -> Settings:
    return replace(settings, intercept=recorder.intercept)


def _rule(label: Label) -> str:
    return "unknown order" if label.reason == "unknown_number" else ""
