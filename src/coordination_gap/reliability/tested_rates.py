"""What gate and retries are worth where their rates are known from small tests only, and which rate to test more."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from coordination_gap import checks, facts
from coordination_gap.facts import format_number
from coordination_gap.reliability.law import law_of
from coordination_gap.reliability.parts import Step
from coordination_gap.reliability.remedies import Remedies
from coordination_gap.variance import NoVarianceError, variance_shares

Floats = npt.NDArray[np.float64]

#: The rates of gate and retries, and what each is tested on.
RATES = {
    "step success": "attempts",
    "loud share": "failed attempts",
    "detection": "silent failures",
    "false alarms": "good outputs",
}
#: Of n equal steps: the share of runs by the shares of good and of bad outputs that one step passes on.
_ENDS: dict[str, Callable[[Floats, Floats, int], Floats]] = {
    "success": lambda good, bad, steps: good**steps,
    "silent_failure": lambda good, bad, steps: (good + bad) ** steps - good**steps,
}


def rate_shares(
    ways: Remedies, test_runs: int, outcome: str, *, confidence: float = 0.95, samples: int = 1024, seed: int = 1
) -> pd.DataFrame | None:
    """Return how much of the variance of an outcome of gate and retries is owed to each of its rates.

    Each rate is taken as measured in `test_runs` tests of its own (:data:`RATES`) that came out
    as `ways` has it: beta distributed, with Jeffreys' prior. All steps have the same rates.

    Parameters
    ----------
    ways
        The pipeline and its rates.
    test_runs
        Tests of each rate.
    outcome
        ``"success"`` or ``"silent_failure"``.
    confidence, samples, seed
        As of :func:`~.sensitivity.sobol`.

    Returns
    -------
    pandas.DataFrame or None
        As of :func:`coordination_gap.variance.variance_shares`, by ``input``, the keys of :data:`RATES`.
        None where the outcome does not vary, as success does not where no run can succeed.
    """
    n = checks.count(test_runs, "test_runs")
    if outcome not in _ENDS:
        raise ValueError(f"outcome is {outcome!r}: give one of {', '.join(_ENDS)}")
    given = (ways.step.success, ways.step.loud, ways.gate.detection, ways.gate.false_alarm)
    laws = [stats.beta(n * rate + 0.5, n * (1 - rate) + 0.5) for rate in given]

    def values(levels: Floats) -> Floats:
        rates = np.column_stack([law.ppf(levels[:, place]) for place, law in enumerate(laws)])
        ends = [law_of(_gated(ways, row)) for row in rates.tolist()]
        good, bad = (np.array([getattr(end, name) for end in ends]) for name in ("good", "bad"))
        return _ENDS[outcome](good, bad, ways.steps)

    try:
        return variance_shares(values, list(RATES), outcome, samples=samples, seed=seed, confidence=confidence)
    except NoVarianceError:
        return None


def _gated(ways: Remedies, rates: list[float]) -> Step:
    success, loud, detection, false_alarm = rates
    gate = replace(ways.gate, detection=detection, false_alarm=false_alarm)
    return replace(ways.step, success=success, loud=loud, attempts=ways.attempts, gate=gate)


def record(page: facts.Page, name: str, exact: float, shares: pd.DataFrame | None, **shown: Any) -> None:
    """Record an outcome with the interval that tests of its rates leave, and the rate most of that is owed to.

    Parameters
    ----------
    page
        The page.
    name
        Of the outcome, whose ends and rate are ``name_low``, ``name_high`` and ``name_decisive``.
    exact
        The outcome with the rates as they are.
    shares
        As of :func:`rate_shares`; None records gaps.
    **shown
        ``formula`` and ``sources``, as of :meth:`coordination_gap.facts.Page.record`.
    """
    if shares is None:
        for end in ("", "_low", "_high", "_decisive"):
            unit = "text" if end == "_decisive" else "probability"
            page.gap(f"{name}{end}", "it does not vary with the rates", unit=unit, **shown)
        return
    interval = (shares.attrs["low"], shares.attrs["high"])
    confidence = shares.attrs["confidence"]
    page.record_with_ends(name, exact, interval, confidence=confidence, unit="probability", decimals=1, **shown)
    formula = f"the rate of the largest total Sobol index: {shown['formula']}"
    page.record(f"{name}_decisive", str(shares["input"].iloc[0]), unit="text", **shown | {"formula": formula})


def shares_table(success: pd.DataFrame | None, silent: pd.DataFrame | None) -> pd.DataFrame:
    """Return two results of :func:`rate_shares` side by side, as text."""
    table = pd.DataFrame({"rate": list(RATES), "tested on": list(RATES.values())})
    for name, shares in {"success": success, "silent failures": silent}.items():
        rows = {} if shares is None else {row["input"]: row for row in shares.to_dict("records")}
        table[f"of the variance of {name}"] = [_share(rows[rate]) if rows else "does not vary" for rate in RATES]
    return table


def _share(row: Mapping[Any, Any]) -> str:
    # An estimate may stray beyond what a share can be.
    low, value, high = (
        format_number(min(max(float(row[name]), 0.0), 1.0), "probability", 0)
        for name in ("total_low", "total", "total_high")
    )
    return f"{value} ({low} to {high})"
