"""What a handler is given beside its own parameters."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends
from pydantic import BaseModel, ConfigDict
from starlette.requests import HTTPConnection

from outrider.errors import InvalidInput
from outrider.model.actor import Actor
from outrider.web.encoded import EncodedAgents
from outrider.web.engine import Engine, Notices
from outrider.web.fleet import Fleet
from outrider.web.gate import Tokens
from outrider.web.hub import Hub
from outrider.web.links import Links
from outrider.web.reels import Recordings


@dataclass(frozen=True, slots=True)
class Context:
    """The service and what stands around it. `clock` gives Unix ms; `url` is where this daemon is reached (`http://…`)."""

    engine: Engine
    tokens: Tokens
    notices: Notices
    recordings: Recordings
    fleet: Fleet
    hub: Hub
    encoded: EncodedAgents
    links: Links
    clock: Callable[[], int]
    url: str


class Strict(BaseModel):
    """A body or a query: what is not known is refused by name, so that a slip of the pen is never a silent default."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, str_strip_whitespace=False, frozen=True)


async def _context(connection: HTTPConnection) -> Context:
    return cast("Context", connection.app.state.context)


async def _engine(connection: HTTPConnection) -> Engine:
    return cast("Context", connection.app.state.context).engine


async def _actor(connection: HTTPConnection) -> Actor:
    return cast("Actor", connection.scope["state"]["actor"])


Given = Annotated[Context, Depends(_context)]
Service = Annotated[Engine, Depends(_engine)]
Asker = Annotated[Actor, Depends(_actor)]


def several(values: list[str]) -> frozenset[str]:
    """The values of a parameter that may be repeated, or hold several with commas between them."""
    return frozenset(part.strip() for value in values for part in value.split(",") if part.strip())


def one_of(values: list[str], known: list[str], name: str) -> frozenset[str]:
    """The same, where every value must be one of `known`; InvalidInput names the first that is not."""
    chosen = several(values)
    for value in sorted(chosen - set(known)):
        raise InvalidInput(f"{name!r} has no value {value!r}; possible: {', '.join(known)}.", detail={"known": known})
    return chosen
