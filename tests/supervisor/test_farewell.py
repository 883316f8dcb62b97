"""An agent is asked to leave by its own keys, and none is pressed that it would take for something else."""

import time
from collections.abc import Sequence
from dataclasses import replace

import pytest

from outrider.kinds.load import catalogue
from outrider.logic.rates import SlidingWindow
from outrider.logic.tracker import Tracker
from outrider.model.agent import Agent
from outrider.model.pane import ANY, PaneRef, Screen, Terms
from outrider.model.state import Confidence, State, Verdict
from outrider.supervisor.crew import Member
from outrider.supervisor.farewell import Farewell
from supervisor.stage import REF, ScriptedTerminal

CLAUDE = catalogue(None).by_name()["claude"]
CLOSING_LOOKS = 12


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def member(state: State) -> Member:
    agent = Agent("a", "one", "here", "claude", REF, "/tmp", Verdict(state, True, 1, Confidence.HIGH), True, 1, 1)
    return Member(agent, CLAUDE, Tracker(CLAUDE, born_ms=1, spawned=True), SlidingWindow(100))


class Leaver(ScriptedTerminal):
    """An agent that draws no composer while it works, and none either for a few looks from its first quit key to its end."""

    def __init__(self, *, works: bool = False) -> None:
        super().__init__(now_ms)
        self.hidden = works
        self.closing = 0

    def screen(self) -> Screen:
        self.closing += bool(self.closing)
        screen = super().screen()
        if self.closing < CLOSING_LOOKS:
            return screen
        return replace(screen, pane=replace(screen.pane, dead=True, exit_status=self.exit_status))

    @property
    def exit_status(self) -> int:
        """130 where a key came while it put its things in order."""
        return 130 if self.pressed.count("C-c") > 1 else 0

    async def press(self, ref: PaneRef, keys: Sequence[str], terms: Terms = ANY) -> None:
        await super().press(ref, keys, terms)
        stops = "Escape" in keys
        self.hidden = not stops
        self.closing = 0 if stops else self.closing or 1


@pytest.mark.parametrize(("works", "keys"), [(False, ["C-c"]), (True, ["Escape", "C-c"])], ids=["at rest", "at work"])
async def test_while_it_puts_its_things_in_order_no_key_is_pressed(works: bool, keys: list[str]) -> None:
    terminal = Leaver(works=works)
    left = await Farewell(terminal, now_ms, limit_s=10).ask(member(State.WORKING if works else State.IDLE))
    assert left is not None
    assert (left.dead, left.exit_status, terminal.pressed) == (True, 0, keys)


@pytest.mark.parametrize("state", [State.WAITING, State.IDLE, State.INITIALIZING])
async def test_behind_what_covers_its_composer_nothing_is_pressed(state: State) -> None:
    terminal = Leaver(works=True)
    assert await Farewell(terminal, now_ms, limit_s=10).ask(member(state)) is None
    assert terminal.pressed == []
