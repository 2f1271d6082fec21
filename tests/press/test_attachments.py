"""What is attached to a release is what was released, under its permanent addresses, or nothing."""

import hashlib
import json
import tarfile
from pathlib import Path

import pytest

import coordination_gap
from coordination_gap.press import PressError, attachments, crate, release
from coordination_gap.press.paper import book, memo
from tests.conftest import Project
from tests.press.test_difference import fact
from tests.press.test_release import FIRST, press, publish

__all__ = ["press"]


@pytest.fixture
def released(press: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Return a project with a release, its editions published, and papers that are quickly made."""

    def made(*names: str) -> object:
        def write(_site: Path, folder: Path) -> list[Path]:
            folder.mkdir(exist_ok=True)
            for name in names:
                (folder / name).write_text(f"{_site.name} {name}", encoding="utf-8")
            return [folder / name for name in names]

        return write

    def pack(name: str, archive: Path) -> Path:
        archive.write_text(name, encoding="utf-8")
        return archive

    monkeypatch.setattr(memo, "write", made("memo.docx", "memo.pdf"))
    monkeypatch.setattr(book, "write", made("book.pdf", "book.epub"))
    monkeypatch.setattr(crate, "write", pack)
    publish(press, monkeypatch, 1.0)
    release.release(FIRST)
    html = press.path("_build/html")
    page = '<nav><!-- editions --><ul><li><a href="editions/bear/index.html">Bear</a></li></ul><!-- /editions --></nav>'
    for folder in (html, html / "editions" / "bear"):
        (folder / "facts").mkdir()
        (folder / "index.html").write_text(page, encoding="utf-8")
        (folder / "facts" / "a.b.html").write_text(page, encoding="utf-8")
    return press


def test_every_edition_has_its_parts_and_all_are_summed(released: Project) -> None:
    found = attachments.gather(FIRST, released.path("out"))
    kinds = (
        "facts.json", "difference.json", "difference.md", "memo.pdf", "memo.docx", "book.pdf", "book.epub", "crate.zip",
    )  # fmt: skip
    expected = {f"{name}.{kind}" for name in ("base", "bear") for kind in kinds} | {"site.tar.gz", "SHA256SUMS"}
    assert {path.name for path in found} == expected
    sums = (released.path("out") / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    for line in sums:
        sha256, _, name = line.partition("  ")
        assert hashlib.sha256((released.path("out") / name).read_bytes()).hexdigest() == sha256
    assert len(sums) == len(expected) - 1


def test_the_site_stands_under_its_permanent_addresses(released: Project, tmp_path: Path) -> None:
    attachments.gather(FIRST, released.path("out"))
    with tarfile.open(released.path("out") / "site.tar.gz") as packed:
        packed.extractall(tmp_path / "site", filter="data")
    top = tmp_path / "site" / f"v{FIRST}"
    assert sorted(path.relative_to(top).as_posix() for path in top.rglob("*.html")) == [
        "base/facts/a.b.html", "base/index.html", "bear/facts/a.b.html", "bear/index.html", "index.html",
    ]  # fmt: skip
    assert 'url=base/index.html"' in (top / "index.html").read_text(encoding="utf-8")
    switcher = (top / "base" / "facts" / "a.b.html").read_text(encoding="utf-8")
    assert '<a href="../../bear/facts/a.b.html">Bear</a>' in switcher
    assert '<a href="a.b.html" aria-current="true">' in switcher


def test_the_same_release_is_the_same_archive(released: Project) -> None:
    attachments.gather(FIRST, released.path("one"))
    attachments.gather(FIRST, released.path("two"))
    assert released.path("one/site.tar.gz").read_bytes() == released.path("two/site.tar.gz").read_bytes()


def test_last_digits_of_another_processor_are_no_other_fact(released: Project) -> None:
    written = released.path("_build/html/facts.json")
    content = json.loads(written.read_text(encoding="utf-8"))
    content["facts"][0]["value"] *= 1 + 1e-12
    written.write_text(json.dumps(content), encoding="utf-8")
    assert attachments.gather(FIRST, released.path("out"))


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ([fact("a.b", 1.001)], r"edition base: fact a\.b is .* as built and .* as released"),
        ([fact("a.b", 1.0), fact("a.c", 1.0)], r"fact a\.c is built only: build from what was released, v0\.1\.0"),
        ([], r"fact a\.b is released only"),
    ],
)
def test_another_fact_than_was_released_attaches_nothing(
    released: Project, facts: list[dict[str, object]], says: str
) -> None:
    written = released.path("_build/html/facts.json")
    content = json.loads(written.read_text(encoding="utf-8"))
    written.write_text(json.dumps(content | {"facts": facts}), encoding="utf-8")
    with pytest.raises(PressError, match=says):
        attachments.gather(FIRST, released.path("out"))
    assert not released.path("out").exists()


def test_what_cannot_be_attached_is_one_sentence(released: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PressError, match=r"0\.9\.0 is not released: run 'gapbook release 0\.9\.0' first"):
        attachments.gather("0.9.0", released.path("out"))
    released.path("out").mkdir()
    released.path("out/mine.txt").write_text("kept", encoding="utf-8")
    with pytest.raises(PressError, match="is there already"):
        attachments.gather(FIRST, released.path("out"))
    assert released.path("out/mine.txt").read_text(encoding="utf-8") == "kept"
    monkeypatch.setattr(coordination_gap, "__version__", "0.2.0.dev0")
    with pytest.raises(PressError, match=r"the version at work is 0\.2\.0\.dev0, not 0\.1\.0"):
        attachments.gather(FIRST, released.path("other"))
    monkeypatch.setattr(coordination_gap, "__version__", FIRST)
    released.path("_build/html/editions/bear/facts.json").unlink()
    with pytest.raises(PressError, match="the edition bear is not built"):
        attachments.gather(FIRST, released.path("other"))
