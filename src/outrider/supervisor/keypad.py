"""The keypad: answers a dialog by keys, looking before each of them.

What is pressed depends on the screen just seen and on nothing else. A dialog that is not the one meant is never pressed on, and
Enter only while the mark is seen on the option that is wanted.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from outrider.errors import Conflict, TerminalError, TimedOut, Touched
from outrider.logic import answering
from outrider.logic import approval as dialogs
from outrider.model.approval import Form, Shown, Way
from outrider.model.pane import Screen, Terms
from outrider.ports import Terminal
from outrider.supervisor.crew import Member

STEPS = 30


@dataclass(frozen=True, slots=True)
class Pauses:
    """Seconds: between two looks; for a dialog to go; for a mark to move."""

    look: float = 0.05
    gone: float = 5.0
    moved: float = 2.0


PATIENT = Pauses()


class Unseen(TimedOut):
    """The answer was given, `way` says how, and the dialog was not seen to go."""

    way = Way.KEYS


class OtherDialog(Conflict):
    """The dialog that was meant is not there; `shown` is the one that is, if any. Nothing was pressed on that."""

    code = "other_dialog"
    shown: Shown | None = None


class Keypad:
    """Presses keys on dialogs. The caller holds the member's `hands`; `mark` is the fingerprint of the dialog that is meant."""

    def __init__(self, terminal: Terminal, clock: Callable[[], int], pauses: Pauses = PATIENT) -> None:
        self._terminal = terminal
        self._clock = clock
        self._pauses = pauses

    async def choose(self, member: Member, mark: str, wanted: int) -> Shown | None:
        """Chooses the option, and sees the dialog gone: None. Where choosing only ticks a box, the dialog as it is then.

        OtherDialog where it is not there; Unseen where it was answered and stays; TimedOut where another key had no effect that could
        be seen; Conflict where it cannot be told what a key would do.
        """
        for _ in range(STEPS):
            shown, screen = await self._look(member, mark)
            stroke = answering.stroke(member.kind.name, shown, wanted)
            if stroke is None:
                raise Conflict(
                    "It cannot be seen which option of this dialog is marked. "
                    f"Answer it in the terminal: outrider attach {member.agent.session}"
                )
            ref, terms = member.agent.ref, Terms(touched_s=screen.pane.touched_s)
            try:
                if stroke.keys:
                    await self._terminal.press(ref, stroke.keys, terms)
                else:
                    await self._terminal.write(ref, stroke.text, terms)
            except Touched:
                continue
            if shown.form is Form.LINE:
                await self._finish_line(member, screen, stroke.text)
            elif not stroke.final:
                await self._moved(member, mark, shown)
                continue
            elif answering.toggles(shown, wanted):
                return await self._ticked(member, mark, shown, wanted)
            await self.see_gone(member, mark)
            return None
        raise TimedOut("The mark did not come to the option that was wanted; nothing was chosen.")

    async def stands(self, member: Member, mark: str) -> None:
        """OtherDialog where it is not there (any more); Conflict where the pane does not show the agent's screen."""
        await self._look(member, mark)

    async def see_gone(self, member: Member, mark: str) -> None:
        """Returns when the dialog is gone; Unseen where it stays, or tmux does not show it."""
        missed: list[bool] = []

        def gone(shown: Shown | None) -> bool:
            missed.append(shown is None)  # one look may meet a screen that is half drawn
            return missed[-2:] == [True, True]

        try:
            went = await self._until(gone, member, mark, self._pauses.gone)
        except TerminalError as error:
            raise Unseen(f"The answer was given; what it did cannot be seen: {error.message}") from error
        if not went:
            raise Unseen(
                f"The answer was given, but {member.agent.session} still shows the dialog. "
                f"Look at it: outrider attach {member.agent.session}"
            )

    async def _look(self, member: Member, mark: str) -> tuple[Shown, Screen]:
        screen = await self._terminal.look(member.agent.ref, styled=True)
        if screen.pane.in_mode:
            raise Conflict(f"The pane of {member.agent.session} is in copy mode. Leave it first, with q.")
        shown = dialogs.read(member.kind, screen)
        if shown is None or fingerprint(member, shown) != mark:
            other = OtherDialog("The dialog that was meant is not there any more.")
            other.shown = shown
            raise other
        return shown, screen

    async def _until(
        self, condition: Callable[[Shown | None], bool], member: Member, mark: str, limit_s: float
    ) -> bool:
        """Looks until the dialog (None once it is gone) is as wished; False where it does not come in time."""
        end = self._clock() + limit_s * 1000
        while True:
            shown = dialogs.read(member.kind, await self._terminal.look(member.agent.ref, styled=True))
            if condition(shown if shown is not None and fingerprint(member, shown) == mark else None):
                return True
            if self._clock() >= end:
                return False
            await asyncio.sleep(self._pauses.look)

    async def _moved(self, member: Member, mark: str, before: Shown) -> None:
        def moved(shown: Shown | None) -> bool:
            return shown is None or shown.marked != before.marked

        if not await self._until(moved, member, mark, self._pauses.moved):
            raise TimedOut("The mark did not move when an arrow was pressed; nothing was chosen.")

    async def _ticked(self, member: Member, mark: str, before: Shown, wanted: int) -> Shown | None:
        seen: list[Shown | None] = []

        def ticked(shown: Shown | None) -> bool:
            seen.append(shown)
            return shown is None or shown.options[wanted].checked != before.options[wanted].checked

        if not await self._until(ticked, member, mark, self._pauses.moved):
            raise TimedOut("The box was not ticked.")
        return seen[-1]

    async def _finish_line(self, member: Member, before: Screen, letter: str) -> None:
        """Enter, once the letter is seen at the end of the line that asks, and nothing else with it."""
        wanted, ref = f"{_last(before)} {letter}", member.agent.ref
        end = self._clock() + self._pauses.moved * 1000
        while True:
            screen = await self._terminal.look(ref)
            row = _last(screen)
            if row == wanted:
                with suppress(Touched):  # a person's key may stand behind the letter by now
                    return await self._terminal.press(ref, ("Enter",), Terms(touched_s=screen.pane.touched_s))
            if self._clock() >= end:
                raise TimedOut(
                    f"{letter!r} was typed and is not seen behind the question; Enter was not pressed: {row[:100]}"
                )
            await asyncio.sleep(self._pauses.look)


def fingerprint(member: Member, shown: Shown) -> str:
    """The fingerprint of a dialog on that agent's screen."""
    return dialogs.fingerprint(member.agent.id, member.agent.generation, shown)


def _last(screen: Screen) -> str:
    return next((row.rstrip() for row in reversed(screen.rows) if row.strip()), "")
