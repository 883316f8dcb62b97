"""The line of one agent's commands: what each of them waits for, in a sentence."""

from collections.abc import Sequence

from outrider.model.command import Command, Status

PACED = "Commands go in at a limited rate (commands.per_agent_per_s, commands.per_node_per_s)."
NEXT = "It goes in next."
LATE = "Its time ran out before the agent was ready."


def waits(command_id: str, line: Sequence[Command], why: str, now_ms: int) -> str | None:
    """What the command waits for; None where it is not in the line, or being typed. `line` is in the order in which its commands are
    typed, `why` what the first of them that may go in waits for."""
    command = next((each for each in line if each.id == command_id), None)
    if command is None or command.status is not Status.QUEUED:
        return None
    if _delayed(command, now_ms):
        assert command.not_before_ms is not None
        return f"Its delay: it goes in after {(command.not_before_ms - now_ms) / 1000:.0f} s at the earliest."
    ahead = [each for each in line[: line.index(command)] if not _delayed(each, now_ms)]
    if not ahead:
        return why or NEXT
    count = "One command goes" if len(ahead) == 1 else f"{len(ahead)} commands go"
    return f"{count} in before it. {why}".rstrip()


def late(command_id: str, line: Sequence[Command], why: str, now_ms: int) -> str:
    """Why a command came to nothing whose time ran out, with what it still waited for where that is known."""
    awaited = waits(command_id, line, why, now_ms)
    return LATE if awaited in (None, NEXT) else f"{LATE} It waited: {awaited}"


def _delayed(command: Command, now_ms: int) -> bool:
    return command.not_before_ms is not None and command.not_before_ms > now_ms
