"""Mathematics as MathML, made when the site is: browsers lay it out without a script."""

from html import escape
from xml.etree import ElementTree

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)


def register(app: Sphinx) -> None:
    """Register the renderer under the name ``mathml``."""
    app.add_html_math_renderer("mathml", (_visit_inline, None), (_visit_block, None))


def _visit_inline(translator: HTML5Translator, node: nodes.math) -> None:
    translator.body.append(mathml(node, "inline"))
    raise nodes.SkipNode


def _visit_block(translator: HTML5Translator, node: nodes.math_block) -> None:
    # A formula wider than a phone scrolls in its box, which the keyboard must be able to reach.
    formula = mathml(node, "block")
    translator.body.append(f'<div class="math-display" role="region" tabindex="0" aria-label="Formula">{formula}</div>')
    raise nodes.SkipNode


def mathml(node: nodes.Element, display: str) -> str:
    """Return a formula as MathML, or nothing and a warning where the converter cannot read it."""
    tex = node.astext()
    try:
        formula = convert(tex, display=display)
        ElementTree.fromstring(formula)  # noqa: S314 # our own text; the converter leaves < and & in words as they are
    except Exception as error:  # the converter raises a kind of its own for each mistake, some without a word
        logger.warning("the formula %r cannot be shown (%s)", tex, error or type(error).__name__, location=node)
        return ""
    return _with_source(str(formula), tex)


def _with_source(formula: str, tex: str) -> str:
    """Return a formula that carries the TeX it was written in, as MathML provides for: paper is set from that."""
    opening, _, inside = formula.partition(">")
    inside = inside.removesuffix("</math>")
    source = f'<annotation encoding="application/x-tex">{escape(tex, quote=False)}</annotation>'
    return f"{opening}><semantics>{inside}{source}</semantics></math>"
