"""The classifier behind the local model: which words and bits of words go with which intent, and no more.

Term frequencies of words, word pairs and strings of two to four letters (TF-IDF) go into a logistic regression, both
from scikit-learn, fitted to the made-up e-mails of the table ``support_training``. Numbers are read as "a number" or
"four digits", never as themselves. Nothing in an e-mail is an instruction here: its words are counted.
"""

import functools
import re
import unicodedata
from typing import TYPE_CHECKING, Any

import pandas as pd

from coordination_gap import tables
from coordination_gap.agent.intents import INTENTS, Classification
from coordination_gap.agent.made_up_orders import SHOP_DAY

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

INVERSE_REGULARISATION = 200.0
"""In cross-validation the mean confidence here comes near the share that is right; at lower values it falls short."""

_WORD = r"[\w']+"
_DIGITS = re.compile(r"\d+")


class IntentClassifier:
    """A fitted classifier of e-mails.

    Parameters
    ----------
    emails
        What to fit it to: ``subject``, ``body`` and ``intent``, every intent more than once.
    """

    def __init__(self, emails: pd.DataFrame) -> None:
        from threadpoolctl import threadpool_limits

        self._pipeline = _pipeline()
        # One thread: quicker at this size by far, and the same result whatever the number of cores.
        with threadpool_limits(1):
            self._pipeline.fit(_prepared(emails), emails["intent"])

    def classify(self, subject: str, body: str) -> Classification:
        """Return the likeliest intent and its probability, rounded to three decimals."""
        return self.classify_all([(subject, body)])[0]

    def classify_all(self, emails: list[tuple[str, str]]) -> list[Classification]:
        """Return for each e-mail, a subject and a body, what :meth:`classify` does."""
        intents = self._pipeline.classes_
        chances = self._pipeline.predict_proba([prepared(subject, body) for subject, body in emails])
        return [Classification(str(intents[row.argmax()]), round(float(row.max()), 3)) for row in chances]

    def vectors(self, emails: list[tuple[str, str]]) -> "csr_matrix":
        """Return the term frequencies of e-mails, each a subject and a body: a row an e-mail, a column a term."""
        return self._pipeline[:-1].transform([prepared(subject, body) for subject, body in emails])


def training_emails() -> pd.DataFrame:
    """Return the table ``support_training``, a blank subject as empty text."""
    emails = tables.load("support_training", SHOP_DAY)
    emails["subject"] = emails["subject"].fillna("")
    return emails


def trained_classifier() -> IntentClassifier:
    """Return the classifier fitted to the training table, fitted once in a process for the table as it is.

    Raises
    ------
    coordination_gap.tables.TableError
        If the table is missing or malformed.
    """
    tables.load("support_training", SHOP_DAY)  # which says what is wrong with it
    return _trained(tables.sha256("support_training"))


@functools.lru_cache(maxsize=2)
def _trained(_sha256: str) -> IntentClassifier:
    return IntentClassifier(training_emails())


def cross_validated(folds: int = 5, seed: int = 0) -> pd.DataFrame:
    """Classify each training e-mail by a classifier that was fitted without it.

    The classifier's settings were chosen, and part of the e-mails written, after a look at such results: they flatter
    it. How it does on e-mails by another hand is the honest measure.

    Parameters
    ----------
    folds
        Into how many parts the e-mails are split, 2 to 20, the intents alike in each.
    seed
        Of the split.

    Returns
    -------
    pandas.DataFrame
        A row an e-mail, in the table's order: ``text_id``, ``intent``, ``predicted`` and ``confidence``.

    Raises
    ------
    ValueError
        If `folds` is out of range.
    """
    if not isinstance(folds, int) or not 2 <= folds <= 20:
        raise ValueError(f"folds is {folds!r}: give a whole number from 2 to 20")
    from sklearn.model_selection import StratifiedKFold

    emails = training_emails().reset_index(drop=True)
    result = emails[["text_id", "intent"]].assign(predicted="", confidence=0.0)
    for fitted, held_out in StratifiedKFold(folds, shuffle=True, random_state=seed).split(emails, emails["intent"]):
        told = emails.iloc[held_out]
        answers = IntentClassifier(emails.iloc[fitted]).classify_all(
            list(zip(told["subject"], told["body"], strict=True))
        )
        result.loc[held_out, "predicted"] = [answer.intent for answer in answers]
        result.loc[held_out, "confidence"] = [answer.confidence for answer in answers]
    return result


def accuracy_by_intent(classified: pd.DataFrame) -> pd.DataFrame:
    """Return how well each intent was found.

    Parameters
    ----------
    classified
        ``intent``, the right one, and ``predicted``.

    Returns
    -------
    pandas.DataFrame
        By intent, in the order of :data:`~coordination_gap.agent.intents.INTENTS`: ``emails``, how many have it;
        ``recall``, the share of them that were found; ``precision``, the share of those taken for it that have it. A
        share of none is missing.
    """
    right = classified["intent"].eq(classified["predicted"])
    found = right.groupby(classified["intent"]).agg(["size", "mean"]).reindex(list(INTENTS))
    precise = right.groupby(classified["predicted"]).mean().reindex(list(INTENTS))
    frame = pd.DataFrame({"emails": found["size"].fillna(0).astype(int), "recall": found["mean"], "precision": precise})
    return frame.rename_axis("intent")


def reliability_table(
    classified: pd.DataFrame, edges: tuple[float, ...] = (0.0, 0.3, 0.5, 0.7, 0.9, 1.0)
) -> pd.DataFrame:
    """Return what confidence was worth: how often the classifier was right, by how sure it was.

    Parameters
    ----------
    classified
        ``intent``, ``predicted`` and ``confidence``, a probability.
    edges
        Of the bins of confidence, rising from 0 to 1; a bin holds its upper edge, the first its lower one too.

    Returns
    -------
    pandas.DataFrame
        A row a bin: ``above`` and ``up_to``, its edges; ``emails``; ``confidence``, the mean; and ``right``, the share
        that was right. Where a bin is empty the last two are missing.

    Raises
    ------
    ValueError
        If `edges` do not rise from 0 to 1.
    """
    if len(edges) < 2 or edges[0] != 0 or edges[-1] != 1 or list(edges) != sorted(set(edges)):
        raise ValueError(f"edges are {edges!r}: give numbers that rise from 0 to 1")
    bins = pd.cut(classified["confidence"], list(edges), include_lowest=True, labels=False)
    told = pd.DataFrame(
        {"confidence": classified["confidence"], "right": classified["intent"] == classified["predicted"]}
    )
    by_bin = told.groupby(bins).agg(
        emails=("right", "size"), confidence=("confidence", "mean"), right=("right", "mean")
    )
    by_bin = by_bin.reindex(range(len(edges) - 1))
    by_bin["emails"] = by_bin["emails"].fillna(0).astype(int)
    by_bin.insert(0, "above", edges[:-1])
    by_bin.insert(1, "up_to", edges[1:])
    return by_bin.reset_index(drop=True)


def prepared(subject: str, body: str) -> str:
    """Return an e-mail as the classifier reads it: lower case, plain apostrophes, a number by its kind."""
    text = unicodedata.normalize("NFKC", f"{subject} . {body}").lower().replace("’", "'")
    return _DIGITS.sub(lambda digits: " fourdigits " if len(digits[0]) == 4 else " number ", text)


def _prepared(emails: pd.DataFrame) -> list[str]:
    return [prepared(subject, body) for subject, body in zip(emails["subject"], emails["body"], strict=True)]


def _pipeline() -> Any:
    # scikit-learn takes long to import, and a hosted model needs none of it.
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline, make_union

    shared = {"sublinear_tf": True, "min_df": 2}  # a term of one e-mail alone tells nothing of others
    words = TfidfVectorizer(ngram_range=(1, 2), token_pattern=_WORD, **shared)
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), **shared)
    return make_pipeline(make_union(words, letters), LogisticRegression(C=INVERSE_REGULARISATION, max_iter=500))
