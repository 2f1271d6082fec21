"""A difference as parts of the page "Changes between editions"."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from typing import Any, NamedTuple
from urllib.parse import quote

from coordination_gap.press import addresses
from coordination_gap.press.difference import report

#: So many facts stand in the open; the rest are folded away.
_OPEN = 30


class Section(NamedTuple):
    """A section of the page: its anchor, its title, and its HTML."""

    anchor: str
    title: str
    body: str


class Page:
    """What the page needs to know beside the difference.

    Parameters
    ----------
    document
        The difference as :func:`coordination_gap.press.difference.document` gives it, and with it ``pictures``: the
        folder of the earlier side's pictures within the site, and their widths and heights by figure.
    link
        Returns the address of a place of the site, as seen from the page.
    sizes
        The width and height of each of the edition's own pictures, by figure.
    facts
        The ids of the facts that the facts page has an entry for.
    titles
        The titles of pages, by address.
    """

    def __init__(
        self,
        document: dict[str, Any],
        link: Callable[[str], str],
        sizes: dict[str, list[int]],
        facts: Iterable[str],
        titles: Mapping[str, str],
    ) -> None:
        self._document, self._link, self._sizes = document, link, sizes
        self._facts, self._titles = set(facts), titles
        self._names = document["before"]["name"], document["after"]["name"]

    def sections(self) -> list[Section]:
        """Return the sections that have anything to say."""
        document = self._document
        found = [
            Section("changed-parameters", "What went in", self._settings()),
            Section("changed-verdicts", "Verdicts", self._verdicts()),
            Section("changed-sentences", "Sentences", self._sentences()),
            Section("changed-passages", "Passages", self._blocks()),
            *(
                Section(anchor, short, self._facts_table(title, kinds))
                for (anchor, short), (kinds, title) in zip(_FACT_SECTIONS, report.FACT_PARTS, strict=True)
            ),
            Section("changed-figures", "Figures", "".join(map(self._figure, document["figures"] or []))),
            Section("not-compared", "What is not compared", self._not_compared()),
        ]
        return [section for section in found if section.body]

    def _settings(self) -> str:
        part = report.settings(self._document, *self._names)
        rows = [[f"<code>{escape(name)}</code>", *map(escape, cells)] for name, *cells in part.rows]
        return _table(part.title, part.columns, rows)

    def _verdicts(self) -> str:
        rows = [
            [
                self._at(one["place"], one["statement"]),
                _noted(one["before"], one["found_before"]),
                _noted(one["after"], one["found_after"]),
            ]
            for one in self._document["verdicts"]
        ]
        return _table("Claims of the article with another verdict", ("Claim", *self._names), rows)

    def _sentences(self) -> str:
        rows = [
            [self._at(one["place"]), _words(one["before"]) or _NOTHING, _words(one["after"]) or _NOTHING]
            for one in self._document["sentences"]
        ]
        return _table("Sentences that are worded otherwise", ("Where", *self._names), rows)

    def _blocks(self) -> str:
        rows = [
            [
                self._at(one["place"]),
                escape(self._names[0] if one["shown_before"] else self._names[1]),
                _noted(one["sentence"], f"shown where {one['condition']}"),
            ]
            for one in self._document["blocks"]
        ]
        return _table("Passages that one edition alone shows", ("Where", "Shown in", "It begins"), rows)

    def _facts_table(self, title: str, kinds: tuple[str, ...]) -> str:
        changed = [fact for fact in self._document["facts"] if fact["kind"] in kinds]
        rows = [
            [
                self._fact(one),
                *map(_noted, (one["before"], one["after"]), report.intervals(one)),
                _noted(one["change_shown"], report.size(one)),
            ]
            for one in changed
        ]
        columns: tuple[str, ...] = ("Fact", *self._names, "Change")
        if not any(row[3] for row in rows):
            columns, rows = columns[:3], [row[:3] for row in rows]
        first, rest = _table(title, columns, rows[:_OPEN]), rows[_OPEN:]
        if not rest:
            return first
        folded = _table(f"{title}: the rest", columns, rest)
        return f"{first}<details><summary>{len(rest)} more</summary>{folded}</details>"

    def _fact(self, fact: dict[str, Any]) -> str:
        name, page = f"<code>{escape(fact['fact_id'])}</code>", fact["page"]
        if fact["fact_id"] not in self._facts:  # the earlier edition's, whose pages are not here
            return f'{name} <span class="cell-note">{escape(page)}</span>'
        name = f'<a href="{self._address(addresses.fact(fact["fact_id"]))}">{name}</a>'
        title = escape(self._titles.get(page, page))
        return f'{name} <span class="cell-note"><a href="{self._address(page)}">{title}</a></span>'

    def _figure(self, pair: dict[str, Any]) -> str:
        figure_id, pictures = pair["figure_id"], self._document["pictures"]
        name = f"<code>{escape(figure_id)}</code>"
        if pair["after"]:
            name = f'<a href="{self._address(pair["page"], f"figure-{figure_id}")}">{name}</a>'
        shown = [
            self._picture(figure_id, pictures["folder"], pictures["sizes"].get(figure_id), pair["before"], 0),
            self._picture(figure_id, "figures", self._sizes.get(figure_id), pair["after"], 1),
        ]
        why = "<p>The data are the same, drawn otherwise.</p>" if pair["what"] == "drawing" else ""
        return f'<h3>{name}</h3>{why}<div class="compared-figures">{"".join(shown)}</div>'

    def _picture(
        self, figure_id: str, folder: str, size: list[int] | None, said: dict[str, str] | None, side: int
    ) -> str:
        edition = escape(self._names[side])
        if said is None or size is None:
            return f"<p><strong>{edition}</strong> does not have this figure.</p>"
        pictures = "".join(
            f'<picture class="only-{theme}"><img src="{self._address(f"{folder}/{figure_id}-{theme}_narrow.svg")}" '
            f'width="{size[0]}" height="{size[1]}" class="dark-light" loading="lazy" '
            f'alt="{escape(said["alt"], quote=True)}"></picture>'
            for theme in ("light", "dark")
        )
        return (
            f'<figure class="computed-figure"><div>{pictures}</div><figcaption>'
            f"<p><strong>{edition}.</strong> {escape(said['caption'])}</p></figcaption></figure>"
        )

    def _not_compared(self) -> str:
        said = report.not_compared(self._document)
        rows = [[self._at(one["place"]), escape(one["why"])] for one in self._document["undecided"]]
        table = _table("Sentences, passages and verdicts that cannot be compared", ("Where", "Why"), rows)
        return (f"<p>{escape(said)}</p>" if said else "") + table

    def _at(self, place: dict[str, Any], words: str = "") -> str:
        page = place["page"]
        if not page:
            return escape(words or place["heading"])
        title = self._titles.get(page, "")
        shown = words or place["heading"] or page
        linked = f'<a href="{self._address(page, place["anchor"])}">{escape(shown)}</a>'
        return linked if words or title == shown else f'{linked} <span class="cell-note">{escape(title or page)}</span>'

    def _address(self, target: str, anchor: str = "") -> str:
        address = quote(self._link(target)) + (f"#{quote(anchor)}" if anchor else "")
        return escape(address, quote=True)


_FACT_SECTIONS = (
    ("changed-numbers", "Numbers"),
    ("changed-words", "Words and days"),
    ("changed-gaps", "Gaps"),
    ("facts-of-one", "Facts of one edition"),
)
_NOTHING = '<span class="cell-note">nothing is said</span>'


def _noted(words: str, note: str) -> str:
    return f'{_words(words)} <span class="cell-note">{_words(note)}</span>' if note else _words(words)


def _words(words: str) -> str:
    """Return words as HTML; a line does not break between a minus and a dollar."""
    return escape(words).replace("\N{MINUS SIGN}$", '<span class="unbroken">\N{MINUS SIGN}$</span>')


def _table(caption: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table of cells that are HTML already, its rows blocks on a phone; nothing without rows."""
    if not rows:
        return ""

    # Rows shown as blocks lose what they are to a screen reader, unless it is said.
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    labels = [escape(column, quote=True) for column in columns[1:]]
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>'
        + "".join(f'<td data-label="{label}">{cell}</td>' for label, cell in zip(labels, row[1:], strict=True))
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="table-scroll" role="region" tabindex="0" aria-label="{escape(caption, quote=True)}">'
        f'<table class="house-table stacked"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
