"""The same pipeline under each remedy: frames and numbers of the page on compounding."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import optimize

from coordination_gap.facts import format_number
from coordination_gap.reliability.compounding import OUTCOMES, exact_decimals, percent
from coordination_gap.reliability.law import Law, law_of
from coordination_gap.reliability.parts import Gate, Part, Step, Vote, numbered
from coordination_gap.reliability.pipeline import Pipeline

Floats = npt.NDArray[np.float64]

BARE = "bare"
RETRIES = "retries"
GATE = "gate"
GATE_RETRIES = "gate and retries"
GATE_FALLBACK = "gate and fallback"
VOTE = "vote"
ALL = "gate, retries and fallback"


#: Retries beyond this are not searched for, nor more plans than this.
MOST_ATTEMPTS_SEARCHED, _MOST_PLANS = 5, 2_000_000


@dataclass(frozen=True)
class Remedies:
    """What can be done at every step of a pipeline of equal steps.

    Attributes
    ----------
    step
        One attempt, no gate, no fallback: what every step is without remedy.
    steps
        How many such steps.
    attempts
        The most attempts where there are retries; each waits for the step's backoff.
    gate
        The gate where there is one.
    fallback_success
        Success of a second way of doing the step, which is in all else like the step.
    voters, agreement
        How many answer where there is a vote, and how likely their wrong answers are all
        alike; a majority is needed.
    """

    step: Step
    steps: int
    attempts: int
    gate: Gate
    fallback_success: float
    voters: int
    agreement: float

    def pipelines(self, correlation: float = 0.0) -> dict[str, Pipeline]:
        """Return the pipeline under each remedy, the bare one first.

        Parameters
        ----------
        correlation
            Between the attempts of one step, where there are retries, and the voters.
        """
        plain = self.step
        retried = replace(plain, attempts=self.attempts, correlation=correlation)
        fallback = replace(plain, name="fallback", success=self.fallback_success, gate=self.gate)
        kinds: dict[str, Part] = {
            BARE: plain,
            RETRIES: retried,
            GATE: replace(plain, gate=self.gate),
            GATE_RETRIES: replace(retried, gate=self.gate),
            GATE_FALLBACK: replace(plain, gate=self.gate, fallback=fallback),
            ALL: replace(retried, gate=self.gate, fallback=fallback),
            VOTE: self._vote(correlation),
        }
        return {name: Pipeline.repeat(part, self.steps) for name, part in kinds.items()}

    def _vote(self, correlation: float) -> Vote:
        voters = [replace(self.step, name=f"voter {k}", backoff_seconds=0.0) for k in range(1, self.voters + 1)]
        return Vote("vote", voters, self.voters // 2 + 1, agreement=self.agreement, correlation=correlation)

    @property
    def attempts_searched(self) -> int:
        """The most attempts of which the cheapest mix is searched."""
        return min(self.attempts, MOST_ATTEMPTS_SEARCHED)

    def alternatives(self, most_attempts: int) -> list[Part]:
        """Return all that one step may become: retries or a vote, gate and fallback in every combination."""
        found: list[Part] = []
        fallback = replace(self.step, name="fallback", success=self.fallback_success, gate=self.gate)
        for gate in (None, self.gate):
            for second in (None, fallback):
                found += [
                    replace(self.step, attempts=tries, gate=gate, fallback=second)
                    for tries in range(1, most_attempts + 1)
                ]
                found.append(replace(self._vote(0.0), gate=gate, fallback=second))
        return found


def compare(pipelines: Mapping[str, Pipeline]) -> pd.DataFrame:
    """Return the exact outcomes of pipelines side by side, the first one being the measure of effort.

    Returns
    -------
    pandas.DataFrame
        ``pipeline``, ``success``, ``silent_failure``, ``halted``, ``attempts`` (expected
        in a run), ``effort`` (attempts over those of the first pipeline), ``cost``
        (expected US dollars of a run), ``cost_per_success`` (NaN where no run succeeds),
        ``seconds`` (mean) and ``seconds_95`` (within which 95 % of the runs have ended).
    """
    outcomes = {name: pipeline.evaluate() for name, pipeline in pipelines.items()}
    measure = next(iter(outcomes.values())).attempts
    rows = [
        {
            "pipeline": name,
            "success": outcome.success,
            "silent_failure": outcome.silent_failure,
            "halted": outcome.halted,
            "attempts": outcome.attempts,
            "effort": outcome.attempts / measure,
            "cost": outcome.cost,
            "cost_per_success": outcome.cost / outcome.success if outcome.success > 0 else math.nan,
            "seconds": outcome.seconds,
            "seconds_95": outcome.latency.quantile(0.95),
        }
        for name, outcome in outcomes.items()
    ]
    return pd.DataFrame(rows)


def money_decimals(dollars: float) -> int:
    """Return the decimals that show three digits of a cost, two at least."""
    return 2 if dollars <= 0.0 else min(12, max(2, 2 - math.floor(math.log10(dollars))))


def money(dollars: float) -> str:
    """Write a cost with :func:`money_decimals`."""
    return format_number(dollars, "usd", money_decimals(dollars)) if dollars > 0.0 else "$0"


def comparison_table(compared: pd.DataFrame) -> pd.DataFrame:
    """Return the frame of :func:`compare` as text for the page."""
    return pd.DataFrame(
        {
            "pipeline": compared["pipeline"],
            **{heading: compared[outcome].map(percent) for outcome, heading in OUTCOMES.items()},
            "attempts per run": compared["attempts"].map(lambda value: format_number(value, "ratio", 2)),
            "cost per run": compared["cost"].map(money),
            "cost per success": [
                money(value) if value < 1e6 else "over $1 million" if value > 0 else "no success"
                for value in compared["cost_per_success"]
            ],
            "mean seconds": compared["seconds"].map(lambda value: format_number(value, "ratio", 1)),
            "seconds, 95% within": compared["seconds_95"].map(lambda value: format_number(value, "ratio", 1)),
        }
    )


def success_by_attempts(remedies: Remedies, correlations: Sequence[float], most: int) -> pd.DataFrame:
    """Return success with gate and retries over the attempts allowed, a curve per correlation between attempts.

    Returns
    -------
    pandas.DataFrame
        ``correlation``, ``attempts`` (1 to `most`), ``success``, ``silent_failure``,
        ``halted``, and ``point``, ``"setting"`` on the row of ``remedies.attempts``.
    """
    rows = []
    for correlation in sorted(set(correlations)):
        for attempts in range(1, most + 1):
            step = replace(remedies.step, attempts=attempts, gate=remedies.gate, correlation=correlation)
            outcome = Pipeline.repeat(step, remedies.steps).evaluate()
            point = "setting" if attempts == remedies.attempts else ""
            rows.append((correlation, attempts, outcome.success, outcome.silent_failure, outcome.halted, point))
    return pd.DataFrame(rows, columns=["correlation", "attempts", "success", "silent_failure", "halted", "point"])


def outcomes_by_false_alarm(remedies: Remedies, points: int = 51) -> pd.DataFrame:
    """Return success over the gate's false-alarm rate, with a gate alone and with gate and retries.

    Returns
    -------
    pandas.DataFrame
        ``pipeline``, ``false_alarm``, ``success``, ``halted``, and ``point``,
        ``"setting"`` on the rows of the gate's own rate. The bare pipeline, which has no
        gate, has the same row throughout.
    """
    rates = sorted({*np.linspace(0.0, 0.5, points).round(6).tolist(), remedies.gate.false_alarm})
    rows = []
    for false_alarm in rates:
        pipelines = replace(remedies, gate=replace(remedies.gate, false_alarm=false_alarm)).pipelines()
        for name in (BARE, GATE, GATE_RETRIES):
            outcome = pipelines[name].evaluate()
            point = "setting" if false_alarm == remedies.gate.false_alarm else ""
            rows.append((name, false_alarm, outcome.success, outcome.halted, point))
    return pd.DataFrame(rows, columns=["pipeline", "false_alarm", "success", "halted", "point"])


def worthless_false_alarm(remedies: Remedies) -> float | None:
    """Return the false-alarm rate from which gate and retries no longer beat the bare pipeline's success.

    Returns
    -------
    float or None
        None where they beat it at no rate, or at every rate below 1.
    """
    bare = remedies.pipelines()[BARE].evaluate().success

    def gain(false_alarm: float) -> float:
        gate = replace(remedies.gate, false_alarm=false_alarm)
        step = replace(remedies.step, attempts=remedies.attempts, gate=gate)
        return Pipeline.repeat(step, remedies.steps).evaluate().success - bare

    if gain(0.0) <= 1e-12 or gain(1.0) >= 0.0:
        return None
    return float(optimize.brentq(gain, 0.0, 1.0, xtol=1e-12))


def cost_by_target(remedies: Remedies, named: Sequence[float], points: int = 41) -> pd.DataFrame:
    """Return the least expected cost of a run for each end-to-end target, over all mixes of the remedies.

    The steps being alike, only how many take each remedy matters, and where. For given
    remedies the cheapest order is that of cost over the share of runs it ends (Smith's
    rule of sequencing), so every set of remedies is priced once, in that order. It is the
    special case of :func:`coordination_gap.reliability.allocation.allocate` that a page
    can afford to solve for many targets.

    Returns
    -------
    pandas.DataFrame
        ``target`` (those `named`, `points` from the bare pipeline's success to 1, and what
        the surest mix reaches),
        ``is_named``, ``cost`` (US dollars a run), ``times_bare``, ``success``,
        ``silent_failure``, ``halted``, ``seconds`` (mean), ``retries``, ``gates``,
        ``fallbacks`` and ``votes`` (numbers of steps with each), and ``gap``, the reason
        where there is no plan, the other columns being missing there.
    """
    bare = remedies.pipelines()[BARE].evaluate()
    between = np.linspace(bare.success, 1.0, points)[1:-1].round(4).tolist() if bare.success < 1.0 else []
    options = _unbeaten(remedies.alternatives(remedies.attempts_searched))
    plans, success, cost = _all_plans([law for _, law in options], remedies.steps)
    rows = []
    # The last target is what the surest mix reaches, where the curve ends.
    reached = {float(success.max())} if len(plans) and bare.success < float(success.max()) < 1.0 else set()
    for target in sorted({*named, *between, *reached}):
        row: dict[str, object] = {"target": target, "is_named": target in named, "gap": ""}
        reaching = np.flatnonzero(success >= target - 1e-12)
        if len(plans) == 0:
            row["gap"] = "so many steps have more mixes than can be priced one by one"
        elif len(reaching) == 0:
            row["gap"] = f"no mix of these remedies succeeds more often than {percent(float(success.max()))}"
        else:
            best = plans[reaching[np.argmin(cost[reaching])]]
            row |= _described([options[place][0] for place in best], bare.cost)
        rows.append(row)
    return pd.DataFrame(rows, columns=_PLAN_COLUMNS)


def _unbeaten(alternatives: Sequence[Part]) -> list[tuple[Part, Law]]:
    """Return the alternatives that no other one beats, in the order in which they are best made."""
    laws = [(part, law_of(part)) for part in alternatives]

    def beats(one: Law, other: Law) -> bool:
        as_good = one.good >= other.good and one.cost <= other.cost and one.settled <= other.settled
        return bool(as_good and (one.good, one.cost, one.settled) != (other.good, other.cost, other.settled))

    kept = [(part, law) for part, law in laws if not any(beats(other, law) for _, other in laws)]
    return sorted(kept, key=lambda pair: pair[1].cost / pair[1].halted if pair[1].halted > 0 else math.inf)


def _all_plans(laws: Sequence[Law], steps: int) -> tuple[npt.NDArray[np.intp], Floats, Floats]:
    """Return every choice of a law for each step, in the order of `laws`, with its success and expected cost."""
    number = math.comb(len(laws) + steps - 1, steps)
    if number > _MOST_PLANS:
        return np.empty((0, steps), dtype=np.intp), np.empty(0), np.empty(0)
    chosen = itertools.chain.from_iterable(itertools.combinations_with_replacement(range(len(laws)), steps))
    plans = np.fromiter(chosen, dtype=np.intp, count=number * steps).reshape(number, steps)
    good, settled, cost = (
        np.array(values) for values in zip(*((x.good, x.settled, x.cost) for x in laws), strict=True)
    )
    reached = np.cumprod(np.hstack([np.ones((number, 1)), settled[plans][:, :-1]]), axis=1)
    return plans, good[plans].prod(axis=1), (reached * cost[plans]).sum(axis=1)


_PLAN_COLUMNS = [
    "target", "is_named", "cost", "times_bare", "success", "silent_failure", "halted", "seconds",
    "retries", "gates", "fallbacks", "votes", "gap",
]  # fmt: skip


def _described(parts: Sequence[Part], bare_cost: float) -> dict[str, object]:
    """Return the columns of a plan; `parts` in the order of the steps."""
    outcome = Pipeline([numbered(part, place) for place, part in enumerate(parts, start=1)]).evaluate()
    return {
        "cost": outcome.cost,
        "times_bare": outcome.cost / bare_cost if bare_cost > 0 else math.nan,
        "success": outcome.success,
        "silent_failure": outcome.silent_failure,
        "halted": outcome.halted,
        "seconds": outcome.seconds,
        "retries": sum(isinstance(part, Step) and part.attempts > 1 for part in parts),
        "gates": sum(isinstance(part, Step | Vote) and part.gate is not None for part in parts),
        "fallbacks": sum(isinstance(part, Step | Vote) and part.fallback is not None for part in parts),
        "votes": sum(isinstance(part, Vote) for part in parts),
    }


def target_table(priced: pd.DataFrame, targets: Sequence[float]) -> pd.DataFrame:
    """Return the plans of :func:`cost_by_target` for the named `targets`, as text."""
    rows = []
    for target in targets:
        plan = priced[priced["target"] == target].iloc[0]
        row = {"target": format_number(target, "probability", exact_decimals(target))}
        if plan["gap"]:
            row |= dict.fromkeys(_TARGET_HEADINGS, "–") | {"cost per run": "out of reach"}
        else:
            row |= {
                "cost per run": money(float(plan["cost"])),
                "success": percent(float(plan["success"])),
                "silent": percent(float(plan["silent_failure"])),
                "halted": percent(float(plan["halted"])),
                "mean seconds": format_number(float(plan["seconds"]), "ratio", 1),
                **{heading: str(int(plan[kind])) for kind, heading in _STEPS_WITH.items()},
            }
        rows.append(row)
    return pd.DataFrame(rows)


_STEPS_WITH = {
    "retries": "steps with retries", "gates": "with a gate", "fallbacks": "with a fallback", "votes": "with a vote",
}  # fmt: skip
_TARGET_HEADINGS = ("cost per run", "success", "silent", "halted", "mean seconds", *_STEPS_WITH.values())


def target_alt(priced: pd.DataFrame) -> str:
    """Return what the figure of :func:`cost_by_target` shows, in words."""
    found = priced[priced["cost"].notna()]
    if found.empty:
        return "A chart without a curve: no mix of the remedies could be found for any target."
    first, last = found.iloc[0], found.iloc[-1]
    return (
        "Step chart of the least expected cost of a run over the end-to-end target: from "
        f"{money(float(first['cost']))} for {percent(float(first['target']))} to {money(float(last['cost']))} for "
        f"{percent(float(last['target']))}, the highest of the targets tried that some mix reaches."
    )
