"""From output in a pane to `state_change` on the WebSocket, and what watching costs, beside a poller that forks.

    python bench/latency.py [--agents 10 50] [--modes idle screen title hook] [--seconds 20] [--no-poller] [--json]

Every agent is a pane with a program that sleeps; this process draws on the pane's terminal what Claude Code draws: busy (five redraws
a second) and done, in turns of one to three seconds. A flip's latency is from just before its bytes are written to the moment the
event comes out of the WebSocket. Runs for each number of agents: `idle` (nobody
draws anything: what watching costs then), `screen` (nothing but rows), `title` (rows and the pane's title, as
the agent does), `hook` (the hook command of the spawn besides, started as Claude Code starts it, timed from before it is
started), and in each run, at the same time, `poller`: one forked `tmux capture-pane` an agent every 2 s. CPU is in percent of one core.
"""

import argparse
import heapq
import json
import os
import random
import re
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict, cast

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from e2e.waiting import until
from e2e.world import World

BUSY_STATES = frozenset({"thinking", "working", "reading", "testing"})
REDRAW_S = 0.2
POLL_S = 2.0
WIDTH, HEIGHT = 120, 40
GLYPHS = "·✢*✶✻✽"
MODES = ("idle", "screen", "title", "hook")
POLLER = re.compile(r"esc to interrupt")
TICKS = os.sysconf("SC_CLK_TCK")
KIND = """
name = "drawn"
extends = "claude"
[launch]
argv = ["{program}"]
"""


@dataclass
class Drawn:
    """One pane: what it shows now, and its flips: (time, busy)."""

    session: str
    pane: str
    tty: int
    hooks: dict[str, str]
    busy: bool = False
    since: float = 0.0
    turn: int = 0
    flips: list[tuple[float, bool]] = field(default_factory=list)


class Table(TypedDict):
    """One line of the result, times in ms; `to_busy` and `to_calm` are p50 and p99."""

    agents: int
    mode: str
    flips: int
    missed: int
    all: tuple[float, float]
    to_busy: tuple[float, float]
    to_calm: tuple[float, float]
    poller: tuple[float, float]
    poller_missed: int
    daemon_cpu: float
    poller_cpu: float
    tmux_cpu: float


class Seen:
    """Reads the event stream in a thread: (arrival, session, busy) of every change of state."""

    def __init__(self, url: str) -> None:
        self.changes: list[tuple[float, str, bool]] = []
        self._ended = False
        self._thread = threading.Thread(target=self._read, args=(url,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends it."""
        self._ended = True
        self._thread.join(5)

    def _read(self, url: str) -> None:
        with connect(f"{url}/ws?event=state_change", max_size=None, proxy=None) as socket:
            while not self._ended:
                try:
                    message = socket.recv(timeout=0.2)
                except TimeoutError:
                    continue
                except ConnectionClosed:
                    return
                at = time.monotonic()
                event = cast("dict[str, str]", json.loads(message))
                if event["type"] == "state_change":
                    self.changes.append((at, event["session"], event["state"] in BUSY_STATES))


class Poller:
    """What the daemon is compared with: a fork for each agent every 2 s, and one expression on the screen."""

    def __init__(self, world: World, drawn: Sequence[Drawn]) -> None:
        self.changes: list[tuple[float, str, bool]] = []
        self._world = world
        self._drawn = drawn
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._poll, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends it."""
        self._ended.set()
        self._thread.join(10)

    def _poll(self) -> None:
        last: dict[str, bool] = {}
        began = time.monotonic()
        while not self._ended.wait(max(0.0, began + POLL_S - time.monotonic())):
            began = time.monotonic()
            for each in self._drawn:
                argv = ["tmux", "-L", self._world.socket, "capture-pane", "-p", "-t", each.pane]
                shown = subprocess.run(argv, env=self._world.env, capture_output=True, text=True, check=False).stdout
                busy = POLLER.search(shown) is not None
                if last.get(each.session, False) != busy:
                    self.changes.append((time.monotonic(), each.session, busy))
                last[each.session] = busy


def frame(each: Drawn, now: float) -> str:
    """The whole screen, in one write, as Claude Code would draw it now."""
    rule = "─" * WIDTH
    said = [f"❯ Turn {each.turn}", "", f"● This is the answer number {each.turn} of {each.session}.", ""]
    if each.busy:
        glyph = GLYPHS[int(now * 8) % len(GLYPHS)]
        tail = [f"{glyph} Propagating… ({int(now - each.since)}s · ↓ {int(now * 10) % 997} tokens)", ""]
        foot = "  esc to interrupt · ← for agents"
    else:
        tail, foot = ["✻ Crunched for 2s", ""], "  ? for shortcuts · ← for agents"
    rows = [*said, *tail, rule, "❯\u00a0", rule, foot]
    return "\x1b[H" + "".join(f"{row}\x1b[K\r\n" for row in rows) + "\x1b[J"


def draw(each: Drawn, mode: str, *, flip: bool, world: World) -> None:
    """Draws the screen; a flip is written down just before, and told by a hook where that is the mode."""
    now = time.monotonic()
    text = frame(each, now)
    if mode != "screen":
        spin = "⠂⠐"[int(now) % 2] if each.busy else "✳"
        text += f"\x1b]0;{spin} Drawn\x07"
    if flip:
        each.flips.append((time.monotonic(), each.busy))
        if mode == "hook":
            tell(each, world)
    os.write(each.tty, text.encode())


def tell(each: Drawn, world: World) -> None:
    """The hook, as Claude Code runs it."""
    name = "UserPromptSubmit" if each.busy else "Stop"
    payload = {"session_id": each.session, "cwd": "/", "hook_event_name": name, "prompt": f"Turn {each.turn}"}
    with subprocess.Popen(["/bin/sh", "-c", each.hooks[name]], env=world.env, stdin=subprocess.PIPE) as process:
        process.communicate(json.dumps(payload).encode())


def perform(drawn: Sequence[Drawn], mode: str, seconds: float, world: World, chance: random.Random) -> None:
    """Draws on all panes for so long."""
    began = time.monotonic()
    due = [(began + chance.random() * 2, at, True) for at in range(len(drawn))]
    heapq.heapify(due)
    while due:
        when, at, flip = heapq.heappop(due)
        if when > began + seconds:
            continue
        time.sleep(max(0.0, when - time.monotonic()))
        each = drawn[at]
        if flip:
            each.busy = not each.busy
            each.turn += each.busy
            each.since = time.monotonic()
        elif not each.busy:
            continue
        draw(each, mode, flip=flip, world=world)
        now = time.monotonic()
        if flip:
            heapq.heappush(due, (now + 1 + 2 * chance.random(), at, True))
        if each.busy:
            heapq.heappush(due, (now + REDRAW_S, at, False))


def latencies(
    drawn: Sequence[Drawn], changes: Sequence[tuple[float, str, bool]]
) -> tuple[list[tuple[bool, float]], int]:
    """(to busy, ms) of every flip that was seen before the pane flipped back, and how many were not."""
    found: list[tuple[bool, float]] = []
    missed = 0
    for each in drawn:
        mine = [(at, busy) for at, session, busy in changes if session == each.session]
        ends = [*(at for at, _ in each.flips[1:]), float("inf")]
        for (at, busy), end in zip(each.flips, ends, strict=False):
            seen = next((when for when, state in mine if at <= when < end and state == busy), None)
            if seen is None:
                missed += end != float("inf")
            else:
                found.append((busy, (seen - at) * 1000))
    return found, missed


def spread(values: Sequence[float]) -> tuple[float, float]:
    """p50 and p99."""
    if len(values) < 2:
        return (float("nan"), float("nan"))
    return (statistics.median(values), statistics.quantiles(values, n=100, method="inclusive")[98])


def cpu_s(pid: int, *, children: bool = False) -> float:
    """CPU seconds that a process has used; of its ended children besides."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return sum(int(fields[at]) for at in ((11, 12, 13, 14) if children else (11, 12))) / TICKS


def watched(world: World) -> float:
    """CPU seconds of the daemon, with its tmux control client."""
    mine = [int(stat.parent.name) for stat in Path("/proc").glob("[0-9]*/stat") if _parent(stat) == world.pid]
    return cpu_s(world.pid, children=True) + sum(cpu_s(pid) for pid in mine)


def _parent(stat: Path) -> int:
    try:
        return int(stat.read_text(encoding="utf-8").rpartition(")")[2].split()[1])
    except OSError:
        return 0


def muster(world: World, count: int) -> list[Drawn]:
    """Spawns the agents and opens their terminals."""
    drawn: list[Drawn] = []
    for number in range(count):
        session = f"drawn-{number}"
        body = {"session": session, "workdir": str(world.workdir()), "kind": "drawn", "width": WIDTH, "height": HEIGHT}
        world.http.post("/api/agents", json=body).raise_for_status()
        pane, tty = world.tmux("display-message", "-p", "-t", f"={session}:", "#{pane_id} #{pane_tty}").split()
        drawn.append(Drawn(session, pane, os.open(tty, os.O_WRONLY | os.O_NOCTTY), hooks(world.root / "told" / pane)))
        os.write(drawn[-1].tty, frame(drawn[-1], 0).encode())
    for each in drawn:
        until(lambda each=each: world.agent(each.session)["state"] in ("idle", "complete"), 30)  # type: ignore[misc]
    return drawn


def hooks(told: Path) -> dict[str, str]:
    """The hook commands that the spawn was given, by event; `told` is where the pane's program wrote its arguments."""
    words = until(lambda: told.read_text(encoding="utf-8") if told.exists() else "").split("\n")
    settings = json.loads(Path(words[words.index("--settings") + 1]).read_text(encoding="utf-8"))
    return {event: str(matchers[0]["hooks"][0]["command"]) for event, matchers in settings["hooks"].items()}


def run(world: World, drawn: Sequence[Drawn], mode: str, seconds: float, *, polled: bool) -> Table:
    """One mode on all panes; `polled`: with the poller beside it."""
    for each in drawn:
        each.flips.clear()
    seen = Seen(world.url.replace("http", "ws"))
    poller = Poller(world, drawn if polled else ())
    server = int(world.tmux("display-message", "-p", "#{pid}"))
    time.sleep(1)
    before = (time.monotonic(), watched(world), cpu_s(server), cpu_s(os.getpid(), children=True))
    forked = os.times().children_user + os.times().children_system
    if mode == "idle":
        time.sleep(seconds)
    else:
        perform(drawn, mode, seconds, world, random.Random(len(drawn)))
    over = time.monotonic() - before[0]
    daemon, tmux = watched(world) - before[1], cpu_s(server) - before[2]
    forks = os.times().children_user + os.times().children_system - forked
    time.sleep(POLL_S + 1)
    poller.close()
    seen.close()
    found, missed = latencies(drawn, seen.changes)
    theirs, unpolled = latencies(drawn, poller.changes)
    return {
        "agents": len(drawn),
        "mode": mode,
        "flips": sum(len(each.flips) for each in drawn),
        "missed": missed,
        "all": spread([ms for _, ms in found]),
        "to_busy": spread([ms for busy, ms in found if busy]),
        "to_calm": spread([ms for busy, ms in found if not busy]),
        "poller": spread([ms for _, ms in theirs]),
        "poller_missed": unpolled,
        "daemon_cpu": 100 * daemon / over,
        "poller_cpu": 100 * forks / over,
        "tmux_cpu": 100 * tmux / over,
    }


def equip(world: World) -> None:
    """Puts the program, and the kind of agent that it is, into a world that is not started yet."""
    program, told = world.root / "bin" / "drawn", world.root / "told"
    told.mkdir()
    lines = f"""stty raw -echo\nprintf '%s\\n' "$@" > "{told}/$TMUX_PANE"\nexec sleep 100000\n"""
    program.write_text(f"#!/bin/sh\n{lines}", encoding="utf-8")
    program.chmod(0o755)
    kinds = world.home / ".config" / "outrider" / "agents"
    kinds.mkdir(parents=True)
    kinds.joinpath("drawn.toml").write_text(KIND.format(program=program), encoding="utf-8")


def bench(count: int, seconds: float, modes: Sequence[str], *, polled: bool) -> Iterator[Table]:
    """These modes with so many agents, in a world of their own."""
    world = World()
    try:
        equip(world)
        world.start()
        drawn = muster(world, count)
        for mode in modes:
            yield run(world, drawn, mode, seconds, polled=polled)
    finally:
        world.close(quiet=True)


def show(table: Table) -> str:
    """The line as people read it."""
    pairs = [f"{table[name][0]:6.0f} {table[name][1]:6.0f}" for name in ("all", "to_busy", "to_calm", "poller")]
    cpu = f"{table['daemon_cpu']:6.1f} {table['poller_cpu']:6.1f} {table['tmux_cpu']:6.1f}"
    lost = f"{table['missed']:4d} {table['poller_missed']:4d}"
    return f"{table['agents']:6d}  {table['mode']:<7}{table['flips']:6d}  {' | '.join(pairs)} | {lost} | {cpu}"


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--agents", type=int, nargs="+", default=[10, 50])
    parser.add_argument("--modes", nargs="+", default=list(MODES), choices=MODES)
    parser.add_argument("--no-poller", action="store_true")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--json", action="store_true")
    wish = parser.parse_args()
    tables: list[Table] = []
    if not wish.json:
        print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; times in ms as p50 p99, CPU in % of a core")
        print(
            "agents  mode    flips     all p50/99 |       to busy |       to calm |   poller 2 s  | missed    | daemon poller tmux"
        )
    for count in wish.agents:
        for table in bench(count, wish.seconds, wish.modes, polled=not wish.no_poller):
            tables.append(table)
            if not wish.json:
                print(show(table), flush=True)
    if wish.json:
        print(json.dumps(tables))


if __name__ == "__main__":
    main()
