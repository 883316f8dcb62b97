"""A prompt that we submitted: until somebody answers our Enter, the agent is busy with it, up to a patience."""

from dataclasses import replace

from outrider.logic.words import Words
from outrider.model.state import COARSE, Coarse, Reading, Source, State


class Submission:
    """The last prompt that was submitted to one agent. Times in Unix ms."""

    def __init__(self) -> None:
        self._at_ms: int | None = None
        self._intake_ms = 0

    def made(self, at_ms: int, intake_ms: int) -> None:
        """Keys that submit a prompt were pressed; it may take so much longer than a short one until it is answered."""
        self._at_ms = at_ms
        self._intake_ms = intake_ms

    def heard(self, reading: Reading) -> None:
        """A word of the agent: a hook that is no older than the keys has answered them."""
        if self._at_ms is not None and reading.at_ms >= self._at_ms and reading.source is Source.HOOK:
            self._at_ms = None

    def over(self, words: Words, patience_ms: int) -> Words:
        """The words as they count while it is not answered: what was said before our Enter is about the turn before."""
        at_ms = self._at_ms
        if at_ms is None:
            return words
        if words.now_ms - at_ms > patience_ms + self._intake_ms:
            self._at_ms = None
            return words
        after = words.since(at_ms)
        if _answered(words, at_ms):
            # What was said before is about a turn that is over: it does not come back where the screen has answered first.
            self._at_ms = None
            words.hook, words.session, words.transcript, words.announced = after
            return words
        hook, session, told, announced = after
        typed = Reading(Source.MOTION, State.THINKING, "typed", "a prompt was submitted", at_ms)
        return replace(words, typed=typed, hook=hook, session=session, transcript=told, announced=announced)


def _answered(words: Words, at_ms: int) -> bool:
    """Whether the screen has come to show something else than that the prompt was not taken yet."""
    if words.changed_ms <= at_ms:
        return False
    return words.settled or (words.seen is not None and COARSE[words.seen.state] is not Coarse.IDLE)
