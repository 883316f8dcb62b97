"""One agent's state machine: what is seen and heard of it, in the order of time, becomes its verdict.

Busy is believed at once; calm only from a screen that stands still, or where another source agrees. What a turn came to
(done, interrupted, failed) is remembered until the next one begins, because screens forget it. Nothing here looks or
types; every time is an argument (Unix ms).
"""

from dataclasses import replace

from outrider.logic import composer, confidence, detect
from outrider.logic.ending import Ending, ended
from outrider.logic.foreground import is_shell, starts_others
from outrider.logic.fuse import MOVING_MS, STANDING_MS, Decision, Words, fuse
from outrider.logic.news import transitions
from outrider.logic.resets import Resets, Zones, only_utc
from outrider.logic.screen import Layout
from outrider.logic.stillness import worked
from outrider.logic.tools import of_command
from outrider.logic.turn import Turn, fuller
from outrider.model.kind import Kind
from outrider.model.pane import Pane, Screen
from outrider.model.state import (
    BUSY,
    COARSE,
    Coarse,
    Confidence,
    Detail,
    Reading,
    Rejected,
    Source,
    State,
    Verdict,
)

__all__ = ["Tracker", "transitions"]

# A spawned agent may be started by a shell script: a shell in front counts only when it still stands there after this.
STARTING_MS = 15_000
# The kind whose rules know no program: what moves is all there is to go by.
GENERIC = "generic"


class Tracker:
    """Knows one agent. `spawned` says that we started it; `verdict` is what was known of it before a restart of ours. `zones`
    are those in which it tells the time."""

    def __init__(
        self, kind: Kind, *, born_ms: int, spawned: bool, verdict: Verdict | None = None, zones: Zones = only_utc
    ) -> None:
        self._kind = kind
        self._born_ms = born_ms
        self._spawned = spawned
        self._last = verdict
        self._confidence = confidence.of_rules(kind)
        self._resets = Resets(zones, verdict)
        self._turn = Turn(fresh=spawned and verdict is None, before=verdict)
        self._words = Words(now_ms=born_ms)
        self._moves: tuple[int, ...] = ()
        self._composer: composer.ComposerView | None = None
        self._screen: Screen | None = None
        self._in_front = False
        self._ended: Ending | None = None
        self._typed_ms: int | None = None
        self._background = False
        self._unfinished = False
        self._followed = False
        self._overheard: tuple[Rejected, ...] = ()

    def pane(self, pane: Pane, at_ms: int) -> None:
        """What a sweep tells of its pane."""
        self._words = replace(self._words, title=detect.title(self._kind, pane.title, at_ms), front=None)
        if pane.dead:
            self._ended = Ending("exited", at_ms, pane.exit_status, "its program ended")
            return
        if self._kind.shell:
            self._foreground(pane, at_ms)
        elif not is_shell(pane.command):
            self._in_front = self._in_front or not starts_others(pane.command)
            if self._ended is not None and self._ended.reason == "left":
                self._ended = None
        elif self._followed or self._starting(at_ms):
            return
        elif self._in_front or not (self._spawned and self._turn.ready_seen):
            self._ended = Ending("left", at_ms, None, f"{pane.command} stands in its place")

    def _starting(self, at_ms: int) -> bool:
        """While a spawn starts, several programs may follow one another in front; a script's shell may stay there."""
        return self._spawned and not self._turn.ready_seen and at_ms - self._born_ms <= STARTING_MS

    def _foreground(self, pane: Pane, at_ms: int) -> None:
        if is_shell(pane.command) or self._starting(at_ms):
            return  # what starts the shell, and what its own files run, is no work of its
        detail = Detail(command=pane.command)
        front = Reading(Source.PROCESS, of_command(pane.command), "foreground", pane.command, at_ms, detail)
        self._words = replace(self._words, front=front)

    def screen(self, screen: Screen) -> None:
        """A screen that changed, or the first one."""
        at_ms = screen.taken_ms
        before = self._screen.rows if self._screen is not None else ()
        if screen.rows != before and (not self._moves or self._kind.name != GENERIC or worked(screen, before)):
            self._moves = (*self._moves[-2:], at_ms)
        self._screen = screen
        self._read(screen)
        self._words = replace(self._words, looked_ms=at_ms, changed_ms=self._moves[-1] if self._moves else at_ms)

    def _read(self, screen: Screen) -> None:
        layout = Layout(screen, self._kind.regions)
        self._composer = composer.seen(self._kind, layout, screen)
        words = replace(self._words, screen=detect.spoken(self._kind, layout, screen.taken_ms))
        self._words = replace(words, behind=words.seen) if words.seen and words.seen.state is State.THINKING else words

    def learn(self, kind: Kind) -> None:
        """Its kind's file has changed: from now on it is read by these rules, beginning with the screen that was seen last."""
        self._kind = kind
        self._confidence = confidence.of_rules(kind)
        if self._screen is not None:
            self._read(self._screen)

    def still(self, at_ms: int) -> None:
        """It was looked at and had not changed."""
        self._words = replace(self._words, looked_ms=at_ms)

    def hear(self, reading: Reading) -> None:
        """A word of the agent itself: by a hook or its session file. One that is older than what was heard is dropped."""
        if reading.source is Source.HOOK:
            if self._words.hook is None or reading.at_ms >= self._words.hook.at_ms:
                self._words = replace(self._words, hook=reading, behind=self._words.seen)
        elif self._words.session is None or reading.at_ms >= self._words.session.at_ms:
            self._words = replace(self._words, session=reading)
        if self._typed_ms is not None and reading.at_ms >= self._typed_ms and reading.source is Source.HOOK:
            self._typed_ms = None

    def overhear(self, foreign: Rejected) -> None:
        """The last word of somebody else that came under its name: shown beside what is believed."""
        self._overheard = (foreign,)

    def typed(self, at_ms: int) -> None:
        """Keys that submit a prompt were pressed: it is busy until somebody says otherwise, up to the kind's patience."""
        self._typed_ms = at_ms
        self._turn.began()

    def process(self, alive: bool, exit_status: int | None, at_ms: int) -> None:
        """What is known of the agent's own process. While it is known to live, a shell in front (a script's) says nothing."""
        self._followed = alive
        if not alive:
            self._ended = Ending("exited", at_ms, exit_status, "its process is gone")
        elif self._ended is not None and self._ended.reason == "exited":
            self._ended = None

    def gone(self, at_ms: int, why: str) -> None:
        """Its pane no longer exists."""
        self._ended = Ending("gone", at_ms, None, why)

    def background(self, running: bool) -> None:
        """Whether something that it started runs on behind its turn: it is not complete while that does."""
        self._background = running

    def unfinished(self, open_items: bool) -> None:
        """Whether a spec is bound to it that has open items: the end of a turn is then a rest, not completion."""
        self._unfinished = open_items

    @property
    def last(self) -> Verdict | None:
        """The verdict that was given last."""
        return self._last

    @property
    def draft(self) -> str:
        """What stood in its composer when its screen was last seen; empty for none, and where no composer is drawn."""
        return self._composer.text if self._composer is not None and not self._composer.empty else ""

    @property
    def ready(self) -> bool:
        """Whether it may take a prompt now: alive, calm, settled, with its composer on the screen."""
        last = self._last
        return (
            last is not None
            and last.alive
            and self._ended is None
            and self._composer is not None
            and COARSE[last.state] in (Coarse.IDLE, Coarse.ERROR)
            and last.detail.retrying is not True
            and self._words.looked_ms - self._words.changed_ms >= self._kind.calm.absent_ms
        )

    def verdict(self, now_ms: int) -> Verdict:
        """What it is doing now, with everything that says so."""
        verdict = self._alive(now_ms) if self._ended is None else ended(self._ended, self._last, now_ms)
        self._last = verdict
        return replace(verdict, rejected=(*verdict.rejected, *self._overheard)) if self._overheard else verdict

    def _alive(self, now_ms: int) -> Verdict:
        decision = fuse(self._heard(now_ms))
        reading = decision.reading
        if reading is None or (reading.state is State.INITIALIZING and self._turn.ready_seen):
            return self._unknown(now_ms, decision)
        if self._unsettled(reading, decision, now_ms):
            return self._kept(reading, decision)
        reading = self._turn.judged(
            reading, composer=self._composer, background=self._background, unfinished=self._unfinished
        )
        reading = self._resets.filled(fuller(reading, self._words.hook))
        unseen = now_ms - self._words.looked_ms if self._words.looked_ms else 0
        return Verdict(
            state=reading.state,
            alive=True,
            since_ms=_since(self._last, reading.state, reading.at_ms),
            confidence=confidence.of(reading, decision, self._confidence, unseen_ms=unseen),
            detail=reading.detail,
            evidence=(reading, *decision.agreeing),
            rejected=decision.rejected,
        )

    def _heard(self, now_ms: int) -> Words:
        words = replace(
            self._words,
            now_ms=now_ms,
            settled=self._stood(self._kind.calm.absent_ms, now_ms),
            motion=self._motion(now_ms),
        )
        typed = self._typed(words)
        if typed is None:
            return words
        # What was said before our Enter is about the turn before.
        hook = words.hook if words.hook is not None and words.hook.at_ms >= typed.at_ms else None
        session = words.session if words.session is not None and words.session.at_ms >= typed.at_ms else None
        return replace(words, typed=typed, hook=hook, session=session)

    def _typed(self, words: Words) -> Reading | None:
        at_ms = self._typed_ms
        if at_ms is None:
            return None
        seen = words.seen
        moved = words.changed_ms > at_ms
        answered = moved and (words.settled or (seen is not None and COARSE[seen.state] is not Coarse.IDLE))
        if answered or words.now_ms - at_ms > self._kind.typing.patience_ms:
            self._typed_ms = None
            return None
        return Reading(Source.MOTION, State.THINKING, "typed", "a prompt was submitted", at_ms)

    def _motion(self, now_ms: int) -> Reading | None:
        """For agents whose screens no rule reads: what moves works, what stands still doesn't."""
        known = self._kind.rules and self._kind.name != GENERIC
        if not self._moves or (known and (self._words.screen or self._turn.ready_seen)):
            return None
        if known and now_ms - self._born_ms < STARTING_MS:
            return None
        moved = self._moves[-1]
        if len(self._moves) > 1 and now_ms - moved <= MOVING_MS:
            return Reading(Source.MOTION, State.WORKING, "moving", "its screen keeps changing", moved)
        if self._words.looked_ms - moved >= STANDING_MS:
            return Reading(Source.MOTION, State.IDLE, "standing", "its screen stands still", moved)
        return None

    def _stood(self, ms: int, now_ms: int) -> bool:
        words = self._words
        return words.looked_ms - words.changed_ms >= ms or now_ms - words.changed_ms >= 3 * ms

    def _unsettled(self, reading: Reading, decision: Decision, now_ms: int) -> bool:
        """Whether it was busy a moment ago and nothing but a screen that has just changed says that it is calm."""
        if self._last is None or not self._last.alive or self._last.state not in BUSY:
            return False
        if COARSE[reading.state] is not Coarse.IDLE or reading.source is not Source.SCREEN:
            return False
        calm = self._kind.calm
        shown = self._confidence.get(reading.rule) is Confidence.HIGH
        if self._stood(calm.shown_ms if shown else calm.absent_ms, now_ms):
            return False
        return not any(each.source is not Source.SCREEN for each in decision.agreeing)

    def _kept(self, reading: Reading, decision: Decision) -> Verdict:
        assert self._last is not None
        why = Rejected(reading, "The screen has only just changed, and nothing else says that the turn is over.")
        return replace(self._last, rejected=(why, *decision.rejected))

    def _unknown(self, now_ms: int, decision: Decision) -> Verdict:
        """Nobody says anything that counts: what was known stays, with low confidence; never a made-up state."""
        last = self._last
        if last is not None and self._turn.ready_seen and last.alive:
            return replace(last, confidence=Confidence.LOW, evidence=(), rejected=decision.rejected)
        said = decision.reading
        start = said or Reading(Source.PROCESS, State.INITIALIZING, "started", "it was started", self._born_ms)
        supported = self._spawned or said is not None
        return Verdict(
            state=State.INITIALIZING,
            alive=True,
            since_ms=_since(self._last, State.INITIALIZING, self._born_ms),
            confidence=Confidence.MEDIUM if supported else Confidence.LOW,
            evidence=(start,) if supported else (),
        )


def _since(last: Verdict | None, state: State, at_ms: int) -> int:
    if last is None:
        return at_ms
    return last.since_ms if last.state is state and last.alive else max(at_ms, last.since_ms)
