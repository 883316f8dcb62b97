"""Settings on how agents end, how they are started again, and what is done for those that rest too early."""

from typing import Literal

from pydantic import Field

from outrider.settings.section import Count, Positive, Seconds, Section


class Ending(Section):
    """How agents are ended."""

    quit_s: Seconds = Field(
        default=5.0,
        description="Seconds that an agent has to leave when its own keys ask it to, and again while it closes; 0 to never ask.",
    )
    term_s: Seconds = Field(default=2.0, description="Seconds between SIGTERM and SIGKILL for what is left.")


class Cleanup(Section):
    """Which agents are ended and archived by themselves; off unless minutes are set. Adopted agents are left alone."""

    complete_minutes: Seconds = Field(
        default=0, description="Minutes after which an agent that is complete is ended and archived; 0 for never."
    )
    exited_minutes: Seconds = Field(
        default=0, description="Minutes after which an agent that has ended is archived; 0 for never."
    )
    notice_minutes: Seconds = Field(
        default=10, description="Minutes before that it is announced; until then `outrider keep` holds it back."
    )
    worktrees: Literal["keep", "merged"] = Field(
        default="merged",
        description="keep: all worktrees stay; merged: those go that are merged and hold nothing else.",
    )


class Recovery(Section):
    """What is done by itself for agents that crashed or rest too early, and how often at most; off unless it is switched on."""

    restart: Literal["off", "crashed"] = Field(
        default="off",
        description="Whether an agent that crashed is started again, in its conversation where it can be.",
    )
    restarts: int = Field(default=3, ge=1, description="Automatic restarts of an agent an hour, at most.")
    restart_s: Positive = Field(
        default=10, description="Seconds before the first restart; doubled for each further one in the hour."
    )
    nudge: bool = Field(
        default=False, description="Whether an agent is told to go on that rests while its spec has open items."
    )
    nudges: int = Field(
        default=3, ge=1, description="Times that it is told so at most, until another item of its spec is done."
    )
    nudge_text: str = Field(
        default="Your task list has open items. Go on with the next one; if you cannot, say what you need.",
        min_length=1,
        description="What it is told.",
    )


class Service(Section):
    """How the daemon is kept running by `outrider service run`, and what `outrider service install` writes into the units."""

    memory_mb: Count = Field(default=500, description="MB of memory at which the daemon is ended and started again.")
    memory_soft_mb: Count = Field(
        default=450, description="MB at which it is reloaded, without losing a request; systemd slows it down instead."
    )
    watchdog_s: Positive = Field(
        default=30, description="Seconds without a sign of life after which the daemon counts as hung."
    )
    start_s: Positive = Field(default=60, description="Seconds that the daemon may take to start.")
    backoff_s: Positive = Field(
        default=1,
        description="Seconds before the first restart after a crash; doubled for each further one in a row, but by a systemd "
        "before 254, which always waits so long.",
    )
    backoff_most_s: Positive = Field(
        default=60, description="Seconds before a restart at most; nothing to a systemd before 254."
    )
    lame_s: Seconds = Field(
        default=1,
        description="Seconds that a daemon which is to be replaced has to send its clients' connections away.",
    )
    log_mb: Positive = Field(default=10, description="MB of a log file before a new one is begun.")
    log_files: Count = Field(default=5, description="Log files before that are kept.")
