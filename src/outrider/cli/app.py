"""The table of verbs, and what happens around every one of them: reading the line, errors, exit codes.

Verbs are named by where they are found, so that only the one that runs is imported.
"""

import asyncio
import inspect
import json
import os
import signal
import sys
import threading
from collections.abc import Coroutine, Mapping, Sequence
from types import FrameType

from cyclopts import App, CycloptsError, Group

from outrider import __version__
from outrider.cli.connection import Usage
from outrider.cli.words import CONTROL
from outrider.errors import OutriderError
from outrider.tasks import AGAIN_S

INTERRUPTED, PIPE_BROKE = 130, 141  # as shells tell the end by SIGINT and SIGPIPE

AGENTS = Group("Agents", sort_key=1)
STEER = Group("Look and steer", sort_key=2)
SETUP = Group("Daemon and set-up", sort_key=3)
KINDS = Group("Kinds of agents", sort_key=4)

# verb, where it is, group, what `outrider --help` says of it; in this order
VERBS: tuple[tuple[str, str, Group, str], ...] = (
    ("spawn", "start:spawn", AGENTS, "Start an agent in a tmux session."),
    ("ls", "look:ls", AGENTS, "List the agents and what they do."),
    ("attach", "attach:attach", AGENTS, "Attach this terminal to an agent."),
    ("kill", "end:kill", AGENTS, "End agents and every process they started."),
    ("restart", "start:restart", AGENTS, "Start an agent again, as it was spawned."),
    ("adopt", "start:adopt", AGENTS, "Take over an agent that already runs in tmux."),
    ("keep", "end:keep", AGENTS, "Hold an agent back from cleanup."),
    ("forget", "end:forget", AGENTS, "Take an agent off the list; adopted, it runs on."),
    ("show", "look:show", STEER, "Show everything that is known of an agent."),
    ("why", "look:why", STEER, "Show what says that it does what it does."),
    ("progress", "progress:app", STEER, "Show how far it is; tick what is done."),
    ("output", "look:output", STEER, "Print the end of its terminal."),
    ("play", "play:play", STEER, "Play what was recorded of it, or a file."),
    ("recording", "recording:app", STEER, "Recordings: list, start, stop, get, remove."),
    ("send", "say:send", STEER, "Have a text typed into it, once."),
    ("commands", "say:commands", STEER, "List what was sent, and what became of it."),
    ("approvals", "approve:approvals", STEER, "List the dialogs that wait for an answer."),
    ("approve", "approve:approve", STEER, "Answer its dialog with yes, or an option."),
    ("deny", "approve:deny", STEER, "Answer its dialog with no."),
    ("worktree", "worktree:app", STEER, "Agents' worktrees: list, diff, merge, remove."),
    ("interrupt", "end:interrupt", STEER, "Interrupt what it does."),
    ("events", "events:events", STEER, "Print what happened, and what happens."),
    ("stats", "look:stats", STEER, "Show counts, the queue, the uptime."),
    ("audit", "audit:app", STEER, "Who had what done; is the record whole."),
    ("alerts", "alerts:app", STEER, "The alert rules: what fires, and what would have."),
    ("notify", "notify:app", STEER, "Who is told what; what was told; tests."),
    ("open", "attach:open_dashboard", SETUP, "Open the dashboard in a browser."),
    ("config", "setup:config", SETUP, "Print every setting and where it came from."),
    ("doctor", "setup:doctor", SETUP, "Check this machine, and say what to do."),
    ("service", "service:app", SETUP, "Keep the daemon running; reload it, read its log."),
    ("db", "db:app", SETUP, "Look the database over, back it up, put it back."),
    ("node", "node:app", SETUP, "The machines of the fleet: list, drain, forget, invite."),
    ("policy", "policy:app", STEER, "What agents may do by themselves."),
    ("hooks", "hooks:app", SETUP, "Hooks in your own settings, for adopted agents."),
    ("token", "token:app", SETUP, "Tokens for those who are not you, here."),
    ("agents", "kinds:agents", KINDS, "List the kinds of agents."),
    ("record", "record:record", KINDS, "Save a screen as a labelled case."),
    ("score", "kinds:score", KINDS, "Score the rules on recorded cases."),
)
# Flags that may stand alone or with a value after `=`, and what they mean alone.
ALONE: Mapping[str, Mapping[str, str]] = {
    "spawn": {"--auto": "standard", "--wait": "rest", "--worktree": "", "--sandbox": "network"},
}
GLOBAL_WITH_VALUE = ("--url", "--token")
EPILOGUE = """\
First steps:
    outrider up                                       start the daemon here
    outrider spawn --session fix --prompt "Fix it"    start an agent in this folder
    outrider ls --watch                               see what your agents do
"""


def build(extra: Sequence[tuple[str, str, str]] = ()) -> App:
    """The command line; `extra` are verbs of layers above this one: name, import path, help."""
    app = App(
        name="outrider",
        help="Runs, watches and steers AI coding agents that live in tmux.",
        version=__version__,
        help_format="plaintext",
        help_epilogue=EPILOGUE,
        version_flags=["--version"],
    )
    verbs = [(name, path, SETUP, help_) for name, path, help_ in extra]
    verbs += [(name, f"outrider.cli.{path}", group, help_) for name, path, group, help_ in VERBS]
    for place, (name, path, group, help_) in enumerate(verbs):
        own = {} if path.endswith(":app") else {"help_epilogue": ""}
        app.command(path, name=name, group=group, help=help_, sort_key=place, **own)
    app.register_install_completion_command(group=SETUP)
    return app


def arranged(argv: Sequence[str]) -> list[str]:
    """The line as the parser wants it: global flags after the verb, flags without their optional value given one.

    What follows `--` behind `spawn` belongs to the agent.
    """
    line = list(argv)
    leading: list[str] = []
    while line and line[0].partition("=")[0] in {*GLOBAL_WITH_VALUE, "--json"}:
        taken = 2 if line[0] in GLOBAL_WITH_VALUE else 1
        leading += line[:taken]
        del line[:taken]
    if not line:
        return leading
    end = line.index("--") if "--" in line else len(line)
    alone = ALONE.get(line[0], {})
    words = [f"{word}={alone[word]}" if word in alone else word for word in line[:end]]
    rest = [f"--extra={word}" for word in line[end + 1 :]] if line[0] == "spawn" else line[end:]
    return [*words, *leading, *rest]


def run(argv: Sequence[str], environ: Mapping[str, str], extra: Sequence[tuple[str, str, str]] = ()) -> int:
    """Runs one command line and gives its exit code; prints what there is to print, errors as one sentence."""
    app = build(extra)
    line = arranged(argv)
    try:
        return _call(app, line, environ)
    except CycloptsError as error:
        verb = line[0] if line and not line[0].startswith("-") else ""
        hint = f"outrider {verb} --help" if verb in {name for name, *_ in (*VERBS, *extra)} else "outrider --help"
        return _refused(Usage(f"{_sentence(str(error))} See: {hint}"), line)
    except OutriderError as error:
        return _refused(error, line)
    except (KeyboardInterrupt, asyncio.CancelledError):
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read has gone; what Python still wants to flush at its end goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_BROKE


def _call(app: App, line: Sequence[str], environ: Mapping[str, str]) -> int:
    verb, bound, injected = app.parse_args(line, print_error=False, exit_on_error=False)
    own = {"environ": environ} if "environ" in injected else {}
    result = verb(*bound.args, **bound.kwargs, **own)
    if inspect.iscoroutine(result):
        result = asyncio.run(_interruptible(result))
    sys.stdout.flush()
    return result if isinstance(result, int) else 0


async def _interruptible(work: Coroutine[object, object, object]) -> object:
    """Awaits it; what Ctrl-C cancels is cancelled until it has ended, as a cancellation may be lost, and a farewell may hang."""
    loop, task, first = asyncio.get_running_loop(), asyncio.current_task(), signal.getsignal(signal.SIGINT)

    def again() -> None:
        if task is not None:
            task.cancel()
        loop.call_later(AGAIN_S, again)

    def interrupted(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(loop.call_later, AGAIN_S, again)
        if callable(first):
            first(number, frame)

    if threading.current_thread() is not threading.main_thread() or not callable(first):
        return await work
    signal.signal(signal.SIGINT, interrupted)
    try:
        return await work
    finally:
        signal.signal(signal.SIGINT, first)


def _refused(error: OutriderError, line: Sequence[str]) -> int:
    if "--json" in line:
        print(json.dumps({"error": error.message, "code": error.code, "detail": dict(error.detail)}, default=str))
    # A sentence may quote what an agent's screen shows.
    print("outrider:", "\n".join(CONTROL.sub(" ", row) for row in error.message.split("\n")), file=sys.stderr)
    return error.exit_code


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    return text if text.endswith((".", "?", "!")) else f"{text}."
