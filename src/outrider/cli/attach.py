"""Verbs that take you there: attach to an agent's terminal, open the dashboard."""

import os
import secrets
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from outrider.cli.connection import HERE, Connection, Environ
from outrider.cli.token import web_address
from outrider.cli.words import as_json
from outrider.errors import OutriderError, Unavailable

if TYPE_CHECKING:
    from outrider.model.wire import AgentJSON


async def attach(
    session: str,
    *,
    read_only: Annotated[bool, Parameter(name=["--read-only", "-r"], negative=(), help="Look, type nothing.")] = False,
    show: Annotated[bool, Parameter(name="--print", negative=(), help="Print the tmux command instead.")] = False,
    connection: Connection = HERE,
    environ: Environ,
) -> None:
    """Attaches this terminal to an agent's tmux session; leave it with the tmux prefix and d."""
    agent = await connection.client(environ).agent(session)
    argv = tmux_line(agent, environ, read_only=read_only)
    if connection.json or show:
        print(as_json({"argv": argv}) if connection.json else " ".join(argv))
        return
    program = shutil.which("tmux", path=environ.get("PATH"))
    if program is None:
        raise Unavailable("tmux is not on the PATH here; attach works on the machine where the agent runs.")
    if not sys.stdin.isatty():
        raise OutriderError("attach needs a terminal; outrider output prints what the agent shows.")
    inner = {
        name: value for name, value in environ.items() if name not in {"TMUX", "TMUX_PANE"} or "switch-client" in argv
    }
    sys.stdout.flush()
    os.execve(program, argv, inner)  # noqa: S606  # no shell is what is wanted


def tmux_line(agent: "AgentJSON", environ: Mapping[str, str], *, read_only: bool = False) -> list[str]:
    """The tmux command that shows an agent; inside its own tmux server it switches there instead of nesting."""
    server = agent["tmux"]["server"]
    target = f"={agent['session']}:"
    here = environ.get("TMUX", "").partition(",")[0]
    argv = ["tmux", "-S" if server.startswith("/") else "-L", server]
    if here and server in {here, Path(here).name}:
        return [*argv, "switch-client", *(["-r"] if read_only else []), "-t", target]
    return [*argv, "attach-session", *(["-r"] if read_only else []), "-t", target]


async def open_dashboard(*, connection: Connection = HERE, environ: Environ) -> None:
    """Opens the dashboard in a browser, logged in where the system does not tell the daemon that it is you."""
    import webbrowser

    client = connection.client(environ)
    await client.health()
    url = await web_address(client)
    if client.address.path is not None and sys.platform != "linux":
        made = await client.create_link(f"browser-{secrets.token_hex(3)}", "admin")
        url += str(made["path"])
    if connection.json:
        print(as_json({"url": url}))
    elif not webbrowser.open(url):
        print(url)
