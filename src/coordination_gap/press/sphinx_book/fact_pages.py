"""A page, a record and a badge for every fact, and a page for each one that is published no longer.

They are written anew whenever the book is rendered, whichever of its pages are: what a fact is used for
changes with the prose of any page, and a thousand of them take a second.
"""

from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

import coordination_gap
from coordination_gap import facts
from coordination_gap.press import addresses, history
from coordination_gap.press.cite import Publication, publication, works
from coordination_gap.press.history import Published
from coordination_gap.press.sphinx_book import light_page
from coordination_gap.press.sphinx_book.badge import badge
from coordination_gap.press.sphinx_book.material import material, shown_by_page
from coordination_gap.press.sphinx_book.pages import interval_words, source_html, value_words
from coordination_gap.press.sphinx_book.uses import Section, uses

#: More facts that are made from one are folded away.
_OPEN = 6


def register(app: Sphinx) -> None:
    """Have the pages written when all others have been."""
    app.connect("build-finished", write_all)


def write_all(app: Sphinx, failure: Exception | None) -> None:
    """Write ``facts/`` into the site."""
    if failure is not None or app.builder.name != "html":
        return
    folder = Path(app.outdir) / "facts"
    folder.mkdir(exist_ok=True)
    state = material(app)
    pages = FactPages(app)
    written = {
        addresses.fact(fact["id"], kind): text
        for fact in state.facts.values()
        for kind, text in (("html", pages.html(fact)), ("json", pages.json(fact)), ("svg", pages.badge(fact)))
    }
    for fact_id in pages.earlier.keys() - state.facts.keys():
        gone = "no longer published"
        written[addresses.fact(fact_id)] = pages.gone_html(fact_id)
        written[addresses.fact(fact_id, "svg")] = badge(fact_id, gone, f"{fact_id}: {gone}")
    for path, text in written.items():
        (Path(app.outdir) / path).write_text(text, encoding="utf-8")
    for left in folder.iterdir():
        if f"facts/{left.name}" not in written:
            left.unlink()


class FactPages:
    """Writes what stands in ``facts/`` of the site that `app` has rendered."""

    def __init__(self, app: Sphinx) -> None:
        state = material(app)
        self.publication: Publication = publication(state.edition)
        self.earlier: dict[str, list[Published]] = history.of_edition(state.edition["name"])
        self._replaced = history.replaced(state.facts)
        self._edition = state.edition
        self._facts = state.facts
        self._shell = light_page.Shell(app)
        self._printed: dict[str, list[tuple[str, list[Section]]]] = {}
        self._decided: dict[str, list[str]] = {}
        self._made: dict[str, list[str]] = {}
        self._pages = {
            name: (app.builder.get_target_uri(name), title.astext()) for name, title in app.env.titles.items()
        }
        for page, shown in sorted(uses(app.env).items()):
            for fact_id, sections in shown.facts.items():
                self._printed.setdefault(fact_id, []).append((page, sections))
        for page, noted in sorted(shown_by_page(app.env).items()):
            for kind, fact_id in sorted(noted):
                if kind == "fact" and page not in dict(self._printed.get(fact_id, [])):
                    self._decided.setdefault(fact_id, []).append(page)
        for fact in state.facts.values():
            for source in fact["sources"]:
                if source["table"] == "facts":
                    for row in source["rows"]:
                        self._made.setdefault(row, []).append(fact["id"])

    def json(self, fact: Mapping[str, Any]) -> str:
        """Return a fact for programs: as in ``facts.json``, with its edition, addresses, citation and history."""
        place = self.publication.place
        path = addresses.fact(fact["id"])
        content = {
            "fact": {key: fact[key] for key in fact if key != "line"},
            "edition": {key: self._edition[key] for key in ("name", "title", "purpose", "as_of", "inputs_sha256")},
            "version": place.version,
            "latest": place.latest(path),
            "permanent": place.permanent(path),
            "history": [
                {"version": one.version, **{key: one.fact[key] for key in ("value", "display", "as_of")}}
                for one in self.earlier.get(fact["id"], [])
            ],
            "citation": works.fact(self.publication, fact),
        }
        return light_page.as_json(content)

    def badge(self, fact: Mapping[str, Any]) -> str:
        """Return a fact's badge, which says its day."""
        value = f"{fact['display']} ({works.day(fact['as_of'])})"
        return badge(
            fact["id"], value, f"{fact['id']}: {fact['display']}, as of {works.day(fact['as_of'])}{self._caveat()}"
        )

    def _caveat(self) -> str:
        """Return what a number of this build has to say of itself, if anything."""
        place = self.publication.place
        if not place.published:
            return f", edition {place.name}, which is published nowhere"
        edition = "" if place.name == "base" else f", {place.name} edition"
        return edition if addresses.is_release(place.version) else f"{edition}, {addresses.DEVELOPMENT}"

    def html(self, fact: Mapping[str, Any]) -> str:
        """Return a fact's page."""
        work = works.fact(self.publication, fact)
        place, path = self.publication.place, addresses.fact(fact["id"])
        name = addresses.part(fact["id"])
        json_link, badge_link = (escape(addresses.link(f"{name}.{kind}"), quote=True) for kind in ("json", "svg"))
        said = escape(f"{fact['id']}: {fact['display']}", quote=True)
        body = [
            f'<p class="kind">Fact of the {escape(place.name)} edition</p>'
            if place.published
            else '<p class="kind">Fact</p>',
            f"<h1><code>{_breakable(fact['id'])}</code></h1>",
            f'<p class="value{" words" if len(fact["display"]) > 24 else ""}">{escape(fact["display"])}</p>',
            self._notice(),
            light_page.definitions(self._about(fact)),
            "<h2>In the book</h2>",
            self._where_used(fact),
            "<h2>In earlier releases</h2>",
            self._history(self.earlier.get(fact["id"], [])),
            "<h2>Cite it</h2>",
            light_page.citations(work),
            light_page.definitions(light_page.where(place.latest(path), place.permanent(path))),
            f'<p class="files"><a href="{json_link}">JSON</a> <a href="{badge_link}">Badge (SVG)</a></p>',
            f'<p><img src="{badge_link}" alt="Badge. {said}" height="20"></p>',
        ]
        title = f"{fact['id']}: {fact['display']}"
        return self._shell.page(title, "\n".join(filter(None, body)), place.latest(path), f"{title}. {fact['formula']}")

    def gone_html(self, fact_id: str) -> str:
        """Return the page of a fact that an earlier release published and this version does not."""
        last = self.earlier[fact_id][-1]
        successor = self._replaced.get(fact_id)
        says = (
            f"Its place has taken {self._fact_link(successor)}."
            if successor
            else "Nothing is recorded that took its place."
        )
        body = [
            '<p class="kind">Fact that is published no longer</p>',
            f"<h1><code>{_breakable(fact_id)}</code></h1>",
            f'<p class="gone">Version {escape(last.version)} was the last one to publish it, in the '
            f"{escape(self.publication.place.name)} edition as of {facts.format_day(str(last.fact['as_of']))}: "
            f"<strong>{escape(str(last.fact['display']))}</strong>. {says}</p>",
            "<h2>In earlier releases</h2>",
            self._history(self.earlier[fact_id]),
        ]
        latest = self.publication.place.latest(addresses.fact(fact_id))
        about = f"Published no longer; last in version {last.version}"
        return self._shell.page(fact_id, "\n".join(body), latest, about)

    def _notice(self) -> str:
        place = self.publication.place
        if not place.published:
            return f'<p class="notice">Values are replaced: {escape(place.name)}.</p>'
        if not addresses.is_release(place.version):
            return f'<p class="notice">Of version {escape(place.version)}, a {addresses.DEVELOPMENT}.</p>'
        return ""

    def _about(self, fact: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
        yield ("Why not", escape(fact["gap"])) if fact["gap"] else ("Value", value_words(fact))
        if fact["interval"]:
            name, ends = interval_words(fact)
            exact = " to ".join(repr(fact["interval"][end]) for end in ("low", "high"))
            yield name, f"{escape(ends)} (<code>{exact}</code>)"
        yield "How", escape(fact["formula"])
        yield "As of", f"{facts.format_day(fact['as_of'])}, edition {escape(fact['edition'])}"
        sources = "".join(f"<li>{source_html(source, '../', '')}</li>" for source in fact["sources"])
        if sources:
            yield "Made from", f"<ul>{sources}</ul>"
        yield "Computed in", self._page_link(fact["page"].removesuffix(".html"))
        yield "Inputs", f"<code>{escape(fact['inputs_sha256'])}</code> (SHA-256)"
        yield "Version", escape(coordination_gap.__version__)

    def _where_used(self, fact: Mapping[str, Any]) -> str:
        items = []
        for page, sections in self._printed.get(fact["id"], []):
            inside = [self._page_link(page, one) for one in sections if one.anchor]
            where = f": {', '.join(inside)}" if inside else ""
            items.append(f"<li>{self._page_link(page)}{where}</li>")
        items += [
            f"<li>{self._page_link(page)}, where it decides words</li>" for page in self._decided.get(fact["id"], [])
        ]
        made = self._made.get(fact["id"], [])
        if made:
            listed = ", ".join(map(self._fact_link, made))
            said = f"{len(made)} other facts are made from it" if len(made) > 1 else "Another fact is made from it"
            folded = f"<details><summary>{said}</summary>{listed}</details>"
            items.append(f"<li>{folded if len(made) > _OPEN else f'{said}: {listed}'}</li>")
        return f"<ul>{''.join(items)}</ul>"

    def _page_link(self, page: str, section: Section | None = None) -> str:
        if page not in self._pages:
            return escape(page)
        uri, title = self._pages[page]
        anchor = f"#{addresses.link(section.anchor)}" if section else ""
        return f'<a href="{escape(f"../{uri}{anchor}", quote=True)}">{escape(section.title if section else title)}</a>'

    def _fact_link(self, fact_id: str) -> str:
        href = escape(addresses.link(f"{addresses.part(fact_id)}.html"), quote=True)
        return f'<a href="{href}"><code>{_breakable(fact_id)}</code></a>'

    def _history(self, earlier: list[Published]) -> str:
        if not earlier:
            return "<p>No release before this version has published it.</p>"
        rows = "".join(
            f'<tr><th scope="row">{escape(one.version)}</th><td>{escape(str(one.fact["as_of"]))}</td>'
            f"<td>{escape(str(one.fact['display']))}</td></tr>"
            for one in earlier
        )
        head = "".join(f'<th scope="col">{word}</th>' for word in ("Version", "As of", "Value"))
        return (
            '<div class="table-scroll" role="region" tabindex="0" aria-label="Values in earlier releases">'
            f'<table class="house-table"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
        )


def _breakable(fact_id: str) -> str:
    """Return an id as HTML that can break after a dot or an underscore."""
    return escape(fact_id).replace(".", ".<wbr>").replace("_", "_<wbr>")
