"""Words of an English text that claim a status, or offer what no record allows, for the gate."""

import re
from collections.abc import Iterator

#: Words that claim a status of an order. Those of the last two classes agree with no order that is replied about.
_STATUS = {
    "shipped": (
        r"ships?\b|shipped\b|dispatched\b|sent\s+out\b|been\s+sent\b|on\s+(?:its|the)\s+way\b|in\s+transit\b|left\s+(?:our|us)\b"
        r"|(?:handed|given)\s+(?:over\s+)?to\s+the\s+carrier\b|with\s+the\s+carrier\b|en\s+route\b"
    ),
    "processing": (
        r"process(?:ing|ed)\b|being\s+(?:prepared|packed|picked|processed)\b|preparing\b|packing\b|in\s+preparation\b"
    ),
    "delivered": r"delivered\b|arrived\b|was\s+received\b|handed\s+to\s+you\b",
    "cancelled": r"cancell?ed\b|cancell?ation\b|voided\b",
    "late": r"delay(?:ed|s)?\b|overdue\b|running\s+late\b|(?:is|be)\s+late\b|behind\s+schedule\b",
    "other": r"lost\b|returned\b|damaged\b|out\s+of\s+stock\b|back-?ordered\b|on\s+hold\b|out\s+for\s+delivery\b",
}
_CLAIM = re.compile("|".join(rf"\b(?P<{status}>{words})" for status, words in _STATUS.items()), re.IGNORECASE)
_NEGATED = re.compile(r"(?:\b(?:not|never|no|without|yet\s+to|cannot)|n['’]t)\b(?:\s+[\w'’]+){0,3}\s*$", re.IGNORECASE)
_AHEAD = re.compile(
    r"\b(?:will|to|should|shall|may|might|can|could|would|when|once|until|till|unless|if|expect(?:ed)?|['’]ll)\b"
    r"(?:\s+[\w'’]+){0,4}\s*$",
    re.IGNORECASE,
)

_OFFERS = re.compile(
    r"\b(?:refund\w*|reimburs\w*|compensat\w*|discount\w*|vouchers?|coupons?|gift\s+cards?|(?:store\s+)?credit\w*"
    r"|money[- ]back|free\b(?!\s+to\b)|complimentary|goodwill|replac\w*|guarant\w*|warrant\w*|definitely|certainly"
    r"|without\s+fail|for\s+sure|assur\w*|we\s+promise|i\s+promise|no\s+charge)",
    re.IGNORECASE,
)


def status_claims(text: str) -> list[tuple[str, str, str]]:
    """Return what a text says about an order's status, a claim each.

    Returns
    -------
    list of (str, str, str)
        The words; the status that they claim; and whether they say that it is (``"is"``), is not (``"not"``), or is
        still to come or a condition (``"ahead"``), by the words before them in their clause.
    """
    found = []
    for match in _CLAIM.finditer(text):
        status = next(status for status in _STATUS if match[status] is not None)
        clause = re.split(r"[.!?;:,\n]", text[max(0, match.start() - 80) : match.start()])[-1]
        turn = "not" if _NEGATED.search(clause) else "ahead" if _AHEAD.search(clause) else "is"
        found.append((match[0], status, turn))
    return found


def status_faults(text: str, status: str) -> Iterator[str]:
    """Yield what disagrees with the status of an order that is in processing or shipped."""
    claims = status_claims(text)
    said = {(claimed, turn) for _, claimed, turn in claims}
    if (status, "is") not in said and not (status == "processing" and ("shipped", "not") in said):
        yield f"it does not say that the order is {status}"
    for words, claimed, turn in claims:
        if turn == "is":
            wrong = claimed != status
        elif turn == "not":
            wrong = claimed == status
        else:
            wrong = not (claimed == "delivered" or (claimed == "shipped" and status == "processing"))
        if wrong:
            yield f"it says {words!r}{'' if turn == 'is' else f' ({turn})'}, and the order is {status}"


def offer_faults(text: str) -> Iterator[str]:
    """Yield offers and assurances that no reply of the agent may hold, denied ones included."""
    for match in _OFFERS.finditer(text):
        yield f"it says {match[0]!r}, which the record does not allow"
