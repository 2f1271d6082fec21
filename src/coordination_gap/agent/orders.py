"""Orders in a SQLite database: made from the table ``orders``, put in place whole, and read only.

The order server is started as a process of its own and imports this module: nothing heavy is imported at the top.
"""

import contextlib
import math
import os
import re
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass, fields
from datetime import date, datetime, time
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

STATUSES = ("processing", "shipped", "delivered", "cancelled")
LOCK_WAIT_S = 0.5
"""How long a reader waits for another process's lock on the file, in seconds."""

# Written into the file's header, so that some other database is not taken for one of orders.
APPLICATION_ID = 0x4F524452
SCHEMA_VERSION = 1

_DAY = "date({0}, '+0 days') IS {0}"  # the modifier makes 2026-02-30 come out as another day
_SCHEMA = f"""
CREATE TABLE orders (
    order_id TEXT NOT NULL PRIMARY KEY
        CONSTRAINT "order_id has four digits" CHECK (order_id GLOB '[0-9][0-9][0-9][0-9]'),
    customer TEXT NOT NULL CONSTRAINT "customer is not blank" CHECK (customer <> ''),
    item TEXT NOT NULL CONSTRAINT "item is not blank" CHECK (item <> ''),
    price_usd REAL NOT NULL CONSTRAINT "price_usd is 0 or more" CHECK (price_usd >= 0),
    ordered_on TEXT NOT NULL CONSTRAINT "ordered_on is a day" CHECK ({_DAY.format("ordered_on")}),
    status TEXT NOT NULL CONSTRAINT "status is known" CHECK (status IN {STATUSES}),
    promised_on TEXT NOT NULL CONSTRAINT "promised_on is a day" CHECK ({_DAY.format("promised_on")}),
    shipped_on TEXT CONSTRAINT "shipped_on is a day" CHECK ({_DAY.format("shipped_on")}),
    delivered_on TEXT CONSTRAINT "delivered_on is a day" CHECK ({_DAY.format("delivered_on")}),
    CONSTRAINT "promised_on is not before ordered_on" CHECK (promised_on >= ordered_on),
    CONSTRAINT "shipped_on is not before ordered_on" CHECK (shipped_on >= ordered_on),
    CONSTRAINT "delivered_on is not before shipped_on" CHECK (delivered_on >= shipped_on),
    CONSTRAINT "shipped_on is there where status is shipped or delivered, and only there"
        CHECK ((shipped_on IS NOT NULL) = (status IN ('shipped', 'delivered'))),
    CONSTRAINT "delivered_on is there where status is delivered, and only there"
        CHECK ((delivered_on IS NOT NULL) = (status = 'delivered'))
) STRICT, WITHOUT ROWID
"""


class OrderError(RuntimeError):
    """An order cannot be had; the message says why in one sentence."""


class UnknownOrder(OrderError):  # noqa: N818 # what is the case, not a failure of anything
    """The lookup worked, and there is no such order."""


class OrderServiceError(OrderError):
    """The lookup did not work: whether there is such an order is not known."""


@dataclass(frozen=True)
class Order:
    """One order of the made-up shop.

    Attributes
    ----------
    order_id
        Four digits.
    customer
        Address that the order was placed from.
    item
        What was bought.
    price_usd
        What was paid, in US dollars, 0 or more.
    ordered_on, promised_on
        Day of the order, and day by which delivery was promised.
    status
        One of :data:`STATUSES`.
    shipped_on, delivered_on
        Day on which it was handed to the carrier and to the customer; None where that has not happened.

    Raises
    ------
    ValueError
        If a field has another type or is out of range. How the fields go together is for the database to check.
    """

    order_id: str
    customer: str
    item: str
    price_usd: float
    ordered_on: date
    status: str
    promised_on: date
    shipped_on: date | None
    delivered_on: date | None

    def __post_init__(self) -> None:
        check_order_id(self.order_id)
        for name in ("customer", "item"):
            value = getattr(self, name)
            if not isinstance(value, str) or not value.strip():
                raise ValueError(f"{name} is {value!r}: give text that is not blank")
        if not _is_number(self.price_usd) or not math.isfinite(self.price_usd) or self.price_usd < 0:
            raise ValueError(f"price_usd is {self.price_usd!r}: give US dollars, 0 or more")
        if self.status not in STATUSES:
            raise ValueError(f"status is {self.status!r}: give one of {', '.join(STATUSES)}")
        for name in ("ordered_on", "promised_on", "shipped_on", "delivered_on"):
            day, optional = getattr(self, name), name in ("shipped_on", "delivered_on")
            if not (_is_day(day) or (optional and day is None)):
                raise ValueError(f"{name} is {day!r}: give a day{' or None' if optional else ''}")

    def days_late(self, today: date) -> int:
        """Return by how many days the promised day was missed, 0 where it was kept or has not passed.

        Counted to the day of delivery, or to `today` while the order is on its way. A cancelled order is not late.
        """
        if self.status == "cancelled":
            return 0
        return max(0, ((self.delivered_on or today) - self.promised_on).days)


COLUMNS = tuple(field.name for field in fields(Order))


def check_order_id(order_id: object) -> str:
    """Return `order_id` if it has the form of an order's number, and raise ``ValueError`` otherwise."""
    if not isinstance(order_id, str) or not re.fullmatch("[0-9]{4}", order_id):
        shown = repr(order_id)
        shown = shown if len(shown) <= 60 else shown[:57] + "..."
        raise ValueError(f"order_id is {shown}: give the four digits of an order's number, such as '4821'")
    return order_id


def make_database(path: Path, orders: "pd.DataFrame") -> None:
    """Write orders into a new database, which takes the place of `path` in one go or not at all.

    Parameters
    ----------
    path
        Where the file is to be; its folder must exist.
    orders
        A row an order, with the columns of :class:`Order` in any order. A day is a date, a timestamp without a time
        of day, or text as YYYY-MM-DD; one that has not come is missing or blank.

    Raises
    ------
    ValueError
        If `orders` has other columns, or a row is not an order; the message names the row.
    OrderServiceError
        If the file cannot be written. What was there before is as it was.
    """
    import pandas as pd

    if not isinstance(orders, pd.DataFrame):
        raise ValueError(f"orders is a {type(orders).__name__}: give a DataFrame")
    if set(orders.columns) != set(COLUMNS) or len(orders.columns) != len(COLUMNS):
        raise ValueError(f"orders has the columns {', '.join(map(str, orders.columns))}: give {', '.join(COLUMNS)}")
    cells = orders.astype(object).where(orders.notna(), None)
    content = _database_of(zip(orders.index, cells.to_dict("records"), strict=True))
    try:
        _put_in_place(Path(path), content)
    except OSError as error:
        raise OrderServiceError(
            f"the order database {path} could not be written ({error.strerror}): nothing was changed; "
            "give a file in a folder that exists and can be written to"
        ) from error


def open_database(path: Path) -> sqlite3.Connection:
    """Open a database of orders for reading only; the caller closes the connection.

    Raises
    ------
    OrderServiceError
        If the file is missing, is locked for longer than :data:`LOCK_WAIT_S`, or is no database of orders.
    """
    if not Path(path).is_file():
        raise OrderServiceError(f"there is no order database {path}: make one with make_database")
    uri = f"{Path(path).resolve().as_uri()}?mode=ro"
    with contextlib.ExitStack() as undo, _errors_about(str(path)):
        connection = sqlite3.connect(uri, uri=True, timeout=LOCK_WAIT_S, isolation_level=None)
        undo.callback(connection.close)
        connection.execute("PRAGMA query_only = ON")
        found = tuple(connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version"))
        if found != (APPLICATION_ID, SCHEMA_VERSION):
            raise OrderServiceError(
                f"{path} holds something else than orders as this version writes them: make it again with make_database"
            )
        undo.pop_all()
        return connection
    raise AssertionError("unreachable")  # for the type checker: neither context swallows an error


def read_order(connection: sqlite3.Connection, order_id: str) -> Order:
    """Read one order from a database that :func:`open_database` opened.

    Parameters
    ----------
    connection
        The open database.
    order_id
        Four digits. It reaches the database as a bound value, whatever it is.

    Raises
    ------
    ValueError
        If `order_id` does not have four digits.
    UnknownOrder
        If there is no such order.
    OrderServiceError
        If the database cannot be read, or what it holds is not an order.
    """
    check_order_id(order_id)
    place = connection.execute("PRAGMA database_list").fetchone()[2]
    with _errors_about(place):
        row = _row(connection, order_id)
    if row is None:
        raise UnknownOrder(f"there is no order {order_id}")
    try:
        return _order(dict(zip(COLUMNS, row, strict=True)))
    except ValueError as error:
        raise OrderServiceError(
            f"what {place} holds as order {order_id} is not an order ({error}): make it again with make_database"
        ) from error


def _row(connection: sqlite3.Connection, order_id: str) -> tuple[Any, ...] | None:
    statement = f"SELECT {', '.join(COLUMNS)} FROM orders WHERE order_id = ?"  # noqa: S608 # the names are our own
    row: tuple[Any, ...] | None = connection.execute(statement, (order_id,)).fetchone()
    return row


def _database_of(rows: Iterator[tuple[Any, dict[Any, Any]]]) -> bytes:
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute(_SCHEMA)
        insert = f"INSERT INTO orders ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608
        for label, cells in rows:
            try:
                order = _order(cells)
                values = [value.isoformat() if isinstance(value, date) else value for value in astuple(order)]
                connection.execute(insert, values)
            except (ValueError, sqlite3.IntegrityError) as error:
                fault = str(error).replace("CHECK constraint failed:", "it breaks the rule that")
                fault = fault.replace("UNIQUE constraint failed: orders.order_id", "its number is given twice")
                raise ValueError(f"orders, row {label} (order {cells['order_id']}): {fault}; mend the row") from error
        return connection.serialize()


def _order(cells: Mapping[Any, Any]) -> Order:
    values = {name: _day(cells[name]) if name.endswith("_on") else cells[name] for name in COLUMNS}
    if _is_number(values["price_usd"]):
        values["price_usd"] = float(values["price_usd"])
    return Order(**values)


def _day(value: Any) -> Any:
    """Return the day that a cell holds, None for a blank one, and `value` itself if it holds something else."""
    if isinstance(value, datetime):
        return value.date() if value == datetime.combine(value.date(), time.min) else value
    with contextlib.suppress(TypeError, ValueError):
        day = date.fromisoformat(value)
        return day if day.isoformat() == value else value  # 20260620 is refused, as in every table
    return None if value == "" else value


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _is_day(value: object) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)


def _put_in_place(path: Path, content: bytes) -> None:
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as partial:
        try:
            partial.write(content)
            partial.flush()
            os.fsync(partial.fileno())
            partial.close()
            Path(partial.name).replace(path)
        except BaseException:
            Path(partial.name).unlink(missing_ok=True)
            raise


@contextlib.contextmanager
def _errors_about(place: str) -> Iterator[None]:
    """Say what SQLite's errors come to, and for which file."""
    try:
        yield
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:  # the low byte; the rest is detail
            told = f"is locked by another process and stayed so for {LOCK_WAIT_S} s: try again"
        else:
            told = f"cannot be read ({error}): make it again with make_database"
        raise OrderServiceError(f"the order database {place} {told}") from error
