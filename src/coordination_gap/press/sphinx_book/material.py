"""What the extension prints from, and what it has printed so far."""

from dataclasses import dataclass, field
from typing import Any, cast

from sphinx.application import Sphinx


@dataclass
class Material:
    """The facts, figures and edition of one build.

    Attributes
    ----------
    facts, figures
        By id, as the press collected them.
    titles
        The title of each notebook's page, by its address.
    edition
        Its name, title, purpose, as-of day and parameters.
    difference
        What differs from another edition, as :func:`coordination_gap.press.difference.of_build.of_build` gives it.
    facts_shown, figures_shown
        The ids that some page has used.
    """

    facts: dict[str, dict[str, Any]]
    figures: dict[str, dict[str, Any]]
    titles: dict[str, str]
    edition: dict[str, Any]
    difference: dict[str, Any]
    facts_shown: set[str] = field(default_factory=set)
    figures_shown: set[str] = field(default_factory=set)


def material(app: Sphinx) -> Material:
    """Return the material of the build that `app` runs."""
    return cast(Material, app.gapbook)  # type: ignore[attr-defined] # set when the builder starts
