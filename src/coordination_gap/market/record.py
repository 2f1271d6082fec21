"""Facts of an event study: an estimate with its interval's ends and its t, or a gap."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from coordination_gap import facts
from coordination_gap.tables import Source

FORMULA = (
    "the asset's return less alpha plus beta times the control's return, alpha and beta fitted by least squares "
    "to the estimation sessions{sum}"
)
ERROR = (
    "with the standard error of a forecast: s² times (1 per session plus the uncertainty of alpha and beta), and "
    "Student's t with the observations less 2 degrees of freedom"
)


def record_abnormal_return(
    page: facts.Page,
    name: str,
    estimate: "Mapping[str, float] | pd.Series[Any]",
    *,
    sources: Sequence[Source],
    confidence: float,
    gap: str | None = None,
) -> None:
    """Record an abnormal return as facts: ``name``, ``name_low``, ``name_high`` and ``name_t``.

    Parameters
    ----------
    page
        The page that shows them.
    name
        The first part of the facts' names.
    estimate
        ``first`` and ``last`` offset, ``car``, ``low``, ``high`` (fractions) and ``t``, a row
        of :func:`coordination_gap.market.by_window`; the values are not looked at where there
        is a gap.
    sources
        The rows and parameters that made it.
    confidence
        Of the interval.
    gap
        Why there is no value; None where there is one.

    Raises
    ------
    ValueError
        If there is no gap and a value is missing, as :meth:`facts.Page.record` says.
    """
    summed = estimate["last"] > estimate["first"]
    formula = FORMULA.format(sum="; summed over the window" if summed else "")
    parts = {
        "": ("fraction", 2, formula),
        "_low": ("fraction", 2, f"lower end of the interval of the abnormal return, {ERROR}"),
        "_high": ("fraction", 2, f"upper end of the interval of the abnormal return, {ERROR}"),
        "_t": ("ratio", 2, f"abnormal return divided by its standard error, {ERROR}"),
    }
    keys = {"": "car", "_low": "low", "_high": "high", "_t": "t"}
    for suffix, (unit, decimals, how) in parts.items():
        if gap is not None:
            page.gap(name + suffix, gap, unit=unit, formula=how, sources=sources)
            continue
        page.record(
            name + suffix,
            estimate[keys[suffix]],
            unit=unit,
            decimals=decimals,
            signed=unit == "fraction",
            formula=how,
            sources=sources,
            interval=(estimate["low"], estimate["high"]) if suffix == "" else None,
            confidence=confidence,
        )


def record_or_gap(
    page: facts.Page,
    name: str,
    value: float | None,
    *,
    unit: str,
    formula: str,
    sources: Sequence[Source],
    gap: str,
    decimals: int = 0,
    signed: bool = False,
    interval: tuple[float, float] | None = None,
    confidence: float = 0.95,
) -> None:
    """Record a number, or a gap for the reason `gap` where it is None or not a number.

    The other arguments are those of :meth:`coordination_gap.facts.Page.record`; the interval
    is not looked at where there is a gap.
    """
    if value is None or math.isnan(value):
        page.gap(name, gap, unit=unit, formula=formula, sources=sources)
        return
    page.record(
        name,
        value,
        unit=unit,
        decimals=decimals,
        signed=signed,
        formula=formula,
        sources=sources,
        interval=interval,
        confidence=confidence,
    )
