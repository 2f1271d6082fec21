"""A chapter says where it can be run: from here always, from other hosts only where they can reach the source."""

import html
import re

import pytest

from coordination_gap.press.addresses import Book
from coordination_gap.press.sphinx_book.launch import launch_html


def book(source: str) -> Book:
    return Book("A book", "Its contributors", "https://example.org/a", source)


def hrefs(markup: str) -> list[str]:
    return [html.unescape(href) for href in re.findall(r'href="([^"]*)"', markup)]


def test_without_a_public_source_there_is_the_download_alone() -> None:
    shown = launch_html(book("https://example.org/source"), "1.0.0", "04_valuation")
    assert hrefs(shown) == ["04_valuation.ipynb", "https://example.org/source"]
    assert "gapbook rerun 04_valuation" in shown
    assert "Colab" not in shown


@pytest.mark.parametrize(("version", "reference"), [("1.0.0", "v1.0.0"), ("1.1.0.dev0", "main")])
@pytest.mark.parametrize("ending", ["", ".git"])
def test_what_is_on_github_opens_elsewhere_as_it_was_released(version: str, reference: str, ending: str) -> None:
    shown = launch_html(book(f"https://github.com/somebody/a-book{ending}"), version, "04_valuation")
    assert hrefs(shown)[1:3] == [
        f"https://mybinder.org/v2/gh/somebody/a-book/{reference}?urlpath=lab%2Ftree%2Fnotebooks%2F04_valuation.ipynb",
        f"https://colab.research.google.com/github/somebody/a-book/blob/{reference}/notebooks/04_valuation.ipynb",
    ]
    assert f"-b {reference} https://github.com/somebody/a-book{ending} book" in html.unescape(shown)


def test_markup_in_an_address_is_text() -> None:
    shown = launch_html(book("https://github.com/some'body/a&b"), "1.0.0", "04_valuation")
    assert "some'body" not in shown
    assert "a&b" not in shown
