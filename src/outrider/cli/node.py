"""The verbs node list, drain, forget, rename and invite."""

import sys
from collections.abc import Iterator
from shlex import quote
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

from cyclopts import App, Parameter

from outrider.cli.connection import HERE, Connection, Environ, Usage
from outrider.cli.words import as_json, plain, since, table
from outrider.errors import Conflict, NoDaemon, OutriderError

if TYPE_CHECKING:
    from outrider.model.fleet_wire import NodeJSON
    from outrider.settings import Loaded

app = App(name="node", help="The machines of the fleet.", help_format="plaintext", help_epilogue="")
PREFIX = "OUTRIDER_REDIS__PREFIX"
HERE_ALONE = ("localhost", "127.0.0.1", "::1")
INVITATION = """\
dir="${{OUTRIDER_DATA:-${{XDG_DATA_HOME:-$HOME/.local/share}}/outrider}}"
mkdir -p -m 700 "$dir"
(umask 077 && cat > "$dir/fleet.key.new") <<'KEYS'
{keys}
KEYS
if [ -e "$dir/fleet.key" ] && ! cmp -s "$dir/fleet.key" "$dir/fleet.key.new"; then
  rm "$dir/fleet.key.new"
  echo "$dir/fleet.key holds other keys: this machine was in another fleet, or the keys were changed. Move it away first." >&2
else
  mv "$dir/fleet.key.new" "$dir/fleet.key" &&
  {prefix}outrider up --join {bus}
fi"""
"""For any POSIX shell. A key that is there is not written over."""
HEADS = ("NODE", "IS", "AGENTS", "LOAD", "CLOCK", "VERSION", "LABELS")


@app.command(name="list")
async def list_(*, connection: Connection = HERE, environ: Environ) -> None:
    """Lists them: which are there, how many agents they have, what they are good for. Says why, where this one is not in the fleet."""
    client = connection.client(environ)
    _shown(await client.nodes(), connection)
    match await client.health():
        case {"bus": {"why": str(why)}}:
            print(plain(why), file=sys.stderr)


@app.command
async def drain(
    name: str,
    *,
    off: Annotated[bool, Parameter(negative=(), help="Have agents started there again.")] = False,
    connection: Connection = HERE,
    environ: Environ,
) -> None:
    """Has no new agents started on a node; those that are there go on."""
    _shown(await connection.client(environ).drain_node(name, drain=not off), connection)


@app.command
async def forget(name: str, *, connection: Connection = HERE, environ: Environ) -> None:
    """Leaves a node that is away out of the list, with its agents, until it is heard of again."""
    _shown(await connection.client(environ).forget_node(name), connection)


@app.command
async def rename(
    name: str,
    *,
    data: Annotated[str | None, Parameter(help="The data folder, where the daemon was given it so.")] = None,
    config: Annotated[str | None, Parameter(help="Config file, instead of the usual one.")] = None,
    connection: Connection = HERE,
    environ: Environ,
) -> None:
    """Gives this machine another name: in its config file, and by a reload of its daemon. Agents go on, and what is under way follows."""
    from outrider.service.installed import Service
    from outrider.settings import load
    from outrider.settings.file import rename_node
    from outrider.settings.layers import usual_config

    load({"node": name, "config": config}, environ)  # refuses what cannot be a name
    loaded = load({"data": data, "config": config}, environ)
    client = connection.client(environ)
    here, *others = await client.nodes()
    _refuse(name, here, others, loaded)
    file = loaded.config or usual_config(environ)
    rename_node(file, name)
    try:
        await Service.of(loaded, environ).ask("reload")
    except NoDaemon:
        print(
            f"{file} says {name} now. The daemon that runs goes on as {here['node']}: "
            "end it (its agents go on), and start it again as before."
        )
        return
    except OutriderError:
        rename_node(file, here["node"])
        raise
    _shown(await client.nodes(), connection)


@app.command
def invite(
    *,
    bus: Annotated[str | None, Parameter(help="The Redis, where the daemon was given it so.")] = None,
    data: Annotated[str | None, Parameter(help="The data folder, where the daemon was given it so.")] = None,
    config: Annotated[str | None, Parameter(help="Config file, instead of the usual one.")] = None,
    environ: Environ,
) -> None:
    """Prints what another machine runs to join this one's fleet. It holds the fleet's key: show it to nobody else."""
    from outrider.settings import load

    settings = load({"bus": bus, "data": data, "config": config}, environ).settings
    if settings.bus == "local":
        raise Usage(
            "This machine is in no fleet, as far as its settings say. Where its daemon was told so by a flag, say it here too: "
            "outrider node invite --bus redis://host:6379/0"
        )
    path = settings.fleet.key_file
    try:
        keys = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Usage(f"{path} cannot be read ({error}); the daemon makes it when it starts.") from error
    prefix = settings.redis.prefix
    usual = prefix == type(settings.redis)().prefix
    print(INVITATION.format(keys=keys, bus=quote(settings.bus), prefix="" if usual else f"{PREFIX}={quote(prefix)} "))
    for doubt in _doubts(settings.bus, settings.redis.ca):
        print(f"Note: {doubt}", file=sys.stderr)


def _refuse(name: str, here: "NodeJSON", others: "list[NodeJSON]", loaded: "Loaded") -> None:
    """Conflict where the name is another's, or would not be read from the config file."""
    if taken := next((node for node in others if node["node"] == name), None):
        way = "" if taken["away"] is None else f" It is away: `outrider node forget {name}` takes it out of the list."
        raise Conflict(f"Another node of this fleet is called {name}.{way}")
    origin = loaded.origins["node"]
    if origin.startswith("environment") or loaded.settings.node != here["node"]:
        by = (
            origin
            if origin.startswith("environment")
            else "a flag or a variable, not the config file that is meant here"
        )
        raise Conflict(
            f"The daemon is called {here['node']} by {by}. Give it the new name there, or start it with: outrider up --node {name}"
        )


def _doubts(bus: str, ca: str) -> Iterator[str]:
    """What the other machine may need beside."""
    address = urlsplit(bus)
    if address.scheme == "unix" or address.hostname in HERE_ALONE:
        yield f"{bus} reaches the Redis from this machine alone; the other one needs an address of its own for it."
    if ca:
        yield f"the other machine needs the file of authorities too, and redis.ca (OUTRIDER_REDIS__CA) that names it: {ca}"


def _shown(nodes: "list[NodeJSON]", connection: Connection) -> None:
    print(as_json({"nodes": nodes, "count": len(nodes)}) if connection.json else table(HEADS, map(_row, nodes)))


def _row(node: "NodeJSON") -> tuple[str, ...]:
    is_ = "here" if node["here"] else "there" if node["away"] is None else f"away for {since(node['away'])}"
    draining = ", draining" if node["draining"] else ""
    steer = "" if node["steer"] or node["here"] else ", not steered from here"
    clock = f"{node['clock_offset_ms'] / 1000:+.1f}s" if abs(node["clock_offset_ms"]) >= 100 else "right"
    agents = f"{node['alive']} of {node['agents']}"
    labels = " ".join(map(plain, node["labels"]))
    return (
        node["node"],
        f"{is_}{draining}{steer}",
        agents,
        f"{node['load']:.2f}",
        clock,
        plain(node["version"]),
        labels,
    )
