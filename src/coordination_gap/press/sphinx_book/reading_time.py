"""How long a page takes to read, from its words."""

import re

from docutils import nodes

from coordination_gap.press.sphinx_book.margin_sources import source_note

#: Words a minute: the mean of adults who read English silently, for non-fiction (Brysbaert 2019, 238).
WORDS_A_MINUTE = 238

_WORD = re.compile(r"\w[\w’'.,%-]*")
#: What is looked at or looked up, and not read word by word.
_NOT_READ = (nodes.literal_block, nodes.raw, nodes.math, nodes.math_block, nodes.table, nodes.citation, source_note)


def words(document: nodes.Node) -> int:
    """Return the number of words of a document's prose: without code, tables, formulas and sources."""
    if isinstance(document, nodes.Text):
        return len(_WORD.findall(document.astext()))
    if isinstance(document, _NOT_READ):
        return 0
    return sum(words(child) for child in document.children)


def minutes(document: nodes.Node) -> int:
    """Return the minutes that reading a document's prose takes, at least one."""
    return max(1, round(words(document) / WORDS_A_MINUTE))
