"""The market around an event: trading sessions, returns, the event study, and their figures."""

from coordination_gap.market.event_study import MODELS, EventStudy, event_study, study_returns
from coordination_gap.market.event_tests import TESTS
from coordination_gap.market.market_model import MarketModel, fit_market_model, market_adjusted
from coordination_gap.market.placebo import Placebo, nominal_size, placebo
from coordination_gap.market.plots import draw_abnormal_returns, draw_events, draw_prices
from coordination_gap.market.power import power_of, smallest_detectable
from coordination_gap.market.record import record_abnormal_return, record_or_gap
from coordination_gap.market.returns import price_panel, rebase, simple_returns
from coordination_gap.market.sessions import (
    closed_because,
    first_reacting_session,
    is_session,
    last_session_of_month,
    post_instant,
    session_close,
    session_offset,
    sessions_between,
    shift_session,
)
from coordination_gap.market.summary import by_event, by_session, by_window, confounded, in_percent, short_names
from coordination_gap.market.timeline import article_day, check_timeline, post_id, timeline_table

__all__ = [
    "MODELS",
    "TESTS",
    "EventStudy",
    "MarketModel",
    "Placebo",
    "article_day",
    "by_event",
    "by_session",
    "by_window",
    "check_timeline",
    "closed_because",
    "confounded",
    "draw_abnormal_returns",
    "draw_events",
    "draw_prices",
    "event_study",
    "first_reacting_session",
    "fit_market_model",
    "in_percent",
    "is_session",
    "last_session_of_month",
    "market_adjusted",
    "nominal_size",
    "placebo",
    "post_id",
    "post_instant",
    "power_of",
    "price_panel",
    "rebase",
    "record_abnormal_return",
    "record_or_gap",
    "session_close",
    "session_offset",
    "sessions_between",
    "shift_session",
    "short_names",
    "simple_returns",
    "smallest_detectable",
    "study_returns",
    "timeline_table",
]
