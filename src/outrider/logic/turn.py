"""What became of an agent's current turn, remembered for as long as screens alone would forget or misread it."""

from dataclasses import replace
from enum import Enum, auto

from outrider.logic.composer import ComposerView
from outrider.model.state import BUSY, COARSE, Coarse, Reading, Source, State, Verdict


class Phase(Enum):
    """How far the turn is."""

    NONE = auto()
    BUSY = auto()
    DONE = auto()
    INTERRUPTED = auto()
    FAILED = auto()


BEFORE = {State.COMPLETE: Phase.DONE, State.ERROR: Phase.FAILED, **dict.fromkeys(BUSY, Phase.BUSY)}


class Turn:
    """One agent's turn. `fresh` says that it was started by us just now: what its screen shows as done is an old conversation's."""

    def __init__(self, *, fresh: bool, before: Verdict | None) -> None:
        self._fresh = fresh
        self._phase = BEFORE.get(before.state, Phase.NONE) if before is not None else Phase.NONE
        self._error: Reading | None = None
        self._drafted = False
        self._doing: Reading | None = None
        self.ready_seen = before is not None and before.state is not State.INITIALIZING

    def began(self) -> None:
        """A prompt was submitted."""
        self._phase = Phase.BUSY
        self._fresh = False
        self._error = None

    def _remembered(self, reading: Reading) -> Reading:
        """Work whose beginning has scrolled off the screen is still the work that was seen to begin."""
        if reading.detail.reason != "unseen":
            self._doing = reading if reading.state in BUSY else None
        begun = self._doing
        if begun is None or begun is reading:
            return reading
        return replace(reading, state=begun.state, detail=replace(begun.detail, reason="unseen"))

    def judged(
        self, reading: Reading, *, composer: ComposerView | None, background: bool, unfinished: bool = False
    ) -> Reading:
        """The reading as the turn makes it: a calm screen is complete after work, an error until the next prompt.

        What runs on in the `background`, and a spec with items left (`unfinished`), make an ended turn a rest.
        """
        coarse = COARSE[reading.state]
        if coarse is not Coarse.STARTING and reading.source in (Source.SCREEN, Source.HOOK):
            self.ready_seen = True
        if reading.source is Source.PROCESS and self._fresh and not self.ready_seen:
            return reading  # what a shell's own files run before its first prompt is no turn
        if reading.state in BUSY or reading.detail.retrying:
            self.began()
            reading = self._remembered(reading)
            self._drafted = composer is not None and not composer.empty
        else:
            self._doing = None
        if coarse is Coarse.ERROR and not reading.detail.retrying:
            self._phase, self._error = Phase.FAILED, reading
        elif coarse is Coarse.IDLE:
            reading = self._calm(reading, composer)
        if background and reading.state is State.COMPLETE:
            return replace(reading, state=State.IDLE, detail=replace(reading.detail, reason="background"))
        if unfinished and reading.state is State.COMPLETE:
            return replace(reading, state=State.IDLE, detail=replace(reading.detail, reason="unfinished"))
        return reading

    def _calm(self, reading: Reading, composer: ComposerView | None) -> Reading:
        if self._phase is Phase.BUSY:
            self._phase = self._outcome(reading, composer)
        if reading.state is State.COMPLETE and self._phase not in (Phase.INTERRUPTED, Phase.NONE):
            self._phase = Phase.DONE
        if self._phase is Phase.FAILED and self._error is not None and reading.state is State.IDLE:
            return self._error
        if self._phase is Phase.INTERRUPTED:
            return replace(reading, state=State.IDLE, detail=replace(reading.detail, reason="interrupted"))
        if self._phase is Phase.DONE and reading.detail.reason is None:
            return replace(reading, state=State.COMPLETE)
        if reading.state is State.COMPLETE and self._fresh:
            return replace(reading, state=State.IDLE, detail=replace(reading.detail, reason="fresh"))
        return reading

    def _outcome(self, reading: Reading, composer: ComposerView | None) -> Phase:
        """How a turn ended that was seen at work. Esc before any answer puts the prompt back into the composer."""
        if reading.detail.reason == "interrupted":
            return Phase.INTERRUPTED
        put_back = composer is not None and not composer.empty and not self._drafted
        if put_back and reading.source is not Source.HOOK:
            return Phase.INTERRUPTED
        return Phase.DONE if reading.detail.reason is None else Phase.NONE


def fuller(reading: Reading, hook: Reading | None) -> Reading:
    """A dialog as the screen shows it, with the tool and the whole command as the hook told them."""
    if reading.source is not Source.SCREEN or reading.state is not State.WAITING:
        return reading
    if hook is None or hook.state is not State.WAITING:
        return reading
    told, shown = hook.detail, reading.detail
    detail = replace(
        shown,
        tool=told.tool or shown.tool,
        command=told.command or shown.command,
        file=told.file or shown.file,
    )
    return replace(reading, detail=detail)
