"""A page and a record for every figure: caption, alternative text, data, files, citation."""

import csv
from collections.abc import Iterator, Mapping
from html import escape
from itertools import islice
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from coordination_gap.press import addresses
from coordination_gap.press.cite import Csl, Publication, publication, works
from coordination_gap.press.sphinx_book import light_page
from coordination_gap.press.sphinx_book.material import material
from coordination_gap.press.sphinx_book.uses import Caption, uses

#: A longer table is shown as far as this; its CSV has the rest.
_ROWS = 60


def register(app: Sphinx) -> None:
    """Have the pages written when all others have been."""
    app.connect("build-finished", write_all)


def write_all(app: Sphinx, failure: Exception | None) -> None:
    """Write ``figures/<id>.html`` and ``.json`` into the site, anew whenever the book is rendered."""
    if failure is not None or app.builder.name != "html":
        return
    state = material(app)
    source = publication(state.edition)
    shell = light_page.Shell(app)
    for figure_id, (page, caption) in captions(app).items():
        work = works.figure(source, figure_id, caption.text)
        figure = state.figures[figure_id]
        uri, title = app.builder.get_target_uri(page), app.env.titles[page].astext()
        place = f'<a href="{escape(f"../{uri}#figure-{figure_id}", quote=True)}">{escape(title)}</a>'
        path = addresses.figure(figure_id)
        body = _body(figure_id, figure, caption, place, work, source, Path(app.outdir))
        text = shell.page(work["title"], body, source.place.latest(path), caption.text)
        (Path(app.outdir) / path).write_text(text, encoding="utf-8")
        record = _record(figure_id, figure, caption, uri, work, source)
        (Path(app.outdir) / addresses.figure(figure_id, "json")).write_text(
            light_page.as_json(record), encoding="utf-8"
        )


def captions(app: Sphinx) -> dict[str, tuple[str, Caption]]:
    """Return for each figure that a page shows the page and its caption; of several pages, the one that made it."""
    made_on = {figure_id: f"notebooks/{figure['notebook']}" for figure_id, figure in material(app).figures.items()}
    found: dict[str, tuple[str, Caption]] = {}
    for page, shown in sorted(uses(app.env).items()):
        for figure_id, caption in shown.figures.items():
            if figure_id not in found or made_on[figure_id] == page:
                found[figure_id] = (page, caption)
    return dict(sorted(found.items()))


def _body(
    figure_id: str,
    figure: Mapping[str, Any],
    caption: Caption,
    place: str,
    work: Csl,
    source: Publication,
    site: Path,
) -> str:
    name = addresses.part(figure_id)
    files = {kind: escape(addresses.link(f"{name}.{kind}"), quote=True) for kind in ("csv", "svg", "png", "json")}
    width, height = figure["sizes"]["light_wide"]
    alt = escape(figure["alt"], quote=True)

    def drawing(variant: str) -> str:
        return escape(addresses.link(f"{name}-{variant}.svg"), quote=True)

    pictures = "".join(
        f'<picture class="only-{theme}"><source media="(max-width: 600px)" srcset="{drawing(f"{theme}_narrow")}">'
        f'<img src="{drawing(f"{theme}_wide")}" width="{width}" height="{height}" alt="{alt}"></picture>'
        for theme in ("light", "dark")
    )
    links = [f'<a href="{files[kind]}" download>{kind.upper()}</a>' for kind in ("csv", "svg", "png")]
    addressed = source.place.latest(addresses.figure(figure_id)), source.place.permanent(addresses.figure(figure_id))
    return "\n".join(
        [
            f'<p class="kind">Figure <code>{escape(figure_id)}</code></p>',
            f"<h1>{escape(work['title'])}</h1>",
            f'<figure class="computed-figure"><div>{pictures}</div><figcaption>{caption.html}</figcaption></figure>',
            f'<p class="files">{" ".join(links)} <a href="{files["json"]}">JSON</a></p>',
            light_page.definitions(
                [
                    ("Shown in", place),
                    ("In words", escape(figure["alt"])),
                    ("Edition", f"{escape(source.place.name)}, as of {escape(works.day(source.as_of))}"),
                    ("Version", escape(source.place.version + _caveat(source))),
                ]
            ),
            "<h2>Cite it</h2>",
            light_page.citations(work),
            light_page.definitions(light_page.where(*addressed)),
            "<h2>Data</h2>",
            "".join(_table(site / f"figures/{figure_id}.csv", files["csv"])),
        ]
    )


def _caveat(source: Publication) -> str:
    return "" if addresses.is_release(source.place.version) else f", a {addresses.DEVELOPMENT}"


def _table(path: Path, link: str) -> Iterator[str]:
    """Yield the first rows of a figure's data as a table."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        header = next(rows)
        shown = list(islice(rows, _ROWS))
        more = sum(1 for _ in rows)
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in header)
    yield '<div class="table-scroll" role="region" tabindex="0" aria-label="Data of the figure">'
    yield f'<table class="house-table rows"><thead><tr>{head}</tr></thead><tbody>'
    for row in shown:
        yield "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>\n"
    yield "</tbody></table></div>"
    if more:
        all_of_them = f'<a href="{link}" download>all of them as CSV</a>'
        yield f"<p>The first {len(shown)} of {len(shown) + more} rows; {all_of_them}.</p>"


def _record(
    figure_id: str, figure: Mapping[str, Any], caption: Caption, uri: str, work: Csl, source: Publication
) -> dict[str, Any]:
    return {
        "id": figure_id,
        "caption": caption.text,
        "alt": figure["alt"],
        "page": f"{uri}#figure-{figure_id}",
        "files": {kind: f"{figure_id}.{kind}" for kind in ("csv", "svg", "png")},
        "edition": {"name": source.place.name, "as_of": source.as_of, "inputs_sha256": source.inputs_sha256},
        "version": source.place.version,
        "latest": source.place.latest(addresses.figure(figure_id)),
        "permanent": source.place.permanent(addresses.figure(figure_id)),
        "citation": work,
    }
