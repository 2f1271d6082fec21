"""Where everything stands: the one place that knows the book's latest and permanent addresses.

The site's own address is ``html.baseurl`` in ``_config.yml``, that of its source ``repository.url``.
The latest base edition stands at the site's top, any other edition in ``editions/<name>/``. What a
release has published stays under ``v<version>/<edition>/`` (base, too). A version that is not a
release has no permanent address, and a book under replaced values has none at all.
"""

import functools
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import yaml
from packaging.version import InvalidVersion, Version

import coordination_gap
from coordination_gap import paths
from coordination_gap.press import BASE, PressError

#: What a build that is no release says of itself.
DEVELOPMENT = "development version whose numbers may change"


@dataclass(frozen=True)
class Book:
    """What ``_config.yml`` says of the book.

    Attributes
    ----------
    title, author
        As they are cited; the author is a body.
    site, source
        The address of the site and of its source, neither with a slash at the end.
    """

    title: str
    author: str
    site: str
    source: str


def book() -> Book:
    """Return what ``_config.yml`` says of the book.

    Raises
    ------
    PressError
        If the file, or one of these settings in it, is missing or cannot be used.
    """
    try:
        config = yaml.safe_load((paths.root() / "_config.yml").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PressError("_config.yml is missing: restore it with 'git checkout -- _config.yml'") from None
    except yaml.YAMLError as error:
        raise PressError(f"_config.yml is not YAML ({' '.join(str(error).split())}): mend it") from None
    title, author = (_setting(config, name) for name in ("title", "author"))
    site, source = (_address(config, *names) for names in (("html", "baseurl"), ("repository", "url")))
    return Book(title, author, site, source)


def _setting(config: Any, *names: str) -> str:
    value = config
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    if not isinstance(value, str) or not value.strip():
        raise PressError(f"_config.yml: {'.'.join(names)} is {value!r}: it must be text")
    return value.strip()


def _address(config: Any, *names: str) -> str:
    value = _setting(config, *names)
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc or any(sign in value for sign in ' "<>{}\\?#\n'):
        raise PressError(f"_config.yml: {'.'.join(names)} is {value!r}: write an address such as https://example.org/a")
    return value.rstrip("/")


@functools.cache
def is_release(version: str) -> bool:
    """Return whether `version`, a PEP 440 version, is one that is released, and so neither ``.dev0`` nor ``rc1``.

    Raises
    ------
    PressError
        If it is no version.
    """
    try:
        return not Version(version).is_prerelease
    except InvalidVersion:
        raise PressError(f"{version!r} is no version: write one such as 1.0.0") from None


@dataclass(frozen=True)
class Edition:
    """An edition as it is published, which knows the addresses of what stands in it.

    Attributes
    ----------
    site
        The address of the site.
    name
        The edition's name.
    version
        The version of the book.
    published
        False for a book under replaced values, which has no address.
    """

    site: str
    name: str
    version: str
    published: bool = True

    def latest(self, path: str = "") -> str | None:
        """Return where the latest of what stands at `path` in the edition is read, None if nowhere."""
        if not self.published:
            return None
        return f"{self.site}/{'' if self.name == BASE else f'editions/{part(self.name)}/'}{link(path)}"

    def permanent(self, path: str = "") -> str | None:
        """Return where what stands at `path` in the edition stays as it is, None if there is no such address."""
        if not self.published or not is_release(self.version):
            return None
        return f"{self.site}/v{part(self.version)}/{part(self.name)}/{link(path)}"

    def cited(self, path: str = "") -> str | None:
        """Return the address to cite: the permanent one, else the latest, else None."""
        return self.permanent(path) or self.latest(path)


def edition(name: str) -> Edition:
    """Return the edition of this name, in the version that is at work, under the address of ``_config.yml``."""
    return Edition(book().site, name, coordination_gap.__version__, is_published(name))


def is_published(name: str) -> bool:
    """Return whether `name` is that of an edition, and not that of a book under replaced values."""
    return any(path.stem == name for path in paths.editions().glob("*.yml"))


def part(word: str) -> str:
    """Return a word as one part of an address, and of a file's name: it opens no folder and no page's query."""
    return quote(word, safe="") if word.strip(".") else "%2E" * len(word)


def fact(fact_id: str, kind: str = "html") -> str:
    """Return the path of a fact's file within an edition: ``html`` its page, ``json``, or ``svg`` its badge."""
    return f"facts/{part(fact_id)}.{kind}"


def figure(figure_id: str, kind: str = "html") -> str:
    """Return the path of a figure's file within an edition: ``html``, ``json``, ``svg``, ``png`` or ``csv``."""
    return f"figures/{part(figure_id)}.{kind}"


def link(path: str) -> str:
    """Return the path of a file as a link has it: a per cent sign in a file's name is written as one."""
    return quote(path)
