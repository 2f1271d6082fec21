"""The made-up e-mails and wordings that the local model is made from."""

import itertools
import re

import pytest

from coordination_gap.agent.intents import INTENTS
from coordination_gap.agent.local_classifier import training_emails
from coordination_gap.agent.local_drafts import PLACEHOLDERS, Wording, wordings
from coordination_gap.agent.reply_words import MONTHS

SITUATIONS = {"reply_processing", "reply_shipped", "ask_number", "ask_not_found"}


def test_there_are_enough_emails_of_each_intent_with_and_without_a_number() -> None:
    emails = training_emails()
    assert len(emails) >= 320
    assert set(emails["intent"]) == set(INTENTS)
    assert emails["intent"].value_counts().min() >= 40
    numbered = (emails["subject"] + " " + emails["body"]).str.contains(r"(?<!\d)\d{4}(?!\d)")
    for intent in ("order_status", "return_item", "cancel_order", "change_address", "refund", "complaint"):
        share = numbered[emails["intent"] == intent].mean()
        assert 0.3 < share < 0.9, f"{intent}: {share:.2f}"
    numbers = emails["body"].str.findall(r"(?<!\d)\d{4}(?!\d)").explode().dropna()
    assert numbers.nunique() / len(numbers) > 0.9


def test_no_two_emails_are_nearly_the_same() -> None:
    emails = training_emails()
    words = [frozenset(re.findall(r"[\w']+", re.sub(r"\d", "0", body.lower()))) for body in emails["body"]]
    alike = [
        (emails["body"].iloc[a], emails["body"].iloc[b])
        for a, b in itertools.combinations(range(len(words)), 2)
        if min(len(words[a]), len(words[b])) > 3 and len(words[a] & words[b]) / len(words[a] | words[b]) > 0.75
    ]
    assert alike == []
    assert emails["body"].str.lower().is_unique


def test_emails_differ_in_length_and_manner() -> None:
    bodies = training_emails()["body"]
    lengths = bodies.str.count(r"\S+")
    assert lengths.min() <= 2
    assert lengths.max() >= 40
    assert (bodies.str.isupper() & (lengths > 2)).sum() >= 10
    assert bodies.str.islower().sum() >= 50


def test_each_situation_has_several_wordings_that_differ() -> None:
    for situation in SITUATIONS:
        of_it = [wording for wording in wordings() if wording.situation == situation]
        assert len({wording.message for wording in of_it}) == len(of_it) >= 5
        assert len({wording.written_for for wording in of_it}) == len(of_it)
    assert {wording.situation for wording in wordings()} == SITUATIONS


@pytest.mark.parametrize("wording", wordings(), ids=lambda wording: wording.reply_id)
def test_a_wording_says_nothing_that_the_record_does_not(wording: Wording) -> None:
    said = " ".join([wording.opening, wording.message, wording.closing])
    assert not re.search(r"\d", said)
    assert not any(month in said for month in MONTHS)
    forbidden = (
        r"refund|compensat|discount|voucher|guarantee|tomorrow|yesterday|shortly|soon\b|within|deliver(y|ed)|ship(ped)?\b"
        r"|cancel|prepared|will (arrive|reach|come|be)"
    )
    assert not re.search(forbidden, said, re.IGNORECASE)  # the status is told by status_words alone
    assert not re.search(r"[{}]", wording.opening + wording.closing)
    if wording.situation.startswith("ask"):
        assert wording.placeholders() == set()
    else:
        assert {"order_id", "item", "status_words", "promised_on"} <= wording.placeholders() <= set(PLACEHOLDERS)
    if wording.situation == "reply_processing":
        assert "shipped_on" not in wording.placeholders()
