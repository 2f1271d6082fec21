"""Latest and permanent addresses, and what cannot have one."""

import pytest

from coordination_gap.press import PressError, addresses
from coordination_gap.press.addresses import Edition
from tests.conftest import Project

SITE = "https://example.org/gap"


@pytest.mark.parametrize(
    ("name", "version", "latest", "permanent"),
    [
        ("base", "1.0.0", f"{SITE}/facts/a.b.html", f"{SITE}/v1.0.0/base/facts/a.b.html"),
        ("bear", "1.0.0", f"{SITE}/editions/bear/facts/a.b.html", f"{SITE}/v1.0.0/bear/facts/a.b.html"),
        ("base", "1.1.0.dev0", f"{SITE}/facts/a.b.html", None),
        ("bear", "1.0.0rc1", f"{SITE}/editions/bear/facts/a.b.html", None),
        (
            "a b?",
            "1.0.0.post1",
            f"{SITE}/editions/a%20b%3F/facts/a.b.html",
            f"{SITE}/v1.0.0.post1/a%20b%3F/facts/a.b.html",
        ),
    ],
)
def test_an_edition_has_its_addresses(name: str, version: str, latest: str, permanent: str | None) -> None:
    edition = Edition(SITE, name, version)
    path = addresses.fact("a.b")
    assert (edition.latest(path), edition.permanent(path)) == (latest, permanent)
    assert edition.cited(path) == (permanent or latest)


def test_a_book_under_replaced_values_has_none() -> None:
    edition = Edition(SITE, "base with 05.steps=8", "1.0.0", published=False)
    assert (edition.latest("index.html"), edition.permanent("index.html"), edition.cited()) == (None, None, None)


@pytest.mark.parametrize(
    "word", ["../../etc/passwd", "a/b", "..", ".", "a\\b", "a?b#c", "a%2Fb", "<b>", "\u00e4 \u2028"]
)
def test_a_word_opens_no_folder_and_no_query(word: str) -> None:
    for path in (addresses.fact(word), addresses.figure(word, "svg")):
        folder, _, name = path.partition("/")
        assert folder in ("facts", "figures")
        assert not set(name) & set('/\\?#<>"& ')
        assert name.strip(".") not in ("", "html", "svg")
        assert "%25" in addresses.link(path) or "%" not in path
    assert addresses.fact("a_b.c") == "facts/a_b.c.html"


def test_what_is_published_is_an_edition_of_the_project(small: Project) -> None:
    assert addresses.edition("base").published
    for name in ("base with 01_widgets.factor=2.0", "../base", "editions/base", "bas"):
        assert not addresses.edition(name).published
    assert addresses.edition("base").site == "https://example.org/coordination-gap"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("title: The Coordination Gap", "title: [a]", r"_config\.yml: title is \['a'\]: it must be text"),
        ("author: The", "author: 7\n#", r"_config\.yml: author is 7: it must be text"),
        ("  baseurl: https://example.org/coordination-gap", "", r"_config\.yml: html\.baseurl is None"),
        ("baseurl: https:", "baseurl: ftp:", r"html\.baseurl is 'ftp:.*': write an address such as"),
        (
            "baseurl: https://example.org/coordination-gap",
            'baseurl: "https://a/\\"><script>"',
            r"write an address such as",
        ),
        ("url: https://example.org/coordination-gap/source", "url: nowhere", r"repository\.url is 'nowhere'"),
        ("title: The", "title: {", r"_config\.yml is not YAML"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(small: Project, old: str, new: str, says: str) -> None:
    small.edit("_config.yml", old, new)
    with pytest.raises(PressError, match=says):
        addresses.book()


def test_a_version_is_one_of_pep_440() -> None:
    assert addresses.is_release("1.0.0")
    assert not addresses.is_release("1.0.0.dev0")
    with pytest.raises(PressError, match="'one' is no version"):
        addresses.is_release("one")
