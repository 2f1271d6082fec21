"""Write several tables and their record so that all are new or all are as they were.

The new files are made ready in ``data/.refresh/new``, on the file system they go to, and
checked there as the whole of ``data/``. The old ones are copied to ``data/.refresh/old``.
Then a journal is written, the new files are moved into place one by one, and the journal
is removed. Whoever finds a journal (:func:`mend`) moves the old files back unless all new
ones are in place. A lock on the folder ``data/`` keeps a second process out meanwhile.
"""

import csv
import fcntl
import hashlib
import io
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from coordination_gap import data_package, paths, tables
from coordination_gap.live.sources import RefreshError

PACKAGE = "datapackage.json"
SECONDS_TO_WAIT = 60.0


def hashes(names: list[str]) -> dict[str, str]:
    """Return the SHA-256 of the record and of the named tables' files, by file name."""
    files = [PACKAGE, *(tables.resource(name)["path"] for name in names)]
    return {file: _sha256(paths.data() / file) for file in files}


def write_tables(
    new_rows: Mapping[str, list[list[str]]], records: Mapping[str, Mapping[str, Any]], made_from: Mapping[str, str]
) -> list[str]:
    """Replace tables and their record in one go.

    Parameters
    ----------
    new_rows
        Header and rows of each table to replace, cell by cell, by table name.
    records
        What changes in the record of a table, by table name; hashes and sizes are worked out here.
    made_from
        The hashes of the files that the rows were made from, as :func:`hashes` gave them.

    Returns
    -------
    list of str
        Names of the files that were replaced.

    Raises
    ------
    RefreshError
        If the files are no longer those, or if what is to be written has a fault. All is as it was then.
    OSError
        If the files cannot be written. All is as it was then.
    """
    mend()
    with _locked():
        for file, seen in made_from.items():
            if _sha256(paths.data() / file) != seen:
                raise RefreshError(f"data/{file} was changed after the proposal was made: run the refresh again")
        try:
            changed = _stage(new_rows, records)
            _swap(changed)
        except BaseException:
            _mend_locked()
            raise
        return changed


def mend() -> str | None:
    """Finish or roll back a write that was cut off.

    Returns
    -------
    str or None
        What was done, as a sentence; None if there was nothing to do.

    Raises
    ------
    RefreshError
        If another process is writing and does not come to an end.
    """
    if not _work().exists():
        return None
    with _locked():
        return _mend_locked()


def _work() -> Path:
    return paths.data() / ".refresh"


@contextmanager
def _locked() -> Iterator[None]:
    # The lock is on the folder itself and goes with the process that holds it, so that a kill leaves none behind.
    folder = os.open(paths.data(), os.O_RDONLY)
    try:
        until = time.monotonic() + SECONDS_TO_WAIT
        while True:
            try:
                fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise RefreshError("another gapbook is writing data/: wait for it to end and try again") from None
                time.sleep(0.05)
        yield
    finally:
        os.close(folder)


def _stage(new_rows: Mapping[str, list[list[str]]], records: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Make the new files ready and check them; return their names, the record's last."""
    staged = _work() / "new" / "data"
    staged.mkdir(parents=True)
    package = json.loads(json.dumps(tables.package()))
    for record in package["resources"]:
        name = record["name"]
        if name in new_rows:
            text = io.StringIO()
            csv.writer(text, lineterminator="\n").writerows(new_rows[name])
            content = text.getvalue().encode("utf-8")
            _save(staged / record["path"], content)
            record.update(records.get(name, {}))
            record.update({"hash": f"sha256:{hashlib.sha256(content).hexdigest()}", "bytes": len(content)})
        else:
            shutil.copyfile(paths.data() / record["path"], staged / record["path"])
    _save(staged / PACKAGE, (json.dumps(package, indent=2, ensure_ascii=False) + "\n").encode("utf-8"))
    with _root_is(_work() / "new"):
        faults = data_package.check_package()
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise RefreshError(f"the refreshed data would have a fault, so nothing was written: {faults[0]}{more}")
    return [*(record["path"] for record in package["resources"] if record["name"] in new_rows), PACKAGE]


def _swap(changed: list[str]) -> None:
    staged, kept = _work() / "new" / "data", _work() / "old"
    kept.mkdir()
    for file in changed:
        _save(kept / file, (paths.data() / file).read_bytes())
        for path in (staged / file, kept / file):
            path.chmod((paths.data() / file).stat().st_mode & 0o7777)
    _sync(staged)
    _sync(kept)
    journal = [{"file": file, "old": _sha256(kept / file), "new": _sha256(staged / file)} for file in changed]
    _save(_work() / "journal.part", json.dumps(journal).encode("utf-8"))
    (_work() / "journal.part").replace(_work() / "journal.json")
    _sync(_work())
    for file in changed:
        (staged / file).replace(paths.data() / file)
    _sync(paths.data())
    _mend_locked()


def _mend_locked() -> str | None:
    work = _work()
    journal = work / "journal.json"
    done = None
    if journal.exists():
        entries = json.loads(journal.read_text(encoding="utf-8"))
        if all(_sha256(paths.data() / entry["file"]) == entry["new"] for entry in entries):
            done = "a refresh of data/ that was cut off is finished"
        else:
            for entry in entries:
                kept = work / "old" / entry["file"]
                if kept.exists():  # moved back already if not, by a rollback that was cut off itself
                    kept.replace(paths.data() / entry["file"])
            done = "a refresh of data/ that was cut off is rolled back"
        _sync(paths.data())
        # From here on there is nothing to roll back: what is left is waste.
        journal.unlink()
        _sync(work)
    if work.exists():
        shutil.rmtree(work, ignore_errors=True)  # what cannot be removed now is removed by the next command
    return done


@contextmanager
def _root_is(folder: Path) -> Iterator[None]:
    before = os.environ.get("GAPBOOK_ROOT")
    os.environ["GAPBOOK_ROOT"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["GAPBOOK_ROOT"]
        else:
            os.environ["GAPBOOK_ROOT"] = before


def _save(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
