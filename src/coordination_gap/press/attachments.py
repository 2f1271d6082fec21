"""What is attached to a release: the site under its permanent addresses, papers, research objects, differences, sums.

``gapbook release`` keeps a release's facts; this gathers, from editions built of the same
sources, what is published with them. Where a fact came out otherwise than it was released,
nothing is gathered.
"""

import gzip
import hashlib
import io
import json
import math
import shutil
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import coordination_gap
from coordination_gap import paths
from coordination_gap.press import BASE, PressError, crate, edition, publish, release
from coordination_gap.press.freshness.published import site_folder
from coordination_gap.press.paper import book, memo

#: The site's archive; unpacked beside the latest site, it gives each page its permanent address.
SITE = "site.tar.gz"
#: Values computed on another processor may differ in their last digits.
_RELATIVE = 1e-9


def gather(version: str, folder: Path) -> list[Path]:
    """Write what is attached to a release.

    Parameters
    ----------
    version
        A version that was released, and the one at work.
    folder
        Where the files go; it must not exist, or be empty.

    Returns
    -------
    list of Path
        The files, ``SHA256SUMS`` last.

    Raises
    ------
    PressError
        If the version is not the one at work or not released, an edition is not built, or a fact of it is not
        as it was released.
    """
    names = _checked(version, folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".attachments-") as scratch:
        part = Path(scratch, "part")
        part.mkdir()
        for path in sorted((paths.releases() / version).iterdir()):
            if path.name != release.SUMS:
                shutil.copyfile(path, part / path.name)
        for name in names:
            site = _site(name)
            for kind, made in (("memo", memo.write), ("book", book.write)):
                for path in made(site, Path(scratch, "papers")):
                    path.replace(part / f"{name}.{kind}{path.suffix}")
            crate.write(name, part / f"{name}.crate.zip")
        _archive(version, names, Path(scratch, "site"), part / SITE)
        sums = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(part.iterdir())}
        written = "".join(f"{sha256}  {name}\n" for name, sha256 in sums.items())
        (part / release.SUMS).write_text(written, encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        part.replace(folder)
    return [folder / name for name in [*sums, release.SUMS]]


def _checked(version: str, folder: Path) -> list[str]:
    """Return the names of the released editions, base first, if all can be attached."""
    if version not in release.versions():
        raise PressError(f"{version} is not released: run 'gapbook release {version}' first")
    if version != coordination_gap.__version__:
        own = coordination_gap.__version__
        raise PressError(f"the version at work is {own}, not {version}: check out what was released, v{version}")
    broken = release.faults()
    if broken:
        raise PressError("\n".join(broken))
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise PressError(f"{folder} is there already: remove it, or name another with --output")
    found = (path.name.removesuffix(".facts.json") for path in (paths.releases() / version).glob("*.facts.json"))
    names = sorted(found, key=lambda name: (name != BASE, name))
    for name in names:
        _as_released(name, version)
    return names


def _site(name: str) -> Path:
    return paths.build() / "html" / site_folder(name)


def _as_released(name: str, version: str) -> None:
    built = _site(name) / "facts.json"
    if not built.is_file():
        raise PressError(f"the edition {name} is not built: run 'gapbook build --edition {name}' first")
    now, then = (_facts(path) for path in (built, paths.releases() / version / f"{name}.facts.json"))
    for fact_id in sorted(now.keys() ^ then.keys()):
        there = "built" if fact_id in now else "released"
        raise PressError(f"edition {name}: fact {fact_id} is {there} only: build from what was released, v{version}")
    for fact_id, fact in now.items():
        if not _same(fact, then[fact_id]):
            shown = f"{fact['display']} as built and {then[fact_id]['display']} as released"
            raise PressError(f"edition {name}: fact {fact_id} is {shown}: build from what was released, v{version}")


def _facts(path: Path) -> dict[str, dict[str, Any]]:
    return {fact["id"]: fact for fact in json.loads(path.read_text(encoding="utf-8"))["facts"]}


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    values = one["value"], other["value"]
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    close = math.isclose(*values, rel_tol=_RELATIVE, abs_tol=1e-12) if numbers else values[0] == values[1]
    return close and one["display"] == other["display"]


def _archive(version: str, names: list[str], folder: Path, archive: Path) -> None:
    """Write the editions' sites as they stand under ``v<version>/<edition>/``."""
    top = folder / f"v{version}"
    for name in names:
        leave = shutil.ignore_patterns("editions") if name == BASE else None
        shutil.copytree(_site(name), top / name, ignore=leave, copy_function=shutil.copyfile)
    publish.fill_switchers(top, {name: Path(name) for name in names})
    (top / "index.html").write_text(publish.only_a_way_in(edition.load(names[0]), Path(names[0])), encoding="utf-8")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as written:
        for path in sorted(top.rglob("*")):
            if path.is_file():
                # Nothing of the machine or the moment, so that the same site is the same archive.
                entry = tarfile.TarInfo(path.relative_to(folder).as_posix())
                entry.size, entry.mode = path.stat().st_size, 0o644
                with path.open("rb") as content:
                    written.addfile(entry, content)
    archive.write_bytes(gzip.compress(packed.getvalue(), mtime=0))
