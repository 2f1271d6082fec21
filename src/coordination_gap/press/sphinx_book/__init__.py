"""The Sphinx extension of the book: facts, wordings and computed figures in prose, and the calculator.

``gapbook_material`` in the configuration names a JSON file that the press writes, with
the facts, the figures and the edition. Whatever cannot be printed is a warning, and the
press builds with warnings as errors.
"""

import json
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from coordination_gap.press.sphinx_book import (
    calculator,
    citations,
    csp,
    edition_changes,
    editions,
    fact_cards,
    fact_pages,
    figure_pages,
    frame,
    head_tags,
    margin_sources,
    material,
    mathml,
    nodes,
    opening,
    pages,
    roles,
    uses,
)
from coordination_gap.press.sphinx_book.material import Material


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.add_config_value("gapbook_material", "", "env")
    # Jupyter Book sets these for extensions that this book leaves out.
    for name in ("comments_config", "use_jupyterbook_latex"):
        app.add_config_value(name, None, "")
    app.connect("builder-inited", _load)
    app.connect("builder-inited", _allow_reading_side_by_side)
    material.register(app)
    nodes.register(app)
    editions.register(app)
    roles.register(app)
    pages.register(app)
    mathml.register(app)
    calculator.register(app)
    edition_changes.register(app)
    uses.register(app)
    fact_pages.register(app)
    figure_pages.register(app)
    citations.register(app)
    fact_cards.register(app)
    head_tags.register(app)
    opening.register(app)
    margin_sources.register(app)
    frame.register(app)
    csp.register(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def _allow_reading_side_by_side(app: Sphinx) -> None:
    # They act when all pages have been read, and do not say that they are safe.
    for name in ("sphinx_multitoc_numbering", "sphinx_jupyterbook_latex"):
        if name in app.extensions:
            app.extensions[name].parallel_read_safe = True


def _load(app: Sphinx) -> None:
    content = json.loads(Path(app.config.gapbook_material).read_text(encoding="utf-8"))
    app.gapbook = Material(  # type: ignore[attr-defined] # the extension's own state, kept on the application
        facts={fact["id"]: fact for fact in content["facts"]},
        figures=content["figures"],
        titles=content["titles"],
        edition=content["edition"],
        difference=content["difference"],
    )
