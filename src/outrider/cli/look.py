"""Verbs that show agents: ls, show, why, output, stats."""

import asyncio
import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from outrider.cli import portrait
from outrider.cli.connection import HERE, Connection, Environ
from outrider.cli.words import age, as_json, colours, fields, since, table

if TYPE_CHECKING:
    from outrider.model.wire import AgentJSON

HEADS = ("SESSION", "STATE", "SINCE", "DONE", "KIND", "WHAT")
CLEAR = "\x1b[H\x1b[2J"
WATCH_S, FOLLOW_S = 1.0, 0.5


async def ls(
    *,
    state: Annotated[str | None, Parameter(help="Only agents in this state.")] = None,
    kind: Annotated[str | None, Parameter(help="Only agents of this kind.")] = None,
    watch: Annotated[bool, Parameter(name=["--watch", "-w"], negative=(), help="Keep showing them.")] = False,
    connection: Connection = HERE,
    environ: Environ,
) -> None:
    """Lists the agents and what they do."""
    client = connection.client(environ)
    while True:
        agents = await client.agents(state=state, kind=kind)
        shown = as_json({"agents": agents, "count": len(agents)}) if connection.json else _listed(agents, environ)
        print(f"{CLEAR}{shown}" if watch and sys.stdout.isatty() else shown, flush=True)
        if not watch:
            return
        await asyncio.sleep(WATCH_S)


async def show(session: str, *, connection: Connection = HERE, environ: Environ) -> None:
    """Shows everything that is known of an agent."""
    agent = await connection.client(environ).agent(session)
    print(as_json(agent) if connection.json else fields(portrait.facts(agent)))


async def why(session: str, *, connection: Connection = HERE, environ: Environ) -> None:
    """Shows what says that an agent does what it is said to do, and what was not believed."""
    found = await connection.client(environ).why(session)
    if connection.json:
        print(as_json(found))
        return
    gone = "" if found["alive"] else " (gone)"
    print(f"{session} is {found['state']}{gone} for {since(found['since'])}, confidence {found['confidence']}.")
    if doing := portrait.doing(found["detail"]):
        print(fields([("detail", doing)]))
    if found["evidence"]:
        print("\nBecause:\n" + table(EVIDENCE, map(portrait.evidence, found["evidence"]), indent="  "))
    else:
        print("\nNothing supports it.")
    if found["rejected"]:
        rows = [[*portrait.evidence(one)[:4], f"{one['why']} ({one['text']})"] for one in found["rejected"]]
        print("\nNot believed:\n" + table((*EVIDENCE[:4], "WHY NOT"), rows, indent="  "))
    if found["unheard"]:
        print("\n" + "\n".join(found["unheard"]))


EVIDENCE = ("SOURCE", "SAYS", "RULE", "AGE", "READ FROM")


async def output(
    session: str,
    *,
    lines: Annotated[int, Parameter(name=["--lines", "-n"], help="How many lines, from the end.")] = 100,
    ansi: Annotated[bool, Parameter(negative=(), help="With its colours.")] = False,
    follow: Annotated[bool, Parameter(name=["--follow", "-f"], negative=(), help="Keep printing what comes.")] = False,
    connection: Connection = HERE,
    environ: Environ,
) -> None:
    """Prints the end of what an agent's terminal holds."""
    client = connection.client(environ)
    text = await client.output(session, lines, ansi=ansi)
    if connection.json and not follow:
        print(as_json({"session": session, "output": text, "lines": lines}))
        return
    seen: list[str] = []
    while True:
        rows = text.splitlines()
        if sys.stdout.isatty() and follow:
            print(CLEAR + text, flush=True)
        elif fresh := rows[overlap(seen, rows) :]:
            print(
                json.dumps({"session": session, "output": fresh}) if connection.json else "\n".join(fresh), flush=True
            )
        seen = rows
        if not follow:
            return
        await asyncio.sleep(FOLLOW_S)
        text = await client.output(session, lines, ansi=ansi)


async def stats(*, connection: Connection = HERE, environ: Environ) -> None:
    """Shows counts by state, the queue, and how the daemon is."""
    client = connection.client(environ)
    found = await client.stats()
    if connection.json:
        print(as_json(found))
        return
    uptime = found.get("uptime")
    print(fields(_flat({**found, "uptime": age(uptime * 1000)} if isinstance(uptime, int | float) else found)))


def overlap(before: list[str], after: list[str]) -> int:
    """How many rows at the beginning of `after` were the end of `before`."""
    return next((size for size in range(min(len(before), len(after)), 0, -1) if before[-size:] == after[:size]), 0)


def _listed(agents: "list[AgentJSON]", environ: Mapping[str, str]) -> str:
    if not agents:
        return "No agents. Start one: outrider spawn --session NAME --workdir DIR --prompt TEXT"
    return table(HEADS, map(portrait.row, agents), list(map(portrait.look, agents)), colour=colours(environ))


def _flat(found: Mapping[str, object], prefix: str = "") -> list[tuple[str, object]]:
    pairs: list[tuple[str, object]] = []
    for name, value in found.items():
        if isinstance(value, dict):
            pairs += _flat(value, f"{prefix}{name}.")
        else:
            pairs.append((prefix + name, str(value)))
    return pairs
