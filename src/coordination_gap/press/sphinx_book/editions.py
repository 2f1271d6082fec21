"""The place in each page for the list of the other published editions, which only the press knows."""

from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config

TEMPLATES = Path(__file__).parent / "templates"


def register(app: Sphinx) -> None:
    """Let the sidebar have a part ``editions.html``."""
    app.connect("config-inited", _add_templates)


def _add_templates(_app: Sphinx, config: Config) -> None:
    config.templates_path.append(str(TEMPLATES))
