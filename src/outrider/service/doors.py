"""The listening sockets of a service, which stay open whatever becomes of the daemon behind them."""

import socket
from collections.abc import Sequence

from outrider.settings import Settings
from outrider.sockets import open_tcp, open_unix


class Doors:
    """Nothing is open before `open`."""

    def __init__(self) -> None:
        self._tcp: Sequence[socket.socket] = ()
        self._unix: socket.socket | None = None
        self._wanted = ("", -1)

    @property
    def sockets(self) -> list[socket.socket]:
        """All that are open, the network's first."""
        return [*self._tcp, *([self._unix] if self._unix is not None else [])]

    @property
    def url(self) -> str:
        """Where one may knock."""
        return f"http://{self._wanted[0]}:{self._tcp[0].getsockname()[1]}"

    def open(self, settings: Settings) -> None:
        """Opens what these settings say. Another address takes the place of the one before, for the next daemon.

        Conflict or BadSetting where it cannot be opened; then what was open stays.
        """
        if self._unix is None:
            self._unix = open_unix(settings.runtime / "outrider.sock")
        if (settings.host, settings.port) != self._wanted:
            # Whether others may come in is for the daemon to judge, which knows the tokens.
            before, self._tcp = self._tcp, open_tcp(settings.host, settings.port, has_tokens=True)
            self._wanted = (settings.host, settings.port)
            for sock in before:
                sock.close()

    def close(self) -> None:
        """For good."""
        for sock in self.sockets:
            sock.close()
