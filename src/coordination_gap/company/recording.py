"""Facts of the page of fundamentals: readings, prices, multiples and stated figures, or their gaps."""

import datetime as dt
from collections.abc import Sequence

import pandas as pd

from coordination_gap import stated, tables
from coordination_gap.company.article import (
    AGREES,
    DIFFERS,
    LOOSELY,
    MISLEADING,
    NOT_CHECKED,
    Tolerances,
)
from coordination_gap.company.earnings import implied_earnings, price_to_earnings
from coordination_gap.company.fundamentals import QUARTERLY
from coordination_gap.company.measures import Reading, bounds, read, widest_margin
from coordination_gap.company.periods import QUARTERS_PER_YEAR, period_label, period_words, quarters_due
from coordination_gap.company.prices import Price
from coordination_gap.company.shapes import OTHER
from coordination_gap.facts import Fact, Page


def record(
    page: Page,
    name: str,
    reading: Reading,
    source: pd.DataFrame,
    *,
    more_sources: Sequence[tables.Source] = (),
    decimals: int | None = None,
    signed: bool = False,
) -> Fact:
    """Record a reading as a fact of a page, or its gap with the reason.

    Parameters
    ----------
    page
        The page's facts.
    name
        The fact's name on the page.
    reading
        What was read.
    source
        The loaded table, with its column ``fiscal_quarter`` or ``fiscal_year``, of which
        the rows used are named.
    more_sources
        Other rows or parameters that went in.
    decimals
        Digits after the point, where not those of the measure.
    signed
        Whether a positive number carries a plus sign.
    """
    measure = reading.measure
    key = "fiscal_quarter" if "fiscal_quarter" in source.columns else "fiscal_year"
    rows = source[source[key].astype(str).isin(reading.periods)]
    sources = [*([tables.rows(rows)] if len(rows) else []), *more_sources]
    if reading.value is None:
        reason = reading.gap or "no value"
        return page.gap(name, reason, unit=measure.unit, formula=measure.formula, sources=sources)
    return page.record(
        name,
        reading.value,
        unit=measure.unit,
        decimals=measure.decimals if decimals is None else decimals,
        scale=measure.scale,
        signed=signed,
        formula=measure.formula,
        sources=sources,
    )


def record_measures(
    page: Page, names: Sequence[str], quarters: pd.DataFrame, last: pd.Period, source: pd.DataFrame
) -> None:
    """Record measures of one quarter as facts under their own names, growth with its sign.

    Parameters
    ----------
    page
        The page's facts.
    names
        Names in :data:`~coordination_gap.company.QUARTERLY`.
    quarters, last
        The frame by period and the quarter.
    source
        The loaded table.
    """
    for name in names:
        record(page, name, read(quarters, QUARTERLY[name], last), source, signed="growth" in name)


def record_quarter(page: Page, last: pd.Period, source: pd.DataFrame) -> None:
    """Record which quarter is the last one seen, since when, and how many later ones had to be public."""
    row = source[source["fiscal_quarter"] == period_label(last)]
    seen = [tables.rows(row)]
    page.record(
        "quarter", period_words(last), unit="text", formula="the last quarter with revenue in the table", sources=seen
    )
    public: dt.date = pd.Timestamp(row["published_on"].iloc[0]).date()
    page.record("quarter_public", public, unit="day", formula="the day from which its row is visible", sources=seen)
    page.record(
        "quarters_due",
        len(quarters_due(last, page.as_of)),
        unit="count",
        formula="quarters after it whose filing was due by the as-of day: 40 days after a quarter, 60 after a year",
        sources=[*seen, tables.parameters(as_of=page.as_of)],
    )


def record_bounds(page: Page, name: str, quarters: pd.DataFrame, last: pd.Period, source: pd.DataFrame) -> None:
    """Record a measure, how far off its cells may be, and how far that lets it move.

    Facts: `name`, and ``<name>_margin`` (the widest margin of a cell, in US dollars),
    ``<name>_low`` and ``<name>_high``.
    """
    reading = read(quarters, QUARTERLY[name], last)
    record(page, name, reading, source, signed="growth" in name)
    rows = source[source["fiscal_quarter"].isin(reading.periods)]
    sources = [tables.rows(rows)] if len(rows) else []
    ends = None if reading.value is None else bounds(quarters, reading.measure, last)
    how = f"widest plus_minus of the cells in: {reading.measure.formula}"
    if ends is None:
        page.gap(f"{name}_margin", reading.gap or "no value", unit="usd", formula=how, sources=sources)
    else:
        widest = widest_margin(quarters, reading.measure, last)
        page.record(f"{name}_margin", widest, unit="usd", scale="million", formula=how, sources=sources)
    for place, (suffix, word) in enumerate((("low", "lowest"), ("high", "highest"))):
        formula = f"{word} value of {reading.measure.formula}, each figure within its plus_minus"
        if ends is None:
            page.gap(
                f"{name}_{suffix}",
                reading.gap or "no value",
                unit=reading.measure.unit,
                formula=formula,
                sources=sources,
            )
        else:
            page.record(
                f"{name}_{suffix}",
                ends[place],
                unit=reading.measure.unit,
                decimals=reading.measure.decimals,
                signed="growth" in name,
                formula=formula,
                sources=sources,
            )


def record_peer(page: Page, quarters: pd.DataFrame, at: pd.Period | None, source: pd.DataFrame) -> None:
    """Record Microsoft's quarter, growth and margin for the same three months: ``peer_quarter``, ``peer_…``."""
    how = "the quarter of Microsoft's fiscal year with the same last day"
    if at is None:
        page.gap("peer_quarter", "Microsoft's table has no row for these months yet", unit="text", formula=how)
    else:
        rows = source[source["fiscal_quarter"] == period_label(at)]
        page.record("peer_quarter", period_words(at), unit="text", formula=how, sources=[tables.rows(rows)])
    for name in ("revenue_growth", "operating_margin"):
        record(page, f"peer_{name}", read(quarters, QUARTERLY[name], at), source, signed="growth" in name)


def record_peer_other_income(page: Page, quarters: pd.DataFrame, at: pd.Period | None, source: pd.DataFrame) -> None:
    """Record what is known of Microsoft's other income in the four quarters to one.

    Facts: ``peer_other_income_quarters``, how many of the four have a figure, and
    ``peer_other_income``, the sum of those, a gap where there is none.
    """
    four = quarters.iloc[:0] if at is None else quarters.loc[at - (QUARTERS_PER_YEAR - 1) : at]
    known = four[OTHER].astype("float64").dropna() if OTHER in four else pd.Series(dtype="float64")
    rows = source[source["fiscal_quarter"].isin([period_label(one) for one in four.index])]
    sources = [tables.rows(rows)] if len(rows) else []
    counted = "quarters of the last four whose other income is in the table"
    how = "sum of other income, net, over those of the last four quarters that have it"
    if at is None or not sources:
        reason = "Microsoft's table has no row for these months yet"
        page.gap("peer_other_income_quarters", reason, unit="count", formula=counted)
        page.gap("peer_other_income", reason, unit="usd", formula=how)
        return
    page.record("peer_other_income_quarters", len(known), unit="count", formula=counted, sources=sources)
    if known.empty:
        page.gap("peer_other_income", "none of the four quarters has it", unit="usd", formula=how, sources=sources)
    else:
        page.record(
            "peer_other_income", known.sum(), unit="usd", decimals=1, scale="billion", formula=how, sources=sources
        )


def record_price(page: Page, price: Price) -> None:
    """Record the price of a share as ``price`` and the session of its close as ``price_session``."""
    how = "last visible close of GOOGL, or the price given by hand"
    if price.usd is None:
        page.gap("price", price.gap or "no price", unit="usd_per_share", formula=how, sources=price.sources)
    else:
        page.record("price", price.usd, unit="usd_per_share", decimals=2, formula=how, sources=price.sources)
    if price.session is None:
        reason = price.gap or "the price was given by hand"
        page.gap("price_session", reason, unit="day", formula="session of the close", sources=price.sources)
    else:
        page.record("price_session", price.session, unit="day", formula="session of the close", sources=price.sources)


def record_multiples(
    page: Page, prefix: str, price: Price, quarters: pd.DataFrame, last: pd.Period | str | None, source: pd.DataFrame
) -> None:
    """Record the price over trailing earnings: ``<prefix>pe`` and ``<prefix>pe_without_other_income``."""
    for name, measure in (("pe", "eps_trailing"), ("pe_without_other_income", "eps_without_other_income_trailing")):
        earnings = read(quarters, QUARTERLY[measure], last)
        if price.usd is None:
            formula = f"price of a share / ({earnings.measure.formula})"
            page.gap(prefix + name, price.gap or "no price", unit="ratio", formula=formula, sources=price.sources)
        else:
            multiple = price_to_earnings(price.usd, earnings)
            record(page, prefix + name, multiple, source, more_sources=price.sources)


def record_article_price(page: Page, figures: pd.DataFrame, quarters: pd.DataFrame, source: pd.DataFrame) -> None:
    """Record the article's price with its multiples, and the earnings that its own multiple presumes.

    Facts: ``article_price``, ``article_pe``, ``article_pe_without_other_income``,
    ``article_forward_pe``, ``implied_eps``, and ``implied_eps_growth`` and
    ``implied_eps_growth_without_other_income``, how far that is above trailing earnings.
    """
    price, multiple = stated.read(figures, "price"), stated.read(figures, "forward-price-to-earnings")
    stated.record(page, "article_price", price, unit="usd_per_share")
    stated.record(page, "article_forward_pe", multiple, unit="ratio")
    at = Price(price.value, None, price.sources, price.gap)
    record_multiples(page, "article_", at, quarters, price.period, source)
    sources = [*price.sources, *multiple.sources]
    implied = None
    how = "price / stated multiple of expected earnings"
    if price.value is None or multiple.value is None:
        reason = price.gap or multiple.gap or "not stated"
        page.gap("implied_eps", reason, unit="usd_per_share", formula=how, sources=sources)
    else:
        implied = implied_earnings(price.value, multiple.value)
        page.record("implied_eps", implied, unit="usd_per_share", decimals=2, formula=how, sources=sources)
    for suffix, name in (("", "eps_trailing"), ("_without_other_income", "eps_without_other_income_trailing")):
        earnings = read(quarters, QUARTERLY[name], price.period)
        how = f"price / stated multiple of expected earnings / ({earnings.measure.formula}) − 1"
        rows = source[source["fiscal_quarter"].isin(earnings.periods)]
        made_of = [*sources, *([tables.rows(rows)] if len(rows) else [])]
        above, reason = _above(implied, earnings, price.gap or multiple.gap)
        if above is None:
            page.gap(f"implied_eps_growth{suffix}", reason, unit="fraction", formula=how, sources=made_of)
        else:
            page.record(
                f"implied_eps_growth{suffix}", above, unit="fraction", signed=True, formula=how, sources=made_of
            )


def record_stated_over_quarter(
    page: Page,
    name: str,
    figures: pd.DataFrame,
    figure_id: str,
    measure: str,
    quarters: pd.DataFrame,
    source: pd.DataFrame,
) -> None:
    """Record a stated figure of a quarter, and how many times the quarter's own figure it is.

    Facts: `name`, the stated figure, and ``<name>_over_quarter``, a gap where either is
    missing or the quarter's own is not above zero.

    Parameters
    ----------
    page, name
        The page's facts, and the fact's name.
    figures, figure_id
        The table ``article_figures``, and the figure's ``id`` in it.
    measure
        A name in :data:`~coordination_gap.company.QUARTERLY`: the same quantity, of one quarter.
    quarters, source
        The frame by period, and the loaded table.
    """
    figure = stated.read(figures, figure_id)
    stated.record(page, name, figure, unit=QUARTERLY[measure].unit)
    own = read(quarters, QUARTERLY[measure], figure.period)
    rows = source[source["fiscal_quarter"].isin(own.periods)]
    sources = [*figure.sources, *([tables.rows(rows)] if len(rows) else [])]
    how = f"stated figure / {QUARTERLY[measure].formula}"
    if figure.value is None or own.value is None or own.value <= 0:
        reason = figure.gap or own.gap or "the quarter's own figure is not above zero"
        page.gap(f"{name}_over_quarter", reason, unit="times", formula=how, sources=sources)
    else:
        times = figure.value / own.value
        page.record(f"{name}_over_quarter", times, unit="times", decimals=1, formula=how, sources=sources)


def record_filed(page: Page, figures: pd.DataFrame, quarters: pd.DataFrame, source: pd.DataFrame) -> None:
    """Record what the filings give for each of the article's figures, in the quarter that the article speaks of.

    Facts: ``filed_<id>`` with the id's hyphens as underscores, and beside earnings growth
    ``filed_eps_without_other_income_growth``. They stay with that quarter, whatever the last one is.

    Parameters
    ----------
    page
        The page's facts.
    figures
        Rows of ``article_figures``; those without a measure are left out.
    quarters
        Alphabet's quarters, from :func:`~coordination_gap.company.by_quarter`.
    source
        The loaded table.
    """
    plain = "eps_without_other_income_growth"
    for row in figures[figures["measure"].notna()].to_dict("records"):
        name = str(row["id"]).replace("-", "_")
        record(page, f"filed_{name}", read(quarters, QUARTERLY[str(row["measure"])], str(row["period"])), source)
        if row["other_measure"] == plain:
            record(page, f"filed_{plain}", read(quarters, QUARTERLY[plain], str(row["period"])), source)


def record_verdicts(
    page: Page, compared: pd.DataFrame, figures: pd.DataFrame, source: pd.DataFrame, tolerances: Tolerances
) -> None:
    """Record how many of the article's figures got which verdict, and which are misleading, by name."""
    rows = figures[figures["id"].isin(compared["id"])]
    limits = tables.parameters(loose=tolerances.loose, misleading_below=tolerances.misleading_below)
    used = source[source["fiscal_quarter"].isin({period for periods in compared["periods"] for period in periods})]
    sources = [*(tables.rows(part) for part in (rows, used) if len(part)), limits]
    verdicts = {"agrees": AGREES, "loosely": LOOSELY, "misleading": MISLEADING, "differs": DIFFERS, "open": NOT_CHECKED}
    how = "count of the compared figures with this verdict"
    reason = "the article is not public as of this day"
    for name, words in {"compared": "", **verdicts}.items():
        if compared.empty:
            page.gap(f"article_{name}", reason, unit="count", formula=how, sources=sources)
        else:
            count = len(compared) if name == "compared" else int((compared["verdict"] == words).sum())
            page.record(f"article_{name}", count, unit="count", formula=how, sources=sources)
    misleading = ", ".join(compared.loc[compared["verdict"] == MISLEADING, "quantity"].str.lower())
    how = "the figures whose verdict is misleading"
    if misleading:
        page.record("article_misleading_names", misleading, unit="text", formula=how, sources=sources)
    else:
        page.gap("article_misleading_names", "no figure has this verdict", unit="text", formula=how, sources=sources)


def _above(implied: float | None, earnings: Reading, gap: str | None) -> tuple[float | None, str]:
    if implied is None:
        return None, gap or "not stated"
    if earnings.value is None:
        return None, earnings.gap or "no value"
    if earnings.value <= 0:
        return None, f"earnings per share of {earnings.period} are not positive"
    return implied / earnings.value - 1, ""
