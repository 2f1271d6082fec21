r"""The exact law of one step: how it ends, and what it takes, in closed form.

Of each attempt's output a share *a* is good and passes, a share *b* is a silent failure
that passes, and the rest, :math:`r = 1 - a - b`, is tried again. With *p* = success,
*l* = loud, *d* = detection, *f* = false alarm (a step without a gate has *d* = *f* = 0):

.. math::

    a = p (1 - f), \qquad b = (1 - p)(1 - l)(1 - d), \qquad r = p f + (1 - p)(l + (1 - l) d)

With at most *A* attempts the step halts with :math:`r^A`, passes on a good output with
:math:`a (1 - r^A) / (a + b)`, and makes :math:`(1 - r^A) / (a + b)` attempts on average.
"""

import math
from dataclasses import dataclass

from coordination_gap.reliability.parts import Step


@dataclass(frozen=True)
class StepLaw:
    """How a step ends, given that it starts, and what it takes.

    Attributes
    ----------
    good, bad, halted
        Probabilities of a good output, of a silent failure that is passed on, and of no
        output that could be passed on; they sum to 1.
    attempts, cost, seconds
        Expected number of attempts, US dollars and seconds.
    """

    good: float
    bad: float
    halted: float
    attempts: float
    cost: float
    seconds: float

    @property
    def settled(self) -> float:
        """Probability that the step passes something on, good or bad."""
        return self.good + self.bad


def _attempt(step: Step) -> tuple[float, float, float]:
    """Return the shares a, b and r of one attempt; r is summed on its own, since 1 - a - b loses digits."""
    detection, false_alarm = (step.gate.detection, step.gate.false_alarm) if step.gate else (0.0, 0.0)
    failure, silent = 1 - step.success, 1 - step.loud
    good = step.success * (1 - false_alarm)
    bad = failure * silent * (1 - detection)
    again = step.success * false_alarm + failure * (step.loud + silent * detection)
    return good, bad, again


def step_law(step: Step) -> StepLaw:
    """Return the exact law of `step`, in time that does not grow with its attempts."""
    good, bad, again = _attempt(step)
    passes = good + bad
    if passes == 0.0:
        return _with_amounts(step, good=0.0, bad=0.0, halted=1.0, attempts=float(step.attempts))
    if again == 0.0:
        return _with_amounts(step, good=good / passes, bad=bad / passes, halted=0.0, attempts=1.0)
    # The logarithm of r from whichever of r and 1 - r is the smaller, so that r^A and
    # 1 - r^A are both right to the last digits and sum to 1.
    log_again = math.log(again) if again < passes else math.log1p(-passes)
    settled = -math.expm1(step.attempts * log_again)
    return _with_amounts(
        step,
        good=settled * (good / passes),
        bad=settled * (bad / passes),
        halted=math.exp(step.attempts * log_again),
        attempts=settled / passes,
    )


def _with_amounts(step: Step, *, good: float, bad: float, halted: float, attempts: float) -> StepLaw:
    return StepLaw(good, bad, halted, attempts, cost=attempts * step.cost, seconds=attempts * step.seconds)


def success_ceiling(step: Step) -> float:
    """Return what the step's success tends to as its attempts grow without bound, ``a / (a + b)``.

    No number of attempts takes it beyond: what passes as a silent failure is never
    tried again. It is 0 where nothing can pass.
    """
    good, bad, _ = _attempt(step)
    return good / (good + bad) if good + bad > 0.0 else 0.0
