"""What the page reads from the tables: the newest rows visible as of a day, beside the article's words."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pandas as pd

from coordination_gap import tables
from coordination_gap.facts import Page, format_number
from coordination_gap.frameworks import releases, rows
from coordination_gap.frameworks.subjects import N8N, ORDER, PLAIN

NOT_KNOWN = "–"
#: The copy of the registry that could be asked lacks versions of n8n and gives days of its own.
OR_LATER = " or later"
#: Names of frameworks in the ids of facts.
SLUGS = {name: name.lower().replace(" ", "_") for name in (*ORDER, PLAIN)}


def newest(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of each framework that were solved on its last visible day with a value or an outcome.

    Parameters
    ----------
    frame
        The table ``framework_measurements``, ``framework_outcomes`` or ``framework_runs``, loaded as of a day.
    """
    told = frame
    if "outcome" in frame:
        told = frame[frame["probe"] != "fault"]
    elif "version" in frame:
        told = frame[frame["version"].notna()]
    last = told.groupby("framework")["published_on"].transform("max")
    return told[told["published_on"] == last]


def value(measurements: pd.DataFrame, framework: str, measure: str) -> float | None:
    """Return a median, or None where there is none."""
    found = measurements[(measurements["framework"] == framework) & (measurements["measure"] == measure)]["value"]
    return None if found.empty or pd.isna(found.iloc[0]) else float(found.iloc[0])


def statement(statements: pd.DataFrame, framework: str, question: str, column: str = "answer") -> str | None:
    """Return what a source says to a question, or None where nothing is visible."""
    found = statements[(statements["framework"] == framework) & (statements["question"] == question)][column]
    return None if found.empty else str(found.iloc[0])


def outcome(outcomes: pd.DataFrame, framework: str, probe: str, case: str, column: str = "outcome") -> str | None:
    """Return what a probe saw, or None where it was not run."""
    chosen = (outcomes["framework"] == framework) & (outcomes["probe"] == probe) & (outcomes["case"] == case)
    found = outcomes[chosen][column].dropna()
    return None if found.empty else str(found.iloc[0])


def of(frame: pd.DataFrame, framework: str, column: str, *names: str) -> tables.Source:
    """Name the rows of one framework whose `column` is one of `names`; all its rows where none is named."""
    part = frame[frame["framework"] == framework]
    part = part[part[column].isin(names)] if names else part
    return tables.rows(part if len(part) else frame)


def article_table(statements: pd.DataFrame, released: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    """Return the article's words beside licence, status and last release of each framework."""
    lines = []
    for name, package in releases.packages().items():
        count = releases.cadence(released, package, as_of)
        bound = OR_LATER if package == N8N.package else ""
        lines.append(
            {
                "Framework": name,
                "The article: maturity": statement(statements, name, "the article: maturity") or NOT_KNOWN,
                "Status": statement(statements, name, "maintenance", "kind") or NOT_KNOWN,
                "The article: licence": statement(statements, name, "the article: licence") or NOT_KNOWN,
                "Licence": statement(statements, name, "licence", "kind") or NOT_KNOWN,
                "Governed by": statement(statements, name, "governance", "kind") or NOT_KNOWN,
                "Last release": f"{count.latest}{bound}, {count.latest_on.isoformat()}",
                "Releases in a year": NOT_KNOWN
                if package == N8N.package
                else format_number(count.in_last_year, "count"),
            }
        )
    return pd.DataFrame(lines)


def weight_table(measurements: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Return size, packages, import, memory and cost of a step, as text."""
    lines = []
    for name in (*ORDER, PLAIN):
        if not (runs["framework"] == name).any():
            continue
        version = runs.loc[runs["framework"] == name, "version"].iloc[0]
        lines.append(
            {
                "Framework": f"{name} {version}",
                "Installed, MB": _shown(value(measurements, name, "install size"), 1e6, 0),
                "Packages": _shown(value(measurements, name, "packages"), 1, 0),
                "Import, s": _shown(value(measurements, name, "import, processor"), 1, 2),
                "Memory, MB": _shown(value(measurements, name, "memory after a run"), 1e6, 0),
                "One more step, ms": _shown(value(measurements, name, "further step, processor"), 1e-3, 2),
            }
        )
    return pd.DataFrame(lines)


def _shown(number: float | None, unit: float, decimals: int) -> str:
    return NOT_KNOWN if number is None else format_number(max(number / unit, 0.0), "count", decimals)


def behaviour_table(outcomes: pd.DataFrame) -> pd.DataFrame:
    """Return what each framework does with a failing step, a misspelt key, a trace and its own traffic."""
    lines = []
    for name in ORDER:
        if not (outcomes["framework"] == name).any():
            continue
        lines.append(
            {
                "Framework": name,
                "A step that fails once": outcome(outcomes, name, "failure", "exception") or NOT_KNOWN,
                "A misspelt key": outcome(outcomes, name, "wrong key", "misspelt alone") or NOT_KNOWN,
                "The same beside a right one": outcome(outcomes, name, "wrong key", "misspelt beside a right one")
                or NOT_KNOWN,
                "Local trace": outcome(outcomes, name, "trace", "local SDK") or NOT_KNOWN,
                "Hosts asked for, by default": _hosts(outcomes, name, "default"),
                "Hosts, turned off": _hosts(outcomes, name, "turned off"),
            }
        )
    return pd.DataFrame(lines)


def _hosts(outcomes: pd.DataFrame, name: str, case: str) -> str:
    seen = outcome(outcomes, name, "hosts", case)
    if seen is None or seen == rows.NOT_MEASURED:
        return NOT_KNOWN
    return hosts(outcomes, name, case) if seen == "asked" else "none"


def hosts(outcomes: pd.DataFrame, name: str, case: str) -> str:
    """Return the hosts that a framework asked for, without the counts."""
    detail = outcome(outcomes, name, "hosts", case, "detail") or ""
    return ", ".join(part.split(" (")[0] for part in detail.split(", "))


def kill_table(outcomes: pd.DataFrame) -> pd.DataFrame:
    """Return, for each framework and way to keep state, what ran after a kill in the third step."""
    killed = outcomes[(outcomes["probe"] == "kill") & (outcomes["framework"] != PLAIN)]
    order = {name: number for number, name in enumerate(ORDER)}
    killed = killed.sort_values("framework", key=lambda names: names.map(order), kind="stable")
    return pd.DataFrame(
        {
            "Framework": killed["framework"],
            "State kept by": killed["case"].str.replace("none", "nothing"),
            "Started again": killed["outcome"],
            "Finished steps that ran again": [NOT_KNOWN if pd.isna(count) else str(count) for count in killed["count"]],
            "Seen": killed["detail"],
        }
    )


def record_counts(page: Page, outcomes: pd.DataFrame, names: Sequence[str]) -> None:
    """Record how many frameworks stop at a failing step, and how many resume after a kill."""
    stopped = outcomes[(outcomes["probe"] == "failure") & (outcomes["case"] == "exception")]
    part = stopped[stopped["framework"].isin(names)]
    resumed = outcomes[
        (outcomes["probe"] == "kill") & outcomes["framework"].isin(names) & (outcomes["outcome"] == rows.RESUMED)
    ]
    for name, count, frame, formula in (
        ("orchestrators", part["framework"].nunique(), part, "frameworks in which a step was made to fail"),
        ("stopped", int((part["outcome"] == rows.STOPPED).sum()), part, "of these, those whose run stopped"),
        ("most_calls", int(part["count"].max()), part, "most calls of the failing step, over the frameworks"),
        (
            "resumed",
            resumed["framework"].nunique(),
            resumed,
            "frameworks of which one store resumed at the killed step",
        ),
    ):
        page.record(
            name, count, unit="count", formula=formula, sources=[tables.rows(frame if len(frame) else outcomes)]
        )


def record_weights(page: Page, measurements: pd.DataFrame, names: Sequence[str]) -> None:
    """Record size and number of packages, two facts a framework."""
    for name in names:
        for key, measure, scale in (("size", "install size", "million"), ("packages", "packages", "")):
            number = value(measurements, name, measure)
            source = [of(measurements, name, "measure", measure)]
            formula = f"{measure} of {name}"
            if number is None:
                page.gap(f"{key}_{SLUGS[name]}", "not measured", unit="count", formula=formula, sources=source)
            else:
                page.record(f"{key}_{SLUGS[name]}", number, unit="count", scale=scale, formula=formula, sources=source)


def record_wall(page: Page, measurements: pd.DataFrame) -> None:
    """Record the wall time of a further step in n8n and of a tool call of MCP, which give no processor time."""
    for name, framework, measure in (("wall_n8n", "n8n", "further step"), ("wall_mcp", "MCP", "tool call")):
        number = value(measurements, framework, measure)
        source = [of(measurements, framework, "measure", measure)]
        formula = f"median wall time of a {measure} of {framework}"
        if number is None:
            page.gap(name, "not measured", unit="milliseconds", formula=formula, sources=source)
        else:
            page.record(name, number * 1e3, unit="milliseconds", decimals=1, formula=formula, sources=source)


def record_releases(page: Page, released: pd.DataFrame, as_of: dt.date) -> None:
    """Record AutoGen's last release and the yearly releases of AutoGen and of its successor."""
    for name in ("AutoGen", "Agent Framework"):
        package = releases.packages()[name]
        count = releases.cadence(released, package, as_of)
        source = [tables.rows(released[released["package"] == package])]
        formula = "final releases in the year up to the as-of day"
        page.record(f"yearly_{SLUGS[name]}", count.in_last_year, unit="count", formula=formula, sources=source)
        if name == "AutoGen":
            formula = f"day of the highest final version of {package}, {count.latest}"
            page.record("latest_on_autogen", count.latest_on, unit="day", formula=formula, sources=source)
            formula = "days from the last release to the as-of day"
            page.record("since_autogen", count.days_since, unit="days", formula=formula, sources=source)


def record_about(page: Page, runs: pd.DataFrame, statements: pd.DataFrame) -> None:
    """Record where and when it was run, and what sources say of AutoGen, n8n and MCP."""
    source = [tables.rows(runs)]
    page.record("name_n8n", "n8n", unit="text", formula="the name of the tool", sources=source)
    page.record("solved_on", runs["published_on"].max().date(), unit="day", formula="latest solve day", sources=source)
    page.record("run_on", runs["run_on"].max().date(), unit="day", formula="last day of a run", sources=source)
    page.record("cores", int(runs["cores"].max()), unit="count", formula="cores of the machine", sources=source)
    version = runs.loc[runs["framework"] == "n8n", "version"]
    if version.empty:
        page.gap("version_n8n", "it could not be had", unit="text", formula="version of n8n", sources=source)
    else:
        page.record("version_n8n", version.iloc[0], unit="text", formula="version of n8n that was run", sources=source)
    page.record(
        "load", float(runs["load"].median()), unit="count", formula="median of the load averages", sources=source
    )
    for name, framework, question, column, unit in (
        ("autogen_kind", "AutoGen", "maintenance", "kind", "text"),
        ("autogen_notice", "AutoGen", "maintenance", "published_on", "day"),
        ("autogen_first_notice", "AutoGen", "maintenance, first notice", "published_on", "day"),
        ("licence_n8n", "n8n", "licence", "answer", "text"),
        ("governed_mcp", "MCP", "governance", "answer", "text"),
    ):
        found = statement(statements, framework, question, column)
        where = [of(statements, framework, "question", question)]
        if found is None:
            page.gap(name, "no source is visible", unit=unit, formula=f"{column} of {question}", sources=where)
            continue
        shown = found[:10] if unit == "day" else found
        page.record(name, shown, unit=unit, formula=f"{column} of {question} of {framework}", sources=where)


def record_steps(page: Page, measurements: pd.DataFrame) -> None:
    """Record the cheapest and the dearest further step among the frameworks, and their ratio."""
    part = measurements[
        measurements["measure"].eq("further step, processor")
        & measurements["framework"].ne(PLAIN)
        & measurements["value"].notna()
    ]
    low, high = float(part["value"].min()), float(part["value"].max())
    source = [tables.rows(part)]
    for name, number, formula in (
        ("step_least", low, "least of the medians of one more step"),
        ("step_most", high, "most of the medians of one more step"),
    ):
        page.record(name, number * 1e3, unit="milliseconds", decimals=2, formula=formula, sources=source)
    page.record("step_ratio", high / low, unit="count", formula="the most over the least", sources=source)


def record_hosts(page: Page, outcomes: pd.DataFrame) -> None:
    """Record which hosts CrewAI and n8n asked for by default, who else did, and how many spans each framework gave."""
    by_default = outcomes[(outcomes["probe"] == "hosts") & (outcomes["case"] == "default")]
    formula = "hosts that a process off the network asked for"
    for name in ("CrewAI", "n8n"):
        where = [of(outcomes, name, "probe", "hosts")]
        if outcome(outcomes, name, "hosts", "default") == "asked":
            found = hosts(outcomes, name, "default")
            page.record(f"hosts_{SLUGS[name]}", found, unit="text", formula=formula, sources=where)
        else:
            page.gap(f"hosts_{SLUGS[name]}", "none was seen", unit="text", formula=formula, sources=where)
    others = by_default[(by_default["outcome"] == "asked") & ~by_default["framework"].isin(["CrewAI", "n8n", PLAIN])]
    page.record(
        "others_asked", len(others), unit="count", formula="frameworks beside CrewAI and n8n that asked for a host",
        sources=[tables.rows(by_default)],
    )  # fmt: skip
    for name in ("LangGraph", "AutoGen", "CrewAI", "Agent Framework"):
        count = outcome(outcomes, name, "trace", "local SDK", "count")
        shown: dict[str, Any] = {
            "unit": "text",
            "formula": f"spans of one run of {name}",
            "sources": [of(outcomes, name, "probe", "trace")],
        }
        if count is None or count == "0":
            page.gap(f"trace_{SLUGS[name]}", "no span was seen", **shown)
        else:
            page.record(f"trace_{SLUGS[name]}", f"{count} spans", **shown)


def runs_table(runs: pd.DataFrame) -> pd.DataFrame:
    """Return versions, solve day, run day and interpreter, as text."""
    return pd.DataFrame(
        {
            "Framework": runs["framework"],
            "Package": runs["package"] + " " + runs["version"].fillna(""),
            "Solved as of": runs["published_on"].dt.strftime("%Y-%m-%d"),
            "Run on": runs["run_on"].dt.strftime("%Y-%m-%d"),
            "In": runs["interpreter"].fillna(NOT_KNOWN),
        }
    )


def record_unsolved(page: Page, runs: pd.DataFrame) -> None:
    """Record what happened where n8n could not be installed or run; `runs` with the rows that have no version."""
    failed = runs[(runs["framework"] == "n8n") & (runs["solve"] != "complete")]
    shown: dict[str, Any] = {
        "unit": "text",
        "formula": "what was said of n8n where it could not be had",
        "sources": [tables.rows(runs)],
    }
    if failed.empty:
        page.gap("n8n_fault", "nothing failed", **shown)
    else:
        page.record("n8n_fault", "; ".join(failed["solve"]), **shown)
