"""The text of a published page, without what only works on a screen."""

import re
from pathlib import Path

from bs4 import BeautifulSoup, Tag

from coordination_gap.press import PressError

#: Code, controls, anchors, what stands in the margin or repeats the answer, the other of each pair of pictures, columns
#: that only a search looks into, and labels by which nothing in the text is cited.
_SCREEN_ONLY = ", ".join(
    [
        *("button", "details.code", "form", "input", "nav", "noscript", "picture.only-dark", "script", "style", "svg"),
        *("template", ".cell_input", ".figure-links", ".headerlink", ".kicker", ".reliability-calculator"),
        *(".source-place", ".source-note", ".visually-hidden", ".answer .key-numbers", "[data-screen-only]"),
        *("th[hidden]", "td[hidden]", ".citation > .label"),
    ]
)


def read(site: Path, page: str) -> Tag:
    """Return the article of a page of the site, cleaned, its addresses still relative to the page.

    Parameters
    ----------
    site
        The folder of the edition's site.
    page
        The page's path in it.

    Raises
    ------
    PressError
        If the site has no such page.
    """
    path = site / page
    if not path.is_file():
        raise PressError(f"the site has no page {page}: add it to _toc.yml and build the book again")
    article = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser").find("article")
    if not isinstance(article, Tag):
        raise PressError(f"the page {page} has no article: build the book again with --fresh")
    for element in article.select(_SCREEN_ONLY):
        element.decompose()
    for formula in article.find_all("math"):
        _as_tex(formula)
    for picture in article.find_all("picture"):
        for source in picture.find_all("source"):
            source.decompose()
        picture.unwrap()
    for caption in article.find_all("caption"):
        _on_one_line(caption)
    for note in article.select(".cell-note"):
        note.insert_before(_new("br"))
    # Pandoc keeps no class of a paragraph.
    for title in article.select("p.admonition-title"):
        strong = _new("strong")
        strong.extend(list(title.contents))
        title.append(strong)
    return article


def _new(name: str) -> Tag:
    return BeautifulSoup("", "html.parser").new_tag(name)


def _as_tex(formula: Tag) -> None:
    """Replace a formula by the TeX that it was written in, between the signs by which pandoc knows it."""
    tex = formula.find("annotation", encoding="application/x-tex")
    if tex is None:
        raise PressError(f"a formula of the site is without its TeX ({formula.get_text()[:40]!r}): build with --fresh")
    block = formula.get("display") == "block"
    text = tex.get_text().strip()
    formula.replace_with(f"\\[{text}\\]" if block else f"\\({text}\\)")


def _on_one_line(element: Tag) -> None:
    for text in element.find_all(string=True):
        text.replace_with(re.sub(r"\s+", " ", text))
