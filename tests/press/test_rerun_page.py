"""The page of a run: complete in itself, its prose filled in, figures with their words."""

import base64

import pytest
from bs4 import BeautifulSoup

from tests.conftest import Project

MORE = """
Beside it {fact}`gadgets.total`; see [](02_gadgets), [their page](02_gadgets) and <https://example.org/there>.
"""
GADGETS = """
```{code-cell} ipython3
from coordination_gap import facts, tables

page = facts.Page("gadgets", as_of="2026-02-01")
_ = page.record("total", total, unit="count", formula="counted", sources=[tables.parameters(steps=steps)])
```
"""


def _page(project: Project, *words: str, status: int = 0) -> tuple[BeautifulSoup, str]:
    done = project.gapbook("rerun", "01_widgets", *words)
    assert done.returncode == status, done.stderr
    text = project.path("_build/rerun/01_widgets.html").read_text(encoding="utf-8")
    return BeautifulSoup(text, "html.parser"), done.stderr


def test_the_page_is_complete_in_itself_and_filled_in(project: Project) -> None:
    page, _ = _page(project, "-p", "factor=2")
    assert page.main is not None
    said = " ".join(page.main.get_text(" ").split())
    assert "The mean is 4.00 . That is more than one." in said
    assert "Values: factor=2.0. In the edition: factor=1.0." in said
    assert "edition base with 01_widgets.factor=2.0" in said
    assert "{fact}" not in said
    addresses = [
        str(element[attribute])
        for attribute in ("src", "srcset", "href", "data", "poster", "action")
        for element in page.select(f"[{attribute}]")
    ]
    assert addresses
    assert all(address.startswith(("data:", "#")) for address in addresses), addresses
    assert "url(" not in str(page)
    assert "@import" not in str(page)
    pictures = page.find_all("img")
    assert [picture["alt"] for picture in pictures] == ["Line chart: the weight of each widget"] * 2
    assert {picture.parent["class"][0] for picture in pictures if picture.parent} == {"only-light", "only-dark"}
    assert b"<svg" in base64.b64decode(str(pictures[0]["src"]).partition(",")[2])
    fact = page.select_one("p a.fact")
    assert fact is not None
    assert page.find(id=str(fact["href"])[1:]) is not None


def test_facts_of_other_pages_are_those_of_the_edition_and_links_to_them_become_words(project: Project) -> None:
    from tests.press.conftest import GADGETS as OTHER

    project.path("notebooks/02_gadgets.md").write_text(OTHER + GADGETS, encoding="utf-8")
    project.path("editions/many.yml").write_text(
        "title: M\npurpose: T.\nas_of: 2026-02-01\nparameters: {02_gadgets: {steps: 8}}\n", encoding="utf-8"
    )
    parameters = "\n```{code-cell} ipython3\n:tags: [parameters]"
    project.edit("notebooks/01_widgets.md", parameters, MORE + parameters)
    page, _ = _page(project, "-p", "factor=3", "--edition", "many")
    assert page.main is not None
    said = " ".join(page.main.get_text(" ").split())
    assert "Beside it 9 ; see Gadgets , their page and https://example.org/there" in said
    links = {str(link["href"]) for link in page.find_all("a", href=True) if not str(link["href"]).startswith("data:")}
    assert {link for link in links if not link.startswith("#")} == {"https://example.org/there"}
    assert page.find(id="fact-gadgets.total") is not None


def test_a_sentence_that_does_not_fit_is_named_and_nothing_is_lost(project: Project) -> None:
    project.edit("notebooks/01_widgets.md", " | else: That is one or less.", "")
    page, said = _page(project, "-p", "factor=0.1", status=1)
    assert said.splitlines()[-1] == (
        "the page is not as it is meant: notebooks/01_widgets.md, line 15: no wording fits: widgets.mean is 0.2; "
        "add a condition that covers it"
    )
    assert project.path("_build/rerun/01_widgets.ipynb").is_file()
    assert page.find(id="fact-widgets.mean") is not None


@pytest.mark.parametrize("cited", [True, False])
def test_what_is_cited_is_listed_on_the_page(project: Project, cited: bool) -> None:
    project.path("book/own.bib").write_text("@misc{one_2020, author={One, Ann}, title={A title}, year={2020}}\n")
    config = project.path("_config.yml")
    with config.open("a", encoding="utf-8") as lines:
        lines.write("bibtex_bibfiles: [own.bib]\n")
    text = config.read_text(encoding="utf-8").replace(
        "      - sphinx_book_theme\n", "      - sphinx_book_theme\n      - sphinxcontrib.bibtex\n"
    )
    config.write_text(text, encoding="utf-8")
    if cited:
        project.edit("notebooks/01_widgets.md", "The mean is", "It is known {cite:p}`one_2020`. The mean is")
    page, _ = _page(project)
    assert ("A title" in page.get_text()) is cited
