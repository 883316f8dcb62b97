"""Lanes: one agent's commands, one after the other, from queued to a final status."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from outrider.errors import Conflict, OutriderError, StoreError, TerminalError, TimedOut
from outrider.logic import composer, delivery, line
from outrider.logic.composer import ComposerView
from outrider.logic.delivery import Admission, Gate
from outrider.logic.rates import backoff_ms
from outrider.model.audit import AuditRow
from outrider.model.command import Attempt, Command, Stage, Status, When
from outrider.model.event import EventName, Fact
from outrider.model.pane import Pane
from outrider.model.state import BUSY
from outrider.store import Change, Step
from outrider.supervisor.crew import Crew, Member
from outrider.supervisor.ledger import Ledger
from outrider.supervisor.pace import Pace, Turn
from outrider.supervisor.shelf import Shelf
from outrider.supervisor.typist import Outcome, Typist, Write

RECHECK_S = 1.0
DISK_S = 1.0
AWAY = "away"
OFF, ANEW = "The agent was taken off the list.", "The agent was ended, and started anew; that one does not get it."
EVENTS = {
    Status.SENT: EventName.COMMAND_SENT,
    Status.FAILED: EventName.COMMAND_FAILED,
    Status.EXPIRED: EventName.COMMAND_FAILED,
    Status.UNCERTAIN: EventName.COMMAND_UNCERTAIN,
}


@dataclass(frozen=True, slots=True)
class Limits:
    """How often a command is tried where tmux fails before the first key, the pause after the first failure, how long it waits for a
    person's draft to go, and how long one must have stood unchanged that is put aside."""

    attempts: int = 3
    backoff_s: float = 2.0
    draft_wait_s: float = 600.0
    draft_still_s: float = 2.0


class Lane:
    """The commands of one agent, in the order in which they are to be typed."""

    def __init__(
        self,
        agent_id: str,
        *,
        crew: Crew,
        ledger: Ledger,
        typist: Typist,
        pace: Pace,
        clock: Callable[[], int],
        random: Callable[[], float],
        limits: Limits,
    ) -> None:
        self._agent_id = agent_id
        self._crew = crew
        self._ledger = ledger
        self._typist = typist
        self._pace = pace
        self._clock = clock
        self._random = random
        self._limits = limits
        self._shelf = Shelf(typist, clock, wait_s=limits.draft_wait_s, still_s=limits.draft_still_s)
        self._waiting: list[Command] = []
        self._wake = asyncio.Event()
        self._interrupted = ""
        self.why = ""

    def add(self, commands: Sequence[Command]) -> None:
        """Takes queued commands in, and one that an earlier daemon left in `sending`."""
        self._waiting.extend(commands)
        self._waiting.sort(key=lambda c: (c.status is not Status.SENDING, -c.priority, c.seq))
        self._wake.set()

    def drop(self, command_id: str) -> None:
        """Forgets a command that was cancelled."""
        self._waiting = [command for command in self._waiting if command.id != command_id]

    def wake(self) -> None:
        """Something changed: the agent's state, or the time."""
        if self._waiting:
            self._wake.set()

    @property
    def line(self) -> Sequence[Command]:
        """The commands that are not finished, in the order in which they are typed."""
        return self._waiting

    async def run(self) -> None:
        """Serves for ever; ends when the agent is forgotten, and what still waited for it fails."""
        while (member := self._crew.by_id(self._agent_id)) is not None:
            try:
                await self._turn(member)
            except StoreError as error:
                # Before a key, nothing was typed; after one, the command stands at `sending` and is looked for on the screen.
                self.why = error.message
                await asyncio.sleep(DISK_S)
        for command in list(self._waiting):
            begun = command.status is Status.SENDING
            status = Status.UNCERTAIN if begun else Status.FAILED
            attempt = command.attempts[-1] if begun and command.attempts else None
            await self._close(command, attempt, Outcome(status, ANEW if self._crew.find(command.session) else OFF))

    async def _turn(self, member: Member) -> None:
        await self._expire(self._clock())
        # One that has ended never comes back: what was meant for later fails now.
        command = self._head(self._clock()) if member.agent.ended_ms is None else next(iter(self._waiting), None)
        if command is None or not await self._serve(member, command):
            await self._rest(RECHECK_S if self._waiting else None)

    async def _rest(self, limit_s: float | None) -> None:
        self._wake.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                await self._wake.wait()

    def _head(self, now_ms: int) -> Command | None:
        return next((c for c in self._waiting if c.not_before_ms is None or c.not_before_ms <= now_ms), None)

    async def _expire(self, now_ms: int) -> None:
        for command in list(self._waiting):
            if command.status is Status.QUEUED and command.expires_ms is not None and command.expires_ms <= now_ms:
                why = line.late(command.id, self._waiting, self.why, now_ms)
                await self._close(command, None, Outcome(Status.EXPIRED, why))

    async def _serve(self, member: Member, command: Command) -> bool:
        """Tries the command now. False where there is nothing to do but wait."""
        if command.status is Status.SENDING:
            async with member.hands:
                await self._resume(member, command)
            return True
        if not member.agent.verdict.alive:
            await self._close(command, None, Outcome(Status.FAILED, "The agent is not running any more."))
            return True
        in_mode = member.pane is not None and member.pane.in_mode
        interrupts = command.when is When.INTERRUPT and not in_mode and self._interrupted != command.id
        if interrupts and member.beneath.state in BUSY:
            if unseen_ms := member.interrupting(self._clock()):
                return await asyncio.sleep(unseen_ms / 1000, result=True)
            self._interrupted = command.id  # once: a second Escape at rest opens the agent's history
            async with member.hands:
                await self._typist.interrupt(member)
        view = composer.view(member.kind, member.screen) if member.screen is not None else None
        gate = self._admit(member, command, view, member.pane)
        if why := self._shelf.outlasted(command, gate):
            await self._close(command, None, Outcome(Status.FAILED, why))
            return True
        if self._shelf.shut(gate, view):
            return False  # the cheap question, before tmux is asked
        self.why = line.PACED
        async with self._pace.turn(member.rate) as turn:
            self.why = ""
            async with member.hands:
                return command not in self._waiting or await self._attempt(member, command, turn)

    def _admit(self, member: Member, command: Command, view: ComposerView | None, pane: Pane | None) -> Admission:
        gate = delivery.admit(
            member.beneath,
            view,
            member.kind.typing,
            command.when,
            ready=member.tracker.ready,
            pane=pane,
            now_ms=self._clock(),
            ours=member.ours,
            form=command.form,
            typed_ms=member.typed_ms,
        )
        self.why = gate.why
        return gate

    async def _attempt(self, member: Member, command: Command, turn: Turn) -> bool:
        """Looks once more, and types if the gate is open. False where it is not."""
        try:
            screen = await self._typist.eyes.look(member)
        except (TerminalError, TimedOut) as error:
            await self._fail_early(command, turn, error)
            return True
        view = composer.view(member.kind, screen)
        gate = self._admit(member, command, view, screen.pane)
        if self._shelf.shut(gate, view):
            return False
        draft = view.text if gate.gate is Gate.ASIDE and view is not None else None
        if gate.gate is Gate.REFUSE:
            await self._close(command, None, Outcome(Status.FAILED, gate.why))
            return True
        opened = await self._open(command, turn, draft)
        if opened is None:
            return True
        command, attempt = opened
        if gate.gate in (Gate.CLEAR, Gate.ASIDE) and not await self._typist.empty(member):
            # A person's draft is tried once: what is left of it, and what was typed meanwhile, is theirs.
            status = Status.QUEUED if draft is None else Status.FAILED
            outcome = Outcome(status, "The composer could not be emptied.")
        else:
            stages = self._stages(command, attempt)
            outcome = await self._typist.give(member, command, attempt, stages, screen.pane)
        if gate.gate is Gate.CLEAR:
            outcome = replace(outcome, proof=f"{outcome.proof} {delivery.GIVEN_BACK}")
        await self._close(command, attempt, await self._shelf.unshelved(member, outcome, draft))
        return outcome.status is not Status.QUEUED

    async def _resume(self, member: Member, command: Command) -> None:
        attempt = command.attempts[-1] if command.attempts else Attempt(1, Stage.OPENED, command.changed_ms)
        if not member.agent.verdict.alive:
            known = delivery.confirmed(command.text, member.prompts, attempt.started_ms)
            status = Status.SENT if known else Status.UNCERTAIN if attempt.stage is Stage.ENTERING else Status.FAILED
            await self._close(command, attempt, Outcome(status, "The agent is not running any more."))
            return
        outcome = await self._typist.resume(member, command, attempt, self._stages(command, attempt))
        await self._close(command, attempt, await self._shelf.unshelved(member, outcome, attempt.screen))

    async def _fail_early(self, command: Command, turn: Turn, error: OutriderError) -> None:
        """tmux could not be asked: nothing was typed, so it is tried again, a few times and ever later."""
        opened = await self._open(command, turn)
        if opened is None:
            return
        command, attempt = opened
        tried = sum(1 for each in command.attempts if each.outcome == AWAY) + 1
        if tried >= self._limits.attempts:
            await self._close(command, attempt, Outcome(Status.FAILED, f"After {tried} attempts: {error.message}"))
            return
        self.why = error.message
        await self._close(command, attempt, Outcome(Status.QUEUED, error.message), outcome_word=AWAY)
        await asyncio.sleep(backoff_ms(tried, self._limits.backoff_s, self._random()) / 1000)

    # ---- writing it down -------------------------------------------------------------------------

    async def _open(self, command: Command, turn: Turn, draft: str | None = None) -> tuple[Command, Attempt] | None:
        """Writes down that it is being sent, before any key, and the draft put aside. None where it was cancelled, or late, before that."""
        now = self._clock()
        if command.expires_ms is not None and command.expires_ms <= now:
            await self._expire(now)
            return None
        attempt = Attempt(len(command.attempts) + 1, Stage.OPENED, now, screen=draft)
        audit = AuditRow(
            now, command.actor, "attempt", command.session, {"command": command.id, "number": attempt.number}
        )
        try:
            await self._ledger.commit(
                Change(steps=(Step(command.id, Status.SENDING, attempt, None, now),), audit=(audit,), durable=True)
            )
        except Conflict:
            self.drop(command.id)
            return None
        turn.begun()
        sending = replace(command, status=Status.SENDING, attempts=(*command.attempts, attempt))
        self._replace(sending)
        return sending, attempt

    def _stages(self, command: Command, attempt: Attempt) -> Write:
        async def write(stage: Stage) -> None:
            now = replace(attempt, stage=stage)
            step = Step(command.id, None, now, None, self._clock())
            await self._ledger.commit(Change(steps=(step,), durable=True))
            self._replace(replace(command, attempts=(*command.attempts[:-1], now)))

        return write

    async def _close(
        self, command: Command, attempt: Attempt | None, outcome: Outcome, *, outcome_word: str | None = None
    ) -> None:
        """Writes down how it ended, and tells everybody, in one transaction."""
        now = self._clock()
        if attempt is not None:
            word = outcome_word or outcome.status.value
            attempt = replace(
                attempt, stage=Stage.CLOSED, ended_ms=now, outcome=word, proof=outcome.proof, screen=outcome.screen
            )
        error = None if outcome.status in (Status.SENT, Status.QUEUED) else outcome.proof
        change = Change(
            steps=(Step(command.id, outcome.status, attempt, error, now),),
            audit=(_ending(command, outcome, now),),
            facts=_facts(command, outcome, now),
            durable=True,
        )
        try:
            await self._ledger.insist(change)
        except Conflict:
            self.drop(command.id)
            return
        if outcome.status is Status.QUEUED and attempt is not None:
            self._replace(replace(command, status=Status.QUEUED, attempts=(*command.attempts[:-1], attempt)))
        else:
            self.drop(command.id)

    def _replace(self, command: Command) -> None:
        self._waiting = [command if each.id == command.id else each for each in self._waiting]


def _ending(command: Command, outcome: Outcome, now_ms: int) -> AuditRow:
    data = {"command": command.id, "proof": outcome.proof}
    return AuditRow(now_ms, command.actor, f"command_{outcome.status.value}", command.session, data)


def _facts(command: Command, outcome: Outcome, now_ms: int) -> tuple[Fact, ...]:
    name = EVENTS.get(outcome.status)
    if name is None:
        return ()
    data: dict[str, object] = {"jobId": command.id, "command": command.text, "status": outcome.status.value}
    if outcome.status is Status.SENT:
        data["took_ms"] = now_ms - max(command.created_ms, command.not_before_ms or 0)
    else:
        data["error"] = outcome.proof
    return (Fact(name, command.session, now_ms, data),)
