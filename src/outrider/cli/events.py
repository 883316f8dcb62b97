"""The verb events: the journal, and what happens from now on."""

import json
import sys
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing
from typing import Annotated

from cyclopts import Parameter

from outrider.cli.connection import HERE, Connection, Environ, Usage
from outrider.cli.words import clock, colours, painted, plain

# Fields that stand in every event, in their own columns.
COMMON = frozenset({"seq", "event", "type", "timestamp", "node", "session"})
LAST = 100


async def events(
    *,
    follow: Annotated[bool, Parameter(name=["--follow", "-f"], negative=(), help="Go on with what happens.")] = False,
    since: Annotated[
        int | None, Parameter(help=f"After this seq; else the last {LAST}, or with --follow from now on.")
    ] = None,
    session: Annotated[list[str] | None, Parameter(negative=(), help="Only of this agent; may be repeated.")] = None,
    event: Annotated[list[str] | None, Parameter(negative=(), help="Only of this name; may be repeated.")] = None,
    all_nodes: Annotated[
        bool,
        Parameter(negative=(), help="Those of all nodes of the fleet: the last ones, or with --follow from now on."),
    ] = False,
    connection: Connection = HERE,
    environ: Environ,
) -> None:
    """Prints events, one a line; with --follow for ever, over restarts of the daemon, without a gap or a repeat."""
    client = connection.client(environ)
    sessions, names = tuple(session or ()), tuple(event or ())
    found: AsyncGenerator[Mapping[str, object], None]
    if all_nodes and since is not None:
        raise Usage("--all-nodes goes without --since: each node counts its own events.")
    if all_nodes and not follow:
        found = _each(await client.latest_everywhere(LAST, sessions, names))
    elif all_nodes:
        found = client.events_everywhere(None, sessions, names)
    elif follow:
        found = client.events(since, sessions, names)
    else:
        start = since if since is not None else max(0, await client.cursor() - LAST)
        found = client.journal(start, sessions, names)
    colour = colours(environ)
    async with aclosing(found):
        async for one in found:
            if one.get("type") == "gap":
                print(f"outrider: events before {one.get('first')} are not kept any more.", file=sys.stderr)
            else:
                print(json.dumps(one) if connection.json else line(one, colour=colour), flush=True)


async def _each(events: Iterable[Mapping[str, object]]) -> AsyncGenerator[Mapping[str, object], None]:
    for one in events:
        yield one


def line(event: Mapping[str, object], *, colour: bool = False) -> str:
    """An event for people: seq, time, agent, name, and what it says."""
    own = {name: value for name, value in event.items() if name not in COMMON and value not in (None, "", {}, [])}
    state = str(own.get("state", ""))
    if event.get("event") == "state_change":
        before = own.pop("prevState", None)
        del own["state"]
        own = {"": f"{before or '(new)'} → {painted(state, state, colour=colour)}", **own}
    words = [f"{name}={_value(value)}" if name else str(value) for name, value in own.items()]
    head = [
        f"{event.get('seq'):>6}",
        clock(event.get("timestamp")),
        plain(event.get("session")),
        plain(event.get("event")),
    ]
    return "  ".join([*head, " ".join(words)]).rstrip()


def _value(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_value(inner)}" for name, inner in value.items()) + "}"
    return plain(value)
