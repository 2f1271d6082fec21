"""Faults that can be put into the agent at each hand-off, to see what becomes of them.

A fault hits an attempt of one step: the value that the step would have handed on is replaced, or never comes.

==================== =======================================================================================
kind                 what the next step sees
==================== =======================================================================================
error                nothing: an exception as of a connection that broke
time-out             nothing: no answer within the step's time
wrong record         a proper value that belongs to another e-mail
empty record         a value without content
silent corruption    the right value but for one detail: a digit, a day, an intent, the verdict
==================== =======================================================================================

``send`` has no time-out, and what it hands on is what goes out: there an error is one before anything was written.
"""

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, TypeVar

import numpy as np

from coordination_gap.agent.decide import Decision
from coordination_gap.agent.email import References
from coordination_gap.agent.graph import INTERCEPTED
from coordination_gap.agent.intents import INTENTS, Classification
from coordination_gap.agent.orders import Order
from coordination_gap.agent.settings import StepFunction
from coordination_gap.agent.state import State
from coordination_gap.agent.steps import Reading

STEPS = INTERCEPTED
KINDS = ("error", "time-out", "wrong record", "empty record", "silent corruption")
NEVER_S = 3600.0
_Choice = TypeVar("_Choice")


@dataclass(frozen=True)
class Fault:
    """A fault at a hand-off.

    Attributes
    ----------
    step
        One of :data:`STEPS`.
    kind
        One of :data:`KINDS`.

    Raises
    ------
    ValueError
        If the step or the kind is unknown, or the step cannot have the kind.
    """

    step: str
    kind: str

    def __post_init__(self) -> None:
        for name, value, known in (("step", self.step, STEPS), ("kind", self.kind, KINDS)):
            if value not in known:
                raise ValueError(f"{name} is {value!r}: give one of {', '.join(known)}")
        if (self.step, self.kind) == ("send", "time-out"):
            raise ValueError("kind is 'time-out': the step 'send' has none, for a write may not be cut off half way")


def all_faults() -> tuple[Fault, ...]:
    """Return every fault that there is, by step and kind."""
    return tuple(Fault(step, kind) for step in STEPS for kind in KINDS if (step, kind) != ("send", "time-out"))


@dataclass(frozen=True)
class Others:
    """Values of other e-mails, of which a wrong record is one."""

    readings: Sequence[Reading]
    orders: Sequence[Order]
    decisions: Sequence[Decision]
    drafts: Sequence[str]


def faulty(fault: Fault, function: StepFunction, others: Others, rng: np.random.Generator) -> StepFunction:
    """Return a step's function with a fault in it.

    Parameters
    ----------
    fault
        Which one; its step is the function's.
    function
        What computes the step's value.
    others
        Values that a wrong record is drawn from.
    rng
        For what is drawn: the other record, the digit, the day.

    Returns
    -------
    StepFunction
        Awaits the true function first where the fault needs its value, so that an unknown order stays unknown.
    """
    if fault.kind == "error":

        async def broken(_state: State) -> Any:
            raise ConnectionError("the connection broke (a fault put in on purpose)")

        return broken
    if fault.kind == "time-out":

        async def hanging(_state: State) -> Any:
            await asyncio.sleep(NEVER_S)

        return hanging
    if fault.step == "send":
        return _sending(fault.kind, function, others, rng)
    change = _CHANGES[fault.kind]

    async def changed(state: State) -> Any:
        value = await function(state)
        return change(fault.step, value, state, others, rng)

    return changed


def _sending(kind: str, function: StepFunction, others: Others, rng: np.random.Generator) -> StepFunction:
    """Return a ``send`` that is handed another text than the one that was checked."""

    async def sending(state: State) -> Any:
        text = state.get("draft") or ""
        handed = ""
        if kind == "wrong record":
            handed = _other(others.drafts, text, rng)
        elif kind == "silent corruption":
            handed = changed_digit(text, rng)
        return await function({**state, "draft": handed})

    return sending


def _wrong(step: str, value: Any, state: State, others: Others, rng: np.random.Generator) -> Any:
    """Return another e-mail's value."""
    if step == "read":
        return _other(others.readings, value, rng)
    if step == "classify":
        return Classification(_other(INTENTS, value.intent, rng), value.confidence)
    if step == "look up":
        return _other(others.orders, value, rng)
    if step == "decide":
        return _other(others.decisions, value, rng)
    if step == "draft":
        return _other(others.drafts, value, rng)
    return []  # the verdict on another draft, which was right


def _empty(step: str, value: Any, state: State, others: Others, rng: np.random.Generator) -> Any:
    """Return a value of the right form without content, or nothing where no such value can be."""
    if step == "read":
        return Reading(replace(value.email, subject="", body=""), References((), ()))
    if step == "draft":
        return ""
    return [] if step == "check" else None


def _corrupted(step: str, value: Any, state: State, others: Others, rng: np.random.Generator) -> Any:
    """Return the value with one detail changed."""
    if step == "read":
        orders, unmarked = value.references.orders, value.references.unmarked
        if unmarked:
            return Reading(value.email, References(unmarked=(changed_digit(unmarked[0], rng), *unmarked[1:])))
        found = (changed_digit(orders[0], rng), *orders[1:]) if orders else (f"{rng.integers(1000, 10000)}",)
        return Reading(value.email, References(found, value.references.malformed))
    if step == "classify":
        return Classification(_other(INTENTS, value.intent, rng), value.confidence)
    if step == "look up":
        days = int(rng.choice([-3, -2, -1, 1, 2, 3]))
        return replace(value, promised_on=max(value.promised_on + timedelta(days=days), value.ordered_on))
    if step == "decide":
        return _other([each for each in others.decisions if each.kind != value.kind], value, rng)
    if step == "draft":
        return changed_digit(value, rng)
    return ["a fault that is none"] if not value else []


Change = Callable[[str, Any, State, Others, np.random.Generator], Any]
_CHANGES: dict[str, Change] = {"wrong record": _wrong, "empty record": _empty, "silent corruption": _corrupted}


def changed_digit(text: str, rng: np.random.Generator) -> str:
    """Return a text with one of its digits changed to another; the text itself where it has none."""
    places = [match.start() for match in re.finditer(r"[0-9]", text)]
    if not places:
        return text
    at = places[rng.integers(len(places))]
    digit = str((int(text[at]) + int(rng.integers(1, 10))) % 10)
    return text[:at] + digit + text[at + 1 :]


def _other(choices: Sequence[_Choice], value: Any, rng: np.random.Generator) -> _Choice:
    """Draw one of some values that is not the given one."""
    different = [each for each in choices if each != value]
    return different[rng.integers(len(different))]
