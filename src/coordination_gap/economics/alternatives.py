"""The same draws under other assumptions: what is held fixed elsewhere, changed one at a time."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from coordination_gap.economics.design import Design, Floats
from coordination_gap.economics.spread import simulated
from coordination_gap.economics.workflow import Settings, account


@dataclass(frozen=True)
class Case:
    """A workflow under one set of assumptions.

    Attributes
    ----------
    inputs
        As of :func:`~.workflow.account`, an array over draws each.
    settings, design
        What is held fixed, and how runs end.
    """

    inputs: Mapping[str, Floats]
    settings: Settings
    design: Design


def alternatives(cases: Mapping[str, tuple[Case, Case]]) -> pd.DataFrame:
    """Return what pairs of cases are worth: the steps alone, and with retries and gates.

    Parameters
    ----------
    cases
        By what is assumed in both.

    Returns
    -------
    pandas.DataFrame
        A row a pair: ``assumed``, ``value_alone_usd``, ``loss_alone``, ``value_layer_usd``, ``loss_layer``; values are
        medians of the draws, losses the share of draws worth less than nothing.
    """
    rows = []
    for assumed, pair in cases.items():
        row: list[str | float] = [assumed]
        for case in pair:
            values = simulated(account(case.inputs, case.settings, case.design), case.settings)["value_usd"]
            row += [float(values.median()), float(np.mean(values < 0))]
        rows.append(row)
    columns = ["assumed", "value_alone_usd", "loss_alone", "value_layer_usd", "loss_layer"]
    return pd.DataFrame(rows, columns=columns)
