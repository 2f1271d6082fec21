"""The benchmarks agree with each other before they are timed; how long they take is no test."""

import pytest

from benchmarks import competitors, reliability


def test_every_way_agrees_with_the_exact_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reliability, "COUNTED_RUNS", 10**6)
    monkeypatch.setattr(reliability, "FOLLOWED_RUNS", 10**4)
    monkeypatch.setattr(reliability, "OTHERS", {name: (way, 20_000) for name, (way, _) in reliability.OTHERS.items()})
    assert reliability.disagreements() == []


def test_a_way_that_is_off_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = dict.fromkeys(competitors.FIELDS, (0.5, 1e-6))
    monkeypatch.setattr(reliability, "OTHERS", {"wrong": (lambda *_: wrong, 10)})
    monkeypatch.setattr(reliability, "COUNTED_RUNS", 10**4)
    monkeypatch.setattr(reliability, "FOLLOWED", {})
    faults = reliability.disagreements()
    assert len(faults) == len(competitors.FIELDS)
    assert faults[0].startswith("wrong: success is 0.5 with standard error 1e-06, but exactly 0.991793")


def test_rows_are_written_with_units() -> None:
    rows = [reliability.Row("fast", 5e-5, "note", "< 1 ms"), reliability.Row("slow", 2.0)]
    assert reliability.table(rows).splitlines()[2:] == ["| fast | 50 µs | < 1 ms | note |", "| slow | 2 s |  |  |"]
