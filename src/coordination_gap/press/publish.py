"""Put a rendered edition among those that are published, all at once or not at all.

``_build/html`` is a link that is moved to the new site in one step. The base edition stands at its
top, each other one in ``editions/<name>/``. Every page holds a switcher, which is filled here, since
only here it is known which editions there are. A book under replaced values is no edition: it is
published apart, as ``_build/what-if``.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from html import escape
from pathlib import Path

from coordination_gap import paths
from coordination_gap.press import BASE, WHAT_IF
from coordination_gap.press import edition as editions
from coordination_gap.press.edition import Edition
from coordination_gap.press.freshness.published import SWITCHER, site_folder


def publish(rendered: Path, edition: Edition, papers: Path | None = None) -> Path:
    """Publish a rendered edition; the other editions stay as they are, but for their switchers.

    Parameters
    ----------
    rendered
        The folder of its pages, which is copied.
    edition
        The edition.
    papers
        A folder of more files for its top, if it exists.

    Returns
    -------
    Path
        Its landing page.
    """
    link = paths.build() / (WHAT_IF if edition.replaced else "html")
    site = Path(tempfile.mkdtemp(prefix=f"site-{link.name}-", dir=paths.build()))
    site.chmod(0o755)
    place = site / site_folder(edition.address)
    if not edition.replaced and link.is_dir():
        _carry_over(link.resolve(), site, edition.address)
    # Sphinx's note to itself holds the folder's name, and would differ from place to place.
    shutil.copytree(rendered, place, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".buildinfo"))
    if papers is not None and papers.is_dir():
        shutil.copytree(papers, place, dirs_exist_ok=True)
    if not edition.replaced:
        if not (site / "index.html").is_file():
            (site / "index.html").write_text(only_a_way_in(edition, site_folder(edition.address)), encoding="utf-8")
        fill_switchers(site, {name: site_folder(name) for name in _published(site)})
    _point(link, site)
    return link / site_folder(edition.address) / "index.html"


def _carry_over(old: Path, site: Path, address: str) -> None:
    """Link the files of what stays published into the new site."""
    for name in _published(old):
        if name != address and name in editions.names():
            folder = site_folder(name)
            shutil.copytree(
                old / folder,
                site / folder,
                copy_function=os.link,
                dirs_exist_ok=True,
                ignore=_leave_editions(old) if name == BASE else None,
            )


def _leave_editions(top: Path) -> Callable[[str, list[str]], list[str]]:
    return lambda folder, _names: ["editions"] if Path(folder) == top else []


def _published(site: Path) -> list[str]:
    """Return the names of the editions in a site, base first."""
    others = sorted(path.parent.name for path in (site / "editions").glob("*/facts.json"))
    return [*([BASE] if (site / "facts.json").is_file() else []), *others]


def fill_switchers(site: Path, folders: Mapping[str, Path]) -> None:
    """Write into each page of a site which other editions it has.

    Parameters
    ----------
    site
        The folder of the site.
    folders
        The folder of each edition inside it, by name, in the order in which they are listed.
    """
    titles = {name: editions.load(name).title for name in folders}
    for name in folders:
        for page in _pages(site, folders[name], folders.values()):
            content = page.read_bytes()
            filled = SWITCHER.sub(_switcher(site, page, name, titles, folders).encode(), content)
            if filled != content:
                # Not written in place: the file may be a link to that of the site that is still published.
                beside = page.with_suffix(".part")
                beside.write_bytes(filled)
                beside.replace(page)


def _pages(site: Path, folder: Path, others: Iterable[Path]) -> Iterator[Path]:
    roots = {site / other for other in others if other != folder}
    for found, folders, files in os.walk(site / folder):
        folders[:] = [one for one in folders if Path(found, one) not in roots]
        yield from (Path(found, one) for one in files if one.endswith(".html"))


def _switcher(site: Path, page: Path, name: str, titles: Mapping[str, str], folders: Mapping[str, Path]) -> str:
    """Return the list of the other editions, each with the address of the same page where it has one."""
    inside = page.relative_to(site / folders[name])
    items = []
    for other, title in titles.items():
        folder = site / folders[other]
        target = folder / inside if (folder / inside).is_file() else folder / "index.html"
        here = ' aria-current="true"' if other == name else ""
        address = escape(Path(os.path.relpath(target, page.parent)).as_posix(), quote=True)
        items.append(f'<li><a href="{address}"{here}>{escape(title)}</a></li>')
    return f"<!-- editions --><ul>{''.join(items)}</ul><!-- /editions -->"


def only_a_way_in(edition: Edition, folder: Path) -> str:
    """Return the page that stands at the top of a site whose top is no edition, and leads to one in a folder."""
    address = escape(f"{folder.as_posix()}/index.html", quote=True)
    title = escape(edition.title)
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; base-uri 'none'; form-action 'none'\"><title>The Coordination Gap</title>"
        f'<meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="0; url={address}">'
        f'</head><body><main><h1>The Coordination Gap</h1><p>Published here: <a href="{address}">{title}</a>.</p>'
        "</main></body></html>\n"
    )


def _point(link: Path, site: Path) -> None:
    """Move the link to the new site in one step, and remove the old one."""
    following = paths.build() / f".{link.name}-next"
    following.unlink(missing_ok=True)
    following.symlink_to(site.name, target_is_directory=True)
    if link.is_dir() and not link.is_symlink():
        shutil.rmtree(link)
    following.replace(link)
    for old in paths.build().glob(f"site-{link.name}-*"):
        if old != site:
            shutil.rmtree(old, ignore_errors=True)
