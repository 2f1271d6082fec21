"""What each attempt at each step of a run came to, as a frame, and the checks that a frame has to pass.

A row is an attempt. Its ``outcome`` is one of a closed list, :data:`OUTCOMES`, which says
two things: whether the output was passed on or seen to be unusable, and whether it was
good, where anybody judged that. ``docs/traces.md`` has the formats with examples.
"""

import difflib
import math
import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

#: What an attempt may have come to.
OUTCOMES: Mapping[str, str] = {
    "good": "passed on, and correct",
    "silent": "passed on, and wrong: nobody in the run saw it",
    "loud": "failed, and was seen to: an error, a time-out",
    "rejected_good": "correct, but the gate rejected it: a false alarm",
    "rejected_bad": "wrong, and the gate caught it",
    "passed": "passed on; nobody has judged whether it was correct",
    "rejected": "rejected by the gate; nobody has judged whether that was right",
}
#: The outcomes after which the run goes on to the next step; after the others it is tried again, or halts.
PASSED_ON = frozenset({"good", "silent", "passed"})
#: How a run may have ended.
RUN_OUTCOMES = ("success", "silent_failure", "halted")
#: The columns of a frame of attempts; a file may leave out the last.
COLUMNS = ("run", "step", "attempt", "outcome", "seconds", "cost", "run_outcome")

#: Categories of characters that no step's name may hold: they break tables and messages, or cannot be written out.
_NOT_IN_NAMES = frozenset({"Cc", "Cs", "Zl", "Zp"})

#: A mend for the one who calls a function and for the one at the command line.
DROP_CUT_RUNS = 'leave cut runs out (incomplete="drop", or --incomplete drop)'

#: Words of an error message that say where a row stands.
Place = Callable[[int], str]


class TraceError(ValueError):
    """A trace cannot be used as it is; the message says where, what is there and how to mend it."""


@dataclass(frozen=True)
class Source:
    """Where the rows of a frame come from, in the words of error messages."""

    place: Place
    #: What a column is called there, in a row.
    name: Callable[[str, int], str] = lambda column, row: column
    unknown: str = "or a blank where it is unknown"
    in_order: str = "let the attempts of a step stand in the order in which they happened"


def check_attempts(attempts: pd.DataFrame, source: Source | None = None, *, in_order: bool = False) -> pd.DataFrame:
    """Return a frame of attempts with the columns and types of :func:`read_traces`.

    Parameters
    ----------
    attempts
        Columns :data:`COLUMNS`, of which ``run_outcome`` may be missing.
    source
        What messages call rows (by position) and columns.
    in_order
        Whether the attempts of a step have to stand in the order of their numbers, as they
        do where the order of the rows says which step came first.

    Raises
    ------
    TraceError
        If a column is missing or unknown, a field is not what it has to be, an attempt of
        a step is missing, repeated or out of order, or an output was passed on and yet
        tried again.
    """
    if source is None:
        source = Source(lambda row: f"attempts, row {row}")
    if not isinstance(attempts, pd.DataFrame):
        raise TraceError(f"attempts is a {type(attempts).__name__}: give the frame that read_traces returns")
    check_header([str(name) for name in attempts.columns], "attempts")
    if attempts.empty:
        raise TraceError("attempts has no row: give at least one attempt")
    runs, run = _texts(attempts["run"], "run", source)
    steps, step = _texts(attempts["step"], "step", source)
    outcomes = _unicode(attempts["outcome"], "outcome", f"one of {', '.join(OUTCOMES)}", source)
    _refuse(~outcomes.isin(OUTCOMES), outcomes, "outcome", f"one of {', '.join(OUTCOMES)}", source)
    ends = pd.Series([None] * len(attempts), dtype="str")
    if "run_outcome" in attempts:
        allowed = f"one of {', '.join(RUN_OUTCOMES)}, or a blank for not observed"
        ends = _unicode(attempts["run_outcome"], "run_outcome", allowed, source)
        ends = ends.where(ends != "")
        _refuse(~ends.isin((*RUN_OUTCOMES, np.nan)), ends, "run_outcome", allowed, source)
    checked = pd.DataFrame(
        {
            "run": runs,
            "step": steps,
            "attempt": _whole_numbers(attempts["attempt"], source),
            "outcome": outcomes,
            "seconds": _numbers(attempts["seconds"], "seconds", source),
            "cost": _numbers(attempts["cost"], "cost", source),
            "run_outcome": ends,
        }
    )
    _check_order(checked, run * (step.max() + 1) + step, source, in_order)
    _check_one_end(checked, run, source.place)
    checked.attrs = {"dropped_runs": 0, "ignored_spans": 0, **attempts.attrs}
    return checked


def check_incomplete(incomplete: str) -> None:
    """Raise unless `incomplete` is one of the two words that it may be."""
    if incomplete not in {"refuse", "drop"}:
        raise TraceError(f"incomplete is {incomplete!r}: give 'refuse' or 'drop'")


def check_header(header: list[str], where: str) -> None:
    """Raise unless the columns are those of a frame of attempts, in any order."""
    unknown = [name for name in header if name not in COLUMNS]
    missing = [name for name in COLUMNS if name not in header]
    for name in missing:
        if name == "run_outcome":  # the one that may be missing
            continue
        near = nearest(name, unknown)
        if odd := next((sign for sign in ";\t" if any(sign in text for text in unknown)), None):
            mend = f"part the columns with commas, not with {'semicolons' if odd == ';' else 'tabs'}"
        elif near is not None:
            mend = f"write {name!r} for {near!r}"
        else:
            mend = f"give the columns {', '.join(COLUMNS)}"
        raise TraceError(f"{where}: column {name!r} is missing, the columns are {_shown(header)}: {mend}")
    for name in unknown:
        near = nearest(name, missing)
        mend = f"keep only {', '.join(COLUMNS)}" if near is None else f"write {near!r}"
        raise TraceError(f"{where}: column {name!r} is unknown: {mend}")
    for name in header:
        if header.count(name) > 1:
            raise TraceError(f"{where}: column {name!r} is there twice: keep one of them")


def nearest(name: str, names: Collection[str]) -> str | None:
    """Return which of the names is most like another, capitals and blanks at the ends aside, or None."""
    plain = {each.strip().casefold(): each for each in reversed(list(names))}
    found = difflib.get_close_matches(name.strip().casefold(), plain, n=1)
    return plain[found[0]] if found else None


def _shown(header: list[str]) -> str:
    """Return the names of columns for a message, not all of them where there are many."""
    text = ", ".join(repr(name) for name in header)
    return text if len(text) <= 200 else f"{text[:200]} …"


def _texts(column: "pd.Series[Any]", name: str, source: Source) -> tuple["pd.Series[str]", npt.NDArray[np.int64]]:
    """Return the column as texts, none of them blank, and a number for each text; numbers become texts."""
    plain = "a name without line breaks and other control characters"
    texts = _unicode(column, name, plain, source)
    codes, words = pd.factorize(texts, use_na_sentinel=False)
    blank = pd.isna(words) | (words.str.strip() == "")
    _refuse(blank[codes], texts, name, "a text that is not blank", source)
    if name == "step":
        odd = np.array([any(unicodedata.category(sign) in _NOT_IN_NAMES for sign in word) for word in words])
        _refuse(odd[codes], texts, name, plain, source)
    return texts, codes


def _unicode(column: "pd.Series[Any]", name: str, allowed: str, source: Source) -> "pd.Series[str]":
    """Return the column as texts; half a surrogate pair, which JSON may hold and pandas cannot, is refused."""
    try:
        return column.astype("str").reset_index(drop=True)
    except UnicodeEncodeError:
        values = column.astype(object)
        half = [isinstance(text, str) and any("\ud800" <= sign <= "\udfff" for sign in text) for text in values]
        _refuse(half, values, name, allowed, source)
        raise


def _refuse(wrong: Any, values: "pd.Series[Any]", column: str, allowed: str, source: Source) -> None:
    """Raise for the first row where `wrong` holds."""
    rows = np.flatnonzero(np.asarray(wrong))
    if rows.size:
        row = int(rows[0])
        value = values.iloc[row]
        value = value.item() if isinstance(value, np.generic) else value
        shown = "missing" if pd.isna(value) else repr(value)
        raise TraceError(f"{source.place(row)}: {source.name(column, row)} is {shown}: give {allowed}")


def _numbers(column: "pd.Series[Any]", name: str, source: Source) -> npt.NDArray[np.float64]:
    """Return the column as finite numbers of at least 0, NaN for a blank."""
    unit = {"seconds": "seconds", "cost": "US dollars"}[name]
    allowed = f"a number of {unit}, 0 or more, {source.unknown}"
    if pd.api.types.is_float_dtype(column.dtype):
        numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
        _refuse(np.isinf(numbers) | (numbers < 0), column, name, allowed, source)
        return numbers
    values = column.to_numpy(dtype=object, copy=True)
    unknown = (column.isna() | (column == "")).to_numpy(dtype=bool)
    values[unknown] = 0.0
    try:
        numbers = values.astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        numbers = np.array([_number(value) for value in values])
    # float() takes 1_0 for 10, and a truth value for 0 or 1.
    odd = np.array([isinstance(value, bool) or (isinstance(value, str) and "_" in value) for value in values])
    _refuse(odd | ~np.isfinite(numbers) | (numbers < 0), column, name, allowed, source)
    numbers[unknown] = np.nan
    return numbers


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def _whole_numbers(column: "pd.Series[Any]", source: Source) -> npt.NDArray[np.int64]:
    """Return the attempts' numbers as whole numbers of at least 1."""
    codes, found = pd.factorize(column, use_na_sentinel=False)
    numbers = np.array([int(str(n)) if re.fullmatch("[1-9][0-9]{0,8}", str(n)) else 0 for n in found], dtype=np.int64)
    _refuse(numbers[codes] == 0, column, "attempt", "a whole number, 1 for a step's first attempt", source)
    return numbers[codes]


def _check_order(attempts: pd.DataFrame, group: npt.NDArray[np.int64], source: Source, in_order: bool) -> None:
    """Raise unless the attempts of each step of each run, a `group`, are 1, 2, …, and only the last was passed on."""

    def said(row: int) -> str:
        run, step = (attempts[name].iloc[row] for name in ("run", "step"))
        return f"{source.place(row)}: run {run!r}, step {step!r}"

    number = attempts["attempt"].to_numpy()
    order = np.lexsort((number, group))
    group, number = group[order], number[order]
    starts = np.r_[True, group[1:] != group[:-1]]
    expected = np.arange(len(group)) - np.maximum.accumulate(np.where(starts, np.arange(len(group)), 0)) + 1
    at = np.flatnonzero(number != expected)
    if at.size:
        row, found, wanted = int(order[at[0]]), int(number[at[0]]), int(expected[at[0]])
        what = (
            f"attempt {found} stands there twice"
            if found < wanted
            else f"{source.name('attempt', row)} is {found}, but there is no attempt {wanted}"
        )
        raise TraceError(f"{said(row)}: {what}: number the attempts of a step 1, 2, 3 and so on in each run")
    passed = attempts["outcome"].isin(PASSED_ON).to_numpy()[order]
    at = np.flatnonzero(passed[:-1] & ~starts[1:])
    if at.size:
        row = int(order[at[0]])
        outcome = attempts["outcome"].iloc[row]
        raise TraceError(
            f"{said(row)}: {source.name('outcome', row)} of attempt {number[at[0]]} is {outcome!r}, which was passed "
            "on, and yet there is another attempt: give a rejected attempt the outcome rejected, rejected_bad or "
            "rejected_good, and a second call its own step"
        )
    at = np.flatnonzero((order[1:] < order[:-1]) & ~starts[1:]) if in_order else np.array([], dtype=np.int64)
    if at.size:
        row, later = int(order[at[0]]), int(order[at[0] + 1])
        raise TraceError(
            f"{said(row)}: attempt {number[at[0]]} comes after attempt {number[at[0] + 1]} ({source.place(later)}): "
            f"{source.in_order}"
        )


def _check_one_end(attempts: pd.DataFrame, run: npt.NDArray[np.int64], place: Place) -> None:
    end, _ = pd.factorize(attempts["run_outcome"])
    first = np.full(run.max() + 1, -2, dtype=end.dtype)
    first[run[::-1]] = end[::-1]
    rows = np.flatnonzero(end != first[run])
    if rows.size:
        row = int(rows[0])
        ends = attempts["run_outcome"].fillna("")
        before = ends.iloc[int(np.flatnonzero(run == run[row])[0])]
        raise TraceError(
            f"{place(row)}: run_outcome is {ends.iloc[row]!r}, but {before!r} on the first row of run "
            f"{attempts['run'].iloc[row]!r}: give all rows of a run the same"
        )
