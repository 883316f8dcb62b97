"""Hooks as Claude Code runs them: `sh -c` with JSON on standard input, a verdict on standard output."""

import json
import re
import subprocess
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import TypedDict

HookTable = dict[str, list[tuple[str, str]]]


class Command(TypedDict):
    """One command of a hook."""

    type: str
    command: str


class Matcher(TypedDict, total=False):
    """Commands for the tools that `matcher` names."""

    matcher: str
    hooks: list[Command]


def load(sources: Sequence[str]) -> HookTable:
    """Event → (matcher, command), of settings files or settings given as JSON."""
    table: HookTable = {}
    for source in sources:
        text = source if source.lstrip().startswith("{") else Path(source).read_text(encoding="utf-8")
        events: dict[str, list[Matcher]] = json.loads(text).get("hooks", {})
        for event, matchers in events.items():
            for matcher in matchers:
                found = [(matcher.get("matcher", ""), each["command"]) for each in matcher.get("hooks", [])]
                table.setdefault(event, []).extend(found)
    return table


class Hooks:
    """Runs hooks; every run is a generator that yields until its commands have ended, and is killed where it is closed."""

    def __init__(self, table: HookTable, common: Mapping[str, object]) -> None:
        self._table = table
        self.common = dict(common)
        self.decision: str | None = None

    def run(self, event: str, fields: Mapping[str, object]) -> Generator[None, None, None]:
        """One event. `decision` says afterwards what a PermissionRequest hook decided."""
        self.decision = None
        tool = str(fields.get("tool_name", ""))
        payload = json.dumps({**self.common, "hook_event_name": event, **fields}, ensure_ascii=False).encode()
        for matcher, command in self._table.get(event, []):
            if matcher not in ("", "*") and not re.fullmatch(matcher, tool):
                continue
            yield from self._one(command, payload)

    def _one(self, command: str, payload: bytes) -> Generator[None, None, None]:
        with subprocess.Popen(
            ["/bin/sh", "-c", command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                try:
                    process.stdin.write(payload)
                    process.stdin.close()
                except BrokenPipeError:
                    pass
                while process.poll() is None:
                    yield
                self._judge(process.stdout.read())
            finally:
                if process.poll() is None:
                    process.kill()

    def _judge(self, output: bytes) -> None:
        try:
            said = json.loads(output)["hookSpecificOutput"]["decision"]["behavior"]
        except (ValueError, KeyError, TypeError):
            return
        self.decision = str(said)
