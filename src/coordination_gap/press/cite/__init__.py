"""Citations of the book, a chapter, a figure or a fact: CSL JSON as the one model, every format from it."""

from coordination_gap.press.cite.formats import FORMATS, formatted
from coordination_gap.press.cite.works import Csl, Publication, publication

__all__ = ["FORMATS", "Csl", "Publication", "formatted", "publication"]
