"""What only HTTP can get wrong: routes, methods, hosts, origins. Everything else is in outrider.errors."""

from outrider.errors import Forbidden, InvalidInput, Malformed, NoSuchThing


class WrongHost(Forbidden):
    """The Host header names a machine that is not ours (what DNS rebinding looks like)."""

    code = "wrong_host"
    status = 421


class WrongOrigin(Forbidden):
    """The request comes from a web page that is not ours."""

    code = "wrong_origin"


class NoSuchRoute(NoSuchThing):
    """Nothing is served at that path."""

    code = "no_such_route"


class WrongMethod(InvalidInput):
    """The path is there, but not for that method."""

    code = "method_not_allowed"
    status = 405


class NotJson(Malformed):
    """The body is said to be something other than JSON."""

    code = "not_json"
    status = 415
