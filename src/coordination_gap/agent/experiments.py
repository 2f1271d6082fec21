"""Runs of the support agent with faults put in, and what became of them.

A run is judged twice. Each attempt at a step is judged by what the step was handed: it is good if it did its own work
right, whatever went wrong before. The run is judged by its end: what was sent, against the label. The steps' own
record therefore predicts the ends only as far as faults do not meet, mask or mend each other, and the difference is
the coordination gap.
"""

import asyncio
import itertools
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from langchain_core.language_models import BaseChatModel

from coordination_gap.agent.answer import Answer
from coordination_gap.agent.faults import KINDS, STEPS, Fault, Others, all_faults, faulty
from coordination_gap.agent.labels import Label, outcome
from coordination_gap.agent.order_client import OrderClient
from coordination_gap.agent.orders import Order, UnknownOrder
from coordination_gap.agent.runtime import SupportAgent
from coordination_gap.agent.settings import Settings, StepFunction
from coordination_gap.agent.state import State, order_of

STEP_TIMEOUT_S = 3.0
AT_ONCE = 48
DEFENCES: dict[str, Settings] = {
    name: Settings(attempts=attempts, gate=gate, fallback=fallback, first_wait_s=0.001, step_timeout_s=STEP_TIMEOUT_S)
    for name, attempts, gate, fallback in (
        ("bare", 1, False, False),
        ("retries", 3, False, False),
        ("gate", 1, True, False),
        ("all", 3, True, True),
    )
}
"""Ways to defend the agent: one attempt and no more; three; one and the gate; three, gate and fallback."""

RightTexts = Callable[[str, Order | None, str], Collection[str]]
"""What may be sent, by decision, order, and the rule that decided."""
Plan = Callable[[str, int], Fault | None]
"""Which fault hits a step's attempt (from 1) of a run."""


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


class Recorder:
    """Puts planned faults into steps and notes what each attempt came to."""

    def __init__(self, right_texts: RightTexts, others: Others) -> None:
        self._right_texts = right_texts
        self._others = others
        self.trails: dict[str, Trail] = {}

    def intercept(self, step: str, function: StepFunction) -> StepFunction:
        """Wrap a step's function; see :class:`~coordination_gap.agent.settings.Settings`."""

        async def attempt(state: State) -> Any:
            trail = self.trails[state["run_id"]]
            number = 1 + sum(name == step for name, _ in trail.attempts)
            fault = trail.plan(step, number)
            compute = function if fault is None else faulty(fault, function, self._others, trail.rng)
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
                    raise RuntimeError(
                        f"step {step!r} ran out of time without a fault: too much else is running"
                    ) from None
                raise
            except Exception:
                trail.attempts.append((step, "loud"))
                raise
            good = await self._good(step, value, state, trail, function if fault is not None else None)
            trail.attempts.append((step, "good" if good else "silent"))
            return value

        return attempt

    async def _good(self, step: str, value: Any, state: State, trail: Trail, function: StepFunction | None) -> bool:
        """Tell whether a value is right for what the step was handed."""
        if step == "read":
            return tuple(value.references.orders) == trail.label.order_ids
        if step == "classify":
            return value is not None and value.intent == trail.label.intent
        if step == "draft":
            return value in self._right_texts(state["kind"], order_of(state), state["rule"])
        if step == "send":
            return value == state["draft"]
        return function is None or value == await function(state)

    def finished(self, answer: Answer) -> tuple[tuple[str, str], ...]:
        """Return a run's attempts as they count once it is known how it went on."""
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
        if "plain reply" in path:
            right = answer.reply in self._right_texts(trail.kind, trail.order, trail.rule)
            sent = answer.reply is not None
            found.insert(last["draft"] + 1, ("plain reply", ("good" if right else "silent") if sent else "loud"))
        if path[-1] == "escalate" and found[-1][0] == "decide":
            found[-1] = ("decide", "loud")  # the e-mail could have been answered, and the rules gave it to a person
        return tuple(found)


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
) -> list[tuple[tuple[tuple[str, str], ...], str]]:
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
    list
        For each run, its attempts as (step, outcome) and its end.
    """
    recorder = Recorder(right_texts, others)
    room = asyncio.Semaphore(AT_ONCE)
    count = 0

    async with SupportAgent(orders, model, today=today, state=None, settings=_intercepted(settings, recorder)) as agent:

        async def one(number: int, label: Label, plan: Plan) -> tuple[tuple[tuple[str, str], ...], str]:
            nonlocal count
            async with room:
                name = str(number)
                recorder.trails[name] = Trail(label, plan, np.random.default_rng((seed, number)))
                answer = await agent.answer(label.email, name)
                end = outcome(label, answer, right_texts(label.decision, label.order, _rule(label)))
                count += 1
                done(count)
                return recorder.finished(answer), end

        return await asyncio.gather(*(one(at, label, plan) for at, (label, plan) in enumerate(runs)))


def _intercepted(settings: Settings, recorder: Recorder) -> Settings:
    return replace(settings, intercept=recorder.intercept)


def _rule(label: Label) -> str:
    return "unknown order" if label.reason == "unknown_number" else ""


def one_fault(fault: Fault, lasting: bool) -> Plan:
    """Return the plan of one fault, on the first attempt only or on all."""
    return lambda step, attempt: fault if step == fault.step and (lasting or attempt == 1) else None


def random_faults(rate: float, lasting: bool, rng: np.random.Generator) -> Plan:
    """Return a plan in which each attempt is hit with a chance; where faults last, all attempts of a step or none."""
    drawn: dict[tuple[str, int], Fault | None] = {}

    def plan(step: str, attempt: int) -> Fault | None:
        key = (step, 1 if lasting else attempt)
        if key not in drawn:
            kinds = [kind for kind in KINDS if (step, kind) != ("send", "time-out")]
            hit = rng.random() < rate
            drawn[key] = Fault(step, kinds[rng.integers(len(kinds))]) if hit else None
        return drawn[key]

    return plan


Runner = Callable[
    [Sequence[tuple[Label, Plan]], Settings, int], Awaitable[list[tuple[tuple[tuple[str, str], ...], str]]]
]


async def measure_single(run: Runner, labels: Mapping[str, Sequence[Label]], runs_each: int, seed: int) -> pd.DataFrame:
    """Put each fault alone into runs that would be right without it.

    Parameters
    ----------
    run
        Runs the agent, as :func:`run_all` does.
    labels
        By step: e-mails that the undisturbed agent gets right and whose runs take the step.
    runs_each
        Runs of each fault, way to last and defence.
    seed
        Of everything drawn.

    Returns
    -------
    pandas.DataFrame
        A row a ``step``, ``kind``, ``lasting`` and ``defence``: ``runs``, and of these ``success``,
        ``silent_failure`` and ``halted``.
    """
    rows = []
    for defence, settings in DEFENCES.items():
        plans: list[tuple[Label, Plan]] = []
        cells: list[tuple[str, str, bool]] = []
        for fault in all_faults():
            for lasting in (False, True):
                rng = np.random.default_rng((seed, STEPS.index(fault.step), KINDS.index(fault.kind)))
                chosen = rng.choice(len(labels[fault.step]), runs_each)
                plans += [(labels[fault.step][at], one_fault(fault, lasting)) for at in chosen]
                cells += [(fault.step, fault.kind, lasting)] * runs_each
        ends = await run(plans, settings, seed)
        counts = Counter((cell, end) for cell, (_, end) in zip(cells, ends, strict=True))
        rows += [
            {
                "defence": defence,
                "step": step,
                "kind": kind,
                "lasting": lasting,
                "runs": runs_each,
                **{end: counts[(step, kind, lasting), end] for end in ("success", "silent_failure", "halted")},
            }
            for step, kind, lasting in dict.fromkeys(cells)
        ]
    return pd.DataFrame(rows)


async def measure_mixed(run: Runner, labels: Sequence[Label], runs_each: int, rate: float, seed: int) -> pd.DataFrame:
    """Let faults of all kinds hit every step at random.

    Parameters
    ----------
    run
        Runs the agent, as :func:`run_all` does.
    labels
        E-mails to which the rules demand a reply.
    runs_each
        Runs of each defence and way to last.
    rate
        Chance that an attempt is hit.
    seed
        Of everything drawn.

    Returns
    -------
    pandas.DataFrame
        A row a ``defence``, ``lasting``, ``attempts`` (``step:outcome`` in order, parted by spaces, a step's spaces
        as underscores) and ``run_outcome``: how many ``runs`` went so.
    """
    rows: Counter[tuple[str, bool, str, str]] = Counter()
    for defence, settings in DEFENCES.items():
        for lasting in (False, True):
            streams = np.random.default_rng((seed, int(lasting))).spawn(runs_each)
            plans = [(labels[stream.integers(len(labels))], random_faults(rate, lasting, stream)) for stream in streams]
            for attempts, end in await run(plans, settings, seed):
                words = " ".join(f"{step.replace(' ', '_')}:{came_to}" for step, came_to in attempts)
                rows[defence, lasting, words, end] += 1
    columns = ["defence", "lasting", "attempts", "run_outcome"]
    frame = pd.DataFrame([dict(zip(columns, key, strict=True), runs=count) for key, count in rows.items()])
    return frame.sort_values(columns, ignore_index=True)


def attempts_frame(patterns: pd.DataFrame) -> pd.DataFrame:
    """Return the recorded runs as a frame of attempts, as :mod:`coordination_gap.reliability.traces` takes it.

    Parameters
    ----------
    patterns
        Rows of :func:`measure_mixed`, of one defence and way to last.

    Returns
    -------
    pandas.DataFrame
        A row an attempt; seconds and costs are not known.
    """
    rows = []
    number = 0
    for pattern in patterns.itertuples(index=False):
        attempts = [word.split(":") for word in str(pattern.attempts).split(" ")]
        for _ in range(int(pattern.runs)):
            number += 1
            seen: Counter[str] = Counter()
            for name, came_to in attempts:
                seen[name] += 1
                rows.append((f"r{number:05d}", name.replace("_", " "), seen[name], came_to, pattern.run_outcome))
    frame = pd.DataFrame(rows, columns=["run", "step", "attempt", "outcome", "run_outcome"])
    return frame.assign(seconds=np.nan, cost=np.nan)
