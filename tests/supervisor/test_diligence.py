"""Stuck, and above all not stuck: an agent on a drawn screen, through hours that pass at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache

import pytest

from outrider.kinds.load import catalogue
from outrider.logic.rates import SlidingWindow
from outrider.logic.stuck import Thresholds
from outrider.logic.tracker import Tracker
from outrider.model.agent import Agent
from outrider.model.hook import HookEvent
from outrider.model.kind import Kind
from outrider.model.pane import Screen
from outrider.model.state import Confidence, Detail, ErrorClass, Reading, Source, State, Verdict
from outrider.supervisor.crew import Crew, Member
from outrider.supervisor.diligence import Diligence, of_kind
from supervisor.stage import REF, ScriptedTerminal

MINUTE = 60_000


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@cache
def kind() -> Kind:
    return catalogue(None).get("claude")


@dataclass
class Life:
    """One agent in one state; `pass_` lets minutes go by with a look every five seconds."""

    state: State = State.IDLE
    detail: Detail = field(default_factory=Detail)
    alive: bool = True
    running: bool = False
    draws: bool = False
    now: int = 1_000_000_000

    def __post_init__(self) -> None:
        self.terminal = ScriptedTerminal(lambda: self.now)
        self.crew = Crew()
        self.agent = Agent("a", "one", "here", "claude", REF, "/tmp", self.verdict(), True, self.now, self.now)
        self.member = Member(self.agent, kind(), Tracker(kind(), born_ms=self.now, spawned=True), SlidingWindow(2))
        self.crew.add(self.member)
        self.since = self.now
        self.diligence = Diligence(
            crew=self.crew,
            terminal=self.terminal,
            thresholds=Thresholds(),
            clock=lambda: self.now,
            running=lambda member, since, now: self.running,
        )

    def verdict(self) -> Verdict:
        since = getattr(self, "since", self.now)
        said = Reading(Source.HOOK, self.state, "hook", "", since, self.detail)
        return Verdict(self.state, self.alive, since, Confidence.HIGH, detail=self.detail, evidence=(said,))

    def becomes(self, state: State, **detail: object) -> None:
        self.state, self.detail, self.since = state, Detail(**detail), self.now  # type: ignore[arg-type]

    def hook(self, name: str, **payload: object) -> None:
        event: Mapping[str, object] = payload
        self.diligence.hook(self.member, HookEvent(f"g/{self.now}.0.json", "g", name, self.now, event))

    def judged(self) -> Verdict:
        return self.diligence.judged(self.member, self.verdict(), self.now, there=True)

    async def pass_(self, minutes: float) -> str | None:
        """The reason why it was found stuck in that time, None for none."""
        end = self.now + round(minutes * MINUTE)
        while self.now < end:
            self.now += 5_000
            screen = self.terminal.screen()
            if self.draws:
                rows = (f"✻ Cooking… ({self.now // 1000}s · esc to interrupt)", *screen.rows[1:])
                screen = replace(screen, rows=rows)
            self.show(screen)
            await self.diligence.look(lambda member, now: None)
            found = self.judged()
            if found.state is State.STUCK:
                return found.detail.reason
        return None

    def show(self, screen: Screen) -> None:
        self.member.screen = screen
        self.member.tracker.screen(screen)
        self.member.tracker._last = self.verdict()


def unfinished(life: Life) -> None:
    life.member.agent = replace(life.member.agent, progress=40.0, progress_source="spec:TASKS.md", spec="TASKS.md")


PYTEST = {"tool": "Bash", "command": "pytest -q"}


async def test_a_silent_test_run_of_20_minutes_is_not_stuck() -> None:
    life = Life(running=True, draws=True)
    life.becomes(State.TESTING, **PYTEST)
    assert await life.pass_(20) is None
    life.running = False
    assert await life.pass_(1) == "frozen", "its process is gone"


async def test_a_test_run_without_a_process_is() -> None:
    life = Life(draws=True)
    life.becomes(State.TESTING, **PYTEST)
    assert await life.pass_(4.9) is None
    assert await life.pass_(1) == "frozen"


async def test_a_long_download_is_not_stuck() -> None:
    life = Life(running=True)
    life.becomes(State.WORKING, tool="Bash", command="curl -O http://example.org/big.iso")
    assert await life.pass_(25) is None


async def test_a_compaction_is_not_stuck() -> None:
    life = Life(draws=True)
    life.becomes(State.WORKING, reason="compacting")
    assert await life.pass_(14) is None
    assert await life.pass_(2) == "frozen"


async def test_a_person_who_paused_it_and_left_is_not_stuck() -> None:
    life = Life()
    life.becomes(State.IDLE, reason="interrupted")
    assert await life.pass_(180) is None


async def test_a_person_who_paused_in_the_middle_of_a_sentence_and_left() -> None:
    life = Life()
    unfinished(life)
    for text in ("now ", "now please ", "now please rem"):
        life.terminal.draft = text
        assert await life.pass_(0.1) is None
    assert await life.pass_(180) is None


async def test_idle_without_a_spec_is_not_stuck_and_with_one_it_is() -> None:
    life = Life()
    assert await life.pass_(600) is None
    unfinished(life)
    assert await life.pass_(0.1) == "idle_unfinished"
    fresh = Life()
    unfinished(fresh)
    assert await fresh.pass_(4.9) is None
    assert await fresh.pass_(0.2) == "idle_unfinished"


async def test_a_spinner_alone_is_no_movement_and_a_hook_is() -> None:
    life = Life(draws=True)
    life.becomes(State.THINKING)
    assert await life.pass_(4) is None
    life.hook("PostToolUse")
    assert await life.pass_(4) is None
    assert await life.pass_(2) == "frozen"
    life.hook("PostToolUse")
    assert life.judged().state is State.THINKING, "it moves again"


async def test_a_text_that_nobody_sends() -> None:
    life = Life()
    life.terminal.draft = "fix the parser"
    assert await life.pass_(1.9) is None
    assert await life.pass_(1) == "unsubmitted"


async def test_a_suggestion_drawn_dim_is_no_draft() -> None:
    life = Life()
    plain = life.terminal.screen
    life.terminal.draft = "try the other parser"

    def styled() -> Screen:
        screen = plain()
        return replace(
            screen,
            styled=tuple(
                row.replace("try the other parser", "\x1b[2mtry the other parser\x1b[0m") for row in screen.rows
            ),
        )

    life.terminal.screen = styled  # type: ignore[method-assign]
    life.show = lambda screen: Life.show(life, replace(screen, styled=()))  # type: ignore[method-assign]
    assert await life.pass_(30) is None
    assert life.member.tracker.draft, "without a close look it passes for one"


@pytest.mark.parametrize(
    ("state", "detail", "reason", "minutes"),
    [
        (State.WAITING, {"question": "Proceed?"}, "unanswered", 10),
        (State.ERROR, {"error": ErrorClass.USAGE_LIMIT, "resets_at_ms": 9}, "limited", 1),
        (State.ERROR, {"error": ErrorClass.AUTH}, "auth", 1),
    ],
)
async def test_what_only_a_person_can_end(state: State, detail: dict[str, object], reason: str, minutes: float) -> None:
    life = Life()
    life.becomes(state, **detail)
    assert await life.pass_(minutes - 0.2) is None
    assert await life.pass_(0.3) == reason
    found = life.judged()
    assert (found.since_ms, found.detail.message) == (life.since, found.detail.message)
    assert all(getattr(found.detail, name) == value for name, value in detail.items())


async def test_the_same_command_again_and_again() -> None:
    life = Life()
    life.becomes(State.WORKING)
    for _ in range(4):
        life.hook("PreToolUse", tool_name="Bash", tool_input={"command": "make"})
    for number in range(8):
        life.hook("PreToolUse", tool_name="BashOutput", tool_input={"bash_id": "1"})
        life.hook("PreToolUse", tool_name="Edit", tool_input={"file_path": "a", "new_string": str(number)})
    assert life.judged().state is State.WORKING, "it waits for a task, and edits the same file otherwise"
    for _ in range(5):
        life.hook("PreToolUse", tool_name="Bash", tool_input={"command": "make"})
        life.hook("PostToolUseFailure", tool_name="Bash", error="Exit code 2")
    assert life.judged().detail.reason == "looping"
    life.hook("UserPromptSubmit", prompt="stop that")
    assert life.judged().state is State.WORKING


async def test_a_shell_that_stayed() -> None:
    life = Life(alive=False)
    life.becomes(State.IDLE, reason="left")
    assert life.judged().state is State.IDLE
    life.now += 6_000
    assert life.judged().detail.reason == "shell"
    gone = life.diligence.judged(life.member, life.verdict(), life.now, there=False)
    assert gone.state is State.IDLE, "the shell was closed, too"


async def test_stuck_before_a_restart_is_stuck_after_it() -> None:
    life = Life(draws=True)
    life.becomes(State.THINKING)
    assert await life.pass_(6) == "frozen"
    life.member.agent = replace(life.member.agent, verdict=life.judged())
    life.diligence = Diligence(crew=life.crew, terminal=life.terminal, thresholds=Thresholds(), clock=lambda: life.now)
    assert life.judged().state is State.STUCK


def test_a_kind_has_its_own_patience() -> None:
    assert of_kind(Thresholds(), {"frozen": 900.0}) == Thresholds(frozen=900)
    assert of_kind(Thresholds(), {}) == Thresholds()


def test_a_problem_of_the_spec_is_told_where_nothing_else_is() -> None:
    life = Life()
    life.member.agent = replace(life.member.agent, spec_problem="TASKS.md is empty.")
    assert life.judged().detail.message == "TASKS.md is empty."
    life.becomes(State.IDLE, message="own words")
    assert life.judged().detail.message == "own words"


def test_thinking_is_counted_once_and_not_while_it_is_frozen() -> None:
    life = Life()
    thinking = Verdict(State.THINKING, True, 1000, Confidence.HIGH)
    stuck = replace(thinking, state=State.STUCK, since_ms=3000)
    working = replace(thinking, state=State.WORKING, since_ms=9000)
    assert life.diligence.thought(life.member, thinking, thinking, 2000) == 0
    assert life.diligence.thought(life.member, thinking, stuck, 5000) == 2000
    assert life.diligence.thought(life.member, stuck, thinking, 6000) == 0
    assert life.diligence.thought(life.member, thinking, working, 9000) == 3000
