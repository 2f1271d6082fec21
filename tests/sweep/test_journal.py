"""Rows are kept as they land, each once; what a killed sweep left half-written is no row."""

from pathlib import Path

import pytest

from coordination_gap.press import PressError
from coordination_gap.sweep.journal import Journal, alone


def row(number: int) -> dict[str, object]:
    return {"run": number, "parameters": {"price": 1.5 * number}, "facts": {"a.b": number}, "error": None}


def test_rows_come_back_in_the_order_of_their_runs(tmp_path: Path) -> None:
    with Journal(tmp_path / "runs.jsonl", "key", 5) as journal:
        for number in (3, 0, 4):
            journal.add(row(number))
        assert list(journal.rows()) == [row(0), row(3), row(4)]
        assert list(journal.missing()) == [1, 2]


def test_a_row_is_on_the_disk_at_once_and_counts_once(tmp_path: Path) -> None:
    with Journal(tmp_path / "runs.jsonl", "key", 5) as journal:
        journal.add(row(2))
        journal.add(row(2) | {"error": "another"})
        with Journal(tmp_path / "runs.jsonl", "key", 5) as other:
            assert (other.done, list(other.rows())) == (1, [row(2)])
    assert (tmp_path / "runs.jsonl").read_text(encoding="utf-8").count('"run"') == 1


@pytest.mark.parametrize("cut", range(1, 40, 6))
def test_a_row_cut_off_is_run_again(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "runs.jsonl"
    with Journal(path, "key", 3) as journal:
        journal.add(row(0))
        journal.add(row(1))
    path.write_bytes(path.read_bytes()[:-cut])
    with Journal(path, "key", 3) as journal:
        assert list(journal.missing()) == [1, 2]
        journal.add(row(1))
        journal.add(row(2))
    with Journal(path, "key", 3) as journal:
        assert list(journal.rows()) == [row(0), row(1), row(2)]


@pytest.mark.parametrize(("key", "count"), [("other", 3), ("key", 4)])
def test_the_journal_of_another_sweep_is_set_aside_and_kept(tmp_path: Path, key: str, count: int) -> None:
    path = tmp_path / "runs.jsonl"
    with Journal(path, "key", 3) as journal:
        journal.add(row(0))
    before = path.read_bytes()
    with Journal(path, key, count) as journal:
        assert (journal.done, journal.set_aside) == (0, tmp_path / "runs-before-1.jsonl")
    assert (tmp_path / "runs-before-1.jsonl").read_bytes() == before


def test_a_journal_without_a_row_is_nothing_to_keep(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    Journal(path, "key", 3).__exit__(None, None, None)
    with Journal(path, "other", 3) as journal:
        assert journal.set_aside is None
    assert [each.name for each in tmp_path.iterdir()] == ["runs.jsonl"]


def test_two_sweeps_do_not_write_to_one_folder(tmp_path: Path) -> None:
    with alone(tmp_path, "_build/sweeps/n"), pytest.raises(PressError) as refused, alone(tmp_path, "_build/sweeps/n"):
        pass
    assert str(refused.value) == (
        "another sweep is writing to _build/sweeps/n: wait for it, or name another folder with --output"
    )
    with alone(tmp_path, "_build/sweeps/n"):
        pass
