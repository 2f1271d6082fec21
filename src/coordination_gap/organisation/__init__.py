"""Organisations as graphs of hand-offs and the people who cover them, and what the loss of one person does."""

from coordination_gap.organisation.experiment import chain_ways_lost, loss_by_backup, loss_by_span
from coordination_gap.organisation.model import Loss, Organisation, article_stack, chain
from coordination_gap.organisation.people import people_graph, people_table
from coordination_gap.organisation.plots import draw_backup, draw_span, draw_stack
from coordination_gap.organisation.random_organisations import FAMILIES, random_organisation

__all__ = [
    "FAMILIES",
    "Loss",
    "Organisation",
    "article_stack",
    "chain",
    "chain_ways_lost",
    "draw_backup",
    "draw_span",
    "draw_stack",
    "loss_by_backup",
    "loss_by_span",
    "people_graph",
    "people_table",
    "random_organisation",
]
