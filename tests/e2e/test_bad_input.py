"""Bad input gets a sentence: what is wrong, where, and what would be right; the right status or exit code; nothing half done."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from e2e.waiting import until
from e2e.world import World

KB = 1024


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    """One world for everything that is refused: nothing of it may leave a trace."""
    world = World()
    try:
        world.start()
        assert (
            world.cli("spawn", "--session", "here", "--agent", "shell", "--workdir", str(world.workdir())).stderr == ""
        )
        until(lambda: world.agent("here")["state"] == "idle", what="the shell to be ready")
        yield world
    finally:
        world.close()


@pytest.fixture(autouse=True)
def no_trace(shared: World) -> Iterator[None]:
    """Whatever was refused: the same agents, sessions, branches and folders as before."""
    before = _left(shared)
    yield
    assert _left(shared) == before


def _left(world: World) -> object:
    agents = [agent["session"] for agent in world.http.get("/api/agents").json()["agents"]]
    sessions = sorted(world.tmux("list-sessions", "-F", "#{session_name}").split())
    folders = [
        sorted(path.name for path in (world.data / name).glob("*")) for name in ("spawns", "run/hooks", "worktrees")
    ]
    events = [event for event in world.http.get("/api/events").json()["events"] if event["event"] == "agent_spawned"]
    return agents, sessions, folders, len(events)


def spawn(world: World, **fields: object) -> httpx.Response:
    body = {"session": "new", "workdir": str(world.workdir()), "kind": "shell", **fields}
    return world.http.post("/api/agents", json=body)


def command(world: World, **fields: object) -> httpx.Response:
    return world.http.post("/api/agents/here/command", json=fields)


def refused(answer: httpx.Response, status: int, *words: str) -> str:
    """It has that status, our form, and a sentence with these words; no stack trace, no doubled full stop."""
    assert answer.status_code == status, answer.text
    told = answer.json()
    assert set(told) == {"error", "code", "detail"}
    error = str(told["error"])
    for word in words:
        assert word in error, error
    _is_a_sentence(error)
    return error


def _is_a_sentence(error: str) -> None:
    assert not error.endswith(".."), error
    assert ".. " not in error.replace("... ", ""), error
    assert "Traceback" not in error
    assert "\n" not in error
    assert len(error) < 500


NAMES = (
    ("a.b", "a dot", "a-b"),
    ("a:b", "a colon", "a-b"),
    ("a/b", "a slash", "a-b"),
    ("a b", "a blank", "a-b"),
    ("", "is empty", "letters"),
    ("x" * 200, "200 characters", "at most 64"),
    ("größe", "'ö' at place 3", "letters"),
    ("-flag", "begins with -", "flag"),
    ("=here", "'='", "here"),
    ("%0", "'%'", "letters"),
    ("a\nb", "a line break", "a-b"),
    ("_outrider", "Outrider's own", "outrider"),
)


@pytest.mark.parametrize(("name", "why", "right"), NAMES)
def test_a_session_name_that_tmux_would_misread(shared: World, name: str, why: str, right: str) -> None:
    refused(spawn(shared, session=name), 422, "session", why, right)
    if "\n" not in name:
        done = shared.cli("spawn", f"--session={name}", "--workdir", str(shared.workdir()), "--agent", "shell")
        assert done.returncode == 1
        assert why in done.stderr
        assert done.stdout == ""


def test_a_policy_that_cannot_be_used_starts_nothing(shared: World) -> None:
    file = shared.root / "mine.toml"
    rule = '[[rules]]\nname = "a"\nverdict = "allow"\n'
    broken = {
        f'name = "x"\n{rule}commands = ["ls"]\ncolour = 1\n': "mine.toml:6: rules[0].colour: there is no such key",
        f'name = "x"\n{rule}commands = ["ls | wc"]\n': "mine.toml:5: rules[0].commands: bad pattern",
        f'name = "x"\n{rule}tools = ["Edit"]\n[[rules]]\nname = "b"\nverdict = "allow"\ntools = ["Edit"]\n': "'b' is never reached",
        "name = ": "not valid TOML",
    }
    for text, says in broken.items():
        file.write_text(text, encoding="utf-8")
        refused = spawn(shared, policy=str(file))
        assert (refused.status_code, says in refused.json()["error"]) == (422, True), refused.text
        assert refused.json()["detail"]["field"] == "policy"
    words = ("--session", "new", "--workdir", str(shared.workdir()), "--agent", "shell")
    by_cli = shared.cli("spawn", *words, "--policy", "mine.toml")
    assert (by_cli.returncode, "mine.toml: not valid TOML" in by_cli.stderr) == (1, True), by_cli.stderr
    inside = shared.workdir() / "mine.toml"
    inside.write_text('name = "x"\n', encoding="utf-8")
    for policy, says in {
        str(shared.root / "none.toml"): "cannot be read: No such file",
        "brave": "There is no policy 'brave'; known: careful",
        str(inside): "where it could change it",
    }.items():
        refused = spawn(shared, policy=policy)
        assert (refused.status_code, says in refused.json()["error"]) == (422, True), refused.text
    file.write_text('name = "x"\n', encoding="utf-8")
    assert "no policy is asked" in spawn(shared, policy=str(file), auto="yolo").json()["error"]
    assert "There is no policy 'brave'" in spawn(shared, auto="brave").json()["error"]
    assert "kind shell have no autonomy" in spawn(shared, policy=str(file)).json()["error"]


def test_the_name_of_an_agent_that_is_there(shared: World) -> None:
    refused(spawn(shared, session="here"), 409, "'here'", "exists already (idle)", "another name", "outrider kill here")
    done = shared.cli("spawn", "--session", "here", "--workdir", str(shared.workdir()), "--agent", "shell")
    assert done.returncode == 1
    assert "exists already" in done.stderr


def test_the_name_of_a_tmux_session_that_is_not_ours(shared: World) -> None:
    shared.tmux("new-session", "-d", "-s", "foreign", "cat")
    try:
        refused(spawn(shared, session="foreign"), 409, "'foreign'", "another name")
        assert shared.http.get("/api/agents/foreign").status_code == 404
        assert "foreign" in shared.tmux("list-sessions")
        assert shared.tmux("list-panes", "-t", "=foreign:", "-F", "#{pane_dead}") == "0\n"
    finally:
        shared.tmux("kill-session", "-t", "=foreign")


def test_working_directories_that_cannot_be_worked_in(shared: World) -> None:
    file = shared.root / "file.txt"
    file.touch()
    refused(
        spawn(shared, workdir="/nonexistent/x"), 422, "workdir", "/nonexistent/x", "does not exist", "Give a directory"
    )
    refused(spawn(shared, workdir=str(file)), 422, "workdir", str(file), "is not a directory")
    refused(spawn(shared, workdir=str(file / "below")), 422, "workdir", "does not exist")
    refused(spawn(shared, workdir="project"), 422, "workdir", "'project' is not an absolute path")
    refused(spawn(shared, workdir="/" + "x" * 5000), 422, "workdir", "File name too long")
    refused(spawn(shared, workdir="/tmp/\0x"), 422, "workdir", "NUL")
    done = shared.cli("spawn", "--session", "new", "--workdir", "nowhere", "--agent", "shell")
    assert done.returncode == 1
    assert f"{shared.root}/nowhere does not exist" in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may enter every folder")
def test_a_working_directory_that_may_not_be_entered(shared: World) -> None:
    closed = shared.workdir("closed")
    closed.chmod(0)
    try:
        refused(spawn(shared, workdir=str(closed)), 422, "workdir", "cannot be read and entered")
    finally:
        closed.chmod(0o700)


def test_kinds_that_are_not_there(shared: World) -> None:
    error = refused(spawn(shared, kind="clod"), 422, "'clod'", "known:")
    for kind in ("aider", "claude", "codex", "shell"):
        assert kind in error
    refused(
        spawn(shared, kind="gemini"), 422, "Gemini CLI is not installed", "PATH", "npm install -g @google/gemini-cli"
    )
    refused(spawn(shared, kind="generic"), 422, "no program of their own", "--")
    done = shared.cli("spawn", "--session", "new", "--workdir", str(shared.workdir()), "--agent", "gemini")
    assert (done.returncode, done.stdout) == (1, "")
    assert "npm install" in done.stderr


SPAWNS = (
    ({"model": "opus"}, "no model"),
    ({"kind": "claude", "auto": "turbo"}, "'turbo'"),
    ({"kind": "claude", "model": "a\0b"}, "model: it has a NUL"),
    ({"extra": ["a", "b\0c"]}, "extra: it has a NUL"),
    ({"env": {"A": "b\0c"}}, "env: it has a NUL"),
    ({"env": {"A=B": "c"}}, "'A=B' cannot be the name"),
    ({"env": {"": "c"}}, "cannot be the name"),
    ({"spec": "/nonexistent/TASKS.md"}, "spec: /nonexistent/TASKS.md does not exist"),
    ({"spec": "/"}, "spec: / is not a file"),
    ({"prompt": ""}, "empty"),
    ({"prompt": "a\x1b[201~b"}, "U+001B"),
    ({"worktree": ""}, "git"),
    ({"width": 1}, "'width'"),
    ({"sesion": "x"}, "'sesion' in the body is not known here"),
    ({"env": ["A=B"]}, "'env'"),
)


@pytest.mark.parametrize(("fields", "why"), SPAWNS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_spawn_that_makes_no_sense(shared: World, fields: dict[str, object], why: str) -> None:
    error = refused(spawn(shared, **fields), 422)
    assert why.replace("no model", "take no model") in error or why in error, error


def test_a_spawn_that_fails_half_way_leaves_nothing(shared: World) -> None:
    """A worktree is made, then tmux refuses: another session has the name."""
    project = shared.workdir("repository")
    git = ("git", "-C", str(project), "-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    subprocess.run(["git", "init", "-q", str(project)], check=True, env=shared.env)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "One"], check=True, env=shared.env)
    shared.tmux("new-session", "-d", "-s", "taken", "cat")
    try:
        for kind in ("shell", "claude"):
            refused(spawn(shared, session="taken", kind=kind, workdir=str(project), worktree=""), 409, "taken")
        branches = subprocess.run(
            [*git, "branch", "--list"], check=True, env=shared.env, capture_output=True, text=True
        )
        assert "outrider" not in branches.stdout
        trees = subprocess.run([*git, "worktree", "list"], check=True, env=shared.env, capture_output=True, text=True)
        assert len(trees.stdout.splitlines()) == 1
    finally:
        shared.tmux("kill-session", "-t", "=taken")
        shutil.rmtree(shared.data / "worktrees", ignore_errors=True)


def test_texts_that_are_too_long(shared: World) -> None:
    refused(command(shared, command="x" * (128 * KB + 1)), 413, "131,073 bytes", "131,072", "commands.max_bytes")
    refused(command(shared, command="é" * 64 * KB + "x"), 413, "131,073 bytes")
    refused(command(shared, command="x" * KB * KB), 413, "limit of 1048576 bytes")
    refused(command(shared, command="x" * 5 * KB * KB), 413, "limit of 1048576 bytes")
    accepted = command(shared, command="x" * 128 * KB, delay_s=3600)
    assert accepted.status_code == 202, accepted.text
    cancelled = shared.http.delete(f"/api/commands/{accepted.json()['id']}")
    assert cancelled.json()["status"] == "cancelled"
    assert cancelled.json()["command"] == "x" * 128 * KB


def test_a_long_body_without_a_length_is_cut_off(shared: World) -> None:
    parts = (b'{"command":"', *(b"x" * 64 * KB for _ in range(40)), b'"}')
    answer = shared.http.post(
        "/api/agents/here/command", content=iter(parts), headers={"content-type": "application/json"}
    )
    refused(answer, 413, "limit of 1048576 bytes")


CONTROLS = ("\x00", "\x03", "\x07", "\x1b", "\x7f", "\x85", "\x9b")


@pytest.mark.parametrize("control", CONTROLS, ids=lambda value: f"U+{ord(value):04X}")
def test_control_characters_are_no_text(shared: World, control: str) -> None:
    refused(command(shared, command=f"first\nsecond{control}"), 422, f"U+{ord(control):04X}", "line 2", "key")
    assert shared.cli("send", "here", f"a{control}" if control != "\x00" else "\x1b").returncode == 1


@pytest.mark.parametrize("text", ["", "  ", "\n\n"])
def test_an_empty_text(shared: World, text: str) -> None:
    answer = command(shared, command=text)
    assert answer.status_code == 422, answer.text
    _is_a_sentence(answer.json()["error"])


BODIES = (
    (b"hello {", 400, "not JSON"),
    (b'{"command":"a"', 400, "not JSON"),
    (b'{"command":"\xff\xfe"}', 400, "UTF-8"),
    (b'{"command":"\\ud800"}', 422, "command"),
    (b"[" * 100_000, 400, "JSON"),
    (b"[]", 422, "The body must be a JSON object with as, command, "),
    (b'"text"', 422, "object"),
    (b"null", 422, "The body must be a JSON object with as, command, "),
    (b"", 422, "The body is missing"),
    (b"{}", 422, "'command'"),
    (b'{"command":null}', 422, "'command'"),
    (b'{"command":5}', 422, "'command' in the body should be a valid string, not 5"),
    (b'{"command":["a"]}', 422, "'command'"),
    (b'{"command":"a","prority":1}', 422, "'prority' in the body is not known here; known: as, command,"),
    (b'{"command":"a","actor":"root"}', 422, "'actor'"),
    (b'{"command":"a","priority":"high"}', 422, "'priority'"),
    (b'{"command":"a","priority":1e9}', 422, "'priority'"),
    (b'{"command":"a","delay_s":-5}', 422, "'delay_s'"),
    (b'{"command":"a","delay_s":NaN}', 422, "'delay_s'"),
    (b'{"command":"a","delay_s":1e999}', 422, "'delay_s'"),
    (b'{"command":"a","expires_s":0}', 422, "'expires_s'"),
    (b'{"command":"a","when":"later"}', 422, "'ready', 'now' or 'interrupt'"),
)


@pytest.mark.parametrize(("body", "status", "why"), BODIES, ids=[repr(body[:30]) for body, *_ in BODIES])
def test_bodies_that_are_no_command(shared: World, body: bytes, status: int, why: str) -> None:
    answer = shared.http.post("/api/agents/here/command", content=body, headers={"content-type": "application/json"})
    refused(answer, status, why)


def test_a_body_of_another_type(shared: World) -> None:
    sent = {"content-type": "application/x-www-form-urlencoded"}
    answer = shared.http.post("/api/agents/here/command", content="command=a", headers=sent)
    refused(answer, 415, "application/json")


PATHS = (
    ("GET", "/api/agents/nope", 404, "no_such_agent"),
    ("GET", "/api/agents/%00%0a%1b", 404, "no_such_agent"),
    ("GET", "/api/agents/..%2f..%2fetc", 404, None),
    ("GET", "/api/agents/nope/why", 404, "no_such_agent"),
    ("GET", "/api/agents/nope/output", 404, "no_such_agent"),
    ("GET", "/api/agents/nope/log", 404, "no_such_agent"),
    ("POST", "/api/agents/nope/kill", 404, "no_such_agent"),
    ("POST", "/api/agents/nope/restart", 404, "no_such_agent"),
    ("POST", "/api/agents/nope/forget", 404, "no_such_agent"),
    ("POST", "/api/agents/nope/interrupt", 404, "no_such_agent"),
    ("POST", "/api/agents/nope/adopt", 404, "not_found"),
    ("GET", "/api/commands/nope", 404, "not_found"),
    ("DELETE", "/api/commands/nope", 404, "not_found"),
    ("GET", "/api/nothing", 404, "no_such_route"),
    ("PUT", "/api/agents/here", 405, "method_not_allowed"),
    ("GET", "/api/agents/here/output?lines=zero", 422, "invalid_input"),
    ("GET", "/api/agents/here/output?lines=-1", 422, "invalid_input"),
    ("GET", "/api/agents?state=bogus", 422, "invalid_input"),
    ("GET", "/api/agents?colour=red", 422, "invalid_input"),
    ("GET", "/api/events?since=-1", 422, "invalid_input"),
    ("GET", "/api/events?since=99999999999999999999999", 422, "invalid_input"),
    ("POST", "/api/agents/here/interrupt", 409, "conflict"),
    ("POST", "/api/agents/here/forget", 409, "conflict"),
    ("POST", "/api/agents/here/adopt", 409, "conflict"),
)


@pytest.mark.parametrize(("method", "path", "status", "code"), PATHS)
def test_what_is_not_there_or_not_possible(
    shared: World, method: str, path: str, status: int, code: str | None
) -> None:
    answer = shared.http.request(method, path)
    refused(answer, status)
    assert code in (None, answer.json()["code"])


def test_keys_that_tmux_does_not_have(shared: World) -> None:
    refused(shared.http.post("/api/agents/here/keys", json={"keys": ["Entr"]}), 422, "'Entr'", "Enter")
    refused(shared.http.post("/api/agents/here/keys", json={"keys": []}), 422, "'keys'")


CALLS = (
    (("show", "nope"), 4),
    (("why", "nope"), 4),
    (("output", "nope"), 4),
    (("send", "nope", "hello"), 4),
    (("kill", "nope"), 4),
    (("restart", "nope"), 4),
    (("forget", "nope"), 4),
    (("interrupt", "here"), 1),
    (("forget", "here"), 1),
    (("frobnicate",), 2),
    (("spawn", "--frob"), 2),
    (("spawn",), 2),
    (("send", "here"), 1),
    (("--url", "http://127.0.0.1:1", "ls"), 3),
    (("--url", "nonsense", "ls"), None),
)


@pytest.mark.parametrize(
    ("words", "code"), CALLS, ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_the_command_line_says_why_and_exits_accordingly(
    shared: World, words: tuple[str, ...], code: int | None
) -> None:
    done = shared.cli(*words, stdin="")
    assert done.returncode == code or (code is None and done.returncode in (1, 2, 3)), done
    assert done.stderr.startswith("outrider: "), done.stderr
    _is_a_sentence(done.stderr.removeprefix("outrider: ").rstrip("\n"))
    assert done.stdout == ""


def test_bytes_in_a_pane_that_are_no_text(shared: World) -> None:
    garbage = shared.root / "garbage"
    garbage.write_bytes(b"before \xff\xfe\x80\xc3( \xed\xa0\x80 \xf5 \x1b]0;ti\xfftle\x07\x00\x0e after\n\x0f")
    shared.press("here", f"cat {garbage}", "Enter")
    until(lambda: "after" in shared.http.get("/api/agents/here/output").json()["output"], what="the garbage to show")
    for path in (
        "/api/agents/here/output?ansi=true",
        "/api/agents/here",
        "/api/agents/here/why",
        "/api/agents",
        "/health",
    ):
        answer = shared.http.get(path)
        assert answer.status_code == 200
        json.loads(answer.content.decode("utf-8"))
    assert shared.cli("output", "here").returncode == 0
    shared.press("here", "echo still-$((1+1))-here", "Enter")
    until(lambda: "still-2-here" in shared.http.get("/api/agents/here/output").json()["output"], what="more output")


def test_the_log_has_no_fault_of_the_program(shared: World) -> None:
    """Last of all: whatever was sent above, nothing broke inside."""
    log = Path(shared.log_file).read_text(encoding="utf-8", errors="replace")
    assert "Traceback" not in log
    assert "Exception" not in log
