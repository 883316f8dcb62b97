"""One turn: the steps of the script, as a generator that yields whenever it has to wait.

Closing the generator is Esc: no hook is fired, exactly as the real agent does it.
"""

import subprocess
import time
from collections.abc import Generator, Iterator, Mapping
from typing import Protocol

from e2e.scripted import blocks, dialogs
from e2e.scripted.blocks import Block
from e2e.scripted.dialogs import Dialog
from e2e.scripted.hooks import Hooks
from e2e.scripted.script import Place, Step

ERRORS: Mapping[int, tuple[str, str]] = {
    529: (
        "API Error: 529 Overloaded. This is a server-side issue, usually temporary — try again in a moment.",
        "server_error",
    ),
    500: (
        "API Error: 500 Internal server error. This is a server-side issue, usually temporary — try again in a moment.",
        "server_error",
    ),
    429: ("API Error: Request rejected (429) · This request would exceed your rate limit.", "rate_limit"),
    401: ("Invalid API key · Fix external API key", "authentication_failed"),
}


class Rejected(Exception):
    """The person said no: the turn is over, as if interrupted."""


class Stage(Protocol):
    """What a turn changes of the agent."""

    place: Place
    hooks: Hooks
    blocks: list[Block]
    dialog: Dialog | None
    note: str
    tokens: int
    retry: str
    asked: str
    tool: tuple[str, Mapping[str, object], float] | None
    spoke: bool

    def leave(self, status: int) -> None: ...


class Turn:
    """Runs the steps of one prompt on a stage."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._call = 0

    def run(self, prompt: str, steps: list[Step]) -> Iterator[None]:
        """From UserPromptSubmit to Stop, or to StopFailure."""
        stage = self._stage
        began = time.monotonic()
        yield from stage.hooks.run("UserPromptSubmit", {"permission_mode": "default", "prompt": prompt})
        last = ""
        for step in steps:
            failure = yield from self._step(step)
            last = step.get("say", last)
            if failure is not None:
                yield from stage.hooks.run("StopFailure", {"error": failure})
                stage.blocks.append(Block("✻", "Cooked for 0s"))
                return
        stage.blocks.append(Block("✻", f"Crunched for {int(time.monotonic() - began)}s"))
        yield from stage.hooks.run(
            "Stop", {"stop_hook_active": False, "last_assistant_message": last, "background_tasks": []}
        )

    def _step(self, step: Step) -> Generator[None, None, str | None]:
        stage = self._stage
        if "tool" in step:
            yield from self._tool(step)
        elif "say" in step:
            yield from self._say(step)
        elif "error" in step:
            return (yield from self._error(step))
        elif "think" in step:
            stage.note = "thinking"
            yield from self._pause(step["think"])
            stage.note = ""
            if step["think"] >= 1:
                stage.blocks.append(Block(" ", f"Thought for {int(step['think'])}s {blocks.EXPAND}"))
        elif "child" in step:
            argv = ["sleep", str(step["child"])]
            child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, start_new_session=step.get("detached", False))
            stage.place.log("child", pid=child.pid)
        elif "sh" in step:
            argv = ["bash", "-c", step["sh"]]
            done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
            stage.place.log("ran", text=done.stdout + done.stderr, status=done.returncode)
        elif "exit" in step:
            stage.leave(step["exit"])
        elif "hold" in step:
            yield from self._held(step["hold"])
        else:
            yield from self._pause(step.get("wait", 0))
        return None

    def _say(self, step: Step) -> Iterator[None]:
        stage = self._stage
        words = step["say"].split(" ")
        block = Block("●", "", settled=False)
        stage.blocks.append(block)
        stage.spoke = True
        for at, word in enumerate(words):
            block.text += (" " if at else "") + word
            stage.tokens += 1
            yield from self._pause(step.get("over", 0) / len(words))
        block.settled = True

    def _tool(self, step: Step) -> Iterator[None]:
        stage = self._stage
        tool, given = step["tool"], step.get("input", {})
        self._call += 1
        call: dict[str, object] = {
            "tool_name": tool,
            "tool_input": given,
            "tool_use_id": f"toolu_{self._call:04d}",
            "permission_mode": "default",
        }
        yield from self._pause(step.get("over", 0))
        yield from stage.hooks.run("PreToolUse", call)
        stage.spoke = True
        if step.get("ask"):
            yield from self._permission(tool, given, call, step.get("stays"))
        stage.tool = (tool, given, time.monotonic())
        stage.place.log("tool", tool=tool, input=given)
        if "hold" in step:
            yield from self._held(step["hold"])
        yield from self._pause(step.get("run", 0))
        failed = step.get("fails", False)
        output = step.get("output", "")
        stage.tool = None
        stage.blocks.append(blocks.ended(tool, given, output, failed=failed))
        result: dict[str, object] = (
            {"error": f"Exit code 1\n{output}"} if failed else {"tool_response": {"stdout": output}}
        )
        yield from stage.hooks.run("PostToolUseFailure" if failed else "PostToolUse", call | result)

    def _permission(
        self, tool: str, given: Mapping[str, object], call: Mapping[str, object], stays: str | None
    ) -> Iterator[None]:
        stage = self._stage
        asking = stage.hooks.run("PermissionRequest", {**call, "permission_suggestions": []})
        stage.dialog = dialog = dialogs.permission(tool, given)
        stage.asked = blocks.head(tool, given)
        stage.place.log("dialog", name=dialog.name)
        while dialog.answer is None:
            next(asking, None)
            if stage.hooks.decision is not None:
                dialog.answer = "Yes" if stage.hooks.decision == "allow" else "No"
            yield
        asking.close()
        if stays is not None:
            yield from self._held(stays)
        stage.dialog, stage.asked = None, ""
        stage.place.log("answer", name=dialog.name, answer=dialog.answer)
        if dialog.answer in ("No", "cancel"):
            stage.tool = (tool, given, time.monotonic())
            raise Rejected

    def _error(self, step: Step) -> Generator[None, None, str | None]:
        stage = self._stage
        text, kind = ERRORS.get(step["error"], (f"API Error: {step['error']} Something failed.", "unknown"))
        for attempt in range(1, step.get("retry", 0) + 1):
            ends = time.monotonic() + step.get("delay", 1.0)
            while (left := ends - time.monotonic()) > 0:
                stage.retry = f"API error · Retrying in {int(left) + 1}s · attempt {attempt}/{step.get('retry', 0)}"
                yield
        if "hold" in step:
            yield from self._held(step["hold"])
        stage.retry = ""
        if step.get("recovers"):
            return None
        stage.spoke = True
        stage.blocks.append(Block("●", text))
        return kind

    def _held(self, name: str) -> Iterator[None]:
        self._stage.place.log("hold", name=name)
        while not self._stage.place.released(name):
            yield

    def _pause(self, seconds: float) -> Iterator[None]:
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            yield
