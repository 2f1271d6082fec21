r"""When a layer of retries and gates, or a chain of steps at all, is worth what it costs.

Of each way to do a task only what it loses is counted, since all of them save the same work:

.. math::

    L = c\,F + h\,H + k\,N + \Phi / V

a failure that passes unseen costs *c*, a halted run *h*, a call *k*; *F*, *H* and *N* are the shares
of runs that fail unseen and that halt, and the calls of a run; the fixed cost :math:`\Phi` a month
is spread over *V* tasks. One way is better than another where it loses less.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import optimize

from coordination_gap import checks
from coordination_gap.economics.design import Design

Floats = npt.NDArray[np.float64]

_MOST_STEPS = 200
#: Successes of a step, downwards, at which a threshold is looked for before it is closed in on.
_GRID = np.linspace(1.0, 0.0, 2001)


@dataclass(frozen=True)
class Stakes:
    """What a task can lose, in US dollars.

    Attributes
    ----------
    failure
        A failure that passes unseen.
    handling
        A halted run, done by a person.
    call
        A call of a step.

    Raises
    ------
    ValueError
        If an amount is negative or not finite.
    """

    failure: float
    handling: float
    call: float

    def __post_init__(self) -> None:
        for name in ("failure", "handling", "call"):
            checks.amount(getattr(self, name), name, "US dollars")


def loss(design: Design, step_success: Floats | float, stakes: Stakes) -> Floats:
    """Return what a run loses on average, in US dollars, without fixed cost; an entry for each success of a step."""
    ends = design.ends(step_success)
    return np.asarray(stakes.failure * ends.silent + stakes.handling * ends.halted + stakes.call * ends.calls)


def one_call_border(design: Design, step_success: float, stakes: Stakes, fixed_a_task: float) -> float:
    r"""Return the success above which one call is better than the chain.

    One call has one step, without retries and gates, and the same share of loud failures *l*. It
    loses :math:`k + (1 - P)(l h + (1 - l) c)`, so it is better where

    .. math::

        P > 1 - \frac{L - k}{l h + (1 - l) c}

    with *L* what the chain loses, its fixed cost included. With silent failures only, and no gates,
    that is :math:`P > p^n - ((n - 1) k + \Phi/V)/c`. Below 0 one call is always better.

    Parameters
    ----------
    design, step_success
        The chain.
    stakes
        A failure or a halt has to cost something.
    fixed_a_task
        What the chain costs beyond one call whether it runs or not, US dollars a task.

    Raises
    ------
    ValueError
        If an argument cannot be, or nothing is at stake.
    """
    at_stake = design.loud * stakes.handling + (1 - design.loud) * stakes.failure
    if at_stake <= 0:
        raise ValueError(
            f"stakes is {stakes}: a failure of one call costs nothing, so nothing decides; give failure or handling"
        )
    chain = float(loss(design, checks.probability(step_success, "step_success"), stakes)[0])
    chain += checks.amount(fixed_a_task, "fixed_a_task", "US dollars a task")
    return 1 - (chain - stakes.call) / at_stake


def gain(plain: Design, layered: Design, step_success: Floats | float, stakes: Stakes) -> Floats:
    """Return what the layer spares a task, in US dollars, before its fixed cost."""
    return loss(plain, step_success, stakes) - loss(layered, step_success, stakes)


def tasks_to_pay(
    plain: Design, layered: Design, step_success: float, stakes: Stakes, fixed_a_month: float
) -> float | None:
    """Return the tasks a month from which the layer pays; None where it spares nothing."""
    spared = float(gain(plain, layered, checks.probability(step_success, "step_success"), stakes)[0])
    fixed = checks.amount(fixed_a_month, "fixed_a_month", "US dollars a month")
    return fixed / spared if spared > 0 else None


def steps_to_pay(
    plain: Design, layered: Design, step_success: float, stakes: Stakes, fixed_a_task: float
) -> int | None:
    """Return the fewest steps at which the layer pays; None where it does not within 200.

    `plain` and `layered` give all but the number of steps.
    """
    fixed = checks.amount(fixed_a_task, "fixed_a_task", "US dollars a task")
    for steps in range(1, _MOST_STEPS + 1):
        spared = gain(replace(plain, steps=steps), replace(layered, steps=steps), step_success, stakes)
        if float(spared[0]) >= fixed:
            return steps
    return None


def success_to_pay(plain: Design, layered: Design, stakes: Stakes, fixed_a_task: float) -> float | None:
    """Return the end-to-end success of the plain chain below which the layer pays.

    The highest such success: the search goes down from 1, in the success of a step.

    Returns
    -------
    float or None
        None where the layer pays at no success, or at any up to 1.
    """
    fixed = checks.amount(fixed_a_task, "fixed_a_task", "US dollars a task")
    first = _first_above(gain(plain, layered, _GRID, stakes), fixed)
    if first is None:
        return None
    step = optimize.brentq(
        lambda p: float(gain(plain, layered, p, stakes)[0]) - fixed, _GRID[first], _GRID[first - 1], xtol=1e-13
    )
    return float(step**plain.steps)


def thresholds(
    plain: Design, layered: Design, stakes: Stakes, fixed_a_month: float, tasks_a_month: Sequence[float]
) -> pd.DataFrame:
    """Return that success for many numbers of tasks a month, to about 1e-4.

    Returns
    -------
    pandas.DataFrame
        ``steps``, ``tasks_a_month``, ``pays_below``; without the numbers at which there is none.
    """
    fixed = checks.amount(fixed_a_month, "fixed_a_month", "US dollars a month")
    spared = gain(plain, layered, _GRID, stakes)
    rows = []
    for place, tasks in enumerate(tasks_a_month):
        if checks.amount(tasks, f"tasks_a_month[{place}]", "tasks") == 0.0:
            raise ValueError(f"tasks_a_month[{place}] is 0: give more than 0 tasks a month")
        first = _first_above(spared, fixed / tasks)
        if first is not None:
            # Between two points of the grid the gain is as good as straight.
            step = np.interp(fixed / tasks, spared[[first - 1, first]], _GRID[[first - 1, first]])
            rows.append((plain.steps, float(tasks), float(step**plain.steps)))
    return pd.DataFrame(rows, columns=["steps", "tasks_a_month", "pays_below"])


def _first_above(spared: Floats, fixed: float) -> int | None:
    """Return where, going down from a success of 1, more is first spared than is fixed; None if at once or never."""
    above = spared > fixed
    return None if spared[0] >= fixed or not above.any() else int(np.argmax(above))


def gate_gain(design: Design, step_success: float, stakes: Stakes) -> float:
    r"""Return what a gate behind one step, tried once, spares a task: :math:`x d (c - h) - p f h - g (1 - (1-p) l)`.

    With :math:`x = (1 - p)(1 - l)` the share of outputs that are wrong and look right; *g* is what an
    inspection costs. What the gate catches is handed to a person instead of passing unseen.
    """
    p = checks.probability(step_success, "step_success")
    wrong = (1 - p) * (1 - design.loud)
    inspected = 1 - (1 - p) * design.loud
    return (
        wrong * design.detection * (stakes.failure - stakes.handling)
        - p * design.false_alarm * stakes.handling
        - design.gate_calls * stakes.call * inspected
    )


def gate_pays_from(design: Design, stakes: Stakes) -> float | None:
    r"""Return the share of attempts that fail from which that gate pays; None where it never does.

    :func:`gate_gain` is a straight line in :math:`y = 1 - p`:
    :math:`y [(1 - l) d (c - h) + f h + l g] - f h - g`.
    """
    inspection = design.gate_calls * stakes.call
    slope = (1 - design.loud) * design.detection * (stakes.failure - stakes.handling)
    slope += design.false_alarm * stakes.handling + design.loud * inspection
    flat = design.false_alarm * stakes.handling + inspection
    return flat / slope if slope > 0 and flat <= slope else None


def retry_gain(loud: float, step_success: float, stakes: Stakes) -> float:
    r"""Return what a second try after a loud failure spares, each time it is made.

    :math:`h\,[1 - (1-p) l] - c\,(1-p)(1-l) - k`, with independent tries: it spares the person unless it
    fails loudly too, may fail unseen where the first try was caught, and costs a call.
    """
    p, share = checks.probability(step_success, "step_success"), checks.probability(loud, "loud")
    failed = 1 - p
    return stakes.handling * (1 - failed * share) - stakes.failure * failed * (1 - share) - stakes.call


def retry_pays_from(loud: float, stakes: Stakes) -> float | None:
    r"""Return the success of a step from which that second try pays: where :math:`(1-p)(l h + (1-l) c) = h - k`.

    None where it never does; 0 where it always does.
    """
    share = checks.probability(loud, "loud")
    room = stakes.handling - stakes.call
    if room < 0:
        return None
    at_stake = share * stakes.handling + (1 - share) * stakes.failure
    return max(0.0, 1 - room / at_stake) if at_stake > 0 else 0.0
