"""What the agent has done to the world: replies and refunds, each at most once.

A SQLite file stands in for the mail server and the payment service: a row written is a reply sent, or a refund paid.
Each row is keyed by its run, so that a step that is run again finds what it has done already. A refund is written only
together with the word of a person who approved it, and an order is refunded at most once, whichever run asks.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

WAIT_S = 5.0
"""How long a write waits for another process to let go of the file, in seconds."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS words (
    run_id TEXT NOT NULL PRIMARY KEY,
    refund INTEGER NOT NULL CHECK (refund IN (0, 1)),
    reply TEXT CHECK (trim(reply) <> '')
) STRICT;
CREATE TABLE IF NOT EXISTS replies (
    run_id TEXT NOT NULL PRIMARY KEY,
    address TEXT NOT NULL,
    body TEXT NOT NULL CHECK (trim(body) <> '')
) STRICT;
CREATE TABLE IF NOT EXISTS refunds (
    run_id TEXT NOT NULL PRIMARY KEY,
    order_id TEXT NOT NULL UNIQUE,
    amount_usd REAL NOT NULL CHECK (amount_usd >= 0),
    approved INTEGER NOT NULL CHECK (approved = 1),
    FOREIGN KEY (run_id) REFERENCES words (run_id)
) STRICT;
CREATE TRIGGER IF NOT EXISTS refunds_need_a_word BEFORE INSERT ON refunds
WHEN NOT EXISTS (SELECT 1 FROM words WHERE run_id = NEW.run_id AND refund = 1)
BEGIN SELECT RAISE(ABORT, 'no person approved this refund'); END;
"""


class OutboxError(RuntimeError):
    """Something could not be sent; nothing was."""


class Done(NamedTuple):
    """What a run has done: the reply that was sent, if any, the amount refunded, and whether a person had a word."""

    reply: str | None
    refund_usd: float
    settled: bool


class Outbox:
    """Replies and refunds in a SQLite file.

    Calls are not async: a write is short, and one that could be called off half way could not be told from one that
    was not made.

    Parameters
    ----------
    path
        The file, made if it is not there; None for one in memory.

    Raises
    ------
    OutboxError
        If the file cannot be opened as an outbox.
    """

    def __init__(self, path: Path | None) -> None:
        self._place = "the outbox in memory" if path is None else f"the outbox {path}"
        with self._errors():
            self._connection = sqlite3.connect(path or ":memory:", timeout=WAIT_S, isolation_level=None)
            try:
                self._connection.execute("PRAGMA foreign_keys = ON")
                self._connection.execute("PRAGMA journal_mode = WAL")
                self._connection.executescript(_SCHEMA)
            except BaseException:
                self._connection.close()
                raise

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def send(self, run_id: str, address: str, body: str) -> str:
        """Send a reply, unless this run has sent one already.

        Returns
        -------
        str
            The reply that went out, now or before.

        Raises
        ------
        OutboxError
            If it could not be sent; it was not.
        """
        with self._transaction():
            self._reply(run_id, address, body)
            return str(self._one("SELECT body FROM replies WHERE run_id = ?", run_id))

    def settle(
        self, run_id: str, address: str, *, reply: str | None, refund: bool, order_id: str | None, amount_usd: float
    ) -> Done:
        """Carry out a person's word on a run, all of it or nothing, unless that has been done already.

        Parameters
        ----------
        run_id, address
            The run, and where its e-mail came from.
        reply
            What the person answers; None for nothing.
        refund
            Whether the person approved a refund.
        order_id, amount_usd
            What is refunded.

        Returns
        -------
        Done
            What was done, now or before: the first word stands.

        Raises
        ------
        OutboxError
            If it could not be carried out, or the order was refunded in another run; nothing was done.
        """
        with self._transaction():
            if not self._one("SELECT COUNT(*) FROM words WHERE run_id = ?", run_id):
                self._connection.execute("INSERT INTO words VALUES (?, ?, ?)", (run_id, int(refund), reply))
                if reply is not None:
                    if self._one("SELECT body FROM replies WHERE run_id = ?", run_id) is not None:
                        raise OutboxError(f"run {run_id!r} has sent a reply already: nothing was done")
                    self._reply(run_id, address, reply)
                if refund:
                    before = self.refunded_in(order_id or "")
                    if before is not None:
                        raise OutboxError(f"order {order_id} was refunded in run {before!r}: nothing was done")
                    self._connection.execute(
                        "INSERT INTO refunds VALUES (?, ?, ?, 1)", (run_id, order_id, float(amount_usd))
                    )
        return self.done(run_id)

    def done(self, run_id: str) -> Done:
        """Return what a run has done."""
        with self._errors():
            reply = self._one("SELECT body FROM replies WHERE run_id = ?", run_id)
            refund = self._one("SELECT amount_usd FROM refunds WHERE run_id = ?", run_id)
            settled = self._one("SELECT COUNT(*) FROM words WHERE run_id = ?", run_id)
        return Done(reply, float(refund or 0.0), bool(settled))  # type: ignore[arg-type] # text, by the schema

    def refunded_in(self, order_id: str) -> str | None:
        """Return the run in which an order was refunded, None if it was not."""
        with self._errors():
            return self._one("SELECT run_id FROM refunds WHERE order_id = ?", order_id)  # type: ignore[return-value]

    def _reply(self, run_id: str, address: str, body: str) -> None:
        if not body.strip():
            raise OutboxError(f"the reply of run {run_id!r} is blank: nothing was sent")
        self._connection.execute(
            "INSERT INTO replies VALUES (?, ?, ?) ON CONFLICT (run_id) DO NOTHING", (run_id, address, body)
        )

    def _one(self, query: str, key: str) -> object:
        row = self._connection.execute(query, (key,)).fetchone()
        return None if row is None else row[0]

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """One transaction, with the file locked from its start, so that what is read in it stays true."""
        with self._errors():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise OutboxError(f"{self._place} could not be used ({error}): nothing was sent; try again") from error
