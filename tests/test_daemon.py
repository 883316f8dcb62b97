"""The daemon's life: starting in a world that is not as it should be, and ending without anybody noticing."""

import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from websockets.sync.client import connect

from e2e.waiting import until
from e2e.world import World
from outrider.model.wire import AgentJSON

LINUX = sys.platform == "linux"


@pytest.fixture
def idle() -> Iterator[World]:
    """A world whose daemon has not been started."""
    fresh = World()
    try:
        yield fresh
    finally:
        fresh.close()


@pytest.fixture
def world(idle: World) -> World:
    """A world with a running daemon."""
    return idle.start()


def up(world: World, *words: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """A daemon that is expected to give up; what a flag says here wins over the world's."""
    flags = {
        "--port": "0",
        "--data": str(world.root / "second"),
        "--tmux-socket": f"{world.socket}-second",
        "--config": str(world.config),
    }
    flags |= dict(zip(words[::2], words[1::2], strict=True))
    argv = [sys.executable, "-m", "outrider", "up", *(word for pair in flags.items() for word in pair)]
    return subprocess.run(
        argv, env={**world.env, **(env or {})}, cwd=world.root, capture_output=True, text=True, timeout=60, check=False
    )


def gave_up(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """It ended with 1, or 2 where it was asked for nonsense, and one sentence that has these words."""
    told = [line for line in done.stderr.splitlines() if not line.startswith("{")]
    assert done.returncode in (1, 2), done
    assert len(told) == 1, done
    assert told[0].startswith("outrider: ")
    for word in words:
        assert word in told[0], told[0]
    assert "Traceback" not in done.stderr
    assert not told[0].endswith("..")


def shell(world: World, session: str, *words: str) -> AgentJSON:
    """A spawned shell that is ready."""
    done = world.cli("spawn", "--session", session, "--agent", "shell", "--workdir", str(world.workdir()), *words)
    assert done.returncode == 0, done
    until(lambda: world.agent(session)["state"] == "idle", what=f"{session} to be ready")
    return world.agent(session)


def log_lines(world: World) -> list[dict[str, object]]:
    """What the daemon logged."""
    lines = world.log_file.read_text(encoding="utf-8").splitlines() if world.log_file.exists() else []
    return [json.loads(line) for line in lines if line.startswith("{")]


# ---- one at a time -----------------------------------------------------------------------------------


def test_a_second_daemon_on_the_same_data_is_told_who_has_it(world: World) -> None:
    gave_up(up(world, "--data", str(world.data)), str(world.data), f"process {world.pid}", world.url, "--data")
    assert world.http.get("/health").status_code == 200


def test_a_second_daemon_on_the_same_tmux_server_is_told_who_has_it(world: World) -> None:
    gave_up(up(world, "--tmux-socket", world.socket), world.socket, f"process {world.pid}", world.url, "--tmux-socket")
    assert not (world.root / "second" / "outrider.db").exists(), "it was refused before it made anything"


def test_the_same_tmux_server_by_its_path_is_the_same_server(world: World) -> None:
    path = Path("/tmp", f"tmux-{os.getuid()}", world.socket)
    gave_up(up(world, "--tmux-socket", str(path)), f"process {world.pid}")


def test_what_a_killed_daemon_held_is_free(world: World) -> None:
    shell(world, "stays")
    world.kill9()
    world.start()
    assert world.agent("stays")["alive"]


def test_daemons_side_by_side(world: World) -> None:
    other = World()
    try:
        other.start()
        shell(world, "same-name")
        shell(other, "same-name")
        assert world.agent("same-name")["id"] != other.agent("same-name")["id"]
    finally:
        other.close()


def test_a_busy_port_and_who_has_it(world: World) -> None:
    done = up(world, "--port", str(world.port))
    gave_up(done, f"Port {world.port}", "in use", f"--port {world.port + 1}", *([f"pid {world.pid}"] if LINUX else []))


def test_a_busy_port_of_another_program(idle: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        gave_up(up(idle, "--port", str(port)), f"Port {port}", "in use", *([f"pid {os.getpid()}"] if LINUX else []))


# ---- the data directory ------------------------------------------------------------------------------


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory to another user")
def test_a_data_directory_of_another_user(idle: World) -> None:
    foreign = idle.root / "foreign"
    foreign.mkdir(mode=0o700)
    os.chown(foreign, 12345, 12345)
    gave_up(up(idle, "--data", str(foreign)), str(foreign), "belongs to user 12345", "--data")
    assert list(foreign.iterdir()) == []


def test_a_data_directory_that_is_a_file(idle: World) -> None:
    file = idle.root / "file"
    file.write_text("mine", encoding="utf-8")
    gave_up(up(idle, "--data", str(file)), str(file), "--data")
    assert file.read_text(encoding="utf-8") == "mine"


def test_what_is_written_is_for_this_user_alone(world: World) -> None:
    shell(world, "private")
    open_to_others = [
        path for path in (world.data, *world.data.rglob("*")) if stat.S_IMODE(path.lstat().st_mode) & 0o077
    ]
    assert open_to_others == []


def test_a_corrupt_database_is_kept_aside_and_told(world: World) -> None:
    shell(world, "before")
    world.stop()
    database = world.data / "outrider.db"
    broken = b"this is no database" + database.read_bytes()[19:]
    database.write_bytes(broken)
    world.start()
    kept = [path for path in world.data.iterdir() if ".corrupt-" in path.name and path.name.count("-") == 1]
    assert [path.read_bytes() for path in kept] == [broken]
    notice = world.http.get("/health").json()["store"]["notice"]
    assert str(kept[0]) in notice
    assert "damaged" in notice
    assert world.tmux("has-session", "-t", "=before") == "", "its agents were left alone"


# ---- tmux --------------------------------------------------------------------------------------------


def fake_tmux(world: World, text: str) -> None:
    """A `tmux` earlier on the PATH."""
    program = world.root / "bin" / "tmux"
    program.write_text(text, encoding="utf-8")
    program.chmod(0o755)


def test_a_tmux_that_is_too_old(idle: World) -> None:
    fake_tmux(idle, "#!/bin/sh\necho tmux 2.9a\n")
    _degraded(idle, "2.9a is too old", "3.2")


def test_no_tmux_at_all(idle: World) -> None:
    bare = idle.root / "bare"
    bare.mkdir()
    for name in ("sh", "env", "git", "ps"):
        found = shutil.which(name)
        assert found is not None
        (bare / name).symlink_to(found)
    idle.env["PATH"] = str(bare)
    try:
        _degraded(idle, "tmux is not installed", "install tmux")
    finally:
        idle.env["PATH"] = os.environ["PATH"]


def _degraded(world: World, *words: str) -> None:
    """It comes up, says what is missing, and refuses what needs it; nothing half done is left."""
    world.start(degraded=True)
    until(lambda: world.http.get("/health").status_code == 503, what="/health to say so")
    reason = world.http.get("/health").json()["reason"]
    answer = world.http.post("/api/agents", json={"session": "x", "workdir": str(world.workdir()), "kind": "shell"})
    assert answer.status_code == 503
    for word in words:
        assert word in reason, reason
        assert word in answer.json()["error"]
    assert world.http.get("/api/agents").json()["count"] == 0
    events = world.http.get("/api/events").json()["events"]
    assert [event for event in events if event["event"] == "agent_spawned"] == []
    assert world.stop() == 0


def test_the_tmux_server_dies_and_comes_back(world: World) -> None:
    events = world.record()
    shell(world, "one")
    shell(world, "two")
    world.tmux("kill-server")
    for session in ("one", "two"):
        events.named("agent_exited", session)
        assert not world.agent(session)["alive"]
    assert world.cli("ls").returncode == 0
    shell(world, "one")
    assert world.agent("one")["alive"]
    assert world.http.get("/health").status_code == 200
    assert len([event for event in events.events if event["event"] == "agent_exited"]) == 2


# ---- kinds -------------------------------------------------------------------------------------------

GOOD = """
name = "mine"
label = "My program"
[launch]
argv = ["cat"]
"""


def test_a_kind_file_that_breaks_while_running_keeps_the_last_good_one(world: World) -> None:
    folder = world.home / ".config" / "outrider" / "agents"
    folder.mkdir(parents=True)
    file = folder / "mine.toml"
    file.write_text(GOOD, encoding="utf-8")
    until(lambda: "mine" in _kinds(world), what="the kind to be read")
    file.write_text(GOOD + "colour = 'red'\n", encoding="utf-8")
    warning = until(lambda: _warning(world, "mine.toml"), what="the broken file to be told")
    assert f"{file}:6" in warning
    assert "colour" in warning
    assert "mine" in _kinds(world)
    done = world.cli("spawn", "--session", "cat", "--agent", "mine", "--workdir", str(world.workdir()))
    assert done.returncode == 0, done
    doctor = world.cli("doctor")
    assert (doctor.returncode, "colour" in doctor.stdout, str(file) in doctor.stdout) == (1, True, True), doctor
    time.sleep(4.5)  # two more looks at the files
    assert len(_warnings(world, "mine.toml")) == 1, "it is told once"
    file.write_text("name = [broken", encoding="utf-8")
    until(lambda: len(_warnings(world, "mine.toml")) == 2, what="the next fault to be told")
    file.write_text(GOOD.replace("My program", "Mended"), encoding="utf-8")
    until(lambda: _kinds(world)["mine"] == "Mended", what="the mended file to be read")


def test_a_kind_file_that_is_broken_at_the_start_stops_nothing(idle: World) -> None:
    folder = idle.home / ".config" / "outrider" / "agents"
    folder.mkdir(parents=True)
    (folder / "binary.toml").write_bytes(b"\xff\xfe\0")
    (folder / "wrong.toml").write_text('name = "claude"\n[launch]\nargv = "claude"\n', encoding="utf-8")
    idle.start()
    for name in ("binary.toml", "wrong.toml"):
        until(lambda name=name: _warning(idle, name), what=f"{name} to be told")  # type: ignore[misc]
    assert "claude" in _kinds(idle)
    assert "argv" in _warning(idle, "wrong.toml")


def _kinds(world: World) -> dict[str, str]:
    return {kind["name"]: kind["label"] for kind in world.http.get("/api/kinds").json()["kinds"]}


def _warnings(world: World, name: str) -> list[str]:
    return [str(line.get("why")) for line in log_lines(world) if name in str(line.get("why", ""))]


def _warning(world: World, name: str) -> str:
    return next(iter(_warnings(world, name)), "")


# ---- a full disk -------------------------------------------------------------------------------------


@contextmanager
def small_disk(path: Path, size: str) -> Iterator[None]:
    """A file system of that size; the test is skipped where none can be mounted."""
    path.mkdir(mode=0o700)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "outrider-test", str(path)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False) if LINUX and os.geteuid() == 0 else None
    if done is None or done.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip() if done else 'not root'}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


def fill(path: Path) -> Path:
    """Takes every byte that is left there."""
    ballast = path / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            return ballast


def test_a_full_disk_is_told_and_nothing_is_lost(idle: World) -> None:
    with small_disk(idle.data, "8m"):
        world = idle.start()
        events = world.record()
        shell(world, "one")
        run = world.spawn("two", [[{"say": "Done."}]] * 3)
        events.state("two", "idle")
        kept = world.send("two", "before the disk was full", delay_s=3600)
        ballast = fill(world.data)
        for number in range(40):  # what room the database still has
            answer = world.http.post("/api/agents/one/command", json={"command": f"{number}" * 1000, "delay_s": 3600})
            if answer.status_code != 202:
                break
        assert answer.status_code == 503, answer.text
        assert "is full" in answer.json()["error"]
        refused = world.cli("spawn", "--session", "three", "--agent", "claude", "--workdir", str(world.workdir()))
        assert refused.returncode == 1, refused
        assert "full" in refused.stderr or "No space" in refused.stderr
        assert "three" not in world.tmux("list-sessions")
        assert world.http.get("/api/agents/three").status_code == 404
        world.press("one", "exit", "Enter")
        until(lambda: not world.agent("one")["alive"], what="the end of a shell to be seen")
        killed = world.cli("kill", "two")
        assert killed.returncode == 0, killed
        health = world.http.get("/health")
        assert health.status_code == 503
        assert "is full" in health.json()["reason"]
        ballast.unlink()
        until(lambda: world.http.get("/health").status_code == 200, what="it to work again")
        events.named("agent_exited", "one")
        events.named("agent_killed", "two")
        shell(world, "three")
        assert world.settled(kept)["status"] == "failed"
        seqs = [event["seq"] for event in events.events]
        assert seqs == list(range(1, len(seqs) + 1))
        assert run.prompts() == []
        world.stop()
        world.start()
        assert not world.agent("one")["alive"]
        assert world.agent("three")["alive"]
        world.stop()


# ---- ending ------------------------------------------------------------------------------------------


def test_it_ends_with_clients_connected_and_leaves_every_agent(world: World) -> None:
    agents = [shell(world, f"stays-{number}") for number in range(3)]
    run = world.spawn("works", [[{"hold": "never"}]], "--prompt", "Work")
    run.reached("never")
    address = f"ws://127.0.0.1:{world.port}/ws"
    with ExitStack() as clients:
        for _ in range(5):
            clients.enter_context(connect(address, proxy=None))
        assert world.stop() == 0
    for pid in (*(agent["pid"] for agent in agents), run.pid):
        assert pid is not None
        os.kill(pid, 0)
    assert set(world.tmux("list-sessions", "-F", "#{session_name}").split()) >= {
        "stays-0",
        "stays-1",
        "stays-2",
        "works",
    }


def test_it_ends_while_an_agent_is_being_typed_into(world: World) -> None:
    run = world.spawn("types", [[{"say": "Done."}]] * 2)
    until(lambda: world.agent("types")["state"] == "idle", what="it to be ready")
    command = world.send("types", "\n".join(f"line {number}" for number in range(300)))
    until(lambda: world.command(command)["status"] != "queued", what="typing to begin", step=0.002)
    assert world.stop() == 0
    world.start()
    world.sent(command)
    assert len(run.prompts()) == 1


def test_settings_that_cannot_be_used(idle: World) -> None:
    idle.config.write_text('log_level = "loud"\n', encoding="utf-8")
    gave_up(up(idle), f"{idle.config}:1", "log_level", "'loud'", "warning")
    idle.config.write_text("prot = 1\n", encoding="utf-8")
    gave_up(up(idle), f"{idle.config}:1", "prot", "port")
    idle.config.write_text("= 1\n", encoding="utf-8")
    gave_up(up(idle), str(idle.config))
    idle.config.write_text("", encoding="utf-8")
    gave_up(up(idle, "--port", "99999"), "--port", "99999")
    gave_up(up(idle, "--tmux-socket", "a/b"), "--tmux-socket", "a/b")
    gave_up(up(idle, "--host", "0.0.0.0"), "0.0.0.0", "token")
    gave_up(up(idle, "--config", "/nonexistent.toml"), "/nonexistent.toml")


def test_who_is_alone_does_not_load_what_joins_nodes() -> None:
    program = "import sys, outrider.daemon, outrider.daemon.serving; print(*sorted(name for name in sys.modules if 'redis' in name))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
