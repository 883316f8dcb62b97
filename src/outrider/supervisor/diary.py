"""The diary of one agent: what is remembered of it over time, so that one can tell whether it is stuck. Time is an argument."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from outrider.logic.stillness import essence
from outrider.logic.stuck import History
from outrider.model.hook import HookEvent
from outrider.model.pane import Screen
from outrider.model.state import Verdict

REMEMBERED = 40
# Asking again what a background task has written is waiting, not looping.
_WAITS = frozenset({"BashOutput", "TaskOutput", "TaskGet", "TaskList", "Monitor"})
_LINE = 400
_STEPS, _BY_HAND_MS = 3, 1000


@dataclass(slots=True)
class Draft:
    """What stands in the composer: since when, and whether it was seen to grow as it does under a person's hands."""

    text: str = ""
    since_ms: int = 0
    began_ms: int = 0
    steps: int = 0
    genuine: bool | None = None
    """Whether a close look found it to be typed and not drawn as a suggestion; None before that look."""

    @property
    def by_hand(self) -> bool:
        """Whether a person wrote it."""
        return self.steps >= _STEPS and self.since_ms - self.began_ms >= _BY_HAND_MS


class Diary:
    """`moved_ms` is the last sign of movement; `running` whether a process works on its command, as of `checked_ms`."""

    def __init__(self, moved_ms: int) -> None:
        self.moved_ms = moved_ms
        self.draft = Draft()
        self.running = False
        self.checked_ms = 0
        self.thought_ms = 0
        self._recent: tuple[str, ...] = ()
        self._screen: Screen | None = None
        self._essence: int | None = None

    def looked(self, screen: Screen | None) -> None:
        """The newest screen. It counts as movement where more than clocks and spinners changed."""
        if screen is None or screen is self._screen:
            return
        self._screen = screen
        found = essence(screen.rows)
        if self._essence is not None and found != self._essence:
            self.moved_ms = max(self.moved_ms, screen.taken_ms)
        self._essence = found

    def moved(self, at_ms: int) -> None:
        """A channel of its own spoke."""
        self.moved_ms = max(self.moved_ms, at_ms)

    def hook(self, event: HookEvent) -> None:
        """A hook call: movement, and perhaps the same as before."""
        self.moved(event.at_ms)
        if event.name == "UserPromptSubmit":
            self._recent = ()
        elif event.name in ("PreToolUse", "PostToolUseFailure"):
            done = deed(event.name, event.payload)
            if done is not None:
                self._recent = (*self._recent, done)[-REMEMBERED:]

    def composer(self, text: str, at_ms: int) -> None:
        """What stands in its composer now."""
        draft = self.draft
        if text == draft.text:
            return
        grew = bool(draft.text) and (text.startswith(draft.text) or draft.text.startswith(text)) and bool(text)
        self.draft = Draft(text, at_ms, draft.began_ms if grew else at_ms, draft.steps + 1 if grew else 1)

    def history(self, verdict: Verdict, now_ms: int, *, unfinished: bool, shell: bool) -> History:
        """Everything on which it is judged."""
        draft = self.draft
        return History(
            verdict=verdict,
            now_ms=now_ms,
            moved_ms=self.moved_ms,
            draft_ms=draft.since_ms if draft.text and draft.genuine is not False else None,
            typing=bool(draft.text) and draft.by_hand,
            unfinished=unfinished,
            running=self.running,
            recent=self._recent,
            shell_ms=verdict.since_ms if shell else None,
        )


def deed(name: str, payload: Mapping[str, object]) -> str | None:
    """What was done or went wrong, in a line that is the same only where the same was done again; None for mere waiting."""
    tool = payload.get("tool_name")
    given = payload.get("tool_input")
    if name == "PostToolUseFailure":
        return f"error: {payload.get('error')}"[:_LINE]
    if tool in _WAITS or payload.get("agent_id"):
        return None
    if tool == "Bash" and isinstance(given, dict):
        command = str(given.get("command", "")).strip()
        return None if command.startswith("sleep ") else command[:_LINE]
    return f"{tool} {_text(given)}"[: 4 * _LINE]


def _text(given: object) -> str:
    try:
        return json.dumps(given, sort_keys=True, default=str)
    except RecursionError:  # nested as deeply as could just be read
        return "…"
