"""The order database: what goes in comes out, what is no order is refused, and nothing but reading is possible."""

import csv
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import astuple, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination_gap import paths, tables
from coordination_gap.agent import orders as module
from coordination_gap.agent.made_up_orders import SHOP_DAY, draw_orders
from coordination_gap.agent.orders import (
    COLUMNS,
    Order,
    OrderError,
    OrderServiceError,
    UnknownOrder,
    check_order_id,
    make_database,
    open_database,
    read_order,
)

BLUE_JACKET = Order(
    order_id="4821",
    customer="sam@example.org",
    item="blue jacket",
    price_usd=89.0,
    ordered_on=date(2026, 6, 6),
    status="shipped",
    promised_on=date(2026, 6, 16),
    shipped_on=date(2026, 6, 9),
    delivered_on=None,
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("orders") / "orders.sqlite"
    make_database(path, tables.load("orders", "2026-06-20"))
    return path


def look_up(path: Path, order_id: str) -> Order:
    with closing(open_database(path)) as connection:
        return read_order(connection, order_id)


def test_the_articles_order(whole: Path) -> None:
    assert look_up(whole, "4821") == BLUE_JACKET
    assert BLUE_JACKET.days_late(SHOP_DAY) == 4


def test_every_row_of_the_table_comes_out_as_it_stands_in_the_file(whole: Path) -> None:
    with (
        (paths.data() / "orders.csv").open(encoding="utf-8", newline="") as file,
        closing(open_database(whole)) as read,
    ):
        rows = list(csv.DictReader(file))
        for row in rows:
            order = read_order(read, row["order_id"])
            told = ["" if value is None else str(value) for value in astuple(order)]
            assert dict(zip(COLUMNS, told, strict=True)) == row
        assert read.execute("SELECT count(*) FROM orders").fetchone() == (len(rows),) == (300,)


def test_texts_and_dates_make_the_same_database_in_any_order_of_rows_and_columns(tmp_path: Path, whole: Path) -> None:
    drawn = draw_orders().iloc[::-1]
    make_database(tmp_path / "other.sqlite", drawn[sorted(drawn.columns)])
    with closing(open_database(whole)) as one, closing(open_database(tmp_path / "other.sqlite")) as other:
        assert list(one.iterdump()) == list(other.iterdump())


@pytest.mark.parametrize(
    ("changes", "today", "days"),
    [
        ({}, date(2026, 6, 16), 0),
        ({}, date(2026, 6, 17), 1),
        ({}, date(2026, 6, 1), 0),
        ({"status": "delivered", "delivered_on": date(2026, 6, 18)}, date(2026, 6, 30), 2),
        ({"status": "delivered", "delivered_on": date(2026, 6, 12)}, date(2026, 6, 30), 0),
        ({"status": "processing", "shipped_on": None}, date(2026, 6, 26), 10),
        ({"status": "cancelled", "shipped_on": None}, date(2026, 6, 26), 0),
    ],
)
def test_days_late(changes: dict[str, Any], today: date, days: int) -> None:
    assert replace(BLUE_JACKET, **changes).days_late(today) == days


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("order_id", "482", "four digits"),
        ("order_id", 4821, "four digits"),
        ("customer", " ", "text that is not blank"),
        ("item", None, "text that is not blank"),
        ("price_usd", -0.01, "0 or more"),
        ("price_usd", float("nan"), "0 or more"),
        ("price_usd", "89", "0 or more"),
        ("price_usd", True, "0 or more"),
        ("status", "lost", "one of processing, shipped, delivered, cancelled"),
        ("ordered_on", None, "give a day$"),
        ("promised_on", datetime(2026, 6, 16), "give a day$"),
        ("shipped_on", "2026-06-09", "give a day or None"),
    ],
)
def test_a_field_of_another_type_or_out_of_range_is_refused(field: str, value: object, allowed: str) -> None:
    with pytest.raises(ValueError, match=f"^{field} is .*{allowed}"):
        replace(BLUE_JACKET, **{field: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("column", "value", "fault"),
    [
        ("order_id", "48211", "order_id is '48211'"),
        ("status", "lost", "status is 'lost': give one of"),
        ("price_usd", "free", "price_usd is 'free'"),
        ("price_usd", float("nan"), "price_usd is None"),
        ("customer", None, "customer is None"),
        ("ordered_on", "20260606", "ordered_on is '20260606'"),
        ("ordered_on", pd.Timestamp("2026-06-06 12:00"), "ordered_on is Timestamp"),
        ("promised_on", "2026-02-30", "promised_on is '2026-02-30'"),
        ("promised_on", "2026-06-05", "the rule that promised_on is not before ordered_on"),
        ("shipped_on", "2026-06-05", "the rule that shipped_on is not before ordered_on"),
        ("shipped_on", "", "the rule that shipped_on is there where"),
        ("delivered_on", "2026-06-19", "the rule that delivered_on is there where"),
        ("status", "delivered", "the rule that delivered_on is there where"),
    ],
)
def test_a_row_that_is_no_order_is_refused_by_name_and_nothing_is_written(
    tmp_path: Path, column: str, value: Any, fault: str
) -> None:
    orders = draw_orders(3).astype(object)
    orders.index = pd.Index([11, 12, 13])
    place = 11 + orders["order_id"].tolist().index("4821")
    orders.loc[place, column] = value
    number = value if column == "order_id" else "4821"
    with pytest.raises(ValueError, match=rf"^orders, row {place} \(order {number}\): .*{fault}"):
        make_database(tmp_path / "orders.sqlite", orders)
    assert list(tmp_path.iterdir()) == []


def test_a_number_given_twice_is_refused(tmp_path: Path) -> None:
    orders = draw_orders(2)
    with pytest.raises(ValueError, match=r"row 0 .*its number is given twice"):
        make_database(tmp_path / "orders.sqlite", pd.concat([orders, orders]))


@pytest.mark.parametrize(
    "change",
    [
        lambda orders: orders.drop(columns="item"),
        lambda orders: orders.assign(note="x"),
        lambda orders: pd.concat([orders, orders[["item"]]], axis=1),
        lambda orders: orders.to_dict("records"),
    ],
    ids=["too few", "too many", "one twice", "no frame"],
)
def test_other_columns_are_refused(tmp_path: Path, change: Callable[[pd.DataFrame], Any]) -> None:
    with pytest.raises(ValueError, match=r"^orders (has the columns|is a list)"):
        make_database(tmp_path / "orders.sqlite", change(draw_orders(2)))


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "orders.sqlite"
    make_database(path, draw_orders(3))
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OrderServiceError, match=r"orders\.sqlite could not be written \(No space left on device\)"):
        make_database(path, draw_orders(5))
    assert [(file, file.read_bytes()) for file in tmp_path.iterdir()] == [(path, before)]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(OrderServiceError, match=r"nowhere/orders\.sqlite could not be written \(No such file"):
        make_database(tmp_path / "nowhere" / "orders.sqlite", draw_orders(1))


def test_a_reader_keeps_the_database_it_opened_and_the_next_one_sees_the_new(tmp_path: Path) -> None:
    path = tmp_path / "orders.sqlite"
    make_database(path, draw_orders(1))
    other = next(number for number in draw_orders(2)["order_id"] if number != "4821")
    with closing(open_database(path)) as early:
        make_database(path, draw_orders(2))
        with pytest.raises(UnknownOrder):
            read_order(early, other)
    assert look_up(path, other).order_id == other


def test_a_file_name_may_hold_what_has_a_meaning_in_a_uri(tmp_path: Path) -> None:
    path = tmp_path / "a b?mode=rwc#%41.sqlite"
    make_database(path, draw_orders(1))
    assert look_up(path, "4821") == BLUE_JACKET


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM orders",
        "INSERT INTO orders SELECT * FROM orders",
        "UPDATE orders SET price_usd = 0",
        "DROP TABLE orders",
        "CREATE TABLE notes (text)",
        "PRAGMA user_version = 2",
    ],
)
def test_nothing_can_be_written(whole: Path, statement: str) -> None:
    before = whole.read_bytes()
    with closing(open_database(whole)) as connection:
        assert connection.execute("PRAGMA query_only").fetchone() == (1,)
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            connection.execute(statement)
        connection.execute("PRAGMA query_only = OFF")  # the file was opened for reading, whatever is set later
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            connection.execute(statement)
    assert whole.read_bytes() == before


def _cut(path: Path, whole: Path) -> None:
    path.write_bytes(whole.read_bytes()[:5000])


def _another(path: Path, _: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE orders (order_id, status)")


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (lambda *_: None, "there is no order database"),
        (lambda path, _: path.mkdir(), "there is no order database"),
        (lambda path, _: path.write_text("order_id,customer\n" * 99), "file is not a database"),
        (lambda path, _: path.write_bytes(b""), "holds something else than orders"),
        (_another, "holds something else than orders"),
        (_cut, "cannot be read"),
    ],
    ids=["missing", "folder", "text", "empty", "another database", "cut off"],
)
def test_a_file_that_is_no_order_database_is_named(
    tmp_path: Path, whole: Path, make: Callable[[Path, Path], None], fault: str
) -> None:
    path = tmp_path / "orders.sqlite"
    make(path, whole)
    with pytest.raises(OrderServiceError, match=fault) as caught:
        look_up(path, "4821")
    assert str(path) in str(caught.value)
    assert "make" in str(caught.value)  # the mend


def test_a_locked_file_is_waited_for_and_then_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOCK_WAIT_S", 0.02)
    path = tmp_path / "orders.sqlite"
    make_database(path, draw_orders(1))
    with closing(sqlite3.connect(path, isolation_level=None)) as writer, closing(open_database(path)) as reader:
        assert reader.execute("PRAGMA busy_timeout").fetchone() == (20,)  # ms
        writer.execute("BEGIN EXCLUSIVE")
        with pytest.raises(OrderServiceError, match=r"locked by another process .* 0\.02 s"):
            read_order(reader, "4821")
        with pytest.raises(OrderServiceError, match="locked by another process"):
            open_database(path)
        writer.execute("ROLLBACK")
        assert read_order(reader, "4821") == BLUE_JACKET


def test_a_schema_that_changes_under_a_reader_is_told(tmp_path: Path) -> None:
    path = tmp_path / "orders.sqlite"
    make_database(path, draw_orders(1))
    with closing(open_database(path)) as reader:
        with closing(sqlite3.connect(path)) as writer:
            writer.execute("ALTER TABLE orders RENAME COLUMN promised_on TO due_on")
        with pytest.raises(OrderServiceError, match="no such column: promised_on"):
            read_order(reader, "4821")


@pytest.mark.parametrize(
    ("column", "change"),
    [
        ("status", "UPDATE orders SET status = 'lost'"),
        ("promised_on", "UPDATE orders SET promised_on = '2026-06-31'"),
        ("price_usd", "UPDATE orders SET price_usd = -1"),
        ("item", "UPDATE orders SET item = ''"),
    ],
)
def test_a_row_that_got_past_the_rules_is_not_handed_on(tmp_path: Path, column: str, change: str) -> None:
    path = tmp_path / "orders.sqlite"
    make_database(path, draw_orders(1))
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        with pytest.raises(sqlite3.IntegrityError):
            writer.execute(change)
        writer.execute("PRAGMA ignore_check_constraints = ON")
        writer.execute(change)
    with pytest.raises(OrderServiceError, match=f"as order 4821 is not an order .{column} is"):
        look_up(path, "4821")


def test_an_order_that_is_not_there(whole: Path) -> None:
    assert issubclass(UnknownOrder, OrderError)
    assert not issubclass(UnknownOrder, OrderServiceError)
    with pytest.raises(UnknownOrder, match="there is no order 0000"):
        look_up(whole, "0000")


HOSTILE = [
    "' OR '1'='1",
    "4821' --",
    "4821; DROP TABLE orders",
    "4821\n",
    " 4821",
    "４８２１",
    "4821\0",
    "%",
    "",
    "48_1",
]


@given(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=6), st.integers(), st.none(), st.binary(max_size=4)))
def test_only_four_digits_are_a_number(value: object) -> None:
    if isinstance(value, str) and len(value) == 4 and set(value) <= set("0123456789"):
        assert check_order_id(value) == value
    else:
        with pytest.raises(ValueError, match=r"^order_id is .*: give the four digits"):
            check_order_id(value)


def test_a_long_argument_is_not_repeated_in_full() -> None:
    with pytest.raises(ValueError, match=r"\.\.\.: give") as caught:
        check_order_id("x" * 10_000)
    assert len(str(caught.value)) < 200


@given(st.one_of(st.sampled_from(HOSTILE), st.text()))
def test_even_unchecked_a_number_is_only_ever_compared(whole: Path, text: str) -> None:
    with closing(open_database(whole)) as connection, pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "check_order_id", lambda order_id: order_id)
        if connection.execute("SELECT 1 FROM orders WHERE order_id = ?", (text,)).fetchone() is None:
            with pytest.raises(UnknownOrder):
                read_order(connection, text)
        else:
            assert read_order(connection, text).order_id == text
