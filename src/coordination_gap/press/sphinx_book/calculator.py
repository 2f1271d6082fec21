"""The reliability calculator: ``{reliability-calculator}`` puts it on a page, at the setting its options give.

Each option is a number or the id of a fact, so that the calculator opens at the edition's
own setting::

    ```{reliability-calculator}
    :steps: compounding.steps
    :step-success: compounding.step_success
    :attempts: 3
    :detection: 0.9
    :false-alarm: 0.02
    :loud: 0.5
    ```

``:correlation:`` (between the attempts at a step), ``:correlation-of-steps:``, ``:cost:`` and
``:seconds:`` (of an attempt) may follow, and ``:gate: off`` for a chain whose gate the reader
has to switch on. The results at that setting are computed here and stand in the page, for
readers without JavaScript and for paper; the script in ``static/`` computes all others.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from coordination_gap import conditions
from coordination_gap.press.sphinx_book.calculator_page import ABSENT, FIELDS, NAME, Field, Setting, calculator_html
from coordination_gap.press.sphinx_book.material import material, note_shown

logger = logging.getLogger(__name__)

STATIC = Path(__file__).parent / "static"


class reliability_calculator(nodes.General, nodes.Element):  # noqa: N801 # docutils names its nodes so
    """The calculator, as HTML."""


class CalculatorDirective(SphinxDirective):
    """``{reliability-calculator}``: the calculator, opening at the setting of its options."""

    option_spec: ClassVar[dict[str, Callable[[str], Any]]] = dict.fromkeys(
        (*(field.option for field in FIELDS), "gate"), directives.unchanged
    )

    def run(self) -> list[nodes.Node]:
        """Return the calculator, or a warning for each option that cannot be taken."""
        setting, faults = self._setting()
        if self.env.temp_data.setdefault(NAME, self) is not self:
            faults.append(f"{NAME}: the page has one already, and its address can hold one setting: remove this one")
        for fault in faults:
            logger.warning("%s", fault, location=self.get_location())
        return [] if faults else [reliability_calculator(html=calculator_html(setting))]

    def _setting(self) -> tuple[Setting, list[str]]:
        setting: Setting = {}
        faults = []
        for field in FIELDS:
            try:
                setting[field.key] = self._value(field)
            except ValueError as error:
                faults.append(str(error))
        switch = self.options.get("gate", "on")
        if switch not in ("on", "off"):
            faults.append(f"{NAME}: gate is {switch!r}: give on or off")
        return setting | {"g": switch == "on"}, faults

    def _value(self, field: Field) -> float | int | None:
        text = (self.options.get(field.option) or "").strip()
        if not text:
            if field.option in ABSENT and field.option not in self.options:
                return ABSENT[field.option]
            raise ValueError(f"{NAME}: {field.option} is missing: give a number or the id of a fact")
        state = material(self.env.app)
        if text[0].isalpha() and "." in text:
            fact = conditions.lookup(text, state.facts)
            note_shown(self.env, facts=[text])
            if fact["value"] is None:
                raise ValueError(
                    f"{NAME}: {field.option} is {text}, a gap ({fact['gap']}): give a number or another fact"
                )
            return field.checked(fact["value"])
        return field.checked(_number(text))


def _number(text: str) -> float | int | str:
    """Return what a text says as a number, or the text itself for the check to refuse."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def register(app: Sphinx) -> None:
    """Register the directive, and its script and style for the pages that use it."""
    app.add_node(reliability_calculator, html=(_visit, None))
    app.add_directive(NAME, CalculatorDirective)
    app.connect("builder-inited", lambda app: app.config.html_static_path.append(str(STATIC)))
    app.connect("html-page-context", _add_files)


def _visit(translator: HTML5Translator, node: reliability_calculator) -> None:
    translator.body.append(node["html"])
    raise nodes.SkipNode


def _add_files(
    app: Sphinx, _page: str, _template: str, _context: dict[str, Any], doctree: nodes.document | None
) -> None:
    # Files that are added while a page is written are that page's alone.
    if doctree is not None and any(doctree.findall(reliability_calculator)):
        app.add_js_file(f"{NAME}.js", loading_method="defer")
        app.add_css_file(f"{NAME}.css")
