r"""The choice of one option for each of several parts, as a mixed-integer linear program.

A binary variable says whether option *o* of part *i* is chosen. With :math:`R_{io}` the
probability that a run reaches part *i* while *o* is chosen, and :math:`K_{io}` that it also
carries no silent failure,

.. math::

    K_{io} \le R_{io} \le x_{io}, \quad
    \sum_o R_{i+1,o} = \sum_o (\text{good} + \text{bad})_{io} R_{io}, \quad
    \sum_o K_{i+1,o} = \sum_o \text{good}_{io} K_{io},

and cost, seconds, success and silent failure are linear in R and K. With x whole, only the
chosen option carries anything, so the program states the products of the probabilities
exactly. In a branch R and K split by the ways' probabilities, and join again after it.
"""

import ctypes
import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import optimize, sparse

from coordination_gap.reliability.law import Law, law_of
from coordination_gap.reliability.parts import Branch, Part, walk

#: Chosen option of each part that has options, by the part's name.
Plan: TypeAlias = Mapping[str, int]
#: A linear expression: coefficients by variable, and the constant under `_ONE`.
Expression: TypeAlias = dict[int, float]
_ONE = -1
_INFEASIBLE = 2
_TOLERANCE = 1e-6
#: The solver stops within 1e-6 of the best value, so values are enlarged to make that little.
_ENLARGED = 1e4
_STDOUT = 1
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class Limit:
    """An expression may be at most `most`; `unit` is how much of it counts as a lot."""

    expression: Expression
    most: float
    unit: float


@dataclass(frozen=True)
class _Stream:
    """A share of the runs, as an expression, and what it is at least and at most."""

    mass: Expression
    least: float
    most: float

    def times(self, least: float, most: float) -> "_Stream":
        return _Stream(_times(self.mass, most), self.least * least, self.most * most)


def _joined(streams: Sequence[_Stream]) -> _Stream:
    return _Stream(
        _sum(stream.mass for stream in streams),
        sum(stream.least for stream in streams),
        sum(stream.most for stream in streams),
    )


class Flow:
    """The program for `parts`, of which some have options.

    Parameters
    ----------
    parts
        In series.
    laws
        For each part that has options, by name, the laws of those that may be chosen.
    target
        The least success of a plan; only plans that reach it are stated exactly.

    Attributes
    ----------
    success, silent_failure, cost, seconds
        Expressions.
    """

    def __init__(self, parts: Iterable[Part], laws: Mapping[str, Mapping[int, Law]], target: float) -> None:
        self._laws = laws
        self._names = set(laws)
        self._target = target
        self._rows: list[tuple[Expression, float, float]] = []
        self._upper: list[float] = []
        self._whole: list[bool] = []
        #: The binary variables by part and option; a part without a choice has none.
        self.chosen: dict[str, dict[int, int]] = {}
        self.cost: Expression = {}
        self.seconds: Expression = {}
        everything = _Stream({_ONE: 1.0}, 1.0, 1.0)
        reached, clean = self._series(parts, everything, everything, 1.0)
        self.success = clean.mass
        self.silent_failure = _sum([reached.mass, _times(clean.mass, -1.0)])

    def _series(
        self, parts: Iterable[Part], reached: "_Stream", clean: "_Stream", share: float
    ) -> tuple["_Stream", "_Stream"]:
        """Return what comes out of `parts`, in all and without a silent failure; `share` is the most that gets here."""
        for part in parts:
            if part.name in self._names:
                reached, clean = self._choice(part.name, reached, clean, share)
            elif isinstance(part, Branch) and any(inner.name in self._names for inner in walk([part])):
                ends = [
                    self._series(
                        way.steps,
                        reached.times(way.probability, way.probability),
                        clean.times(way.probability, way.probability),
                        share * way.probability,
                    )
                    for way in part.ways
                ]
                reached, clean = _joined([end[0] for end in ends]), _joined([end[1] for end in ends])
            else:
                reached, clean = self._certain(law_of(part), reached, clean)
        return reached, clean

    def _certain(self, law: Law, reached: "_Stream", clean: "_Stream") -> tuple["_Stream", "_Stream"]:
        self.cost = _sum([self.cost, _times(reached.mass, law.cost)])
        self.seconds = _sum([self.seconds, _times(reached.mass, law.seconds)])
        return reached.times(law.settled, law.settled), clean.times(law.good, law.good)

    def _choice(self, name: str, reached: "_Stream", clean: "_Stream", share: float) -> tuple["_Stream", "_Stream"]:
        laws = self._laws[name]
        if len(laws) == 1 or reached.most == 0.0:  # what no run reaches makes no difference
            return self._certain(next(iter(laws.values())), reached, clean)
        # All that is lost on the way to success is at most what the target leaves over.
        least_clean = max(clean.least, share - (1 - self._target))
        least_reached = max(reached.least, least_clean)
        chosen, flow, clean_flow = {}, {}, {}
        for option in laws:
            chosen[option] = self._variable(1.0, whole=True)
            flow[option] = self._variable(reached.most)
            clean_flow[option] = self._variable(clean.most)
            self._rows += [
                ({flow[option]: 1.0, chosen[option]: -reached.most}, -np.inf, 0.0),
                ({flow[option]: 1.0, chosen[option]: -least_reached}, 0.0, np.inf),
                ({clean_flow[option]: 1.0, chosen[option]: -clean.most}, -np.inf, 0.0),
                ({clean_flow[option]: 1.0, chosen[option]: -least_clean}, 0.0, np.inf),
                ({clean_flow[option]: 1.0, flow[option]: -1.0}, -np.inf, 0.0),
            ]
        self.chosen[name] = chosen
        self._rows.append((dict.fromkeys(chosen.values(), 1.0), 1.0, 1.0))
        for variables, entering in ((flow, reached.mass), (clean_flow, clean.mass)):
            row = _sum([dict.fromkeys(variables.values(), 1.0), _times(entering, -1.0)])
            constant = -row.pop(_ONE, 0.0)
            self._rows.append((row, constant, constant))
        self.cost = _sum([self.cost, {flow[option]: law.cost for option, law in laws.items()}])
        self.seconds = _sum([self.seconds, {flow[option]: law.seconds for option, law in laws.items()}])
        settled, good = [law.settled for law in laws.values()], [law.good for law in laws.values()]
        return (
            _Stream(
                {flow[option]: law.settled for option, law in laws.items()},
                least_reached * min(settled),
                reached.most * max(settled),
            ),
            _Stream(
                {clean_flow[option]: law.good for option, law in laws.items()},
                least_clean * min(good),
                clean.most * max(good),
            ),
        )

    def _variable(self, most: float, *, whole: bool = False) -> int:
        self._upper.append(most)
        self._whole.append(whole)
        return len(self._upper) - 1

    def least(
        self, objective: Expression, unit: float, limits: Sequence[Limit], excluded: Sequence[Plan]
    ) -> tuple[Plan, float] | None:
        """Return the plan of least `objective`, and a bound below which no plan that keeps the limits can be.

        Both hold to the solver's tolerances, about 1e-6 of a run: what is made of the plan has
        to be evaluated on its own.

        Parameters
        ----------
        objective, unit
            What is made small, and the amount of it that is to be told apart to 1e-10.
        limits
            What has to be kept.
        excluded
            Plans that are not to be returned.

        Returns
        -------
        tuple or None
            None where no plan is left.
        """
        rows = [*self._rows]
        for limit in limits:
            row = _times(limit.expression, 1.0 / limit.unit)
            room = limit.most / limit.unit - row.pop(_ONE, 0.0)
            if row:
                rows.append((row, -np.inf, room))
            elif room < -_TOLERANCE:
                return None
        for plan in excluded:
            if all(plan[name] in variables for name, variables in self.chosen.items()):
                row = {variables[plan[name]]: 1.0 for name, variables in self.chosen.items()}
                rows.append((row, -np.inf, len(row) - 1.0))
        if not self.chosen:
            return None if excluded else ({}, objective.get(_ONE, 0.0))
        scale = _ENLARGED / unit
        costs = np.zeros(len(self._upper))
        for variable, coefficient in objective.items():
            if variable != _ONE:
                costs[variable] = scale * coefficient
        with _silenced():
            # Its presolve calls some programs infeasible that are not: 2 of 250 random ones, held against every plan.
            result = optimize.milp(
                costs,
                integrality=np.array(self._whole, dtype=int),
                bounds=optimize.Bounds(0.0, np.array(self._upper)),
                constraints=_constraint(rows, len(self._upper)),
                options={"mip_rel_gap": 0.0, "presolve": False},
            )
        if result.status == _INFEASIBLE:
            return None
        if result.x is None or result.mip_dual_bound is None:
            raise RuntimeError(f"the solver gave no plan: {result.message}")
        plan = {
            name: max(variables, key=lambda option: float(result.x[variables[option]]))
            for name, variables in self.chosen.items()
        }
        return plan, float(result.mip_dual_bound) / scale + objective.get(_ONE, 0.0)


@contextmanager
def _silenced() -> Iterator[None]:
    """Keep the solver from printing, which some versions do to the process's standard output whatever they are told."""
    flush = getattr(ctypes.CDLL(None), "fflush", None) if os.name == "posix" else None
    try:
        kept = os.dup(_STDOUT)
    except OSError:  # there is no output to keep clean
        kept = None
    if flush is None or kept is None:
        yield
        return
    with _ONE_AT_A_TIME:
        flush(None)
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), _STDOUT)
        try:
            yield
        finally:
            flush(None)
            os.dup2(kept, _STDOUT)
            os.close(kept)


def _constraint(rows: Sequence[tuple[Expression, float, float]], variables: int) -> optimize.LinearConstraint:
    at = np.repeat(np.arange(len(rows)), [len(row) for row, _, _ in rows])
    columns = np.array([variable for row, _, _ in rows for variable in row], dtype=np.int64)
    values = np.array([value for row, _, _ in rows for value in row.values()])
    matrix = sparse.csr_array((values, (at, columns)), shape=(len(rows), variables))
    bounds: npt.NDArray[np.float64] = np.array([(low, high) for _, low, high in rows])
    return optimize.LinearConstraint(matrix, bounds[:, 0], bounds[:, 1])


def _times(expression: Expression, factor: float) -> Expression:
    return {variable: factor * coefficient for variable, coefficient in expression.items()}


def _sum(expressions: Iterable[Expression]) -> Expression:
    total: Expression = {}
    for expression in expressions:
        for variable, coefficient in expression.items():
            total[variable] = total.get(variable, 0.0) + coefficient
    return total
