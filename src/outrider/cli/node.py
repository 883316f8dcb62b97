"""The verbs node list, drain, forget and invite."""

from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from outrider.cli.connection import HERE, Connection, Environ, Usage
from outrider.cli.words import as_json, plain, since, table

if TYPE_CHECKING:
    from outrider.model.fleet_wire import NodeJSON

app = App(name="node", help="The machines of the fleet.", help_format="plaintext", help_epilogue="")
HEADS = ("NODE", "IS", "AGENTS", "LOAD", "CLOCK", "VERSION", "LABELS")


@app.command(name="list")
async def list_(*, connection: Connection = HERE, environ: Environ) -> None:
    """Lists them: which are there, how many agents they have, what they are good for."""
    _shown(await connection.client(environ).nodes(), connection)


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
def invite(
    *, config: Annotated[str | None, Parameter(help="Config file, instead of the usual one.")] = None, environ: Environ
) -> None:
    """Prints what another machine runs to join this one's fleet. It holds the fleet's key: show it to nobody else."""
    from outrider.settings import load

    settings = load({"config": config}, environ).settings
    if settings.bus == "local":
        raise Usage(
            'This machine is in no fleet. Name its Redis first: bus = "redis://host:6379/0" in the config file, or OUTRIDER_BUS.'
        )
    path = settings.fleet.key_file
    try:
        keys = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Usage(f"{path} cannot be read ({error}); the daemon makes it when it starts.") from error
    print(f"""\
mkdir -p -m 700 ~/.local/share/outrider
(umask 077 && cat > ~/.local/share/outrider/fleet.key) <<'KEYS'
{keys}
KEYS
outrider up --join '{settings.bus}'""")


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
