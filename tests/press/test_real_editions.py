"""What the shipped editions need beside the numbers of base."""

import re
from pathlib import Path

from coordination_gap import paths
from coordination_gap.press import edition, notebooks, site


def test_every_figure_that_the_text_names_is_there_on_the_articles_day(tmp_path: Path) -> None:
    executed = site.run_edition(edition.load("article-day"), tmp_path / "executed")
    texts = [(paths.notebooks() / f"{name}.md").read_text(encoding="utf-8") for name in executed]
    named = {figure for text in texts for figure in re.findall(r"^`{3,}\{computed-figure\} (\S+)", text, re.MULTILINE)}
    published = {figure["id"] for notebook in executed.values() for figure in notebooks.recorded_figures(notebook)}
    assert len(named) > 40
    assert named - published == set()
