"""The agent itself: what it holds, what input does to it, and what it shows. `loop` in __main__ drives it."""

import os
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

from e2e.scripted import blocks, dialogs
from e2e.scripted.blocks import Block
from e2e.scripted.composer import Composer
from e2e.scripted.dialogs import Dialog
from e2e.scripted.hooks import Hooks, HookTable
from e2e.scripted.keys import Input, Key, Paste, Text
from e2e.scripted.notes import Notes
from e2e.scripted.script import Place
from e2e.scripted.turn import Rejected, Turn

GLYPHS = "·✢*✶✻✽"
INTERRUPTED = "Interrupted · What should Claude do instead?"
BURST = 100


class Agent:
    """Everything but the terminal."""

    def __init__(self, place: Place, table: HookTable, home: Path, *, bypass: bool, resumed: str | None = None) -> None:
        self.place = place
        self.script = place.script()
        self.bypass = bypass
        cwd = str(Path.cwd())
        conversation = resumed or str(uuid.uuid4())
        self.notes = Notes(home, conversation, cwd)
        common = {"session_id": conversation, "transcript_path": str(self.notes.transcript), "cwd": cwd}
        self.hooks = Hooks(table, common)
        self.blocks: list[Block] = []
        self.printed = 0
        self.composer = Composer()
        self.dialog: Dialog | None = None
        self.queue: list[str] = []
        self.note = self.retry = self.asked = ""
        self.tokens = 0
        self.tool: tuple[str, Mapping[str, object], float] | None = None
        self.spoke = False
        self.exit_status: int | None = None
        self.ready = False
        self._prompt: str | None = None
        self._topic = "Claude Code"
        self._began = 0.0
        self._work: Iterator[None] | None = self._boot(cwd)
        self._pasted_at = 0.0
        self._swallow = self.script.get("swallow_enters", 0)
        self._ctrl_c_at = 0.0
        self._hint = ""

    @property
    def active(self) -> bool:
        """Whether it has something to do by itself."""
        return self._work is not None or bool(self.queue)

    @property
    def busy(self) -> bool:
        """Whether a turn is under way and nobody is asked."""
        return self._prompt is not None and self.dialog is None

    def leave(self, status: int) -> None:
        """Ends it with that exit status."""
        self.exit_status = status

    def step(self) -> None:
        """A moment passes."""
        if self._work is None and self.queue and self.ready:
            self._submit(self.queue.pop(0))
        if self._work is None:
            return
        try:
            next(self._work)
        except StopIteration:
            self._work = None
            self._end_turn()
        except Rejected:
            self._work = None
            self._interrupted()
        if self.spoke:
            for block in self.blocks[:-1]:
                block.settled = True
        self._say_status()

    def take(self, item: Input) -> None:
        """One input."""
        if self.dialog is not None:
            key = item.name if isinstance(item, Key) else item.text if isinstance(item, Text) else ""
            self.dialog.press(key)
        elif isinstance(item, Key):
            self._key(item.name)
        elif self.ready or self.blocks:
            self._hint = ""
            if isinstance(item, Paste):
                self.composer.paste(item.text)
                self._hint = "paste again to expand" if self.composer.pasted else ""
            else:
                self.composer.type(item.text)
            if isinstance(item, Paste) or len(item.text) >= BURST:
                self._pasted_at = time.monotonic()
            self.place.log("input", how=type(item).__name__.lower(), text=item.text)

    def _key(self, name: str) -> None:
        self.place.log("key", name=name)
        if name == "Enter":
            self._enter()
        elif name == "Escape":
            if self._prompt is not None:
                self._interrupt()
        elif name == "C-c":
            self._ctrl_c()
        elif name == "C-u":
            self.composer.kill_line()
        elif name == "C-j":
            self.composer.type("\n")
        elif name == "BSpace":
            self.composer.backspace()

    def _enter(self) -> None:
        burst = self.script.get("paste_burst", 0.3)
        if not self.ready or self._swallow > 0 or time.monotonic() - self._pasted_at < burst:
            self._swallow -= 1 if self.ready and self._swallow > 0 else 0
            self.place.log("enter_swallowed")
            return
        shell = self.composer.shell
        text = self.composer.enter()
        self._hint = ""
        if text is None:
            return
        if shell:
            self.composer.shell = False
            self.place.log("shell", text=text)
            self.blocks.append(Block("!", text, ("(No output)",)))
        elif text in ("/exit", "/quit"):
            self.exit_status = 0
        elif text.startswith("/") and "/" not in text.split()[0][1:]:
            self.place.log("slash", text=text)
            self.blocks.append(Block("●", f"Unknown command: {text.split()[0]}"))
        elif self._prompt is not None or self.queue:
            self.place.log("queued", text=text)
            self.queue.append(text)
        else:
            self._submit(text)

    def _submit(self, text: str) -> None:
        self.place.log("prompt", text=text)
        self.notes.record("user", {"role": "user", "content": text})
        self._settle()
        self.blocks.append(Block("❯", text, settled=False))
        self._prompt, self.spoke, self.tokens = text, False, 0
        self._topic, self._began = "Fix parser tests", time.monotonic()
        self._work = Turn(self).run(text, self.place.next_turn())

    def _end_turn(self) -> None:
        if self._prompt is not None:
            self.place.log("turn_end")
        self.note = self.retry = self.asked = ""
        self._prompt = self.tool = None
        self._settle()

    def _interrupt(self) -> None:
        self.place.log("interrupted")
        close = getattr(self._work, "close", None)
        if close is not None:
            close()
        self._work = None
        self._interrupted()

    def _interrupted(self) -> None:
        if self.spoke:
            if self.tool is not None:
                tool, given, _ = self.tool
                self.blocks.append(Block("●", blocks.head(tool, given), (INTERRUPTED,)))
            else:
                self.blocks.append(Block(" ", "", (INTERRUPTED,)))
        elif self._prompt is not None:
            self.blocks = [block for block in self.blocks if block.settled]
            self.composer.text = self._prompt.lstrip()
        self.dialog = None
        self._end_turn()

    def _ctrl_c(self) -> None:
        if self.script.get("stays"):
            return
        if self._prompt is not None:
            self._interrupt()
        elif not self.composer.text and time.monotonic() - self._ctrl_c_at < 1:
            self.exit_status = 0
        else:
            self.composer.clear()
            self._ctrl_c_at = time.monotonic()
            self._hint = "Press Ctrl-C again to exit"

    def _settle(self) -> None:
        for block in self.blocks:
            block.settled = True

    def _boot(self, cwd: str) -> Iterator[None]:
        for name in self.script.get("dialogs", []):
            make = {"trust": lambda: dialogs.trust(cwd), "api_key": dialogs.api_key, "bypass": dialogs.bypass}[name]
            self.dialog = make()
            self.place.log("dialog", name=name)
            while self.dialog.answer is None:
                yield
            self.place.log("answer", name=name, answer=self.dialog.answer)
            if self.dialog.answer == "No, exit":
                self.exit_status = 1
                return
            self.dialog = None
        self.blocks.append(blocks.banner(cwd, os.get_terminal_size(1).columns))
        ends = time.monotonic() + self.script.get("slow_start", 0.0)
        while time.monotonic() < ends:
            yield
        yield from self.hooks.run("SessionStart", {"source": "startup"})
        self.ready = True
        self.place.log("ready")

    def _say_status(self) -> None:
        if self.dialog is not None:
            if self.dialog.name == "permission prompt":
                self.notes.status("waiting", "permission prompt")
        elif self.ready:
            self.notes.status("busy" if self._prompt is not None else "idle")

    def title(self) -> str:
        """The pane's title now."""
        if not self.blocks:
            return ""
        spin = "⠂⠐"[int(time.monotonic() / 0.96) % 2] if self.busy else "✳"
        return f"{spin} {self._topic}"

    def live(self, width: int) -> list[str]:
        """The rows below what was printed for good: the first `printed` blocks."""
        rows = [row for block in self.blocks[self.printed :] for row in block.rows(width)]
        if self.dialog is not None:
            asked = Block("●", self.asked, ("Waiting…",)).rows(width) if self.asked else []
            return [*rows, *asked, *self.dialog.rows(width)]
        if not self.blocks:
            return rows
        if self.tool is not None:
            tool, given, began = self.tool
            rows += blocks.running(tool, given, int(time.monotonic() - began)).rows(width)
        if self._prompt is not None:
            rows += ["", self._busy_line()]
        rows += [f"  ❯ {text}".replace("\n", " ")[:width] for text in self.queue]
        ghost = "Press up to edit queued messages" if self.queue else ""
        return [*rows, "", "─" * width, *self.composer.rows(width, ghost), "─" * width, self._foot(width)]

    def _busy_line(self) -> str:
        glyph = GLYPHS[int(time.monotonic() / 0.12) % len(GLYPHS)]
        if self.retry:
            return f"{glyph} {self.retry}"
        seconds = int(time.monotonic() - self._began)
        notes = [f"{seconds}s", f"↓ {self.tokens} tokens" if self.tokens else "", self.note]
        said = " · ".join(note for note in notes if note)
        return f"{glyph} Propagating…" + (f" ({said})" if seconds or self.note else "")

    def _foot(self, width: int) -> str:
        mode = "⏵⏵ bypass permissions on (shift+tab to cycle)" if self.bypass else ""
        if self._hint:
            left = self._hint
        elif self.composer.shell:
            left = "! for shell mode"
        elif self._prompt is not None:
            left = " · ".join(part for part in (mode, "esc to interrupt", "← for agents") if part)
        elif self.composer.text:
            left = mode
        else:
            left = f"{mode or '? for shortcuts'} · ← for agents"
        right = "● high · /effort"
        return (
            f"  {left}".ljust(width - len(right) - 2)[: width - len(right) - 2] + right
            if width > 70
            else f"  {left}"[:width]
        )
