"""Figures of organisations. Each function draws on an empty figure, in the house style."""

import networkx as nx
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from coordination_gap import figures
from coordination_gap.organisation.model import Organisation
from coordination_gap.organisation.people import people_graph

_MARKERS = {"chain": "o", "tree": "s", "mesh": "^"}
_COLOURS = {"connector": "C1", "specialist": "C0"}


def draw_stack(figure: Figure, data: pd.DataFrame, organisation: Organisation) -> None:
    """Draw the people of a chain of steps: who gives work to whom, the connectors in the middle.

    Parameters
    ----------
    figure
        An empty figure.
    data
        ``person``, ``role`` and ``label``, a row a person; specialists from left to right.
    organisation
        The people's organisation.
    """
    axes = figure.add_subplot()
    graph = people_graph(organisation)
    places = {}
    for role, height in (("connector", 1.0), ("specialist", 0.0)):
        people = data.loc[data["role"] == role, "person"].to_list()
        places.update({person: ((number + 0.5) / len(people), height) for number, person in enumerate(people)})
    nx.draw_networkx_edges(graph, places, ax=axes, edge_color=figures.muted(), width=1.4)
    narrow = figures.is_narrow(figure)
    for row in data.itertuples(index=False):
        across, height = places[str(row.person)]
        colour = _COLOURS[str(row.role)]
        axes.plot(across, height, "D" if row.role == "connector" else "o", color=colour, ms=13, zorder=3)
        words = str(row.label).replace(" ", "\n") if height == 0.0 else str(row.label)
        axes.annotate(
            words,
            (across, height),
            (0, 12 if height else -12),
            textcoords="offset points",
            ha="center",
            va="bottom" if height else "top",
            fontsize=7.5 if narrow else 9,
        )
    axes.set_xlim(0, 1)
    axes.set_ylim(-0.75, 1.35)
    axes.set_xlabel("steps, first to last")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(visible=False)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)


def draw_span(figure: Figure, data: pd.DataFrame) -> None:
    """Draw the ways lost by the number of connectors that share the hand-offs.

    Parameters
    ----------
    figure
        An empty figure.
    data
        As :func:`coordination_gap.organisation.loss_by_span` returns it.
    """
    axes = figure.add_subplot()
    _lines(axes, data, "connectors")
    axes.set_xlabel("people who share the hand-offs")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def draw_backup(figure: Figure, data: pd.DataFrame) -> None:
    """Draw the ways lost by the share of hand-offs and steps that a second person covers.

    Parameters
    ----------
    figure
        An empty figure.
    data
        As :func:`coordination_gap.organisation.loss_by_backup` returns it.
    """
    axes = figure.add_subplot()
    _lines(axes, data, "backup")
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    line = "\n" if figures.is_narrow(figure) else " "
    axes.set_xlabel(f"hand-offs and steps{line}that a second person covers")


def _lines(axes: Axes, data: pd.DataFrame, across: str) -> None:
    for (family, role), part in data.groupby(["family", "role"], sort=False):
        axes.plot(
            part[across],
            part["ways_lost"],
            marker=_MARKERS[str(family)],
            color=_COLOURS[str(role)],
            ls="-" if role == "connector" else (0, (4, 2)),
            label=f"{role}, {family}",
        )
        axes.fill_between(part[across], part["low"], part["high"], color=_COLOURS[str(role)], alpha=0.15, lw=0)
    axes.set_ylim(0, None)
    axes.set_ylabel("ways lost with one person")
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.legend(frameon=False, fontsize=8)
