"""The article's comparison of frameworks, measured: how each is installed, run, broken and traced, and what was seen.

:mod:`~coordination_gap.frameworks.measure` measures and writes the tables; the page reads them through
:mod:`~coordination_gap.frameworks.readings`.
"""
