r"""A month of the workflow: what it saves, what it takes, and what its failures cost.

With *h* hours a month saved if every run succeeded and *m* minutes that one task takes by
hand, :math:`V = 60 h/m` tasks come in a month, and each is worth :math:`s = m w/60` of a wage *w*.
A run that succeeds, or fails unseen, saves *s*; one that fails unseen also costs *c*. A halted run
is done by a person who also has to find out what happened, and takes *k* times *s*. Done by hand, a
share *e* of tasks would have gone wrong as well. Against the work by hand a month therefore gives

.. math::

    V \left[s - c\,(F + e H - e) - k s H\right] - \text{bills} - \text{upkeep}

with *F* and *H* the shares of runs that fail unseen and that halt.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from coordination_gap import checks
from coordination_gap.economics.cash import annuity, monthly_rate
from coordination_gap.economics.design import Design

Floats = npt.NDArray[np.float64]

WEEKS_A_MONTH = 52 / 12
HOURS_A_WEEK = 40.0

#: What is uncertain, by name, with its unit.
INPUTS = {
    "hours_saved": "hours a week",
    "wage": "US dollars an hour",
    "minutes_a_task": "minutes",
    "inference": "US dollars a month",
    "platform": "US dollars a month",
    "build_weeks": "weeks",
    "engineer": "US dollars an hour",
    "maintenance": "hours a month",
    "tracing": "US dollars a month",
    "review_share": "probability",
    "failure": "US dollars",
    "by_hand_failure": "probability",
    "step_success": "probability",
}

#: The same in words, for tables and figures.
WORDS = {
    "hours_saved": "hours saved",
    "wage": "wage",
    "minutes_a_task": "minutes a task by hand",
    "inference": "model calls",
    "platform": "other bills",
    "build_weeks": "weeks to build",
    "engineer": "engineer's hour",
    "maintenance": "maintenance",
    "tracing": "tracing",
    "review_share": "share reviewed",
    "failure": "cost of a failure",
    "by_hand_failure": "failures by hand",
    "step_success": "success of a step",
}

#: What is counted, each with all before it: bills alone, the build, what keeps it running, its failures.
STAGES = ("bills", "build", "upkeep", "failures")


@dataclass(frozen=True)
class Settings:
    """What is held fixed.

    Attributes
    ----------
    months
        Over which the workflow is used.
    discount_rate
        A year.
    review_minutes
        A person takes to review one run.
    handling
        Work on a halted run, as a multiple of the work by hand.
    extra_weeks
        Engineer's weeks beyond those stated, for what a design adds.

    Raises
    ------
    ValueError
        If a field is negative, not finite or no number; months below 1.
    """

    months: int
    discount_rate: float
    review_minutes: float
    handling: float
    extra_weeks: float = 0.0

    def __post_init__(self) -> None:
        checks.count(self.months, "months", most=1200)
        for name, unit in (
            ("discount_rate", "a rate a year"),
            ("review_minutes", "minutes"),
            ("handling", "times the work by hand"),
            ("extra_weeks", "weeks"),
        ):
            checks.amount(getattr(self, name), name, unit)

    @property
    def annuity(self) -> float:
        """Present value of a dollar at the end of each month."""
        return annuity(monthly_rate(self.discount_rate), self.months)


@dataclass(frozen=True)
class Account:
    """A month in US dollars, and the build; each an array over draws. Costs are positive.

    Attributes
    ----------
    saved
        Labour saved if every run succeeded.
    inference, platform, tracing, maintenance, review
        Bills and upkeep.
    failures
        Failures that pass unseen, less those of work by hand; negative where the agent makes fewer.
    handling
        A person's work on halted runs.
    build
        Paid once, at the start.
    """

    saved: Floats
    inference: Floats
    platform: Floats
    tracing: Floats
    maintenance: Floats
    review: Floats
    failures: Floats
    handling: Floats
    build: Floats

    @property
    def net(self) -> Floats:
        """What a month leaves."""
        costs = [getattr(self, field.name) for field in fields(self) if field.name not in ("saved", "build")]
        return np.asarray(self.saved - np.sum(costs, axis=0), dtype=float)

    def value(self, settings: Settings) -> Floats:
        """Return the net present value in US dollars: the months discounted, less the build."""
        return self.net * settings.annuity - self.build

    def flows(self, months: int) -> Floats:
        """Return cash by month, shape (draws, months + 1), the build first."""
        return np.concatenate([-self.build[:, None], np.repeat(self.net[:, None], months, axis=1)], axis=1)


def account(
    inputs: Mapping[str, float | Floats], settings: Settings, design: Design, through: str = STAGES[-1]
) -> Account:
    """Return a month of the workflow.

    Parameters
    ----------
    inputs
        All of :data:`INPUTS`, numbers or arrays of one length.
    settings, design
        What is held fixed, and how runs end.
    through
        The last of :data:`STAGES` that is counted.

    Raises
    ------
    ValueError
        If an input is missing, unknown, negative, not finite, or no probability where it has to be.
    """
    if through not in STAGES:
        raise ValueError(f"through is {through!r}: give one of {', '.join(STAGES)}")
    given = _checked(inputs)
    counted = STAGES.index(through)
    zero = np.zeros_like(given["wage"])
    hours = given["hours_saved"] * WEEKS_A_MONTH
    saved = hours * given["wage"]
    volume = tasks_a_month(hours, given["minutes_a_task"])
    inference, failures, handling = given["inference"], zero, zero
    if counted >= STAGES.index("failures"):
        ends = design.ends(given["step_success"])
        by_hand = given["by_hand_failure"]
        failures = volume * given["failure"] * (ends.silent - by_hand * (1 - ends.halted))
        handling = saved * settings.handling * ends.halted
        # The stated bill is taken as that of runs in which each step is called once.
        inference = inference * ends.calls / design.steps
    upkeep = counted >= STAGES.index("upkeep")
    weeks = given["build_weeks"] + settings.extra_weeks
    return Account(
        saved=saved,
        inference=inference,
        platform=given["platform"],
        tracing=given["tracing"] if upkeep else zero,
        maintenance=given["maintenance"] * given["engineer"] if upkeep else zero,
        review=volume * given["review_share"] * settings.review_minutes / 60 * given["wage"] if upkeep else zero,
        failures=failures,
        handling=handling,
        build=weeks * HOURS_A_WEEK * given["engineer"] if counted >= STAGES.index("build") else zero,
    )


def tasks_a_month(hours_a_month: float | Floats, minutes_a_task: float | Floats) -> Floats:
    """Return how many tasks of so many minutes by hand fill the hours of a month.

    Raises
    ------
    ValueError
        If a task takes no time.
    """
    minutes = np.asarray(minutes_a_task, dtype=float)
    if (minutes <= 0).any():
        raise ValueError(f"minutes_a_task is {float(minutes.min()):g}: give more than 0 minutes")
    tasks: Floats = np.asarray(hours_a_month, dtype=float) * 60 / minutes
    return tasks


def _checked(inputs: Mapping[str, float | Floats]) -> dict[str, Floats]:
    for name in inputs:
        if name not in INPUTS:
            raise ValueError(f"inputs holds {name!r}: it may hold {', '.join(INPUTS)}")
    missing = [name for name in INPUTS if name not in inputs]
    if missing:
        raise ValueError(f"inputs lacks {', '.join(missing)}: give all of {', '.join(INPUTS)}")
    given = {name: np.atleast_1d(np.asarray(inputs[name], dtype=float)) for name in INPUTS}
    for name, unit in INPUTS.items():
        low, high = float(given[name].min()), float(given[name].max())
        for value in (low, high):
            checks.probability(value, name) if unit == "probability" else checks.amount(value, name, unit)
    shape = np.broadcast_shapes(*(value.shape for value in given.values()))
    return {name: np.broadcast_to(value, shape) for name, value in given.items()}
