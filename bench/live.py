"""How true the reported state of a real agent is while it works, second by second, and how late each change of it is.

    python bench/live.py [--kinds claude] [--modes hooks adopted] [--takes 1] [--timeline]

The agent is the real one on a scripted model, in a network of its own (tests/e2e/real); a real daemon watches it, with hooks (spawned)
or without (started by somebody else on another tmux server, and adopted). Truth is what the scripted model was doing, which keys were
pressed, and, for the moment at which the agent itself shows it, a referee that looks at the pane every 30 ms on its own. From the
model's step to that moment the agent is late, not we: there the state before counts as right, too; so it does where the agent never
draws it (a first retry that it keeps to itself, a line that it holds back till it is whole). While the model is silent after a tool's
result, both `thinking` and the tool's state are right, as in the recordings. A delay is from that moment to the arrival of the event
on the WebSocket; a state that was told before it was drawn (a hook's) counts as 0.
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from e2e.real.lab import Lab
from e2e.real.model import Step
from e2e.real.plays import PLAYS, Play
from e2e.waiting import until

LOOK_S, STEP_MS = 0.03, 10
# Hooks come so long after the model's step on a loaded machine where nothing is drawn that tells the moment (agents.md).
UNDRAWN_MS = 300
GONE = "gone"
SESSION = "live"
MODES = ("hooks", "adopted")


@dataclass(frozen=True)
class Cue:
    """From `at_ms` on one of `states` is the truth (the first is its name); `drawn` tells a screen that shows it."""

    at_ms: int
    states: tuple[str, ...]
    drawn: Callable[[str], bool] | None = None


@dataclass
class Take:
    """One run: what was true, what was seen, what was told."""

    cues: list[Cue] = field(default_factory=list)
    frames: list[tuple[int, str]] = field(default_factory=list)
    told: list[tuple[int, str]] = field(default_factory=list)

    def shown_ms(self, cue: Cue, end_ms: int) -> int | None:
        """When the agent itself showed it, None where it never did; the cue's own moment where nothing drawn tells."""
        if cue.drawn is None:
            return cue.at_ms
        stood = [text for at, text in self.frames if at <= cue.at_ms][-1:]
        if stood and cue.drawn(stood[0]):
            return cue.at_ms
        return next((at for at, text in self.frames if cue.at_ms <= at < end_ms and cue.drawn(text)), None)

    def state(self, at_ms: int) -> str:
        """What was told at that moment."""
        return next((state for at, state in reversed(self.told) if at <= at_ms), "")


@dataclass
class Result:
    """Milliseconds right and counted, delays (ms), changes never told, and truth against told in ms."""

    right: int = 0
    counted: int = 0
    delays: list[float] = field(default_factory=list)
    missed: int = 0
    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)


class Ear(threading.Thread):
    """The event stream: every state with its arrival."""

    def __init__(self, url: str, take: Take) -> None:
        super().__init__(daemon=True)
        self._url, self._take, self.ended = url, take, threading.Event()
        self.start()

    def run(self) -> None:
        """Listens until it is ended."""
        with connect(f"{self._url}/ws?session={SESSION}", max_size=None, proxy=None) as socket:
            while not self.ended.is_set():
                try:
                    event = cast("dict[str, str]", json.loads(socket.recv(timeout=0.2)))
                except TimeoutError:
                    continue
                except ConnectionClosed:
                    return
                now = time.time_ns() // 1_000_000
                if event["type"] == "state_change":
                    self._take.told.append((now, event["state"]))
                elif event["type"] == "agent_exited":
                    self._take.told.append((now, GONE))


class Referee(threading.Thread):
    """Looks at the pane, by a process of its own each time."""

    def __init__(self, look: Callable[[], str], take: Take) -> None:
        super().__init__(daemon=True)
        self._look, self._take, self.ended = look, take, threading.Event()
        self.start()

    def run(self) -> None:
        """Looks until it is ended."""
        while not self.ended.wait(LOOK_S):
            try:
                text = self._look()
            except subprocess.CalledProcessError:
                continue
            if not self._take.frames or self._take.frames[-1][1] != text:
                self._take.frames.append((time.time_ns() // 1_000_000, text))


def perform(play: Play, mode: str) -> Take:
    """One take of the kind's play."""
    lab, take = Lab(play.kind), Take()
    server = f"{lab.world.socket}-other" if mode == "adopted" else None
    threads: list[Ear | Referee] = []
    try:
        lab.script(play.turns(lab.project))
        if server is None:
            lab.world.start()
            lab.spawn(SESSION, extra=play.extra)
            if play.listens:
                lab.bridge(lab.listens())
        else:
            lab.world.config.write_text(f'watch = ["{server}"]\nwatch_adopt = false\n', encoding="utf-8")
            where = ("-d", "-s", SESSION, "-x", "120", "-y", "40", "-c", str(lab.project))
            lab.world.tmux("new-session", *where, play.kind, *play.extra, server=server)
            lab.world.start()
        until(lambda: play.ready(lab.world.screen(SESSION, server)), 60, what="its prompt")
        if server is not None:
            body = {"server": server}
            until(lambda: lab.world.http.post(f"/api/agents/{SESSION}/adopt", json=body).is_success, 20)
        calm = until(lambda: lab.world.agent(SESSION)["state"] in ("idle", "complete"), 60, what="it to be known")
        assert calm
        take.told.append((time.time_ns() // 1_000_000, str(lab.world.agent(SESSION)["state"])))
        threads = [
            Ear(lab.world.url.replace("http", "ws"), take),
            Referee(lambda: lab.world.screen(SESSION, server), take),
        ]
        keys = act(play, lab, server)
        time.sleep(1.5)
        take.cues = sorted([*keys, *steps(play, lab)], key=lambda cue: cue.at_ms)
        return take
    finally:
        for thread in threads:
            thread.ended.set()
            thread.join(5)
        lab.close()


def act(play: Play, lab: Lab, server: str | None) -> list[Cue]:
    """The person's part: prompts, answers, Esc, the kill; each written down as it is done."""
    cues: list[Cue] = []
    for what, words, states, after in play.acts:
        deadline = time.monotonic() + 40
        while not after(lab.steps(), lab.world.screen(SESSION, server)):
            if time.monotonic() > deadline:
                raise AssertionError(f"{what} {words}: its moment never came\n{lab.world.screen(SESSION, server)}")
            time.sleep(0.05)
        time.sleep(1.5)
        drawn = {"say": play.busy, "press": play.busy, "stop": play.calm}.get(what)
        if what == "say":
            lab.world.press(SESSION, "-l", "--", words, server=server)
            time.sleep(0.6)
        at_ms = time.time_ns() // 1_000_000
        match what:
            case "say":
                lab.world.press(SESSION, "Enter", server=server)
            case "press" | "stop":
                lab.world.press(SESSION, words, server=server)
            case "touch":
                lab.project.joinpath(words).touch()
            case "kill":
                os.kill(play.process(lab.world.marked()), signal.SIGKILL)
        if states:
            cues.append(Cue(at_ms, states, drawn))
    return cues


def steps(play: Play, lab: Lab) -> list[Cue]:
    """The model's part, from its own record."""
    cues: list[Cue] = []
    tool: Step | None = None
    for line in lab.steps():
        at, name = cast("int", line["t"]), str(line["step"])
        step = cast("Step", line.get("what") or {})
        if name == "request":
            after = play.doing(tool)[0] if tool is not None else ()
            silent = (state for state in after if state not in ("thinking", "waiting"))
            cues.append(Cue(at, ("thinking", *silent), play.busy))
            tool = None
        elif name == "say":
            words = step["say"].split("\n")[0][:14]
            cues.append(Cue(at, ("working",), lambda text, words=words: words in text))  # type: ignore[misc]
        elif name == "think":
            cues.append(Cue(at, ("thinking",)))
        elif name == "error":
            cues.append(Cue(at, ("error",), play.failing))
        elif name == "tool":
            tool = step
        elif name == "end" and tool is not None:
            cues.append(Cue(at, *play.doing(tool)))
        elif name == "end":
            cues.append(Cue(at, play.over(lab.steps(), at), play.calm))
    return cues


def judge(take: Take, result: Result) -> list[str]:
    """Adds a take to the result; the timeline as people read it."""
    lines: list[str] = []
    before: tuple[str, ...] = (take.told[0][1],)
    ends = [cue.at_ms for cue in take.cues[1:]] + [take.cues[-1].at_ms + 1500]
    for cue, end in zip(take.cues, ends, strict=True):
        seen = take.shown_ms(cue, end)
        shown = end if seen is None else seen
        grace = shown if cue.drawn is not None else min(cue.at_ms + UNDRAWN_MS, end)
        wrong = Counter[str]()
        for at in range(cue.at_ms, end, STEP_MS):
            got = take.state(at)
            right = got in cue.states or (at < grace and got in before)
            result.counted += STEP_MS
            result.right += STEP_MS * right
            named = cue.states[0] if got not in cue.states else got
            result.confusion[(named if not (right and got not in cue.states) else got, got)] += STEP_MS
            wrong[got] += STEP_MS * (not right)
        told = next((at for at, state in take.told if cue.at_ms <= at < end and state in cue.states), None)
        note = ""
        if take.state(cue.at_ms) not in cue.states:
            if told is not None:
                result.delays.append(max(0, told - shown))
                note = f"{max(0, told - shown)} ms"
            elif end - shown > 1000:
                result.missed += 1
                note = "never told"
        bad = ", ".join(f"{state or '?'} {ms} ms" for state, ms in wrong.items() if ms)
        begun = (cue.at_ms - take.cues[0].at_ms) / 1000
        lines.append(f"  {begun:6.1f} s  {'/'.join(cue.states):<22}{note:>12}  {bad and 'wrong: ' + bad}")
        before = cue.states if seen is not None else (*cue.states, *before)
    return lines


def show(kind: str, mode: str, result: Result) -> None:
    """One line of the table."""
    delays = sorted(result.delays)
    p50 = statistics.median(delays) if delays else float("nan")
    p99 = statistics.quantiles(delays, n=100, method="inclusive")[98] if len(delays) > 1 else float("nan")
    share = result.right / max(1, result.counted)
    seconds = result.counted / 1000
    print(f"{kind:<10}{mode:<9}{seconds:>8.0f}{share:>9.1%}{p50:>9.0f}{p99:>9.0f}{len(delays):>9}{result.missed:>8}")


def confused(results: Iterable[Result]) -> None:
    """Truth against told, in seconds."""
    total: Counter[tuple[str, str]] = sum((result.confusion for result in results), Counter())
    columns = sorted({got for _, got in total})
    print("\ntruth \\ told (s)".ljust(18) + "".join(f"{name[:9]:>11}" for name in columns))
    for truth in sorted({each for each, _ in total}):
        cells = (total.get((truth, got), 0) / 1000 for got in columns)
        print(f"{truth:<17}" + "".join(f"{cell:>11.1f}" if cell else f"{'·':>11}" for cell in cells))


def main(words: Sequence[str]) -> None:
    """Runs and prints."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kinds", nargs="+", default=list(PLAYS), choices=list(PLAYS))
    parser.add_argument("--modes", nargs="+", default=list(MODES), choices=MODES)
    parser.add_argument("--takes", type=int, default=1)
    parser.add_argument("--timeline", action="store_true")
    options = parser.parse_args(words)
    results: dict[tuple[str, str], Result] = {}
    for kind in options.kinds:
        for mode in options.modes:
            result = results[(kind, mode)] = Result()
            for _ in range(options.takes):
                lines = judge(perform(PLAYS[kind], mode), result)
                if options.timeline:
                    print("\n".join([f"{kind} {mode}", *lines]), flush=True)
    print(f"\n{'kind':<10}{'mode':<9}{'seconds':>8}{'right':>9}{'p50 ms':>9}{'p99 ms':>9}{'changes':>9}{'missed':>8}")
    for (kind, mode), result in results.items():
        show(kind, mode, result)
    confused(results.values())


if __name__ == "__main__":
    main(sys.argv[1:])
