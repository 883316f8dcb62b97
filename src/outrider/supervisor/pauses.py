"""How long the typist waits for what."""

from dataclasses import dataclass

SHOWN_PER_S = 10_000  # characters that the slowest agent takes in (Qwen Code 0.15.10: 100 kB in 2 to 11 s, as busy as the machine is)


@dataclass(frozen=True, slots=True)
class Pauses:
    """Durations in seconds.

    `look` between two looks; `seen` for a paste to show; `mixed` for somebody who types at the same time to take theirs back;
    `again` before Enter is pressed again; `unheard` for the composer to stay empty where the agent cannot confirm by itself;
    `untold` for an agent that tells what it takes in to say so, at least; `settle` and `crash` after a restart, until what was typed
    must show; `back` for the composer to be there and empty again, for a draft to be put back.
    """

    look: float = 0.08
    seen: float = 4.0
    mixed: float = 15.0
    again: float = 1.5
    unheard: float = 0.3
    untold: float = 15.0  # OpenCode on a busy machine shows nothing for several seconds after its first prompt
    settle: float = 1.5
    crash: float = 4.0
    back: float = 5.0


PATIENT = Pauses()
