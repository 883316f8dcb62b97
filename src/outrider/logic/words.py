"""The last word of every source on one agent, with its age: what `fuse` decides on."""

from dataclasses import dataclass

from outrider.model.state import BUSY, Reading, Source, State

# A hook is ahead of the screen by up to 650 ms (PreToolUse), on a loaded machine; then the screen has had its chance.
HOOK_AHEAD_MS = 1500
# A title is read at every sweep; an older one belongs to a server that cannot be asked.
TITLE_MS = 10_000
# Work that an agent announced once goes on without another word; what works draws, several times in so long.
ANNOUNCED_MS = 10_000
# Codex draws that it waits for its model within 200 ms of announcing that it works, on a busy machine.
BEGINS_MS = 500
# Screens that moved so lately are moving; those that stood so long stand still.
MOVING_MS, STANDING_MS = 2000, 5000
# A failed request that its transcript tells of is tried again within so long; then its word on that is old.
RETRY_MS = 15_000


@dataclass(slots=True)
class Words:
    """The last word of every source, and when the screen was looked at and changed (ms); whoever listens keeps it up to date.

    `screen` is everything the rules said, best first. `front` is a shell's foreground program. `output_ms` is when its program was
    last heard to write anything, `worked_ms` when its screen last showed it at work. `typed` is set while our own Enter has not been
    answered by anybody. `settled` says that the screen stands still. `behind` is what the screen's best word was when the hook spoke,
    or that it shows the model's turn since.
    """

    now_ms: int
    screen: tuple[Reading, ...] = ()
    looked_ms: int = 0
    changed_ms: int = 0
    settled: bool = True
    hook: Reading | None = None
    behind: Reading | None = None
    session: Reading | None = None
    transcript: Reading | None = None
    announced: Reading | None = None
    output_ms: int = 0
    worked_ms: int = 0
    title: Reading | None = None
    front: Reading | None = None
    typed: Reading | None = None
    motion: Reading | None = None

    @property
    def seen(self) -> Reading | None:
        """The screen's best word."""
        return self.screen[0] if self.screen else None

    @property
    def doing(self) -> Reading | None:
        """The hook's word; where it told of a dialog that the screen has shown gone since, what was asked for."""
        hook, seen = self.hook, self.seen
        if hook is None or hook.then is None or seen is None:
            return hook
        return hook.then if seen.at_ms > hook.at_ms and seen.state is not State.WAITING else hook

    @property
    def hook_ahead(self) -> bool:
        """Whether the hook spoke so lately that the screen has not had its chance."""
        return self.hook is not None and self.hook.at_ms > self.looked_ms - HOOK_AHEAD_MS

    @property
    def hook_unseen(self) -> bool:
        """Whether nobody has looked at the screen since the hook spoke."""
        return self.hook is not None and self.hook.at_ms > self.looked_ms

    @property
    def session_unseen(self) -> bool:
        """Whether nobody has looked at the screen since the session file changed."""
        return self.session is not None and self.session.at_ms > self.looked_ms

    @property
    def announced_fresh(self) -> bool:
        """Whether what was announced holds: work, for as long as the program writes; all else until the next word."""
        announced = self.announced
        return announced is not None and (announced.state not in BUSY or self.now_ms - self.output_ms <= ANNOUNCED_MS)

    @property
    def turn_begins(self) -> bool:
        """Whether it announced work so lately that its screen has not had its chance to show any."""
        announced = self.announced
        return announced is not None and self.worked_ms < announced.at_ms and self.now_ms - announced.at_ms <= BEGINS_MS

    @property
    def title_fresh(self) -> bool:
        """Whether the title is young enough to be believed."""
        return self.title is not None and self.now_ms - self.title.at_ms <= TITLE_MS

    @property
    def retry_fresh(self) -> bool:
        """Whether a request that the transcript tells to have failed may still wait for its next try."""
        return self.transcript is not None and self.now_ms - self.transcript.at_ms <= RETRY_MS

    @property
    def ages(self) -> tuple[bool, ...]:
        """All that the policy makes of `now_ms` and `looked_ms`: while these and the words stay the same, so does the decision."""
        heard = (self.hook_ahead, self.hook_unseen, self.session_unseen)
        return (*heard, self.announced_fresh, self.turn_begins, self.title_fresh, self.retry_fresh)

    def since(self, at_ms: int) -> tuple[Reading | None, Reading | None, Reading | None, Reading | None]:
        """What hook, session file, transcript and output said since then."""
        told = (self.hook, self.session, self.transcript, self.announced)
        hook, session, transcript, announced = (one if one is not None and one.at_ms >= at_ms else None for one in told)
        return hook, session, transcript, announced

    def look(self, said: tuple[Reading, ...]) -> None:
        """What the rules say of a screen, best first."""
        self.screen = said
        seen = self.seen
        if seen is not None and seen.state is State.THINKING:
            self.behind = seen
        if seen is not None and seen.state in BUSY:
            self.worked_ms = seen.at_ms

    def take(self, reading: Reading) -> None:
        """A word of the agent itself: by a hook, its session file, its transcript or its output. Of a hook or file no older one."""
        match reading.source:
            case Source.HOOK if self.hook is None or reading.at_ms >= self.hook.at_ms:
                self.hook, self.behind = reading, self.seen
            case Source.TRANSCRIPT:
                self.transcript = reading
            case Source.SESSION_FILE if self.session is None or reading.at_ms >= self.session.at_ms:
                self.session = reading
            case Source.ANNOUNCEMENT:
                self.announced, self.output_ms = reading, max(self.output_ms, reading.at_ms)
            case _:
                return
