"""What earlier releases published of an edition's facts, and what replaced those that are gone.

``releases/replaced.yml``, which a project need not have, gives for the id of a fact that is published
no longer the id of the one that took its place.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from packaging.version import Version

import coordination_gap
from coordination_gap import paths
from coordination_gap.press import PressError
from coordination_gap.press.parameters import nearest

REPLACED = "releases/replaced.yml"
_NEEDED = ("id", "display", "as_of", "value", "unit")


@dataclass(frozen=True)
class Published:
    """A fact as a release published it.

    Attributes
    ----------
    version
        Of the release.
    fact
        The fact, as in the release's ``facts.json``.
    """

    version: str
    fact: Mapping[str, Any]


def of_edition(name: str) -> dict[str, list[Published]]:
    """Return what releases before the version at work published of an edition, by fact, the first release first.

    Raises
    ------
    PressError
        If a release cannot be read.
    """
    if not paths.releases().is_dir():
        return {}
    # A release builds the site, and so knows the modules that ask for this one.
    from coordination_gap.press import release

    found: dict[str, list[Published]] = {}
    own = Version(coordination_gap.__version__)
    for version in release.versions():
        path = paths.releases() / version / f"{name}.facts.json"
        if Version(version) < own and path.is_file():
            for fact in _facts(version, path.name, path.read_bytes()):
                found.setdefault(fact["id"], []).append(Published(version, fact))
    return found


def _facts(version: str, name: str, content: bytes) -> list[dict[str, Any]]:
    try:
        facts = json.loads(content)["facts"]
        if all(isinstance(fact["id"], str) and all(key in fact for key in _NEEDED) for fact in facts):
            return list(facts)
    except (ValueError, KeyError, TypeError):
        pass
    mend = f"restore it with 'git checkout -- releases/{version}'"
    raise PressError(f"releases/{version}/{name} does not hold the facts of an edition: {mend}")


def replaced(published: Collection[str]) -> dict[str, str]:
    """Return the id that took the place of each fact that is published no longer, as far as there is one.

    Parameters
    ----------
    published
        The ids of the facts that are published now.

    Raises
    ------
    PressError
        If ``releases/replaced.yml`` is no such list, an id that takes a place is unknown, or one that
        is replaced is still published.
    """
    path = paths.root() / REPLACED
    if not path.is_file():
        return {}
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise PressError(f"{REPLACED} is not YAML ({' '.join(str(error).split())}): mend it") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise PressError(f"{REPLACED} holds no ids: write lines such as 'old.id: new.id'")
    for old, new in content.items():
        if not isinstance(old, str) or not isinstance(new, str):
            raise PressError(f"{REPLACED}: {old!r} is replaced by {new!r}: both must be ids of facts")
        if new not in published:
            raise PressError(f"{REPLACED}: {old} is replaced by {new}, which is no fact{nearest(new, list(published))}")
        if old in published:
            raise PressError(f"{REPLACED}: {old} is still published: remove its line, or the fact")
    return content
