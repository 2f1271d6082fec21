"""The kinds of output by which a cell hands facts and figures to the press."""

FACT = "application/vnd.coordination-gap.fact+json"
FIGURE = "application/vnd.coordination-gap.figure+json"
