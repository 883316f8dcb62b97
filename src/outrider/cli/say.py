"""Verbs about commands: send one, see what became of them."""

import asyncio
import sys
import uuid
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from outrider.cli import portrait
from outrider.cli.connection import HERE, Connection, Environ, Usage
from outrider.cli.start import text_of
from outrider.cli.words import as_json, table
from outrider.errors import TimedOut

if TYPE_CHECKING:
    from outrider.client import Client
    from outrider.model.wire import CommandJSON

UNFINISHED = frozenset({"queued", "sending"})
POLL_S = 0.2
HEADS = ("ID", "STATUS", "AGE", "SESSION", "TEXT", "WHY")


async def send(
    session: str,
    *text: str,
    file: Annotated[
        str | None, Parameter(name=["--file", "-f"], help="File with the text; - reads standard input.")
    ] = None,
    when: Annotated[
        Literal["ready", "now", "interrupt"] | None,
        Parameter(
            help="ready waits until it can take it (the default), now goes in at once, interrupt stops it first."
        ),
    ] = None,
    priority: Annotated[int | None, Parameter(help="Higher goes first among those that wait.")] = None,
    delay: Annotated[float | None, Parameter(help="Seconds before it may go in.")] = None,
    expires: Annotated[float | None, Parameter(help="Seconds after which it is not sent any more.")] = None,
    keys: Annotated[
        bool, Parameter(negative=(), help="The words are names of keys to press, such as Escape or C-u.")
    ] = False,
    slash: Annotated[
        bool, Parameter(negative=(), help="The text is a command of the program's own, such as /compact.")
    ] = False,
    key: Annotated[str | None, Parameter(help="A key of yours: the same key twice is typed once.")] = None,
    wait: Annotated[bool, Parameter(negative=(), help="Return once it was typed, or failed.")] = False,
    timeout: Annotated[float | None, Parameter(help="Seconds that --wait waits at most.")] = None,
    connection: Connection = HERE,
    environ: Environ,
) -> int:
    """Has a text typed into an agent, once, when it is ready for it."""
    if keys and slash:
        raise Usage("Give --keys or --slash, not both.")
    form = "keys" if keys else "slash" if slash else None
    given = {"as": form, "when": when, "priority": priority, "delay_s": delay, "expires_s": expires}
    options = {name: value for name, value in given.items() if value is not None}
    client = connection.client(environ)
    accepted = await client.command(session, _text(text, file), options=options, key=key or uuid.uuid4().hex)
    if not wait:
        said = f"{accepted['id']} is {accepted['status']}. See what becomes of it: outrider commands {session}"
        print(as_json(accepted) if connection.json else said)
        return 0
    done = await _finished(client, str(accepted["id"]), timeout)
    if connection.json:
        print(as_json(done))
    else:
        why = f": {done['error'].rstrip('.')}" if done["error"] else ""
        print(f"{done['id']} is {done['status']}{why}.")
    return 0 if done["status"] == "sent" else 1


async def commands(
    session: str | None = None,
    *,
    status: Annotated[str | None, Parameter(help="Only those with this status.")] = None,
    limit: Annotated[int, Parameter(help="How many, the newest first.")] = 50,
    cancel: Annotated[str | None, Parameter(help="Take back the command of this id, if it has not started.")] = None,
    retry: Annotated[
        str | None, Parameter(help="Have the command of this id, which was not sent, typed after all.")
    ] = None,
    connection: Connection = HERE,
    environ: Environ,
) -> None:
    """Lists commands, of one agent or of all, and what became of them."""
    client = connection.client(environ)
    if retry is not None:
        again = await client.retry(retry)
        print(as_json(again) if connection.json else f"{again['id']} is {again['status']}, in place of {retry}.")
        return
    if cancel is not None:
        taken = await client.cancel(cancel)
        print(as_json(taken) if connection.json else f"{taken['id']} is {taken['status']}.")
        return
    found = await client.commands(session, status=status, limit=limit)
    if connection.json:
        print(as_json({"commands": found, "count": len(found)}))
    else:
        print(table(HEADS, map(portrait.command, found)) if found else "No commands.")


def _text(words: tuple[str, ...], file: str | None) -> str:
    if words and file is not None:
        raise Usage("Give the text, or --file, not both.")
    if file is None and not words:
        if sys.stdin.isatty():
            raise Usage("Give a text, or --file FILE (- for standard input).")
        file = "-"
    return " ".join(words) if file is None else text_of(file)


async def _finished(client: "Client", command_id: str, timeout_s: float | None) -> "CommandJSON":
    found = await client.find_command(command_id)
    try:
        async with asyncio.timeout(timeout_s):
            while found["status"] in UNFINISHED:
                await asyncio.sleep(POLL_S)
                found = await client.find_command(command_id)
    except TimeoutError as error:
        why = f" {found.get('waits')}" if found.get("waits") else ""
        raise TimedOut(
            f"{command_id} is {found['status']} after {timeout_s:g} s; it stays in the queue.{why}"
        ) from error
    return found
