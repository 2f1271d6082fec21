"""The page of what changed, in a built book."""

from tests.conftest import Project

PAGE = "# Changes between editions\n\n```{edition-changes}\n```\n"


def test_a_book_with_a_replaced_value_is_held_against_what_it_was_made_from(project: Project) -> None:
    project.path("book/changes.md").write_text(PAGE, encoding="utf-8")
    project.edit("_toc.yml", "  - file: book/facts\n", "  - file: book/facts\n  - file: book/changes\n")
    # The figure is to follow the parameter.
    project.edit("notebooks/01_widgets.md", "draw, widgets,", "draw, widgets.assign(weight_kg=factor),")
    done = project.gapbook("build", "-p", "01_widgets.factor=0.25")
    assert done.returncode == 0, done.stderr
    html = project.path("_build/what-if")
    page = (html / "changes.html").read_text(encoding="utf-8")
    assert "1 of 1 facts that both have differ, 1 sentence is worded otherwise" in page
    assert 'href="facts/widgets.mean.html"' in page
    assert "That is more than one." in page
    assert "That is one or less." in page
    assert "what the mean is multiplied by" in page
    assert 'src="figures/compared/base/widgets.weights-dark_narrow.svg"' in page
    assert (html / "figures/compared/base/widgets.weights-light_narrow.svg").is_file()
    assert "edition-changes.css" in page
    assert "edition-changes.css" not in (html / "index.html").read_text(encoding="utf-8")
    again = project.gapbook("build", "-p", "01_widgets.factor=0.25")
    assert "is up to date" in again.stdout
    # The page of base has nothing to be held against here, and says so.
    assert project.gapbook("build").returncode == 0
    page = project.path("_build/html/changes.html").read_text(encoding="utf-8")
    assert "to compare this one with." in page
