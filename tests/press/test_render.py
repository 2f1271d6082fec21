"""What is rendered again where only prose has changed is byte for byte what rendering everything gives."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from nbformat import NotebookNode

from coordination_gap.press import PressError, edition, render, site
from coordination_gap.press.renderer import Renderer
from tests.conftest import Project

MORE = "# More\n\nSee {ref}`first <target>` and [the facts](facts.md).\n\n(target)=\n\n## First\n\nText.\n"

Edit = Callable[[Project], object]


def edit(name: str, old: str, new: str) -> Edit:
    return lambda project: project.edit(name, old, new)


@pytest.fixture
def book(project: Project) -> Project:
    """The small book with pages that lead to each other."""
    project.path("book/more.md").write_text(MORE, encoding="utf-8")
    project.edit("_toc.yml", "  - file: book/facts\n", "  - file: book/more\n  - file: book/facts\n")
    return project


class Renderings:
    """Renders the book as it is, and says whether each time the whole was rendered."""

    def __init__(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GAPBOOK_ROOT", str(project.root))
        self.whole: list[bool] = []
        plain = render._run

        def run(kept: Path, whole: bool, line_maps: dict[str, list[int]], renderer: Renderer) -> None:
            self.whole.append(whole)
            plain(kept, whole, line_maps, renderer)

        monkeypatch.setattr(render, "_run", run)

    def again(self, *, fresh: bool = False) -> dict[str, bytes]:
        """Return what the pages are now, by their addresses."""
        with site.build_lock(), site._staging() as staging, Renderer() as renderer:
            pages: dict[str, NotebookNode] = site.stage(edition.load("base"), staging)
            html = render.render(staging, "base", pages, renderer, fresh=fresh)
            return {
                path.relative_to(html).as_posix(): path.read_bytes()
                for path in html.rglob("*")
                if path.is_file() and path.name != ".buildinfo"
            }


@pytest.fixture
def renderings(book: Project, monkeypatch: pytest.MonkeyPatch) -> Renderings:
    return Renderings(book, monkeypatch)


PROSE: list[Edit] = [
    edit("notebooks/01_widgets.md", "The mean is", "A *longer* way to say it.\n\nThe mean of `them` is"),
    edit("book/index.md", "The mean is", "As [more](more.md) says, the mean is"),
    edit("book/more.md", "Text.", "Other text, with a word that nothing had: zymurgy."),
    # The page of a fact says where it is printed, and that of a figure what its caption is.
    edit("book/more.md", "zymurgy.", "zymurgy, and {fact}`widgets.mean`."),
    edit("notebooks/01_widgets.md", "The weight of each widget;", "What each widget *weighs*;"),
]


def test_where_only_prose_changes_the_other_pages_stay(book: Project, renderings: Renderings) -> None:
    renderings.again(fresh=True)
    for change in PROSE:
        change(book)
        once = renderings.again()
    assert renderings.whole == [True, False, False, False, False, False]
    assert b"zymurgy" in once["more.html"]
    assert b'href="../more.html#first"' in once["facts/widgets.mean.html"]
    assert b"What each widget <em>weighs</em>;" in once["figures/widgets.weights.html"]
    whole = renderings.again(fresh=True)
    assert once.keys() == whole.keys()
    assert [name for name in whole if once[name] != whole[name]] == []


SHARED: dict[str, Edit] = {
    "a heading": edit("book/more.md", "## First", "## The first"),
    "a target": edit("book/more.md", "(target)=\n", "(target)=\n\n(another)=\n"),
    "a fact": edit("notebooks/01_widgets.md", "factor * widgets", "2 * widgets"),
    "a row that a page shows": edit("editions/base.yml", "2026-02-01", "2026-02-02"),
    "the style of the site": edit("book/_static/house.css", "\n", "\n\n"),
    "a setting": edit("_config.yml", "title: The", "title: A"),
    "the order of the pages": edit(
        "_toc.yml", "  - file: book/more\n  - file: book/facts", "  - file: book/facts\n  - file: book/more"
    ),
}


@pytest.mark.parametrize("change", SHARED.values(), ids=SHARED)
def test_what_other_pages_may_show_renders_all(
    book: Project, monkeypatch: pytest.MonkeyPatch, change: Edit, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(book.root, copy, symlinks=True)
    monkeypatch.setenv("GAPBOOK_ROOT", str(copy))
    asked: list[bool] = []
    monkeypatch.setattr(render, "_run", lambda _kept, whole, _lines, _renderer: asked.append(whole))
    for step in (lambda _: None, lambda _: None, change):
        step(Project(copy))
        with site.build_lock(), site._staging() as staging, Renderer() as renderer:
            render.render(staging, "base", site.stage(edition.load("base"), staging), renderer)
    assert asked == [True, False, True]


def test_what_is_cut_off_is_not_taken_up_again(
    book: Project, renderings: Renderings, monkeypatch: pytest.MonkeyPatch
) -> None:
    renderings.again(fresh=True)
    book.edit("book/more.md", "Text", "Texts {fact}`widgets.men`")
    with pytest.raises(PressError, match=r"there is no fact 'widgets\.men'"):
        renderings.again()
    book.edit("book/more.md", "Texts {fact}`widgets.men`", "Text")
    renderings.again()
    assert renderings.whole == [True, False, True]
