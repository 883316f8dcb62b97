"""The typist: types one text into one agent, and says what became of it.

It looks before the first key and between all of them. Each stage of an attempt is written down, through `stage`, *before* it is
done, and tmux keeps, in the step in which it types, that it did: both tell the next daemon what happened, whatever cuts this one off.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace

import structlog

from outrider.errors import OtherProgram, PaneGone, TerminalError, TimedOut, Touched
from outrider.logic import composer, delivery
from outrider.logic.composer import ComposerView
from outrider.logic.delivery import Next
from outrider.model.command import Attempt, Command, Form, Stage, Status
from outrider.model.kind import Method
from outrider.model.pane import Pane, Terms
from outrider.ports import Terminal
from outrider.supervisor.aftermath import Aftermath
from outrider.supervisor.crew import Member
from outrider.supervisor.errand import Errand, Trace
from outrider.supervisor.onlooker import Onlooker
from outrider.supervisor.pauses import PATIENT, SHOWN_PER_S, Pauses
from outrider.supervisor.placement import TAKEN_OUT, TIMES, UNTOLD, Placement

log = structlog.get_logger()

ENTERS = 3
PRESSED = "tmux pressed the keys; what they did is not looked at."

Write = Callable[[Stage], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended: a sentence on how that is known, and the screen where it is not.

    Status `queued` says that it is certain that nothing was typed and the command may be tried again.
    """

    status: Status
    proof: str
    screen: str | None = None


class Typist:
    """Types through the terminal; nobody else does."""

    def __init__(self, terminal: Terminal, clock: Callable[[], int], pauses: Pauses = PATIENT) -> None:
        self._terminal = terminal
        self._clock = clock
        self.pauses = pauses
        self.eyes = Onlooker(terminal, clock, pauses)

    async def interrupt(self, member: Member) -> None:
        """Presses the keys that make the agent stop what it does; where tmux is away, or in copy mode, nothing happens."""
        try:
            await self._terminal.press(member.agent.ref, member.kind.stop.interrupt, Terms(modeless=True))
        except (TerminalError, TimedOut) as error:
            log.warning("an interrupt could not be pressed", session=member.agent.session, why=error.message)
        self._terminal.urge(member.agent.ref)

    async def empty(self, member: Member) -> bool:
        """Empties the composer; False where something still stands there.

        Agents clear a row, and its line end, at a press, and show only the last rows of a long text: so it is pressed twice for
        each row that is seen, for as long as that takes something away.
        """
        view, pane = await self.eyes.sight(member)
        while view is not None and not view.empty:
            terms = Terms(touched_s=pane.touched_s if pane is not None else None)
            try:
                await self._terminal.press(member.agent.ref, member.kind.typing.clear * (2 * view.rows), terms)
            except (TerminalError, TimedOut):
                return False
            if not await self._changed(member, view.text):
                return False
            await asyncio.sleep(self.pauses.look)
            view, pane = await self.eyes.sight(member)
        return view is not None

    async def _changed(self, member: Member, before: str) -> bool:
        return await self.eyes.until(member, lambda view: view is None or view.text != before, self.pauses.again)

    async def put(self, member: Member, text: str, program: str) -> bool:
        """Pastes a text into the empty composer of `program`, without Enter; whether it is seen there."""
        await self._terminal.paste(member.agent.ref, text, Terms(program, before=member.kind.typing.before))
        self._terminal.urge(member.agent.ref)
        return await self.eyes.until(
            member,
            lambda view: view is not None and composer.holds(view, text),
            self.pauses.seen + len(text) / SHOWN_PER_S,
        )

    async def give(self, member: Member, command: Command, attempt: Attempt, stage: Write, pane: Pane) -> Outcome:
        """The composer in the pane was just seen empty: keys are pressed, or a text is typed."""
        errand = Errand(self._terminal, member, command, attempt)
        try:
            await errand.begin()
        except PaneGone:
            return Outcome(Status.FAILED, "The agent's pane went away; nothing was typed.")
        except (TerminalError, TimedOut) as error:
            return Outcome(Status.QUEUED, f"tmux failed before anything was typed: {error.message}")
        return await (self._press(errand, stage) if command.form is Form.KEYS else self._type(errand, stage, pane))

    async def _type(self, errand: Errand, stage: Write, pane: Pane) -> Outcome:
        """The text goes in, is seen there, and Enter follows."""
        member, typed = errand.member, errand.typed
        typing, ref = member.kind.typing, member.agent.ref
        terms = Terms(pane.command, pane.touched_s, errand.trace(Trace.TYPED), before=typing.before)
        await stage(Stage.TYPING)
        try:
            if typing.method is Method.KEYS:
                await self._terminal.write(ref, typed, terms)
            else:
                await self._terminal.paste(ref, typed, terms, always=typing.method is Method.BRACKETED)
        except (OtherProgram, Touched) as error:
            return Outcome(Status.QUEUED, error.message)
        except PaneGone:
            return Outcome(Status.FAILED, "The agent's pane went away; nothing was typed.")
        except (TerminalError, TimedOut) as error:
            return await self._unknown(member, f"tmux failed while the text went in: {error.message}")
        self._terminal.urge(ref)
        return await self._submitted(errand, stage)

    async def _submitted(self, errand: Errand, stage: Write, *, seen: bool = False) -> Outcome:
        """The text was typed, and is submitted once it is seen to stand there; `seen`: it was already."""
        outcome = await self._stands(errand, stood=seen)
        if outcome is not None:
            return outcome
        await asyncio.sleep(errand.member.kind.typing.settle_ms / 1000)
        return await self._enter(errand, stage)

    async def _stands(self, errand: Errand, *, stood: bool) -> Outcome | None:
        """Waits until the text stands in the composer, alone: None. Else what became of it without an Enter of ours.

        `stood`: it was seen there before.
        """
        placement = Placement(errand, self.pauses, self._clock(), stood=stood)
        while True:
            view, pane = await self.eyes.sight(errand.member)
            errand.touched_s = pane.touched_s if pane is not None else errand.touched_s
            step = placement.judge(view, pane, self._clock(), taken=await errand.taken())
            stood = stood or (placement.stood and await errand.seen())
            match step:
                case Next.ENTER:
                    return None
                case Next.SENT:
                    return Outcome(Status.SENT, errand.proof)
                case Next.TYPE if placement.again:
                    return Outcome(Status.QUEUED, TAKEN_OUT)
                case Next.TYPE:
                    return Outcome(Status.FAILED, f"{TAKEN_OUT} It was typed {TIMES} times.")
                case Next.UNCERTAIN:
                    return await self._unknown(errand.member, placement.why(view))
                case _:
                    await asyncio.sleep(self.pauses.look)

    async def _press(self, errand: Errand, stage: Write) -> Outcome:
        """Presses the keys that a command names, each once; nothing can prove what they did."""
        member, keys = errand.member, errand.command.text.split()
        await stage(Stage.ENTERING)
        try:
            await self._terminal.press(member.agent.ref, keys, Terms(trace=errand.trace(Trace.ENTERED)))
        except PaneGone:
            return Outcome(Status.FAILED, "The agent's pane went away; no key was pressed.")
        except (TerminalError, TimedOut) as error:
            return await self._unknown(member, f"tmux failed while the keys were pressed: {error.message}")
        member.tracker.typed(self._clock())
        self._terminal.urge(member.agent.ref)
        return Outcome(Status.SENT, PRESSED)

    async def _enter(self, errand: Errand, stage: Write) -> Outcome:
        """The text was seen in the composer; Enter, if it still stands there when that is written down."""
        outcome = await self._stands(errand, stood=True)
        if outcome is not None:
            return outcome
        await stage(Stage.ENTERING)
        # The disk took its time, and somebody may have typed.
        outcome = await self._stands(errand, stood=True)
        if outcome is not None:
            return outcome
        return await self._proven(errand)

    async def _proven(self, errand: Errand) -> Outcome:
        """The text stands in the composer: Enter, and again only while it still stands there, until there is proof."""
        member = errand.member
        member.ours = errand.command.text
        for _ in range(ENTERS):
            outcome = await self._submit(errand)
            if outcome is not None:
                return outcome
            entered_ms = self._clock()
            member.tracker.typed(entered_ms, errand.intake_ms)
            self._terminal.urge(member.agent.ref)
            outcome = await self._proof(errand, entered_ms)
            if outcome is not None:
                return outcome
        # The text is taken back out, so that nobody sends it by accident later.
        if await self.empty(member):
            return Outcome(Status.FAILED, "The agent ignored Enter; the text was taken out of the composer again.")
        return await self._unknown(member, "The agent ignored Enter, and the text may still stand in its composer.")

    async def _submit(self, errand: Errand) -> Outcome | None:
        """Presses Enter, in one step with the look that nobody has pressed a key since the text was seen to stand there alone."""
        member, first = errand.member, errand.entered_ms is None
        while True:
            errand.entered_ms = errand.entered_ms or self._clock()
            terms = Terms("", errand.touched_s, errand.trace(Trace.ENTERED))
            try:
                if not delivery.is_attended(None, self._clock(), member.typed_ms):
                    await self._terminal.press(member.agent.ref, member.kind.typing.submit, terms)
                    return None
            except (TerminalError, TimedOut) as error:
                if not isinstance(error, Touched):
                    return await self._unknown(member, f"tmux failed at Enter: {error.message}")
            if first:
                errand.entered_ms = None
            outcome = await (self._stands(errand, stood=True) if first else self._proof(errand, self._clock()))
            if outcome is not None:
                return outcome

    async def _proof(self, errand: Errand, entered_ms: int) -> Outcome | None:
        """Watches what becomes of a submitted text. None: it still stands in the composer, Enter had no effect."""
        member, command = errand.member, errand.command
        stood_ms = entered_ms
        while True:
            view, pane = await self.eyes.sight(member)
            errand.touched_s = pane.touched_s if pane is not None else errand.touched_s
            now_ms = self._clock()
            if view is not None and composer.holds(view, errand.typed):
                stood_ms = now_ms
            # A slash command may open a screen of its own in the composer's place.
            at_work = command.form is Form.SLASH or errand.at_work_since(entered_ms)
            patience_ms = _patience_ms(errand, self.pauses, view, at_work=at_work)
            taken, otherwise = await errand.taken(), errand.otherwise
            match delivery.after_enter(
                view,
                errand.typed,
                taken=taken,
                tells=errand.tells,
                at_work=at_work,
                patient=now_ms - stood_ms < patience_ms,
                otherwise=bool(otherwise),
            ):
                case Next.SENT:
                    return Outcome(Status.SENT, errand.proof)
                case Next.ENTER if now_ms - entered_ms > errand.intake_ms + self.pauses.again * 1000:
                    return None
                case Next.UNCERTAIN:
                    empty = view is not None and view.empty
                    unseen = "After Enter the composer was not seen empty."
                    return await self._unknown(member, otherwise or (UNTOLD if empty else unseen))
                case _:
                    await asyncio.sleep(self.pauses.look)

    async def _unknown(self, member: Member, why: str) -> Outcome:
        return Outcome(Status.UNCERTAIN, why, await self.eyes.rows(member))

    async def resume(self, member: Member, command: Command, attempt: Attempt, stage: Write) -> Outcome:
        """An earlier daemon was cut off in this attempt: tmux is asked how far it got, and it goes on from there."""
        errand = Errand(self._terminal, member, command, attempt, resumed=True)
        done = await errand.done()
        if attempt.stage is Stage.OPENED or done is Trace.OPENED:
            return Outcome(Status.QUEUED, "The daemon was stopped before anything was typed.")
        if command.form is Form.KEYS:
            unsure = "The daemon was stopped while it pressed the keys."
            return Outcome(Status.SENT, PRESSED) if done is Trace.ENTERED else await self._unknown(member, unsure)
        if done is Trace.ENTERED or (done is None and attempt.stage is Stage.ENTERING):
            return await self._entered(errand)
        with suppress(TerminalError, TimedOut):
            await errand.look_above()
        return _resumed(await self._submitted(errand, stage, seen=done is Trace.SEEN))

    async def _entered(self, errand: Errand) -> Outcome:
        """An earlier daemon pressed Enter, or may have: what came of it is read off before anything else is done."""
        member, aftermath = errand.member, Aftermath(errand, self.pauses, self._clock())
        while True:
            view, pane = await self.eyes.sight(member)
            errand.touched_s = pane.touched_s if pane is not None else errand.touched_s
            match aftermath.judge(view, self._clock(), taken=await errand.taken()):
                case Next.SENT:
                    member.tracker.took_in(errand.attempt.started_ms)
                    return _resumed(Outcome(Status.SENT, errand.proof))
                case Next.ENTER:
                    errand.entered_ms = errand.attempt.started_ms
                    return _resumed(await self._proven(errand))
                case Next.UNCERTAIN:
                    return await self._unknown(member, "The daemon was stopped while it typed.")
                case _:
                    await asyncio.sleep(self.pauses.look)


def _patience_ms(errand: Errand, pauses: Pauses, view: ComposerView | None, *, at_work: bool) -> float:
    """How long to wait, behind Enter, for a word of the agent or for its composer."""
    unsure = errand.tells or (view is None and not at_work)
    patience_ms = errand.member.kind.typing.patience_ms if unsure else pauses.unheard * 1000
    return max(patience_ms, pauses.untold * 1000) if errand.tells and not at_work else patience_ms


def _resumed(outcome: Outcome) -> Outcome:
    sent = outcome.status is Status.SENT
    return replace(outcome, proof=f"After a restart of the daemon: {outcome.proof}") if sent else outcome
