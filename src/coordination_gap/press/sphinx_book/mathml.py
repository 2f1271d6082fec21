"""Mathematics as MathML, made when the site is: browsers lay it out without a script."""

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator


def register(app: Sphinx) -> None:
    """Register the renderer under the name ``mathml``."""
    app.add_html_math_renderer("mathml", (_visit_inline, None), (_visit_block, None))


def _visit_inline(translator: HTML5Translator, node: nodes.math) -> None:
    translator.body.append(convert(node.astext(), display="inline"))
    raise nodes.SkipNode


def _visit_block(translator: HTML5Translator, node: nodes.math_block) -> None:
    # A formula wider than a phone scrolls in its box, which the keyboard must be able to reach.
    formula = convert(node.astext(), display="block")
    translator.body.append(f'<div class="math-display" role="region" tabindex="0" aria-label="Formula">{formula}</div>')
    raise nodes.SkipNode
