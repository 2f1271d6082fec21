"""The calculator as it stands in a page: what the reader sets, and the results at the page's own setting."""

import math
from dataclasses import dataclass, replace
from decimal import Decimal
from html import escape
from typing import Any

from coordination_gap import checks
from coordination_gap.facts import format_number

NAME = "reliability-calculator"


@dataclass(frozen=True)
class Field:
    """One number that the reader sets.

    Attributes
    ----------
    key
        Its name in the address.
    option
        Its name in the directive.
    label, hint
        What the reader reads.
    kind
        ``count``, ``percent`` (a probability, shown in per cent), ``share`` (a probability,
        shown as it is) or ``amount`` (may be left out).
    arrow
        What an arrow key adds, in the unit shown.
    slider
        The same for the slider; ``nines`` for one that opens up towards 100 %, empty for none.
    most, limit
        Of a count: the largest that the reader can set, and the largest that the page can.
    """

    key: str
    option: str
    label: str
    kind: str
    hint: str = ""
    arrow: str = "1"
    slider: str = "1"
    most: int = 0
    limit: int = 0

    def checked(self, value: object) -> float | int:
        """Return `value` if the field can hold it.

        Raises
        ------
        ValueError
            If it cannot; the message names the option.
        """
        where = f"{NAME}: {self.option}"
        if self.kind == "amount":
            return checks.amount(value, where, self.hint)
        if self.kind != "count":
            return checks.probability(value, where)
        number = checks.count(value, where)
        if number > self.limit:
            raise ValueError(f"{where} is {number}: give a whole number of at most {self.limit}")
        return number


CHAIN = (
    Field("n", "steps", "Steps in a row", "count", most=100, limit=1000),
    Field("p", "step-success", "Success of a step", "percent", arrow="0.1", slider="nines"),
    Field("rs", "correlation-of-steps", "Correlation of steps", "share",
          "A run’s luck: 0 none, 1 all or nothing", arrow="0.01", slider="0.01"),
)  # fmt: skip
ATTEMPTS = (
    Field("a", "attempts", "Attempts at a step", "count", "At most, the first included", most=10, limit=100),
    Field("l", "loud", "Failures seen at once", "percent", "Loud ones, such as an error"),
    Field("ra", "correlation", "Correlation of attempts", "share",
          "At one step: 0 independent, 1 all alike", arrow="0.01", slider="0.01"),
)  # fmt: skip
GATE = (
    Field("d", "detection", "Silent failures caught", "percent"),
    Field("f", "false-alarm", "Good work rejected", "percent", arrow="0.1", slider="0.5"),
)
AMOUNTS = (
    Field("c", "cost", "Cost of an attempt", "amount", "US dollars", arrow="any", slider=""),
    Field("s", "seconds", "Time of an attempt", "amount", "seconds", arrow="any", slider=""),
)
FIELDS = (*CHAIN, *ATTEMPTS, *GATE, *AMOUNTS)
#: What an option is if it is left out; the others have to be given.
ABSENT: dict[str, float | None] = {"correlation": 0.0, "correlation-of-steps": 0.0, "cost": None, "seconds": None}

OUTCOMES = {"success": "Success", "silent_failure": "Silent failure", "halted": "Halted"}
EFFORT = {
    "attempts": "Attempts in a run",
    "effort": "Attempts against bare",
    "cost": "Cost of a run’s attempts",
    "seconds": "Seconds of a run’s attempts",
}
CAPTION = "The bare chain makes one attempt at each step and has no gates; its steps are independent."
COLUMNS = {"setting": "This setting", "independent": "If all were independent", "bare": "Bare chain"}

Setting = dict[str, Any]


def outcomes(setting: Setting) -> dict[str, dict[str, float | None]]:
    """Return each of :data:`COLUMNS` at a setting: the fields of an outcome, and its effort against the bare chain."""
    # What computes them takes two seconds to load, and most renderings compute none.
    from coordination_gap.reliability import Gate, Pipeline, Step

    bare = Step("step", setting["p"], loud=setting["l"], cost=setting["c"] or 0.0, seconds=setting["s"] or 0.0)
    gate = Gate(setting["d"], setting["f"]) if setting["g"] else None
    independent = replace(bare, attempts=setting["a"], gate=gate)
    steps = setting["n"]
    ends = {
        "setting": Pipeline.repeat(replace(independent, correlation=setting["ra"]), steps, correlation=setting["rs"]),
        "independent": Pipeline.repeat(independent, steps),
        "bare": Pipeline.repeat(bare, steps),
    }
    evaluated = {column: pipeline.evaluate() for column, pipeline in ends.items()}
    return {
        column: {
            **{name: getattr(outcome, name) for name in (*OUTCOMES, "attempts")},
            "effort": outcome.attempts / evaluated["bare"].attempts,
            "cost": None if setting["c"] is None else outcome.cost,
            "seconds": None if setting["s"] is None else outcome.seconds,
        }
        for column, outcome in evaluated.items()
    }


def calculator_html(setting: Setting) -> str:
    """Return the calculator's HTML: its controls, for the script to bring to life, and its results at `setting`."""
    ends = outcomes(setting)
    tiles = "".join(
        f'<p class="{name}">{_sample(name)}<span>{label}</span> {_cell("strong", name, "setting", ends)}</p>'
        for name, label in OUTCOMES.items()
    )
    head = "".join(f'<th scope="col">{label}</th>' for label in COLUMNS.values())
    rows = "".join(
        f"<tr{' hidden' if ends['setting'][name] is None else ''}>"
        f'<th scope="row">{label}</th>{"".join(_cell("td", name, column, ends) for column in COLUMNS)}</tr>'
        for name, label in (OUTCOMES | EFFORT).items()
    )
    charts = "".join(
        f"<figure><figcaption>{title}</figcaption>"
        f'<svg data-chart="{name}" role="img" aria-label="{title}"></svg></figure>'
        for name, title in {
            "steps": "Share of runs by how they end, over the steps",
            "attempts": "Share of runs by how they end, over the attempts",
        }.items()
    )
    gate_switch = (
        '<p class="calculator-field"><label class="calculator-switch">'
        f'<input type="checkbox" data-key="g"{" checked" if setting["g"] else ""}>'
        " A gate at each step</label></p>"
    )
    amounts = "".join(_field(field, setting) for field in AMOUNTS)
    is_open = " open" if any(setting[field.key] is not None for field in AMOUNTS) else ""
    return f"""\
<section class="{NAME}" id="{NAME}" aria-label="Reliability calculator">
<noscript><p>The calculator computes in the browser, with JavaScript. Without it, here is this page’s setting:
{escape(_in_words(setting))}.</p></noscript>
<div class="calculator-controls" data-needs-script hidden>
{_fieldset("The chain", CHAIN, setting)}
{_fieldset("Its attempts", ATTEMPTS, setting)}
{_fieldset("Its gates", GATE, setting, gate_switch)}
<details{is_open}><summary>Cost and time</summary><div class="calculator-amounts">{amounts}</div></details>
</div>
<div class="calculator-tiles">{tiles}<p class="calculator-waits"></p></div>
<p class="calculator-spoken" role="status"></p>
<div class="calculator-charts" data-needs-script hidden>{charts}</div>
<div class="table-scroll" role="region" tabindex="0" aria-label="Results">
<table class="house-table"><caption>{CAPTION}</caption>
<thead><tr><td></td>{head}</tr></thead><tbody>{rows}</tbody></table></div>
<div class="calculator-actions" data-needs-script hidden>
<button type="button" data-action="copy">Copy a link to this setting</button>
<button type="button" data-action="reset">Reset</button>
<input class="calculator-link" type="text" readonly hidden aria-label="Link to this setting">
<p class="calculator-note" role="status"></p>
</div>
</section>
"""


def _cell(tag: str, name: str, column: str, ends: dict[str, dict[str, float | None]]) -> str:
    value = ends[column][name]
    kept = "" if value is None else f' data-value="{value!r}"'
    return f'<{tag} data-output="{name}" data-column="{column}"{kept}>{_written(name, value)}</{tag}>'


def _written(name: str, value: float | None) -> str:
    if value is None:
        return "–"
    if name in OUTCOMES:
        from coordination_gap.reliability.compounding import percent

        return percent(value)
    if name in ("attempts", "effort"):
        return format_number(value, "times" if name == "effort" else "ratio", 2)
    small = 1 - math.floor(math.log10(value)) if value > 0 else 2
    return format_number(value, "usd" if name == "cost" else "ratio", max(2, small) if small <= 8 else 2)


def _sample(name: str) -> str:
    """Return a short piece of an outcome's curve, which names it in the charts."""
    line = f'<line class="curve {name}" x1="1" x2="27" y1="5" y2="5"/>'
    return f'<svg viewBox="0 0 28 10" width="28" height="10" aria-hidden="true">{line}</svg>'


def _fieldset(legend: str, fields: tuple[Field, ...], setting: Setting, first: str = "") -> str:
    return f"<fieldset><legend>{legend}</legend>{first}{''.join(_field(field, setting) for field in fields)}</fieldset>"


def _field(field: Field, setting: Setting) -> str:
    value = setting[field.key]
    name = f"calculator-{field.option}"
    most = {"count": str(max(field.most, value or 0)), "percent": "100", "share": "1"}.get(field.kind, "")
    least = "1" if field.kind == "count" else "0"
    rule = f"a {'whole ' if field.kind == 'count' else ''}number from {least} to {most}"
    if field.kind == "amount":
        rule = f"a number of {field.hint}, 0 or more, or leave it empty"
    limits = f'min="{least}"' + (f' max="{most}"' if most else "")
    number = (
        f'<input type="number" id="{name}" data-key="{field.key}" data-kind="{field.kind}" data-rule="{rule}" {limits} '
        f'step="{field.arrow}" value="{_shown(field, value)}" inputmode="decimal" autocomplete="off" '
        f'aria-describedby="{name}-hint {name}-message"{" data-of-gate" if field in GATE else ""}>'
    )
    unit = '<span aria-hidden="true">%</span>' if field.kind == "percent" else ""
    spoken = '<span class="visually-hidden"> in per cent</span>' if field.kind == "percent" else ""
    return (
        f'<div class="calculator-field"><label for="{name}">{field.label}{spoken}</label>'
        f'<span class="calculator-number">{number}{unit}</span>{_slider(field, name, limits)}'
        f'<p class="calculator-hint" id="{name}-hint">{field.hint[:1].upper()}{field.hint[1:]}</p>'
        f'<p class="calculator-message" id="{name}-message"></p></div>'
    )


def _slider(field: Field, name: str, limits: str) -> str:
    if not field.slider:
        return ""
    scale, ticks = f'{limits} step="{field.slider}"', ""
    if field.slider == "nines":
        scale = 'min="0" max="271" step="1" data-scale="nines"'
        ticks = '<span class="calculator-ticks" aria-hidden="true"><i>0</i><i>90</i><i>99</i><i>99.9</i></span>'
    labels = f'aria-label="{field.label}, slider"'
    return f'<input type="range" {scale} data-slider-of="{name}" {labels} autocomplete="off">{ticks}'


def _shown(field: Field, value: float | int | None) -> str:
    """Return a value as its field shows it; per cent by moving the decimal point, which adds no digits."""
    if value is None:
        return ""
    exact = Decimal(repr(value)) * (100 if field.kind == "percent" else 1)
    text = f"{exact:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _in_words(setting: Setting) -> str:
    named = {field.key: f"{field.label.lower()} {_shown(field, setting[field.key])}" for field in FIELDS}
    fields = [field for field in FIELDS if setting[field.key] is not None and (setting["g"] or field not in GATE)]
    words = [named[field.key] + ("%" if field.kind == "percent" else "") for field in fields]
    return "; ".join([*words, *([] if setting["g"] else ["no gate"])])
