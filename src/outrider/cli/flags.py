"""The flags of the daemon, as `outrider up` takes them, and the service that runs it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Annotated

from cyclopts import Parameter


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Flags:
    """What is not given is None."""

    host: Annotated[str | None, Parameter(help="Address to listen on.")] = None
    port: Annotated[int | None, Parameter(help="Port to listen on; 0 takes any free one.")] = None
    data: Annotated[str | None, Parameter(help="Folder of the database.")] = None
    config: Annotated[str | None, Parameter(help="Config file.")] = None
    tmux_socket: Annotated[str | None, Parameter(help="tmux server for new agents.")] = None
    node: Annotated[str | None, Parameter(help="Name of this machine among several.")] = None
    bus: Annotated[str | None, Parameter(help="local, or the Redis that joins several nodes.")] = None
    join: Annotated[
        str | None, Parameter(help="The Redis of a fleet that is there; its key must be here: outrider node invite.")
    ] = None
    log_level: Annotated[str | None, Parameter(help="debug, info, warning or error.")] = None

    def given(self) -> Mapping[str, object]:
        """By the names of settings."""
        return {**{name: value for name, value in self._all().items() if name != "join"}, "bus": self.join or self.bus}

    def words(self) -> list[str]:
        """As words of a command line."""
        named = ((f"--{name.replace('_', '-')}", value) for name, value in self._all().items())
        return [word for flag, value in named if value is not None for word in (flag, str(value))]

    def _all(self) -> Mapping[str, object]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


USUAL = Flags()
