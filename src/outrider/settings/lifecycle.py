"""Settings on how agents end, how they are started again, and what is done for those that rest too early."""

from typing import Literal

from pydantic import Field

from outrider.settings.section import Positive, Seconds, Section


class Ending(Section):
    """How agents are ended."""

    quit_s: Seconds = Field(
        default=5.0, description="Seconds that an agent has to leave when its own keys ask it to; 0 to never ask."
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
