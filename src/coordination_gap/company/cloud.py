"""Google Cloud and the backlog: what is measured of them.

Some Cloud cells were not seen to the million: they were worked out from rounded sums,
or read where they were printed to ten million. The table says beside each figure how far
off it may be, and :func:`~coordination_gap.company.bounds` carries that to growth and margins.
"""

from coordination_gap.company.shapes import BACKLOG, CLOUD, CLOUD_OPERATING, REVENUE, amount, growth_of, share

#: What is measured of Google Cloud and the backlog, over quarters.
CLOUD_MEASURES = (
    amount("cloud_revenue", "Cloud revenue", CLOUD, "revenue of the segment Google Cloud, of the quarter"),
    growth_of(
        "cloud_revenue_growth",
        "Cloud revenue, growth",
        CLOUD,
        "revenue of Google Cloud / that of the same quarter a year earlier − 1",
    ),
    share(
        "cloud_operating_margin",
        "Cloud operating margin",
        CLOUD_OPERATING,
        CLOUD,
        "operating income of Google Cloud / revenue of Google Cloud, of the quarter",
    ),
    share("cloud_share", "Cloud, share of revenue", CLOUD, REVENUE, "revenue of Google Cloud / revenue of the quarter"),
    amount("backlog", "Backlog", BACKLOG, "remaining performance obligation of Alphabet at the end of the quarter"),
    growth_of(
        "backlog_growth_quarter",
        "Backlog, growth on a quarter earlier",
        BACKLOG,
        "remaining performance obligation / that at the end of the quarter before − 1",
        1,
    ),
    growth_of(
        "backlog_growth_year",
        "Backlog, growth on a year earlier",
        BACKLOG,
        "remaining performance obligation / that a year earlier − 1",
    ),
)
