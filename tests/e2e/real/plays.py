"""What a real agent goes through in one sitting, and how what it draws is told apart: one play a kind, for `bench/live.py`."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from e2e.real.model import Step

Steps = Sequence[Mapping[str, object]]
Moment = Callable[[Steps, str], bool]
Act = tuple[str, str, tuple[str, ...], Moment]
"""What is done (`say`, `press`, `stop`, `touch`, `kill`), with which words, what is true from then on, and when it is due."""
Drawn = Callable[[str], bool]

LONG = (
    "The evaluator walks the list of tokens pairwise and applies each operator in its order, from the left to the right. "
    "Nothing is looked up twice, and what cannot be read is left as it stands.\n\n"
)


@dataclass(frozen=True)
class Play:
    """`turns` for the model, `acts` of the person; predicates on a screen."""

    kind: str
    turns: Callable[[Path], list[list[Step]]]
    acts: tuple[Act, ...]
    ready: Drawn
    busy: Drawn
    calm: Drawn
    failing: Drawn
    doing: Callable[[Step], tuple[tuple[str, ...], Drawn | None]]
    over: Callable[[Steps, int], tuple[str, ...]]
    process: Callable[[Mapping[int, str]], int]
    extra: tuple[str, ...] = ()
    listens: bool = False


def at(name: str, detail: str = "", *, times: int = 1) -> Moment:
    """Once the model has come to that step so often."""

    def there(steps: Steps, screen: str) -> bool:
        found = [step for step in steps if step["step"] == name and step.get("name", "") in ("", detail)]
        return len(found) >= times

    return there


def drawn(pattern: str) -> Moment:
    """Once the screen shows it."""
    return lambda steps, screen: re.search(pattern, screen, re.MULTILINE) is not None


def ended(said: str, calm: Drawn) -> Moment:
    """Once the model has said that, its turn is over and the agent shows it."""

    def there(steps: Steps, screen: str) -> bool:
        at = next((n for n, step in enumerate(steps) if said in str(step.get("what"))), None)
        return at is not None and any(step["step"] == "end" for step in steps[at:]) and calm(screen)

    return there


def _claude_calm(screen: str) -> bool:
    bottom = screen.rstrip().split("\n")[-6:]
    return any(row.startswith("❯\xa0") or row == "❯" for row in bottom) and "esc to interrupt" not in "\n".join(bottom)


def _claude_turns(project: Path) -> list[list[Step]]:
    parser = str(project / "src" / "parser.py")
    edit: dict[str, object] = {"file_path": parser, "old_string": "[0]", "new_string": "[1]"}
    return [
        [{"pause": 2.5}, {"think": 2.5}, {"say": "First I say " + LONG, "over": 4}, _tool("Read", file_path=parser)],
        [{"pause": 2.5}, {"tool": "Edit", "input": edit}],
        [{"pause": 2.0}, {"say": "Now the tests.", "over": 1}, _bash("pytest -q tests")],
        [{"say": "All of it passes. " + LONG, "over": 3}],
        [{"say": "It needs leave.", "over": 0.6}, _bash("touch made")],
        [{"say": "Made, as asked. " + LONG, "over": 2}],
        [{"say": "At great length: " + LONG * 4, "over": 30}],
        [{"error": 529}],
        [{"error": 529}],
        [{"say": "Better by now. " + LONG, "over": 2}],
        [_bash("sleep 6", run_in_background=True)],
        [{"say": "It runs behind us.", "over": 1}],
        [{"say": "It has ended by now.", "over": 1}],
        [{"hold": "never"}],
    ]


def _tool(name: str, **given: object) -> Step:
    return {"tool": name, "input": given}


def _bash(command: str, **more: object) -> Step:
    return {"tool": "Bash", "input": {"command": command, "description": "Do it", **more}}


def _claude_doing(step: Step) -> tuple[tuple[str, ...], Drawn | None]:
    command = str(step["input"].get("command", ""))
    if command == "touch made":
        return ("waiting",), lambda screen: "Do you want to proceed?" in screen
    if command.startswith("sleep"):
        return ("working", "thinking"), None
    if command:
        return ("testing",), lambda screen: "Running…" in screen.split(command)[-1]
    return (("reading", "thinking") if step["tool"] == "Read" else ("working", "thinking")), None


def _claude_over(steps: Steps, at_ms: int) -> tuple[str, ...]:
    said = [str(step.get("what")) for step in steps if step["step"] == "say" and int(str(step["t"])) <= at_ms]
    return ("idle",) if "behind us" in said[-1] else ("complete",)


def _claude_process(marked: Mapping[int, str]) -> int:
    return next(pid for pid, line in marked.items() if "claude-code" in line.split(" ")[0])


_CLAUDE_BUSY = ("thinking",)
CLAUDE = Play(
    kind="claude",
    turns=_claude_turns,
    acts=(
        ("say", "Build the first part", _CLAUDE_BUSY, lambda steps, screen: _claude_calm(screen)),
        ("touch", "go", (), drawn(r"Running…")),
        ("say", "Make a file", _CLAUDE_BUSY, ended("All of it passes", _claude_calm)),
        ("press", "Enter", ("working", "thinking"), drawn("Do you want to proceed")),
        ("say", "Explain it at length", _CLAUDE_BUSY, ended("Made, as asked", _claude_calm)),
        ("stop", "Escape", ("idle",), drawn("At great length")),
        ("say", "Try again", _CLAUDE_BUSY, lambda steps, screen: "Interrupted" in screen and _claude_calm(screen)),
        ("say", "Start it behind us", _CLAUDE_BUSY, ended("Better by now", _claude_calm)),
        ("say", "One more", _CLAUDE_BUSY, ended("It has ended by now", _claude_calm)),
        ("kill", "", ("gone",), at("hold", "never")),
    ),
    ready=_claude_calm,
    busy=lambda screen: "esc to interrupt" in screen,
    calm=_claude_calm,
    failing=lambda screen: "Retrying in" in screen,
    doing=_claude_doing,
    over=_claude_over,
    process=_claude_process,
    extra=("--allowedTools", "Bash(pytest:*)", "Edit", "Bash(sleep:*)"),
)


def _codex_calm(screen: str) -> bool:
    return "esc to interrupt" not in screen and re.search(r"^ {2}\S.* · ", screen, re.MULTILINE) is not None


def _codex_turns(project: Path) -> list[list[Step]]:
    return [
        [{"pause": 2.5}, {"think": 2.5}, {"say": "First I say " + LONG, "over": 4}, _exec("cat src/parser.py")],
        [{"pause": 2.0}, {"say": "Now the tests. " + LONG, "over": 2}, _exec("pytest -q tests", yield_time_ms=15000)],
        [{"say": "All of it passes. " + LONG, "over": 3}],
        [_exec("touch /var/tmp/x", sandbox_permissions="require_escalated", justification="Allow it?")],
        [{"say": "At great length: " + LONG * 4, "over": 30}],
        [{"error": 503}],
        [{"error": 503}],
        [{"say": "Better by now. " + LONG, "over": 2}],
        [{"hold": "never"}],
    ]


def _exec(command: str, **more: object) -> Step:
    return {"tool": "exec_command", "input": {"cmd": command, **more}}


def _codex_doing(step: Step) -> tuple[tuple[str, ...], Drawn | None]:
    command = str(step["input"].get("cmd", ""))
    if command.startswith("touch"):
        return ("waiting",), lambda screen: "Would you like to run" in screen
    if command.startswith("cat"):
        return ("reading", "thinking"), None
    return ("testing",), None


def _codex_process(marked: Mapping[int, str]) -> int:
    return next(pid for pid, line in marked.items() if "/codex" in line and "node" in line.split(" ")[0])


CODEX = Play(
    kind="codex",
    extra=("--no-daemon",),
    turns=_codex_turns,
    acts=(
        ("say", "Build the first part", ("thinking",), lambda steps, screen: _codex_calm(screen)),
        ("touch", "go", (), lambda steps, screen: any("pytest" in str(s.get("what")) for s in steps)),
        ("say", "Make a file", ("thinking",), ended("All of it passes", _codex_calm)),
        ("stop", "Escape", ("idle",), drawn("Would you like to run")),
        ("say", "Explain it at length", ("thinking",), lambda steps, screen: _codex_calm(screen)),
        ("stop", "Escape", ("idle",), drawn("At great length")),
        ("say", "Try again", ("thinking",), lambda steps, screen: "interrupted" in screen and _codex_calm(screen)),
        ("say", "One more", ("thinking",), ended("Better by now", _codex_calm)),
        ("kill", "", ("gone",), at("hold", "never")),
    ),
    ready=lambda screen: re.search(r"^ {2}gpt-5-codex.* · ", screen, re.MULTILINE) is not None,
    busy=lambda screen: "esc to interrupt" in screen,
    calm=_codex_calm,
    failing=lambda screen: "Reconnecting" in screen,
    doing=_codex_doing,
    over=lambda steps, at_ms: ("complete",),
    process=_codex_process,
)


def _gemini_calm(screen: str) -> bool:
    return "esc to cancel" not in screen and "Type your message" in screen


def _gemini_turns(project: Path) -> list[list[Step]]:
    read = _tool("read_file", file_path=str(project / "src" / "parser.py"))
    return [
        [{"pause": 2.5}, {"think": 2.5}, {"say": "First I say " + LONG, "over": 4}, read],
        [{"pause": 2.0}, {"say": "Now the tests. " + LONG, "over": 2}, _shell("pytest -q tests")],
        [{"say": "All of it passes. " + LONG, "over": 3}],
        [{"say": "It needs leave.", "over": 0.6}, _shell("touch made")],
        [{"say": "At great length: " + LONG * 4, "over": 30}],
        [{"error": 503}],
        [{"error": 503}],
        [{"say": "Better by now. " + LONG, "over": 2}],
        [{"hold": "never"}],
    ]


def _shell(command: str) -> Step:
    return {"tool": "run_shell_command", "input": {"command": command, "description": "Do it"}}


def _gemini_doing(step: Step) -> tuple[tuple[str, ...], Drawn | None]:
    command = str(step["input"].get("command", ""))
    if command:
        return ("waiting",), lambda screen: "Allow execution" in screen
    return ("reading", "thinking"), None


def _gemini_process(marked: Mapping[int, str]) -> int:
    """The second of its two: it starts itself again with more memory."""
    return max(pid for pid, line in marked.items() if "/gemini" in line and "node" in line.split(" ")[0])


GEMINI = Play(
    kind="gemini",
    turns=_gemini_turns,
    acts=(
        ("say", "Build the first part", ("thinking",), lambda steps, screen: _gemini_calm(screen)),
        ("press", "Enter", ("testing",), drawn("Allow execution")),
        ("touch", "go", (), lambda steps, screen: "Allow execution" not in screen),
        ("say", "Make a file", ("thinking",), ended("All of it passes", _gemini_calm)),
        ("stop", "Escape", ("idle",), drawn("Allow execution")),
        ("say", "Explain it at length", ("thinking",), lambda steps, screen: _gemini_calm(screen)),
        ("stop", "Escape", ("idle",), drawn("At great length")),
        ("say", "Try again", ("thinking",), lambda steps, screen: "cancelled" in screen and _gemini_calm(screen)),
        ("say", "One more", ("thinking",), ended("Better by now", _gemini_calm)),
        ("kill", "", ("gone",), at("hold", "never")),
    ),
    ready=_gemini_calm,
    busy=lambda screen: "esc to cancel" in screen,
    calm=_gemini_calm,
    failing=lambda screen: "Attempt" in screen,
    doing=_gemini_doing,
    over=lambda steps, at_ms: ("complete",),
    process=_gemini_process,
)


def _opencode_calm(screen: str) -> bool:
    return (
        "esc interrupt" not in screen
        and "again to interrupt" not in screen
        and "Permission required" not in screen
        and "ctrl+p" in screen
    )


def _opencode_turns(project: Path) -> list[list[Step]]:
    read = _tool("read", filePath=str(project / "src" / "parser.py"))
    return [
        [{"pause": 2.5}, {"think": 2.5}, {"say": "First I say " + LONG, "over": 4}, read],
        [{"pause": 2.0}, {"say": "Now the tests. " + LONG, "over": 2}, _oc_bash("pytest -q tests")],
        [{"say": "All of it passes. " + LONG, "over": 3}],
        [{"say": "It needs leave.", "over": 0.6}, _oc_bash("touch made")],
        [{"say": "Made, as asked. " + LONG, "over": 2}],
        [{"say": "At great length: " + LONG * 4, "over": 30}],
        [{"error": 503}],
        [{"error": 503}],
        [{"say": "Better by now. " + LONG, "over": 2}],
        [{"hold": "never"}],
    ]


def _oc_bash(command: str) -> Step:
    return {"tool": "bash", "input": {"command": command, "description": "Do it"}}


def _opencode_doing(step: Step) -> tuple[tuple[str, ...], Drawn | None]:
    command = str(step["input"].get("command", ""))
    if command.startswith("touch"):
        return ("waiting",), lambda screen: "Permission required" in screen
    if command:
        return ("testing",), None
    return ("reading", "thinking"), None


def _opencode_process(marked: Mapping[int, str]) -> int:
    return next(pid for pid, line in marked.items() if line.split(" ")[0].endswith("/opencode"))


OPENCODE = Play(
    kind="opencode",
    listens=True,
    turns=_opencode_turns,
    acts=(
        ("say", "Build the first part", ("thinking",), lambda steps, screen: _opencode_calm(screen)),
        ("touch", "go", (), lambda steps, screen: any("pytest" in str(s.get("what")) for s in steps)),
        ("say", "Make a file", ("thinking",), ended("All of it passes", _opencode_calm)),
        ("press", "Enter", ("working", "thinking"), drawn("Permission required")),
        ("say", "Explain it at length", ("thinking",), ended("Made, as asked", _opencode_calm)),
        ("press", "Escape", (), drawn("At great length")),
        ("stop", "Escape", ("idle",), drawn("again to interrupt")),
        ("say", "Try again", ("thinking",), lambda steps, screen: _opencode_calm(screen)),
        ("say", "One more", ("thinking",), ended("Better by now", _opencode_calm)),
        ("kill", "", ("gone",), at("hold", "never")),
    ),
    ready=lambda screen: "Ask anything" in screen,
    busy=lambda screen: "esc interrupt" in screen,
    calm=_opencode_calm,
    failing=lambda screen: "retrying" in screen,
    doing=_opencode_doing,
    over=lambda steps, at_ms: ("complete",),
    process=_opencode_process,
)

PLAYS: Mapping[str, Play] = {"claude": CLAUDE, "codex": CODEX, "gemini": GEMINI, "opencode": OPENCODE}
