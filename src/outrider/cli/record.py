"""The verb record: an agent's screen, with the state a person says it is in, as a case to score the rules on."""

import asyncio
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from outrider.cli.connection import HERE, Connection, Environ, Usage
from outrider.cli.start import STATES
from outrider.cli.words import as_json
from outrider.errors import Unavailable

if TYPE_CHECKING:
    from outrider.model.wire import AgentJSON

LABELS = (*STATES, "exited")
FRAMES, APART_S = 2, 0.3
# Free text last; the separator cannot stand in the others.
FORMAT = "#{pane_width}x#{pane_height}|#{alternate_on}|#{cursor_x},#{cursor_y},#{cursor_flag}|#{pane_current_command}|#{pane_title}"


async def record(
    session: str,
    *,
    state: Annotated[str, Parameter(help="The state it really is in; several that would be right with commas.")],
    directory: Annotated[str, Parameter(name="--dir", help="Folder of the cases; made where it is missing.")] = "cases",
    note: Annotated[str, Parameter(help="What there is to know about it.")] = "",
    connection: Connection = HERE,
    environ: Environ,
) -> None:
    """Saves what an agent shows now as a labelled case, for outrider score."""
    accept = state.split(",")
    if unknown := set(accept).difference(LABELS):
        raise Usage(f"There is no state {' or '.join(sorted(unknown))!r}; known: {', '.join(LABELS)}.")
    agent = await connection.client(environ).agent(session)
    folder = Path(directory)
    (folder / agent["kind"]).mkdir(parents=True, exist_ok=True)
    case = f"{session}-{accept[0]}-{time.time_ns() // 1_000_000}"
    frames = []
    for number in range(FRAMES):
        if number:
            await asyncio.sleep(APART_S)
        frames.append(await _frame(agent, folder, f"{agent['kind']}/{case}-{number}", environ))
    line = _case(agent, case, accept, note, frames)
    with (folder / "index.jsonl").open("a", encoding="utf-8") as index:
        index.write(json.dumps(line, ensure_ascii=False) + "\n")
    print(as_json(line) if connection.json else f"{case} was saved in {folder}. Score it: outrider score {folder}")


def _case(
    agent: "AgentJSON", case: str, accept: list[str], note: str, frames: list[dict[str, object]]
) -> dict[str, object]:
    last = frames[-1]
    return {
        "id": case,
        "agent": agent["kind"],
        "version": agent["version"] or "",
        "size": last["size"],
        "scenario": "recorded",
        "state": accept[0],
        "truth": f"said by a person; Outrider said {agent['state']}",
        "note": note,
        "pane_title": last["title"],
        "pane_current_command": last["cmd"],
        "alternate_on": last["alternate_on"],
        "animated": len({frame["hash"] for frame in frames}) > 1,
        "frames": [{name: value for name, value in frame.items() if name not in {"hash", "size"}} for frame in frames],
        "accept": accept,
    }


async def _frame(agent: "AgentJSON", folder: Path, name: str, environ: Mapping[str, str]) -> dict[str, object]:
    """One look at the pane, saved plain and with colours. Asks tmux itself: a case is the screen, not the scrollback."""
    pane = agent["tmux"]["pane"]
    told = (await _tmux(agent, environ, "display-message", "-p", "-t", pane, FORMAT)).rstrip("\n")
    size, alternate, cursor, command, title = told.split("|", 4)
    plain = await _tmux(agent, environ, "capture-pane", "-p", "-t", pane)
    styled = await _tmux(agent, environ, "capture-pane", "-p", "-e", "-t", pane)
    for suffix, text in ((".txt", plain), (".ansi", styled)):
        (folder / f"{name}{suffix}").write_text(text, encoding="utf-8", errors="surrogateescape")
    return {
        "t": round(time.time(), 3),
        "txt": f"{name}.txt",
        "ansi": f"{name}.ansi",
        "title": title,
        "cmd": command,
        "alternate_on": alternate,
        "cursor": cursor,
        "size": size,
        "hash": plain,
    }


async def _tmux(agent: "AgentJSON", environ: Mapping[str, str], *arguments: str) -> str:
    server = agent["tmux"]["server"]
    try:
        process = await asyncio.create_subprocess_exec(
            "tmux",
            *("-S" if server.startswith("/") else "-L", server, *arguments),
            env=environ,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except FileNotFoundError as error:
        raise Unavailable("tmux is not on the PATH here; record works on the machine where the agent runs.") from error
    out, complaint = await process.communicate()
    if process.returncode:
        said = complaint.decode(errors="replace").strip()
        raise Unavailable(f"tmux server {server} does not show {agent['session']} here: {said}.")
    return out.decode(errors="surrogateescape")
