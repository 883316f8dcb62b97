"""What an agent says of itself through a channel of its own, before anybody interprets it."""

from collections.abc import Mapping
from dataclasses import dataclass

from outrider.model.agent import NO_COUNTERS, Counters
from outrider.model.state import Reading


@dataclass(frozen=True, slots=True)
class HookEvent:
    """One hook call of one spawn, at the moment (ms) it was written; `payload` is the agent's JSON as it stands.

    `id` names it in its spool, so that it can be discarded once it has been taken in. `speaker` is the id of the process that
    made the call, as it is where that process runs (in a sandbox ids are others than outside); None where it was not told.
    """

    id: str
    generation: str
    name: str
    at_ms: int
    payload: Mapping[str, object]
    speaker: int | None = None


@dataclass(frozen=True, slots=True)
class SessionNote:
    """Claude Code's `~/.claude/sessions/<pid>.json` as last read (agents.md, 2.1.197); `status` is its own word."""

    pid: int
    status: str
    waiting_for: str | None
    session_id: str | None
    workdir: str | None
    version: str | None
    at_ms: int


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of an agent before it is asked what was missed: its own id of the conversation, and when (Unix ms) it took
    in the last prompt that it told of."""

    conversation: str | None = None
    prompt_ms: int = 0


NOTHING_PAST = Past()


@dataclass(frozen=True, slots=True)
class Heard:
    """What one hook call means: at most one reading, and facts beside it.

    `prompt` is the text the agent says it has taken in, verbatim, at `taken_ms` (Unix ms) where it tells when, else just now;
    `conversation` its own id of the conversation, `transcript` the file it is written to; `counters` are to be added to the agent's.
    """

    reading: Reading | None = None
    prompt: str | None = None
    taken_ms: int | None = None
    conversation: str | None = None
    transcript: str | None = None
    counters: Counters = NO_COUNTERS
