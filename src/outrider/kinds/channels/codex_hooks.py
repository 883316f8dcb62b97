"""Codex's hooks, passed for one spawn by `-c` (recorded with 0.169.0).

Hooks from `-c` are a layer of their own beside the user's. Codex runs a hook only once its text was trusted; the same flags
say that of ours, by key and hash, and of nothing else: whoever opened the agent to all hooks (`--dangerously-bypass-hook-trust`)
would have it run those of any repository. Where the hash should not fit, Codex asks the person and nothing else happens.

Codex does not tell: a turn that failed, a patch that was applied, the end of a command that runs behind the turn.
SessionStart comes with the first prompt.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace

from outrider.kinds.channels.channel import Furnishing, Ground
from outrider.kinds.channels.claude_payload import ToolCall, summary, text
from outrider.kinds.channels.hook_line import REPORT, calls, script
from outrider.kinds.channels.hook_voice import HookVoice, reading_of
from outrider.kinds.channels.tool_words import call_of
from outrider.model.agent import NO_COUNTERS
from outrider.model.hook import Heard, HookEvent
from outrider.model.state import Detail, State

EVENTS = (
    "SessionStart",
    "SessionEnd",
    "UserPromptSubmit",
    "PreToolUse",
    "PostToolUse",
    "PermissionRequest",
    "Stop",
    "Interrupt",
    "SubagentStart",
    "SubagentStop",
    "PreCompact",
    "PostCompact",
)
TIMEOUT_S = 3  # the longest that SessionEnd and Interrupt may have
POLICED = ("-c", 'approval_policy="on-request"', "-c", 'sandbox_mode="read-only"')
"""Under a policy. Codex has no settings of a spawn that deny or ask for single commands; these let it only read by itself, in its own
sandbox without network, and have it ask for everything else (0.169.0, whose `untrusted` is gone)."""
LAYER = "/<session-flags>/config.toml"
"""What Codex calls the layer of `-c` in the keys of trusted hooks."""

_HUMP = re.compile(r"(?<!^)(?=[A-Z])")
_PATCHED = re.compile(r"^\*\*\* (?:Update|Add|Delete) File: (.+)$", re.MULTILINE)


def furnish(ground: Ground) -> Furnishing:
    """The flags that add our hooks to one spawn, and the script that they run."""
    line = calls(ground.folder / REPORT)
    words: list[str] = []
    for event in EVENTS:
        words += [
            "-c",
            f'hooks.{event}=[{{hooks=[{{type="command",command={json.dumps(line)},timeout={TIMEOUT_S}}}]}}]',
        ]
    if ground.policy is not None:
        words += POLICED
    trusted = ",".join(f"{json.dumps(key)}={{trusted_hash={json.dumps(value)}}}" for key, value in trust(line).items())
    return Furnishing({REPORT: script(ground.spool)}, (*words, "-c", f"hooks.state={{{trusted}}}"))


def trust(line: str) -> Mapping[str, str]:
    """Key and hash of each of our hooks, as Codex itself writes them once a person trusts them."""
    return {f"{LAYER}:{snake(event)}:0:0": digest(event, line) for event in EVENTS}


def digest(event: str, line: str) -> str:
    """Codex's hash of a hook: of its JSON with sorted keys."""
    hook = {"type": "command", "command": line, "timeout": TIMEOUT_S, "async": False}
    normal = json.dumps(
        {"event_name": snake(event), "hooks": [hook]}, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    return f"sha256:{hashlib.sha256(normal.encode()).hexdigest()}"


def snake(event: str) -> str:
    """`PreToolUse` as Codex writes it in keys: `pre_tool_use`."""
    return _HUMP.sub("_", event).lower()


class CodexVoice(HookVoice):
    """Codex's own word."""

    def __init__(self) -> None:
        super().__init__()
        self.handlers |= {"Interrupt": self.interrupted}

    def call(self, payload: Mapping[str, object]) -> ToolCall:
        """Codex names shell commands as Claude Code does; a patch given to the shell is an edit of the files it names."""
        given = payload.get("tool_input")
        tool_input: Mapping[str, object] = given if isinstance(given, dict) else {}
        tool = text(payload, "tool_name") or "unknown"
        command = text(tool_input, "command") or ""
        files = _PATCHED.findall(command) if command.lstrip().startswith(("apply_patch", "*** Begin Patch")) else []
        if files:
            detail = Detail(tool="apply_patch", file=files[0])
            return ToolCall("", "apply_patch", tool_input, State.WORKING, detail, NO_COUNTERS)
        return call_of(tool, tool_input)

    def session_start(self, event: HookEvent) -> Heard:
        """It says nothing of the state: it comes with the first prompt."""
        if text(event.payload, "source") != "compact":
            self.forget()
        return Heard()

    def tool_begins(self, event: HookEvent) -> Heard:
        """The end of a patch and of a question is not told, so they are not kept as under way; a patch counts when it begins."""
        heard = super().tool_begins(event)
        key = text(event.payload, "tool_use_id") or event.id
        call = self.calls.get(key)
        if call is not None and (call.tool == "apply_patch" or call.state is State.WAITING):
            del self.calls[key]
        if call is None or call.tool != "apply_patch":
            return heard
        command = text(call.tool_input, "command") or ""
        added = command.count("*** Add File: ")
        edited = command.count("*** Update File: ")
        return replace(heard, counters=replace(NO_COUNTERS, files_written=added, files_edited=edited))

    def permission(self, event: HookEvent) -> Heard:
        """Of a yes nothing is told, and the command that runs then is not on the screen; a no interrupts the turn."""
        heard = super().permission(event)
        call = self.asked
        if heard.reading is None or call is None or call.detail.command is None:
            return heard
        return replace(
            heard, reading=replace(heard.reading, then=reading_of(event, call.state, summary(call), call.detail))
        )

    def interrupted(self, event: HookEvent) -> Heard:
        """Esc, or a permission that was refused."""
        said = summary(self.asked) if self.asked is not None else ""
        self.forget()
        self.ended = True
        return Heard(reading_of(event, State.IDLE, said, Detail(reason="interrupted")))
