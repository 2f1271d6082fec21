"""The roles and directives of the prose: fact, wording, when, computed-figure."""

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

from coordination_gap import conditions
from coordination_gap.press import wording
from coordination_gap.press.sphinx_book.material import material, note_shown, shown
from coordination_gap.press.sphinx_book.nodes import computed_figure, fact_node

logger = logging.getLogger(__name__)

#: A role as it is written in the prose.
_ROLE = re.compile(r"\{(?:fact|wording|cite[^}`]*)\}`[^`]*`")


class FactRole(SphinxRole):
    """``{fact}`id```: a fact's display, linked to its entry."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the fact's node, or a warning where there is no such fact."""
        state = material(self.env.app)
        try:
            fact = conditions.lookup(self.text, state.facts)
        except conditions.ConditionError as error:
            logger.warning("%s", error, location=self.get_location())
            return [nodes.Text(self.text)], []
        note_shown(self.env, facts=[self.text])
        return [fact_node(dict(fact))], []


class WordingRole(SphinxRole):
    """``{wording}`id | condition: text | …```: the text whose condition holds."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the chosen text with its facts, or a warning where none fits."""
        state = material(self.env.app)
        try:
            pieces = wording.choose(self.text, state.facts)
        except conditions.ConditionError as error:
            logger.warning("%s", error, location=self.get_location())
            return [nodes.Text(self.text)], []
        note_shown(self.env, facts=wording.referenced(self.text))
        return [nodes.Text(piece) if isinstance(piece, str) else fact_node(dict(piece)) for piece in pieces], []


class WhenDirective(SphinxDirective):
    """``:::{when} id condition``: content shown only where the condition holds."""

    has_content = True
    required_arguments = 2
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Return the content, nothing, or a warning where the condition cannot be decided."""
        state = material(self.env.app)
        fact_id, condition = self.arguments
        try:
            shown = conditions.holds(condition, conditions.lookup(fact_id, state.facts), state.facts)
        except conditions.ConditionError as error:
            logger.warning("%s", error, location=self.get_location())
            return []
        note_shown(self.env, facts=wording.referenced(f"{fact_id} | {condition}: shown"))
        # What is left out is parsed all the same: an unknown id in it must not wait for another edition.
        content = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, content)
        return list(content.children) if shown else []


class ComputedFigureDirective(SphinxDirective):
    """``{computed-figure} id`` with the caption as content: a figure that a notebook published."""

    has_content = True
    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the figure, or a warning where it is unknown or has no caption."""
        state = material(self.env.app)
        figure_id = self.arguments[0]
        figure = state.figures.get(figure_id)
        if figure is None:
            known = ", ".join(state.figures) or "none"
            logger.warning("there is no figure %r; there are %s", figure_id, known, location=self.get_location())
            return []
        if not "".join(self.content).strip():
            logger.warning("figure %s has no caption: write what to see", figure_id, location=self.get_location())
        note_shown(self.env, figures=[figure_id])
        node = computed_figure(figure_id=figure_id, alt=figure["alt"], sizes=figure["sizes"])
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]


def register(app: Sphinx) -> None:
    """Register roles, directives and the check for what nobody reads."""
    app.add_role("fact", FactRole())
    app.add_role("wording", WordingRole())
    app.add_directive("when", WhenDirective)
    app.add_directive("computed-figure", ComputedFigureDirective)
    app.connect("doctree-read", _warn_of_unfilled)
    app.connect("env-check-consistency", _warn_of_unused)


def _warn_of_unfilled(_app: Sphinx, document: nodes.document) -> None:
    for markup in document.findall(nodes.raw):
        role = _ROLE.search(markup.astext())
        if role is not None:
            message = "%s stands within HTML, where nothing is filled in: leave an empty line between them"
            logger.warning(message, role[0], location=markup)


def _warn_of_unused(app: Sphinx, env: BuildEnvironment) -> None:
    state = material(app)
    used = shown(env)
    # A fact that another one is made from is read there.
    for fact in state.facts.values():
        used |= {("fact", row) for source in fact["sources"] if source["table"] == "facts" for row in source["rows"]}
    recorded = [("fact", *item) for item in state.facts.items()] + [("figure", *item) for item in state.figures.items()]
    for kind, name, entry in recorded:
        if (kind, name) not in used:
            notebook = entry.get("notebook") or entry["page"].removeprefix("notebooks/").removesuffix(".html")
            message = "%s %s is recorded but no page shows it; show it or stop recording it"
            logger.warning(message, kind, name, location=f"notebooks/{notebook}.md:{entry['line']}")
