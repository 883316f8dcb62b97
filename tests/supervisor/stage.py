"""A stage for the supervisor's tests: a terminal with one agent in it whose screens are drawn here, on a real store.

The agent behaves like a coding agent: a paste shows in its composer, Enter submits what stands there, and every submitted text
is kept, so that a test can say what arrived, how often and in what order.
"""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import replace

from outrider.errors import OtherProgram, PaneGone, TerminalAway, Touched
from outrider.model.pane import ANY, Launch, Pane, PaneRef, Screen, Sight, Terms

REF = PaneRef("test", 1, "%0")
WIDTH, HEIGHT = 100, 30


class ScriptedTerminal:
    """One pane with one agent. `swallow` Enters have no effect; `away` makes every call fail; `dialog` covers the composer; with
    `asks_after` one does once a text was submitted; `hidden`: nothing of the composer is on the screen."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self.clock = clock
        self.draft = ""
        self.arrived: list[str] = []
        self.swallow = 0
        self.away = 0
        self.other = 0
        self.dialog = False
        self.asks_after = False
        self.hidden = False
        self.gone = False
        self.pressed: list[str] = []
        self.touched_s = 0
        self.left = ""
        self.before_key: Callable[[], None] = lambda: None

    # ---- what tests ask ----

    def pane(self) -> Pane:
        pane = Pane(REF, "one", 1, "claude", "✳ Claude", "/tmp", WIDTH, HEIGHT, 2, 10)
        return replace(pane, clients=1, touched_s=self.touched_s)

    def screen(self) -> Screen:
        rule = "─" * WIDTH
        if self.dialog:
            rows = ["● Bash(rm -rf build)", "", rule, " Bash command", "", "   rm -rf build", "   Remove build dir", "",
                    " Do you want to proceed?", " ❯ 1. Yes", "   2. No", "", " Esc to cancel · Tab to amend"]  # fmt: skip
        else:
            first, *rest = self.draft.split("\n")
            rows = (
                ["  a long text"] * HEIGHT
                if self.hidden
                else [
                    "● Ready.",
                    "",
                    rule,
                    f"❯\xa0{first}".rstrip(" "),
                    *(f"  {row}" for row in rest),
                    rule,
                    "  ? for shortcuts",
                ]
            )
        rows += [""] * (HEIGHT - len(rows))
        return Screen(self.pane(), tuple(rows), self.clock(), tuple(rows))

    # ---- the port ----

    async def sights(self) -> AsyncIterator[Sight]:
        return
        yield

    def follow(self, refs: Collection[PaneRef]) -> None:
        """Everything is followed."""

    def urge(self, ref: PaneRef) -> None:
        """Nothing is late here."""

    async def spawn(self, launch: Launch) -> Pane:
        return self.pane()

    def _here(self, ref: PaneRef) -> None:
        if self.away > 0:
            self.away -= 1
            raise TerminalAway("the tmux server cannot be reached")
        if self.gone or ref != REF:
            raise PaneGone(f"no pane {ref.pane}")

    async def look(self, ref: PaneRef, *, styled: bool = False) -> Screen:
        self._here(ref)
        return self.screen()

    async def output(self, ref: PaneRef, *, lines: int, ansi: bool = False) -> tuple[str, ...]:
        self._here(ref)
        return self.screen().rows[-lines:]

    async def paste(self, ref: PaneRef, text: str, terms: Terms = ANY, *, always: bool = False) -> None:
        self._here(ref)
        self._touched(terms.touched_s)
        if self.other > 0:
            self.other -= 1
            raise OtherProgram("another program is in front; nothing was typed")
        self.pressed += terms.before
        self.draft += text
        self.left = terms.trace or self.left

    async def write(self, ref: PaneRef, text: str, terms: Terms = ANY) -> None:
        await self.paste(ref, text, terms)

    async def trace(self, ref: PaneRef, trace: str) -> None:
        self._here(ref)
        self.left = trace

    async def traced(self, ref: PaneRef) -> str:
        self._here(ref)
        return self.left

    async def press(self, ref: PaneRef, keys: Sequence[str], terms: Terms = ANY) -> None:
        self._here(ref)
        self._touched(terms.touched_s)
        self.left = terms.trace or self.left
        for key in keys:
            self.pressed.append(key)
            if key == "C-u":
                self.draft = ""
            elif key == "Enter" and not self.dialog:
                self._enter()

    def _touched(self, touched_s: int | None) -> None:
        self.before_key()
        if touched_s is not None and self.touched_s > touched_s:
            raise Touched("somebody has just pressed a key; nothing was typed")

    def _enter(self) -> None:
        if self.swallow > 0:
            self.swallow -= 1
        elif self.draft:
            self.arrived.append(self.draft)
            self.draft = ""
            self.dialog = self.asks_after

    async def end(self, ref: PaneRef) -> None:
        self.gone = True

    def health(self) -> Mapping[str, object]:
        return {"status": "ok", "version": "tmux 3.3a", "servers": []}
