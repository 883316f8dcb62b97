"""One agent's state machine: what is seen and heard of it, in the order of time, becomes its verdict.

Busy is believed at once; calm only from a screen that stands still, or where another source agrees. What a turn came to
(done, interrupted, failed) is remembered until the next one begins, because screens forget it. Nothing here looks or
types; every time is an argument (Unix ms).
"""

from dataclasses import replace

from outrider.logic import composer, confidence, detect
from outrider.logic.aside import Aside
from outrider.logic.ending import Ending, ended, exited
from outrider.logic.foreground import Front, is_shell
from outrider.logic.fuse import Decision, fuse, outlive
from outrider.logic.missed import Missed
from outrider.logic.motion import Motion
from outrider.logic.news import transitions
from outrider.logic.resets import Resets, Zones, only_utc
from outrider.logic.screen import Layout
from outrider.logic.submission import Submission
from outrider.logic.tools import of_command
from outrider.logic.turn import Turn, fuller
from outrider.logic.words import Words
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

# What stands beside a verdict, and all that time alone changes about it: the ages of words, whether the screen has stood long enough,
# what its movement says.
Moment = tuple[object, tuple[bool, ...], bool, bool, bool, bool, Reading | None, Reading | None]


class Tracker:
    """Knows one agent: whether we `spawned` it, its `verdict` before a restart of ours, the `zones` in which it tells the time."""

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
        self._motion = Motion(born_ms)
        self._composer: composer.ComposerView | None = None
        self._screen: Screen | None = None
        self._layout: Layout | None = None
        self._front = Front()
        self._ended: Ending | None = None
        self._submission = Submission()
        self._missed = Missed()
        self._background = False
        self._unfinished = False
        self._followed = False
        self._given: Verdict | None = None
        self._moment: Moment | None = None
        self.aside = Aside()
        self.leaving = ""  # why it is being ended by us, while that is under way: its end is no news of its work then

    def pane(self, pane: Pane, at_ms: int) -> None:
        """What a sweep tells of its pane."""
        self._moment = None
        self._words.title, self._words.front = detect.title(self._kind, pane.title, at_ms), None
        if pane.dead:
            self._ended = exited(at_ms, pane.exit_status, self.leaving)
            return
        if self._kind.shell:
            self._foreground(pane, at_ms)
        elif not is_shell(pane.command):
            self._front.saw(pane.command, at_ms)
            if self._ended is not None and self._ended.reason == "left":
                self._ended = None
        elif not self._front.gave_way(at_ms) and self._spawned and self._turn.ready_seen:
            return
        elif not self._followed and not self._starting(at_ms):
            self._ended = Ending("left", at_ms, None, f"{pane.command} stands in its place")

    def _starting(self, at_ms: int) -> bool:
        """While a spawn starts, several programs may follow one another in front; a script's shell may stay there."""
        return self._spawned and not self._turn.ready_seen and at_ms - self._born_ms <= STARTING_MS

    def _foreground(self, pane: Pane, at_ms: int) -> None:
        if is_shell(pane.command) or self._starting(at_ms):
            return  # what starts the shell, and what its own files run, is no work of its
        detail = Detail(command=pane.command)
        state = of_command(pane.command)
        self._words.front = Reading(Source.PROCESS, state, "foreground", pane.command, at_ms, detail)

    def screen(self, screen: Screen) -> None:
        """A screen that changed, or the first one."""
        at_ms = screen.taken_ms
        self._motion.saw(self._kind, screen, self._screen)
        self._screen = screen
        self._read(screen)
        moved = self._motion.last_ms
        self._words.looked_ms, self._words.changed_ms = at_ms, at_ms if moved is None else moved

    def _read(self, screen: Screen) -> None:
        self._moment = None
        layout = self._layout = Layout(screen, self._kind.regions, self._layout)
        self._composer = composer.seen(self._kind, layout, screen)
        self._words.look(detect.spoken(self._kind, layout, screen.taken_ms))

    def learn(self, kind: Kind) -> None:
        """Its kind's file has changed: from now on it is read by these rules, beginning with the screen that was seen last."""
        self._kind = kind
        self._confidence = confidence.of_rules(kind)
        self._layout = self._moment = None
        if self._screen is not None:
            self._read(self._screen)

    def still(self, at_ms: int) -> None:
        """It was looked at and had not changed."""
        self._words.looked_ms = at_ms

    def hear(self, reading: Reading) -> None:
        """A word of the agent itself: by a hook, its session file, its transcript or its output. Old ones of the first two are dropped."""
        self._moment = None
        self._words.take(reading)
        self._submission.heard(reading)

    def unsaid(self) -> None:
        """What it announced in its raw output is taken back, or that is not listened to any more."""
        self._moment = self._words.announced = None

    def wrote(self, at_ms: int) -> None:
        """Its program wrote something, says who listens to its raw output."""
        self._words.output_ms = at_ms

    def typed(self, at_ms: int, intake_ms: int = 0) -> None:
        """Keys that submit a prompt were pressed: it is busy until somebody says otherwise, up to the kind's patience and what it needs
        to take the prompt in."""
        self._moment = None
        self._submission.made(at_ms, intake_ms)
        self._turn.began()

    def took_in(self, at_ms: int) -> None:
        """It took a prompt in, then: where nobody sees it at work, what its turn came to is told when that is over."""
        self._moment = None
        self._missed.took_in(at_ms)

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
        self._moment = self._moment if running is self._background else None
        self._background = running

    def unfinished(self, open_items: bool) -> None:
        """Whether a spec is bound to it that has open items: the end of a turn is then a rest, not completion."""
        self._moment = self._moment if open_items is self._unfinished else None
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
        """What it is doing now, with everything that says so; the same object for as long as nothing of it changes."""
        if self._ended is not None:
            self._last, self._moment = ended(self._ended, self._last, now_ms), None
            return self._giving(self._last)
        if self.leaving and self._given is not None:
            return self._given  # what it draws and says while it goes is not about its work
        words = self._heard(now_ms)
        moment = self._time(words)
        if self._given is not None and moment == self._moment:
            return self._given
        self._last, self._moment = self._alive(words), moment
        return self._giving(self._last)

    def _giving(self, verdict: Verdict) -> Verdict:
        self._given = self.aside.beside(verdict)
        return self._given

    def stands(self, now_ms: int) -> bool:
        """Whether the verdict is still the one that was given last."""
        given = self._given
        return given is not None and self.verdict(now_ms) is given

    def _time(self, words: Words) -> Moment:
        shown = self._stood(self._kind.calm.shown_ms, words.now_ms)
        late = (_unseen_ms(words) > confidence.UNSEEN_MS, self._missed.looked(words))
        return (self.aside.said, words.ages, words.settled, shown, *late, words.motion, words.typed)

    def _alive(self, words: Words) -> Verdict:
        decision = fuse(words)
        reading = decision.reading
        if reading is None or (reading.state is State.INITIALIZING and self._turn.ready_seen):
            return self._unknown(decision)
        outlive(self._words, reading)
        if self._last is not None and self._unsettled(reading, decision, words.now_ms):
            return _kept(self._last, reading, decision)
        ended_ms = self._missed.ended_ms(self._last, reading, words)
        if ended_ms is not None:
            self._turn.began()
        reading = self._turn.judged(
            reading, composer=self._composer, background=self._background, unfinished=self._unfinished
        )
        reading = self._resets.filled(fuller(reading, self._words.hook))
        return Verdict(
            state=reading.state,
            alive=True,
            since_ms=max(_since(self._last, reading.state, reading.at_ms), ended_ms or 0),
            confidence=confidence.of(reading, decision, self._confidence, unseen_ms=_unseen_ms(words)),
            detail=reading.detail,
            evidence=(reading, *decision.agreeing),
            rejected=decision.rejected,
        )

    def _heard(self, now_ms: int) -> Words:
        words = self._words
        words.now_ms = now_ms
        words.settled = self._stood(self._kind.calm.absent_ms, now_ms)
        read = bool(words.screen) or self._turn.ready_seen
        words.motion = self._motion.reading(self._kind, now_ms, words.looked_ms, read=read)
        return self._submission.over(words, self._kind.typing.patience_ms)

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

    def _unknown(self, decision: Decision) -> Verdict:
        """Nobody says anything that counts: what was known stays, with low confidence; never a made-up state."""
        last = self._last
        if last is not None and self._turn.ready_seen and last.alive:
            return replace(last, confidence=Confidence.LOW, evidence=(), rejected=decision.rejected)
        return _starting(last, decision.reading, self._spawned, self._born_ms)


def _starting(last: Verdict | None, said: Reading | None, spawned: bool, born_ms: int) -> Verdict:
    """What is known of one that has shown nothing yet that counts."""
    start = said or Reading(Source.PROCESS, State.INITIALIZING, "started", "it was started", born_ms)
    supported = spawned or said is not None
    return Verdict(
        state=State.INITIALIZING,
        alive=True,
        since_ms=_since(last, State.INITIALIZING, born_ms),
        confidence=Confidence.MEDIUM if supported else Confidence.LOW,
        evidence=(start,) if supported else (),
    )


def _kept(last: Verdict, reading: Reading, decision: Decision) -> Verdict:
    why = Rejected(reading, "The screen has only just changed, and nothing else says that the turn is over.")
    return replace(last, rejected=(why, *decision.rejected))


def _unseen_ms(words: Words) -> int:
    return words.now_ms - words.looked_ms if words.looked_ms else 0


def _since(last: Verdict | None, state: State, at_ms: int) -> int:
    if last is None:
        return at_ms
    return last.since_ms if last.state is state and last.alive else max(at_ms, last.since_ms)
