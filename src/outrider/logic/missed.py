"""The turn that nobody saw: its prompt was taken in and it was over before anybody looked (the daemon was being replaced, or a look
came late). What it came to is told all the same."""

from outrider.logic.words import HOOK_AHEAD_MS, Words
from outrider.model.state import BUSY, COARSE, Coarse, Reading, Source, Verdict

_RESTS = (Coarse.IDLE, Coarse.ERROR)


class Missed:
    """One agent's missed turn, as its prompts are told. Times in Unix ms."""

    def __init__(self) -> None:
        self._taken_ms = 0

    def took_in(self, at_ms: int) -> None:
        """A prompt was taken in then; it may be told long after."""
        self._taken_ms = max(self._taken_ms, at_ms)

    def looked(self, words: Words) -> bool:
        """Whether the screen was looked at so long after the prompt that it would show the turn, if that still went on."""
        return words.looked_ms > self._taken_ms + HOOK_AHEAD_MS

    def ended_ms(self, last: Verdict | None, reading: Reading, words: Words) -> int | None:
        """Since when the agent is known to rest after such a turn; None where the turn was seen, or may not be over.

        Asked for each reading that is believed. The turn is over where the agent said so behind its prompt, or a screen that was looked
        at long enough after it shows it at rest.
        """
        if reading.state in BUSY:
            self._taken_ms = 0
        if last is None or not last.alive or COARSE[last.state] not in _RESTS or COARSE[reading.state] not in _RESTS:
            return None
        if self._taken_ms <= last.since_ms:
            return None
        said = reading.at_ms if reading.source is not Source.SCREEN else 0
        if said > self._taken_ms:
            return said
        return words.looked_ms if self.looked(words) else None
