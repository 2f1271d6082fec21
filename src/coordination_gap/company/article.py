"""The figures that the article states of the company, each beside what the filings give.

The table ``article_figures`` says for each stated figure which measure and quarter it
speaks of, how finely it is printed, and whether it is stated as a value, as a lower
bound or as a near miss. The verdict is computed from that, by tolerances that the
caller names.
"""

import math
from dataclasses import dataclass

import pandas as pd

from coordination_gap.company.fundamentals import QUARTERLY
from coordination_gap.company.measures import Reading, read
from coordination_gap.facts import format_number

AGREES = "agrees"
LOOSELY = "loosely"
MISLEADING = "misleading"
DIFFERS = "differs"
NOT_CHECKED = "cannot be checked"
VERDICTS = (AGREES, LOOSELY, MISLEADING, DIFFERS, NOT_CHECKED)

RELATIONS = ("equals", "more than", "nearly")

#: The same quantity without other income, where a measure has it in.
WITHOUT_OTHER_INCOME = {
    "eps_growth": "eps_without_other_income_growth",
    "eps_trailing": "eps_without_other_income_trailing",
    "roe_average": "roe_average_without_other_income",
}
# "Nearly" a value: short of it by at most this share of it.
_NEARLY = 0.1
# Half a unit of the last printed digit, and a little for binary fractions such as 0.8185.
_HALF = 0.5 * (1 + 1e-9)


@dataclass(frozen=True)
class Tolerances:
    """When a stated figure counts as loose, and when a true one as misleading.

    Attributes
    ----------
    loose
        Largest distance from the computed figure, as a share of the stated one, at which
        a figure that does not agree in its printed digits still counts as loosely right.
    misleading_below
        A figure that is right counts as misleading where the same quantity without other
        income is less than this share of it.
    """

    loose: float = 0.01
    misleading_below: float = 0.5

    def __post_init__(self) -> None:
        for name, value in (("loose", self.loose), ("misleading_below", self.misleading_below)):
            if not 0 <= value <= 1:
                raise ValueError(f"{name} is {value}: it must be between 0 and 1")


def verdict(
    stated: float,
    computed: float | None,
    *,
    resolution: float,
    relation: str = "equals",
    without_other_income: float | None = None,
    tolerances: Tolerances | None = None,
) -> str:
    """Return how a stated figure stands to the computed one.

    Parameters
    ----------
    stated, computed
        In the same unit; None where nothing could be computed.
    resolution
        One unit of the last digit printed.
    relation
        ``"equals"``: agrees where the computed figure rounds to the printed one.
        ``"more than"``: agrees where the computed figure is above the stated one.
        ``"nearly"``: agrees where the computed figure falls short by up to a tenth.
    without_other_income
        The same quantity without other income, where it is different.
    tolerances
        See :class:`Tolerances`.

    Returns
    -------
    str
        One of :data:`VERDICTS`.

    Raises
    ------
    ValueError
        If `stated` is not finite, `resolution` is not above 0, or `relation` is unknown.
    """
    limits = tolerances or Tolerances()
    if not math.isfinite(stated):
        raise ValueError(f"stated is {stated}: it must be finite")
    if not resolution > 0:
        raise ValueError(f"resolution is {resolution}: it must be above 0")
    if relation not in RELATIONS:
        raise ValueError(f"relation is {relation!r}: it must be one of {', '.join(RELATIONS)}")
    if computed is None:
        return NOT_CHECKED
    agrees = {
        "equals": abs(computed - stated) <= resolution * _HALF,
        "more than": computed > stated,
        "nearly": stated * (1 - _NEARLY) <= computed < stated,
    }[relation]
    if not agrees and abs(computed - stated) > limits.loose * abs(stated):
        return DIFFERS
    if without_other_income is not None and without_other_income < limits.misleading_below * stated:
        return MISLEADING
    return AGREES if agrees else LOOSELY


def compare(figures: pd.DataFrame, quarters: pd.DataFrame, tolerances: Tolerances | None = None) -> pd.DataFrame:
    """Return each stated figure beside the computed one, with the verdict.

    Parameters
    ----------
    figures
        Rows of ``article_figures``; those without a measure are left out.
    quarters
        Alphabet's quarters, from :func:`~coordination_gap.company.by_quarter`.
    tolerances
        See :class:`Tolerances`.

    Returns
    -------
    pandas.DataFrame
        Columns ``id``, ``quantity``, ``stated``, ``computed``, ``verdict`` and
        ``beside``, as text; ``beside`` is the other reading of the same quantity, and
        ``periods`` are the labels of the quarters that the computed figure was read from.

    Raises
    ------
    ValueError
        If a row names an unknown measure.
    """
    rows = []
    for row in figures[figures["measure"].notna()].to_dict("records"):
        for name in (row["measure"], row["other_measure"]):
            if isinstance(name, str) and name not in QUARTERLY:
                raise ValueError(f"article figure {row['id']} names the measure {name!r}: it must be one of QUARTERLY")
        reading = read(quarters, QUARTERLY[str(row["measure"])], str(row["period"]))
        plain = _without_other_income(quarters, reading)
        found = verdict(
            float(row["value"]),
            reading.value,
            resolution=float(row["resolution"]),
            relation=str(row["relation"]),
            without_other_income=None if plain is None else plain.value,
            tolerances=tolerances,
        )
        rows.append(
            {
                "id": row["id"],
                "quantity": row["quantity"],
                "stated": stated_text(float(row["value"]), reading, float(row["resolution"]), str(row["relation"])),
                "computed": _as_printed(reading, float(row["resolution"])),
                "verdict": found,
                "beside": _beside(quarters, row["other_measure"], reading.period),
                "periods": reading.periods,
            }
        )
    return pd.DataFrame(rows, columns=["id", "quantity", "stated", "computed", "verdict", "beside", "periods"])


def stated_text(value: float, reading: Reading, resolution: float, relation: str) -> str:
    """Return a stated figure as it was printed, with the word that stood before it."""
    prefix = "" if relation == "equals" else f"{relation} "
    return prefix + _formatted(value, reading, resolution)


def _as_printed(reading: Reading, resolution: float) -> str:
    if reading.value is None:
        return reading.shown()
    # One digit more than the article prints shows how close it is.
    return _formatted(reading.value, reading, resolution / 10)


def _formatted(value: float, reading: Reading, resolution: float) -> str:
    scale = reading.measure.scale
    unit_size = {"billion": 1e-9}.get(scale, 1.0) * (100 if reading.measure.unit == "fraction" else 1)
    decimals = max(0, -math.floor(math.log10(resolution * unit_size) + 1e-9))
    if reading.measure.unit == "usd_per_share":
        # Filings give cents; a third decimal would claim what they do not say.
        decimals = min(decimals, reading.measure.decimals)
    return format_number(value, reading.measure.unit, decimals, scale)


def _without_other_income(quarters: pd.DataFrame, reading: Reading) -> Reading | None:
    name = WITHOUT_OTHER_INCOME.get(reading.measure.name)
    return None if name is None else read(quarters, QUARTERLY[name], reading.period)


def _beside(quarters: pd.DataFrame, other: object, period: str) -> str:
    if not isinstance(other, str):
        return ""
    reading = read(quarters, QUARTERLY[other], period)
    return f"{reading.measure.title}: {reading.shown()}"
