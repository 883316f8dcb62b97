"""The program `outrider`."""

import gc
import sys
from collections.abc import Mapping
from typing import Annotated

from cyclopts import Parameter

from outrider.cli.app import run
from outrider.cli.connection import Environ
from outrider.errors import BadSetting
from outrider.settings import environment


def up(
    *,
    host: Annotated[str | None, Parameter(help="Address to listen on.")] = None,
    port: Annotated[int | None, Parameter(help="Port to listen on; 0 takes any free one.")] = None,
    data: Annotated[str | None, Parameter(help="Folder of the database.")] = None,
    config: Annotated[str | None, Parameter(help="Config file.")] = None,
    tmux_socket: Annotated[str | None, Parameter(help="tmux server for new agents.")] = None,
    node: Annotated[str | None, Parameter(help="Name of this machine among several.")] = None,
    bus: Annotated[str | None, Parameter(help="local, or the Redis that joins several nodes.")] = None,
    join: Annotated[
        str | None, Parameter(help="The Redis of a fleet that is there; its key must be here: outrider node invite.")
    ] = None,
    log_level: Annotated[str | None, Parameter(help="debug, info, warning or error.")] = None,
    environ: Environ,
) -> int:
    """Runs the daemon in the foreground; Ctrl-C ends it and leaves every agent running."""
    # Of what is imported nothing is garbage: looking for some costs a tenth of the start, and ever again while it runs.
    gc.disable()
    from outrider.daemon import run as run_daemon
    from outrider.settings import load

    gc.freeze()
    gc.enable()

    flags: Mapping[str, object] = {
        "host": host,
        "port": port,
        "data": data,
        "config": config,
        "tmux_socket": tmux_socket,
        "node": node,
        "bus": join or bus,
        "log_level": log_level,
    }
    loaded = load(flags, environ)
    if join and not loaded.settings.fleet.key_file.exists():
        raise BadSetting(
            f"The fleet's key is not here: {loaded.settings.fleet.key_file} is missing. "
            "On a node of the fleet, `outrider node invite` prints what to run here."
        )
    return run_daemon(loaded, environ)


UP = ("up", "outrider.__main__:up", "Run the daemon, in the foreground.")


def main() -> None:
    """Runs this process's command line and exits with its code."""
    sys.exit(run(sys.argv[1:], environment(), extra=[UP]))


if __name__ == "__main__":
    main()
