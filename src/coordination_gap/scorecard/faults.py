"""What is wrong with the table of forecasts, a sentence a fault."""

import pandas as pd

from coordination_gap.scorecard.questions import read_questions


def forecast_faults(forecasts: pd.DataFrame, claims: pd.DataFrame | None = None) -> list[str]:
    """Return a sentence for each row that cannot be resolved as it is written, and for each forecast without a row.

    Parameters
    ----------
    forecasts
        Rows of the table ``forecasts``.
    claims
        Rows of the table ``claims``, of which every one of the kind forecast needs a question, if only one that
        says why nothing here decides it. Without them only `forecasts` is looked at.

    Returns
    -------
    list of str
        Empty where all is well.
    """
    faults = []
    for number in range(len(forecasts)):
        try:
            read_questions(forecasts.iloc[[number]])
        except ValueError as error:
            faults.append(str(error))
    if claims is None:
        return faults
    known, asked = set(claims["claim_id"]), set(forecasts["claim_id"])
    faults += [
        f"forecasts, row {row.name} ({row['forecast_id']}): claim_id is {row['claim_id']!r}, which claims lacks: "
        "write the short name of one of its rows"
        for _, row in forecasts.iterrows()
        if row["claim_id"] not in known
    ]
    faults += [
        f"claims, row {row.name} ({row['claim_id']}) is a forecast without a question: add a row to forecasts, with "
        "the rule none and what would be needed where no table measures it"
        for _, row in claims[claims["kind"] == "forecast"].iterrows()
        if row["claim_id"] not in asked
    ]
    return faults
