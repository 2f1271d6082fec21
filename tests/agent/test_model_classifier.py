"""The classifier of e-mails: what it is worth, and how that is measured."""

import numpy as np
import pandas as pd
import pytest

from coordination_gap.agent import local_classifier
from coordination_gap.agent.intents import INTENTS
from coordination_gap.agent.local_classifier import (
    IntentClassifier,
    accuracy_by_intent,
    cross_validated,
    prepared,
    reliability_table,
    trained_classifier,
    training_emails,
)


@pytest.fixture(scope="module")
def held_out() -> pd.DataFrame:
    return cross_validated(folds=3)


def test_most_emails_are_classified_right_by_a_classifier_that_has_not_seen_them(held_out: pd.DataFrame) -> None:
    right = held_out["intent"] == held_out["predicted"]
    most_common = held_out["intent"].value_counts(normalize=True).max()
    assert right.mean() > 0.75 > 3 * most_common
    assert accuracy_by_intent(held_out)["recall"].min() > 0.5


def test_confidence_means_something(held_out: pd.DataFrame) -> None:
    table = reliability_table(held_out, (0.0, 0.5, 0.7, 0.9, 1.0))
    assert table["right"].is_monotonic_increasing
    assert (table["right"] - table["confidence"]).abs().max() < 0.2
    right = held_out["intent"] == held_out["predicted"]
    assert abs(held_out["confidence"].mean() - right.mean()) < 0.06


def test_an_email_is_held_out_of_the_fit_that_classifies_it(monkeypatch: pytest.MonkeyPatch) -> None:
    emails = training_emails().groupby("intent").head(20)
    shuffled = emails.assign(intent=np.random.default_rng(3).permutation(emails["intent"]))
    monkeypatch.setattr(local_classifier, "training_emails", lambda: shuffled)
    result = cross_validated(folds=2)
    # With intents dealt at random only a classifier that saw the answers would find more than chance does.
    assert (result["intent"] == result["predicted"]).mean() < 0.3
    assert list(result["text_id"]) == list(shuffled["text_id"])
    seen = IntentClassifier(shuffled)
    found = [seen.classify(s, b).intent for s, b in zip(shuffled["subject"], shuffled["body"], strict=True)]
    assert (shuffled["intent"] == found).mean() > 0.9


@pytest.mark.parametrize("folds", [1, 21, 2.5])
def test_a_number_of_folds_out_of_range_is_refused(folds: int) -> None:
    with pytest.raises(ValueError, match=f"folds is {folds}: give a whole number from 2 to 20"):
        cross_validated(folds)


def test_two_fits_answer_alike_to_the_last_digit() -> None:
    one, other = trained_classifier(), IntentClassifier(training_emails())
    for subject, body in [("", "wheres my stuff 1234"), ("Size?", "Is it long?"), ("", ""), ("x", "ÄÖ😀 " * 500)]:
        assert one.classify(subject, body) == other.classify(subject, body)


def test_confidence_is_the_softmax_of_terms_times_weights() -> None:
    classifier = trained_classifier()
    subject, body = "late", "where is order 5120, it should have come on Monday"
    regression = classifier._pipeline[-1]
    scores = classifier.vectors([(subject, body)]) @ regression.coef_.T + regression.intercept_
    chances = np.exp(scores[0]) / np.exp(scores[0]).sum()
    found = classifier.classify(subject, body)
    assert found.intent == regression.classes_[chances.argmax()] == "order_status"
    assert found.confidence == pytest.approx(chances.max(), abs=5e-4)


@pytest.mark.parametrize(
    ("subject", "body", "read"),
    [
        ("Order 4821", "It’s LATE, 12 days", "order  fourdigits  . it's late,  number  days"),
        ("", "ﬁne №10293", " . fine no number "),
    ],
)
def test_an_email_is_read_in_lower_case_with_numbers_by_their_kind(subject: str, body: str, read: str) -> None:
    assert prepared(subject, body) == read


def test_which_order_is_meant_does_not_matter() -> None:
    classifier = trained_classifier()
    assert classifier.classify("Where?", "Order 1111?") == classifier.classify("Where?", "Order 9876?")


KNOWN = pd.DataFrame(
    [
        ("refund", "refund", 0.95),
        ("refund", "other", 0.35),
        ("refund", "refund", 0.6),
        ("other", "other", 0.5),
        ("complaint", "other", 0.7),
    ],
    columns=["intent", "predicted", "confidence"],
)


def test_accuracy_by_intent_of_a_known_case() -> None:
    table = accuracy_by_intent(KNOWN)
    assert list(table.index) == list(INTENTS)
    known = {
        "refund": (3, 2 / 3, 1.0),
        "other": (1, 1.0, 1 / 3),
        "complaint": (1, 0.0, np.nan),
        "cancel_order": (0, np.nan, np.nan),
    }
    for intent, (emails, recall, precision) in known.items():
        row = table[table.index == intent].to_dict("records")[0]
        assert row["emails"] == emails
        np.testing.assert_allclose([row["recall"], row["precision"]], [recall, precision])


def test_accuracy_by_intent_agrees_with_scikit_learn(held_out: pd.DataFrame) -> None:
    from sklearn.metrics import precision_recall_fscore_support

    precision, recall, _, emails = precision_recall_fscore_support(
        held_out["intent"], held_out["predicted"], labels=list(INTENTS)
    )
    table = accuracy_by_intent(held_out)
    np.testing.assert_allclose(table["recall"], recall)
    np.testing.assert_allclose(table["precision"], precision)
    assert table["emails"].tolist() == emails.tolist()


def test_the_reliability_table_of_a_known_case() -> None:
    table = reliability_table(KNOWN, (0.0, 0.2, 0.5, 1.0))
    assert table["above"].tolist() == [0.0, 0.2, 0.5]
    assert table["up_to"].tolist() == [0.2, 0.5, 1.0]
    assert table["emails"].tolist() == [0, 2, 3]
    assert table["confidence"].tolist()[1:] == [pytest.approx(0.425), pytest.approx(0.75)]
    assert table["right"].tolist()[1:] == [0.5, pytest.approx(2 / 3)]
    assert table.iloc[0][["confidence", "right"]].isna().all()


@pytest.mark.parametrize("edges", [(), (0.0,), (0.0, 0.5), (0.1, 1.0), (0.0, 0.7, 0.3, 1.0), (0.0, 0.5, 0.5, 1.0)])
def test_edges_that_do_not_rise_from_0_to_1_are_refused(edges: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match=r"^edges are .*: give numbers that rise from 0 to 1$"):
        reliability_table(KNOWN, edges)
