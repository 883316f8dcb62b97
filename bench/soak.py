"""A long run: many agents at work, a daemon that is killed and reloaded again and again, and then left alone.

    python bench/soak.py [--minutes 30] [--storm 10] [--warm-up 5] [--agents 50] [--recorded 5] [--every 0.5] [--seed 1] [--keep DIR]

Scripted agents in a real tmux get a command each now and then; a WebSocket listens, with its cursor, and a web server is told of every turn
that ends. The daemon runs behind our own supervisor (`outrider service run`). In the storm it is killed with SIGKILL, reloaded, or
restarted with its supervisor, about every 40 seconds. Then it is left alone, and its memory, file descriptors, threads and tmux clients
are measured every ten seconds. At the end: every event came once and in order, as the journal has it; every turn that ended was told once,
by an event and by a notice that was delivered once; every command was sent and arrived once; every agent lives, started once; nothing is
left over.

A notice that was on its way at a SIGKILL may come again, under its id: no sender can know what became of it. Which ones those are is read
in the database while the daemon stands still, in the moment before it is killed; any other that comes twice is wrong. So is a command that
is uncertain, unless it was being typed in such a moment.

`--keep` leaves the whole world of a run in which something is wrong, and what was heard, to understand it by.

Goals: memory less than 1 MB an hour more after the warm-up (a run of minutes cannot tell that from noise: bench/memory.py simulates 24
hours), no more than two descriptors, threads or clients more in the second half of the calm than in its first, no process, tmux client or
descriptor of the supervisor more than before the storm. The script ends with 1 where one is missed, or where the calm was too short to
tell.
"""

import argparse
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from e2e.recorder import Recorder
from e2e.scripted.script import Step
from e2e.test_service import up
from e2e.waiting import until
from e2e.world import World
from receiver import Receiver, receiver

OUTAGES = ("SIGKILL", "reload", "restart")
SERVICE = "[service]\nbackoff_s = 0.1\n"
SAMPLE_S, OUTAGE_S = 10.0, 40.0
SLOPE_MB = 1.0
LEAST_H = 0.2
TURNS: list[list[Step]] = [[{"think": 0.3}, {"say": "Done."}]] * 5000


@dataclass(frozen=True)
class Sample:
    """The daemon at one moment: MB, open descriptors, threads, tmux clients of its own."""

    at_s: float
    rss_mb: float
    descriptors: int
    threads: int
    clients: int


@dataclass(frozen=True)
class Footprint:
    """Everything of this world at one moment: its processes, the tmux clients, and what the supervisor has open."""

    processes: int
    clients: int
    supervisor_descriptors: int

    def within(self, before: "Footprint") -> bool:
        """Whether nothing is more than it was."""
        names = ("processes", "clients", "supervisor_descriptors")
        return all(getattr(self, name) <= getattr(before, name) for name in names)


@dataclass
class Soak:
    """One run."""

    world: World
    told: Receiver
    recorder: Recorder
    agents: list[str]
    chance: random.Random
    every_s: float
    warm_up_s: float
    sent: list[tuple[str, str, str]] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    outages: Counter[str] = field(default_factory=Counter)
    under_way: Counter[str] = field(default_factory=Counter)
    """At how many kills each notice was being sent."""
    typed: set[str] = field(default_factory=set)
    """Commands that were being typed at a kill: what became of them, nobody may be able to tell."""
    stormy: bool = False
    left_over: str = ""

    def run(self, storm_s: float, calm_s: float) -> None:
        """The storm, then the calm."""
        self.stormy = storm_s > 0
        before = footprint(self.world)
        print(before, flush=True)
        began = time.monotonic()
        storm, end = began + storm_s, began + storm_s + calm_s
        outage, sample = began + OUTAGE_S / 2, storm + SAMPLE_S
        while (now := time.monotonic()) < end:
            self._command()
            if now >= outage and now < storm:
                self._outage()
                outage = time.monotonic() + self.chance.uniform(0.5, 1.5) * OUTAGE_S
            if now >= sample:
                self.samples.append(measured(self.world, now - began))
                print(self.samples[-1], flush=True)
                sample = now + SAMPLE_S
            time.sleep(self.every_s)
        self.settle()
        try:
            until(lambda: footprint(self.world).within(before), 60, what="nothing to be left of the storm")
        except AssertionError:
            self.left_over = f"{footprint(self.world)} is more than {before}"

    def _command(self) -> None:
        session = self.chance.choice(self.agents)
        text = f"step {len(self.sent)} of {session}"
        self.sent.append((session, self.world.send(session, text), text))

    def _outage(self) -> None:
        how = self.chance.choice(OUTAGES)
        self.outages[how] += 1
        before = up(self.world).pid
        if how == "SIGKILL":
            os.kill(before, signal.SIGSTOP)
            self.under_way.update(self._notices(("sending",)))
            self.typed.update(self._of("commands", ("sending",)))
            os.kill(before, signal.SIGKILL)
        elif how == "reload":
            where = ("--config", str(self.world.config), "--data", str(self.world.data))
            done = self.world.cli("service", "reload", *where)
            assert done.returncode == 0, done.stderr
        else:
            self.world.stop()
            self.world.start()
        until(lambda: up(self.world).pid != before, 60, what="another daemon")

    def settle(self) -> None:
        """Waits until every command has come to its end and everybody was told."""
        for _, command, _ in self.sent:
            self.world.settled(command, 180)
        until(lambda: all(map(self._rests, self.agents)), 120, what="the last turns to end", step=0.5)
        with suppress(AssertionError):  # what is not told by then is found to be wrong
            until(lambda: not list(self._untold()), 60, step=0.5)
        newest = self.world.http.get("/api/stats").json()["events"]
        until(lambda: self.recorder.events and self.recorder.events[-1]["seq"] >= newest, 60, what="the listener")
        until(lambda: not self._notices(("queued", "sending")), 120, what="the notices")

    def _rests(self, session: str) -> bool:
        log = self.world.run(session).log("prompt", "turn_end")
        return not log or log[-1]["event"] == "turn_end"

    def _notices(self, statuses: Sequence[str]) -> list[str]:
        return self._of("notices", statuses)

    def _of(self, table: str, statuses: Sequence[str]) -> list[str]:
        # All of them, which the API does not list.
        with closing(sqlite3.connect(f"file:{self.world.data}/outrider.db?mode=ro", uri=True)) as connection:
            rows = connection.execute(f"SELECT id, status FROM {table}")
            return [each for each, status in rows if status in statuses]

    def _agents(self) -> Iterator[str]:
        for session in self.agents:
            now, starts = self.world.agent(session), len(self.world.run(session).log("start"))
            if not now["alive"] or starts != 1:
                yield f"{session} {'lives' if now['alive'] else 'is dead'}, and was started {starts} times"

    def wrong(self) -> Iterator[str]:
        """Every promise that was not kept, a sentence each."""
        heard = [event["seq"] for event in self.recorder.events]
        if heard != list(range(1, len(heard) + 1)):
            yield f"the events did not come once and in order: {len(heard)}, {len(set(heard))} of them different"
        if heard != self._journal():
            yield "what was heard is not what the journal has"
        delivered = Counter(self.told.ids())
        again = {each: count - 1 for each, count in delivered.items() if count > 1}
        print(
            f"notices on their way at a SIGKILL: {len(self.under_way)}; delivered again, each under its id: {len(again)}"
        )
        if doubled := [each for each, count in again.items() if count > self.under_way[each]]:
            yield f"{len(doubled)} notices were delivered more than once, not for a SIGKILL that came while they were sent"
        if lost := set(self._notices(("sent",))) - set(delivered):
            yield f"{len(lost)} notices that are sent did not arrive"
        if other := self._notices(("failed", "uncertain")):
            yield f"{len(other)} notices failed or are uncertain"
        yield from self._turns(delivered)
        yield from self._commands()
        yield from self._agents()
        if self.stormy and not self.outages["SIGKILL"]:
            yield "the daemon was never killed: the storm was too short to tell"
        yield from self._leaks()
        if self.left_over:
            yield self.left_over

    def keep(self, folder: Path) -> None:
        """Copies everything of this world there."""
        shutil.copytree(self.world.root, folder, symlinks=True, ignore=shutil.ignore_patterns("*.sock", "tmux*"))
        folder.joinpath("heard.jsonl").write_text("".join(json.dumps(each) + "\n" for each in self.recorder.events))

    def _journal(self) -> list[int]:
        seqs: list[int] = []
        since = 0
        while page := self.world.http.get("/api/events", params={"since": since, "limit": 1000}).json()["events"]:
            seqs += [each["seq"] for each in page]
            since = seqs[-1]
        return seqs

    def _turns(self, delivered: Counter[str]) -> Iterator[str]:
        yield from self._untold()
        complete = self._complete()
        if len(delivered) != complete.total():
            yield f"{complete.total()} turns were told to have ended, and {len(delivered)} notices of it arrived"

    def _untold(self) -> Iterator[str]:
        complete = self._complete()
        for session in self.agents:
            if complete[session] != (ended := len(self.world.run(session).log("turn_end"))):
                yield f"{session} was told to be complete {complete[session]} times after {ended} turns"

    def _complete(self) -> Counter[str]:
        return Counter(event["session"] for event in self.recorder.events if event["event"] == "agent_complete")

    def _commands(self) -> Iterator[str]:
        arrived = {session: Counter(self.world.run(session).prompts()) for session in self.agents}
        statuses: Counter[str] = Counter()
        for session, command, text in self.sent:
            status, count = self.world.command(command)["status"], arrived[session][text]
            statuses[status] += 1
            if count > 1 or (status == "sent" and count != 1):
                yield f"{text!r} is {status} and arrived {count} times"
            if status != "sent" and not (status == "uncertain" and command in self.typed):
                yield f"{text!r} is {status}, and was not being typed at a SIGKILL"
        print(f"commands: {dict(statuses)}; outages: {dict(self.outages)}; events: {len(self.recorder.events)}")
        print(f"notices delivered: {len(self.told.requests)}")

    def _leaks(self) -> Iterator[str]:
        settled = [each for each in self.samples if each.at_s >= self.samples[0].at_s + self.warm_up_s]
        hours = (settled[-1].at_s - settled[0].at_s) / 3600 if settled else 0.0
        if hours < LEAST_H:
            yield f"the calm behind the warm-up is {60 * hours:.0f} minutes, too short to tell: {60 * LEAST_H:.0f} are needed"
            return
        half = len(settled) // 2
        for what in ("descriptors", "threads", "clients"):
            early, late = (max(getattr(each, what) for each in part) for part in (settled[:half], settled[half:]))
            print(f"{what}: at most {early} in the first half of the calm, {late} in the second")
            if late > early + 2:
                yield f"{what} grew from {early} to {late}"
        slope = slope_mb(settled)
        print(
            f"memory: {settled[0].rss_mb:.1f} MB, then {settled[-1].rss_mb:.1f} MB; {slope:+.2f} MB an hour over {hours:.2f} h"
        )
        if slope >= SLOPE_MB:
            yield f"memory grew by {slope:.2f} MB an hour"


def footprint(world: World) -> Footprint:
    """What there is of this world now."""
    clients = world.tmux("list-clients", "-F", "#{client_pid}").splitlines()
    return Footprint(len(world.marked()), len(clients), len(list(Path(f"/proc/{world.pid}/fd").iterdir())))


def measured(world: World, at_s: float) -> Sample:
    """The daemon as it is now."""
    pid = up(world).pid
    proc = Path("/proc") / str(pid)
    status = proc.joinpath("status").read_text()
    rss, threads = (int(re.findall(rf"^{name}:\s+(\d+)", status, re.MULTILINE)[0]) for name in ("VmRSS", "Threads"))
    children = subprocess.run(["pgrep", "-c", "-P", str(pid)], capture_output=True, text=True, check=False)
    return Sample(
        round(at_s), round(rss * 1024 / 1e6, 1), len(list(proc.joinpath("fd").iterdir())), threads, int(children.stdout)
    )


def slope_mb(samples: Sequence[Sample]) -> float:
    """Memory's growth by least squares, in MB an hour."""
    mean_s = sum(each.at_s for each in samples) / len(samples)
    mean_mb = sum(each.rss_mb for each in samples) / len(samples)
    spread = sum((each.at_s - mean_s) ** 2 for each in samples)
    return 3600 * sum((each.at_s - mean_s) * (each.rss_mb - mean_mb) for each in samples) / spread


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--storm", type=float, default=10, help="how many of the minutes bring outages")
    parser.add_argument("--warm-up", type=float, default=5, help="minutes of the calm that are not measured")
    parser.add_argument("--agents", type=int, default=50)
    parser.add_argument("--recorded", type=int, default=5, help="how many of them are recorded")
    parser.add_argument("--every", type=float, default=0.5, help="seconds between two commands")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=None, help="a folder that is not there yet")
    given = parser.parse_args()
    with receiver() as told:
        world = World(config=SERVICE, verb=("service", "run"))
        hook = f'[ways.hook]\ntype = "webhook"\nurl = "{told.url}"\n'
        rule = '[[rules]]\non = ["agent_complete"]\nways = ["hook"]\ndigest_s = 0\n'
        path = world.home / ".config" / "outrider" / "notify.toml"
        path.parent.mkdir(parents=True)
        path.write_text(hook + rule, encoding="utf-8")
        world.start()
        try:
            agents = [f"agent-{number:03}" for number in range(given.agents)]
            for number, session in enumerate(agents):
                world.spawn(session, TURNS, *(["--record"] if number < given.recorded else []))
            soak = Soak(world, told, world.record(), agents, random.Random(given.seed), given.every, given.warm_up * 60)
            soak.run(given.storm * 60, (given.minutes - given.storm) * 60)
            wrong = list(soak.wrong())
            if wrong and given.keep is not None:
                soak.keep(given.keep)
        finally:
            world.close(quiet=True)
    for each in wrong:
        print(f"WRONG {each}")
    print("MISSED" if wrong else "ok: nothing lost, doubled, out of order or left over")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
