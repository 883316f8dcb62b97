"""The shelf: where a person's draft lies while a command that interrupts goes in, and how it comes back.

A draft is read off the screen, written down with the attempt before the first key, taken out, and put back once the command has come
to its end. What cannot be put back is told in the command's proof, word by word: nothing that a person wrote is lost.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace

from outrider.errors import OtherProgram, TerminalError, TimedOut
from outrider.logic import composer, delivery
from outrider.logic.composer import ComposerView
from outrider.logic.delivery import Admission, Gate
from outrider.model.command import Command
from outrider.supervisor.crew import Member
from outrider.supervisor.typist import Outcome, Typist

# What is waited for with a limit, and what is told when that is over.
LIMITED: Mapping[Admission, str] = {
    delivery.DRAFT: "Somebody's draft stood in the composer for {:g} s; it was left as it is.",
    delivery.ASIDE: "Somebody's draft stood in the composer for {:g} s; it was left as it is.",
    delivery.HIDDEN: "For {:g} s no composer was seen, although the agent is at rest: a long text or a page of its own may hide it.",
}
PUT_BACK = "The draft that stood in the composer was put aside, and put back."


class Shelf:
    """The drafts in the way of one agent's commands."""

    def __init__(self, typist: Typist, clock: Callable[[], int], *, wait_s: float, still_s: float) -> None:
        """What is in the way is waited for, for `wait_s`. A draft that is put aside has stood for `still_s`: nobody is typing it."""
        self._typist = typist
        self._clock = clock
        self._wait_ms = wait_s * 1000
        self._still_ms = still_s * 1000
        self._waits = ("", 0)
        self._stands = ("", 0)

    def outlasted(self, command: Command, gate: Admission) -> str:
        """What has been in the way of this command for too long, a sentence; empty where nothing has."""
        now, told = self._clock(), LIMITED.get(gate, "")
        if not told or self._waits[0] != command.id:
            self._waits = (command.id if told else "", now)
        return told.format(self._wait_ms / 1000) if now - self._waits[1] >= self._wait_ms else ""

    def shut(self, gate: Admission, view: ComposerView | None) -> bool:
        """Whether the command has to wait: as the gate says, or until a draft has stood for long enough to be put aside."""
        return gate.gate is Gate.WAIT or (gate.gate is Gate.ASIDE and view is not None and not self._stands_still(view))

    def _stands_still(self, view: ComposerView) -> bool:
        now = self._clock()
        if view.text != self._stands[0]:
            self._stands = (view.text, now)
        return now - self._stands[1] >= self._still_ms

    async def unshelved(self, member: Member, outcome: Outcome, draft: str | None) -> Outcome:
        """The outcome, once a draft that was put aside for it is back, or could not be."""
        if draft is None:
            return outcome
        return replace(outcome, proof=f"{outcome.proof} {await self.put_back(member, draft)}")

    async def put_back(self, member: Member, draft: str) -> str:
        """Puts the draft back into an empty composer, and sees it there; a sentence on what became of it."""
        end = self._clock() + self._typist.pauses.back * 1000
        why = ""
        while self._clock() < end:
            try:
                screen = await self._typist.eyes.look(member)
            except (TerminalError, TimedOut) as error:
                return _kept(draft, error.message)
            view = composer.view(member.kind, screen)
            if view is not None and composer.holds(view, draft):
                return PUT_BACK
            if view is not None and view.empty and not screen.pane.in_mode:
                try:
                    there = await self._typist.put(member, draft, screen.pane.command)
                except (OtherProgram, TerminalError, TimedOut) as error:
                    return _kept(draft, error.message)
                return PUT_BACK if there else _kept(draft, "it was pasted, and is not seen in the composer")
            why = "no composer is on the screen" if view is None else "something else stands in the composer"
            await asyncio.sleep(self._typist.pauses.look)
        return _kept(draft, why)


def _kept(draft: str, why: str) -> str:
    return f"The draft that stood in the composer was put aside and could not be put back ({why.rstrip('.')}). It was: {draft}"
