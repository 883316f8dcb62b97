"""Answers by keys: one option is chosen on the dialog that was meant, and nothing is pressed on any other."""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pytest

from outrider.errors import Conflict, TimedOut, Touched
from outrider.kinds.load import catalogue
from outrider.logic import approval as dialogs
from outrider.logic.rates import SlidingWindow
from outrider.logic.tracker import Tracker
from outrider.model.agent import Agent
from outrider.model.kind import Kind
from outrider.model.pane import ANY, Pane, PaneRef, Screen, Terms
from outrider.model.state import Confidence, State, Verdict
from outrider.supervisor.crew import Member
from outrider.supervisor.keypad import Keypad, OtherDialog, Pauses, fingerprint
from supervisor.stage import REF, ScriptedTerminal

QUICK = Pauses(look=0.002, gone=0.05, moved=0.05)
KINDS = catalogue(None)
SGR = re.compile(r"\x1b\[[0-9;]*m")


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass
class Box:
    """A dialog as an agent draws it; `draw` makes its rows, for the option that is marked."""

    draw: Callable[[int], list[str]]
    options: int
    marked: int = 0
    numbers: bool = True
    deaf: bool = False
    chosen: list[int] = field(default_factory=list)


def claude_box(command: str = "rm -rf build", *, deaf: bool = False) -> Box:
    labels = ("Yes", "Yes, and don’t ask again for: rm *", "No")

    def draw(marked: int) -> list[str]:
        options = [f" {'❯' if at == marked else ' '} {at + 1}. {label}" for at, label in enumerate(labels)]
        body = [" Bash command", "", f"   {command}", "   Do it", "", " Do you want to proceed?", *options]
        return ["─" * 100, *body, "", " Esc to cancel · Tab to amend"]

    return Box(draw, 3, deaf=deaf)


def opencode_box(*, colours: bool = True) -> Box:
    def draw(marked: int) -> list[str]:
        words = [
            f"\x1b[38;5;{232 if at == marked and colours else 8}m{word}\x1b[39m"
            for at, word in enumerate(("Allow once", "Allow always", "Reject"))
        ]
        return [
            "  ┃  △ Permission required",
            "  ┃    # Shell command",
            "  ┃",
            "  ┃  $ pytest -q",
            "  ┃",
            f"  ┃   {'   '.join(words)}            ⇆ select  enter confirm",
            "  ┃",
        ]

    return Box(draw, 3, numbers=False)


class Asking(ScriptedTerminal):
    """An agent that shows its dialogs one after the other; `before_key` happens before each of our keys, and `person` between our look
    and our first one: tmux takes ours no more where that is a key of theirs (`presses`)."""

    def __init__(self, *boxes: Box) -> None:
        super().__init__(now_ms)
        self.boxes = list(boxes)
        self.all = list(boxes)
        self.before_key: Callable[[], None] = lambda: None
        self.person: Callable[[], None] = lambda: None
        self.in_mode = False

    def screen(self) -> Screen:
        rows = self.boxes[0].draw(self.boxes[0].marked) if self.boxes else ["● Ready."]
        styled = ["", "● Working", *rows, *[""] * 10]
        plain = [SGR.sub("", row).rstrip() for row in styled]
        pane = Pane(REF, "one", 1, "claude", "", "/tmp", 100, len(plain), 0, len(plain) - 1, in_mode=self.in_mode)
        pane = replace(pane, touched_s=self.touched_s)
        return Screen(pane, tuple(plain), self.clock(), tuple(styled))

    async def write(self, ref: PaneRef, text: str, terms: Terms = ANY) -> None:
        self._untouched(terms.touched_s)
        self._key(text)

    async def press(self, ref: PaneRef, keys: Sequence[str], terms: Terms = ANY) -> None:
        self._untouched(terms.touched_s)
        for key in keys:
            self._key(key)

    def presses(self, key: str) -> None:
        """A person does, once."""
        self.person = lambda: None
        self.touched_s += 1
        self._take(key)

    def _untouched(self, touched_s: int | None) -> None:
        self.person()
        if touched_s is not None and self.touched_s > touched_s:
            raise Touched("somebody has just pressed a key; nothing was typed")

    def _key(self, key: str) -> None:
        self.before_key()
        self.pressed.append(key)
        self._take(key)

    def _take(self, key: str) -> None:
        if not self.boxes or self.boxes[0].deaf:
            return
        box = self.boxes[0]
        if key in ("Down", "Right"):
            box.marked = min(box.marked + 1, box.options - 1)
        elif key in ("Up", "Left"):
            box.marked = max(box.marked - 1, 0)
        elif key == "Enter":
            self._choose(box.marked)
        elif key.isdigit() and box.numbers:
            self._choose(int(key) - 1)

    def _choose(self, option: int) -> None:
        self.boxes.pop(0).chosen.append(option)


class Lined(Asking):
    """An agent that asks in a line, as aider does: a letter and Enter."""

    def __init__(self) -> None:
        super().__init__()
        self.line = ""
        self.answered: list[str] = []

    def screen(self) -> Screen:
        asked = f"Create new file? (Y)es/(N)o [Yes]: {self.line}".rstrip()
        rows = ["diff> Do it", "", "Tokens: 2.3k sent, 11 received.", "", "src/b.py", asked]
        rows = ["diff> Do it", "", "Done."] if self.answered else rows
        pane = Pane(REF, "one", 1, "aider", "", "/tmp", 100, len(rows), len(rows[-1]) + 1, len(rows) - 1)
        return Screen(replace(pane, touched_s=self.touched_s), tuple(rows), self.clock(), tuple(rows))

    def _take(self, key: str) -> None:
        if key == "Enter":
            self.answered.append(self.line)
        elif key == "BSpace":
            self.line = self.line[:-1]
        else:
            self.line += key


def member_of(kind: Kind) -> Member:
    verdict = Verdict(State.WAITING, True, 1, Confidence.HIGH)
    agent = Agent("a", "one", "here", kind.name, REF, "/tmp", verdict, True, 1, 1, generation="g" * 32)
    return Member(agent, kind, Tracker(kind, born_ms=1, spawned=True), SlidingWindow(100))


def mark_of(member: Member, terminal: Asking) -> str:
    shown = dialogs.read(member.kind, terminal.screen())
    assert shown is not None
    return fingerprint(member, shown)


@pytest.mark.parametrize("wanted", [0, 1, 2])
@pytest.mark.parametrize("marked", [0, 2])
@pytest.mark.parametrize(("name", "make"), [("claude", claude_box), ("opencode", opencode_box)])
async def test_the_option_is_chosen_wherever_the_mark_stands(
    name: str, make: Callable[[], Box], marked: int, wanted: int
) -> None:
    box = make()
    terminal, member = Asking(box), member_of(KINDS.get(name))
    mark = mark_of(member, terminal)
    box.marked = marked
    assert await Keypad(terminal, now_ms, QUICK).choose(member, mark, wanted) is None
    assert box.chosen == [wanted]


async def test_another_dialog_is_not_pressed_on() -> None:
    terminal, member = Asking(claude_box(), claude_box("rm -rf /")), member_of(KINDS.get("claude"))
    mark = mark_of(member, terminal)
    terminal.boxes.pop(0)
    with pytest.raises(OtherDialog) as other:
        await Keypad(terminal, now_ms, QUICK).choose(member, mark, 0)
    assert other.value.shown is not None
    assert other.value.shown.command == "rm -rf /"
    terminal.boxes.clear()
    with pytest.raises(OtherDialog) as gone:
        await Keypad(terminal, now_ms, QUICK).choose(member, mark, 0)
    assert gone.value.shown is None
    assert terminal.pressed == []


async def test_a_dialog_that_opens_on_the_way_to_the_option_is_not_answered() -> None:
    second = opencode_box()
    second.draw = lambda marked: [row.replace("pytest -q", "rm -rf /") for row in opencode_box().draw(marked)]
    terminal, member = Asking(opencode_box(), second), member_of(KINDS.get("opencode"))
    mark = mark_of(member, terminal)

    def replaced() -> None:
        if len(terminal.boxes) == 2:
            terminal.boxes.pop(0)

    terminal.before_key = replaced
    with pytest.raises(OtherDialog):
        await Keypad(terminal, now_ms, QUICK).choose(member, mark, 2)
    assert second.chosen == []
    assert "Enter" not in terminal.pressed


async def test_nothing_is_pressed_where_it_cannot_be_seen_what_it_would_do() -> None:
    terminal, member = Asking(opencode_box(colours=False)), member_of(KINDS.get("opencode"))
    with pytest.raises(Conflict, match="marked"):
        await Keypad(terminal, now_ms, QUICK).choose(member, mark_of(member, terminal), 0)
    terminal, member = Asking(claude_box()), member_of(KINDS.get("claude"))
    terminal.in_mode = True
    with pytest.raises(Conflict, match="copy mode"):
        await Keypad(terminal, now_ms, QUICK).choose(member, mark_of(member, terminal), 0)
    assert terminal.pressed == []


async def test_a_dialog_that_stays_is_said_to_stay_and_the_key_is_not_repeated() -> None:
    terminal, member = Asking(claude_box(deaf=True)), member_of(KINDS.get("claude"))
    with pytest.raises(TimedOut, match="still shows"):
        await Keypad(terminal, now_ms, QUICK).choose(member, mark_of(member, terminal), 0)
    assert terminal.pressed == ["1"]


async def test_a_mark_that_does_not_move_is_left_alone() -> None:
    box = opencode_box()
    box.deaf = True
    terminal, member = Asking(box), member_of(KINDS.get("opencode"))
    with pytest.raises(TimedOut, match="did not move"):
        await Keypad(terminal, now_ms, QUICK).choose(member, mark_of(member, terminal), 2)
    assert terminal.pressed == ["Right"]


async def test_a_persons_key_between_our_look_and_ours_is_looked_at_before_ours_is_pressed() -> None:
    box = opencode_box()
    terminal, member = Asking(box), member_of(KINDS.get("opencode"))
    mark = mark_of(member, terminal)
    terminal.person = lambda: terminal.presses("Right")
    assert await Keypad(terminal, now_ms, QUICK).choose(member, mark, 2) is None
    assert (box.chosen, terminal.pressed) == ([2], ["Right", "Enter"])


@pytest.mark.parametrize(("name", "make"), [("claude", claude_box), ("opencode", opencode_box)])
async def test_a_person_who_answers_between_our_look_and_our_key_has_answered(
    name: str, make: Callable[[], Box]
) -> None:
    box = make()
    terminal, member = Asking(box, make()), member_of(KINDS.get(name))
    terminal.all[1].draw = lambda marked: ["  another program"]
    mark = mark_of(member, terminal)
    terminal.person = lambda: terminal.presses("Enter")
    with pytest.raises(OtherDialog):
        await Keypad(terminal, now_ms, QUICK).choose(member, mark, 2)
    assert (box.chosen, terminal.pressed) == ([0], [])


async def test_enter_behind_a_letter_waits_for_another_look_where_a_person_pressed_a_key() -> None:
    terminal, member = Lined(), member_of(KINDS.get("aider"))
    mark = mark_of(member, terminal)

    def corrects() -> None:
        if terminal.line:
            terminal.presses("BSpace")

    terminal.person = corrects
    with pytest.raises(TimedOut, match="Enter was not pressed"):
        await Keypad(terminal, now_ms, QUICK).choose(member, mark, 1)
    assert (terminal.answered, terminal.pressed) == ([], ["n"])
    assert await Keypad(terminal, now_ms, QUICK).choose(member, mark, 1) is None
    assert terminal.answered == ["n"]
