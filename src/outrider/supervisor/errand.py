"""An errand: one attempt to bring one text to one agent, and what is known of whether the agent took it in."""

from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from outrider.errors import TerminalError, TimedOut
from outrider.logic import delivery, echo
from outrider.model.command import Attempt, Command, Form, When
from outrider.model.state import BUSY, Source
from outrider.ports import Terminal
from outrider.supervisor.crew import Member


class Trace(StrEnum):
    """How far an attempt got, as it is left with the pane: nothing was typed; the text was; it was seen; Enter, or keys, were pressed."""

    OPENED = "opened"
    TYPED = "typed"
    SEEN = "seen"
    ENTERED = "entered"


@dataclass
class Errand:
    """`stood` is how often the text stood above the composer before it was typed, None where that was not looked at; `entered_ms`
    is when Enter was first pressed by this daemon, `touched_s` when a person had last pressed a key, as of the look that let us type;
    `resumed` says that an earlier daemon typed the text."""

    terminal: Terminal
    member: Member
    command: Command
    attempt: Attempt
    stood: int | None = None
    entered_ms: int | None = None
    touched_s: int | None = None
    resumed: bool = False

    @property
    def typed(self) -> str:
        """What is really typed."""
        return delivery.guarded(self.member.kind.typing, self.command.text, self.command.form)

    def trace(self, done: Trace) -> str:
        """What is left with the pane when this attempt got so far. No two attempts of a pane leave the same."""
        return f"{self.command.seq}.{self.attempt.number}.{self.attempt.started_ms}.{done.value}"

    async def done(self) -> Trace | None:
        """How far this attempt got, as tmux itself tells, whichever daemon made it; None where tmux does not tell."""
        try:
            left = await self.terminal.traced(self.member.agent.ref)
        except (TerminalError, TimedOut):
            return None
        return next((done for done in Trace if left == self.trace(done)), None)

    @property
    def intake_ms(self) -> int:
        """How much longer than a short text this one may stand in the composer after an Enter that was heard."""
        return len(self.typed) * self.member.kind.typing.intake_ms // 1000

    @property
    def echoes(self) -> bool:
        """Whether the program leaves above its composer what was submitted."""
        return self.command.form is Form.TEXT and self.member.kind.composer.echo

    @property
    def tells(self) -> bool:
        """Whether it is told what the agent takes in, by itself or above its composer. It tells of prompts, not of its own commands."""
        member = self.member
        heard = self.command.form is Form.TEXT and member.voice is not None and not member.agent.verdict.unheard
        return heard or self.echoes

    @property
    def at_work(self) -> bool:
        """Whether a screen taken since it began shows the agent busy."""
        return self.at_work_since(self.attempt.started_ms)

    def at_work_since(self, since_ms: int) -> bool:
        """Whether a screen taken since then shows the agent busy."""
        evidence = self.member.agent.verdict.evidence
        return any(said.source is Source.SCREEN and said.state in BUSY and said.at_ms >= since_ms for said in evidence)

    async def begin(self) -> None:
        """Nothing was typed yet, which is left with the pane, too. Errors as of Terminal."""
        await self.terminal.trace(self.member.agent.ref, self.trace(Trace.OPENED))
        await self.look_above()

    async def seen(self) -> bool:
        """True: the text stands in the composer, and this is left with the pane. Where the composer is empty later, somebody emptied it."""
        with suppress(TerminalError, TimedOut):
            await self.terminal.trace(self.member.agent.ref, self.trace(Trace.SEEN))
        return True

    async def look_above(self) -> None:
        """Nothing was submitted yet: what stands above the composer is old. Errors as of Terminal."""
        self.stood = await self._times() if self.echoes else None

    async def taken(self) -> bool:
        """Whether the agent took the text in, as itself or its screen says; not where its screen cannot be seen."""
        if delivery.confirmed(self.command.text, self.member.prompts, self.attempt.started_ms):
            return True
        if not self.echoes:
            return False
        try:
            times = await self._times()
        except (TerminalError, TimedOut):
            return False
        # An attempt of another daemon: an older prompt may read the same.
        return times == 1 if self.stood is None else times > self.stood

    async def _times(self) -> int:
        member = self.member
        rows = await self.terminal.output(member.agent.ref, lines=echo.reach(self.typed))
        return echo.times(member.kind.composer, rows, self.typed, member.pane.height if member.pane is not None else 0)

    @property
    def otherwise(self) -> str:
        """Of what else it is known that the agent took it in instead, a sentence; empty where nothing is."""
        if self.echoes:
            return "After Enter the composer was empty, but the text does not stand above it, where this program leaves what it took in."
        if self.command.when is When.NOW or not self.tells:
            return ""  # what waited in the agent's own queue may come in between
        since_ms = self.attempt.started_ms if self.entered_ms is None else self.entered_ms
        said = delivery.otherwise(self.member.kind.typing, self.command.text, self.member.prompts, since_ms)
        return (
            f"After Enter the agent said that it took in something else: {said[:SHOWN]!r}" if said is not None else ""
        )

    @property
    def proof(self) -> str:
        """How it is known that the text was submitted."""
        known = delivery.proof(self.member.kind.typing, self.command.text, self.member.prompts, self.attempt.started_ms)
        return known.replace(delivery.LEFT, ECHOED) if self.echoes else known


SHOWN = 200
ECHOED = "The text was seen in the composer, and then above it, where this program leaves what it took in."
