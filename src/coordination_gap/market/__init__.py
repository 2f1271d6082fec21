"""The market around an event: trading sessions, returns, the event study, and their figures."""

from coordination_gap.market.event_study import MODELS, EventStudy, event_study, study_returns
from coordination_gap.market.event_tests import TESTS
from coordination_gap.market.market_model import MarketModel, fit_market_model, market_adjusted
from coordination_gap.market.placebo import Placebo, nominal_size, placebo, pooled_placebo
from coordination_gap.market.plots import draw_abnormal_returns, draw_events, draw_prices, draw_timeline
from coordination_gap.market.pooled import TEST_NAMES, event_groups, pooled_tests
from coordination_gap.market.power import power_of, smallest_detectable
from coordination_gap.market.reaction_plots import draw_controls, draw_placebo, draw_power
from coordination_gap.market.record import record_abnormal_return, record_or_gap
from coordination_gap.market.returns import price_panel, rebase, simple_returns
from coordination_gap.market.sensitivity import (
    against_controls,
    average,
    results_sessions,
    under_other_hours,
    without_each,
)
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
from coordination_gap.market.timeline import (
    announcement,
    article_day,
    check_timeline,
    post_id,
    stated_news_day,
    timeline_table,
    wrong_statements,
)

__all__ = [
    "MODELS",
    "TESTS",
    "TEST_NAMES",
    "EventStudy",
    "MarketModel",
    "Placebo",
    "against_controls",
    "announcement",
    "article_day",
    "average",
    "by_event",
    "by_session",
    "by_window",
    "check_timeline",
    "closed_because",
    "confounded",
    "draw_abnormal_returns",
    "draw_controls",
    "draw_events",
    "draw_placebo",
    "draw_power",
    "draw_prices",
    "draw_timeline",
    "event_groups",
    "event_study",
    "first_reacting_session",
    "fit_market_model",
    "in_percent",
    "is_session",
    "last_session_of_month",
    "market_adjusted",
    "nominal_size",
    "placebo",
    "pooled_placebo",
    "pooled_tests",
    "post_id",
    "post_instant",
    "power_of",
    "price_panel",
    "rebase",
    "record_abnormal_return",
    "record_or_gap",
    "results_sessions",
    "session_close",
    "session_offset",
    "sessions_between",
    "shift_session",
    "short_names",
    "simple_returns",
    "smallest_detectable",
    "stated_news_day",
    "study_returns",
    "timeline_table",
    "under_other_hours",
    "without_each",
    "wrong_statements",
]
