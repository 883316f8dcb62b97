"""A native channel of a kind: who understands it, and what makes one spawn of the agent use it.

Nothing here or in the kinds' modules writes into a user's files: what an agent needs lies in a directory of that spawn alone,
and flags or environment variables point to it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from outrider.kinds.channels.transcript import Count
from outrider.kinds.channels.voice import Voice
from outrider.logic.policy.rules import Policy


@dataclass(frozen=True, slots=True)
class Ground:
    """Where one spawn is prepared: its own directory, its hook spool (both absolute), and the environment it will have.

    `wait_s` is how long a hook that asks for permission may wait for an answer of ours; 0 has it only report. `policy` is the one that
    the agent runs under, for agents that have permission settings of their own.
    """

    folder: Path
    spool: Path
    environ: Mapping[str, str]
    wait_s: float = 0.0
    policy: Policy | None = None


@dataclass(frozen=True, slots=True)
class Furnishing:
    """What a spawn is given: files by their name in its directory (written with 0600), arguments, environment variables."""

    files: Mapping[str, str] = field(default_factory=dict)
    argv: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Channel:
    """`voice` makes the ear for one agent; `furnish` says what its spawn needs.

    `inherited` says that what the agent starts is given the same hooks: its own word is then told from that of others by the
    process that calls. `transcript` reads the file in which it writes its conversation down, `held`
    matches that file's path where the agent keeps it open, `begun` finds it by the agent's home, its directory and when it was
    started (Unix ms): None where that does not tell it apart.
    """

    voice: Callable[[], Voice]
    furnish: Callable[[Ground], Furnishing]
    inherited: bool = False
    transcript: Count | None = None
    held: re.Pattern[str] | None = None
    begun: Callable[[Path, str, int], Path | None] | None = None
