"""Agents outlive the daemon: what is found again, what is told, and what of it is news. And how agents end and begin again."""

import json
import os
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest

from e2e.recorder import EventJSON
from e2e.waiting import until
from e2e.world import World
from outrider.model.wire import AgentJSON

LINUX = sys.platform == "linux"


def shell(world: World, session: str, *words: str) -> AgentJSON:
    """A spawned shell that is ready."""
    done = world.cli("spawn", "--session", session, "--agent", "shell", "--workdir", str(world.workdir()), *words)
    assert done.returncode == 0, done
    until(lambda: world.agent(session)["state"] == "idle", what=f"{session} to be ready")
    return world.agent(session)


def journal(world: World, since: int = 0) -> list[EventJSON]:
    """Everything that was told, as the journal has it."""
    events: list[EventJSON] = world.http.get("/api/events", params={"since": since, "limit": 1000}).json()["events"]
    return events


def names(events: Sequence[EventJSON], session: str) -> list[str]:
    return [event["event"] for event in events if event["session"] == session]


def lives(pid: int | None) -> bool:
    """Whether that process runs; one that only waits to be noticed by its parent does not."""
    assert pid is not None
    listed = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(listed.strip()) and not listed.startswith("Z")


# ---- the daemon goes and comes -----------------------------------------------------------------------


@pytest.mark.parametrize("how", ["stop", "kill9"])
def test_nothing_is_told_again_that_did_not_change(world: World, how: str) -> None:
    shell(world, "calm")
    run = world.spawn("asks", [[{"tool": "Bash", "input": {"command": "rm x"}, "ask": True}]], "--prompt", "Clean up")
    until(lambda: world.agent("asks")["state"] == "waiting", what="the dialog to be seen")
    done = world.spawn("done", [[{"say": "Done."}], [{"say": "Gone on."}]], "--prompt", "Work")
    until(lambda: world.agent("done")["state"] == "complete", what="it to be complete")
    until(lambda: "command_sent" in names(journal(world), "done"), what="the journal to have it all")
    before = {session: world.agent(session) for session in ("calm", "asks", "done")}
    told = journal(world)
    getattr(world, how)()
    world.start()
    until(lambda: all(world.agent(session)["alive"] for session in before), what="its agents to be found again")
    last = shell(world, "later")
    after = journal(world)
    assert after[: len(told)] == told, "what was told stays as it was"
    assert {event["session"] for event in after[len(told) :]} == {"later"}
    assert [event["seq"] for event in after] == list(range(1, len(after) + 1))
    for session, agent in before.items():
        now = world.agent(session)
        for field in ("id", "state", "since", "pid", "created", "tmux", "detail", "workdir"):
            assert now[field] == agent[field], (session, field)
    assert last["id"] not in {agent["id"] for agent in before.values()}
    assert run.prompts() == ["Clean up"]
    assert done.prompts() == ["Work"]
    shown = world.screen("done").count("Work")
    world.press(
        "done", "Work"
    )  # as an agent puts a prompt back that is interrupted: it is known to be none of a person's
    until(lambda: world.screen("done").count("Work") > shown, what="it to stand in the composer")
    proof = world.sent(world.send("done", "Go on"))["attempts"][-1]["proof"]
    assert "stood in the composer again" in (proof or "")
    assert done.prompts() == ["Work", "Go on"]


def test_what_changed_meanwhile_is_told_once(world: World) -> None:
    shell(world, "ends")
    run = world.spawn("works", [[{"hold": "thinking"}, {"say": "Done."}]], "--prompt", "Work")
    run.reached("thinking")
    until(lambda: world.agent("works")["state"] == "thinking", what="it to be thinking")
    again = world.spawn("again", [[{"say": "Done."}], [{"say": "Done."}]], "--prompt", "Work")
    until(lambda: world.agent("again")["state"] == "complete", what="its first turn to be complete")
    pid = world.agent("ends")["pid"]
    seq = journal(world)[-1]["seq"]
    world.stop()
    world.press("ends", "exit 3", "Enter")
    until(lambda: not lives(pid), what="the shell to have ended")
    run.release("thinking")
    until(lambda: run.log("turn_end"), what="the turn to end")
    world.press("again", "Go on")
    until(lambda: "Go on" in world.screen("again"), what="a person's prompt to stand in the composer")
    world.press("again", "Enter")
    until(lambda: len(again.log("turn_end")) == 2, what="a whole turn to pass")
    world.start()
    until(lambda: world.agent("works")["state"] == "complete", what="it to be complete")
    until(lambda: "agent_exited" in names(journal(world, seq), "ends"), what="the end to be told")
    assert world.agent("ends")["exit_status"] == 3
    told = journal(world, seq)
    assert names(told, "ends").count("agent_exited") == 1
    assert names(told, "works").count("agent_complete") == 1
    until(lambda: names(journal(world, seq), "again").count("agent_complete") == 1, what="the turn that nobody saw")
    world.stop()
    world.start()
    until(lambda: world.http.get("/health").status_code == 200, what="it to be well")
    assert names(journal(world, seq), "ends").count("agent_exited") == 1
    assert names(journal(world, seq), "again").count("agent_complete") == 1
    assert not world.agent("ends")["alive"]


def test_a_session_that_was_ended_meanwhile_is_told_once(world: World) -> None:
    shell(world, "gone")
    shell(world, "stays")
    world.stop()
    world.tmux("kill-session", "-t", "=gone")
    for _ in range(2):
        world.start()
        until(lambda: "agent_exited" in names(journal(world), "gone"), what="the end to be told")
        assert names(journal(world), "gone").count("agent_exited") == 1
        assert world.agent("stays")["alive"]
        world.stop()


def test_the_tmux_server_that_went_meanwhile(world: World) -> None:
    shell(world, "one")
    world.stop()
    world.tmux("kill-server")
    world.start()
    until(lambda: "agent_exited" in names(journal(world), "one"), what="the end to be told")
    assert not world.agent("one")["alive"]
    shell(world, "one")
    assert names(journal(world), "one").count("agent_exited") == 1


def test_commands_that_were_queued_go_on(world: World) -> None:
    run = world.spawn(
        "busy", [[{"hold": "first"}, {"say": "One."}], [{"say": "Two."}], [{"say": "Three."}]], "--prompt", "0"
    )
    run.reached("first")
    ids = [world.send("busy", text) for text in ("1", "2")]
    world.kill9()
    world.start()
    assert [world.command(each)["status"] for each in ids] == ["queued", "queued"]
    run.release("first")
    for each in ids:
        world.sent(each)
    assert run.prompts() == ["0", "1", "2"]
    assert names(journal(world), "busy").count("command_queued") == 3
    assert names(journal(world), "busy").count("command_sent") == 3


# ---- names -------------------------------------------------------------------------------------------


def test_two_spawns_of_one_name_at_once(world: World) -> None:
    answers: list[httpx.Response] = []
    body = {"session": "twin", "workdir": str(world.workdir()), "kind": "claude"}

    def ask() -> None:
        answers.append(httpx.post(f"{world.url}/api/agents", json=body, timeout=20, trust_env=False))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]
    assert world.tmux("list-sessions", "-F", "#{session_name}").split().count("twin") == 1
    assert world.http.get("/api/agents").json()["count"] == 1
    assert names(journal(world), "twin").count("agent_spawned") == 1
    assert len(list((world.data / "spawns").iterdir())) == 1
    assert len(list((world.data / "run" / "hooks").iterdir())) == 1


def test_a_session_that_is_renamed_is_the_same_agent(world: World) -> None:
    agent = shell(world, "old")
    world.tmux("rename-session", "-t", "=old", "new")
    until(lambda: world.http.get("/api/agents/new").status_code == 200, what="the new name to be known")
    assert world.agent("new")["id"] == agent["id"]
    assert world.http.get("/api/agents/old").status_code == 404
    world.sent(world.send("new", "echo renamed-$((40+2))"))
    until(lambda: "renamed-42" in world.http.get("/api/agents/new/output").json()["output"], what="its output")
    shell(world, "old")
    world.stop()
    world.start()
    assert {each["session"] for each in world.http.get("/api/agents").json()["agents"]} == {"old", "new"}
    assert world.cli("kill", "new").returncode == 0
    assert world.agent("old")["alive"]


def test_a_dead_agent_makes_room_for_a_new_one_of_its_name(world: World) -> None:
    first = shell(world, "again")
    world.press("again", "exit", "Enter")
    until(lambda: not world.agent("again")["alive"], what="the end to be seen")
    second = shell(world, "again")
    assert first["id"] != second["id"]
    assert world.http.get("/api/agents").json()["count"] == 1


def test_a_dead_agent_is_kept_where_the_new_one_cannot_be_started(world: World) -> None:
    first = shell(world, "name")
    assert world.cli("kill", "name").returncode == 0
    world.tmux("new-session", "-d", "-s", "name", "cat")
    body = {"session": "name", "workdir": str(world.workdir()), "kind": "shell"}
    assert world.http.post("/api/agents", json=body).status_code == 409
    assert world.agent("name")["id"] == first["id"]
    world.stop()
    world.start()
    assert world.agent("name")["id"] == first["id"]
    assert not world.agent("name")["alive"]


# ---- ending and beginning again ----------------------------------------------------------------------

DAEMONISES = """
import os, sys, time
if os.fork():
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
open(sys.argv[1], "w").write(str(os.getpid()))
os.chdir("/")
time.sleep(600)
"""


@pytest.mark.skipif(not LINUX, reason="only Linux tells whose environment a process has")
def test_kill_ends_what_daemonised_itself_and_nothing_else(world: World) -> None:
    other = shell(world, "other")
    bystander = subprocess.Popen(["sleep", "600"], env=world.env)
    try:
        agent = shell(world, "tree")
        program, note = world.root / "daemonises.py", world.root / "pid"
        program.write_text(DAEMONISES, encoding="utf-8")
        world.press("tree", shlex.join([sys.executable, str(program), str(note)]) + "; nohup sleep 601 &", "Enter")
        until(lambda: note.exists() and note.read_text(encoding="utf-8"), what="it to be in the background")
        hidden = int(note.read_text(encoding="utf-8"))
        assert lives(hidden)
        assert os.getsid(hidden) != agent["pid"]
        done = world.cli("kill", "tree")
        assert (done.returncode, done.stdout) == (0, "tree was killed.\n")
        assert not lives(hidden)
        assert not lives(agent["pid"])
        assert lives(other["pid"])
        assert bystander.poll() is None
        assert not any("sleep 601" in line for line in world.marked().values())
    finally:
        bystander.kill()
        bystander.wait()


def test_kill_of_an_agent_that_ignores_being_asked(world: World) -> None:
    agent = shell(world, "deaf")
    world.press("deaf", "trap '' TERM HUP INT; sleep 600; sleep 600", "Enter")
    until(lambda: "sleep 600" in str(world.marked().values()), what="it to be deaf")
    assert world.cli("kill", "deaf").returncode == 0
    assert not lives(agent["pid"])
    told = names(journal(world), "deaf")
    assert told.count("agent_killed") == 1
    again = world.cli("kill", "deaf")
    assert again.returncode == 1
    assert "not running" in again.stderr


def test_kill_right_after_spawn(world: World) -> None:
    body = {"session": "brief", "workdir": str(world.workdir()), "kind": "claude"}
    for _ in range(3):
        assert world.http.post("/api/agents", json=body).status_code == 201
        assert world.http.post("/api/agents/brief/kill").status_code == 200
        assert not world.agent("brief")["alive"]
    until(lambda: not any("e2e.scripted" in line for line in world.marked().values()), what="all to be gone")


def test_restart_is_the_same_again(world: World) -> None:
    first = shell(world, "twice", "--env", "COLOUR=red")
    waiting = world.send("twice", "echo never", delay_s=3600)
    done = world.cli("restart", "twice")
    assert done.returncode == 0, done
    second = world.agent("twice")
    assert second["id"] != first["id"]
    assert not lives(first["pid"])
    until(lambda: world.agent("twice")["state"] == "idle", what="it to be ready")
    world.sent(world.send("twice", "echo is-$COLOUR"))
    until(lambda: "is-red" in world.http.get("/api/agents/twice/output").json()["output"], what="its environment")
    assert world.settled(waiting)["status"] == "failed"
    assert world.http.get("/api/agents").json()["count"] == 1
    world.press("twice", "exit", "Enter")
    until(lambda: not world.agent("twice")["alive"], what="the end to be seen")
    assert world.cli("restart", "twice").returncode == 0
    assert world.agent("twice")["alive"]


def test_forget(world: World) -> None:
    shell(world, "done")
    waiting = world.send("done", "echo never", delay_s=3600)
    refused = world.cli("forget", "done")
    assert refused.returncode == 1
    assert "Kill it first" in refused.stderr
    assert world.cli("kill", "done").returncode == 0
    assert world.cli("forget", "done").returncode == 0
    assert world.http.get("/api/agents/done").status_code == 404
    assert world.cli("show", "done").returncode == 4
    assert world.settled(waiting)["status"] == "failed"
    assert "done" not in world.tmux("list-sessions")
    world.stop()
    world.start()
    assert world.http.get("/api/agents").json()["count"] == 0


def test_an_agent_whose_program_cannot_be_run(world: World) -> None:
    events = world.record()
    broken = world.root / "bin" / "codex"
    broken.write_text("#!/nonexistent/interpreter\n", encoding="utf-8")
    broken.chmod(0o755)
    done = world.cli("spawn", "--session", "broken", "--agent", "codex", "--workdir", str(world.workdir()))
    assert done.returncode == 0, done
    events.named("agent_exited", "broken")
    agent = world.agent("broken")
    assert (agent["alive"], agent["state"]) == (False, "error")
    assert agent["exit_status"] in (126, 127)


# ---- work trees --------------------------------------------------------------------------------------


def test_a_work_tree_of_its_own(world: World) -> None:
    project = world.workdir("repository")
    git = ("git", "-C", str(project), "-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    subprocess.run(["git", "init", "-q", str(project)], check=True, env=world.env)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "One"], check=True, env=world.env)
    where = ("--agent", "shell", "--workdir", str(project))
    done = world.cli("spawn", "--session", "tree", *where, "--worktree", "--json")
    assert done.returncode == 0, done
    agent: AgentJSON = json.loads(done.stdout)
    assert agent["branch"] == "outrider/tree"
    assert agent["worktree"] is not None
    assert agent["workdir"] == agent["worktree"]
    until(lambda: world.agent("tree")["state"] == "idle", what="it to be ready")
    world.sent(world.send("tree", "git branch --show-current && pwd -P"))
    tree = str(Path(agent["worktree"]).resolve())
    until(
        lambda: tree in world.http.get("/api/agents/tree/output?lines=30").json()["output"].replace("\n", ""),
        what="its folder",
    )
    assert "outrider/tree" in world.cli("show", "tree").stdout
    assert world.cli("spawn", "--session", "named", *where, "--worktree=feature/x").returncode == 0
    assert world.agent("named")["branch"] == "feature/x"
    assert world.cli("restart", "tree").returncode == 0
    world.kill9()
    world.start()
    assert world.agent("tree")["branch"] == "outrider/tree"
    assert world.agent("tree")["worktree"] == agent["worktree"]
    assert world.cli("kill", "tree").returncode == 0
    assert world.cli("forget", "tree").returncode == 0
    assert Path(agent["worktree"]).is_dir(), "it may hold work"
    taken = world.cli("spawn", "--session", "tree", *where, "--worktree")
    assert taken.returncode == 1
    assert agent["worktree"] in taken.stderr


# ---- adopting ----------------------------------------------------------------------------------------


def watching(world: World, server: str, *, adopt: bool) -> None:
    """Starts the daemon again, now watching that tmux server too."""
    world.stop()
    world.config.write_text(f'watch = ["{server}"]\nwatch_adopt = {str(adopt).lower()}\n', encoding="utf-8")
    world.start()


def test_adopting_what_is_recognised_and_what_is_not(world: World) -> None:
    server = f"{world.socket}-other"
    run = world.run("theirs")
    run.script([[{"say": "Hello."}]])
    start = ["new-session", "-d", "-c", str(world.workdir()), "-x", "100", "-y", "30"]
    world.tmux(*start, "-s", "theirs", "-e", f"SCRIPTED_AGENT_DIR={run.root}", "claude", server=server)
    world.tmux(*start, "-s", "unknown", "exec cat", server=server)
    world.tmux(*start, "-s", "with.dot", "cat", server=server)
    watching(world, server, adopt=True)
    events = world.record()
    events.named("agent_adopted", "theirs")
    until(lambda: world.agent("theirs")["state"] == "idle", what="it to be ready")
    assert world.agent("theirs")["tmux"]["server"] == server
    assert not world.agent("theirs")["spawned"]
    refused = world.cli("adopt", "unknown")
    assert refused.returncode == 1
    assert "'cat'" in refused.stderr
    assert "claude" in refused.stderr
    assert world.cli("adopt", "unknown", "--agent", "clod").returncode == 1
    done = world.cli("adopt", "unknown", "--agent", "generic")
    assert done.returncode == 0, done
    assert world.agent("unknown")["alive"]
    assert world.cli("restart", "theirs").returncode == 1
    world.sent(world.send("theirs", "Hi"))
    assert run.prompts() == ["Hi"]
    world.stop()
    world.start()
    assert {each["session"] for each in world.http.get("/api/agents").json()["agents"]} == {"theirs", "unknown"}
    assert names(journal(world), "theirs").count("agent_adopted") == 1
    forgotten = world.cli("forget", "unknown")
    assert forgotten.returncode == 0
    assert "runs on" in forgotten.stdout
    assert "unknown" in world.tmux("list-sessions", server=server)
    assert world.cli("kill", "theirs").returncode == 0
    assert not lives(run.pid)
    assert "theirs" not in world.tmux("list-sessions", server=server)
    assert "unknown" in world.tmux("list-sessions", server=server)


def test_a_forgotten_agent_that_was_adopted_stays_forgotten(world: World) -> None:
    server = f"{world.socket}-other"
    run = world.run("theirs")
    run.script([])
    world.tmux(
        *("new-session", "-d", "-s", "theirs", "-c", str(world.workdir()), "-x", "100", "-y", "30"),
        *("-e", f"SCRIPTED_AGENT_DIR={run.root}", "claude"),
        server=server,
    )
    watching(world, server, adopt=True)
    until(lambda: world.http.get("/api/agents/theirs").status_code == 200, what="it to be adopted")
    assert world.cli("forget", "theirs").returncode == 0
    seq = journal(world)[-1]["seq"]
    shell(world, "later")  # a few looks at the servers later
    assert world.http.get("/api/agents/theirs").status_code == 404
    assert names(journal(world, seq), "theirs") == []
    assert lives(run.pid)
    assert world.cli("adopt", "theirs").returncode == 0, "asked for, it is taken in again"


def test_the_watched_server_goes_and_comes(world: World) -> None:
    server = f"{world.socket}-other"
    watching(world, server, adopt=True)
    shell(world, "ours")
    for session in ("first", "second"):
        _comes_and_goes(world, server, session)
    assert world.agent("ours")["alive"]
    assert world.http.get("/health").status_code == 200


def _comes_and_goes(world: World, server: str, session: str) -> None:
    run = world.run(session)
    run.script([])
    words = ("-s", session, "-e", f"SCRIPTED_AGENT_DIR={run.root}", "claude")
    world.tmux("new-session", "-d", "-x", "100", "-y", "30", "-c", str(world.workdir()), *words, server=server)
    until(lambda: world.http.get(f"/api/agents/{session}").status_code == 200, what="it to be adopted")
    world.tmux("kill-server", server=server)
    until(lambda: not world.agent(session)["alive"], what="the end to be seen")


# ---- signals -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_both_signals_end_it_in_good_order(world: World, number: signal.Signals) -> None:
    agent = shell(world, "stays")
    os.kill(world.pid, number)
    assert world.stop() == 0
    assert lives(agent["pid"])
    assert "Traceback" not in world.log_tail()
