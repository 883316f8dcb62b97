"""A voice: one agent's own word, made of what its channel delivers, call by call."""

from typing import Protocol

from outrider.model.hook import Heard, HookEvent


class Voice(Protocol):
    """Pure and total: any event of any agent is heard, and one that is not understood means nothing."""

    @property
    def background(self) -> bool:
        """Whether, at its last word, something that the agent started ran on behind its turn."""
        ...

    def hear(self, event: HookEvent) -> Heard:
        """What this event means; events must come in their order."""
        ...
