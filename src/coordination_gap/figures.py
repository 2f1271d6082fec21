"""Figures in the house style, each drawn for light and dark, wide and narrow screens.

A notebook publishes a figure by name, with a function that draws it, the frame it
draws, and alt text computed from the same numbers::

    figures.publish("compounding.by_steps", draw_by_steps, curve, alt="Line chart: …")

The caption is prose and stands on the page, in the ``{computed-figure}`` directive.
"""

import io
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from coordination_gap import media_types

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Where this environment variable has this value, figures are made once, so that what is wrong
#: with one still raises, and neither drawn nor shown: for runs that are after facts alone.
FIGURES, NOT_DRAWN = "GAPBOOK_FIGURES", "not drawn"

_ID = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Theme:
    """The colours of one theme; each series colour has 3:1 contrast or more on its background."""

    name: str
    ink: str
    muted: str
    grid: str
    series: tuple[str, ...]


# Okabe and Ito's palette for colour-blind readers, darkened for paper and lightened for night.
LIGHT = Theme(
    "light", "#1b1f24", "#57606a", "#d8dee4", ("#0a5ea8", "#b8500a", "#00765a", "#8a4a7d", "#7a6400", "#57606a")
)
DARK = Theme(
    "dark", "#e6edf3", "#9aa4af", "#373e47", ("#6cb6ff", "#f0a35e", "#4fc9a4", "#d99ac9", "#d9c24f", "#9aa4af")
)

#: Width and height in inches: the page's column, and a phone's.
SIZES = {"wide": (6.6, 3.7), "narrow": (3.7, 3.5)}


def style(theme: Theme = LIGHT) -> Any:
    """Return the house style as a dictionary of rcParams under a theme."""
    import matplotlib
    from cycler import cycler

    with as_file(files("coordination_gap") / "house.mplstyle") as path:
        parameters: Any = dict(matplotlib.rc_params_from_file(path, use_default_template=False))
    return parameters | {
        "text.color": theme.ink,
        "axes.labelcolor": theme.ink,
        "axes.edgecolor": theme.muted,
        "xtick.color": theme.muted,
        "ytick.color": theme.muted,
        "xtick.labelcolor": theme.ink,
        "ytick.labelcolor": theme.ink,
        "grid.color": theme.grid,
        "axes.prop_cycle": cycler(color=theme.series),
    }


def muted() -> str:
    """Return the colour for what is beside the point (zero lines, bands) under the theme being drawn."""
    import matplotlib

    return str(matplotlib.rcParams["axes.edgecolor"])


def is_narrow(figure: "Figure") -> bool:
    """Return whether the figure being drawn is the phone's, where labels have to be few and short."""
    return float(figure.get_figwidth()) < (SIZES["wide"][0] + SIZES["narrow"][0]) / 2


def draw_svg(
    draw: Callable[["Figure", pd.DataFrame], None], data: pd.DataFrame, theme: Theme, size: tuple[float, float]
) -> str:
    """Draw a figure and return it as SVG text, for pages and EPUB alike: the same bytes for the same data."""
    buffer = io.StringIO()
    with _drawn(draw, data, style(theme), size) as figure:
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    # EPUB allows no document type that others keep, and no path without one, such as that of a space.
    without_type = re.sub(r"<!DOCTYPE[^>]*>\s*", "", buffer.getvalue(), count=1)
    return re.sub(r'<path (id="[^"]*")(?= transform="[^"]*"/>|/>)', r'<path \1 d=""', without_type)


def publish(
    figure_id: str,
    draw: Callable[["Figure", pd.DataFrame], None],
    data: pd.DataFrame,
    *,
    alt: str,
    wide: tuple[float, float] = SIZES["wide"],
    narrow: tuple[float, float] = SIZES["narrow"],
) -> None:
    """Draw a figure in every variant and put it, with its data, into the notebook's output.

    Parameters
    ----------
    figure_id
        ``<page>.<name>``, the name by which ``{computed-figure}`` shows it.
    draw
        Called with an empty matplotlib figure and `data`, once per variant; it makes
        the axes, labels them with units, sets no title, and takes its colours from
        ``C0``, ``C1``, … and :func:`muted`.
    data
        The rows drawn, with self-explaining column names: readers download them.
    alt
        What there is to see, in a sentence or two, with its numbers.
    wide, narrow
        Width and height in inches of the two sizes.

    Raises
    ------
    ValueError
        If the id is malformed, `data` is empty, or `alt` says next to nothing.
    """
    if not _ID.fullmatch(figure_id):
        raise ValueError(f"figure_id is {figure_id!r}: use <page>.<name> in lower case")
    if len(data) == 0:
        raise ValueError(f"figure {figure_id} has no data to draw")
    if len(alt.split()) < 5:
        raise ValueError(f"figure {figure_id} has the alt text {alt!r}: say in a sentence what there is to see")
    if os.environ.get(FIGURES) == NOT_DRAWN:
        with _drawn(draw, data, style(LIGHT), wide):
            return
    variants = {
        f"{theme.name}_{name}": draw_svg(draw, data, theme, size)
        for theme in (LIGHT, DARK)
        for name, size in (("wide", wide), ("narrow", narrow))
    }
    from IPython.core.getipython import get_ipython

    if get_ipython() is None:
        return
    from IPython.display import display

    payload = {"id": figure_id, "alt": " ".join(alt.split()), "data_csv": data.to_csv(index=False), "svg": variants}
    bundle = {media_types.FIGURE: payload, "text/plain": f"figure {figure_id}: {payload['alt']}"}
    display(bundle | {"image/png": _draw_png(draw, data, wide)}, raw=True)


def publish_gap(figure_id: str, reason: str) -> None:
    """Publish a figure that cannot be drawn as of the day, and that says why.

    A figure that the text names must exist, also where that part of the text is left out.

    Parameters
    ----------
    figure_id
        As of :func:`publish`.
    reason
        Why there is nothing to draw, a part of a sentence.
    """

    def draw(figure: "Figure", data: pd.DataFrame) -> None:
        figure.text(0.5, 0.5, f"Not drawn: {data['note'][0]}", ha="center", wrap=True)

    publish(
        figure_id,
        draw,
        pd.DataFrame({"note": [reason]}),
        alt=f"Nothing is drawn here: {reason}.",
    )


@contextmanager
def _drawn(
    draw: Callable[["Figure", pd.DataFrame], None], data: pd.DataFrame, settings: Any, size: tuple[float, float]
) -> Iterator["Figure"]:
    # Loaded here, since most of what imports this module draws nothing.
    import matplotlib.pyplot as plt

    with plt.rc_context(settings):
        figure = plt.figure(figsize=size)
        try:
            draw(figure, data)
            yield figure
        finally:
            plt.close(figure)


def _draw_png(draw: Callable[["Figure", pd.DataFrame], None], data: pd.DataFrame, size: tuple[float, float]) -> bytes:
    buffer = io.BytesIO()
    on_paper = {"savefig.facecolor": "white", "savefig.transparent": False}
    with _drawn(draw, data, style(LIGHT) | on_paper, size) as figure:
        figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    return buffer.getvalue()


class Link(NamedTuple):
    """Words in a table's cell that lead somewhere; without an address they are plain words."""

    text: str
    address: str


def show_table(
    frame: pd.DataFrame,
    caption: str,
    *,
    filters: Sequence[str] = (),
    hidden: Sequence[str] = (),
    links: Mapping[str, Sequence[str]] | None = None,
    notes: Mapping[str, Sequence[str]] | None = None,
    anchors: Sequence[str] = (),
    stacked: bool = False,
) -> None:
    """Show a frame of already formatted text as a table with a caption and row headers.

    The first column heads each row. Values are shown as they are: format numbers with
    :func:`coordination_gap.facts.format_number` first.

    Parameters
    ----------
    frame
        The cells: text, or a tuple of :class:`Link`.
    caption
        What the table holds.
    filters
        Columns by whose values the reader can choose rows; with any, rows can also be
        searched and sorted in the page. Without scripts the whole table stands there.
    hidden
        Columns, not the first, that are there for search and choice and not shown.
    links
        By column, an address for each row; empty for none.
    notes
        By column, for each row, what stands small beneath the cell; empty for nothing.
    anchors
        For each row, the name under which it can be addressed.
    stacked
        Whether a narrow screen shows each row as a block, a cell beneath the other: for cells of prose.
    """
    from html import escape

    from IPython.display import display

    targets, beneath = links or {}, notes or {}

    def linked(text: str, address: str) -> str:
        return f'<a href="{escape(address, quote=True)}">{escape(text)}</a>' if address else escape(text)

    def cell(row: int, column: str, value: object) -> str:
        if isinstance(value, tuple):
            return "; ".join(linked(text, address) for text, address in value)
        shown = linked(str(value), targets[column][row] if column in targets else "")
        note = beneath[column][row] if column in beneath else ""
        return f'{shown} <span class="cell-note">{escape(note)}</span>' if note else shown

    def mark(row: int) -> str:
        return f' id="{escape(anchors[row], quote=True)}"' if anchors else ""

    def label(column: str) -> str:
        return f' data-label="{escape(column, quote=True)}"' if stacked else ""

    columns = [str(column) for column in frame.columns]
    chosen = {str(column) for column in filters}
    unseen = {column: " hidden" if column in hidden else "" for column in columns}
    head = "".join(
        f'<th scope="col"{" data-filter" if column in chosen else ""}{unseen[column]}>{escape(column)}</th>'
        for column in columns
    )
    body = "".join(
        f'<tr{mark(number)}><th scope="row">{cell(number, columns[0], row[0])}</th>'
        + "".join(
            f"<td{label(column)}{unseen[column]}>{cell(number, column, value)}</td>"
            for column, value in zip(columns[1:], row[1:], strict=True)
        )
        + "</tr>"
        for number, row in enumerate(frame.itertuples(index=False, name=None))
    )
    kind = f"house-table{' chooseable' if chosen else ''}{' stacked' if stacked else ''}"
    table = (
        f'<div class="table-scroll" role="region" tabindex="0" aria-label="{escape(caption, quote=True)}">'
        f'<table class="{kind}"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )
    plain = frame.map(lambda value: "; ".join(link.text for link in value) if isinstance(value, tuple) else value)
    display({"text/html": table, "text/plain": f"{caption}\n{plain.to_string(index=False)}"}, raw=True)
