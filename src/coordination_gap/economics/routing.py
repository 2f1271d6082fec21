r"""Two models for one bill: a cheap one, a strong one, and something that decides between them.

A **cascade** lets the cheap model answer and a gate look at the answer: what it rejects goes to the
strong model. A **router** decides before anything is answered. Both send on a share *d* of the tasks
on which the cheap model fails and a share *f* of those on which it succeeds; *d* and *f* are bound
together by how well failures can be told from successes. In the binormal model of signal detection
:math:`d = \Phi(\Phi^{-1}(f) + d')`, and the area under that curve is :math:`\Phi(d'/\sqrt 2)`
(Green and Swets, 1966): 0.5 is chance, 1 is perfect.

Tasks that are hard for one model tend to be hard for the other. ``shared`` says how far: at 0 the
two succeed independently, at 1 as much together as their successes allow.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from coordination_gap import checks

Floats = npt.NDArray[np.float64]

KINDS = ("cascade", "router")


class Model(NamedTuple):
    """A model: its mean cost of a task in US dollars, and its success."""

    name: str
    cost: float
    success: float


class Routed(NamedTuple):
    """What a task costs in US dollars, how often it succeeds, and how often the strong model is asked."""

    cost: float
    success: float
    sent_on: float


def checked_model(model: Model, where: str) -> Model:
    """Return `model` with its cost and success checked.

    Raises
    ------
    ValueError
        If the cost is negative, or the success no probability.
    """
    return Model(
        model.name,
        checks.amount(model.cost, f"{where}: cost", "US dollars a task"),
        checks.probability(model.success, f"{where}: success"),
    )


def both_succeed(first: float, second: float, shared: float) -> float:
    """Return the probability that both succeed, `shared` of the way from independence to the most there can be."""
    first, second = checks.probability(first, "first"), checks.probability(second, "second")
    return first * second + checks.probability(shared, "shared") * (min(first, second) - first * second)


def route(
    cheap: Model,
    strong: Model,
    detection: float,
    false_alarm: float,
    *,
    kind: str = "cascade",
    shared: float = 0.0,
    gate_usd: float = 0.0,
) -> Routed:
    """Return what a cascade or a router does.

    Parameters
    ----------
    cheap, strong
        The models.
    detection, false_alarm
        Share of the tasks sent on of those on which the cheap model fails, and succeeds.
    kind
        One of :data:`KINDS`.
    shared
        How far the two succeed on the same tasks, 0 to 1.
    gate_usd
        Cost of a decision, in US dollars.

    Raises
    ------
    ValueError
        If an argument cannot be.
    """
    if kind not in KINDS:
        raise ValueError(f"kind is {kind!r}: give one of {', '.join(KINDS)}")
    cheap, strong = checked_model(cheap, "cheap"), checked_model(strong, "strong")
    d, f = checks.probability(detection, "detection"), checks.probability(false_alarm, "false_alarm")
    cost, success, sent_on = _routed(
        cheap,
        strong,
        np.array([d]),
        np.array([f]),
        kind == "cascade",
        both_succeed(cheap.success, strong.success, shared),
        checks.amount(gate_usd, "gate_usd", "US dollars"),
    )
    return Routed(float(cost[0]), float(success[0]), float(sent_on[0]))


def _routed(
    cheap: Model, strong: Model, d: Floats, f: Floats, answers_first: bool, both: float, gate_usd: float
) -> tuple[Floats, Floats, Floats]:
    """Return cost, success and the share sent on, for many detections and false alarms."""
    sent_on = cheap.success * f + (1 - cheap.success) * d
    success = cheap.success * (1 - f) + f * both + d * (strong.success - both)
    answered = 1.0 if answers_first else 1.0 - sent_on
    return answered * cheap.cost + sent_on * strong.cost + gate_usd, success, sent_on


def detection_at(false_alarm: Floats, area: float) -> Floats:
    """Return the detection that goes with a false alarm, for an area under the curve from 0.5 to 1.

    Raises
    ------
    ValueError
        If the area is below 0.5 or above 1.
    """
    if not 0.5 <= checks.probability(area, "area") <= 1.0:
        raise ValueError(f"area is {area!r}: give 0.5, which is chance, to 1, which is perfect")
    if area == 1.0:
        return np.ones_like(false_alarm)
    separation = math.sqrt(2.0) * float(stats.norm.ppf(area))
    return np.asarray(stats.norm.cdf(stats.norm.ppf(false_alarm) + separation), dtype=float)


def curve(
    cheap: Model,
    strong: Model,
    area: float,
    *,
    kind: str = "cascade",
    shared: float = 0.0,
    gate_usd: float = 0.0,
    points: int = 101,
) -> pd.DataFrame:
    """Return what can be had between sending nothing on and sending everything on.

    Returns
    -------
    pandas.DataFrame
        ``false_alarm``, ``detection``, ``sent_on``, ``cost_usd``, ``success``; the first row sends
        nothing on, the last everything.
    """
    # Close to the ends the curve is steep: points are even in the normal score.
    inner = stats.norm.cdf(np.linspace(-5, 5, checks.count(points, "points", least=3) - 2))
    even = np.concatenate([[0.0], inner, [1.0]])
    false_alarms, detections = even, detection_at(even, area)
    if area == 1.0:  # up along the one side, then along the top
        false_alarms, detections = np.concatenate([0 * even, even]), np.concatenate([even, detections])
    # One point is checked as any is, and all are worked out at once.
    route(cheap, strong, 0.0, 0.0, kind=kind, shared=shared, gate_usd=gate_usd)
    both = both_succeed(cheap.success, strong.success, shared)
    cost, success, sent_on = _routed(cheap, strong, detections, false_alarms, kind == "cascade", both, gate_usd)
    return pd.DataFrame(
        {
            "false_alarm": false_alarms,
            "detection": detections,
            "sent_on": sent_on,
            "cost_usd": cost,
            "success": success,
        }
    )


def least_cost(frame: pd.DataFrame, success: float) -> float | None:
    """Return the least cost on a curve whose success is at least as asked, US dollars; None if none reaches it."""
    enough = frame[frame["success"] >= checks.probability(success, "success") - 1e-12]
    return None if enough.empty else float(enough["cost_usd"].min())


def frontier(models: pd.DataFrame) -> pd.Series:
    """Return which models no other one beats: none as cheap has more success, none as good costs less.

    Parameters
    ----------
    models
        ``cost_usd`` and ``success``, a row a model.

    Raises
    ------
    ValueError
        If a column is missing, a cost negative, or a success no probability.
    """
    for column in ("cost_usd", "success"):
        if column not in models:
            raise ValueError(f"models lacks the column {column}: give cost_usd and success")
    for row, (cost, success) in enumerate(zip(models["cost_usd"], models["success"], strict=True)):
        checked_model(Model("", float(cost), float(success)), f"models, row {row}")
    cost, success = models["cost_usd"].to_numpy(float), models["success"].to_numpy(float)
    no_worse = (cost[None, :] <= cost[:, None]) & (success[None, :] >= success[:, None])
    better = no_worse & ((cost[None, :] < cost[:, None]) | (success[None, :] > success[:, None]))
    return pd.Series(~better.any(axis=1), index=models.index, name="on_frontier")


def priced(costs: pd.DataFrame, success: pd.DataFrame, domain: str) -> pd.DataFrame:
    """Return the models of a domain with cost and success, the cheapest first.

    Parameters
    ----------
    costs, success
        The tables ``agent_task_costs`` and ``taubench_pass_k`` as of a day.
    domain
        Of the tasks.

    Returns
    -------
    pandas.DataFrame
        ``submission_id``, ``model``, ``reasoning``, ``cost_usd``, ``success`` (pass^1),
        ``cost_basis``, ``on_frontier``; empty where no cost is known.
    """
    one = success[(success["k"] == 1) & (success["domain"] == domain)]
    joined = costs[costs["domain"] == domain].merge(
        one[["submission_id", "model", "reasoning", "pass_hat_k"]], on="submission_id", validate="one_to_one"
    )
    joined = joined.rename(columns={"agent_cost_usd": "cost_usd", "pass_hat_k": "success"})
    joined = joined.sort_values(["cost_usd", "submission_id"], ignore_index=True)
    joined["on_frontier"] = frontier(joined)
    return joined[["submission_id", "model", "reasoning", "cost_usd", "success", "cost_basis", "on_frontier"]]
