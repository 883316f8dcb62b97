"""Verbs that begin an agent: spawn, adopt, restart."""

import asyncio
import sys
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from outrider.cli import portrait
from outrider.cli.connection import HERE, Connection, Environ, Usage
from outrider.cli.words import as_json
from outrider.errors import OutriderError, TimedOut

if TYPE_CHECKING:
    from outrider.client import Client
    from outrider.model.wire import AgentJSON

# States in which an agent has come to rest: it is done, or needs somebody.
REST = frozenset({"complete", "waiting", "stuck", "error"})
BUSY = frozenset({"reading", "thinking", "working", "testing"})
OVER = frozenset({"agent_exited", "agent_killed"})
UNDELIVERED = frozenset({"command_failed", "command_uncertain"})
HEARD = ("state_change", "command_queued", *sorted(OVER | UNDELIVERED))
# A new worktree may be set up first, which takes what it takes.
SPAWN_S = 1800.0
STATES = (*sorted(REST), "initializing", "reading", "thinking", "working", "testing", "idle")


async def spawn(
    *,
    session: Annotated[str, Parameter(help="Name of its tmux session, by which it is addressed.")],
    workdir: Annotated[str, Parameter(help="Folder it works in.")] = ".",
    agent: Annotated[str, Parameter(help="Kind of agent: claude, codex, …; outrider agents lists them.")] = "claude",
    model: Annotated[str | None, Parameter(help="Model it uses.")] = None,
    auto: Annotated[
        str | None,
        Parameter(help="--auto or --auto=PRESET: a policy decides; --auto=yolo: it asks nothing, nothing is checked."),
    ] = None,
    prompt: Annotated[str | None, Parameter(help="What it is asked first.")] = None,
    prompt_file: Annotated[str | None, Parameter(help="File with its first prompt; - reads standard input.")] = None,
    worktree: Annotated[
        str | None, Parameter(help="--worktree or --worktree=BRANCH: works in a git work tree of its own.")
    ] = None,
    base: Annotated[
        str | None, Parameter(help="Commit, branch or tag that the work tree's new branch begins at.")
    ] = None,
    sandbox: Annotated[
        str | None, Parameter(help="--sandbox or --sandbox=no-network: may write its work tree and its own state only.")
    ] = None,
    spec: Annotated[
        str | None, Parameter(help="Markdown file with the tasks its progress is read from, in its folder.")
    ] = None,
    policy: Annotated[
        str | None, Parameter(help="What it may do by itself: a file with rules, or a preset's name.")
    ] = None,
    stuck: Annotated[
        list[str] | None, Parameter(negative=(), help="REASON=SECONDS: its own patience, such as frozen=900.")
    ] = None,
    node: Annotated[
        str | None, Parameter(help="Node to start it on, where the folder is one of that; any: one with little to do.")
    ] = None,
    label: Annotated[
        list[str] | None, Parameter(negative=(), help="With --node any: only nodes with this label; may be repeated.")
    ] = None,
    env: Annotated[list[str] | None, Parameter(negative=(), help="K=V for its environment; may be repeated.")] = None,
    record: Annotated[
        bool | None, Parameter(negative="--no-record", help="Record what its pane shows; outrider play plays it.")
    ] = None,
    wait: Annotated[
        str | None,
        Parameter(help="--wait or --wait=STATE: return once it is done or needs somebody, or in that state."),
    ] = None,
    timeout: Annotated[float | None, Parameter(help="Seconds that --wait waits at most.")] = None,
    extra: Annotated[list[str] | None, Parameter(negative=(), show=False)] = None,
    connection: Connection = HERE,
    environ: Environ,
) -> int:
    """Starts an agent in a tmux session. What follows -- goes to the agent itself."""
    home = environ.get("HOME", "")
    body: dict[str, object] = {
        "session": session,
        "workdir": resolved(workdir, home),
        "kind": agent,
        "model": model,
        "auto": auto,
        "prompt": _prompt(prompt, prompt_file),
        "worktree": worktree,
        "base": base,
        "sandbox": sandbox,
        "spec": resolved(spec, home) if spec and spec.startswith(("/", "~")) else spec,
        "policy": _policy(policy, home) if policy else None,
        "stuck": _seconds(stuck or []),
        "node": node,
        "labels": label or [],
        "env": _pairs(env or []),
        "extra": extra or [],
        "recording": record,
    }
    awaited = _awaited(wait)
    client = connection.client(environ, timeout_s=SPAWN_S)
    before: int | str = 0
    if awaited:
        before = await (client.cursor_everywhere() if node else client.cursor())
    asked = {name: value for name, value in body.items() if value not in (None, {}, [])}
    started = await client.spawn(asked)
    if awaited:
        started = await until(client, started, awaited, since=before, prompted="prompt" in asked, timeout_s=timeout)
    if connection.json:
        print(as_json(started))
    else:
        for sentence in started["unapplied"]:
            print(f"outrider: {sentence}", file=sys.stderr)
        print(f"{started['session']}: {started['kind']} in {started['workdir']} is {started['state']}.", end=" ")
        print(f"See it: outrider attach {started['session']}")
    return 1 if awaited and started["state"] == "error" and "error" not in (wait or "") else 0


async def restart(
    session: str,
    *,
    resume: Annotated[bool, Parameter(negative=(), help="In the conversation that it was in.")] = False,
    connection: Connection = HERE,
    environ: Environ,
) -> None:
    """Starts an agent again, in the way it was spawned."""
    started = await connection.client(environ).restart(session, resume=resume)
    _told(started, "goes on with its conversation" if resume else "was started again", json=connection.json)


async def adopt(
    session: str,
    *,
    agent: Annotated[str | None, Parameter(help="Kind of agent, where it is not recognised.")] = None,
    server: Annotated[str | None, Parameter(help="tmux server it is on: a name as for tmux -L, or a path.")] = None,
    connection: Connection = HERE,
    environ: Environ,
) -> None:
    """Takes over an agent that already runs in a tmux session."""
    _told(await connection.client(environ).adopt(session, agent, server), "is watched now", json=connection.json)


def _policy(name: str, home: str) -> str:
    """A preset's name as it is; a file as seen from here."""
    return resolved(name, home) if "/" in name or name.endswith(".toml") else name


def resolved(path: str, home: str) -> str:
    """The path as seen from here: `~` and relative paths made absolute; the daemon may stand in another folder."""
    if path == "~" or path.startswith("~/"):
        path = home + path[1:]
    return str(Path(path).absolute().resolve())


async def until(
    client: "Client",
    agent: "AgentJSON",
    awaited: frozenset[str],
    *,
    since: int | str,
    prompted: bool = False,
    timeout_s: float | None = None,
) -> "AgentJSON":
    """The agent once it is in one of those states, or gone; TimedOut, naming its state, after `timeout_s`.

    Where it was given a prompt, it is complete only after it has been busy with something: ready for the prompt is not done.
    """
    session, state, begun = agent["session"], agent["state"], not prompted
    try:
        async with asyncio.timeout(timeout_s):
            async with aclosing(
                client.events(since, [session], HEARD)
                if isinstance(since, int)
                else client.events_everywhere(since, [session], HEARD)
            ) as changes:
                async for event in changes:
                    if "event" not in event:
                        continue
                    state = str(event.get("state", state))
                    if event["event"] in UNDELIVERED:
                        why = event.get("error") or str(event["event"]).replace("_", " ")
                        raise OutriderError(f"{session} runs, but what it was to do did not go in: {why}")
                    if event["event"] in OVER or (state in awaited and (begun or state != "complete")):
                        break
                    # What it did before its prompt was due was starting up.
                    begun = not prompted or (event["event"] != "command_queued" and (begun or state in BUSY))
    except TimeoutError as error:
        raise TimedOut(
            f"{session} is {state}, and not yet {' or '.join(sorted(awaited))}, after {timeout_s:g} s."
        ) from error
    return await client.agent(session)


def _awaited(wait: str | None) -> frozenset[str]:
    if wait is None:
        return frozenset()
    if wait == "rest":
        return REST
    asked = frozenset(wait.split(","))
    if unknown := asked.difference(STATES):
        raise Usage(f"There is no state {' or '.join(sorted(unknown))!r} to wait for; known: {', '.join(STATES)}.")
    return asked


def _prompt(prompt: str | None, file: str | None) -> str | None:
    if file is None:
        return prompt
    if prompt is not None:
        raise Usage("Give the prompt with --prompt or with --prompt-file, not both.")
    return text_of(file)


def text_of(file: str) -> str:
    """What a file holds, or standard input for `-`, without the line end it ends in; must be UTF-8."""
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).expanduser().read_bytes()
        return raw.decode().removesuffix("\n").removesuffix("\r")
    except OSError as error:
        raise Usage(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise Usage(f"{file} is not UTF-8 text: byte {error.start} is {error.object[error.start]:#04x}.") from error


def _pairs(env: list[str]) -> dict[str, str]:
    for pair in env:
        name, sign, _ = pair.partition("=")
        if not sign or not name:
            raise Usage(f"--env {pair!r} should look like NAME=value.")
    return {name: value for name, _, value in (pair.partition("=") for pair in env)}


def _seconds(pairs: list[str]) -> dict[str, float]:
    try:
        return {name: float(value) for name, _, value in (pair.partition("=") for pair in pairs)}
    except ValueError:
        raise Usage(f"--stuck {' '.join(pairs)} should look like frozen=900.") from None


def _told(agent: "AgentJSON", what: str, *, json: bool) -> None:
    print(as_json(agent) if json else f"{agent['session']} {what}: {agent['kind']}, {portrait.state(agent)}.")
