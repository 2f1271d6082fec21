"""Tables replaced all at once: whatever step fails or is the last one, all are new or all are as they were."""

import copy
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import pytest

from coordination_gap import data_package, paths
from coordination_gap.live import RefreshError, journal
from tests.conftest import Project, make_project

FILES = ("widgets.csv", "gadgets.csv", "datapackage.json")
NEW = [["widget", "weight_kg", "published_on"], ["a", "1.5", "2026-01-01"], ["d", "4", "2026-02-01"]]
# Every way in which the module touches the disk, where it looks it up.
STEPS = (
    (journal, "_save"), (journal, "_sync"), (Path, "replace"), (Path, "mkdir"), (Path, "chmod"), (Path, "unlink"),
    (shutil, "copyfile"), (shutil, "rmtree"),
)  # fmt: skip


class Killed(BaseException):
    """Stands for the end of the process: nothing is done after it."""


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data of a small book, with two tables."""
    project = make_project(tmp_path / "project")
    folder = project.path("data")
    (folder / "gadgets.csv").write_bytes((folder / "widgets.csv").read_bytes())
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    package["resources"].append({**copy.deepcopy(package["resources"][0]), "name": "gadgets", "path": "gadgets.csv"})
    (folder / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
    monkeypatch.setenv("GAPBOOK_ROOT", str(project.root))
    return folder


def contents(data: Path) -> dict[str, bytes]:
    return {file: (data / file).read_bytes() for file in FILES}


def write() -> list[str]:
    names = ["widgets", "gadgets"]
    return journal.write_tables(
        dict.fromkeys(names, NEW), {"widgets": {"retrieved": "2026-02-02"}}, journal.hashes(names)
    )


class Steps:
    """Counts the steps on the disk and does something else at one of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: int, instead: Callable[[Callable[[], Any]], Any]) -> None:
        self.taken = 0
        for place, name in STEPS:
            original = getattr(place, name)

            def step(*arguments: Any, _original: Callable[..., Any] = original, **named: Any) -> Any:
                self.taken += 1
                if self.taken == at:
                    return instead(lambda: _original(*arguments, **named))
                return _original(*arguments, **named)

            monkeypatch.setattr(place, name, step)


def steps_of_a_write(data: Path) -> int:
    with pytest.MonkeyPatch.context() as patch:
        steps = Steps(patch, 0, lambda _: None)
        write()
    return steps.taken


def test_the_tables_and_their_record_are_replaced(data: Path) -> None:
    mode = (data / "widgets.csv").stat().st_mode
    assert write() == ["widgets.csv", "gadgets.csv", "datapackage.json"]
    assert (data / "widgets.csv").read_text(encoding="utf-8").endswith("d,4,2026-02-01\n")
    assert (data / "widgets.csv").stat().st_mode == mode
    assert data_package.check_package() == []
    record = json.loads((data / "datapackage.json").read_text(encoding="utf-8"))["resources"][0]
    assert record["retrieved"] == "2026-02-02"
    assert sorted(path.name for path in data.iterdir()) == sorted(FILES)
    assert journal.mend() is None


def matrix(data: Path, run: Callable[[int], None]) -> list[str]:
    """Run a write once for each step, and return for each whether the tables are old or new afterwards."""
    before = contents(data)
    count = steps_of_a_write(data)
    after = contents(data)
    assert count > 20
    found = []
    for at in range(1, count + 1):
        for file, content in before.items():
            (data / file).write_bytes(content)
        run(at)
        now = contents(data)
        assert now in (before, after), f"step {at}: some files are new and some are old"
        found.append("old" if now == before else "new")
        assert not (data / ".refresh").exists(), f"step {at}"
    return found


def test_a_fault_at_any_step_leaves_all_as_it_was(data: Path) -> None:
    def run(at: int) -> None:
        def fail(_: Callable[[], Any]) -> NoReturn:
            raise OSError(28, "No space left on device")

        with pytest.MonkeyPatch.context() as patch:
            Steps(patch, at, fail)
            with suppress(OSError):  # clearing away does not fail the write
                write()
        journal.mend()

    found = matrix(data, run)
    # Once all new files are in place, what is left is clearing away: the write is done.
    assert found == sorted(found, reverse=True)
    assert {"old", "new"} == set(found)


@pytest.mark.parametrize("half", [False, True], ids=["before the step", "after the step"])
def test_a_process_killed_at_any_step_is_mended_by_the_next(data: Path, half: bool) -> None:
    def run(at: int) -> None:
        with pytest.MonkeyPatch.context() as patch:

            def die(step: Callable[[], Any]) -> NoReturn:
                if half:
                    step()
                for place, name in STEPS:  # a dead process clears nothing away
                    patch.setattr(place, name, dead)
                raise Killed

            def dead(*_: Any, **__: Any) -> NoReturn:
                raise Killed

            Steps(patch, at, die)
            with suppress(Killed):
                write()
        journal.mend()

    found = matrix(data, run)
    assert found == sorted(found, reverse=True)
    assert {"old", "new"} == set(found)


def test_a_rollback_that_is_killed_at_any_step_is_rolled_back_by_the_next(data: Path) -> None:
    before = contents(data)

    def cut_off() -> None:
        with pytest.MonkeyPatch.context() as patch:
            original = Path.replace

            def replace(source: Path, target: Path) -> Path:
                if source.name == "gadgets.csv" and source.parent.name == "data":
                    patch.setattr(journal, "_mend_locked", dead)
                    raise Killed
                return original(source, target)

            def dead() -> NoReturn:
                raise Killed

            patch.setattr(Path, "replace", replace)
            with suppress(Killed):
                write()

    for at in range(1, 12):
        cut_off()
        assert (data / ".refresh" / "journal.json").exists()
        assert contents(data) != before
        with pytest.MonkeyPatch.context() as patch:

            def die(_: Callable[[], Any]) -> NoReturn:
                raise Killed

            Steps(patch, at, die)
            with suppress(Killed):
                journal.mend()
        journal.mend()
        assert contents(data) == before, f"step {at}"
        assert not (data / ".refresh").exists()


def test_what_would_have_a_fault_is_not_written(data: Path) -> None:
    before = contents(data)
    rows = [*NEW, ["e", "-1", "2026-02-01"]]
    with pytest.raises(RefreshError, match=r"would have a fault, so nothing was written: .*widgets\.csv.*-1"):
        journal.write_tables({"widgets": rows}, {}, journal.hashes(["widgets"]))
    assert contents(data) == before
    assert not (data / ".refresh").exists()


def test_a_table_that_was_edited_meanwhile_is_left_alone(data: Path) -> None:
    seen = journal.hashes(["widgets"])
    file = data / "widgets.csv"
    file.write_text(file.read_text(encoding="utf-8") + "x,1,2026-01-01\n", encoding="utf-8")
    edited = contents(data)
    with pytest.raises(RefreshError, match=r"data/widgets\.csv was changed after the proposal was made"):
        journal.write_tables({"widgets": NEW}, {}, seen)
    assert contents(data) == edited


def test_a_second_writer_waits_and_then_says_so(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "SECONDS_TO_WAIT", 0.1)
    before = contents(data)
    holder = os.open(data, os.O_RDONLY)
    try:
        fcntl.flock(holder, fcntl.LOCK_EX)
        with pytest.raises(RefreshError, match="another gapbook is writing data/"):
            write()
    finally:
        os.close(holder)
    assert contents(data) == before
    assert write()


KILL = """
import os, signal
from pathlib import Path
from tests.live.test_journal import write
move = Path.replace
def replace(source, target):
    if source.name == "gadgets.csv":
        os.kill(os.getpid(), signal.SIGKILL)
    return move(source, target)
Path.replace = replace
write()
"""


def test_the_command_line_mends_what_a_killed_process_left(data: Path) -> None:
    before = contents(data)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    killed = subprocess.run([sys.executable, "-c", KILL], env=environment, capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert contents(data) != before
    done = Project(paths.root()).gapbook("check", "data")
    assert (done.returncode, done.stdout) == (0, "data: no fault\n")
    assert done.stderr == "gapbook: a refresh of data/ that was cut off is rolled back\n"
    assert contents(data) == before
