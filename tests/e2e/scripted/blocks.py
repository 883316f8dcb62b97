"""The pieces of the transcript, as rows; glyphs and indents of Claude Code 2.1.197."""

from collections.abc import Mapping
from dataclasses import dataclass

from e2e.scripted.cells import fold

EXPAND = "(ctrl+o to expand)"


@dataclass(slots=True)
class Block:
    """Rows of the transcript: a head behind a sign, and results behind `⎿`. A settled block never changes again."""

    sign: str
    text: str
    results: tuple[str, ...] = ()
    settled: bool = True

    def rows(self, width: int) -> list[str]:
        """The block's rows at that width, a blank one first."""
        head = fold(self.text, width - 2)
        rows = (
            ["", f"{self.sign} {head[0]}", *(f"  {row}" for row in head[1:])] if self.text or self.sign.strip() else []
        )
        for result in self.results:
            lines = fold(result, width - 5)
            rows += [f"  ⎿  {lines[0]}", *(f"     {line}" for line in lines[1:])]
        return rows


def banner(cwd: str, width: int) -> Block:
    """The box that it starts with."""
    inner = min(width, 118) - 2
    left, right = 47, inner - 48
    title = f"─── Claude Code v{VERSION} "
    lines = (
        ("", " Tips for getting started"),
        ("Welcome back!".center(left), " Ask Claude to create a new app or clone a repository"),
        ("", " " + "─" * (right - 2)),
        ("▐▛███▜▌".center(left), " What's new"),
        ("▝▜█████▛▘".center(left), " Check the Claude Code changelog for updates"),
        ("Opus 4.8 (1M context) · API Usage Billing".center(left), ""),
        (cwd[-left + 2 :].center(left), ""),
    )
    if right < 20:
        return Block("✻", f"Welcome to Claude Code v{VERSION}\n{cwd}")
    body = [f"│{a:<{left}.{left}}│{b:<{right}.{right}}│" for a, b in lines]
    return Raw("", "\n".join([f"╭{title:─<{inner}}╮", *body, f"╰{'─' * inner}╯"]))


@dataclass(slots=True)
class Raw(Block):
    """Rows exactly as they are, cut at the pane's width."""

    def rows(self, width: int) -> list[str]:
        return [row[:width] for row in self.text.split("\n")]


VERSION = "2.1.197"


def head(tool: str, given: Mapping[str, object]) -> str:
    """How a tool call is announced."""
    if tool == "Bash":
        return f"Bash({given.get('command', '')})"
    name = {"Edit": "Update"}.get(tool, tool)
    return f"{name}({short(given)})"


def short(given: Mapping[str, object]) -> str:
    """The file of a tool call, as it is shown."""
    return "/".join(str(given.get("file_path", "")).split("/")[-2:])


def running(tool: str, given: Mapping[str, object], seconds: int) -> Block:
    """A tool call that is under way."""
    if tool == "Read":
        return Block("●", f"Reading 1 file… {EXPAND}", (short(given),), settled=False)
    note = "Running…" if seconds < 1 else f"Running… ({seconds}s)"
    if tool == "Bash" and seconds >= 2:
        note += "\n(ctrl+b ctrl+b (twice) to run in background)"
    return Block("●" if seconds % 2 == 0 else " ", head(tool, given), (note,) if tool == "Bash" else (), settled=False)


def ended(tool: str, given: Mapping[str, object], output: str, *, failed: bool) -> Block:
    """A tool call that has ended."""
    if tool == "Read":
        return Block(" ", f"Read 1 file {EXPAND}")
    if tool == "Edit":
        return Block("●", head(tool, given), ("Added 1 line, removed 1 line",))
    if tool == "Write":
        lines = str(given.get("content", "")).count("\n") or 1
        return Block("●", head(tool, given), (f"Wrote {lines} lines to {short(given)}",))
    lines_out = output.rstrip("\n").split("\n") if output else ["(No output)"]
    shown = lines_out[:3] + ([f"… +{len(lines_out) - 3} lines {EXPAND}"] if len(lines_out) > 3 else [])
    return Block("●", head(tool, given), (("Error: Exit code 1\n" if failed else "") + "\n".join(shown),))
