"""What heads of pages say to reference managers, search engines and links that unfold."""

import datetime as dt
import json
import re
from typing import Any

from bs4 import BeautifulSoup
from docutils import nodes

from coordination_gap.press.sphinx_book import head_tags
from tests.conftest import Project
from tests.press.citing import EVIL, source

SITE = "https://example.org/coordination-gap"


def head(project: Project, page: str) -> BeautifulSoup:
    return BeautifulSoup(project.path(f"_build/html/{page}").read_text(encoding="utf-8"), "html.parser")


def named(page: BeautifulSoup, name: str) -> list[str]:
    return [str(tag["content"]) for tag in page.select(f'head meta[name="{name}"], head meta[property="{name}"]')]


def linked_data(page: BeautifulSoup) -> list[Any]:
    return [json.loads(tag.get_text()) for tag in page.select('head script[type="application/ld+json"]')]


# The fields that Zotero's translator "Embedded Metadata" takes from tags of these names.
ZOTERO = {
    "citation_title": "title",
    "citation_publication_date": "date",
    "citation_technical_report_institution": "institution",
    "citation_technical_report_number": "reportNumber",
    "citation_public_url": "url",
    "citation_language": "language",
}


def as_zotero_sees(tags: list[tuple[str, str]]) -> dict[str, Any]:
    """Return the item that Zotero makes of tags, by the rules of that translator."""
    given = dict(tags)
    kinds = {"citation_technical_report_institution": "report", "citation_journal_title": "journalArticle"}
    item: dict[str, Any] = {"itemType": next((kind for tag, kind in kinds.items() if tag in given), "journalArticle")}
    item |= {ZOTERO[name]: content.strip() for name, content in tags if name in ZOTERO}
    creators = []
    for name, content in tags:
        if name == "citation_author":
            # Semicolons part authors; a name with a comma is a last name first, and one without ends in it.
            for author in filter(None, re.split(r"\s*;\s*", content)):
                last, comma, first = author.partition(",")
                if not comma:
                    first, _, last = author.rpartition(" ")
                creators.append({"lastName": last.strip(), "firstName": first.strip()})
    return item | {"creators": creators}


def test_zotero_takes_the_book_from_the_landing_page(built_project: Project) -> None:
    tags = [
        (str(tag["name"]), str(tag["content"]))
        for tag in head(built_project, "index.html").select('meta[name^="citation_"]')
    ]
    item = as_zotero_sees(tags)
    assert item["itemType"] == "report"
    assert item["title"] == "The Coordination Gap"
    assert item["creators"] == [{"lastName": "The Coordination Gap contributors", "firstName": ""}]
    assert item["url"].startswith(SITE)
    assert "data as of 1 February 2026" in item["reportNumber"]
    assert item["language"] == "en"
    assert "date" not in item


def test_a_day_of_issue_is_said_where_it_is_known() -> None:
    tags = dict(head_tags.highwire(source(issued=dt.date(2026, 12, 1))))
    assert tags["citation_publication_date"] == "2026/12/01"
    assert tags["citation_public_url"] == "https://example.org/gap/v1.2.0/base/"
    nowhere = dict(head_tags.highwire(source(name="base with x", published=False)))
    assert "citation_public_url" not in nowhere


def test_no_chapter_passes_for_the_book(built_project: Project) -> None:
    for page in ("notebooks/01_widgets.html", "facts.html", "data/widgets.html"):
        assert head(built_project, page).select('meta[name^="citation_"], script[type="application/ld+json"]') == []


def test_every_page_has_description_canonical_address_and_open_graph(built_project: Project) -> None:
    chapter = head(built_project, "notebooks/01_widgets.html")
    canonical = [link["href"] for link in chapter.select('link[rel="canonical"]')]
    assert canonical == [f"{SITE}/notebooks/01_widgets.html"]
    said = "The mean is 2.00. That is more than one."
    assert named(chapter, "description") == [said]
    assert named(chapter, "og:description") == [said]
    assert named(chapter, "og:title") == ["Widgets"]
    assert named(chapter, "og:url") == canonical
    assert named(chapter, "og:image") == [f"{SITE}/figures/widgets.weights.png"]
    assert named(chapter, "og:image:alt") == ["Line chart: the weight of each widget"]
    landing = head(built_project, "index.html")
    assert named(landing, "og:type") == ["website"]
    assert named(landing, "og:image") == []
    rows = head(built_project, "data/widgets.html")
    assert named(rows, "description") == ["Three widgets."]
    assert named(rows, "og:title") == ["Widgets"]
    assert [link["href"] for link in rows.select('link[rel="canonical"]')] == [f"{SITE}/data/widgets.html"]


def test_the_landing_page_is_a_report_on_its_tables(built_project: Project) -> None:
    (report,) = linked_data(head(built_project, "index.html"))
    assert (report["@type"], report["name"]) == ("Report", "The Coordination Gap")
    assert report["author"] == {"@type": "Organization", "name": "The Coordination Gap contributors"}
    assert report["isBasedOn"] == [{"@type": "Dataset", "name": "Widgets", "url": f"{SITE}/data/widgets.html"}]
    assert "datePublished" not in report


def test_a_table_is_a_dataset(small: Project) -> None:
    (record,) = head_tags.table_records("2026-02-01")
    (dataset,) = head_tags.datasets(source(), [record])["@graph"]
    assert dataset["@type"] == "Dataset"
    assert dataset["usageInfo"] == "none reserved"
    assert dataset["distribution"]["contentUrl"] == "https://example.org/gap/data/widgets.csv"
    assert dataset["isBasedOn"] == [{"@type": "CreativeWork", "name": "made for the tests"}]
    assert "temporalCoverage" not in dataset
    licensed = record | {"licenses": [{"name": "MIT", "path": "https://opensource.org/license/mit"}]}
    (dataset,) = head_tags.datasets(source(), [licensed])["@graph"]
    assert dataset["license"] == "https://opensource.org/license/mit"
    assert "usageInfo" not in dataset


def test_the_time_that_a_table_covers_is_that_of_its_rows(small: Project) -> None:
    (record,) = head_tags.table_records("2026-02-01")
    fields = [
        field | {"name": field["name"].replace("published_on", "session")} for field in record["schema"]["fields"]
    ]
    small.edit("data/datapackage.json", '"published_on"', '"session"')
    small.edit("data/widgets.csv", "published_on", "session")
    known = record | {"publicDayField": "session", "schema": record["schema"] | {"fields": fields}}
    assert head_tags.temporal_coverage("widgets", known, "2026-02-01") == "2026-01-01/2026-01-15"


def test_a_page_is_described_by_its_answer() -> None:
    document = nodes.document(None, None)  # type: ignore[arg-type] # neither settings nor reporter are asked
    document += nodes.paragraph("", "Before.")
    answer = nodes.admonition("", nodes.title("", "The answer"), nodes.paragraph("", EVIL), classes=["answer"])
    document += answer
    assert head_tags.description(document).startswith("<b>x</b></script><!--c--> &")
    answer["classes"] = []
    assert head_tags.description(document) == "Before."
    document[0] = nodes.paragraph("", "word " * 100)
    shown = head_tags.description(document)
    assert shown.endswith("word …")
    assert len(shown) <= 302
    assert head_tags.description(nodes.document(None, None)) == ""  # type: ignore[arg-type] # as above


def test_what_a_tag_holds_is_escaped() -> None:
    tag = BeautifulSoup(head_tags._named("description", EVIL), "html.parser")
    assert [one.name for one in tag.find_all()] == ["meta"]
    assert tag.meta is not None
    assert tag.meta["content"] == EVIL
    block = head_tags._linked_data({"name": EVIL})
    assert block.count("<") == 2
