"""Who may do what: decided from the connection's other end, the headers and the route; nothing here does I/O.

Comes in: a `Visit`. May come out: the `Actor` who asks, a `Credential` that has to be looked up first, or an error. The order
of the guards is policy: the host before the origin before the person, so that a web page learns nothing from the answer.

The same user on the same machine needs no token: a peer on our Unix socket (its directory is 0700), or on loopback where the
system tells whose socket it is (Linux). Elsewhere (macOS) loopback TCP needs a token and the command line takes the Unix socket.
A request that came through a proxy says nothing about who sent it, so it needs a token whoever runs the proxy.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address

from outrider.errors import Forbidden, Malformed, Unauthorized
from outrider.model.actor import Actor, Scope
from outrider.web.errors import WrongHost, WrongOrigin

TOKEN_HELP = "send `Authorization: Bearer TOKEN`; `outrider token create NAME` on that machine makes one"  # noqa: S105

LINKED = "link."
"""Stands before a token in a cookie that a login link made: logging out ends such a token, and no other."""

# Any of these says that somebody else's request was passed on.
_PROXIED = ("forwarded", "via", "x-real-ip")
_PROXIED_PREFIX = "x-forwarded-"

_READING = frozenset({"GET", "HEAD"})
_RANK = {Scope.READ: 0, Scope.WRITE: 1, Scope.ADMIN: 2}
_ADMIN_PATHS = ("/api/tokens",)
# Looking there tells of what is not an agent's.
_WRITE_PATHS = frozenset({"/api/directories"})
# What a browser needs before anybody is logged in; none of it tells anything of agents.
_OPEN = frozenset({("GET", "/login"), ("HEAD", "/login"), ("POST", "/api/login")})
_OPEN_FILES = "/static/"
# Changes nothing but the caller's own login.
_OWN = frozenset({("POST", "/api/logout")})


class Door(StrEnum):
    """How a connection came in."""

    UNIX = "unix"
    LOOPBACK = "loopback"
    REMOTE = "remote"


@dataclass(frozen=True, slots=True)
class Peer:
    """The other end of a connection. `uid` is whose socket it is, None where the system does not tell.

    Which program that is: `pid` made a connection to our Unix socket, `inode` is the number of a loopback socket.
    """

    door: Door
    uid: int | None = None
    pid: int | None = field(default=None, compare=False)
    inode: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Credential:
    """A token that was sent and has to be looked up before anything is decided; `cookie` says that a browser sent it by itself."""

    token: str
    cookie: bool = False


@dataclass(frozen=True, slots=True)
class Visit:
    """One request as far as access is concerned. Header names are in lower case; `local` is our end of the connection
    (address, port), None on a Unix socket."""

    peer: Peer
    method: str
    path: str
    headers: Sequence[tuple[str, str]]
    local: tuple[str, int] | None

    def all(self, name: str) -> list[str]:
        """Every value sent for a header, in order."""
        return [value for key, value in self.headers if key == name]

    @property
    def proxied(self) -> bool:
        """Whether any header says that this request was passed on by somebody."""
        return any(name in _PROXIED or name.startswith(_PROXIED_PREFIX) for name, _ in self.headers)


@dataclass(frozen=True, slots=True)
class Access:
    """The rules of one daemon: `uid` is its own user, `hosts` and `origins` are what the settings add.

    `hosts` are values of the Host header (`outrider.example.com`, `devbox:3848`), `origins` whole origins
    (`https://outrider.example.com`), both in lower case.
    """

    uid: int
    hosts: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()

    def identify(self, visit: Visit, *, cookies: bool = True) -> Actor | Credential:
        """Who asks; WrongHost, WrongOrigin, Malformed or Unauthorized where that cannot be accepted.

        Without `cookies` as if none had been sent: one that is worth nothing any more takes nothing from who may without.
        """
        self.check_place(visit)
        credential = _credential(visit) or (_cookie(visit) if cookies else None)
        if credential is not None:
            return credential
        peer = visit.peer
        if visit.proxied:
            raise Unauthorized(f"This request came through a proxy, so it needs a token: {TOKEN_HELP}.")
        if peer.door is Door.UNIX:
            return Actor(f"uid:{self.uid if peer.uid is None else peer.uid}", Scope.ADMIN)
        if peer.door is Door.LOOPBACK and peer.uid == self.uid:
            return Actor(f"uid:{peer.uid}", Scope.ADMIN)
        raise Unauthorized(f"{_stranger(peer)}, so this request needs a token: {TOKEN_HELP}.")

    def check_place(self, visit: Visit) -> None:
        """WrongHost or WrongOrigin where the request was made for another address, or by another site's page."""
        self._check_host(visit)
        self._check_origin(visit)

    def _check_host(self, visit: Visit) -> None:
        if visit.local is None:
            return
        sent = visit.all("host")
        if len(sent) == 1 and self._ours(sent[0].lower(), visit.local):
            return
        said = (
            f"The Host header {sent[0]!r} is"
            if len(sent) == 1
            else f"The request has {len(sent)} Host headers, that is"
        )
        raise WrongHost(
            f"{said} not an address of this daemon: use http://localhost:{visit.local[1]}, "
            "or add the name to the setting http.hosts.",
            detail={"host": sent},
        )

    def _check_origin(self, visit: Visit) -> None:
        for origin in visit.all("origin"):
            if not self._trusted(origin.lower(), visit.local):
                raise WrongOrigin(
                    f"Pages of {origin!r} may not use this daemon: open its own page, or add the origin to the "
                    "setting http.origins.",
                    detail={"origin": origin},
                )

    def _ours(self, host: str, local: tuple[str, int]) -> bool:
        address, port = local
        names = ["localhost", "127.0.0.1", "[::1]", f"[{address}]" if ":" in address else address]
        return host in self.hosts or host in {f"{name}:{port}" for name in names} or (port == 80 and host in names)

    def _trusted(self, origin: str, local: tuple[str, int] | None) -> bool:
        scheme, _, host = origin.partition("://")
        if origin in self.origins or (scheme in {"http", "https"} and host in self.hosts):
            return True
        return local is not None and scheme == "http" and self._ours(host, local)


def open_to_all(method: str, path: str) -> bool:
    """Whether it is there for those who are not logged in yet."""
    return (method, path) in _OPEN or (method in _READING and path.startswith(_OPEN_FILES))


def cookie_name(local: tuple[str, int] | None) -> str:
    """The name of our cookie: browsers keep those of all ports of a host together, and there may be several daemons."""
    return f"outrider-{local[1] if local else 0}"


def needed(method: str, path: str) -> Scope:
    """The scope that a request takes; a WebSocket counts as GET."""
    if any(path == admin or path.startswith(f"{admin}/") for admin in _ADMIN_PATHS):
        return Scope.ADMIN
    if path in _WRITE_PATHS:
        return Scope.WRITE
    return Scope.READ if method in _READING or (method, path) in _OWN else Scope.WRITE


def permit(actor: Actor, visit: Visit) -> Actor:
    """The actor where its scope suffices, else Forbidden."""
    scope = needed(visit.method, visit.path)
    if _RANK[actor.scope] >= _RANK[scope]:
        return actor
    raise Forbidden(
        f"{visit.method} {visit.path} takes a token with the scope {scope}; {actor.name} has {actor.scope}.",
        detail={"needed": scope.value, "has": actor.scope.value},
    )


def as_agent(session: str, visit: Visit) -> Actor:
    """The actor for a request from an agent's own processes: it may look, and tick what it has done itself; else Forbidden.

    Whoever an agent could send keys, approve a dialog or start another agent as, would be a person who has not been asked.
    """
    own = visit.path == f"/api/agents/{session}/progress/tick"
    if own or needed(visit.method, visit.path) is Scope.READ:
        return Actor(f"agent:{session}", Scope.WRITE if own else Scope.READ)
    raise Forbidden(
        f"{visit.method} {visit.path} comes from the agent {session}: agents may look, and tick their own progress, but not "
        "steer. Do it yourself outside its pane, or give it a token: `outrider token create NAME --scope write`.",
        detail={"agent": session},
    )


def door(client: str, server: str) -> Door:
    """Loopback only where both ends are; addresses as the socket tells them."""
    both = (ip_address(client.partition("%")[0]), ip_address(server.partition("%")[0]))
    return Door.LOOPBACK if all(address.is_loopback for address in both) else Door.REMOTE


def _credential(visit: Visit) -> Credential | None:
    sent = visit.all("authorization")
    if not sent:
        return None
    scheme, _, token = sent[0].strip().partition(" ")
    if len(sent) > 1 or scheme.lower() != "bearer" or not token.strip():
        raise Malformed("The Authorization header must be `Bearer TOKEN`.")
    return Credential(token.strip())


def _cookie(visit: Visit) -> Credential | None:
    if visit.local is None:
        return None
    name = cookie_name(visit.local)
    for line in visit.all("cookie"):
        for part in line.split(";"):
            key, _, value = part.strip().partition("=")
            if key == name and value:
                return _by_browser(visit, value.strip('"'))
    return None


def _by_browser(visit: Visit, token: str) -> Credential:
    """Browsers say in Origin whose page asks for a change; where that is missing it is none of ours."""
    if visit.method not in _READING and not visit.all("origin"):
        raise Unauthorized(
            "A change with a cookie alone needs an Origin header; programs send `Authorization: Bearer`."
        )
    return Credential(token.removeprefix(LINKED), cookie=True)


def _stranger(peer: Peer) -> str:
    if peer.door is Door.REMOTE:
        return "You come from another machine"
    if peer.uid is None:
        return "This system does not tell whose connection this is"
    return f"This connection belongs to user {peer.uid}, not to the daemon's"
