"""A release: every edition run and rendered anew, and kept with what differs from the release before.

``releases/<version>/`` holds for each edition ``<edition>.facts.json`` as it was published,
``<edition>.difference.json`` and ``.md``, and for all of them ``SHA256SUMS``. It is kept under
version control, so that a number that was cited can be found and the next release can be compared.
"""

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

import coordination_gap
from coordination_gap import paths
from coordination_gap.press import BASE, PressError, addresses, difference, edition, site
from coordination_gap.press.difference import report
from coordination_gap.press.freshness import published, store
from coordination_gap.press.renderer import Renderer

SUMS = "SHA256SUMS"
#: What is kept of each edition.
_KINDS = ("facts.json", "difference.json", "difference.md")


def release(version: str) -> Path:
    """Build every edition anew and keep its facts with their difference from the last release.

    Parameters
    ----------
    version
        The version, larger than every one that was released.

    Returns
    -------
    Path
        ``releases/<version>``.

    Raises
    ------
    PressError
        If the version cannot be released, an earlier release is not as it was, or an edition cannot be built;
        nothing is kept then.
    """
    last = _checked(version)
    _forget()
    names = sorted(edition.names(), key=lambda name: (name != BASE, name))
    for name in names:
        with Renderer() as renderer:
            site.build(edition.load(name), (name,), renderer)
    folder = paths.releases() / version
    part = folder.with_name(f".part-{version}")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    for name in names:
        _keep(name, last, part)
    (part / SUMS).write_text("".join(f"{sha256}  {name}\n" for name, sha256 in _sums(part).items()), encoding="utf-8")
    part.replace(folder)
    return folder


def versions() -> list[str]:
    """Return the versions that were released, the first one first."""
    folder = paths.releases()
    entries = list(folder.iterdir()) if folder.is_dir() else []
    found = [path.name for path in entries if path.is_dir() and not path.name.startswith(".")]
    return sorted(found, key=_parsed)


def faults() -> list[str]:
    """Return a sentence for each thing by which a release is not complete, or not as it was kept."""
    return [fault for version in versions() for fault in _faults(version)]


def _faults(version: str) -> list[str]:
    folder = paths.releases() / version
    mend = f"restore it with 'git checkout -- releases/{version}'"
    try:
        lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return [f"releases/{version}/{SUMS} cannot be read: {mend}"]
    recorded = {name: sha256 for sha256, _, name in (line.partition("  ") for line in lines)}
    there = _sums(folder)
    found = [
        f"releases/{version}/{name} is {'not as it was kept' if name in there else 'missing'}: {mend}"
        for name, sha256 in recorded.items()
        if there.get(name) != sha256
    ]
    found += [f"releases/{version}/{name} was not released: remove it" for name in there if name not in recorded]
    editions = {BASE, *(name.partition(".")[0] for name in recorded)}
    needed = [f"{name}.{kind}" for name in sorted(editions) for kind in _KINDS]
    return found + [f"releases/{version} has no {name}: {mend}" for name in needed if name not in recorded]


def _checked(version: str) -> str | None:
    """Return the last release, None before the first, if `version` can follow it."""
    wanted, before = _parsed(version), versions()
    if str(wanted) != version:
        raise PressError(f"{version} is written otherwise than versions are: write {wanted}")
    if before and wanted <= _parsed(before[-1]):
        raise PressError(f"{version} is not newer than {before[-1]}, which was released: choose a larger version")
    if not addresses.is_release(version):
        raise PressError(f"{version} is written as a version before a release: release {wanted.base_version}")
    own = coordination_gap.__version__
    if own != version:
        other = f", or release {own}" if addresses.is_release(own) else ""
        raise PressError(f"src/coordination_gap/__init__.py says version {own}: set it to {version}{other}")
    changes = paths.root() / "CHANGELOG.md"
    if not changes.is_file() or f"## [{version}]" not in changes.read_text(encoding="utf-8"):
        raise PressError(f"CHANGELOG.md has no part '## [{version}]': say there what is new")
    broken = faults()
    if broken:
        raise PressError("\n".join(broken))
    return before[-1] if before else None


def _parsed(version: str) -> Version:
    try:
        return Version(version)
    except InvalidVersion:
        raise PressError(f"{version!r} is no version: write one such as 1.0.0") from None


def _forget() -> None:
    """Remove what is kept of earlier builds, so that nothing of a release rests on them."""
    with site.build_lock():
        for folder in (store.folder(), paths.build() / "render", paths.build() / "published"):
            shutil.rmtree(folder, ignore_errors=True)


def _keep(name: str, last: str | None, folder: Path) -> None:
    source = paths.build() / "html" / published.site_folder(name) / "facts.json"
    shutil.copyfile(source, folder / f"{name}.facts.json")
    earlier = paths.releases() / (last or "") / f"{name}.facts.json"
    document: dict[str, Any]
    if last and earlier.is_file():
        before = replace(difference.of_file(earlier), name=f"{name} {last}")
        document = difference.document(
            difference.compare(before, difference.of_file(source), difference.project_texts())
        )
        text = report.markdown(document)
    else:
        why = f"No release before this one has the edition {name}."
        document, text = {"form": difference.FORM, "why_not": why}, f"# {name}\n\n{why}\n"
    written = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    (folder / f"{name}.difference.json").write_text(written, encoding="utf-8")
    (folder / f"{name}.difference.md").write_text(text, encoding="utf-8")


def _sums(folder: Path) -> dict[str, str]:
    kept = (path for path in sorted(folder.iterdir()) if path.is_file() and path.name != SUMS)
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in kept}
