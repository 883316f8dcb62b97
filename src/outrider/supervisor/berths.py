"""Berths: blocks of ports, one an agent, given up when the agent is forgotten."""

import socket
from collections.abc import Callable, Mapping

from outrider.logic import ports
from outrider.supervisor.crew import Crew


def unused(port: int) -> bool:
    """Whether nobody listens at that port of loopback."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class Berths:
    """Gives each session a block of `each` ports, the lowest from `first` on (0: none) that no agent on the list has."""

    def __init__(self, crew: Crew, first: int, each: int, free: Callable[[int], bool] = unused) -> None:
        self._crew = crew
        self._first = first
        self._each = each
        self._free = free
        self._claimed: dict[str, int] = {}

    def take(self, session: str) -> int | None:
        """The first port of its block; the one it had where it is started again. None where none is to be had."""
        others = {m.agent.port for m in self._crew if m.agent.session != session} | set(self._claimed.values())
        old = self._crew.find(session)
        had = old.agent.port if old is not None else None
        taken = {port for port in others if port is not None}
        port = had if had is not None and had not in taken else ports.block(self._first, self._each, taken, self._free)
        if port is not None:
            self._claimed[session] = port
        return port

    def settle(self, session: str) -> None:
        """It is on the list now, or was not started after all."""
        self._claimed.pop(session, None)

    def named(self, port: int | None) -> Mapping[str, str]:
        """The variables that tell an agent its block."""
        return ports.named(port, self._each)
