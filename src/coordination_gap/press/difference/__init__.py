"""The difference between two editions of the book: what went in otherwise, and what came out otherwise."""

from coordination_gap.press.difference.compare import Difference, compare
from coordination_gap.press.difference.document import FORM, document
from coordination_gap.press.difference.sentences import project_texts
from coordination_gap.press.difference.sides import Side, of_file, of_run

__all__ = ["FORM", "Difference", "Side", "compare", "document", "of_file", "of_run", "project_texts"]
