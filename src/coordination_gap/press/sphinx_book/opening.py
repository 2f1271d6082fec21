"""The opening of a page: its answer, and beside it the numbers that carry it.

The numbers are a list in a ``{container} key-numbers`` that follows the answer; each begins with its
fact in bold. One whose fact is a gap in the edition is left out.
"""

from docutils import nodes
from sphinx.application import Sphinx

from coordination_gap.press.sphinx_book.nodes import fact_reference

KEY_NUMBERS = "key-numbers"
#: Of the whole book, on the landing page: these stand beneath its answer.
OF_THE_BOOK = "of-the-book"
#: A number of more characters is set smaller, so that it stands on one line.
LONGEST = 9


def register(app: Sphinx) -> None:
    """Arrange the openings when pages are read."""
    app.connect("doctree-read", lambda _app, document: arrange(document))


def arrange(document: nodes.document) -> None:
    """Leave out the key numbers of a page that are gaps, and put the others into its answer."""
    for numbers in list(document.findall(nodes.container)):
        if KEY_NUMBERS not in numbers["classes"]:
            continue
        for item in list(numbers.findall(nodes.list_item)):
            fact = next(item.findall(fact_reference), None)
            if fact is not None and fact["fact"]["gap"]:
                item.parent.remove(item)
            elif fact is not None and len(fact.astext()) > LONGEST:
                item["classes"].append("long")
        answer = numbers.previous_sibling()
        if not any(numbers.findall(nodes.list_item)):
            numbers.parent.remove(numbers)
        elif OF_THE_BOOK not in numbers["classes"] and isinstance(answer, nodes.admonition):
            numbers.parent.remove(numbers)
            answer += numbers
            answer["classes"].append("with-numbers")
