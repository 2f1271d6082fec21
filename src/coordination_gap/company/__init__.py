"""A company's fundamentals from its filed figures: growth, margins, earnings, cash, and what a share costs of them.

Everything is computed from frames of filed figures in US dollars, one row a fiscal
quarter or year. A *measure* is a named figure with its definition
(:data:`QUARTERLY`, :data:`ANNUAL`); a *reading* is a measure for one period, or the
reason why there is none. A hole in the data stays a hole in everything that needs it.
"""

from coordination_gap.company.annual import ANNUAL
from coordination_gap.company.article import VERDICTS, Tolerances, compare, verdict
from coordination_gap.company.depth import (
    depreciation_errors,
    equity_return,
    equity_return_table,
    record_equity_return,
    years_table,
)
from coordination_gap.company.earnings import (
    effective_tax_rate,
    implied_earnings,
    price_to_earnings,
    without_other_income,
)
from coordination_gap.company.fundamentals import QUARTERLY
from coordination_gap.company.measures import Measure, Reading, bounds, read, series, table, widest_margin
from coordination_gap.company.periods import (
    by_quarter,
    by_year,
    growth,
    last_period,
    parse_quarter,
    period_ending,
    period_label,
    period_words,
    quarters_due,
    trailing_sum,
)
from coordination_gap.company.plots import (
    describe_cash,
    describe_cloud,
    describe_eps,
    describe_growth_and_margin,
    draw_cash,
    draw_cloud,
    draw_eps,
    draw_growth_and_margin,
)
from coordination_gap.company.plots_depth import (
    describe_earnings_and_cash,
    describe_equity_return,
    draw_earnings_and_cash,
    draw_equity_return,
)
from coordination_gap.company.prices import Price, price_of_share
from coordination_gap.company.recording import (
    record,
    record_article_price,
    record_bounds,
    record_filed,
    record_measures,
    record_multiples,
    record_peer,
    record_peer_other_income,
    record_price,
    record_quarter,
    record_stated_over_quarter,
    record_verdicts,
)
from coordination_gap.company.reports import (
    beside_peer,
    comparison,
    definitions,
    growth_and_margins,
    last_quarters,
    multiples,
    named_prices,
    return_on_equity,
)
from coordination_gap.company.valuation import (
    gordon_value,
    implied_growth,
    implied_volatility,
    probability_above,
    reverse_dcf,
)

__all__ = [
    "ANNUAL",
    "QUARTERLY",
    "VERDICTS",
    "Measure",
    "Price",
    "Reading",
    "Tolerances",
    "beside_peer",
    "bounds",
    "by_quarter",
    "by_year",
    "compare",
    "comparison",
    "definitions",
    "depreciation_errors",
    "describe_cash",
    "describe_cloud",
    "describe_earnings_and_cash",
    "describe_eps",
    "describe_equity_return",
    "describe_growth_and_margin",
    "draw_cash",
    "draw_cloud",
    "draw_earnings_and_cash",
    "draw_eps",
    "draw_equity_return",
    "draw_growth_and_margin",
    "effective_tax_rate",
    "equity_return",
    "equity_return_table",
    "gordon_value",
    "growth",
    "growth_and_margins",
    "implied_earnings",
    "implied_growth",
    "implied_volatility",
    "last_period",
    "last_quarters",
    "multiples",
    "named_prices",
    "parse_quarter",
    "period_ending",
    "period_label",
    "period_words",
    "price_of_share",
    "price_to_earnings",
    "probability_above",
    "quarters_due",
    "read",
    "record",
    "record_article_price",
    "record_bounds",
    "record_equity_return",
    "record_filed",
    "record_measures",
    "record_multiples",
    "record_peer",
    "record_peer_other_income",
    "record_price",
    "record_quarter",
    "record_stated_over_quarter",
    "record_verdicts",
    "return_on_equity",
    "reverse_dcf",
    "series",
    "table",
    "trailing_sum",
    "verdict",
    "widest_margin",
    "without_other_income",
    "years_table",
]
