"""Whether the audit of the article is whole: every claim decided, every number covered, every forecast asked."""

from coordination_gap import claims, other_facts, scorecard, tables
from coordination_gap.press import edition

#: Later than any row.
_ALWAYS = "2100-01-01"


def faults() -> list[str]:
    """Return a sentence for each fault of the claims' tables, against the facts in the committed twins.

    A project without the table ``claims`` has none.
    """
    if "claims" not in tables.names():
        return []
    asked = tables.load("forecasts", _ALWAYS) if "forecasts" in tables.names() else None
    unasked = [] if asked is None else scorecard.forecast_faults(asked, tables.load("claims", _ALWAYS))
    base = edition.load("base")
    try:
        stated = claims.read_claims(tables.load("claims", _ALWAYS))
        evidence = tables.load("claim_evidence", _ALWAYS)
        numbers, forecasts = tables.load("article_numbers", _ALWAYS), tables.load("forecasts", _ALWAYS)
        known = other_facts.of_edition(base.as_of)
        found = claims.faults(stated, known, evidence, numbers, forecasts, claims.book_pages())
        if not found:
            claims.decide(stated, known, evidence)
    except (claims.ClaimError, other_facts.OtherFactsError) as error:
        return [*unasked, str(error)]
    return unasked + found
