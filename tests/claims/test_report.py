"""The audit as it is read, and the tables that it is made from."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from coordination_gap import claims, paths, tables
from coordination_gap.claims import Claim, Verdict
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


def test_a_verdict_leads_to_the_section_that_shows_its_fact(stated: list[Claim]) -> None:
    sections = claims.section_addresses()
    assert sections["valuation.implied_growth"].startswith("04_valuation.html#")
    by_fact = next(one for one in verdicts(stated) if one.claim.fact == "departure.days_late")
    assert claims.address(by_fact, sections).startswith("01_departure.html#")
    assert claims.address(by_fact, {}) == "../facts.html#fact-departure.days_late"
    unlinked = next(one for one in verdicts(stated) if one.claim.rule == "none")
    assert claims.address(unlinked, sections) == ""


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


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (_dead_fact, "claim moe-pioneer: there is no fact 'departure.papers_leadng'"),
        (_undecided, "claim demo-output: it has no decision"),
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
    shown = claims.table([Verdict(stated[0], "holds", "5%", "as filed"), Verdict(stated[1], "loose", "", "nearly")])
    assert shown["What was found"].to_list() == ["5%. as filed", "nearly"]
    assert isinstance(shown, pd.DataFrame)
