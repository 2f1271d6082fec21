"""Quarters and years out of filed facts: which value stands, and since which filing.

The same period is given again by later filings. The value of the latest one stands; it is
public from the first filing of the run of equal values that ends with it. A quarter that
was not filed as such is the difference of two figures of the year to date, and the fourth
quarter always is the year less nine months, as in ``data/alphabet_quarterly.csv``.
"""

import calendar
import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from coordination_gap.live.sources import FiledFact, RefreshError

# Shares were split 20 for 1 on 2022-07-15, and traded so from 2022-07-18: filings before that day count old shares.
SPLIT_DAY, SPLIT_RATIO = dt.date(2022, 7, 18), Decimal(20)


@dataclass(frozen=True)
class Column:
    """How a column of the Alphabet tables is filed.

    Attributes
    ----------
    name
        The column.
    concept
        Its US-GAAP tag.
    unit
        The tag's unit.
    kind
        ``"flow"`` (adds up over a year), ``"average"`` (does not, so it is never subtracted) or ``"balance"``.
    """

    name: str
    concept: str
    unit: str = "USD"
    kind: str = "flow"


COLUMNS = (
    Column("revenue_usd", "Revenues"),
    Column("cost_of_revenue_usd", "CostOfRevenue"),
    Column("research_and_development_usd", "ResearchAndDevelopmentExpense"),
    Column("operating_income_usd", "OperatingIncomeLoss"),
    Column("other_income_net_usd", "NonoperatingIncomeExpense"),
    Column("net_income_usd", "NetIncomeLoss"),
    Column("eps_diluted_usd", "EarningsPerShareDiluted", "USD per share"),
    Column("diluted_shares", "WeightedAverageNumberOfDilutedSharesOutstanding", "shares", "average"),
    Column("capital_expenditure_usd", "PaymentsToAcquirePropertyPlantAndEquipment"),
    Column("operating_cash_flow_usd", "NetCashProvidedByUsedInOperatingActivities"),
    Column("share_repurchases_usd", "PaymentsForRepurchaseOfCommonStock"),
    Column("stock_compensation_usd", "ShareBasedCompensation"),
    Column("depreciation_usd", "Depreciation"),
    Column("equity_usd", "StockholdersEquity", kind="balance"),
    Column("total_assets_usd", "Assets", kind="balance"),
    Column("cash_usd", "CashAndCashEquivalentsAtCarryingValue", kind="balance"),
    Column("long_term_debt_noncurrent_usd", "LongTermDebtNoncurrent", kind="balance"),
    Column("remaining_performance_obligation_usd", "RevenueRemainingPerformanceObligation", kind="balance"),
)


@dataclass(frozen=True)
class Standing:
    """A value that stands.

    Attributes
    ----------
    value
        In the column's unit, shares and earnings per share counted after the split of 2022.
    filings
        The first filing or filings that make it what it is: one, or two where it was subtracted.
    subtracted
        Whether it is a difference of two filed figures.
    """

    value: Decimal
    filings: tuple[FiledFact, ...]
    subtracted: bool = False

    @property
    def public_on(self) -> dt.date:
        """The first day on which it could be known."""
        return max(filing.filed_on for filing in self.filings)

    @property
    def decisive(self) -> FiledFact:
        """The filing of that day."""
        return max(self.filings, key=lambda filing: (filing.filed_on, filing.accession_number))


Lookup = Callable[[Column, "dt.date | None", dt.date], Standing | None]


def lookup(facts: Iterable[FiledFact], through: dt.date) -> Lookup:
    """Return a function that gives the value of a column, a first and a last day that stands on the day `through`."""
    units = {column.concept: column.unit for column in COLUMNS}
    filed: dict[tuple[str, dt.date | None, dt.date], list[FiledFact]] = defaultdict(list)
    for fact in facts:
        if fact.concept not in units or fact.filed_on > through:
            continue
        if fact.unit != units[fact.concept]:
            raise RefreshError(
                f"{fact.concept} of {fact.accession_number} is in {fact.unit!r}, where the tables have "
                f"{units[fact.concept]!r}: nothing was written"
            )
        filed[fact.concept, fact.start, fact.end].append(fact)

    def standing(column: Column, start: dt.date | None, end: dt.date) -> Standing | None:
        told = sorted(filed[column.concept, start, end], key=lambda fact: (fact.filed_on, fact.accession_number))
        if not told:
            return None
        value = _in_shares_of_today(told[-1])
        first = told[-1]
        for fact in reversed(told):
            if _in_shares_of_today(fact) != value:
                break
            first = fact
        return Standing(value, (first,))

    return standing


def _in_shares_of_today(fact: FiledFact) -> Decimal:
    if fact.filed_on >= SPLIT_DAY or fact.unit == "USD":
        return fact.value
    return fact.value / SPLIT_RATIO if fact.unit == "USD per share" else fact.value * SPLIT_RATIO


def quarter(standing: Lookup, column: Column, year: int, number: int) -> Standing | None:
    """Return what stands for a calendar quarter, `number` 1 to 4, or None."""
    first, end = _quarter_days(year, number)
    if column.kind == "balance":
        return standing(column, None, end)
    if number < 4:
        direct = standing(column, first, end)
        if direct is not None or number == 1:
            return direct
    if column.kind == "average":
        return None
    january = dt.date(year, 1, 1)
    whole, part = standing(column, january, end), standing(column, january, _quarter_days(year, number - 1)[1])
    if whole is None or part is None:
        return None
    return Standing(whole.value - part.value, (*whole.filings, *part.filings), subtracted=True)


def full_year(standing: Lookup, column: Column, year: int) -> Standing | None:
    """Return what stands for a calendar year, or None."""
    return standing(column, None if column.kind == "balance" else dt.date(year, 1, 1), dt.date(year, 12, 31))


def _quarter_days(year: int, number: int) -> tuple[dt.date, dt.date]:
    last = 3 * number
    return dt.date(year, last - 2, 1), dt.date(year, last, calendar.monthrange(year, last)[1])


def written(value: Decimal) -> str:
    """Return a value as the tables write numbers: no exponent, no zeros at the end."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
