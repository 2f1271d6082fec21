"""The typed parameters of a notebook, read from its parameters cell and checked before a kernel starts.

Each line of the cell declares one parameter: its name, type, default, allowed values,
unit and meaning::

    steps: int = 6  # [1 to 1000, count] steps in series
    market: str = "spy"  # [spy | qqq] the control
    as_of: str = "2026-09-10"  # [2026-06-18 to 2026-09-10, day] last day that may be seen
"""

import ast
import datetime as dt
import difflib
import io
import math
import re
import tokenize
from dataclasses import dataclass

from coordination_gap.press import PressError

Value = bool | int | float | str

_TYPES: dict[str, type] = {"bool": bool, "int": int, "float": float, "str": str}
_WORDS = {"bool": "true or false", "int": "a whole number", "float": "a number", "str": "text"}
_COMMENT = re.compile(r"#\s*\[(?P<allowed>[^\],]*)(?:,\s*(?P<unit>[^\]]+))?\]\s*(?P<meaning>\S.*)")


@dataclass(frozen=True)
class Parameter:
    """One parameter of a notebook.

    Attributes
    ----------
    name, type, default
        As declared; `type` is ``bool``, ``int``, ``float`` or ``str``.
    low, high
        The allowed range of a number or an ISO day, ends included; None for none.
    choices
        The allowed words, empty where there is no list.
    unit, meaning
        What it counts and what it does, in words.
    """

    name: str
    type: str
    default: Value
    low: float | str | None
    high: float | str | None
    choices: tuple[str, ...]
    unit: str
    meaning: str

    @property
    def allowed(self) -> str:
        """What the parameter may be, in words."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        words = "a day as YYYY-MM-DD" if self.unit == "day" else _WORDS[self.type]
        return words if self.low is None else f"{words} from {self.low} to {self.high}"

    def checked(self, value: object) -> Value:
        """Return `value` as this parameter takes it.

        Raises
        ------
        ValueError
            If the type is wrong or the value out of range; the message says what is allowed.
        """
        refusal = f"{self.name} is {value!r}: it must be {self.allowed}"
        if self.unit == "day" and isinstance(value, dt.date):
            value = value.isoformat()
        if self.type == "float" and isinstance(value, int) and not isinstance(value, bool):
            # A whole number beyond the range of float is not finite either.
            value = float(value) if abs(value) < 2**1023 else math.inf
        # bool is a subclass of int, so the type itself is compared.
        if type(value) is not _TYPES[self.type]:
            raise ValueError(refusal)
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(refusal)
        if self.unit == "day" and not _is_day(value):
            raise ValueError(refusal)
        if self.choices and value not in self.choices:
            raise ValueError(refusal)
        if self.low is not None and self.high is not None and not self.low <= value <= self.high:  # type: ignore[operator] # of one type by now
            raise ValueError(refusal)
        return value  # type: ignore[return-value] # one of the four types

    def parsed(self, text: str) -> Value:
        """Return the value that `text`, from a command line, stands for; same errors as :meth:`checked`."""
        readings: dict[str, object] = {"true": True, "false": False} if self.type == "bool" else {}
        value: object = readings.get(text, text)
        if self.type in ("int", "float"):
            try:
                value = _TYPES[self.type](text)
            except ValueError:
                value = text
        return self.checked(value)


def _is_day(value: object) -> bool:
    try:
        return dt.date.fromisoformat(str(value)).isoformat() == value
    except ValueError:
        return False


def read_parameters(cell_source: str, place: str) -> dict[str, Parameter]:
    """Read the declarations of a parameters cell.

    Parameters
    ----------
    cell_source
        The cell's code.
    place
        Where the cell stands, for messages.

    Raises
    ------
    PressError
        If a line is not a declaration as this module describes it.
    """
    try:
        statements = ast.parse(cell_source).body
    except SyntaxError as error:
        raise PressError(f"{place}: the parameters cell is not Python ({error.msg}); mend it") from None
    comments = _comments(cell_source)
    found: dict[str, Parameter] = {}
    for statement in statements:
        line = cell_source.splitlines()[statement.lineno - 1].strip()
        comment = _COMMENT.fullmatch(comments.get(statement.lineno, ""))
        if (
            not isinstance(statement, ast.AnnAssign)
            or not isinstance(statement.target, ast.Name)
            or not isinstance(statement.annotation, ast.Name)
            or statement.annotation.id not in _TYPES
            or statement.value is None
            or comment is None
        ):
            raise PressError(
                f"{place}: {line!r} does not declare a parameter; "
                "write 'name: int|float|str|bool = default  # [low to high, unit] meaning'"
            )
        name = statement.target.id
        if name in found:
            raise PressError(f"{place}: {name} is declared twice; give the second one its own name or remove it")
        kind = statement.annotation.id
        unit = (comment["unit"] or "").strip()
        low, high, choices = _allowed(comment["allowed"].strip(), kind, unit, f"{place}: {line!r}")
        bare = Parameter(name, kind, "", low, high, choices, unit, comment["meaning"].strip())
        try:
            literal = ast.literal_eval(statement.value)
        except (ValueError, TypeError):
            written = ast.unparse(statement.value)
            raise PressError(f"{place}: the default of {name} is {written}; write a plain value in its place") from None
        try:
            default = bare.checked(literal)
        except ValueError as error:
            raise PressError(f"{place}: the default of {error}; mend the default or its range") from None
        found[name] = Parameter(name, kind, default, low, high, choices, unit, bare.meaning)
    return found


def _comments(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {token.start[0]: token.string.strip() for token in tokens if token.type == tokenize.COMMENT}


def _allowed(
    text: str, kind: str, unit: str, place: str
) -> tuple[float | str | None, float | str | None, tuple[str, ...]]:
    if not text or text == "any":
        return None, None, ()
    if "|" in text:
        choices = tuple(choice.strip() for choice in text.split("|"))
        if kind != "str" or not all(choices):
            raise PressError(f"{place}: the choices {text!r} are not words for a str; mend them or the type")
        return None, None, choices
    ends = [end.strip() for end in text.split(" to ")]
    if len(ends) != 2 or kind == "bool":
        raise PressError(f"{place}: the range {text!r} is not 'low to high' or 'a | b' for a {kind}; mend it")
    low: float | str
    high: float | str
    try:
        low, high = (_TYPES[kind](end) for end in ends)
    except ValueError:
        raise PressError(f"{place}: the range {text!r} has an end that is not a number; mend it") from None
    if unit == "day" and not (_is_day(low) and _is_day(high)):
        raise PressError(f"{place}: the range {text!r} has an end that is not a day as YYYY-MM-DD; mend it")
    if not low <= high:  # type: ignore[operator] # of one type
        raise PressError(f"{place}: the range {text!r} does not run from low to high; mend it")
    return low, high, ()


def check_values(declared: dict[str, Parameter], given: dict[str, object], place: str) -> dict[str, Value]:
    """Check values given to a notebook against its declarations.

    Returns
    -------
    dict
        The values of all declared parameters: those given, and the defaults of the rest.

    Raises
    ------
    PressError
        If a name is unknown (the nearest is suggested) or a value is refused.
    """
    values: dict[str, Value] = {name: parameter.default for name, parameter in declared.items()}
    for name, value in given.items():
        if name not in declared:
            raise PressError(f"{place}: there is no parameter {name!r}{nearest(name, declared)}")
        try:
            values[name] = declared[name].checked(value)
        except ValueError as error:
            raise PressError(f"{place}: {error}") from None
    return values


def parse_value(option: str, name: str, text: str, declared: dict[str, Parameter], notebook: str) -> Value:
    """Return the value that a word of the command line gives to a parameter of a notebook.

    Parameters
    ----------
    option
        The word as it was written, for messages.
    name, text
        The parameter's name and its value in it.
    declared, notebook
        The notebook's parameters, and its name.

    Raises
    ------
    PressError
        If the name is unknown (the nearest is suggested) or the value is refused.
    """
    if name not in declared:
        raise PressError(f"-p {option}: {notebook} has no parameter {name!r}{nearest(name, declared)}")
    try:
        return declared[name].parsed(text)
    except ValueError as error:
        raise PressError(f"-p {option}: {error}") from None


def nearest(name: object, known: dict[str, object] | dict[str, Parameter] | list[str]) -> str:
    """Return the end of a sentence that helps with an unknown name."""
    close = difflib.get_close_matches(str(name), list(known), n=1)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; there are {', '.join(known)}" if known else "; there are none"
