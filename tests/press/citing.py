"""An edition to cite from, and facts with whatever a text can hold."""

import datetime as dt
from typing import Any

from coordination_gap.press import addresses
from coordination_gap.press.cite import Publication

BOOK = addresses.Book(
    "The Coordination Gap", "The Coordination Gap contributors", "https://example.org/gap", "https://example.org/code"
)
#: Markup, LaTeX, RIS, a comment and an end of a script.
EVIL = "<b>x</b></script><!--c--> & \"q\" 'r' {\\bf y}_1 $2$ 3% ~^#\r\nER  - \nTY  - JOUR\x00\u2028"


def source(
    version: str = "1.2.0", name: str = "base", *, issued: dt.date | None = None, published: bool = True
) -> Publication:
    """Return the source of citations of an edition as of 10 September 2026."""
    place = addresses.Edition(BOOK.site, name, version, published)
    return Publication(BOOK, place, "2026-09-10", "ab" * 32, issued)


def fact(fact_id: str = "a.b", display: str = "83.3%", **more: Any) -> dict[str, Any]:
    """Return a fact as it is published."""
    plain: dict[str, Any] = {
        "id": fact_id,
        "value": 0.833,
        "unit": "probability",
        "display": display,
        "interval": None,
        "as_of": "2026-09-10",
        "edition": "base",
        "page": "notebooks/05_compounding.html",
        "formula": "success of one step to the power of the steps",
        "sources": [],
        "inputs_sha256": "cd" * 32,
        "gap": None,
    }
    return plain | more
