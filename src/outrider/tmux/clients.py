"""The control clients that stand on a tmux server, whoever's they are; asked with one fork, before there is a connection."""

import asyncio
import subprocess
from collections.abc import Mapping

_LIMIT_S = 5.0
_FORMAT = "#{client_control_mode} #{client_pid}"


async def control_clients(server: str, env: Mapping[str, str], program: str = "tmux") -> tuple[int, ...]:
    """Their processes; none where there is no such server, no tmux, or it does not answer."""
    return await asyncio.to_thread(_listed, server, env, program)


def _listed(server: str, env: Mapping[str, str], program: str) -> tuple[int, ...]:
    socket = ("-S" if server.startswith("/") else "-L", server)
    try:
        done = subprocess.run(
            [program, "-N", *socket, "list-clients", "-F", _FORMAT],
            env={key: value for key, value in env.items() if key not in ("TMUX", "TMUX_PANE")},
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            start_new_session=True,
            timeout=_LIMIT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ()
    rows = [line.split(" ") for line in done.stdout.splitlines()]
    return tuple(int(row[1]) for row in rows if len(row) == 2 and row[0] == "1" and row[1].isdigit())
