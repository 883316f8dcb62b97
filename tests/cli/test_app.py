"""The command line from outside: what it prints, where, and with which exit code."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from fake_daemon import FakeDaemon, agent, command, daemon, event
from outrider.cli import app
from outrider.cli.app import arranged
from outrider.cli.connection import usual

Run = Callable[..., int]


@pytest.fixture(scope="module")
def serving() -> Iterator[FakeDaemon]:
    with daemon() as one:
        yield one


@pytest.fixture
def fake(serving: FakeDaemon) -> FakeDaemon:
    one = serving.fresh()
    one.answers["GET /api/agents/my-task"] = (200, agent())
    return one


@pytest.fixture
def environ(fake: FakeDaemon, tmp_path: Path) -> dict[str, str]:
    return {"OUTRIDER_URL": fake.url, "HOME": str(tmp_path), "PATH": os.defpath}


@pytest.fixture
def run(environ: Mapping[str, str]) -> Run:
    return lambda *argv: app.run(argv, environ)


def start(environ: Mapping[str, str], *argv: str, **options: object) -> "subprocess.Popen[str]":
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    line = [sys.executable, "-m", "outrider", *argv]
    return subprocess.Popen(line, env=dict(environ), text=True, **pipes)  # type: ignore[call-overload,no-any-return]


ARRANGED = [
    ("--url http://x ls", "ls --url http://x"),
    ("--json --token=t send a b -- -c", "send a b --json --token=t -- -c"),
    ("spawn --auto --wait --worktree", "spawn --auto=standard --wait=rest --worktree="),
    ("spawn --auto=yolo -- --x -- y", "spawn --auto=yolo --extra=--x --extra=-- --extra=y"),
    ("send a --wait", "send a --wait"),
    ("--json", "--json"),
    ("", ""),
]


@pytest.mark.parametrize(("given", "wanted"), ARRANGED)
def test_arranged(given: str, wanted: str) -> None:
    assert arranged(given.split()) == wanted.split()


def test_ls(run: Run, fake: FakeDaemon, capsys: pytest.CaptureFixture[str]) -> None:
    hostile = agent("b", state="waiting", detail={"question": "Run \x1b[31mrm\x07 -rf?", "options": ["Yes", "No"]})
    dead = agent("c", state="complete", alive=False, progress=40.0)
    fake.answers["GET /api/agents"] = (200, {"agents": [agent("a-long-name"), hostile, dead], "count": 3})
    assert run("ls", "--state", "working") == 0
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert lines[0].split() == ["SESSION", "STATE", "SINCE", "DONE", "KIND", "WHAT"]
    assert lines[2].endswith("Run  [31mrm  -rf? [Yes | No]")
    assert "complete (gone)" in lines[3]
    assert "40%" in lines[3]
    assert (
        len({line.index(word) for line, word in zip(lines, ["KIND", "claude", "claude", "claude"], strict=True)}) == 1
    )
    assert "\x1b" not in out
    assert fake.asked[0].query == "state=working"


def test_ls_json(run: Run, fake: FakeDaemon, capsys: pytest.CaptureFixture[str]) -> None:
    fake.answers["GET /api/agents"] = (200, {"agents": [agent()], "count": 1})
    assert run("ls", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"agents": [agent()], "count": 1}


def test_ls_of_nothing_says_what_to_do(run: Run, fake: FakeDaemon, capsys: pytest.CaptureFixture[str]) -> None:
    fake.answers["GET /api/agents"] = (200, {"agents": [], "count": 0})
    assert run("ls") == 0
    assert "outrider spawn" in capsys.readouterr().out


def test_spawn_sends_what_was_asked(run: Run, fake: FakeDaemon, tmp_path: Path) -> None:
    fake.answers["POST /api/agents"] = (201, agent(state="initializing"))
    words = "spawn --session my-task --workdir ~/x --agent codex --model m --auto --worktree --env A=1 --env B=x=y"
    (tmp_path / "prompt").write_text("Do this\n\tand `that` $HOME \\\n")
    assert (
        run(*words.split(), "--prompt-file", str(tmp_path / "prompt"), "--spec", "~/s.md", "--", "--extra", "-v") == 0
    )
    assert fake.asked[-1].body == {
        "session": "my-task",
        "workdir": str(tmp_path / "x"),
        "kind": "codex",
        "model": "m",
        "auto": "standard",
        "worktree": "",
        "env": {"A": "1", "B": "x=y"},
        "prompt": "Do this\n\tand `that` $HOME \\",
        "spec": str(tmp_path / "s.md"),
        "extra": ["--extra", "-v"],
    }


def test_spawn_from_here(run: Run, fake: FakeDaemon) -> None:
    fake.answers["POST /api/agents"] = (201, agent())
    assert run("spawn", "--session", "my-task") == 0
    assert fake.asked[-1].body == {"session": "my-task", "workdir": str(Path.cwd()), "kind": "claude"}


@pytest.mark.parametrize(("last", "code"), [("complete", 0), ("error", 1), ("waiting", 0)])
def test_spawn_waits_until_it_rests(run: Run, fake: FakeDaemon, last: str, code: int) -> None:
    """What happened before the spawn to an agent of that name does not count, nor that it is idle before its prompt."""
    fake.journal += [event(1, state="complete")]
    states = ("idle", "reading", "reading", "complete", "working", last)

    def spawned() -> tuple[int, object]:
        fake.journal.extend(event(seq, state=state) for seq, state in enumerate(states, 2))
        fake.journal[3] |= {"event": "command_queued", "type": "command_queued"}
        return 201, agent(state="initializing")

    fake.answers |= {"POST /api/agents": spawned, "GET /api/agents/my-task": (200, agent(state=last))}
    fake.cut += [5]
    assert run("spawn", "--session", "my-task", "--prompt", "Go", "--wait", "--timeout", "5") == code
    # It read on after the first `complete`, up to the break and beyond it.
    assert [query.partition("&")[0] for query in fake.connected] == ["since=1", "since=6"]


def test_spawn_gives_up_waiting(run: Run, fake: FakeDaemon, capsys: pytest.CaptureFixture[str]) -> None:
    fake.answers["POST /api/agents"] = (201, agent(state="initializing"))
    assert run("spawn", "--session", "my-task", "--wait=testing", "--timeout", "0.3") == 5
    assert capsys.readouterr().err == "outrider: my-task is initializing, and not yet testing, after 0.3 s.\n"


def test_spawn_tells_that_its_prompt_did_not_go_in(
    run: Run, fake: FakeDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = {"event": "command_failed", "type": "command_failed", "error": "A dialog is open."}

    def spawned() -> tuple[int, object]:
        fake.journal.append(event(1) | failed)
        return 201, agent(state="initializing")

    fake.answers["POST /api/agents"] = spawned
    assert run("spawn", "--session", "my-task", "--prompt", "Go", "--wait") == 1
    assert "did not go in: A dialog is open." in capsys.readouterr().err


def test_where_systems_do_not_tell_whose_connection_it_is_the_socket_is_taken(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "OUTRIDER_RUNTIME": str(tmp_path)}
    assert usual(environ, "darwin") == "http://127.0.0.1:3848"
    (tmp_path / "outrider.sock").touch()
    assert usual(environ, "darwin") == f"unix:{tmp_path}/outrider.sock"
    assert usual(environ, "linux") == "http://127.0.0.1:3848"


def test_spawn_refuses_a_state_that_there_is_not(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("spawn", "--session", "x", "--wait=ready") == 2
    assert "known: complete, error" in capsys.readouterr().err


USAGE = [
    (["lss"], 'Unknown command "lss". Did you mean "ls"?'),
    (["ls", "--stat", "x"], "--stat"),
    (["spawn"], "--session"),
    (["spawn", "my-task", "--session", "x"], "my-task"),
    (["spawn", "--session", "x", "--env", "A"], "should look like NAME=value"),
    (["spawn", "--session", "x", "--prompt", "a", "--prompt-file", "b"], "not both"),
    (["spawn", "--session", "x", "--prompt-file", "/nowhere/at/all"], "cannot be read"),
    (["send", "x", "text", "--file", "y"], "not both"),
    (["send", "x", "text", "--when", "later"], "later"),
    (["kill"], "Name the agents"),
    (["output", "x", "--lines", "many"], "many"),
    (["record", "x", "--state", "busy"], "known: complete"),
]


@pytest.mark.parametrize(("argv", "says"), USAGE, ids=lambda value: " ".join(value)[:30])
def test_usage_is_exit_code_2_and_one_sentence(
    run: Run, fake: FakeDaemon, capsys: pytest.CaptureFixture[str], argv: list[str], says: str
) -> None:
    assert run(*argv) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("outrider: ")
    assert says in captured.err
    assert len(captured.err.splitlines()) == 1
    assert fake.asked == []


REFUSED = [(404, "no_such_agent", 4), (409, "conflict", 1), (504, "timeout", 5), (401, "unauthorized", 1)]


@pytest.mark.parametrize(("status", "code", "exit_code"), REFUSED)
def test_refusals(
    run: Run, fake: FakeDaemon, capsys: pytest.CaptureFixture[str], status: int, code: str, exit_code: int
) -> None:
    body = {"error": "It may not be.", "code": code, "detail": {"session": "x"}}
    fake.answers["GET /api/agents/x"] = (status, body)
    assert run("show", "x") == exit_code
    assert capsys.readouterr() == ("", "outrider: It may not be.\n")
    assert run("show", "x", "--json") == exit_code
    captured = capsys.readouterr()
    assert json.loads(captured.out) == body
    assert captured.err == "outrider: It may not be.\n"


def test_no_daemon(environ: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    environ["OUTRIDER_URL"] = "http://127.0.0.1:9"
    assert app.run(["ls"], environ) == 3
    assert capsys.readouterr().err == "outrider: No daemon answers at http://127.0.0.1:9. Start it with: outrider up\n"


def test_flags_before_the_verb_and_over_the_environment(environ: dict[str, str], fake: FakeDaemon) -> None:
    environ |= {"OUTRIDER_URL": "http://127.0.0.1:9", "OUTRIDER_TOKEN": "old"}
    assert app.run(["--url", fake.url, "--token=new", "show", "my-task"], environ) == 0
    assert fake.asked[0].headers["authorization"] == "Bearer new"


def test_send(run: Run, fake: FakeDaemon, tmp_path: Path) -> None:
    fake.answers["POST /api/agents/my-task/command"] = (202, {"id": "c1", "status": "queued"})
    assert run("send", "my-task", "Continue", "with step 2", "--when", "now", "--priority", "3") == 0
    assert fake.asked[0].body == {"command": "Continue with step 2", "when": "now", "priority": 3}
    assert run("send", "my-task", "--", "--force", "-x") == 0
    assert fake.asked[1].body == {"command": "--force -x"}
    (tmp_path / "text").write_bytes("a\n\u00e9\n".encode())
    assert run("send", "my-task", "--file", str(tmp_path / "text")) == 0
    assert fake.asked[2].body == {"command": "a\né"}
    keys = [one.headers["idempotency-key"] for one in fake.asked]
    assert len(set(keys)) == 3


@pytest.mark.parametrize(("last", "code"), [("sent", 0), ("failed", 1), ("uncertain", 1), ("queued", 5)])
def test_send_waits_for_what_becomes_of_it(
    run: Run, fake: FakeDaemon, capsys: pytest.CaptureFixture[str], last: str, code: int
) -> None:
    fake.answers["POST /api/agents/my-task/command"] = (202, {"id": "c1", "status": "queued"})
    final = command(status=last, error="No such pane." if last == "failed" else None)
    fake.answers["GET /api/commands/c1"] = [(200, command()), (200, final)]
    assert run("send", "my-task", "go", "on", "--wait", "--timeout", "0.5") == code
    captured = capsys.readouterr()
    assert f"c1 is {last}" in captured.out + captured.err


def test_kill_goes_on_after_a_refusal(run: Run, fake: FakeDaemon, capsys: pytest.CaptureFixture[str]) -> None:
    gone = {"error": "There is no agent x.", "code": "no_such_agent", "detail": {}}
    fake.answers |= {"POST /api/agents/x/kill": (404, gone), "POST /api/agents/y/kill": (200, agent("y"))}
    assert run("kill", "x", "y", "--yes") == 4
    captured = capsys.readouterr()
    assert captured.out == "y was killed.\n"
    assert captured.err == "outrider: There is no agent x.\n"


def test_why(run: Run, fake: FakeDaemon, capsys: pytest.CaptureFixture[str]) -> None:
    said = {"source": "hook", "state": "working", "rule": "hook:PreToolUse", "text": "Edit", "at": 1, "age_ms": 3000}
    not_believed = {**said, "source": "title", "state": "idle", "rule": "ready", "why": "A hook is newer."}
    body = {"session": "my-task", "state": "working", "alive": True, "exit_status": None, "since": 0}
    body |= {
        "confidence": "high",
        "detail": {"tool": "Edit"},
        "evidence": [said],
        "rejected": [not_believed],
        "unheard": [],
    }
    fake.answers["GET /api/agents/my-task/why"] = (200, body)
    assert run("why", "my-task") == 0
    out = capsys.readouterr().out
    assert re.search(r"Because:\n.*\n +hook +working +hook:PreToolUse +3s +Edit", out)
    assert "A hook is newer." in out


def test_events(run: Run, fake: FakeDaemon, capsys: pytest.CaptureFixture[str]) -> None:
    fake.journal += [event(number) for number in range(1, 151)]
    assert run("events") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 100
    assert lines[-1].endswith("my-task  state_change  thinking → working")
    assert run("events", "--since", "148", "--json") == 0
    assert [json.loads(line)["seq"] for line in capsys.readouterr().out.splitlines()] == [149, 150]


def test_attach_names_the_right_server(environ: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["attach", "my-task", "--print"], environ) == 0
    assert capsys.readouterr().out == "tmux -L outrider attach-session -t =my-task:\n"
    inside = {**environ, "TMUX": "/tmp/tmux-0/outrider,1,0"}
    assert app.run(["attach", "my-task", "--print"], inside) == 0
    assert capsys.readouterr().out == "tmux -L outrider switch-client -t =my-task:\n"


def test_token(run: Run, fake: FakeDaemon, capsys: pytest.CaptureFixture[str]) -> None:
    fake.answers |= {
        "POST /api/tokens": (201, {"name": "phone", "scope": "write", "token": "abc"}),
        "GET /api/tokens": (200, {"tokens": [{"name": "phone", "scope": "write", "created": 0}], "count": 1}),
        "DELETE /api/tokens/phone": (200, {"name": "phone", "revoked": True}),
    }
    assert run("token", "create", "phone", "--scope", "write") == 0
    assert capsys.readouterr().out == "abc\n"
    assert fake.asked[0].body == {"name": "phone", "scope": "write"}
    assert run("token") == 0
    assert run("token", "list") == 0
    assert capsys.readouterr().out.count("phone") == 2
    assert run("token", "revoke", "phone") == 0


@pytest.mark.parametrize("argv", [[], ["--help"], ["--version"], *([row[0], "--help"] for row in app.VERBS)])
def test_help(run: Run, capsys: pytest.CaptureFixture[str], argv: list[str]) -> None:
    assert run(*argv) == 0
    out = capsys.readouterr().out
    assert out
    if not argv:
        assert all(verb in out for verb in ("outrider up", "outrider spawn", "outrider ls"))
        assert all(f" {name} " in out for name, *_ in app.VERBS)


def test_events_follow_survives_a_broken_connection(environ: dict[str, str], fake: FakeDaemon) -> None:
    fake.journal += [event(number) for number in range(1, 6)]
    fake.cut += [2, 1]
    process = start(environ, "events", "--follow", "--since", "0", "--json")
    assert process.stdout is not None
    assert process.stderr is not None
    assert [json.loads(process.stdout.readline())["seq"] for _ in range(5)] == [1, 2, 3, 4, 5]
    assert fake.connected == ["since=0", "since=2", "since=3"]
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    assert process.stderr.read() == ""


def test_a_broken_pipe_is_silent(environ: dict[str, str], fake: FakeDaemon) -> None:
    fake.journal += [event(number) for number in range(1, 100)]
    process = start(environ, "events", "--follow", "--since", "0")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    fake.journal += [event(number) for number in range(100, 5000)]
    assert process.wait(60) == 141
    assert process.stderr.read() == ""


def test_on_a_terminal_states_have_colours_unless_they_are_unwanted(environ: dict[str, str], fake: FakeDaemon) -> None:
    fake.answers["GET /api/agents"] = (200, {"agents": [agent(state="waiting")], "count": 1})
    for name, coloured in (("", True), ("1", False)):
        ours, theirs = pty.openpty()
        process = start({**environ, "TERM": "xterm", "NO_COLOR": name}, "ls", stdout=theirs)
        os.close(theirs)
        assert process.wait(60) == 0
        assert (b"\x1b[1;33m" in os.read(ours, 65536)) is coloured
        os.close(ours)


def test_kill_asks_on_a_terminal(environ: dict[str, str], fake: FakeDaemon) -> None:
    fake.answers["POST /api/agents/my-task/kill"] = (200, agent())
    for reply, code in ((b"n\n", 1), (b"y\n", 0)):
        ours, theirs = pty.openpty()
        process = start(environ, "kill", "my-task", stdin=theirs)
        os.write(ours, reply)
        assert process.wait(60) == code
        os.close(theirs)
        os.close(ours)
    assert len(fake.asked) == 1


STUBBORN = """
import asyncio, signal, sys
from outrider.cli.app import run
import outrider.cli.look as look

signal.signal(signal.SIGINT, signal.default_int_handler)

async def ls(**_):
    for _ in range(3):
        try:
            print("waiting", flush=True)
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            pass

look.ls = ls
sys.exit(run(["ls"], {}))
"""


def test_ctrl_c_ends_also_what_loses_its_cancellation() -> None:
    process = subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "waiting\n"
    process.send_signal(signal.SIGINT)
    assert process.stdout.read() == "waiting\nwaiting\n"
    assert process.wait(60) == 0
