"""A lane types each command exactly once, whatever happens in between."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies

from outrider.bus.local import LocalBus
from outrider.errors import Conflict
from outrider.kinds.channels.claude_hooks import ClaudeVoice
from outrider.kinds.load import catalogue
from outrider.logic.rates import SlidingWindow
from outrider.logic.tracker import Tracker
from outrider.model.agent import Agent
from outrider.model.command import Attempt, Command, Form, Stage, Status, When
from outrider.model.kind import Kind
from outrider.model.pane import ANY, PaneRef, Screen, Terms
from outrider.model.state import Confidence, Reading, Source, State, Verdict
from outrider.store import Change, Step, Store
from outrider.supervisor.crew import Crew, Member
from outrider.supervisor.errand import Errand, Trace
from outrider.supervisor.lane import Lane, Limits
from outrider.supervisor.ledger import Ledger
from outrider.supervisor.pace import Pace
from outrider.supervisor.pauses import Pauses
from outrider.supervisor.typist import Typist
from supervisor.stage import HEIGHT, REF, WIDTH, ScriptedTerminal

QUICK = Pauses(
    look=0.002, seen=0.05, mixed=0.3, again=0.03, unheard=0.01, untold=0.05, settle=0.02, crash=0.06, back=0.1
)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def claude() -> Kind:
    kind = catalogue(None).get("claude")
    return replace(kind, typing=replace(kind.typing, settle_ms=1, patience_ms=60))


class Cut(Exception):
    """The daemon dies here."""


class CutLedger(Ledger):
    """A ledger that dies at its nth write, before or after it is on the disk."""

    def __init__(self, store: Store, at: int, *, before: bool) -> None:
        super().__init__(store, LocalBus())
        self._at = at
        self._before = before

    async def commit(self, change: Change) -> object:  # type: ignore[override]
        self._at -= 1
        if self._at == 0 and self._before:
            raise Cut
        events = await super().commit(change)
        if self._at == 0:
            raise Cut
        return events


class World:
    """One agent, its terminal, and the store under it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.terminal: ScriptedTerminal = ScriptedTerminal(now_ms)
        self.kind = claude()
        self.ids = 0

    def member(self) -> Member:
        """The agent as a daemon that just started knows it, its screen seen and settled."""
        now = now_ms()
        verdict = Verdict(State.IDLE, True, now, Confidence.HIGH)
        agent = Agent("a", "one", "here", "claude", REF, "/tmp", verdict, True, now, now)
        tracker = Tracker(self.kind, born_ms=now - 60_000, spawned=True, verdict=None)
        member = Member(agent, self.kind, tracker, SlidingWindow(1000))
        self.see(member)
        return member

    def see(self, member: Member) -> None:
        screen = self.terminal.screen()
        at = now_ms() - 5_000
        member.pane, member.screen = screen.pane, screen
        member.tracker.pane(screen.pane, at)
        member.tracker.screen(replace(screen, taken_ms=at))
        for later in range(500, 5_001, 500):
            member.tracker.still(at + later)
        member.agent = replace(member.agent, verdict=member.tracker.verdict(now_ms()))

    def lane(
        self,
        member: Member,
        ledger: Ledger | None = None,
        *,
        attempts: int = 3,
        draft_wait_s: float = 600,
        draft_still_s: float = 0.02,
    ) -> Lane:
        crew = Crew()
        crew.add(member)
        return Lane(
            "a",
            crew=crew,
            ledger=ledger or Ledger(self.store, LocalBus()),
            typist=Typist(self.terminal, now_ms, QUICK),
            pace=Pace(1000, now_ms),
            clock=now_ms,
            random=lambda: 0.5,
            limits=Limits(attempts, 0.001, draft_wait_s, draft_still_s),
        )

    async def queue(
        self,
        *texts: str,
        when: When = When.READY,
        expires_in_ms: int | None = None,
        priority: int = 0,
        delay_ms: int = 0,
    ) -> list[Command]:
        made = []
        for text in texts:
            self.ids += 1
            now = now_ms()
            command = Command(f"c{self.ids}", 0, "a", "one", text, Status.QUEUED, "uid:0", now, now, when=when)
            due_ms = now + delay_ms if delay_ms else None
            late_ms = now + expires_in_ms if expires_in_ms is not None else None
            asked = replace(command, expires_ms=late_ms, priority=priority, not_before_ms=due_ms)
            stored, _, _ = await self.store.add(asked)
            made.append(stored)
        return made

    async def status(self, command: Command) -> Command:
        found = await self.store.command(command.id)
        assert found is not None
        return found


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    store = await Store.open(tmp_path, node="here", clock=now_ms)
    yield World(store)
    await store.close()


@asynccontextmanager
async def running(world: World, lane: Lane, member: Member) -> AsyncIterator[None]:
    """The lane at work, with somebody who looks at the screen and wakes it."""

    async def look() -> None:
        while True:
            world.see(member)
            lane.wake()
            await asyncio.sleep(0.01)

    tasks = [asyncio.create_task(lane.run()), asyncio.create_task(look())]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def ended(world: World, *commands: Command) -> list[Command]:
    async with asyncio.timeout(60):
        while True:
            found = [await world.status(command) for command in commands]
            if all(command.status not in (Status.QUEUED, Status.SENDING) for command in found):
                return found
            await asyncio.sleep(0.01)


async def test_commands_arrive_verbatim_once_and_in_order(world: World) -> None:
    texts = ["first", "/second is text", "line one\n\tline two\n`$HOME`", "ends with \\"]
    commands = await world.queue(*texts)
    member = world.member()
    lane = world.lane(member)
    lane.add(commands)
    async with running(world, lane, member):
        done = await ended(world, *commands)
    assert [command.status for command in done] == [Status.SENT] * 4
    assert world.terminal.arrived == ["first", " /second is text", "line one\n    line two\n`$HOME`", "ends with \\ "]
    assert all(command.attempts[-1].proof for command in done)
    assert "tabs became 4 blanks" in str(done[2].attempts[-1].proof)


async def test_higher_priority_goes_first_among_those_that_wait(world: World) -> None:
    low, high = await world.queue("low", "high")
    member = world.member()
    lane = world.lane(member)
    lane.add([low, replace(high, priority=5)])
    async with running(world, lane, member):
        await ended(world, low, high)
    assert world.terminal.arrived == ["high", "low"]


async def test_a_delayed_command_holds_up_nobody_and_goes_in_once_its_time_has_come(world: World) -> None:
    later, soon = await world.queue("later", "soon")
    later = replace(later, not_before_ms=now_ms() + 300)
    member = world.member()
    lane = world.lane(member)
    lane.add([later, soon])
    async with running(world, lane, member):
        done = await ended(world, later, soon)
    assert world.terminal.arrived == ["soon", "later"]
    assert done[0].attempts[0].started_ms >= (later.not_before_ms or 0)


async def test_a_swallowed_enter_is_pressed_again_and_the_text_is_not(world: World) -> None:
    (command,) = await world.queue("go on")
    world.terminal.swallow = 2
    before = catalogue(None).get("opencode").typing.before
    world.kind = replace(world.kind, typing=replace(world.kind.typing, before=before))
    member = world.member()
    lane = world.lane(member)
    lane.add([command])
    async with running(world, lane, member):
        await ended(world, command)
    assert world.terminal.arrived == ["go on"]
    assert world.terminal.pressed == ["C-e", *["Enter"] * 3]  # what goes in front of a text goes there once


class Slow(ScriptedTerminal):
    """An agent that works on a text for a while before it leaves the composer."""

    def _enter(self) -> None:
        asyncio.get_running_loop().call_later(0.2, super()._enter)


async def test_enter_is_not_pressed_again_while_a_long_text_may_still_be_taken_in(world: World) -> None:
    world.terminal = Slow(now_ms)
    world.kind = replace(world.kind, typing=replace(world.kind.typing, intake_ms=60_000))
    (command,) = await world.queue("x " * 40)
    member = world.member()
    lane = world.lane(member)
    lane.add([command])
    async with running(world, lane, member):
        (done,) = await ended(world, command)
    assert (done.status, len(world.terminal.arrived)) == (Status.SENT, 1)
    assert world.terminal.pressed.count("Enter") == 1


async def test_where_enter_never_works_the_text_is_taken_back_out(world: World) -> None:
    (command,) = await world.queue("go on")
    world.terminal.swallow = 99
    member = world.member()
    lane = world.lane(member)
    lane.add([command])
    async with running(world, lane, member):
        (done,) = await ended(world, command)
    assert done.status is Status.FAILED
    assert "ignored Enter" in (done.error or "")
    assert (world.terminal.arrived, world.terminal.draft) == ([], "")


async def test_nothing_is_typed_over_a_dialog_or_a_persons_draft(world: World) -> None:
    (command,) = await world.queue("go on")
    member = world.member()
    lane = world.lane(member)
    world.terminal.dialog = True
    lane.add([command])
    async with running(world, lane, member):
        await asyncio.wait_for(seen_waiting(lane, "dialog"), 40)
        world.terminal.dialog, world.terminal.draft = False, "half a thought"
        await asyncio.wait_for(seen_waiting(lane, "draft"), 40)
        assert (world.terminal.pressed, world.terminal.draft) == ([], "half a thought")
        world.terminal.draft = ""
        (done,) = await ended(world, command)
    assert done.status is Status.SENT
    assert world.terminal.arrived == ["go on"]


async def seen_waiting(lane: Lane, why: str) -> None:
    while why not in lane.why:
        await asyncio.sleep(0.005)


async def test_a_prompt_that_the_agent_gave_back_is_taken_out_and_the_next_ones_proof_says_so(world: World) -> None:
    first, second = await world.queue("first", "second")
    member = world.member()
    lane = world.lane(member)
    lane.add([first])
    async with running(world, lane, member):
        await ended(world, first)
        world.terminal.draft = "first"
        lane.add([second])
        (done,) = await ended(world, second)
    assert (done.status, world.terminal.arrived) == (Status.SENT, ["first", "second"])
    assert "interrupted before it answered" in (done.attempts[-1].proof or "")


async def test_two_interrupts_of_aider_are_too_far_apart_to_end_it(world: World) -> None:
    world.kind = catalogue(None).get("aider")
    member = world.member()
    assert member.interrupting(10_000) == 0
    assert member.interrupting(12_001) > 0, "a second one within two seconds ends it"
    assert member.interrupting(13_000) == 0


class Meddled(ScriptedTerminal):
    """Somebody types into the composer while our text goes in, and takes all of it out again, so many `times`."""

    def __init__(self, times: int, draft: str = "") -> None:
        super().__init__(now_ms)
        self.times, self.typing = times, draft
        self.looks = 0

    async def paste(self, ref: PaneRef, text: str, terms: Terms = ANY, *, always: bool = False) -> None:
        await super().paste(ref, text, terms, always=always)
        self.looks = 0
        if self.times > 0:
            self.draft += self.typing

    async def look(self, ref: PaneRef, *, styled: bool = False) -> Screen:
        self.looks += 1
        if self.looks > 1 and self.draft and self.times > 0:
            self.times -= 1
            self.draft = ""
        return await super().look(ref, styled=styled)


@pytest.mark.parametrize("draft", ["", " half a thought"], ids=["alone", "with theirs"])
@pytest.mark.parametrize(
    ("times", "hooks", "status", "arrived"),
    [
        (2, True, Status.SENT, ["go on"]),
        (3, True, Status.FAILED, []),
        # Without the agent's own word, whoever emptied the composer may have done it by Enter.
        (1, False, Status.UNCERTAIN, []),
    ],
)
async def test_a_text_that_a_person_took_out_is_typed_again_where_it_is_known_that_nobody_sent_it(
    world: World, draft: str, times: int, hooks: bool, status: Status, arrived: list[str]
) -> None:
    world.terminal = Meddled(times, draft)
    world.kind = replace(world.kind, typing=replace(world.kind.typing, settle_ms=30))
    (command,) = await world.queue("go on")
    member = world.member()
    member.voice = ClaudeVoice() if hooks else None
    lane = world.lane(member)
    lane.add([command])
    async with running(world, lane, member):
        if hooks and arrived:
            async with asyncio.timeout(30):
                while not world.terminal.arrived:
                    await asyncio.sleep(0.001)
            member.prompts.append((now_ms(), "go on"))
        (done,) = await ended(world, command)
    assert (done.status, world.terminal.arrived) == (status, arrived)
    assert status is Status.UNCERTAIN or "Somebody took the text out" in (done.attempts[0].proof or "")


async def test_a_command_of_the_programs_own_that_went_from_the_composer_is_not_typed_again(world: World) -> None:
    """No agent tells of those: whoever emptied the composer may have done it by Enter."""
    world.terminal = Meddled(1)
    world.kind = replace(world.kind, typing=replace(world.kind.typing, settle_ms=30))
    (queued,) = await world.queue("/compact")
    command = replace(queued, form=Form.SLASH)
    member = world.member()
    member.voice = ClaudeVoice()
    lane = world.lane(member)
    lane.add([command])
    async with running(world, lane, member):
        (done,) = await ended(world, command)
    assert (done.status, world.terminal.pressed, len(done.attempts)) == (Status.UNCERTAIN, [], 1)
    assert "? for shortcuts" in (done.attempts[0].screen or ""), "the screen is kept for the person who has to look"


async def test_a_text_that_somebody_else_sent_with_enter_is_not_typed_again(world: World) -> None:
    world.terminal = Meddled(1)
    world.kind = replace(world.kind, typing=replace(world.kind.typing, settle_ms=30))
    (command,) = await world.queue("go on")
    member = world.member()
    member.voice = ClaudeVoice()
    lane = world.lane(member)
    lane.add([command])
    async with running(world, lane, member):
        async with asyncio.timeout(30):
            while world.terminal.times:
                await asyncio.sleep(0.001)
        member.prompts.append((now_ms(), "go on"))
        (done,) = await ended(world, command)
    assert (done.status, world.terminal.pressed, len(done.attempts)) == (Status.SENT, [], 1)


async def test_a_command_that_is_late_expires_unseen(world: World) -> None:
    (command,) = await world.queue("too late", expires_in_ms=-1)
    member = world.member()
    lane = world.lane(member)
    lane.add([command])
    async with running(world, lane, member):
        (done,) = await ended(world, command)
    assert (done.status, world.terminal.arrived) == (Status.EXPIRED, [])


async def test_tmux_away_before_the_first_key_is_tried_again(world: World) -> None:
    (command,) = await world.queue("patience")
    world.terminal.away = 2
    member = world.member()
    lane = world.lane(member)
    lane.add([command])
    async with running(world, lane, member):
        (done,) = await ended(world, command)
    assert (done.status, world.terminal.arrived) == (Status.SENT, ["patience"])
    assert [attempt.outcome for attempt in done.attempts] == ["away", "away", "sent"]


async def test_tmux_away_for_good_fails_after_its_attempts(world: World) -> None:
    (command,) = await world.queue("never")
    world.terminal.away = 10_000
    member = world.member()
    lane = world.lane(member)
    lane.add([command])
    async with running(world, lane, member):
        (done,) = await ended(world, command)
    assert (done.status, len(done.attempts)) == (Status.FAILED, 3)
    assert "After 3 attempts" in (done.error or "")


@pytest.mark.parametrize("before", [True, False], ids=["before-the-write", "after-the-write"])
@pytest.mark.parametrize("at", [1, 2, 3, 4, 5, 6, 7, 8])
async def test_cut_off_at_any_write_and_gone_on_with_nothing_is_lost_or_doubled(
    world: World, at: int, before: bool
) -> None:
    """Two commands take eight writes (opened, typing, entering, closed, each twice); the daemon dies at one of them."""
    commands = await world.queue("first of two", "second of two")
    member = world.member()
    lane = world.lane(member, CutLedger(world.store, at, before=before))
    lane.add(commands)
    with pytest.raises(Cut):
        async with asyncio.timeout(40):
            await lane.run()
    again = world.member()
    second = world.lane(again)
    second.add(await world.store.unfinished())
    async with running(world, second, again):
        done = await ended(world, *commands)
    assert world.terminal.arrived == ["first of two", "second of two"]
    assert all(command.status in (Status.SENT, Status.UNCERTAIN) for command in done)


async def test_a_command_caught_between_enter_and_proof_is_uncertain_rather_than_typed_again(world: World) -> None:
    (command,) = await world.queue("once")
    member = world.member()
    lane = world.lane(member, CutLedger(world.store, 4, before=True))
    lane.add([command])
    with pytest.raises(Cut):
        async with asyncio.timeout(40):
            await lane.run()
    assert (await world.status(command)).attempts[-1].stage is Stage.ENTERING
    again = world.member()
    second = world.lane(again)
    second.add(await world.store.unfinished())
    async with running(world, second, again):
        (done,) = await ended(world, command)
    assert world.terminal.arrived == ["once"]
    assert done.status in (Status.SENT, Status.UNCERTAIN)


class Blank(ScriptedTerminal):
    """An agent that draws nothing of what it is given until it `wakes`."""

    def __init__(self) -> None:
        super().__init__(now_ms)
        self.wakes = asyncio.Event()

    def screen(self) -> Screen:
        if self.wakes.is_set():
            return super().screen()
        held, self.draft = self.draft, ""
        shown = super().screen()
        self.draft = held
        return shown


async def cut_off_behind_the_paste(world: World, terminal: ScriptedTerminal, *, form: Form = Form.TEXT) -> Command:
    """A daemon is gone between tmux's act and the next thing that it would have written down."""
    world.terminal = terminal
    (queued,) = await world.queue("go on" if form is Form.TEXT else "Up Up")
    await world.store.commit(Change(steps=(Step(queued.id, Status.SENDING, Attempt(1, Stage.OPENED, 2), None, 2),)))
    attempt = Attempt(1, Stage.ENTERING if form is Form.KEYS else Stage.TYPING, 2)
    await world.store.commit(Change(steps=(Step(queued.id, None, attempt, None, 3),)))
    (left,) = await world.store.unfinished()
    return replace(left, form=form)


@pytest.mark.parametrize("wakes", [True, False], ids=["drawn late", "never drawn"])
async def test_a_text_that_tmux_was_told_to_type_is_not_typed_again_by_the_next_daemon(
    world: World, wakes: bool
) -> None:
    blank = Blank()
    left = await cut_off_behind_the_paste(world, blank)
    member = world.member()
    errand = Errand(blank, member, left, left.attempts[-1])
    await blank.paste(REF, left.text, Terms(trace=errand.trace(Trace.TYPED)))
    lane = world.lane(member)
    lane.add([left])
    async with running(world, lane, member):
        if wakes:
            await asyncio.sleep(0.01)
            blank.wakes.set()
        (done,) = await ended(world, left)
    if wakes:
        assert (done.status, blank.arrived) == (Status.SENT, ["go on"])
    else:
        assert (done.status, done.error, blank.draft) == (
            Status.UNCERTAIN, "The text was not seen in the composer.", "go on"
        )  # fmt: skip
    assert len(done.attempts) == 1


class Late(ScriptedTerminal):
    """An agent on which Enter was pressed, and that takes the text in between two looks, without a word."""

    looks = 0

    async def look(self, ref: PaneRef, *, styled: bool = False) -> Screen:
        self.looks += 1
        if self.looks == 3 and not self.pressed:
            self._enter()
        return await super().look(ref, styled=styled)


async def test_a_text_that_is_taken_in_late_after_a_restart_is_not_typed_again(world: World) -> None:
    late = Late(now_ms)
    left = await cut_off_behind_the_paste(world, late)
    member = world.member()
    member.voice = ClaudeVoice()
    late.draft, late.left = left.text, Errand(late, member, left, left.attempts[-1]).trace(Trace.ENTERED)
    lane = world.lane(member)
    lane.add([left])
    async with running(world, lane, member):
        (done,) = await ended(world, left)
    assert (done.status, late.arrived, late.pressed, len(done.attempts)) == (Status.UNCERTAIN, ["go on"], [], 1)


@pytest.mark.parametrize("tells", [True, False])
async def test_a_text_that_was_seen_and_taken_out_while_no_daemon_was_there_is_typed_again(
    world: World, tells: bool
) -> None:
    """Where the agent would have told that somebody sent it."""
    left = await cut_off_behind_the_paste(world, ScriptedTerminal(now_ms))
    member = world.member()
    member.voice = ClaudeVoice() if tells else None
    await world.terminal.trace(REF, Errand(world.terminal, member, left, left.attempts[-1]).trace(Trace.SEEN))
    lane = world.lane(member)
    lane.add([left])
    async with running(world, lane, member):
        if tells:
            async with asyncio.timeout(30):
                while not world.terminal.arrived:
                    await asyncio.sleep(0.001)
            member.prompts.append((now_ms(), "go on"))
        (done,) = await ended(world, left)
    if tells:
        assert (done.status, world.terminal.arrived) == (Status.SENT, ["go on"])
        assert "Somebody took the text out" in (done.attempts[0].proof or "")
    else:
        assert (done.status, world.terminal.arrived) == (Status.UNCERTAIN, [])
        assert done.error == "The text went from the composer before Enter was pressed."


@pytest.mark.parametrize("form", [Form.TEXT, Form.KEYS])
async def test_what_tmux_was_not_told_to_type_is_typed_by_the_next_daemon(world: World, form: Form) -> None:
    left = await cut_off_behind_the_paste(world, ScriptedTerminal(now_ms), form=form)
    member = world.member()
    await world.terminal.trace(REF, Errand(world.terminal, member, left, left.attempts[-1]).trace(Trace.OPENED))
    lane = world.lane(member)
    lane.add([left])
    async with running(world, lane, member):
        (done,) = await ended(world, left)
    assert (done.status, [each.outcome for each in done.attempts]) == (Status.SENT, ["queued", "sent"])
    assert (world.terminal.arrived or world.terminal.pressed) == (["go on"] if form is Form.TEXT else ["Up", "Up"])


@pytest.mark.parametrize("pressed", [True, False], ids=["pressed", "unknown"])
async def test_keys_that_tmux_may_have_pressed_are_not_pressed_again(world: World, pressed: bool) -> None:
    left = await cut_off_behind_the_paste(world, ScriptedTerminal(now_ms), form=Form.KEYS)
    member = world.member()
    if pressed:
        errand = Errand(world.terminal, member, left, left.attempts[-1])
        await world.terminal.trace(REF, errand.trace(Trace.ENTERED))
    lane = world.lane(member)
    lane.add([left])
    async with running(world, lane, member):
        (done,) = await ended(world, left)
    assert (done.status, world.terminal.pressed) == (Status.SENT if pressed else Status.UNCERTAIN, [])


async def test_nothing_is_typed_while_a_person_types_at_a_terminal_of_its(world: World) -> None:
    (command,) = await world.queue("once")
    member = world.member()
    lane = world.lane(member)
    lane.add([command])
    world.terminal.touched_s = now_ms() // 1000 + 60
    world.see(member)
    async with running(world, lane, member):
        await seen_waiting(lane, "Somebody is typing at a terminal that shows the agent.")
        assert world.terminal.draft == ""
        world.terminal.touched_s = 0
        (done,) = await ended(world, command)
    assert (done.status, world.terminal.arrived) == (Status.SENT, ["once"])


@pytest.mark.parametrize("at", ["go on", ""], ids=["before Enter", "before the text"])
async def test_a_key_between_our_look_and_ours_is_waited_out(world: World, at: str) -> None:
    """tmux looks and types in one step: what a person begins to type in that moment is neither sent nor joined."""
    (command,) = await world.queue("go on")
    member = world.member()
    lane = world.lane(member)
    lane.add([command])
    terminal = world.terminal
    theirs: list[str] = []

    def person() -> None:
        if terminal.draft == at and not theirs:
            theirs.append(terminal.draft)
            terminal.draft += "half a thought"
            terminal.touched_s = now_ms() // 1000 + 60

    terminal.before_key = person
    async with running(world, lane, member):
        async with asyncio.timeout(40):
            while not theirs:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        assert (terminal.draft, terminal.arrived) == (f"{at}half a thought", [])
        terminal.draft, terminal.touched_s = at, 0
        world.see(member)
        (done,) = await ended(world, command)
    assert (done.status, terminal.arrived) == (Status.SENT, ["go on"])


async def test_a_person_who_types_before_enter_is_pressed_again_is_not_typed_over(world: World) -> None:
    """The agent ignored the first Enter, and somebody writes behind our text: no second one, and what stands there is left."""
    (command,) = await world.queue("go on")
    member = world.member()
    lane = world.lane(member)
    lane.add([command])
    terminal = world.terminal
    terminal.swallow = 1

    def person() -> None:
        if terminal.pressed and terminal.draft == "go on":
            terminal.draft += " half a thought"
            terminal.touched_s = now_ms() // 1000 + 60

    terminal.before_key = person
    async with running(world, lane, member):
        (done,) = await ended(world, command)
    assert (done.status, terminal.arrived, terminal.pressed) == (Status.UNCERTAIN, [], ["Enter"])
    assert terminal.draft == "go on half a thought"


class Joined(ScriptedTerminal):
    """What a person types comes in behind our text at the last moment, before our Enter; the agent tells of what it took in."""

    member: Member

    def _enter(self) -> None:
        self.draft += " and theirs"
        super()._enter()
        self.member.prompts.append((self.clock(), self.arrived[-1]))


async def test_a_text_that_went_in_together_with_a_persons_is_not_called_sent(world: World) -> None:
    world.terminal = terminal = Joined(now_ms)
    (command,) = await world.queue("once")
    member = terminal.member = world.member()
    member.voice = ClaudeVoice()
    lane = world.lane(member)
    lane.add([command])
    async with running(world, lane, member):
        (done,) = await ended(world, command)
    assert (done.status, terminal.arrived) == (Status.UNCERTAIN, ["once and theirs"])
    assert "took in something else: 'once and theirs'" in (done.error or "")


class Aider(ScriptedTerminal):
    """aider as it draws itself: what it took in stays above, and it says nothing. A person cuts off what `cut` says, right before our
    Enter."""

    def __init__(self, cut: str = "") -> None:
        super().__init__(now_ms)
        self.cut = cut

    def screen(self) -> Screen:
        rule = "─" * WIDTH
        rows = [row for text in self.arrived for row in (rule, f"diff> {text}", "", "An answer.", "")]
        rows += ["Run shell command? (Y)es/(N)o [Yes]:"] if self.dialog else [rule, f"diff> {self.draft}".rstrip()]
        pane = replace(self.pane(), command="aider", cursor_x=len(rows[-1]), cursor_y=len(rows) - 1)
        rows += [""] * (HEIGHT - len(rows))
        return Screen(pane, tuple(rows), self.clock(), tuple(rows))

    def _enter(self) -> None:
        self.draft = self.draft.removesuffix(self.cut)
        super()._enter()


@pytest.mark.parametrize(
    ("cut", "asks", "status", "arrived"),
    [
        ("", False, Status.SENT, "go on with step 2"),
        # Its dialog follows at once, and hides the composer.
        ("", True, Status.SENT, "go on with step 2"),
        (" step 2", False, Status.UNCERTAIN, "go on with"),
    ],
)
async def test_what_aider_took_in_is_read_above_its_composer(
    world: World, cut: str, asks: bool, status: Status, arrived: str
) -> None:
    kind = catalogue(None).get("aider")
    world.kind = replace(kind, typing=replace(kind.typing, settle_ms=1, patience_ms=60))
    world.terminal = terminal = Aider(cut)
    terminal.arrived.append("an older one")
    terminal.asks_after = asks
    (command,) = await world.queue("go on with step 2")
    member = world.member()
    lane = world.lane(member)
    lane.add([command])
    async with running(world, lane, member):
        (done,) = await ended(world, command)
    assert (done.status, terminal.arrived) == (status, ["an older one", arrived])
    assert "above it" in (done.attempts[-1].proof or "")


async def test_an_agent_that_only_says_it_is_at_work_did_not_take_in_what_a_person_took_out(world: World) -> None:
    """The daemon dies before its Enter, a person empties the composer, and a hook of the turn before still says that it works."""
    (command,) = await world.queue("once")
    lane = world.lane(world.member(), CutLedger(world.store, 3, before=False))
    lane.add([command])
    with pytest.raises(Cut):
        async with asyncio.timeout(40):
            await lane.run()
    assert (await world.status(command)).attempts[-1].stage is Stage.ENTERING
    world.terminal.draft = ""
    stale = Reading(Source.HOOK, State.THINKING, "hook:UserPromptSubmit", "a prompt", now_ms())
    known = world.member()
    verdict = replace(known.agent.verdict, state=State.THINKING, evidence=(stale,))
    tracker = Tracker(world.kind, born_ms=now_ms(), spawned=True, verdict=None)
    again = Member(replace(known.agent, verdict=verdict), world.kind, tracker, SlidingWindow(1000))
    second = world.lane(again)
    second.add(await world.store.unfinished())
    task = asyncio.create_task(second.run())
    (done,) = await ended(world, command)
    task.cancel()
    assert (done.status, world.terminal.arrived) == (Status.UNCERTAIN, [])


async def test_a_dead_agent_is_never_typed_into(world: World) -> None:
    (command,) = await world.queue("anybody there")
    member = world.member()
    member.agent = replace(member.agent, verdict=replace(member.agent.verdict, alive=False))
    lane = world.lane(member)
    lane.add([command])
    task = asyncio.create_task(lane.run())
    (done,) = await ended(world, command)
    task.cancel()
    assert (done.status, world.terminal.pressed) == (Status.FAILED, [])


async def test_a_draft_that_stays_fails_the_command_and_is_left_as_it_is(world: World) -> None:
    (command,) = await world.queue("go on")
    world.terminal.draft = "half a thought"
    member = world.member()
    lane = world.lane(member, draft_wait_s=0.05)
    lane.add([command])
    async with running(world, lane, member):
        (done,) = await ended(world, command)
    assert done.status is Status.FAILED
    assert "draft stood in the composer for 0.05 s" in (done.error or "")
    assert (world.terminal.pressed, world.terminal.draft) == ([], "half a thought")


async def test_a_composer_that_stays_hidden_fails_the_command_with_that_reason(world: World) -> None:
    (command,) = await world.queue("go on")
    member = world.member()
    lane = world.lane(member, draft_wait_s=0.05)
    world.terminal.hidden = True
    lane.add([command])
    async with running(world, lane, member):
        (done,) = await ended(world, command)
    assert (done.status, world.terminal.pressed) == (Status.FAILED, [])
    assert "no composer was seen, although the agent is at rest" in (done.error or "")


async def test_an_interrupting_command_puts_a_draft_aside_and_back(world: World) -> None:
    (command,) = await world.queue("go on", when=When.INTERRUPT)
    world.terminal.draft = "half a thought,\nand its second line"
    member = world.member()
    lane = world.lane(member)
    lane.add([command])
    async with running(world, lane, member):
        (done,) = await ended(world, command)
    assert (done.status, world.terminal.arrived) == (Status.SENT, ["go on"])
    assert world.terminal.draft == "half a thought,\nand its second line"
    assert "put aside, and put back" in (done.attempts[-1].proof or "")


@pytest.mark.parametrize("draft", ["[Pasted text #1 +40 lines]", "/comp", "\n".join("abcdefgh")])
async def test_a_draft_that_cannot_be_read_whole_is_never_put_aside(world: World, draft: str) -> None:
    (command,) = await world.queue("go on", when=When.INTERRUPT)
    world.terminal.draft = draft
    member = world.member()
    lane = world.lane(member, draft_wait_s=0.05)
    lane.add([command])
    async with running(world, lane, member):
        (done,) = await ended(world, command)
    assert (done.status, world.terminal.pressed, world.terminal.draft) == (Status.FAILED, [], draft)


async def test_a_draft_that_somebody_is_typing_is_not_put_aside(world: World) -> None:
    (command,) = await world.queue("go on", when=When.INTERRUPT)
    world.terminal.draft = "x"
    member = world.member()
    lane = world.lane(member, draft_wait_s=0.3, draft_still_s=0.2)
    lane.add([command])
    async with running(world, lane, member):
        while (await world.status(command)).status is Status.QUEUED:
            world.terminal.draft += "x"
            await asyncio.sleep(0.02)
        (done,) = await ended(world, command)
    assert (done.status, world.terminal.pressed) == (Status.FAILED, [])


async def test_a_draft_that_cannot_be_put_back_is_told_word_by_word(world: World) -> None:
    (command,) = await world.queue("go on", when=When.INTERRUPT)
    world.terminal.draft, world.terminal.asks_after = "half a thought", True
    member = world.member()
    lane = world.lane(member)
    lane.add([command])
    async with running(world, lane, member):
        (done,) = await ended(world, command)
    assert world.terminal.arrived == ["go on"]
    assert "could not be put back (no composer is on the screen). It was: half a thought" in (
        done.attempts[-1].proof or ""
    )
    assert world.terminal.draft == "", "nothing was typed into the dialog"


@pytest.mark.parametrize("before", [True, False], ids=["before-the-write", "after-the-write"])
@pytest.mark.parametrize("at", [1, 2, 3, 4])
async def test_cut_off_at_any_write_a_draft_is_put_back_or_told(world: World, at: int, before: bool) -> None:
    (command,) = await world.queue("go on", when=When.INTERRUPT)
    world.terminal.draft = "half a thought"
    member = world.member()
    lane = world.lane(member, CutLedger(world.store, at, before=before))
    lane.add([command])
    task = asyncio.create_task(lane.run())
    async with asyncio.timeout(40):
        while not task.done():
            world.see(member)
            lane.wake()
            await asyncio.sleep(0.01)
    assert isinstance(task.exception(), Cut)
    again = world.member()
    second = world.lane(again)
    second.add(await world.store.unfinished())
    async with running(world, second, again):
        (done,) = await ended(world, command)
    assert world.terminal.arrived == ["go on"]
    assert done.status in (Status.SENT, Status.UNCERTAIN)
    assert world.terminal.draft == "half a thought"


async def test_nothing_is_pressed_while_somebody_else_has_the_hands(world: World) -> None:
    (command,) = await world.queue("go on", when=When.INTERRUPT)
    member = world.member()
    lane = world.lane(member)
    lane.add([command])
    async with running(world, lane, member):
        async with member.hands:
            for _ in range(20):
                lane.wake()
                await asyncio.sleep(0.005)
            assert (world.terminal.pressed, world.terminal.draft) == ([], "")
        (done,) = await ended(world, command)
    assert (done.status, world.terminal.arrived) == (Status.SENT, ["go on"])


async def test_a_program_that_stepped_in_front_at_the_last_moment_gets_no_key(world: World) -> None:
    (command,) = await world.queue("go on")
    world.terminal.other = 1
    member = world.member()
    lane = world.lane(member)
    lane.add([command])
    async with running(world, lane, member):
        (done,) = await ended(world, command)
    assert (done.status, world.terminal.arrived) == (Status.SENT, ["go on"])
    assert [attempt.outcome for attempt in done.attempts] == ["queued", "sent"]


class Deed(StrEnum):
    """What may happen between two commands."""

    DIALOG = "dialog"
    DRAFT = "draft"
    SWALLOW = "swallow"
    AWAY = "away"
    CANCEL = "cancel"
    CRASH = "crash"
    PAUSE = "pause"
    URGENT = "urgent"
    DELAY = "delay"
    EXPIRY = "expiry"


@settings(max_examples=20, deadline=None)
@given(
    script=strategies.lists(strategies.tuples(strategies.sampled_from(Deed), strategies.integers(0, 2)), max_size=8),
    cut=strategies.integers(1, 30),
)
def test_whatever_comes_in_between_the_order_holds_and_nothing_is_typed_twice(
    script: list[tuple[Deed, int]], cut: int
) -> None:
    """Commands of one agent at random moments, urgent, delayed and soon late ones among them, with dialogs, drafts, lost Enters, tmux
    away, cancels and a crash at any write."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(interleaved(Path(folder), script, cut))


async def interleaved(folder: Path, script: list[tuple[Deed, int]], cut: int) -> None:
    store = await Store.open(folder, node="here", clock=now_ms)
    try:
        world = World(store)
        commands: list[Command] = []
        member = world.member()
        dies = any(deed is Deed.CRASH for deed, _ in script)
        lane = world.lane(member, CutLedger(store, cut, before=cut % 2 == 0) if dies else None)
        async with running(world, lane, member):
            for deed, more in script:
                added = await world.queue(
                    *(f"text {len(commands) + n}" for n in range(more)),
                    priority=5 if deed is Deed.URGENT else 0,
                    delay_ms=30 if deed is Deed.DELAY else 0,
                    expires_in_ms=25 if deed is Deed.EXPIRY else None,
                )
                commands += added
                lane.add(added)
                await happen(world, lane, deed, commands)
        await store.commit(
            Change()
        )  # behind what the first lane was writing when it was ended: a daemon's end ends its writer, too
        again = world.member()
        # On a loaded machine a text may be seen too late: it ends `uncertain`, stands there, and is in the way of those behind it.
        second = world.lane(again, draft_wait_s=0.2)
        second.add(await store.unfinished())
        world.terminal.dialog, world.terminal.draft = False, ""
        async with running(world, second, again):
            done = await ended(world, *commands)
    finally:
        await store.close()
    assert len(set(world.terminal.arrived)) == len(world.terminal.arrived), "typed twice"
    arrived_at = [int(text.split()[1]) for text in world.terminal.arrived]
    for urgency in (0, 5):
        equals = [at for at in arrived_at if commands[at].priority == urgency and commands[at].not_before_ms is None]
        assert equals == sorted(equals), "out of order"
    for number, command in enumerate(done):
        arrived = f"text {number}" in world.terminal.arrived
        if command.status is Status.SENT:
            assert arrived
        elif command.status is not Status.UNCERTAIN:
            assert not arrived, command
        begun_ms = min((each.started_ms for each in command.attempts), default=None)
        if begun_ms is not None:
            assert command.not_before_ms is None or begun_ms >= command.not_before_ms, "before its time"
            assert command.expires_ms is None or begun_ms < command.expires_ms, "after its time"


async def happen(world: World, lane: Lane, deed: Deed, commands: list[Command]) -> None:
    terminal = world.terminal
    match deed:
        case Deed.DIALOG:
            terminal.dialog = True
            await asyncio.sleep(0.02)
            terminal.dialog = False
        case Deed.DRAFT if not terminal.draft:
            terminal.draft = "a person's own words"
            await asyncio.sleep(0.02)
            if terminal.draft == "a person's own words":
                terminal.draft = ""
        case Deed.SWALLOW:
            terminal.swallow += 1
        case Deed.AWAY:
            terminal.away += 1
        case Deed.CANCEL if commands:
            step = Step(commands[-1].id, Status.CANCELLED, None, None, now_ms())
            try:
                await world.store.commit(Change(steps=(step,)))
            except Conflict:
                return
            lane.drop(commands[-1].id)
        case _:
            await asyncio.sleep(0.01)
