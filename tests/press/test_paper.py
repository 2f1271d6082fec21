"""The memo and the book on paper: what the site shows, with an address for every number."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import docx
import pytest
from bs4 import BeautifulSoup
from pypdf import PdfReader

from coordination_gap.press import PressError
from coordination_gap.press.paper import article, book, columns, footnotes, memo, writers
from coordination_gap.press.sphinx_book.mathml import _with_source

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="300pt" height="200pt" viewBox="0 0 300 200">'
    '<path d="M0 0L300 200" stroke="black"/></svg>'
)
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


def fact(name: str, words: str) -> str:
    return f'<a class="fact" href="facts/{name}.html" data-fact="{name}">{words}</a>'


def figure(name: str) -> str:
    return (
        f'<figure class="computed-figure" id="figure-{name}"><div><picture class="only-light">'
        f'<source srcset="figures/{name}-light_narrow.svg"><img src="figures/{name}-light_wide.svg" width="600" '
        f'height="400" alt="Line chart: {name} &amp; more"></picture><picture class="only-dark"><img '
        f'src="figures/{name}-dark_wide.svg" alt="x"></picture></div><figcaption><p>What {name} shows.</p>'
        '<p class="figure-links"><a href="figures/a.csv">Data</a></p></figcaption></figure>'
    )


MEMO = f"""<html><body><nav>Menu</nav><main><article><section id="memo"><h1>Sell?<a class="headerlink">#</a></h1>
<div class="answer admonition"><p class="admonition-title">The answer</p>
<p>It moved {fact("a.first", "−0.25%")}.</p></div>
<section id="key"><h2>Key facts</h2>
<ul><li><strong>Price.</strong> {fact("a.price", "$344.82")} &lt;b&gt; #x $y$</li></ul>
{figure("a.one")}{figure("a.two")}</section>
<section id="against"><h2>Against</h2><ol><li><p>One.</p></li></ol></section>
</section></article></main></body></html>"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GAPBOOK_ROOT", str(tmp_path))
    (tmp_path / "editions").mkdir()
    (tmp_path / "editions" / "base.yml").write_text("title: Base\n", encoding="utf-8")
    (tmp_path / "_config.yml").write_text(
        "title: A Book\nauthor: Its contributors\nhtml: {baseurl: https://example.org/b}\n"
        "repository: {url: https://example.org/b/source}\n",
        encoding="utf-8",
    )
    toc = "root: book/index\nparts: [{chapters: [{file: notebooks/01_one}, {file: book/memo}, {file: book/facts}]}]\n"
    (tmp_path / "_toc.yml").write_text(toc, encoding="utf-8")
    folder = tmp_path / "site"
    (folder / "figures").mkdir(parents=True)
    for name in ("a.one", "a.two"):
        for kind in ("wide", "narrow"):
            (folder / "figures" / f"{name}-light_{kind}.svg").write_text(SVG, encoding="utf-8")
        (folder / "figures" / f"{name}.png").write_bytes(PNG)
    record = {
        "name": "base", "title": "Base", "purpose": "A test.", "as_of": "2026-02-01", "parameters": {},
        "inputs_sha256": "ab" * 32,
    }  # fmt: skip
    (folder / "facts.json").write_text(json.dumps({"edition": record, "facts": []}), encoding="utf-8")
    (folder / "memo.html").write_text(MEMO, encoding="utf-8")
    return folder


def addresses_in(reader: PdfReader) -> list[str]:
    found = (note.get_object() for page in reader.pages for note in page.get("/Annots", []))
    return [note["/A"]["/URI"] for note in found if "/URI" in note.get("/A", {})]


def test_the_memo_is_one_tagged_page_whose_numbers_lead_home(site: Path, tmp_path: Path) -> None:
    _, path = memo.write(site, tmp_path / "out")
    reader = PdfReader(path)
    assert len(reader.pages) == 1
    assert reader.metadata is not None
    assert reader.metadata.title == "Sell?"
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    words = reader.pages[0].extract_text()
    for said in ("−0.25%", "$344.82", "<b> #x $y$", "facts/a.first.html", "facts/a.price.html", "1 February 2026"):
        assert said in words
    # A raised figure beside a number would read as its power.
    assert "−0.25%a" in words.replace(" ", "")
    assert "Menu" not in words
    assert "Data" not in words.replace("Data as of", "")
    # Each number is linked, and so is its footnote.
    assert sum("facts/a.first.html" in address for address in addresses_in(reader)) == 2
    # Vectors: no picture made of dots.
    resources: Any = reader.pages[0]["/Resources"]
    forms = resources.get("/XObject", {}).values()
    assert all(form.get_object()["/Subtype"] != "/Image" for form in forms)


def test_the_memo_in_word_has_footnotes_figures_and_words_for_them(site: Path, tmp_path: Path) -> None:
    path, _ = memo.write(site, tmp_path / "out")
    document = docx.Document(str(path))
    assert [paragraph.text for paragraph in document.paragraphs][:2] == [
        "Sell?",
        next(one.text for one in document.paragraphs if one.style is not None and one.style.name == "Subtitle"),
    ]
    assert "Edition base · data as of 1 February 2026" in document.paragraphs[1].text
    assert document.paragraphs[-1].text.startswith("Cite as: Its contributors")
    assert [len(row.cells) for row in document.tables[0].rows] == [2]
    held = zipfile.ZipFile(path)
    notes = held.read("word/footnotes.xml").decode()
    assert "facts/a.first.html" in notes
    assert "facts/a.price.html" in notes
    said = held.read("word/document.xml").decode()
    assert "Line chart: a.one &amp; more" in said
    assert said.count("<w:footnotePr>") == said.count('<w:numFmt w:val="lowerLetter"') == 1


def test_the_same_site_gives_the_same_memo(site: Path, tmp_path: Path) -> None:
    first = [path.read_bytes() for path in memo.write(site, tmp_path / "out")]
    assert [path.read_bytes() for path in memo.write(site, tmp_path / "again")] == first


def test_a_memo_that_does_not_fit_or_repeats_itself_is_refused(site: Path, tmp_path: Path) -> None:
    page = site / "memo.html"
    page.write_text(MEMO.replace("<p>One.</p>", "<p>Word </p>" * 200), encoding="utf-8")
    with pytest.raises(PressError, match=r"takes \d pages and not one, even in small type: shorten book/memo\.md"):
        memo.write(site, tmp_path / "out")
    page.write_text(MEMO.replace("One.", fact("a.price", "$344.82")), encoding="utf-8")
    with pytest.raises(PressError, match=r"prints a\.price twice"):
        memo.write(site, tmp_path / "out")
    page.unlink()
    with pytest.raises(PressError, match=r"no page memo\.html"):
        memo.write(site, tmp_path / "out")


CHAPTER = f"""<html><body><main><article><p class="kicker">Part of the frame</p>
<section id="one"><h1>One</h1><p>See <a href="../memo.html#key">the memo</a>,
<a href="../data/t.html#row-1">a row</a>, <a href="#gone">a place</a>, {fact("a.first", "−0.25%")} and
{fact("a.first", "−0.25%")}.</p><section id="law"><h2>The law</h2>
<p>{_with_source("<math><mi>x</mi></math>", "(1-p)^{r+1}")} is it.</p>
<div class="cell"><details class="code"><summary>Show the code</summary><pre>secret = 1</pre></details></div>
<table class="house-table"><tr><th>Claim</th><th hidden>Sought by</th></tr>
<tr><td>It holds.<span class="cell-note">A section</span></td><td hidden>never shown</td></tr></table>
<div class="citation"><span class="label">[Key26]</span><p>An author. A title.</p></div>
<p>Cited<button class="source-mark">+</button><span class="source-note">Source: in the margin</span>.</p>
</section></section></article></main></body></html>"""


@pytest.fixture
def whole(site: Path) -> Path:
    (site / "notebooks").mkdir()
    (site / "notebooks" / "01_one.html").write_text(CHAPTER, encoding="utf-8")
    (site / "index.html").write_text(MEMO.replace("Sell?", "Summary"), encoding="utf-8")
    return site


def test_the_book_holds_its_pages_in_order_with_bookmarks_and_links(whole: Path, tmp_path: Path) -> None:
    path, _ = book.write(whole, tmp_path / "out")
    reader = PdfReader(path)
    titles = [entry.title for entry in reader.outline if not isinstance(entry, list)]
    assert titles == ["Summary", "One", "Sell?"]
    text = "\n".join(page.extract_text() for page in reader.pages)
    assert "−0.25%: a.first." in text
    assert "It holds.\nA section" in text
    assert "An author." in text
    for left_out in ("Part of the frame", "Show the code", "secret", "in the margin", "never shown", "Key26"):
        assert left_out not in text
    found = addresses_in(reader)
    assert any(address.endswith("/data/t.html#row-1") for address in found)
    assert any("facts/a.first.html" in address for address in found)
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]


def test_a_formula_is_set_from_its_tex() -> None:
    tree = writers.tree(f"<p>{article_of(_with_source('<math><mi>x</mi></math>', '(1-p)^{r+1}'))}</p>")
    kind, tex = next(element["c"] for element in footnotes.elements(tree) if element["t"] == "Math")
    assert tex == "(1-p)^{r+1}"
    assert r"\( 1 - p \)^(r + 1)" in book._formulas([[kind, tex]])[0]


def article_of(html: str) -> str:
    soup = BeautifulSoup(html, "html.parser")
    assert soup.math is not None
    article._as_tex(soup.math)
    return str(soup)


def test_the_epub_is_well_formed_and_its_pictures_have_words(whole: Path, tmp_path: Path) -> None:
    _, path = book.write(whole, tmp_path / "out")
    held = zipfile.ZipFile(io.BytesIO(path.read_bytes()))
    assert held.namelist()[0] == "mimetype"
    pages = [name for name in held.namelist() if name.endswith(".xhtml")]
    text = ""
    for name in pages:
        tree = ElementTree.fromstring(held.read(name))  # noqa: S314 # our own book
        for image in tree.iter("{http://www.w3.org/1999/xhtml}img"):
            assert len((image.get("alt") or "").split()) > 3
        text += held.read(name).decode()
    assert 'epub:type="noteref"' in text or 'role="doc-noteref"' in text
    assert "<msup>" in text


def test_one_note_names_the_facts_of_a_paragraph_in_order() -> None:
    tree = writers.tree(f"<p>{fact('b.two', '2')} and {fact('a.one', '1')} and {fact('b.two', '2')}</p><p>None.</p>")
    changed = footnotes.by_paragraph(tree, lambda name: f"https://example.org/{name}")
    notes = [element for element in footnotes.elements(changed) if element["t"] == "Note"]
    assert len(notes) == 1
    assert footnotes.words_of(notes[0]["c"]) == "2: b.two; 1: a.one."


def test_wide_tables_get_widths_that_hold_their_words() -> None:
    long = "one two three four five six seven eight nine ten " * 4
    rows = f"<tr><td>k</td><td>{long}</td><td>unsupported</td></tr>"
    tree = columns.fitted(writers.tree(f"<table><tr><th>a</th><th>b</th><th>c</th></tr>{rows}</table>"))
    table = next(element for element in footnotes.elements(tree) if element["t"] == "Table")
    widths = [width["c"] for _, width in table["c"][2]]
    assert sum(widths) == pytest.approx(1)
    assert widths[1] > 0.5
    assert widths[2] > len("unsupported") / 118
    narrow = writers.tree("<table><tr><th>a</th></tr><tr><td>k</td></tr></table>")
    assert columns.fitted(narrow) == narrow
