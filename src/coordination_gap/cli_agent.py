"""``gapbook agent``: the support agent answers one e-mail, or carries out a person's word."""

import asyncio
import json
import sys
import uuid
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from coordination_gap import paths

if TYPE_CHECKING:  # the package takes long to import
    from coordination_gap.agent import Answer, Email, Tracing

SENDER = "sam@example.org"
_MOST_BYTES = 1_000_000  # far beyond what the agent reads, so that it sees that there is more


@click.command(epilog='Example: gapbook agent "Hi, where is my blue jacket (order #4821)? Thanks, Sam"')
@click.argument("text", required=False)
@click.option("--from", "sender", default=SENDER, show_default=True, metavar="ADDRESS",
              help="Where the e-mail came from; the default is the made-up customer of order 4821.")  # fmt: skip
@click.option("--subject", default="", help="Its subject.")
@click.option("--file", "file", metavar="FILE", help="Read the e-mail's text from a file; - for standard input.")
@click.option(
    "--today", metavar="DAY", help="The day on which the agent works [default: 2026-06-20, that of the data]."
)
@click.option("--database", metavar="FILE", help="A database of orders [default: made from data/orders.csv].")
@click.option("--model", metavar="NAME", help="local, or provider:name [default: AGENT_MODEL, or else local].")
@click.option(
    "--state", metavar="FOLDER", help="Where checkpoints, outbox and traces are kept [default: _build/agent]."
)
@click.option("--run", "run_id", metavar="ID", help="Names the run; one that was cut off goes on where it stopped.")
@click.option("--approve", metavar="ID", help="Carry out a person's word on a run that was handed over.")
@click.option("--refund", is_flag=True, help="With --approve: refund the order.")
@click.option("--reply", metavar="TEXT", help="With --approve: what the customer is answered.")
@click.option("--json", "as_json", is_flag=True, help="Show the answer as JSON.")
def agent(
    text: str | None,
    sender: str,
    subject: str,
    file: str | None,
    today: str | None,
    database: str | None,
    model: str | None,
    state: str | None,
    run_id: str | None,
    approve: str | None,
    refund: bool,
    reply: str | None,
    as_json: bool,
) -> None:
    """Answer the e-mail TEXT about an order, or hand it to a person.

    Orders, customers and the shop are made up, and nothing is sent: the outbox is a file. docs/agent.md says what the
    agent does and does not do.
    """
    if approve is None:
        if (text is None) == (file is None):
            raise click.UsageError("give the e-mail's text in quotation marks, or --file with a file that holds it")
        if refund or reply is not None:
            raise click.UsageError("--refund and --reply go with --approve: name the run that they are for")
    elif text is not None or file is not None or run_id is not None:
        raise click.UsageError("--approve takes a run that exists: leave the e-mail and --run out")

    from coordination_gap import tables
    from coordination_gap.agent import AgentError, Email, OutboxError
    from coordination_gap.agent.made_up_orders import SHOP_DAY
    from coordination_gap.agent.models import ModelError
    from coordination_gap.agent.orders import OrderServiceError

    try:
        day = SHOP_DAY if today is None else tables.parse_day(today, "--today")
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    folder = paths.build() / "agent" if state is None else Path(state)
    email = None if approve is not None else Email(sender, subject, _read(file) if text is None else text)
    try:
        asyncio.run(
            _run(
                email,
                run_id or approve or uuid.uuid4().hex[:12],
                day,
                folder,
                database,
                model,
                (refund, reply),
                as_json,
            )
        )
    except (AgentError, ModelError, OrderServiceError, OutboxError) as error:
        raise click.ClickException(str(error)) from None


async def _run(
    email: "Email | None",
    run_id: str,
    today: date,
    folder: Path,
    database: str | None,
    model: str | None,
    word: tuple[bool, str | None],
    as_json: bool,
) -> None:
    from coordination_gap.agent import AgentError, OrdersOnDemand, SupportAgent
    from coordination_gap.agent.local_model import LocalChatModel
    from coordination_gap.agent.models import chat_model
    from coordination_gap.agent.order_client import order_session
    from coordination_gap.agent.runtime import TRACES
    from coordination_gap.agent.tracing import tracing_from_environment

    chat = chat_model(model)
    if isinstance(chat, LocalChatModel):
        chat.prepare()  # training it takes longer than a step may
    try:
        folder.mkdir(parents=True, exist_ok=True)
        orders = _database(database, folder, today)
        tracing = tracing_from_environment(folder / TRACES)
    except OSError as error:
        raise AgentError(f"the state folder {folder} could not be used ({error.strerror}): give another one") from None
    async with (
        OrdersOnDemand(lambda: order_session(orders)) as client,
        SupportAgent(client, chat, today=today, state=folder, tracing=tracing) as support,
    ):
        if email is not None:
            client.open()  # it takes longer than a lookup may
            answer = await support.answer(email, run_id)
        else:
            answer = await support.approve(run_id, refund=word[0], reply=word[1])
        _show(answer, tracing, as_json)
    if not tracing.close():
        click.echo(f"gapbook: not all spans of the run reached {tracing.place}", err=True)


def _database(given: str | None, folder: Path, today: date) -> Path:
    """Return the database of orders: the one that is named, or the made-up one."""
    if given is not None:
        if not Path(given).is_file():
            raise click.ClickException(f"there is no order database {given}: leave --database out for the made-up one")
        return Path(given)
    from coordination_gap import tables
    from coordination_gap.agent.made_up_orders import SHOP_DAY
    from coordination_gap.agent.orders import make_database

    path = folder / "orders.sqlite"
    make_database(path, tables.load("orders", max(today, SHOP_DAY)))
    return path


def _read(file: str | None) -> bytes:
    """Return the bytes of an e-mail, or as many of them as show that there are too many."""
    if file == "-":
        return sys.stdin.buffer.read(_MOST_BYTES)
    try:
        with Path(str(file)).open("rb") as stream:
            return stream.read(_MOST_BYTES)
    except OSError as error:
        raise click.ClickException(f"--file {file} cannot be read ({error.strerror}): give another file") from None


def _show(answer: "Answer", tracing: "Tracing", as_json: bool) -> None:
    """Print an answer: as JSON, or for people."""
    if as_json:
        click.echo(json.dumps({**asdict(answer), "traces": tracing.place}, indent=2, ensure_ascii=False))
        return
    steps = ", ".join(
        f"{step} {took:.3f} s" if took else step for step, took in zip(answer.path, answer.seconds, strict=True)
    )
    for name, said in (
        ("run", answer.run_id),
        ("decision", answer.decision),
        ("reason", answer.reason),
        ("steps", steps),
        ("trace", tracing.place or "none"),
        ("refund", f"{answer.refund_usd:.2f} US dollars" if answer.refund_usd else None),
    ):
        if said is not None:
            click.echo(f"{name:9} {said}")
    if answer.reply is not None:
        click.echo(f"sent\n\n{answer.reply.strip()}\n")
    if answer.waits:
        click.echo(f'for a person: gapbook agent --approve {answer.run_id} [--refund] [--reply "…"]')
    sys.stdout.flush()  # what closing takes is not waited for
