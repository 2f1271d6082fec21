"""Who passes work to whom: the people of an organisation as a graph, and where each stands in it."""

from itertools import product

import networkx as nx
import pandas as pd

from coordination_gap.organisation.model import Organisation


def people_graph(organisation: Organisation) -> "nx.Graph[str]":
    """Return the people as a graph: an edge where one gives work to the other.

    For each hand-off, each worker of the step before gives to each owner, and each owner to
    each worker of the step after; somebody who would give to themselves has no edge for it.
    """
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(organisation.people)
    for (before, after), owners in organisation.owners.items():
        for end in (before, after):
            pairs = product(organisation.workers[end], owners)
            graph.add_edges_from(pair for pair in pairs if pair[0] != pair[1])
    return graph


def people_table(organisation: Organisation) -> pd.DataFrame:
    """Return where each person stands, and what their loss does.

    Returns
    -------
    pandas.DataFrame
        By person: ``role`` (``connector`` or ``specialist``), ``steps`` worked at, ``hand_offs``
        owned, ``betweenness`` (the share of the other pairs' shortest ways in the graph of
        people that lead through the person, in [0, 1]), ``articulation_point`` (whether that
        graph falls apart without the person), ``undone_steps`` and ``uncovered_hand_offs``
        (numbers), ``ways_lost`` (a share) and ``delivers``.
    """
    graph = people_graph(organisation)
    between = nx.betweenness_centrality(graph)
    cutting = set(nx.articulation_points(graph))
    connectors = set(organisation.connectors)
    rows = {}
    for person in organisation.people:
        loss = organisation.without(person)
        rows[person] = {
            "role": "connector" if person in connectors else "specialist",
            "steps": sum(person in staff for staff in organisation.workers.values()),
            "hand_offs": sum(person in staff for staff in organisation.owners.values()),
            "betweenness": between[person],
            "articulation_point": person in cutting,
            "undone_steps": len(loss.undone_steps),
            "uncovered_hand_offs": len(loss.uncovered_hand_offs),
            "ways_lost": loss.ways_lost,
            "delivers": loss.delivers,
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("person")
