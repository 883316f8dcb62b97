"""One agent over time: what is seen and heard of it, in order, and what it is said to be doing."""

import dataclasses
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import drawn
from outrider.logic.tracker import Tracker, transitions
from outrider.model.event import EventName
from outrider.model.kind import Calm, Rule
from outrider.model.pane import Screen
from outrider.model.state import Confidence, Detail, ErrorClass, Reading, Source, State, Verdict

CLAUDE = drawn.kind()
FRESH = drawn.claude("╭── Claude Code ──╮\n╰─────────────────╯")
BUSY = drawn.claude("❯ Fix it\n\n● On it.\n\n✽ Forming… (5s · ↓ 60 tokens)", title="⠂ Fix")
TESTING = drawn.claude("❯ Test it\n\n● Bash(pytest -q)\n  ⎿  Running…\n\n✽ Forming… (5s · ↓ 60 tokens)", title="⠂ Fix")
DONE = drawn.claude("❯ Fix it\n\n● Fixed.\n\n✻ Crunched for 5s", title="✳ Fix")
INTERRUPTED = drawn.claude("❯ Fix it\n\n● On it.\n  ⎿  Interrupted · What should Claude do instead?", title="✳ Fix")
DIALOG = drawn.screen(
    "─" * 80 + "\n Bash command\n\n   rm -rf build\n   Remove\n\n Do you want to proceed?\n ❯ 1. Yes\n   2. No"
)


class Watched:
    """A tracker and the time."""

    def __init__(self, *, spawned: bool = True, verdict: Verdict | None = None) -> None:
        self.now = 1_000_000
        self.tracker = Tracker(CLAUDE, born_ms=self.now, spawned=spawned, verdict=verdict)

    def sees(self, screen: Screen, *, after: int = 100, settled: bool = True) -> Verdict:
        """Shows a screen, and where `settled` looks at it again later."""
        self.now += after
        self.tracker.pane(screen.pane, self.now)
        self.tracker.screen(drawn.later(screen, self.now))
        verdict = self.tracker.verdict(self.now)
        return self.waits(500) if settled else verdict

    def waits(self, ms: int) -> Verdict:
        """Looks again after that time: nothing changed."""
        self.now += ms
        self.tracker.still(self.now)
        return self.tracker.verdict(self.now)

    def hears(
        self, state: State, rule: str = "hook:X", *, source: Source = Source.HOOK, detail: Detail | None = None
    ) -> Verdict:
        """The agent says something of itself."""
        self.now += 10
        self.tracker.hear(Reading(source, state, rule, rule, self.now, detail or Detail()))
        return self.tracker.verdict(self.now)


def test_from_the_start_to_the_first_prompt() -> None:
    agent = Watched()
    first = agent.tracker.verdict(agent.now)
    assert (first.state, first.confidence) == (State.INITIALIZING, Confidence.MEDIUM)
    assert not agent.tracker.ready
    assert agent.sees(FRESH).state is State.IDLE
    assert agent.tracker.ready


def test_what_a_starting_script_runs_first_is_not_the_agent_that_left() -> None:
    agent = Watched()
    for command in ("tmux: server", "sh", "env", "sh"):
        agent.tracker.pane(dataclasses.replace(FRESH.pane, command=command, title=""), agent.now)
        verdict = agent.waits(1000)
        assert (verdict.alive, verdict.state) == (True, State.INITIALIZING)
    assert agent.sees(FRESH).state is State.IDLE
    agent.tracker.pane(dataclasses.replace(FRESH.pane, command="sh"), agent.now)
    assert not agent.waits(100).alive


def test_an_adopted_agent_that_nothing_is_known_of() -> None:
    verdict = Tracker(CLAUDE, born_ms=5, spawned=False).verdict(10)
    assert (verdict.confidence, verdict.evidence) == (Confidence.LOW, ())


def test_busy_at_once_calm_when_settled() -> None:
    agent = Watched()
    agent.sees(FRESH)
    assert agent.sees(BUSY, settled=False).state is State.WORKING
    calm = drawn.claude("❯ Fix it\n\n● Fixed.", title="")
    assert agent.sees(calm, settled=False).state is State.WORKING
    assert not agent.tracker.ready
    assert agent.waits(500).state is State.COMPLETE
    assert agent.tracker.ready


def test_what_draws_that_it_is_done_needs_no_settling_beyond_its_kinds() -> None:
    done = dataclasses.replace(DONE, pane=dataclasses.replace(DONE.pane, title=""))
    agent = Watched()
    agent.sees(BUSY)
    assert agent.sees(done, settled=False).state is State.COMPLETE
    slow = dataclasses.replace(CLAUDE, calm=Calm(shown_ms=200))
    agent.tracker.learn(slow)
    agent.sees(BUSY)
    assert agent.sees(done, settled=False).state is State.WORKING
    assert agent.waits(250).state is State.COMPLETE


def test_rules_learnt_anew_read_the_screen_that_stands() -> None:
    agent = Watched()
    agent.sees(FRESH)
    assert agent.sees(drawn.claude("❯ Go\n\n~ Whirring")).state is State.IDLE
    whirring = Rule("whirring", State.TESTING, "tail", re.compile(r"^~ Whirring"))
    agent.tracker.learn(dataclasses.replace(CLAUDE, rules=(whirring, *CLAUDE.rules)))
    assert agent.tracker.verdict(agent.now).state is State.TESTING


def test_a_title_that_agrees_needs_no_settling() -> None:
    agent = Watched()
    agent.sees(BUSY)
    assert agent.sees(DONE, settled=False).state is State.COMPLETE
    assert not agent.tracker.ready


def test_escape_fires_no_hook() -> None:
    agent = Watched()
    agent.sees(FRESH)
    agent.hears(State.TESTING, "hook:PreToolUse", detail=Detail(tool="Bash", command="pytest"))
    assert agent.sees(TESTING).state is State.TESTING
    assert agent.sees(INTERRUPTED, after=2000).state is State.IDLE
    assert agent.waits(60_000).state is State.IDLE


def test_a_prompt_put_back_into_the_composer_was_interrupted() -> None:
    agent = Watched()
    agent.sees(DONE)
    agent.sees(BUSY)
    put_back = drawn.claude("❯ Old\n\n● Done.\n\n✻ Crunched for 5s", draft="Fix it", title="✳ Fix")
    verdict = agent.sees(put_back)
    assert (verdict.state, verdict.detail.reason) == (State.IDLE, "interrupted")


def test_what_a_resumed_conversation_shows_is_not_complete() -> None:
    agent = Watched()
    assert agent.sees(DONE).state is State.IDLE
    assert Watched(spawned=False).sees(DONE).state is State.COMPLETE


def test_a_hook_is_ahead_of_the_screen() -> None:
    agent = Watched()
    agent.sees(FRESH)
    assert agent.hears(State.THINKING, "hook:UserPromptSubmit").state is State.THINKING
    agent.sees(BUSY)
    assert agent.hears(State.COMPLETE, "hook:Stop").state is State.COMPLETE


def test_background_work_is_not_complete() -> None:
    agent = Watched()
    agent.sees(BUSY)
    agent.tracker.background(True)
    agent.hears(State.COMPLETE, "hook:Stop")
    verdict = agent.sees(DONE)
    assert (verdict.state, verdict.detail.reason) == (State.IDLE, "background")
    agent.tracker.background(False)
    assert agent.waits(100).state is State.COMPLETE


def test_a_dialog_beats_a_busy_hook_and_bears_its_command() -> None:
    agent = Watched()
    agent.sees(BUSY)
    agent.hears(State.WAITING, "hook:PermissionRequest", detail=Detail(tool="Bash", command="rm -rf build --all"))
    verdict = agent.sees(DIALOG)
    assert (verdict.state, verdict.detail.options) == (State.WAITING, ("Yes", "No"))
    assert verdict.detail.command == "rm -rf build --all"
    assert not agent.tracker.ready
    assert agent.sees(BUSY, after=2000).state is State.WORKING


def test_an_error_stays_until_the_next_prompt() -> None:
    agent = Watched()
    agent.sees(BUSY)
    failed = agent.sees(drawn.claude("❯ Fix it\n\n● API Error: 529 Overloaded\n\n✻ Cooked for 0s"))
    assert (failed.state, failed.detail.error) == (State.ERROR, ErrorClass.SERVER)
    assert agent.tracker.ready
    after_help = drawn.claude("❯ Fix it\n\n● API Error: 529\n\n✻ Cooked for 0s\n\n❯ /help\n  ⎿  Help dialog dismissed")
    assert agent.sees(after_help).state is State.ERROR
    agent.sees(BUSY)
    assert agent.sees(DONE).state is State.COMPLETE


def test_a_failure_that_only_the_transcript_tells_of_stays_until_the_next_turn() -> None:
    agent = Watched()
    failed = Detail(error=ErrorClass.AUTH, retrying=False, message="Not logged in")
    agent.sees(BUSY)
    agent.sees(DONE)
    verdict = agent.hears(State.ERROR, "transcript:error", source=Source.TRANSCRIPT, detail=failed)
    assert (verdict.state, verdict.detail, verdict.evidence[0].source) == (State.ERROR, failed, Source.TRANSCRIPT)
    assert agent.sees(BUSY, after=5000).state is State.WORKING
    assert agent.sees(DONE, after=5000).state is State.COMPLETE


def test_a_transcripts_word_from_before_our_enter_is_about_the_turn_before() -> None:
    agent = Watched()
    agent.sees(DONE)
    agent.hears(State.ERROR, source=Source.TRANSCRIPT, detail=Detail(error=ErrorClass.AUTH, retrying=False))
    agent.now += 10
    agent.tracker.typed(agent.now)
    assert agent.tracker.verdict(agent.now).state is State.THINKING


def test_when_a_limit_ends_is_told_with_the_failure() -> None:
    agent = Watched()
    agent.sees(BUSY)
    said = "❯ Fix it\n\n● You've hit your session limit · resets in 2h\n\n✻ Cooked for 0s"
    verdict = agent.sees(drawn.claude(said))
    assert verdict.detail.error is ErrorClass.USAGE_LIMIT
    assert verdict.detail.resets_at_ms == agent.now - 500 + 2 * 3_600_000
    assert agent.waits(60_000).detail == verdict.detail


def test_a_retry_is_an_error_though_the_title_spins() -> None:
    agent = Watched()
    agent.hears(State.THINKING, source=Source.SESSION_FILE)
    verdict = agent.sees(drawn.claude("❯ Go\n\n✻ API error · Retrying in 4s · attempt 4/10", title="⠂ Fix"))
    assert (verdict.state, verdict.detail.retrying) == (State.ERROR, True)
    assert not agent.tracker.ready
    assert any(each.reading.source is Source.TITLE for each in verdict.rejected)


def test_our_own_enter_makes_it_busy_until_something_answers() -> None:
    agent = Watched()
    agent.sees(FRESH)
    agent.tracker.typed(agent.now)
    assert agent.waits(300).state is State.THINKING
    assert not agent.tracker.ready
    assert agent.sees(BUSY, settled=False).state is State.WORKING


def test_the_end_of_the_turn_before_does_not_come_back_where_the_screen_answers_our_enter_first() -> None:
    agent = Watched()
    agent.sees(BUSY)
    agent.hears(State.COMPLETE, "hook:Stop")
    assert agent.sees(DONE).state is State.COMPLETE
    agent.tracker.typed(agent.now)
    assert agent.waits(10).state is State.THINKING
    assert agent.sees(BUSY, settled=False).state is State.WORKING
    assert agent.hears(State.THINKING, "hook:UserPromptSubmit").state is State.THINKING


def test_our_own_enter_is_forgotten_when_nothing_ever_happens() -> None:
    agent = Watched()
    agent.sees(FRESH)
    agent.tracker.typed(agent.now)
    assert agent.waits(4000).state is State.THINKING
    agent.waits(2000)
    assert agent.waits(2000).state in (State.IDLE, State.COMPLETE)
    agent.tracker.typed(agent.now, 20_000)
    assert agent.waits(20_000).state is State.THINKING, "a long text that takes its time to be taken in"


def test_killed_the_title_stays() -> None:
    agent = Watched()
    agent.sees(BUSY)
    pane = dataclasses.replace(BUSY.pane, command="bash")
    agent.tracker.pane(pane, agent.now + 10)
    verdict = agent.tracker.verdict(agent.now + 10)
    assert (verdict.alive, verdict.state, verdict.detail.reason) == (False, State.IDLE, "left")
    assert verdict == agent.tracker.verdict(agent.now + 5000)


@pytest.mark.parametrize("first", ["tmux", "env", "node"])
def test_what_stood_in_front_before_the_agent_started_does_not_make_its_script_a_shell_left_behind(first: str) -> None:
    agent = Watched()
    for command in (first, "sh"):
        agent.tracker.pane(drawn.pane(command=command, title=""), agent.now)
    assert agent.tracker.verdict(agent.now).alive
    agent.sees(FRESH)
    assert agent.tracker.verdict(agent.now).alive


def test_a_name_that_tmux_misread_while_a_script_started_is_no_program_that_left() -> None:
    agent = Watched()
    for command in ("tmux", "env", "shv", "sh"):
        agent.now += 30
        agent.tracker.pane(drawn.pane(command=command, title=""), agent.now)
    agent.sees(dataclasses.replace(FRESH, pane=dataclasses.replace(FRESH.pane, command="sh")))
    agent.tracker.pane(drawn.pane(command="sh", title="elsewhere"), agent.now)
    assert agent.tracker.verdict(agent.now).alive


def test_a_script_that_stays_in_front_is_not_the_agents_end() -> None:
    agent = Watched()
    for command in ("tmux", "env", "bash"):
        agent.tracker.pane(drawn.pane(command=command, title=""), agent.now)
    agent.sees(dataclasses.replace(FRESH, pane=dataclasses.replace(FRESH.pane, command="bash")))
    agent.tracker.pane(drawn.pane(command="bash", title="elsewhere"), agent.now)
    assert agent.tracker.ready
    assert agent.tracker.verdict(agent.now).alive


def test_a_program_that_starts_through_a_shell_is_not_gone() -> None:
    agent = Watched()
    agent.tracker.pane(drawn.pane(command="sh", title=""), agent.now)
    assert agent.tracker.verdict(agent.now).alive
    agent.sees(FRESH)
    agent.tracker.pane(drawn.pane(command="bash", title=""), agent.now)
    assert not agent.tracker.verdict(agent.now).alive


def test_exit_statuses() -> None:
    for status, state in ((0, State.COMPLETE), (1, State.ERROR), (137, State.ERROR)):
        agent = Watched()
        agent.sees(BUSY)
        agent.tracker.pane(dataclasses.replace(BUSY.pane, dead=True, exit_status=status), agent.now)
        verdict = agent.tracker.verdict(agent.now)
        assert (verdict.alive, verdict.exit_status, verdict.state) == (False, status, state)
    assert verdict.detail.error is ErrorClass.CRASH


def test_a_pane_that_is_gone() -> None:
    agent = Watched()
    agent.sees(DONE)
    agent.tracker.gone(agent.now, "its tmux session was ended")
    verdict = agent.tracker.verdict(agent.now)
    assert not verdict.alive
    assert verdict.evidence[0].rule == "process:gone"


def test_a_stale_session_file_does_not_pin_it_busy() -> None:
    agent = Watched()
    agent.hears(State.THINKING, source=Source.SESSION_FILE)
    agent.sees(BUSY)
    assert agent.sees(DONE).state is State.COMPLETE
    assert agent.waits(60_000).state is State.COMPLETE


def test_what_cannot_be_read_keeps_its_state_and_says_so() -> None:
    agent = Watched()
    agent.sees(DONE, settled=False)
    agent.sees(BUSY)
    agent.sees(DONE)
    blank = drawn.screen("an editor", title="")
    verdict = agent.sees(blank)
    assert (verdict.state, verdict.confidence) == (State.COMPLETE, Confidence.LOW)
    assert not agent.tracker.ready


def test_after_a_restart_of_ours_nothing_is_news() -> None:
    agent = Watched()
    agent.sees(BUSY)
    before = agent.sees(DONE)
    again = Watched(verdict=before)
    after = again.sees(DONE)
    assert transitions("s", before, after, again.now) == ()
    assert after.since_ms == before.since_ms


def test_transitions_are_told_once_and_in_order() -> None:
    agent = Watched()
    idle = agent.sees(FRESH)
    busy = agent.sees(BUSY)
    done = agent.sees(DONE)
    assert [fact.name for fact in transitions("s", None, idle, 1)] == [EventName.STATE_CHANGE]
    (change,) = transitions("s", idle, busy, 2)
    assert (change.data["state"], change.data["prevState"], change.at_ms) == ("working", "idle", 2)
    assert [fact.name for fact in transitions("s", busy, done, 3)] == [EventName.STATE_CHANGE, EventName.AGENT_COMPLETE]
    assert transitions("s", done, agent.waits(1000), 4) == ()
    agent.tracker.gone(agent.now, "killed")
    (gone,) = transitions("s", done, agent.tracker.verdict(agent.now), 5)
    assert gone.name is EventName.AGENT_EXITED


def test_another_question_is_another_wait() -> None:
    agent = Watched()
    first = agent.sees(DIALOG)
    rows = tuple(row.replace("rm -rf build", "rm -rf dist") for row in DIALOG.rows)
    second = agent.sees(dataclasses.replace(DIALOG, rows=rows))
    assert [fact.name for fact in transitions("s", first, second, 1)] == [EventName.AGENT_WAITING]


def test_a_dialog_that_a_hook_tells_and_the_screen_shows_is_one() -> None:
    agent = Watched()
    busy = agent.sees(BUSY)
    asked = Detail(tool="Bash", command="rm -rf build", question="Allow Bash?")
    told = agent.hears(State.WAITING, "hook:PermissionRequest", detail=asked)
    shown = agent.sees(DIALOG)
    assert shown.detail.options == ("Yes", "No")
    names = [fact.name for fact in transitions("s", busy, told, 1)]
    assert names == [EventName.STATE_CHANGE, EventName.AGENT_WAITING]
    assert transitions("s", told, shown, 2) == ()


def test_a_turn_is_complete_once_also_when_a_menu_was_open() -> None:
    agent = Watched()
    agent.sees(BUSY)
    done = agent.sees(DONE)
    menu = agent.sees(drawn.claude("❯ Fix it\n\n● Fixed.\n\n✻ Crunched for 5s", draft="/mo", title="✳ Fix"))
    assert (menu.state, menu.detail.reason) == (State.IDLE, "menu")
    again = agent.sees(DONE)
    assert again.state is State.COMPLETE
    assert done.state is State.COMPLETE
    assert [fact.name for fact in transitions("s", menu, again, 1)] == [EventName.STATE_CHANGE]


def test_what_a_shell_runs_before_its_first_prompt_is_no_turn() -> None:
    tracker = Tracker(drawn.kind("shell"), born_ms=0, spawned=True)
    seen = []
    at_prompt = dataclasses.replace(drawn.pane(command="bash", title=""), cursor_x=7, cursor_y=0)
    blank = drawn.screen("", title="")
    for now, command, rows in (
        (100, "bash", ""),
        (16_000, "nvm", ""),
        (20_000, "bash", "u@h:~$"),
        (20_500, "bash", "u@h:~$"),
    ):
        pane = dataclasses.replace(at_prompt, command=command)
        tracker.pane(pane, now)
        tracker.screen(dataclasses.replace(blank, pane=pane, rows=(rows, *blank.rows[1:]), taken_ms=now))
        seen.append(tracker.verdict(now).state)
    assert seen[-1] is State.IDLE, seen
    assert State.COMPLETE not in seen


def test_work_whose_beginning_has_scrolled_off_is_still_that_work() -> None:
    agent = Watched()
    assert agent.sees(TESTING).state is State.TESTING
    rows = "\n".join(f"     test_{n} PASSED" for n in range(30)) + "\n\n✽ Forming… (9s · ↓ 60 tokens)"
    verdict = agent.sees(drawn.claude(rows, title="⠂ Fix"))
    assert (verdict.state, verdict.detail.command, verdict.evidence[0].rule) == (State.TESTING, "pytest -q", "unseen")
    fresh = Watched()
    assert fresh.sees(drawn.claude(rows, title="⠂ Fix")).state is State.WORKING


def test_a_shell() -> None:
    shell = drawn.kind("shell")
    tracker = Tracker(shell, born_ms=0, spawned=True)
    prompt = drawn.screen("u@h:~$", title="")
    at_prompt = dataclasses.replace(prompt.pane, command="bash", cursor_x=7, cursor_y=0)
    tracker.pane(at_prompt, 100)
    tracker.screen(dataclasses.replace(prompt, pane=at_prompt, taken_ms=100))
    assert tracker.verdict(100).state is State.IDLE
    running = drawn.screen("u@h:~$ python3 -m pytest -q\n....", title="")
    in_front = dataclasses.replace(running.pane, command="python3", cursor_x=4, cursor_y=1)
    tracker.pane(in_front, 300)
    tracker.screen(dataclasses.replace(running, pane=in_front, taken_ms=300))
    assert tracker.verdict(300).state is State.TESTING
    after = drawn.screen("u@h:~$ python3 -m pytest -q\n....\nu@h:~$", title="")
    back = dataclasses.replace(after.pane, command="bash", cursor_x=7, cursor_y=2)
    tracker.pane(back, 900)
    tracker.screen(dataclasses.replace(after, pane=back, taken_ms=900))
    tracker.verdict(900)
    tracker.still(1500)
    assert tracker.verdict(1500).state is State.COMPLETE
    assert tracker.ready


SCREENS = (FRESH, BUSY, TESTING, DONE, INTERRUPTED, DIALOG)
STEPS = st.one_of(
    st.tuples(st.just("sees"), st.sampled_from(SCREENS)),
    st.tuples(st.just("hears"), st.sampled_from(State), st.sampled_from((Source.HOOK, Source.SESSION_FILE))),
    st.tuples(st.just("typed")),
    st.tuples(st.just("waits"), st.sampled_from((0, 100, 450, 1600, 5100, 10_100, 31_000))),
    st.tuples(st.just("passes"), st.sampled_from((100, 1300, 31_000))),
)


@given(st.lists(STEPS, max_size=25))
def test_a_verdict_that_is_kept_is_the_one_that_would_be_found_again(steps: list[tuple[object, ...]]) -> None:
    kept, afresh = Watched(), Watched()
    for step in steps:
        for agent in (kept, afresh):
            match step:
                case ("sees", Screen() as screen):
                    agent.sees(screen, settled=False)
                case ("hears", State() as state, Source() as source):
                    agent.hears(state, source=source)
                case ("typed",):
                    agent.tracker.typed(agent.now)
                case ("waits", int(ms)):
                    agent.waits(ms)
                case ("passes", int(ms)):
                    agent.now += ms
        for running in (True, False):  # there and back: nothing is different, and everything is to be judged again
            afresh.tracker.background(running)
        assert kept.tracker.verdict(kept.now) == afresh.tracker.verdict(afresh.now)


def test_while_nothing_changes_the_verdict_is_the_same_object() -> None:
    agent = Watched()
    first = agent.sees(BUSY)
    assert all(agent.waits(100) is first for _ in range(20))
    assert agent.sees(drawn.later(DONE, agent.now)) is not first


def test_a_turn_that_nobody_saw_is_told_once_it_is_over() -> None:
    agent = Watched(verdict=_rested(State.COMPLETE))
    before = agent.sees(DONE)
    prompted = agent.now + 10
    agent.now += 2000
    agent.tracker.took_in(prompted)
    after = agent.hears(State.COMPLETE, "hook:Stop")
    assert _names(before, after) == [EventName.AGENT_COMPLETE]
    assert after.since_ms == agent.now
    assert _names(after, agent.waits(5000)) == []


def test_a_turn_that_nobody_saw_is_over_once_the_screen_was_looked_at_behind_it() -> None:
    agent = Watched(verdict=_rested(State.COMPLETE))
    before = agent.sees(DONE)
    agent.tracker.took_in(agent.now)
    assert _names(before, agent.waits(1000)) == [], "it may have begun just now"
    after = agent.waits(1000)
    assert _names(before, after) == [EventName.AGENT_COMPLETE]
    assert _names(after, agent.waits(5000)) == []


def test_a_turn_that_is_seen_is_told_once_however_late_its_prompt_is() -> None:
    agent = Watched(verdict=_rested(State.COMPLETE))
    agent.sees(DONE)
    agent.hears(State.THINKING, "hook:UserPromptSubmit")
    prompted = agent.now
    agent.sees(BUSY)
    agent.sees(DONE)
    done = agent.waits(2000)
    assert done.state is State.COMPLETE
    agent.tracker.took_in(prompted)
    assert _names(done, agent.waits(5000)) == []


def test_what_interrupted_a_turn_that_nobody_saw_is_no_completion() -> None:
    agent = Watched(verdict=_rested(State.COMPLETE))
    before = agent.sees(DONE)
    agent.tracker.took_in(agent.now + 10)
    agent.now += 2000
    after = agent.sees(INTERRUPTED)
    assert after.state is State.IDLE
    assert _names(before, after) == [EventName.STATE_CHANGE]


def test_errors_of_two_turns_are_two_though_nobody_saw_the_second_begin() -> None:
    agent = Watched(verdict=_rested(State.ERROR))
    before = agent.hears(State.ERROR, detail=Detail(error=ErrorClass.RATE_LIMIT))
    agent.tracker.took_in(agent.now + 10)
    agent.now += 3000
    after = agent.hears(State.ERROR, detail=Detail(error=ErrorClass.RATE_LIMIT))
    assert _names(before, after) == [EventName.AGENT_ERROR]


def _rested(state: State) -> Verdict:
    return Verdict(state=state, alive=True, since_ms=900_000, confidence=Confidence.HIGH)


def _names(before: Verdict, after: Verdict) -> list[EventName]:
    return [fact.name for fact in transitions("one", before, after, 0)]
