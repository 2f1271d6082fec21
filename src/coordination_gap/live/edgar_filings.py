"""Filings from the SEC's company facts, read with the library edgartools."""

import datetime as dt
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from typing import Any

from coordination_gap.live.sources import FiledFact, RefreshError, check_contact

# The only forms whose figures are the company's own accounts: a proxy statement repeats some of them.
FORMS = ("10-K", "10-Q")


class EdgarFilings:
    """The SEC's company facts.

    Parameters
    ----------
    contact
        Name and mail address, sent with each request as the SEC asks.

    Raises
    ------
    RefreshError
        If the contact string is missing or malformed.
    """

    name = "SEC XBRL company facts"

    def __init__(self, contact: str | None) -> None:
        self._contact = check_contact(contact)

    def facts(self, cik: int) -> list[FiledFact]:
        """Return every value in USD, shares or USD per share that the company's 10-K and 10-Q filings give."""
        with _no_traces_left(self._contact):
            parsed = _parsed(cik)
        found = [_fact(item) for item in parsed if item.taxonomy == "us-gaap" and item.form_type in FORMS]
        if not found:
            raise RefreshError(
                f"the SEC's company facts of CIK {cik:010d} hold no 10-K and no 10-Q: nothing was written"
            )
        return found


@contextmanager
def _no_traces_left(contact: str) -> Iterator[None]:
    """Let the library keep its cache in a folder that is gone afterwards, and forget the contact string."""
    before = {name: os.environ.get(name) for name in ("EDGAR_IDENTITY", "EDGAR_LOCAL_DATA_DIR")}
    with tempfile.TemporaryDirectory(prefix="gapbook-edgar-") as folder:
        os.environ["EDGAR_LOCAL_DATA_DIR"] = folder
        try:
            _identify(contact)
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


def _identify(contact: str) -> None:
    import edgar

    edgar.set_identity(contact)


def _parsed(cik: int) -> Any:
    from edgar.entity import entity_facts as library

    entity_facts: Any = library  # parts of it have no types
    entity_facts.clear_company_facts_cache()
    # A short answer can come to any error in the library: to the reader each is an answer that cannot be used.
    # Its warnings say the same as the errors below.
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            answer = entity_facts.get_company_facts(cik)
    except Exception as error:
        raise RefreshError(
            f"the SEC's company facts of CIK {cik:010d} could not be had ({_told(error)}): nothing was written; "
            "check the network and try again later"
        ) from error
    finally:
        entity_facts.clear_company_facts_cache()
    if answer is None:
        raise RefreshError(
            f"the SEC's answer for CIK {cik:010d} has no company facts in it: nothing was written; try again later"
        )
    if answer.cik != cik:
        raise RefreshError(f"the SEC's answer is for CIK {answer.cik:010d}, not {cik:010d}: nothing was written")
    return answer.get_all_facts()


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no reason given'}"


def _fact(item: Any) -> FiledFact:
    try:
        value = Decimal(str(item.value))
    except InvalidOperation:
        value = Decimal("NaN")
    days_known = isinstance(item.period_end, dt.date) and isinstance(item.filing_date, dt.date)
    if not value.is_finite() or not days_known or not item.accession:
        raise RefreshError(
            f"the SEC's company facts give {item.concept} as {item.value!r} for the period to {item.period_end}, filed "
            f"{item.filing_date} as {item.accession or 'no number'}: a value, both days and the filing are needed; "
            "nothing was written"
        )
    return FiledFact(
        concept=item.concept.removeprefix("us-gaap:"),
        unit=item.unit,
        start=item.period_start,
        end=item.period_end,
        value=value,
        accession_number=item.accession,
        form=item.form_type,
        filed_on=item.filing_date,
    )
