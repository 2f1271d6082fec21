r"""Which step to mend first: what the success of each step, and one more attempt at it, is worth.

Three questions, three columns
------------------------------
``birnbaum`` (Birnbaum 1969): how much hangs on the step at all, the pipeline's success with
the step certain to succeed minus that with the step certain to fail. ``improvement``: how much
there is to gain, the success added if the step never failed. ``derivative``: what the next
small gain is worth, :math:`\partial` pipeline success / :math:`\partial` step success. For a
step that is tried once the first and the last are the same; retries, gates and fallbacks set
them apart.

Success per dollar
------------------
What a better model or prompt costs stands in no pipeline, so dollars cannot be divided into
``derivative`` without asking a supplier. What has a price in the model is a further attempt.
``success_per_dollar`` is the success that it adds to a run, divided by the expected dollars
that it adds to a run: the attempt itself as often as it is made, the gate's inspection, *and*
what later steps cost on the runs that it keeps from halting, less what it saves of a
fallback. So the column answers where the next dollar of running costs buys the most success.
Two readings go with it:

* The next attempt makes the *successful* run cheaper exactly if its ``success_per_dollar``
  exceeds the success that the pipeline now gets for a dollar, which the frame has as
  ``attrs["success_per_dollar"]``.
* An offer of :math:`\delta` more step success for :math:`c` more dollars a run is better than
  an attempt if ``derivative`` :math:`\cdot\, \delta / c` is larger.

An attempt that costs nothing, or saves money, has no such ratio: the column is empty, and
``attempt_gain`` and ``attempt_cost`` say which it is. A step whose failures nobody sees gets
no second attempt however many it is allowed, and has 0 in both.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from numpy.polynomial import chebyshev
from scipy import differentiate

from coordination_gap.reliability.law import Law, law_of
from coordination_gap.reliability.leaves import Leaf, leaves, with_parts
from coordination_gap.reliability.parts import Part, Step, walk

if TYPE_CHECKING:
    from coordination_gap.reliability.pipeline import Outcome, Pipeline

_Floats = npt.NDArray[np.float64]
#: Differences of probability below this are rounding: such steps count as equal in rank.
_EQUAL = 1e-12
#: A share of the pipeline's cost below which a difference of costs is rounding.
_NO_COST = 1e-12
_MOST_DEGREE = 32
#: The largest error that is let pass in a numeric derivative.
_CONVERGED = 1e-6
#: Steps whose successes are closer than this are struck together, as far as a derivative can tell.
_TIE = 1e-6
_TOO_NEAR_AN_END = 1e-13


class _Worth(NamedTuple):
    """What is known of one leaf: success where it is certain to fail and to succeed, slopes, one more attempt."""

    failing: float
    perfect: float
    slope: float | None
    silent_slope: float | None
    attempt_gain: float | None
    attempt_cost: float | None


def importance(pipeline: "Pipeline") -> pd.DataFrame:
    """Return what mending each step of `pipeline` is worth.

    A row for every step: those in ways, votes and fallbacks, too. The voters of a vote with
    a correlation or a common cause share one success, and are one row under the vote's name.

    Parameters
    ----------
    pipeline
        A :class:`~coordination_gap.reliability.pipeline.Pipeline`.

    Returns
    -------
    pandas.DataFrame
        The step with the largest ``improvement`` first, steps that are equal in it in the
        order in which they stand.

        ``step``, ``success``
            Its name, and the success of one attempt.
        ``birnbaum``, ``improvement``
            Differences of probability, as the module's text says.
        ``derivative``, ``silent_derivative``
            Of the pipeline's success and of its silent failure, by the success of one
            attempt: exact but for rounding where steps share nothing. Where they do, numeric to
            about 1e-8, and taken towards a better step (a worse one where the step is
            perfect): a cause that strikes several equal steps at once is not avoided by
            mending one of them, so the two sides differ. Empty for a step of success 0 or 1
            under a correlation between 0 and 1, where the success is no smooth function, and
            so close to them that none is found to 1e-6.
        ``attempt_gain``, ``attempt_cost``, ``success_per_dollar``
            Success and expected US dollars of a run that one more attempt adds, and their
            ratio. Empty for voters, which answer once; the ratio also where no cost is added.

        ``attrs`` holds the pipeline's ``success``, its ``cost`` and their ratio,
        ``success_per_dollar`` (None where it costs nothing).
    """
    base = pipeline.evaluate()
    found = leaves(pipeline.steps)
    shares = pipeline.correlation > 0.0 or pipeline.common_cause > 0.0
    worths = [_sharing(pipeline, base, leaf) for leaf in found] if shares else _independent(pipeline, found)
    gains = [worth.attempt_gain for worth in worths]
    costs = [worth.attempt_cost for worth in worths]
    frame = pd.DataFrame(
        {
            "step": [leaf.name for leaf in found],
            "success": [leaf.success for leaf in found],
            "birnbaum": [worth.perfect - worth.failing for worth in worths],
            "derivative": pd.array([worth.slope for worth in worths], dtype="Float64"),
            "improvement": [worth.perfect - base.success for worth in worths],
            "silent_derivative": pd.array([worth.silent_slope for worth in worths], dtype="Float64"),
            "attempt_gain": pd.array(gains, dtype="Float64"),
            "attempt_cost": pd.array(costs, dtype="Float64"),
            "success_per_dollar": pd.array(
                [
                    None if gain is None or cost is None or cost <= _NO_COST * base.cost else gain / cost
                    for gain, cost in zip(gains, costs, strict=True)
                ],
                dtype="Float64",
            ),
        }
    )
    frame = frame.iloc[_order(frame["improvement"].to_numpy())].reset_index(drop=True)
    frame.attrs = {
        "success": base.success,
        "cost": base.cost,
        "success_per_dollar": base.success / base.cost if base.cost > 0.0 else None,
    }
    return frame


def _order(values: _Floats) -> npt.NDArray[np.intp]:
    """Return the order from the largest value on, in which values that are equal but for rounding keep theirs."""
    falling = np.argsort(-values, kind="stable")
    groups = np.cumsum(np.diff(values[falling], prepend=np.inf) < -_EQUAL)
    return falling[np.lexsort((falling, groups))]


# Steps that share nothing: the part that a leaf is in changes, and what lies before and after it stays.


def _independent(pipeline: "Pipeline", found: list[Leaf]) -> list[_Worth]:
    laws = [law_of(part) for part in pipeline.steps]
    before, after = [_PASSES], [_PASSES]
    for law in laws[:-1]:
        before.append(_then(before[-1], law))
    for law in reversed(laws[1:]):
        after.append(_then(law, after[-1]))
    place = {part.name: place for place, whole in enumerate(pipeline.steps) for part in walk([whole])}
    worths = []
    for leaf in found:
        at = place[leaf.name]
        part, law, ahead, behind = pipeline.steps[at], laws[at], before[at], after[-1 - at]
        worths.append(_in_part(part, law, leaf, ahead, behind))
    return worths


_PASSES = Law(1.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def _then(first: Law, second: Law) -> Law:
    """Return the law of a part and of another after it."""
    return Law(
        first.good * second.good,
        first.bad * second.settled + first.good * second.bad,
        first.halted + first.settled * second.halted,
        first.attempts + first.settled * second.attempts,
        first.cost + first.settled * second.cost,
        first.seconds + first.settled * second.seconds,
    )


def _in_part(part: Part, law: Law, leaf: Leaf, ahead: Law, behind: Law) -> _Worth:
    def ends(success: _Floats) -> _Floats:
        """Return success and silent failure of the pipeline, shape (n, 2), for n successes of the leaf."""
        changed = law_of(part, dict.fromkeys([step.name for step in leaf.steps], success))
        whole = _then(_then(ahead, changed), behind)
        return np.stack([np.broadcast_to(end, success.shape) for end in (whole.good, whole.bad)], axis=-1)

    failing, perfect = ends(np.array([0.0, 1.0]))[:, 0]
    slopes = _slopes(part, leaf, ahead, behind)
    gain = cost = None
    further = _with_attempt(leaf)
    if further is not None:
        more = law_of(with_parts([part], {leaf.name: further})[0])
        # The difference of the part is carried through, which loses fewer digits than that of the whole.
        gain = ahead.good * (more.good - law.good) * behind.good
        cost = ahead.settled * (more.cost - law.cost + (more.settled - law.settled) * behind.cost)
    return _Worth(float(failing), float(perfect), float(slopes[0]), float(slopes[1]), gain, cost)


def _slopes(part: Part, leaf: Leaf, ahead: Law, behind: Law) -> _Floats:
    """Return the derivatives of success and of silent failure by the leaf's success.

    A common cause of share c makes of the law L(p) of independent attempts the mixture
    s L(0) + (1 - s) L(q), where s = c (1 - p) and q = p / (1 - s), and all that comes after
    is linear in it; so its derivative is c (L(q) - L(0)) + (1 - c) / (1 - s) L'(q).
    """
    share, p = leaf.owner.common_cause, leaf.success
    if share > 0.0:
        part = with_parts([part], {leaf.name: replace(leaf.owner, common_cause=0.0)})[0]
    names = [step.name for step in leaf.steps]

    def ends(success: _Floats) -> _Floats:
        whole = _then(_then(ahead, law_of(part, dict.fromkeys(names, success))), behind)
        return np.stack([np.broadcast_to(end, success.shape) for end in (whole.good, whole.bad)], axis=-1)

    spared = 1 - share * (1 - p)
    q = min(1.0, p / spared) if spared > 0.0 else 1.0
    slope = _polynomial_slope(ends, q, leaf.draws)
    if share == 0.0:
        return slope
    struck, free = ends(np.array([0.0, q]))
    inner = (1 - share) / spared if spared > 0.0 else 0.0
    moved: _Floats = share * (free - struck) + inner * slope
    return moved


def _polynomial_slope(ends: Callable[[_Floats], _Floats], at: float, degree: int) -> _Floats:
    """Return the derivative of a polynomial of that degree, by interpolation.

    Each draw on a success brings one factor p or 1 - p (Pólya's urn likewise), so the law of
    its part is a polynomial whose degree is the number of draws. Beyond 32 draws it is
    interpolated on a stretch of 16 / draws instead, where it cannot turn more sharply than a
    power of that degree: what 32 degrees leave over is below rounding.
    """
    half = min(0.5, _MOST_DEGREE / 4 / degree) if degree > _MOST_DEGREE else 0.5
    low, high = max(0.0, at - half), min(1.0, at + half)
    middle, half = (low + high) / 2, (high - low) / 2
    points = chebyshev.chebpts1(min(degree, _MOST_DEGREE) + 1)
    terms = chebyshev.chebfit(points, ends(middle + half * points), len(points) - 1)
    return np.asarray(chebyshev.chebval((at - middle) / half, chebyshev.chebder(terms)), dtype=float) / half


def _with_attempt(leaf: Leaf) -> Step | None:
    if leaf.in_vote or not isinstance(leaf.owner, Step):
        return None
    try:
        return replace(leaf.owner, attempts=leaf.owner.attempts + 1)
    except ValueError:  # its wait would be longer than any number
        return None


# Steps that share their run's luck or a common cause: the whole pipeline is evaluated anew for each change.


def _sharing(pipeline: "Pipeline", base: "Outcome", leaf: Leaf) -> _Worth:
    known: dict[float, tuple[float, float]] = {}

    def at(success: float) -> tuple[float, float]:
        if success not in known:
            changed = with_parts(pipeline.steps, {leaf.name: leaf.with_success(success)})
            outcome = replace(pipeline, steps=changed).evaluate()
            known[success] = outcome.success, outcome.silent_failure
        return known[success]

    gain = cost = None
    further = _with_attempt(leaf)
    if further is not None:
        more = replace(pipeline, steps=with_parts(pipeline.steps, {leaf.name: further})).evaluate()
        gain, cost = more.success - base.success, more.cost - base.cost
    slope = _numeric_slope(pipeline, leaf, lambda success: at(success)[0])
    silent_slope = _numeric_slope(pipeline, leaf, lambda success: at(success)[1])
    return _Worth(at(0.0)[0], at(1.0)[0], slope, silent_slope, gain, cost)


def _numeric_slope(pipeline: "Pipeline", leaf: Leaf, end: Callable[[float], float]) -> float | None:
    p = leaf.success
    smooth = pipeline.common_cause == 0.0 and pipeline.correlation < 1.0
    # Nearer to 0 or 1 than this the luck's quantiles no longer move with the success.
    if 0.0 < pipeline.correlation < 1.0 and min(p, 1 - p) < _TOO_NEAR_AN_END:
        return None
    direction, room = 0, min(p, 1 - p)
    if not smooth:
        # The function has a kink wherever the leaf becomes as good as another step.
        own = {step.name for step in leaf.steps}
        others = {step.success for step in pipeline.all_steps() if step.name not in own}
        direction, p, room = _smooth_stretch(p, others)
    slope = differentiate.derivative(
        np.vectorize(end, otypes=[float]),
        p,
        initial_step=room / 4,
        step_direction=direction,
        order=8,
        maxiter=20,
        tolerances={"rtol": 1e-9, "atol": 1e-9},
    )
    return float(slope.df) if slope.error <= _CONVERGED else None


def _smooth_stretch(p: float, others: set[float]) -> tuple[int, float, float]:
    """Return the direction to look in, where to start and how far the function is smooth from there."""
    for direction, end in ((1, 1.0), (-1, 0.0)):
        start = p
        for kink in sorted(others | {end}, key=lambda other: abs(other - p)):
            if (kink - p) * direction < 0.0:
                continue
            if abs(kink - start) > _TIE:
                return direction, start, abs(kink - start)
            start = kink
    raise AssertionError("no stretch of success is longer than a millionth")
