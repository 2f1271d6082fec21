"""Experiments: one fault at a time, and faults at random, each under four ways to defend the agent."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from coordination_gap.agent.faults import KINDS, STEPS, Fault, all_faults
from coordination_gap.agent.judged_runs import Plan, Run
from coordination_gap.agent.labels import Label
from coordination_gap.agent.settings import Settings
from coordination_gap.reliability import Branch, Gate, Pipeline, Step, Way

STEP_TIMEOUT_S = 3.0
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


DUE = ("reply", "escalate")
"""What the rules demand in the e-mails that one fault at a time is put to."""
Runner = Callable[[Sequence[tuple[Label, Plan]], Settings, int], Awaitable[list[Run]]]


async def measure_single(
    run: Runner, labels: Mapping[tuple[str, str], Sequence[Label]], runs_each: int, seed: int
) -> pd.DataFrame:
    """Put each fault alone into runs that would be right without it.

    Parameters
    ----------
    run
        Runs the agent, as :func:`run_all` does.
    labels
        By what is due (``reply`` or ``escalate``) and step: e-mails that the undisturbed agent gets right on a way
        that takes the step. Where there are none for a step, it has no rows.
    runs_each
        Runs of each fault, way to last, defence and thing due.
    seed
        Of everything drawn.

    Returns
    -------
    pandas.DataFrame
        A row a ``defence``, ``due``, ``step``, ``kind`` and ``lasting``: ``runs``, and of these ``success``,
        ``silent_failure`` and ``halted``.
    """
    rows = []
    for defence, settings in DEFENCES.items():
        plans: list[tuple[Label, Plan]] = []
        cells: list[tuple[str, str, str, bool]] = []
        for (due, step), right in labels.items():
            for fault in all_faults():
                if fault.step != step or (step == "check" and not settings.gate):
                    continue  # where nothing is checked, no verdict can be wrong
                for lasting in (False, True):
                    cell = (DUE.index(due), STEPS.index(step), KINDS.index(fault.kind), int(lasting))
                    rng = np.random.default_rng((seed, *cell))
                    plans += [
                        (right[at], one_fault(fault, lasting)) for at in rng.choice(len(right), runs_each).tolist()
                    ]
                    cells += [(due, step, fault.kind, lasting)] * runs_each
        ends = [each.end for each in await run(plans, settings, seed)]
        counts = Counter((cell, end) for cell, end in zip(cells, ends, strict=True))
        rows += [
            {
                "defence": defence,
                "due": due,
                "step": step,
                "kind": kind,
                "lasting": lasting,
                "runs": runs_each,
                **{end: counts[(due, step, kind, lasting), end] for end in ("success", "silent_failure", "halted")},
            }
            for due, step, kind, lasting in dict.fromkeys(cells)
        ]
    return pd.DataFrame(rows)


async def measure_mixed(run: Runner, labels: Sequence[Label], runs_each: int, rate: float, seed: int) -> pd.DataFrame:
    """Let faults of all kinds hit every step at random.

    Each defence gets the same e-mails and, until its attempts differ, the same faults.

    Parameters
    ----------
    run
        Runs the agent, as :func:`run_all` does.
    labels
        E-mails to which the rules demand a reply, and which the undisturbed agent answers right.
    runs_each
        Runs of each defence and way to last.
    rate
        Chance that an attempt is hit.
    seed
        Of everything drawn.

    Returns
    -------
    pandas.DataFrame
        A row a ``defence``, ``lasting``, ``attempts`` (as :func:`pattern` writes them), ``run_outcome`` and
        ``bare_outcome``, which is how the same draw ended without defence: how many ``runs`` went so.
    """
    rows: Counter[tuple[str, bool, str, str, str]] = Counter()
    bare: dict[bool, list[str]] = {}
    for defence, settings in DEFENCES.items():
        for lasting in (False, True):
            streams = np.random.default_rng((seed, int(lasting))).spawn(runs_each)
            plans = [
                (labels[int(stream.integers(len(labels)))], random_faults(rate, lasting, stream)) for stream in streams
            ]
            found = await run(plans, settings, seed)
            without = bare.setdefault(lasting, [each.end for each in found])  # the first defence is none
            for each, bare_outcome in zip(found, without, strict=True):
                rows[defence, lasting, pattern(each), each.end, bare_outcome] += 1
    columns = ["defence", "lasting", "attempts", "run_outcome", "bare_outcome"]
    frame = pd.DataFrame([dict(zip(columns, key, strict=True), runs=count) for key, count in rows.items()])
    return frame.sort_values(columns, ignore_index=True)


def pattern(run: Run) -> str:
    """Write a run's attempts as ``step:outcome`` in order, parted by spaces, a step's spaces as underscores."""
    return " ".join(f"{step.replace(' ', '_')}:{came_to}" for step, came_to in run.attempts)


def pipeline(defence: str) -> Pipeline:
    """Return how the agent's steps are joined under a defence; the probabilities are placeholders to be estimated.

    Parameters
    ----------
    defence
        A name of :data:`DEFENCES`.
    """
    settings = DEFENCES[defence]
    tries = settings.attempts
    return Pipeline(
        [
            Step("read", 1.0),
            Step("classify", 1.0, attempts=tries),
            Branch("an order is named", [Way(0.5, [Step("look up", 1.0, attempts=tries)]), Way(0.5, [])]),
            Step("decide", 1.0),
            Step(
                "draft",
                1.0,
                attempts=tries,
                gate=Gate(0.5, 0.0) if settings.gate else None,
                fallback=Step("plain reply", 1.0) if settings.fallback else None,
            ),
            Step("check", 1.0),
            Step("send", 1.0),
        ]
    )


def attempts_frame(patterns: pd.DataFrame) -> pd.DataFrame:
    """Return recorded runs as a frame of attempts, as :mod:`coordination_gap.reliability.traces` takes it.

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
    found: list[Any] = patterns.to_dict("records")
    for pattern in found:
        attempts = [word.split(":") for word in pattern["attempts"].split(" ")]
        for _ in range(pattern["runs"]):
            number += 1
            seen: Counter[str] = Counter()
            for name, came_to in attempts:
                seen[name] += 1
                rows.append((f"r{number:05d}", name.replace("_", " "), seen[name], came_to, pattern["run_outcome"]))
    frame = pd.DataFrame(rows, columns=["run", "step", "attempt", "outcome", "run_outcome"])
    return frame.assign(seconds=np.nan, cost=np.nan)
