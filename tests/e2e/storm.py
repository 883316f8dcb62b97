"""A storm over one agent: commands in random order while dialogs come up, a person types at a second client, somebody interrupts and
the daemon is killed with SIGKILL. What arrived is counted at the model, and every key in a wrong place is found out:

A person answers each dialog, denies some, and what was denied must not have been done. The person's drafts hold a word of their own and
are never submitted, so no prompt may hold it. Each command holds its number, so that losses, doubles and the order are seen. Agents
take a prompt back that is interrupted before they asked their model (Claude Code 2.1.197 tells its hook of the prompt, asks its model up to
some 0.1 s later, on a busy machine seconds, and puts the prompt back into its composer where Escape comes first): what the agent
itself told that it took in is not lost where somebody pressed Escape in its turn, and what is seen to have left the composer not where
that was right behind its Enter.
"""

import fcntl
import math
import os
import pty
import random
import re
import struct
import subprocess
import termios
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import httpx

from e2e.payloads import FOURTEEN
from e2e.real.arrivals import BLANKS, COMPOSED, TABS, VERBATIM, judge
from e2e.waiting import until
from e2e.world import World
from outrider.logic.delivery import TAKEN
from outrider.model.wire import CommandJSON

SESSION = "storm"
DRAFT = "zzzz"
NUMBER = re.compile(r"\(storm (\d+)\)")
MADE = re.compile(r"made-(\d+)")
ENDED = ("sent", "failed", "cancelled", "expired", "uncertain")
REDRAW = b"\x0c"
BUSY = ("thinking", "reading", "working", "testing")
AHEAD = 5
STILL_S, AGAIN_S, LIMIT_S = 3.0, 5.0, 180.0
RIGHT_BEHIND_MS = 3000
ESCAPES = ("interrupts", "denied")


class Stage(Protocol):
    """The agent in the storm, seen from behind the curtain."""

    world: World
    project: Path
    clear: bytes

    def arrived(self) -> list[str]:
        """Every prompt that came to the model, verbatim, each as often as it came, in the order of coming."""


@dataclass
class Report:
    """What became of the commands, and what went wrong (all of it should be empty)."""

    statuses: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    weather: Counter[str] = field(default_factory=Counter)
    verbatim: int = 0
    blanks: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    altered: list[str] = field(default_factory=list)
    strayed: list[str] = field(default_factory=list)
    untold: list[str] = field(default_factory=list)
    disordered: list[str] = field(default_factory=list)

    @property
    def wrong(self) -> Mapping[str, list[str]]:
        """Everything that breaks the promise."""
        found = {
            name: getattr(self, name) for name in ("lost", "doubled", "altered", "strayed", "untold", "disordered")
        }
        return {name: each for name, each in found.items() if each}


class Person:
    """Somebody at a second tmux client: types drafts and takes them back, and never presses Enter on one."""

    def __init__(self, world: World, clear: bytes) -> None:
        self._clear = clear
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 41, 120, 0, 0))
        argv = ["tmux", "-L", world.socket, "-f", "/dev/null", "attach", "-t", f"={SESSION}"]
        env = {**world.env, "TERM": "xterm-256color"}
        self._client = subprocess.Popen(argv, env=env, stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
        os.close(slave)
        threading.Thread(target=self._reads, daemon=True).start()

    def types(self, text: bytes, pause_s: float = 0.03) -> None:
        """Key by key."""
        for byte in text:
            os.write(self._master, bytes([byte]))
            time.sleep(pause_s)

    def takes_back(self) -> None:
        """Empties the composer of a short draft."""
        self.types(self._clear * 3, 0.05)

    def cleans_up(self) -> None:
        """Empties it of some rows, and has it drawn afresh."""
        self.types(self._clear * 12 + REDRAW, 0.01)

    def _reads(self) -> None:
        """Takes what is drawn for it: a client that is not read holds up its server."""
        with suppress(OSError):
            while os.read(self._master, 65536):
                pass

    def leaves(self) -> None:
        """The client detaches."""
        self._client.kill()
        self._client.wait(10)
        os.close(self._master)


class Storm:
    """Runs until every command has come to an end."""

    def __init__(
        self,
        stage: Stage,
        *,
        count: int,
        seed: int,
        payloads: Mapping[str, str] = FOURTEEN,
        each: int = 0,
        limit_s: float = math.inf,
        density: float = 1.0,
        least: Sequence[str] = (),
    ) -> None:
        """So many commands, drawn from `payloads`; or so many of `each` in random order. After `limit_s` no more are handed in. A lower
        `density` brings less weather in the same time. What is named in `least` (`killed`, `drafts`) comes once, whatever is drawn."""
        self.stage = stage
        self.world = stage.world
        self.chance = random.Random(seed)
        self.density = density
        self.least = least
        self.report = Report()
        self.denied: set[str] = set()
        self.diary: list[tuple[int, str]] = []
        names = list(payloads) * each or [self.chance.choice(list(payloads)) for _ in range(count)]
        self.chance.shuffle(names)
        self._end = time.monotonic() + limit_s
        self.texts = [numbered(name, payloads[name], number) for number, name in enumerate(names)]
        self.ids: list[str] = []
        self._stood = (0.0, "")
        self._answered = ("", 0.0)
        self._known: dict[
            str, CommandJSON
        ] = {}  # those that ended long ago are not among the newest, which are asked for

    def run(self) -> Report:
        """All of it; what it is told is checked afterwards."""
        person = Person(self.world, self.stage.clear)
        try:
            moved = (time.monotonic(), -1)
            open_: list[CommandJSON] = []
            while True:
                self._hand_in(len(open_))
                open_ = [each for each in self._commands().values() if each["status"] not in ENDED]
                if not open_ and len(self.ids) == len(self.texts) and not any(map(self._due, self.least)):
                    break
                if (ended := len(self.ids) - len(open_)) != moved[1]:
                    moved = (time.monotonic(), ended)
                if time.monotonic() - moved[0] > LIMIT_S:
                    raise AssertionError(f"nothing moves: {open_[-1]}\n{self.world.screen(SESSION)}")
                self._weather(person)
                time.sleep(self.chance.uniform(0.02, 0.25))
            self._calm(person)
        finally:
            person.leaves()
        self._judge()
        return self.report

    def _hand_in(self, waiting: int) -> None:
        """A few commands more where few wait, so that some always do; none once the time is over."""
        if time.monotonic() > self._end:
            del self.texts[len(self.ids) :]
        if waiting >= AHEAD:
            return
        for number in range(len(self.ids), min(len(self.ids) + 2, len(self.texts))):
            body = {"command": self.texts[number], "id": f"storm-{number}"}
            self.ids.append(
                self.world.http.post(f"/api/agents/{SESSION}/command", json=body).raise_for_status().json()["id"]
            )

    def _weather(self, person: Person) -> None:
        agent = self.world.agent(SESSION)
        screen = self.world.screen(SESSION)
        if agent["state"] == "waiting":
            self._answer(person, screen)
        elif self._in_the_way(screen):
            self._came("cleaned up")
            self._cleans_up(person, screen)
        elif self.chance.random() < 0.06 * self.density or self._due("killed"):
            self._came("killed")
            self.world.kill9()
            time.sleep(self.chance.uniform(0, 0.5))
            self.world.start()
        elif self.chance.random() < 0.05 * self.density or self._due("drafts"):
            self._came("drafts")
            person.types(DRAFT.encode() + b" " + DRAFT.encode())
            time.sleep(self.chance.uniform(0.1, 1.0))
            person.takes_back()
        elif agent["state"] in BUSY and self.chance.random() < 0.15 * self.density:
            answer = self.world.http.post(f"/api/agents/{SESSION}/interrupt")
            if answer.is_success:
                self._came("interrupts")

    def _due(self, what: str) -> bool:
        """Whether it has to come, as half of the commands are handed in and it was not drawn yet."""
        return what in self.least and not self.report.weather[what] and 2 * len(self.ids) >= len(self.texts)

    def _cleans_up(self, person: Person, screen: str) -> None:
        """A person takes out what a command that ended `uncertain` left there, for as long as that changes something."""
        for _ in range(20):
            person.cleans_up()
            time.sleep(0.3)
            before, screen = screen, self.world.screen(SESSION)
            if screen == before:
                return

    def _came(self, what: str) -> None:
        """Some weather, now."""
        self.report.weather[what] += 1
        self.diary.append((time.time_ns() // 1_000_000, what))

    def _answer(self, person: Person, screen: str) -> None:
        made = MADE.findall(screen)
        if not made or not self.chance.random() < 0.5:
            return
        time.sleep(0.3)
        if MADE.findall(self.world.screen(SESSION)) != made:
            return  # the dialog was not drawn whole: what is named in it would be another's name
        if made[-1] == self._answered[0] and time.monotonic() - self._answered[1] < AGAIN_S:
            return  # it is gone most likely, and an Enter would send the person's own draft
        self._answered = (made[-1], time.monotonic())
        if self.chance.random() < 0.5:
            self.denied.add(made[-1])
            self._came("denied")
            person.types(b"\x1b")
        else:
            self._came("approved")
            person.types(b"\r")
        with suppress(AssertionError):
            until(lambda: self.world.agent(SESSION)["state"] != "waiting", what="the dialog to go")

    def _in_the_way(self, screen: str) -> bool:
        """Whether nothing has moved for so long that a person would come and look."""
        now = time.monotonic()
        if screen != self._stood[1]:
            self._stood = (now, screen)
        sending = any(each["status"] == "sending" for each in self._commands().values())
        if sending or now - self._stood[0] < STILL_S:
            return False
        self._stood = (now, screen)
        return True

    def _calm(self, person: Person) -> None:
        """Answers what still stands there, and waits until the agent is at rest."""

        def rests() -> bool:
            agent = self.world.agent(SESSION)
            if agent["state"] == "waiting":
                self._answer(person, self.world.screen(SESSION))
            return agent["state"] in ("idle", "complete", "error")

        until(rests, 60, what="the agent to be at rest", step=0.3)
        time.sleep(1)

    def _commands(self) -> Mapping[str, CommandJSON]:
        for _ in range(50):
            with suppress(httpx.TransportError):
                answer = self.world.http.get(f"/api/agents/{SESSION}/commands", params={"limit": 500})
                self._known |= {each["id"]: each for each in answer.raise_for_status().json()["commands"]}
                return self._known
            time.sleep(0.1)
        raise AssertionError("the daemon does not answer")

    def _judge(self) -> None:
        report, commands, arrived = self.report, self._commands(), self.stage.arrived()
        came = [int(found[1]) for text in arrived if (found := NUMBER.search(text))]
        first = list(dict.fromkeys(came))
        report.disordered = [str(b) for a, b in pairwise(first) if b < a]
        report.strayed = [text[:80] for text in arrived if DRAFT in text or len(NUMBER.findall(text)) != 1]
        report.strayed += [f"made-{name} was denied and is made" for name in self.denied if self._made(name)]
        begun = [each["started"] for command in commands.values() for each in command["attempts"]]
        for number, (command_id, text) in enumerate(zip(self.ids, self.texts, strict=True)):
            command = commands[command_id]
            after = min((at for at in begun if at > max_started(command)), default=math.inf)
            report.statuses[command["status"]] += 1
            if command["status"] != "sent":
                report.reasons[str(command["error"])] += 1
            mine = [each for each in arrived if NUMBER.findall(each) == [str(number)]]
            told = command["error"] or (command["attempts"][-1]["proof"] if command["attempts"] else "")
            if not mine and command["status"] == "sent" and self._interrupted(command, after):
                report.weather["taken back"] += 1
                continue
            self._judge_one(f"{number} {command['status']} {text[:30]!r} {told}", text, command["status"], mine)
            if not told:
                report.untold.append(str(number))

    def _interrupted(self, command: CommandJSON, after: float) -> bool:
        """Whether somebody interrupted this command's turn, which ends `after` (ms); right behind the Enter, where no hook told of it."""
        last = command["attempts"][-1]
        told = TAKEN in (last["proof"] or "")
        ended = after if told else (last["ended"] or last["started"]) + RIGHT_BEHIND_MS
        return any(what in ESCAPES and last["started"] <= at <= ended for at, what in self.diary)

    def _judge_one(self, name: str, text: str, status: str, mine: Sequence[str]) -> None:
        report = self.report
        if len(mine) > 1:
            report.doubled.append(name)
        if not mine:
            report.lost += [name] if status == "sent" else []
            return
        if status in ("failed", "cancelled", "expired"):
            report.untold.append(f"{name}: it arrived")
        verdict = judge(text, mine[:1])
        report.verbatim += verdict in VERBATIM
        report.blanks += verdict in (TABS, BLANKS, COMPOSED)
        if verdict not in (*VERBATIM, TABS, BLANKS, COMPOSED):
            report.altered.append(name)

    def _made(self, name: str) -> bool:
        return self.stage.project.joinpath(f"made-{name}").exists()


def max_started(command: CommandJSON) -> float:
    """When the last attempt began (ms)."""
    return max((each["started"] for each in command["attempts"]), default=math.inf)


def numbered(name: str, text: str, number: int) -> str:
    """The text with its number where it does not take away what makes it hard."""
    return f"(storm {number}) {text}" if name == "backslash" else f"{text} (storm {number})"


def rambling(chance: random.Random) -> str:
    """Words without a pattern: programs look for loops in what a model says."""
    return " ".join("".join(chance.choice("abcdefghijklmnop") for _ in range(chance.randint(2, 9))) for _ in range(20))


def turns(
    chance: random.Random, count: int, asks: Callable[[str], Mapping[str, object]] | None
) -> list[list[dict[str, object]]]:
    """Answers for so many requests: long and short ones, silence, and calls that ask for leave."""
    made: list[list[dict[str, object]]] = []
    for number in range(count):
        drawn = chance.random()
        if drawn < 0.25 and asks is not None:
            made.append([dict(asks(f"made-{number}"))])
        elif drawn < 0.6:
            made.append([{"say": f"Answer {number}: " + rambling(chance), "over": chance.uniform(0.2, 2.0)}])
        else:
            made.append([{"think": chance.uniform(0.1, 0.8)}, {"say": f"Answer {number}."}])
    return made
