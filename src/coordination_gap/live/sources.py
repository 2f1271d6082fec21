"""What a provider of filings or prices has to give: small interfaces, so that another one can stand in."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol


class RefreshError(ValueError):
    """The tables cannot be refreshed; the message says why and what to do. Nothing was written."""


@dataclass(frozen=True)
class FiledFact:
    """One value as one filing gives it.

    Attributes
    ----------
    concept
        The tag of the US-GAAP taxonomy, such as ``"Revenues"``.
    unit
        ``"USD"``, ``"shares"`` or ``"USD per share"``.
    start
        First day of the period; None for a balance at the end of a day.
    end
        Last day of the period, or the day of the balance.
    value
        In `unit`, exactly as filed.
    accession_number
        The filing.
    form
        Its SEC form, such as ``"10-Q"``.
    filed_on
        The day it was filed.
    """

    concept: str
    unit: str
    start: dt.date | None
    end: dt.date
    value: Decimal
    accession_number: str
    form: str
    filed_on: dt.date


class FilingSource(Protocol):
    """Gives every value that a company has filed."""

    name: str

    def facts(self, cik: int) -> list[FiledFact]:
        """Return the values of the company with this SEC number.

        Raises
        ------
        RefreshError
            If they cannot be had, or are not what was asked for.
        """
        ...


class PriceSource(Protocol):
    """Gives the closes of a share, adjusted for splits and dividends."""

    name: str

    def closes(self, ticker: str, first: dt.date, last: dt.date) -> Mapping[dt.date, float]:
        """Return the adjusted close in USD of each session from `first` to `last`, both included.

        Raises
        ------
        RefreshError
            If they cannot be had, or there are none.
        """
        ...


_CONTACT = re.compile(r"\S.*\s<?[^\s@<>]+@[^\s@<>.]+(\.[^\s@<>.]+)+>?")


def check_contact(contact: str | None) -> str:
    """Return the contact string that the SEC asks automatic readers to send.

    Source of the rule: https://www.sec.gov/os/accessing-edgar-data.

    Raises
    ------
    RefreshError
        If it is missing, or is not a name followed by a mail address.
    """
    wanted = 'give a name and a mail address, such as --contact "Jane Doe jane@example.org"'
    if contact is None or not contact.strip():
        raise RefreshError(f"the SEC asks who is reading and there is no contact string: {wanted}")
    if not contact.isprintable() or not contact.isascii() or not _CONTACT.fullmatch(contact.strip()):
        raise RefreshError(f"the contact string is {contact!r}: {wanted}")
    return contact.strip()
