"""Warm processes that run notebooks, each run in a fork of a clean state.

A warm process has the libraries loaded and an IPython kernel ready, and has never run a
cell. Each run is a fork of it, so that nothing a run does, to globals, settings, random
state, environment, folder or library code, is there for the next one.

:mod:`coordination_gap.engine.worker` starts and asks such a process; papermill knows it
as the engine ``gapbook`` through :mod:`coordination_gap.engine.papermill_engine`.
"""
