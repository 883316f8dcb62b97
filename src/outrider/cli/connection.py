"""What every verb that asks a daemon takes: where it is, who asks, and in which form to print."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from cyclopts import Group, Parameter

from outrider.client import Client
from outrider.client.recordings import RecordingsClient
from outrider.errors import OutriderError
from outrider.settings import DEFAULT_URL

GROUP = Group("Daemon and printing", sort_key=9)
Environ = Annotated[Mapping[str, str], Parameter(parse=False)]
"""A verb's argument of this type is given the process's environment; it is no flag."""
Json = Annotated[bool, Parameter(name="--json", negative=(), group=GROUP, help="Print JSON.")]


class Usage(OutriderError):
    """The command line does not say what to do."""

    code = "usage"
    status = 400
    exit_code = 2


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Connection:
    """The flags --url, --token and --json."""

    url: Annotated[
        str | None, Parameter(group=GROUP, help=f"Daemon's address; else OUTRIDER_URL, else {DEFAULT_URL}.")
    ] = None
    token: Annotated[str | None, Parameter(group=GROUP, help="Token for it; else OUTRIDER_TOKEN.")] = None
    json: Json = False

    def client(self, environ: Mapping[str, str], *, timeout_s: float = 30.0) -> Client:
        """The daemon meant; flags before environment before the default."""
        return Client(*self._meant(environ), timeout_s=timeout_s)

    def recordings(self, environ: Mapping[str, str]) -> RecordingsClient:
        """The same, for recordings."""
        return RecordingsClient(*self._meant(environ))

    def _meant(self, environ: Mapping[str, str]) -> tuple[str, str | None]:
        url = self.url or environ.get("OUTRIDER_URL") or usual(environ)
        return url, self.token or environ.get("OUTRIDER_TOKEN") or None


def usual(environ: Mapping[str, str], platform: str = sys.platform) -> str:
    """Where the daemon is if nobody says. Only Linux tells a daemon whose TCP connection it is; elsewhere its socket does."""
    if platform != "linux":
        from outrider.settings import load

        path = load({}, environ).settings.runtime / "outrider.sock"
        if path.exists():
            return f"unix:{path}"
    return DEFAULT_URL


HERE = Connection()
