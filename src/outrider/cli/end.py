"""Verbs that stop something: interrupt, kill, forget."""

import sys
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from outrider.cli.connection import HERE, Connection, Environ, Usage
from outrider.cli.words import as_json
from outrider.errors import NoDaemon, OutriderError

if TYPE_CHECKING:
    from outrider.model.wire import AgentJSON


async def kill(
    *sessions: str,
    now: Annotated[bool, Parameter(negative=(), help="At once, without asking them to leave first.")] = False,
    yes: Annotated[bool, Parameter(name=["--yes", "-y"], negative=(), help="Do not ask.")] = False,
    connection: Connection = HERE,
    environ: Environ,
) -> int:
    """Ends agents and every process they started."""
    if not sessions:
        raise Usage("Name the agents to kill. outrider ls lists them.")
    if not yes and sys.stdin.isatty() and not _confirmed(sessions):
        print("Nothing was done.", file=sys.stderr)
        return 1
    client = connection.client(environ)
    killed, worst = [], 0
    for session in sessions:
        try:
            killed.append(await client.kill(session, now=now))
        except NoDaemon:
            raise
        except OutriderError as error:
            print(f"outrider: {error.message}", file=sys.stderr)
            worst = max(worst, error.exit_code)
        else:
            if not connection.json:
                print(f"{session} was killed.")
    if connection.json:
        print(as_json({"agents": killed, "count": len(killed)}))
    return worst


async def interrupt(session: str, *, connection: Connection = HERE, environ: Environ) -> None:
    """Interrupts what an agent does, as its user would with Escape."""
    agent = await connection.client(environ).interrupt(session)
    print(as_json(agent) if connection.json else f"{session} was interrupted.")


async def forget(session: str, *, connection: Connection = HERE, environ: Environ) -> None:
    """Takes an agent off the list: a dead one, or one that was adopted, which keeps running."""
    agent = await connection.client(environ).forget(session)
    print(as_json(agent) if connection.json else _forgotten(agent))


async def keep(
    session: str,
    *,
    release: Annotated[bool, Parameter(negative=(), help="No longer.")] = False,
    connection: Connection = HERE,
    environ: Environ,
) -> None:
    """Holds an agent back from cleanup; what was announced for it is withdrawn."""
    agent = await connection.client(environ).keep(session, keep=not release)
    told = "may be cleaned up again." if release else "is kept, whatever its state."
    print(as_json(agent) if connection.json else f"{session} {told}")


def _forgotten(agent: "AgentJSON") -> str:
    session = agent["session"]
    return f"{session} runs on, and is no longer watched." if agent["alive"] else f"{session} is off the list."


def _confirmed(sessions: tuple[str, ...]) -> bool:
    print(f"Kill {', '.join(sessions)} and everything started there? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes"}
