"""Everything that can go wrong, as a caller sees it: one root, and the class says whose fault it is.

`code` is the stable snake_case name in JSON, `status` the HTTP status, `exit_code` the CLI's. Foreign errors are
translated once, at the edge where they arise; the message is a sentence that says what, where, and what would be right.
"""

from collections.abc import Mapping


class OutriderError(Exception):
    """Something was refused or failed; the message is for the person who asked."""

    code = "failed"
    status = 500
    exit_code = 1

    def __init__(self, message: str, *, detail: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.detail: Mapping[str, object] = detail or {}


class InvalidInput(OutriderError):
    """What was sent cannot be used as it is: a bad name, value, field or text."""

    code = "invalid_input"
    status = 422


class Malformed(OutriderError):
    """The request could not be read at all: not JSON, not UTF-8."""

    code = "malformed"
    status = 400


class TooLarge(OutriderError):
    """A text or a request body is over its limit."""

    code = "too_large"
    status = 413


class NoSuchAgent(OutriderError):
    """No agent of that name is known here."""

    code = "no_such_agent"
    status = 404
    exit_code = 4


class NoSuchThing(OutriderError):
    """No command, event or other record has that id."""

    code = "not_found"
    status = 404


class Conflict(OutriderError):
    """The state of things forbids it now: a taken name, a dead agent, a command already under way."""

    code = "conflict"
    status = 409


class Forbidden(OutriderError):
    """Who asks may not do this."""

    code = "forbidden"
    status = 403


class Unauthorized(OutriderError):
    """It is not known who asks, and this door wants to know."""

    code = "unauthorized"
    status = 401


class TooMany(OutriderError):
    """A limit on rate or number is reached; `detail.retry_after_s` says when to try again."""

    code = "too_many"
    status = 429


class Unavailable(OutriderError):
    """A part that is needed is away: tmux, the database, the daemon itself."""

    code = "unavailable"
    status = 503


class NoDaemon(Unavailable):
    """Nothing answers at the daemon's address."""

    code = "no_daemon"
    exit_code = 3


class TimedOut(OutriderError):
    """What was waited for did not come in time."""

    code = "timeout"
    status = 504
    exit_code = 5


class BadSetting(OutriderError):
    """A setting, or a kind's file, has a value that cannot be used; the message names file, line and key."""

    code = "bad_setting"
    exit_code = 2


class TerminalError(OutriderError):
    """tmux refused what was asked of it; nothing was typed."""

    code = "terminal"
    status = 502


class OtherProgram(TerminalError):
    """Another program than the one that was meant is in front of the pane; nothing was typed."""

    code = "other_program"


class Touched(TerminalError):
    """A person pressed a key at a terminal that shows the pane since it was looked at; nothing was typed."""

    code = "touched"


class PaneGone(TerminalError):
    """The pane that was addressed does not exist (any more)."""

    code = "pane_gone"
    status = 409


class TerminalAway(TerminalError, Unavailable):
    """The tmux server cannot be reached now: unknown, not dead."""

    code = "terminal_away"
    status = 503


class StoreError(Unavailable):
    """The database cannot be read or written (full disk, corrupt file, other owner)."""

    code = "store"
