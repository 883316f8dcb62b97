"""The counter: where commands are handed in, looked up and cancelled."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from outrider.errors import Conflict, InvalidInput, NoSuchThing, TooLarge, TooMany
from outrider.logic import delivery
from outrider.logic.secrets import BLANK, redacted
from outrider.model.actor import Actor
from outrider.model.audit import AuditRow
from outrider.model.command import FINAL, Command, CommandRequest, Status, When
from outrider.model.event import EventName, Fact
from outrider.model.kind import Typing
from outrider.store import Change, Step, Store
from outrider.supervisor.crew import Member
from outrider.supervisor.lanes import Lanes
from outrider.supervisor.ledger import Ledger

RETRIED = FINAL - {Status.SENT}
"""What a person may have typed once more. `uncertain` too: who looked at the screen knows more than we do."""

BUSY_TAKES_NOTHING = (
    "Agents of this kind take nothing in while they work (typing.queues), so it cannot go in now: send it with when ready, "
    "which waits until the agent is, or with when interrupt, which stops it first."
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """The longest text in bytes of UTF-8, how many commands may wait for one agent, whether secrets are blanked in those that ended."""

    max_bytes: int
    depth: int
    blanked: bool = False


class Counter:
    """Takes commands in: what is accepted is on the disk, with who asked, before anybody is told that it was."""

    def __init__(
        self,
        bounds: Bounds,
        *,
        store: Store,
        ledger: Ledger,
        lanes: Lanes,
        clock: Callable[[], int],
        token: Callable[[], str],
    ) -> None:
        self.bounds = bounds
        self._store = store
        self._ledger = ledger
        self._lanes = lanes
        self._clock = clock
        self._token = token

    async def accept(self, member: Member, request: CommandRequest, actor: Actor) -> Command:
        """The command, queued; of an idempotency key that was used before, the command it was used for."""
        if request.id is not None and (known := await self._store.command(request.id)) is not None:
            return known
        check(request, self.bounds, member.kind.typing)
        if request.key is not None:
            known = await self._store.command_by_key(member.agent.session, request.key)
            if known is not None and known.text in (request.text, redacted(request.text)):
                return known
        if not member.alive:
            raise Conflict(
                f"{member.agent.session} is not running; restart it with `outrider restart {member.agent.session}`, then send.",
                detail={"session": member.agent.session, "alive": False},
            )
        if self._lanes.depth(member.agent.id) >= self.bounds.depth:
            raise TooMany(
                f"{self.bounds.depth} commands wait for {member.agent.session} already. "
                f"{self._lanes.why(member.agent.id) or 'The first of them is about to go in.'}",
                detail={"retry_after_s": 5, "depth": self.bounds.depth},
            )
        command = self._command(member, request, actor)
        stored, created = await self._ledger.add(command, (audit_of(command),), (queued(command),))
        if created:
            self._lanes.add([stored])
        return stored

    def _command(self, member: Member, request: CommandRequest, actor: Actor) -> Command:
        now = self._clock()
        return Command(
            id=request.id or self._token(),
            seq=0,
            agent=member.agent.id,
            session=member.agent.session,
            text=request.text,
            status=Status.QUEUED,
            actor=actor.name,
            created_ms=now,
            changed_ms=now,
            when=request.when,
            form=request.form,
            priority=request.priority,
            not_before_ms=now + round(request.delay_s * 1000) if request.delay_s else None,
            expires_ms=now + round(request.expires_s * 1000) if request.expires_s is not None else None,
            key=request.key,
        )

    async def find(self, command_id: str) -> Command:
        """The command with its attempts; NoSuchThing where there is none."""
        command = await self._store.command(command_id)
        if command is None:
            raise NoSuchThing(f"No command has the id {command_id!r}.", detail={"id": command_id})
        return self._as_it_waits(command)

    async def listed(self, session: str | None, status: Status | None, limit: int) -> Sequence[Command]:
        """Newest first, with their attempts."""
        found = await self._store.commands(session=session, status=status, limit=limit)
        return [self._as_it_waits(command) for command in found]

    def _as_it_waits(self, command: Command) -> Command:
        return replace(command, waits=self._lanes.waits(command)) if command.status is Status.QUEUED else command

    async def retry(self, member: Member, command: Command, actor: Actor) -> Command:
        """A new command with that one's text; of one that was retried before, the command that came of it.

        Conflict where it was sent or may still be: asking again would type it twice.
        """
        if command.status not in RETRIED:
            raise Conflict(
                f"The command is {command.status.value}; only one that failed, expired, was cancelled or is uncertain is retried.",
                detail={"id": command.id, "status": command.status.value},
            )
        if self.bounds.blanked and BLANK in command.text:
            raise Conflict(
                "Its secrets were blanked when it ended (commands.blank_secrets): send it again as it was.",
                detail={"id": command.id},
            )
        request = CommandRequest(
            command.text, command.when, command.priority, key=f"retry of {command.id}", form=command.form
        )
        return await self.accept(member, request, actor)

    async def cancel(self, command_id: str, actor: Actor) -> Command:
        """Cancels a command that has not started; Conflict says where it stands otherwise."""
        command = await self.find(command_id)
        if command.status is Status.CANCELLED:
            return command
        if command.status in FINAL or command.status is Status.SENDING:
            raise too_late(command)
        now = self._clock()
        audit = AuditRow(now, actor.name, "cancel", command.session, {"command": command.id})
        try:
            await self._ledger.commit(
                Change(steps=(Step(command.id, Status.CANCELLED, None, None, now),), audit=(audit,), durable=True)
            )
        except Conflict:
            raise too_late(await self.find(command_id)) from None
        self._lanes.drop(command)
        return await self.find(command_id)


def check(request: CommandRequest, bounds: Bounds, typing: Typing) -> None:
    """Refuses what cannot be typed into that kind."""
    size = len(request.text.encode("utf-8", "surrogatepass"))
    if size > bounds.max_bytes:
        raise TooLarge(
            f"The command has {size:,} bytes; the most is {bounds.max_bytes:,} (setting commands.max_bytes). "
            "Put long text in a file and have the agent read it.",
            detail={"bytes": size, "max_bytes": bounds.max_bytes},
        )
    why = delivery.refusal(request.text, typing, request.form)
    if why is not None:
        raise InvalidInput(why, detail={"field": "command"})
    if request.when is When.NOW and not typing.queues:
        raise InvalidInput(BUSY_TAKES_NOTHING, detail={"field": "when"})
    if request.delay_s < 0 or (request.expires_s is not None and request.expires_s <= 0):
        raise InvalidInput("delay_s must not be negative, and expires_s must be more than 0 seconds.")


def too_late(command: Command) -> Conflict:
    """Why a command cannot be cancelled any more."""
    return Conflict(
        f"The command is {command.status.value}; only a queued one can be cancelled.",
        detail={"id": command.id, "status": command.status.value},
    )


def audit_of(command: Command) -> AuditRow:
    """Who asked for it; written in the transaction that accepts it."""
    return AuditRow(
        command.created_ms,
        command.actor,
        "command",
        command.session,
        {"command": command.id, "text": command.text, "as": command.form.value},
    )


def queued(command: Command) -> Fact:
    """The event that it was accepted."""
    return Fact(
        EventName.COMMAND_QUEUED, command.session, command.created_ms, {"jobId": command.id, "command": command.text}
    )
