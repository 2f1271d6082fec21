"""What can be cited, as CSL JSON: the book, a chapter, a figure, a fact.

A citation names the edition, the version, the day of its data and the address. The day of issue is
the one that ``CHANGELOG.md`` gives to the version, and is left out where it gives none.
"""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import coordination_gap
from coordination_gap import paths
from coordination_gap.press import addresses

#: An item of CSL JSON.
Csl = dict[str, Any]

_DAY = r"\d{4}-\d{2}-\d{2}"
_BREAKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")


@dataclass(frozen=True)
class Publication:
    """An edition in a version, from which something is cited.

    Attributes
    ----------
    book
        Title, author and address.
    place
        The edition's addresses.
    as_of
        The last day whose publications the edition may see, as ``YYYY-MM-DD``.
    inputs_sha256
        The hash of all that its runs read.
    issued
        The day on which the version was released, None where that is not known.
    """

    book: addresses.Book
    place: addresses.Edition
    as_of: str
    inputs_sha256: str
    issued: dt.date | None

    def work(self, kind: str, title: str, path: str, note: str = "", inputs_sha256: str = "", key: str = "") -> Csl:
        """Return what is cited as an item of CSL JSON; the note ends it, and `key` tells it from the book's others."""
        words = (key, self.place.version, self.place.name)
        item: Csl = {
            "id": ":".join(filter(None, map(_key, (self.book.title, *words)))),
            "type": kind,
            "title": plain(title),
            "author": [{"literal": plain(self.book.author)}],
        }
        if kind != "report":
            item["container-title"] = plain(self.book.title)
        else:
            item["genre"] = "Analytical report"
        if self.issued:
            item["issued"] = {"date-parts": [[self.issued.year, self.issued.month, self.issued.day]]}
        item["version"] = self.place.version
        item["edition"] = self._edition(inputs_sha256 or self.inputs_sha256)
        item["language"] = "en"
        address = self.place.cited(path)
        if address:
            item["URL"] = address
        if note:
            item["note"] = plain(note)
        return item

    def _edition(self, inputs_sha256: str) -> str:
        said = [f"{self.place.name} edition" if self.place.published else f"edition {self.place.name}"]
        if not self.place.published:
            said.append("published nowhere")
        said.append(f"data as of {day(self.as_of)}")
        if not self.place.permanent():
            said += [addresses.DEVELOPMENT] * (not addresses.is_release(self.place.version))
            said.append(f"inputs {inputs_sha256[:16]}")
        return plain(", ".join(said))


def publication(record: Mapping[str, Any]) -> Publication:
    """Return what an edition is cited from.

    Parameters
    ----------
    record
        The edition as published in ``facts.json``.
    """
    version = coordination_gap.__version__
    return Publication(
        addresses.book(), addresses.edition(record["name"]), record["as_of"], record["inputs_sha256"], issued(version)
    )


def issued(version: str) -> dt.date | None:
    """Return the day that ``CHANGELOG.md`` gives to a released version; None without one."""
    changes = paths.root() / "CHANGELOG.md"
    if not changes.is_file() or not addresses.is_release(version):
        return None
    heading = re.compile(rf"^## \[{re.escape(version)}\] - ({_DAY})\s*$", re.MULTILINE)
    found = heading.search(changes.read_text(encoding="utf-8"))
    try:
        return dt.date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


def book(source: Publication) -> Csl:
    """Return the book as a whole."""
    return source.work("report", source.book.title, "")


def chapter(source: Publication, path: str, title: str) -> Csl:
    """Return a chapter, given the path of its page in the edition and its title."""
    return source.work("chapter", title, path, key=path.removesuffix(".html").rpartition("/")[2])


def figure(source: Publication, figure_id: str, caption: str) -> Csl:
    """Return a figure under the first sentence of its caption."""
    title = re.split(r"(?<=[.!?:])\s+(?=[A-Z])", plain(caption), maxsplit=1)[0].rstrip(".:")
    return source.work("figure", title, addresses.figure(figure_id), f"Figure {figure_id}.", key=f"figure-{figure_id}")


def fact(source: Publication, entry: Mapping[str, Any]) -> Csl:
    """Return a fact, given as it is published: its title is its id and its value, its note how it is computed."""
    note = f"{entry['gap'] or entry['formula']}."
    return source.work(
        "chapter",
        f"{entry['id']}: {entry['display']}",
        addresses.fact(entry["id"]),
        note,
        entry["inputs_sha256"],
        key=entry["id"],
    )


def plain(text: str) -> str:
    """Return a text on one line, without control characters, breakable at every space."""
    return _BREAKS.sub(" ", text).strip()


def day(iso: str) -> str:
    """Return a day, given as ``YYYY-MM-DD``, in words."""
    date = dt.date.fromisoformat(iso)
    return f"{date.day} {date:%B} {date.year}"


def _key(word: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.]+", "-", word).strip("-.").lower()
