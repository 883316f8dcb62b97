"""The types of ways out: a name in the file, and how a way of that type is made from its table."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

from outrider.kinds.table import Table
from outrider.model.notice import Notice
from outrider.notify import apprise, command, desktop, openclaw, webhook
from outrider.notify.secrets import Secrets
from outrider.notify.telegram import way as telegram
from outrider.notify.telegram.talk import Fleet, Talk
from outrider.notify.way import WayOut

TIMEOUT_S, LONGEST_TIMEOUT_S = 10, 300
ATTEMPTS = 10


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What ways out are given of the world beside their own table: the environment, and what time it is (Unix s).

    `elsewhere`: the daemon has another environment than this one, with variables in it that this one may lack. `fleet` is what ways in
    may ask and have done, `find` gives the notice of a way's receipt; without them nothing is listened to.
    """

    environ: Mapping[str, str]
    now_s: Callable[[], int]
    elsewhere: bool = False
    fleet: Fleet | None = None
    find: Callable[[str, str], Awaitable[Notice | None]] | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """A way out as it is set up. `given` is all that it was made from: two of which that is the same are the same."""

    name: str
    type: str
    out: WayOut
    attempts: int
    timeout_s: float
    given: object


def _telegram(name: str, table: Table, secrets: Secrets, timeout_s: float, around: Surroundings) -> WayOut:
    talk = Talk(around.fleet, lambda: around.now_s() * 1000) if around.fleet is not None else None
    find = partial(around.find, name) if around.find is not None else None
    return telegram.read(table, secrets, timeout_s, talk=talk, find=find)


def _webhook(_name: str, table: Table, secrets: Secrets, timeout_s: float, around: Surroundings) -> WayOut:
    return webhook.read(table, secrets, timeout_s, around.now_s)


def _command(_name: str, table: Table, _secrets: Secrets, timeout_s: float, around: Surroundings) -> WayOut:
    return command.read(table, around.environ, timeout_s)


def _apprise(_name: str, table: Table, secrets: Secrets, timeout_s: float, around: Surroundings) -> WayOut:
    return apprise.read(table, secrets, around.environ, timeout_s)


def _desktop(_name: str, table: Table, _secrets: Secrets, timeout_s: float, around: Surroundings) -> WayOut:
    return desktop.read(table, around.environ, timeout_s)


def _openclaw(_name: str, table: Table, secrets: Secrets, timeout_s: float, _around: Surroundings) -> WayOut:
    return openclaw.read(table, secrets, timeout_s)


Make = Callable[[str, Table, Secrets, float, Surroundings], WayOut]
TYPES: Mapping[str, Make] = {
    "telegram": _telegram,
    "apprise": _apprise,
    "webhook": _webhook,
    "command": _command,
    "desktop": _desktop,
    "openclaw": _openclaw,
}
SLOW: Mapping[str, int] = {"apprise": 30, "openclaw": 20}
"""Types that may take longer than others before they have to be given up, in seconds."""


def way(name: str, table: Table, raw: Mapping[str, object], secrets: Secrets, around: Surroundings) -> Way:
    """The way out of that table; BadSetting with file, line and key where it makes no sense."""
    kind = table.text("type")
    if kind not in TYPES:
        raise table.bad("type", f"{kind!r} is no way out; one of: {', '.join(TYPES)}.")
    timeout_s, attempts = table.number("timeout_s", SLOW.get(kind, TIMEOUT_S)), table.number("attempts", ATTEMPTS)
    if not 1 <= timeout_s <= LONGEST_TIMEOUT_S:
        raise table.bad("timeout_s", f"should be 1 to {LONGEST_TIMEOUT_S} seconds, not {timeout_s}.")
    if not attempts:
        raise table.bad("attempts", "should be at least 1.")
    before = len(secrets.taken)
    out = TYPES[kind](name, table, secrets, timeout_s, around)
    table.finish()
    return Way(name, kind, out, attempts, timeout_s, (raw, secrets.taken[before:]))
