"""Sweeps: one notebook run for every point of a design, on Dask, each run in a fork of a warm process.

:mod:`~coordination_gap.sweep.design` says which points, :mod:`~coordination_gap.sweep.runs`
what one run is, :mod:`~coordination_gap.sweep.cluster` where they run,
:mod:`~coordination_gap.sweep.journal` keeps each result as it lands, and
:mod:`~coordination_gap.sweep.results` makes tables and a chart of them.
"""
