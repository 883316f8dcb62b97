"""tmux clients that a daemon left behind which was killed: ended by their process, which is all that still ends them.

tmux 3.3a waits until it has written what a control client was to be told. Where the daemon that read it was killed just then, that
never comes: the client stays attached, and not even `kill-server` gets rid of it or ends the server. So the next daemon looks for such
clients when it starts.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import PurePath

import structlog

from outrider import processes
from outrider.processes import Process
from outrider.tmux.clients import control_clients
from outrider.tmux.rows import HIDDEN

log = structlog.get_logger()

GRACE_S = 1.0


async def end_forsaken(servers: Iterable[str], env: Mapping[str, str]) -> None:
    """Ends the clients of daemons that are gone on these servers; those of daemons that live, and people's, stay."""
    for server in servers:
        clients = await control_clients(server, env)
        found = [each for pid in clients for each in processes.tree(pid)[:1] if forsaken(each)]
        if found:
            log.info("clients of a daemon that was killed are ended", server=server, clients=len(found))
            await processes.end(found, GRACE_S)


def forsaken(client: Process) -> bool:
    """Whether it is a control client as our daemons start them, and no daemon is its parent any more."""
    words = set(client.argv)
    ours = "-C" in words and ({"ignore-size,read-only", HIDDEN} & words)
    if not ours or client.ppid == os.getpid():
        return False
    return all(PurePath(word).name != "outrider" for word in processes.argv(client.ppid))
