"""The audit arranged for reading: a table of every claim, counts by verdict, and their figure."""

from collections import Counter
from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.figure import Figure

from coordination_gap import figures
from coordination_gap.claims.table import KINDS, VERDICTS, Claim
from coordination_gap.claims.verdicts import Verdict

KIND_NAMES = {
    "figure": "Figures",
    "fact": "Facts",
    "comparison": "Comparisons",
    "causal": "Causes",
    "forecast": "Forecasts",
    "definition": "Definitions",
}


def anchor(claim: Claim) -> str:
    """Return the name under which a claim's row can be addressed."""
    return f"claim-{claim.claim_id}"


def address(verdict: Verdict, sections: Mapping[str, str]) -> str:
    """Return where the decision stands: the section that shows the fact, or the evidence's page; empty for neither.

    Parameters
    ----------
    verdict
        The verdict.
    sections
        From :func:`coordination_gap.claims.section_addresses`.
    """
    if verdict.claim.rule == "fact":
        return sections.get(verdict.claim.fact, f"../facts.html#fact-{verdict.claim.fact}")
    return verdict.source if verdict.source.startswith("https://") and " " not in verdict.source else ""


def table(verdicts: Sequence[Verdict]) -> pd.DataFrame:
    """Return a row for each claim: number, claim, verdict, what was found, kind, and section of the article."""
    return pd.DataFrame(
        [
            {
                "No.": verdict.claim.position,
                "Claim": verdict.claim.statement,
                "Verdict": verdict.verdict,
                "What was found": f"{verdict.found}. {verdict.why}" if verdict.found else verdict.why,
                "Kind": verdict.claim.kind,
                "Section of the article": verdict.claim.section,
            }
            for verdict in verdicts
        ]
    )


def counts(verdicts: Sequence[Verdict]) -> pd.DataFrame:
    """Return how many claims have which verdict, kind × verdict, in the order of both lists."""
    found = Counter((verdict.claim.kind, verdict.verdict) for verdict in verdicts)
    return pd.DataFrame({verdict: [found[kind, verdict] for kind in KINDS] for verdict in VERDICTS}, index=list(KINDS))


def weightiest(verdicts: Sequence[Verdict], number: int) -> list[Verdict]:
    """Return the claims that matter most for an investor's decision, by weight and then in the article's order."""
    return sorted(verdicts, key=lambda verdict: (-verdict.claim.weight, verdict.claim.position))[:number]


def contradictions(verdicts: Sequence[Verdict]) -> list[tuple[Verdict, Verdict]]:
    """Return each pair of claims that cannot be true together, once, in the article's order."""
    by_id = {verdict.claim.claim_id: verdict for verdict in verdicts}
    return [
        (verdict, by_id[other])
        for verdict in verdicts
        for other in verdict.claim.contradicts
        if by_id[other].claim.position > verdict.claim.position
    ]


def draw_verdicts(figure: Figure, data: pd.DataFrame) -> None:
    """Draw how many claims of each kind have which verdict, as bars of numbers.

    Parameters
    ----------
    figure
        An empty figure.
    data
        ``kind``, ``verdict`` and ``claims``, a row for each pair.
    """
    axes = figure.add_subplot()
    table = data.pivot_table(index="kind", columns="verdict", values="claims").loc[
        list(reversed(list(KIND_NAMES.values()))), list(VERDICTS)
    ]
    narrow = figures.is_narrow(figure)
    # The longest bar leaves room in its column for its number.
    length = (0.5 if narrow else 0.68) / max(int(table.to_numpy().max()), 1)
    for column, verdict in enumerate(VERDICTS):
        for row, kind in enumerate(table.index):
            number = int(table.loc[kind, verdict])
            if not number:
                continue
            axes.barh(row, length * number, left=column, height=0.62, color=f"C{column % 6}")
            axes.text(column + length * number + 0.04, row, str(number), va="center", fontsize="small")
    axes.set_xticks(range(len(VERDICTS)), VERDICTS, rotation=40 if narrow else 0, ha="right" if narrow else "left")
    axes.set_yticks(range(len(table.index)), table.index)
    axes.set_xlim(-0.05, len(VERDICTS) + 0.15)
    axes.set_xlabel("verdict, and how many claims have it")
    axes.grid(visible=False)
    axes.tick_params(length=0)
