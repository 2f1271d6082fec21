"""The Coordination Gap: an analytical report that is also software.

Data flows one way: ``data/`` is read by :mod:`coordination_gap.tables`, worked on by
the pure functions of the analysis packages, and recorded by the notebooks as named
facts (:mod:`coordination_gap.facts`) and figures (:mod:`coordination_gap.figures`),
which the press (:mod:`coordination_gap.press`) turns into a site.

Conventions everywhere: probabilities lie in [0, 1], money is in US dollars and time in
seconds unless a name says otherwise, and a bad argument raises ``ValueError`` with the
argument, the value and what is allowed.
"""

__version__ = "0.1.0.dev0"
