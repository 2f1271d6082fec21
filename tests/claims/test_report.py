"""The audit as it is read, and the tables that it is made from."""

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from coordination_gap import claims, figures, paths, tables
from coordination_gap.claims import BookPage, Claim, Verdict
from coordination_gap.figures import Link
from coordination_gap.press import audit
from tests.conftest import Project
from tests.reliability.drawn import check

LAST = "2026-09-10"


@pytest.fixture(scope="module")
def stated() -> list[Claim]:
    return claims.read_claims(tables.load("claims", LAST))


def verdicts(stated: list[Claim]) -> list[Verdict]:
    return [Verdict(claim, claims.VERDICTS[number % 6], "", "so it is") for number, claim in enumerate(stated)]


def test_the_audit_is_whole() -> None:
    assert audit.faults() == []


def test_every_number_of_the_article_is_on_the_list_of_a_claim(stated: list[Claim]) -> None:
    numbers = tables.load("article_numbers", LAST)
    assert len(stated) >= 70
    covered = set(numbers["claim_id"].dropna())
    # A claim that states a number is about one that the article prints.
    assert {claim.claim_id for claim in stated if claim.kind == "figure" and claim.value is not None} <= covered


def test_the_ten_weightiest_are_those_that_weigh_most(stated: list[Claim]) -> None:
    chosen = claims.weightiest(verdicts(stated), 10)
    assert [one.claim.weight for one in chosen] == [3] * 10
    positions = [one.claim.position for one in chosen]
    assert positions == sorted(positions)


def test_counts_add_up_to_all(stated: list[Claim]) -> None:
    counted = claims.counts(verdicts(stated))
    assert int(counted.to_numpy().sum()) == len(stated)
    assert counted.loc["figure"].sum() == sum(claim.kind == "figure" for claim in stated)
    data = counted.rename(index=claims.KIND_NAMES).rename_axis("kind").reset_index()
    melted = data.melt("kind", var_name="verdict", value_name="claims")
    for size in ("wide", "narrow"):
        check(claims.draw_verdicts, melted, size)


def page_of(*sections: str) -> BookPage:
    return BookPage("02_p.html", "The page", {section: section.upper() for section in sections})


def test_a_verdict_leads_to_the_section_its_question_and_its_evidence(stated: list[Claim]) -> None:
    pages, sections = claims.book_pages(), claims.section_addresses()
    assert sections["valuation.implied_growth"].startswith("04_valuation.html#")
    by_id = {one.claim.claim_id: one for one in verdicts(stated)}
    links = claims.where_to_look(by_id["do-not-sell"], pages, sections, {"do-not-sell"})
    assert [link.address for link in links] == [
        "02_market_reaction.html#what-the-market-does-not-explain",
        "10_scorecard.html#the-forecasts-as-questions",
    ]
    numbers = {claim_id: one.claim.position for claim_id, one in by_id.items()}
    (*_, last) = claims.where_to_look(by_id["six-steps-83"], pages, sections, (), numbers)
    assert last == Link(f"cannot be true together with No. {numbers['demo-always-fires']}", "#claim-demo-always-fires")


def test_a_page_that_comes_later_is_linked_as_soon_as_it_stands(stated: list[Claim]) -> None:
    claim = dataclasses.replace(stated[0], fact="", page="agent", page_section="the-mail", contradicts=())
    one = Verdict(claim, "holds", "", "so it is")
    assert claims.where_to_look(one, {}, {}) == ()
    assert claims.where_to_look(one, {"agent": page_of()}, {}) == (Link("The page", "02_p.html"),)
    there = claims.where_to_look(one, {"agent": page_of("the-mail")}, {})
    assert there == (Link("The page: THE-MAIL", "02_p.html#the-mail"),)


@pytest.mark.parametrize(
    ("source", "link"),
    [
        ("https://www.axios.com/2026/06/18/dean", Link("axios.com/2026/06/18/dean", "https://www.axios.com/2026/06/18/dean")),
        ("table papers, row 1706.03762", Link("table papers, row 1706.03762", "../data/papers.html")),
        ("the article itself", Link("the article itself", "")),
    ],
)  # fmt: skip
def test_a_source_is_a_link_if_it_has_an_address(source: str, link: Link) -> None:
    assert claims.source_link(source) == link


def test_every_claim_leads_somewhere_or_to_a_page_to_come(stated: list[Claim]) -> None:
    pages, sections = claims.book_pages(), claims.section_addresses()
    for one in verdicts(stated):
        if one.claim.page in pages and one.claim.page != "claims":
            link, *_ = claims.where_to_look(one, pages, sections)
            assert "#" in link.address or one.claim.page_section == "", one.claim.claim_id
    # Every source of evidence is shown, those joined in one cell apart.
    several = dataclasses.replace(
        verdicts(stated)[0], source="https://a.org/x ; table papers, row 1 ; the article itself"
    )
    assert len(claims.where_to_look(several, {}, {})) == 3


def test_where_the_article_makes_a_claim_is_said_whole(stated: list[Claim]) -> None:
    claim = dataclasses.replace(stated[0], section="Overview", place="paragraph 5 | Good Practices, list item 1")
    assert claims.locator(claim) == "Overview, paragraph 5; also Good Practices, list item 1"


def test_kinds_are_ranked_by_what_holds_of_what_can_be_checked() -> None:
    table = pd.DataFrame(0, index=["figure", "fact", "causal", "forecast"], columns=list(claims.VERDICTS))
    table.loc["figure", ["holds", "contradicted", "not checkable"]] = 2, 2, 96
    table.loc["fact", ["holds", "loose"]] = 1, 3
    table.loc["causal", "unsupported"] = 5
    table.loc["forecast", "not checkable"] = 3
    ranked = claims.ranking(table)
    assert ranked.index.to_list() == ["figure", "fact", "causal"]
    assert ranked["share"].to_list() == [0.5, 0.25, 0.0]
    assert ranked["checkable"].to_list() == [4, 4, 5]


def test_one_claim_of_a_pair_stands_before_the_other(stated: list[Claim]) -> None:
    for one, other in claims.contradictions(verdicts(stated)):
        assert one.claim.position < other.claim.position
        assert one.claim.claim_id in other.claim.contradicts


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The project's data, to be spoilt; all else is its own."""
    for folder in ("editions", "notebooks"):
        (tmp_path / folder).symlink_to(paths.root() / folder)
    shutil.copytree(paths.data(), tmp_path / "data")
    return tmp_path / "data"


def _dead_fact(folder: Path) -> None:
    path = folder / "claims.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("departure.papers_leading", "departure.papers_leadng"))


def _undecided(folder: Path) -> None:
    path = folder / "claim_evidence.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith("demo-output,")))


def _without_number(folder: Path) -> None:
    path = folder / "article_numbers.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith("Average Expense to Use It,7,")))


def _dead_section(folder: Path) -> None:
    path = folder / "claims.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",what-the-price-presumes,", ",what-the-price-presume,"))


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (_dead_fact, "claim moe-pioneer: there is no fact 'departure.papers_leadng'"),
        (_undecided, "claim demo-output: it has no decision"),
        (_without_number, "'Average Expense to Use It': number 7 is missing; put the row back"),
        (_dead_section, "has no section 'what-the-price-presume'; did you mean 'what-the-price-presumes'?"),
    ],
)
def test_the_command_names_what_is_not_whole(
    data: Path, spoil: Callable[[Path], None], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(data)
    monkeypatch.setenv("GAPBOOK_ROOT", str(data.parent))
    assert any(sentence in fault for fault in audit.faults())


def test_a_project_without_claims_has_no_fault(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAPBOOK_ROOT", str(project.root))
    assert audit.faults() == []


def test_a_table_shows_what_was_found_in_one_cell(stated: list[Claim]) -> None:
    shown = claims.table(
        [Verdict(stated[0], "holds", "growth: 5%", "As filed."), Verdict(stated[1], "loose", "", "Nearly.")], {}, {}
    )
    assert shown["What was found"].to_list() == ["growth: 5%. As filed.", "Nearly."]


def test_a_cell_holds_links_and_a_note_and_its_text_is_not_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[dict[str, str]] = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: shown.append(bundle))
    frame = pd.DataFrame({"Claim": ["a < b"], "Where": [(Link("here & there", "p.html#x"), Link("nowhere", ""))]})
    figures.show_table(frame, "One", notes={"Claim": ["Overview, <p> 1"]})
    html = shown[0]["text/html"]
    assert 'a &lt; b <span class="cell-note">Overview, &lt;p&gt; 1</span>' in html
    assert '<td><a href="p.html#x">here &amp; there</a>; nowhere</td>' in html
    assert "here & there; nowhere" in shown[0]["text/plain"]
