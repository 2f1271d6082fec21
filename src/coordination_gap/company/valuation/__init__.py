"""What a share may be worth, what a price implies, and what a market's odds say: models whose inputs stand in view."""

from coordination_gap.company.valuation.cash_flow import TwoStage, implied_terminal_growth, reverse_dcf
from coordination_gap.company.valuation.dividends import gordon_value, implied_growth
from coordination_gap.company.valuation.grids import growth_grid, standstill_grid, value_grid
from coordination_gap.company.valuation.inputs import (
    Assumed,
    last_of_cloud,
    past_growth,
    past_multiple,
    rows_of,
    segment_inputs,
    two_stage_inputs,
    years_since,
)
from coordination_gap.company.valuation.market_figures import DIVIDEND_OFF, compare_market, computed_figures
from coordination_gap.company.valuation.odds import (
    brier_score,
    implied_volatility,
    probability_above,
    realised_volatility,
    realised_volatility_interval,
)
from coordination_gap.company.valuation.person import price_of_fall, years_of_standstill
from coordination_gap.company.valuation.plots import draw_growth_grid, draw_sensitivity, draw_values
from coordination_gap.company.valuation.spread import VARYING, sensitivity, simulated_values

__all__ = [
    "DIVIDEND_OFF",
    "VARYING",
    "Assumed",
    "TwoStage",
    "brier_score",
    "compare_market",
    "computed_figures",
    "draw_growth_grid",
    "draw_sensitivity",
    "draw_values",
    "gordon_value",
    "growth_grid",
    "implied_growth",
    "implied_terminal_growth",
    "implied_volatility",
    "last_of_cloud",
    "past_growth",
    "past_multiple",
    "price_of_fall",
    "probability_above",
    "realised_volatility",
    "realised_volatility_interval",
    "reverse_dcf",
    "rows_of",
    "segment_inputs",
    "sensitivity",
    "simulated_values",
    "standstill_grid",
    "two_stage_inputs",
    "value_grid",
    "years_of_standstill",
    "years_since",
]
