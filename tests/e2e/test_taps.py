"""What a program announces in its raw output, heard by a pipe of its pane: beside a screen that says nothing of it."""

import os
import signal
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from e2e.waiting import until
from e2e.world import World, state_is

KIND = """
name = "announcer"
[launch]
argv = ["announcer"]
[signs]
programs = ["announcer"]
[composer]
region = "composer"
prompt = '^> ?'
[[regions]]
name = "composer"
start = '^>(?: |$)'
[[rules]]
id = "ready"
state = "idle"
region = "composer"
pattern = '^> ?$'
[announces]
osc = 7501
app = "announcer"
"""
# Announces each line that it is given; its screen stays as it is. `flood` writes for ever what shows nothing.
PROGRAM = r"""
import os, termios
attributes = termios.tcgetattr(0)
attributes[3] &= ~termios.ECHO
termios.tcsetattr(0, termios.TCSANOW, attributes)
os.write(1, b"> ")
while line := os.read(0, 100).decode().strip():
    while line == "flood":
        os.write(1, b"\x1b[0m" + b"0" * 70 + b"\r\x1b[K> ")
    os.write(1, f"\x1b]7501;state={line}:app=announcer\x1b\\".encode())
"""
THEIRS = "theirs"


@pytest.fixture
def announcers() -> Iterator[World]:
    """A world with that program, and another tmux server that is watched; its daemon is not started yet."""
    world = World()
    world.config.write_text(f'watch = ["{world.socket}-{THEIRS}"]\n', encoding="utf-8")
    python = world.root / "python" / "announcer"
    python.symlink_to(Path(sys.executable).resolve())
    world.root.joinpath("announcer.py").write_text(PROGRAM, encoding="utf-8")
    program = world.root / "bin" / "announcer"
    program.write_text(f"#!/bin/sh\nexec {python} -S {world.root}/announcer.py\n", encoding="utf-8")
    program.chmod(0o755)
    kinds = world.home / ".config" / "outrider" / "agents"
    kinds.mkdir(parents=True)
    kinds.joinpath("announcer.toml").write_text(KIND, encoding="utf-8")
    try:
        yield world
    finally:
        world.close()


def spawn(world: World) -> None:
    done = world.cli("spawn", "--session", "one", "--workdir", str(world.workdir()), "--agent", "announcer")
    assert done.returncode == 0, done.stderr
    state_is(world, "one", "idle")


def say(world: World, line: str, session: str = "one", server: str | None = None) -> None:
    world.press(session, line, "Enter", server=server)


def sources(world: World, session: str = "one") -> set[str]:
    return {each["source"] for each in world.why(session)["evidence"]}


def piped(world: World, session: str = "one", server: str | None = None) -> bool:
    return world.tmux("display-message", "-p", "-t", f"={session}:", "#{pane_pipe}", server=server).strip() == "1"


def pipes(world: World) -> Sequence[Path]:
    """The named pipes that the daemon made."""
    found = []
    for path in world.data.rglob("taps/*"):
        with suppress(FileNotFoundError):  # taken away since the folder was listed
            if stat.S_ISFIFO(path.stat().st_mode):
                found.append(path)
    return found


def readers(world: World) -> dict[int, str]:
    return {pid: line for pid, line in world.marked().items() if line.startswith("dd ")}


def listened(world: World) -> bool:
    """Whether the daemon that runs now has a pipe open."""
    wanted = {str(pipe) for pipe in pipes(world)}
    for handle in Path(f"/proc/{world.pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed since the folder was listed
            if str(handle.readlink()) in wanted:
                return True
    return False


def tapped(world: World) -> None:
    """Waits until the daemon reads what the pane's reader writes."""
    until(lambda: readers(world) and listened(world), what="the pane to be tapped")


def nothing_is_left(world: World) -> None:
    until(lambda: not pipes(world) and not readers(world), what="pipe and reader to be gone")


def test_what_is_announced_is_believed_beside_a_screen_that_stands_still(announcers: World) -> None:
    world = announcers.start()
    events = world.record()
    spawn(world)
    tapped(world)
    say(world, "working")
    events.state("one", "working")
    assert sources(world) == {"announcement"}
    say(world, "blocked")
    events.state("one", "waiting")
    say(world, "done")
    events.state("one", "complete")
    assert {"screen", "announcement"} <= sources(world)
    assert world.cli("kill", "one", "--now").returncode == 0
    nothing_is_left(world)


def test_after_a_kill_of_the_daemon_it_is_tapped_again_and_a_daemon_that_ends_gives_the_pane_back(
    announcers: World,
) -> None:
    world = announcers.start()
    spawn(world)
    tapped(world)
    before = set(readers(world))
    world.kill9()
    assert piped(world), "nobody took it off"
    world.start()
    tapped(world)
    assert set(readers(world)) == before, "the reader that stands there is taken up"
    say(world, "working")
    state_is(world, "one", "working")
    say(world, "done")
    state_is(world, "one", "complete")
    world.kill9()
    say(world, "idle")
    until(lambda: not readers(world), what="a reader without a daemon to end with the next byte")
    assert "announcer" in world.tmux("display-message", "-p", "-t", "=one:", "#{pane_current_command}")
    world.start()
    say(world, "idle")  # what a pane writes shows tmux that its reader is gone
    tapped(world)
    say(world, "working")
    state_is(world, "one", "working")
    assert world.stop() == 0
    assert not piped(world)
    nothing_is_left(world)


def test_somebody_elses_pipe_stays_and_an_adopted_pane_is_given_back(announcers: World) -> None:
    world = announcers
    server = f"{world.socket}-{THEIRS}"
    mine = world.root / "mine.log"
    program = str(world.root / "bin" / "announcer")
    world.tmux("new-session", "-d", "-s", "one", "-x", "80", "-y", "24", program, server=server)
    world.tmux("pipe-pane", "-t", "=one:", f"exec cat >> {mine}", server=server)
    events = world.start().record()
    events.named("agent_adopted", "one")
    state_is(world, "one", "idle")
    until(lambda: "that is not ours" in "".join(world.why("one")["unheard"]), what="the reason to be said")
    assert "that is not ours" in world.cli("why", "one").stdout
    say(world, "working", server=server)
    until(lambda: "state=working" in mine.read_text(encoding="utf-8"), what="their pipe to go on")
    assert not pipes(world)
    world.tmux("pipe-pane", "-t", "=one:", server=server)
    until(lambda: piped(world, server=server) and pipes(world), what="the pane to be tapped once it is free")
    say(world, "working", server=server)
    state_is(world, "one", "working")
    assert world.cli("forget", "one").returncode == 0
    until(lambda: not piped(world, server=server), what="the pane to be given back")
    nothing_is_left(world)


def memory_mb(pid: int) -> float:
    fields = Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def test_a_daemon_that_hangs_costs_the_pane_nothing(announcers: World) -> None:
    world = announcers.start()
    spawn(world)
    tapped(world)
    server = int(world.tmux("display-message", "-p", "#{pid}"))
    before = memory_mb(server)
    os.kill(world.pid, signal.SIGSTOP)
    try:
        say(world, "flood")
        until(lambda: not readers(world), what="the reader to leave a pipe that is full")
        until(lambda: not piped(world), what="tmux to take the pipe off")
        for _ in range(3):  # it goes on writing
            world.tmux("clear-history", "-t", "=one:")
        assert memory_mb(server) - before < 20, "tmux keeps nothing for a reader that is gone"
    finally:
        os.kill(world.pid, signal.SIGCONT)
    until(lambda: world.http.get("/health").status_code == 200, what="the daemon to go on")
    until(lambda: readers(world), what="the pane to be tapped again")


def test_it_can_be_switched_off(announcers: World) -> None:
    world = announcers
    world.start()
    spawn(world)
    tapped(world)
    world.kill9()
    with world.config.open("a", encoding="utf-8") as config:
        config.write("[monitor]\ntap = false\n")
    world.start()
    until(lambda: not piped(world), what="what the last daemon left to be taken off")
    nothing_is_left(world)
    assert not world.why("one")["unheard"]
