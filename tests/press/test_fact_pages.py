"""A fact's page, record, badge and card: nothing of a text is markup, and everything leads somewhere."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup
from docutils import nodes

import coordination_gap
from coordination_gap.press import addresses, history
from coordination_gap.press.sphinx_book import fact_cards, fact_pages, light_page, pages
from coordination_gap.press.sphinx_book.badge import badge
from coordination_gap.press.sphinx_book.light_page import in_script
from coordination_gap.press.sphinx_book.material import Material
from coordination_gap.press.sphinx_book.uses import Section, Uses
from tests.conftest import Project
from tests.press.citing import EVIL, fact, source
from tests.press.test_history import released

PAGE = "notebooks/05_compounding.html"


def in_table(*rows: str) -> dict[str, Any]:
    return {"table": "widgets", "rows": list(rows)}


@dataclass
class Site:
    """What the pages ask of the application that has rendered the book."""

    outdir: str
    facts: dict[str, dict[str, Any]]
    edition: str = "base"
    uses: dict[str, Uses] = field(default_factory=dict)
    shown: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    title: str = "The Coordination Gap"

    def app(self) -> Any:
        """Return it as a Sphinx application."""
        record = {"name": self.edition, "title": "T", "purpose": "P", "as_of": "2026-09-10", "inputs_sha256": "ab" * 32}
        titles = {name: nodes.title("", title) for name, title in (("index", "Start"), (PAGE[:-5], "The <page>"))}
        env = SimpleNamespace(
            titles=titles, all_docs=[*titles, "facts"], gapbook_uses=self.uses, gapbook_shown=self.shown
        )
        builder = SimpleNamespace(name="html", get_target_uri=lambda name: f"{name}.html")
        config = SimpleNamespace(
            html_title=self.title, project=self.title, html_theme_options={"extra_footer": "<p></p>"}
        )
        material = Material(self.facts, {}, {PAGE: "The <page>"}, record, {})
        return SimpleNamespace(outdir=self.outdir, env=env, builder=builder, config=config, gapbook=material)


@pytest.fixture
def static(small: Project) -> Path:
    """Return the folder of a site that has the styles and scripts."""
    folder = small.path("_build/site")
    (folder / "_static").mkdir(parents=True)
    own = Path(fact_pages.__file__).parent / "static"
    for name in ("fact-cards.css", "fact-page.css", "fact-cards.js"):
        (folder / "_static" / name).write_bytes((own / name).read_bytes())
    for name in ("fonts.css", "house.css", "theme.js"):
        (folder / "_static" / name).write_text("", encoding="utf-8")
    return folder


def written(site: Site) -> dict[str, str]:
    fact_pages.write_all(site.app(), None)
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(Path(site.outdir, "facts").iterdir())}


def soup(text: str) -> BeautifulSoup:
    return BeautifulSoup(text, "html.parser")


def test_a_page_says_where_a_number_comes_from_and_where_it_is_used(static: Path) -> None:
    listed = {
        "a.b": fact(
            interval={"low": 0.811, "high": 0.8555, "confidence": 0.95},
            sources=[
                in_table("a .. b/1"),
                {"table": "facts", "rows": ["a.c"]},
                {"table": "parameters", "rows": ["n=6"]},
            ],
        ),
        "a.c": fact("a.c", "2"),
    }
    places = Uses(facts={"a.b": [Section("", "The <page>"), Section("the-law", "The <law>")]})
    found = written(Site(str(static), listed, uses={PAGE[:-5]: places}, shown={"index": {("fact", "a.b")}}))
    page = soup(found["a.b.html"])
    assert page.h1 is not None
    assert page.h1.get_text() == "a.b"
    assert page.select_one("p.value").get_text() == "83.3%"  # type: ignore[union-attr] # it is there
    links = {link.get_text(): link["href"] for link in page.select("main a")}
    assert links["a to b/1"] == "../data/widgets.html#row-a"
    assert links["a.c"] == "a.c.html"
    assert links["The <law>"] == f"../{PAGE}#the-law"
    assert links["JSON"] == "a.b.json"
    text = " ".join(page.get_text().split())
    assert "81.1% to 85.5% (0.811 to 0.8555)" in text
    assert "10\N{NO-BREAK SPACE}September\N{NO-BREAK SPACE}2026" in page.get_text()
    assert "Start, where it decides words" in text
    assert "@incollection{the-coordination-gap:a.b:" in text
    assert "Another fact is made from it: a.b" in " ".join(soup(found["a.c.html"]).get_text().split())
    record = json.loads(found["a.b.json"])
    assert record["fact"] == listed["a.b"]
    assert record["edition"]["inputs_sha256"] == "ab" * 32
    assert record["citation"]["title"] == "a.b: 83.3%"


def test_pages_allow_nothing_but_what_they_name(static: Path) -> None:
    page = soup(written(Site(str(static), {"a.b": fact()}))["a.b.html"])
    policy = page.find("meta", attrs={"http-equiv": "Content-Security-Policy"})
    assert policy is not None
    assert policy["content"] == light_page.POLICY
    assert all(script.get("src") and not script.get_text() for script in page.find_all("script"))
    assert page.find("style") is None
    assert page.find(style=True) is None
    assert not any(name.startswith("on") for tag in page.find_all() for name in tag.attrs)


def test_what_a_text_holds_is_no_markup(static: Path) -> None:
    evil_id = "../a<b>&\"'.c"
    listed = {
        evil_id: fact(
            evil_id,
            EVIL,
            formula=EVIL,
            unit="text",
            value=EVIL,
            sources=[in_table(EVIL), {"table": "facts", "rows": [evil_id]}],
        ),
        "a.p": fact("a.p", EVIL, gap=EVIL, sources=[{"table": "parameters", "rows": [f"x={EVIL}"]}]),
    }
    before = {path for path in static.rglob("*") if path.is_file()}
    place = Uses(facts={"a.p": [Section('x"><script>', "<script>")]})
    found = written(Site(str(static), listed, uses={PAGE[:-5]: place}, title="<b>Gap</b>"))
    name = addresses.part(evil_id)
    assert found.keys() == {f"{one}.{kind}" for one in (name, "a.p") for kind in ("html", "json", "svg")}
    assert {path.parent for path in static.rglob("*") if path.is_file() and path not in before} == {static / "facts"}
    for one in (name, "a.p"):
        page = soup(found[f"{one}.html"])
        assert len(page.find_all("script")) == 2
        assert page.find("b") is None
        assert page.find(string=lambda text: type(text).__name__ == "Comment") is None
        assert "<b>x</b>" in page.get_text()
        ElementTree.fromstring(found[f"{one}.svg"])  # noqa: S314 # our own text
    link = soup(found[f"{name}.html"]).select_one("dd li:nth-of-type(2) a")
    assert link is not None
    assert link["href"] == addresses.link(f"{name}.html")
    assert json.loads(found[f"{name}.json"])["fact"]["display"] == EVIL


def test_a_gone_fact_says_when_it_was_last_published_and_what_replaced_it(
    small: Project, static: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coordination_gap, "__version__", "1.3.0")
    released(small, "1.0.0", [fact("a.b", "80%"), fact("a.gone", "1%")])
    released(small, "1.2.0", [fact("a.b", "81%"), fact("a.gone", "<b>2%</b>"), fact("a.lost", "3%")])
    small.path(history.REPLACED).write_text("a.gone: a.b\n", encoding="utf-8")
    site = Site(str(static), {"a.b": fact()})
    (static / "facts").mkdir()
    (static / "facts" / "left.html").write_text("from before", encoding="utf-8")
    found = written(site)
    assert found.keys() == {"a.b.html", "a.b.json", "a.b.svg", "a.gone.html", "a.gone.svg", "a.lost.html", "a.lost.svg"}
    rows = [
        [cell.get_text() for cell in row.find_all(["th", "td"])] for row in soup(found["a.b.html"]).select("tbody tr")
    ]
    assert rows == [["1.0.0", "2026-09-10", "80%"], ["1.2.0", "2026-09-10", "81%"]]
    gone = soup(found["a.gone.html"]).select_one(".gone")
    assert gone is not None
    said = " ".join(gone.get_text().split())
    assert said == (
        "Version 1.2.0 was the last one to publish it, in the base edition as of 10 September 2026: <b>2%</b>. "
        "Its place has taken a.b."
    )
    assert [link["href"] for link in gone.find_all("a")] == ["a.b.html"]
    assert "Nothing is recorded that took its place." in soup(found["a.lost.html"]).get_text()
    assert "no longer published" in found["a.gone.svg"]
    assert [one["display"] for one in json.loads(found["a.b.json"])["history"]] == ["80%", "81%"]


def test_a_development_version_and_replaced_values_say_what_they_are(
    static: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coordination_gap, "__version__", "1.3.0.dev0")
    found = written(Site(str(static), {"a.b": fact()}))
    assert "a development version whose numbers may change" in soup(found["a.b.html"]).select_one(".notice").get_text()  # type: ignore[union-attr] # it is there
    assert "development version whose numbers may change" in found["a.b.svg"]
    assert json.loads(found["a.b.json"])["permanent"] is None
    name = "base with 05.x=<script>alert(1)</script>"
    found = written(Site(str(static), {"a.b": fact(edition=name)}, edition=name))
    page = soup(found["a.b.html"])
    assert page.select_one(".notice").get_text() == f"Values are replaced: {name}."  # type: ignore[union-attr] # it is there
    assert len(page.find_all("script")) == 2
    assert page.find("link", rel="canonical") is None
    assert "https://example.org" not in page.select_one("main").get_text()  # type: ignore[union-attr] # it is there
    assert json.loads(found["a.b.json"])["latest"] is None


def test_the_same_facts_give_the_same_bytes(static: Path) -> None:
    site = Site(str(static), {"a.b": fact(), "a.c": fact("a.c")}, shown={"index": {("fact", "a.b"), ("fact", "a.c")}})
    assert written(site) == written(site)


def test_what_is_put_into_a_script_cannot_end_it() -> None:
    block = in_script({"a": EVIL})
    assert not set(block) & set("<>&\u2028\u2029")
    assert json.loads(block) == {"a": EVIL}


def test_a_card_has_value_interval_day_formula_rows_and_citation() -> None:
    shown = fact(
        display="+1.20%",
        unit="fraction",
        interval={"low": -0.004, "high": 0.03, "confidence": 0.9},
        sources=[in_table("a", "b", "c", "d", "e .. f"), {"table": "facts", "rows": ["a.c"]}],
    )
    data = fact_cards.card_data([shown], source(), "../")
    assert data["edition"] == "base"
    assert data["notice"] == ""
    (card,) = data["facts"].values()
    assert card["interval"] == "90% interval \N{MINUS SIGN}0.40% to +3.00%"
    assert (card["value"], card["as_of"], card["how"]) == ("+1.20%", "10 September 2026", shown["formula"])
    assert card["sources"][0][:2] == ["widgets", "../data/widgets.html"]
    assert card["sources"][0][2][0] == ["a", "../data/widgets.html#row-a"]
    assert card["sources"][0][3] == 1
    assert card["sources"][1] == ["facts", "", [["a.c", "../facts/a.c.html"]], 0]
    assert card["citation"].endswith("/v1.2.0/base/facts/a.b.html")
    assert fact_cards.card_data([shown], source("1.3.0.dev0"), "")["notice"].startswith("This is a development version")
    assert fact_cards.card_data([fact(gap="not known")], source(), "")["facts"]["a.b"]["how"] == "not known"


@pytest.mark.parametrize(
    ("display", "unit", "low", "high", "ends"),
    [
        ("83%", "probability", 0.8, 0.9, "80% to 90%"),
        ("$1,234.5\N{NO-BREAK SPACE}billion", "usd", 1.2e12, 1.3e12, "$1,200.0\xa0billion to $1,300.0\xa0billion"),
        ("\N{MINUS SIGN}2.0", "ratio", -3, 1, "\N{MINUS SIGN}3.0 to +1.0"),
        ("12 sessions", "sessions", 10, 14, "10\xa0sessions to 14\xa0sessions"),
        ("words", "text", 1, 2, "1 to 2"),
    ],
)
def test_the_ends_of_an_interval_are_written_as_the_value_is(
    display: str, unit: str, low: float, high: float, ends: str
) -> None:
    shown = fact(display=display, unit=unit, interval={"low": low, "high": high, "confidence": 0.95})
    assert pages.interval_words(shown) == ("95% interval", ends)


@pytest.mark.parametrize("value", ["83.3%", EVIL, "", "x" * 400, "\u8a9e\u0301" * 9])
def test_a_badge_is_a_picture_wide_enough_for_its_words(value: str) -> None:
    root = ElementTree.fromstring(badge("a.b", value, f"a.b: {value}"))  # noqa: S314 # our own text
    name = "{http://www.w3.org/2000/svg}"
    title = root.find(f"{name}title")
    assert title is not None
    assert (title.text or "").startswith("a.b: ")
    assert root.get("role") == "img"
    width = int(root.get("width", ""))
    texts = root.findall(f".//{name}text")
    ends = [int(text.get("x", "")) + int(text.get("textLength", "")) for text in texts]
    assert ends[0] < int(texts[1].get("x", ""))
    assert ends[1] < width
    for text in texts:
        assert 3 * len(text.text or "") <= int(text.get("textLength", "")) + 3 <= 14 * len(text.text or "") + 6
    assert len(texts[1].text or "") <= 60
