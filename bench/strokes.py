"""Texts that typing gets wrong, sent to the real agents, and what arrived of each at their model.

    python bench/strokes.py [--kinds claude codex …] [--payloads plain tabs …] [--fourteen] [--adopted]

Every agent is the real one on a scripted model, in a network of its own (tests/e2e/real); the texts are tests/e2e/payloads.py. Each
is queued over HTTP once the one before has come to an end; what the model then has of it is compared with what was sent. A line says
how the command ended and what arrived. `exact` and `outer blanks` (agents trim) are verbatim. Counted as wrong is
what is `sent` but not verbatim, unless its proof says what the agent made of it (blanks of tabs, such things), and what is `failed`,
`uncertain` or refused without a reason. `--adopted`: the agent was started by somebody
else, so that there are no hooks to confirm what it took in.
"""

import argparse
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from e2e.payloads import ALL, FOURTEEN
from e2e.real.arrivals import VERBATIM, difference, judge
from e2e.real.homes import STAYS
from e2e.real.lab import Lab
from e2e.waiting import until
from outrider.logic.delivery import LEFT, TAKEN

SESSION = "strokes"
REST = ("idle", "complete", "error")
SETTLED_S, REST_S, QUIET_S = 90, 60, 1.0


@dataclass(frozen=True)
class Line:
    """How one text fared; `seconds` from the request to the command's end."""

    kind: str
    payload: str
    status: str
    arrived: str
    seconds: float
    note: str
    screen: str
    proof: str = ""

    @property
    def wrong(self) -> bool:
        """Whether it is neither delivered nor owned up to."""
        if self.status == "sent":
            return self.arrived not in VERBATIM and self.proof in (TAKEN, LEFT)
        return not self.note or (self.status != "uncertain" and self.arrived != "nothing")

    @property
    def plain(self) -> bool:
        """Whether it arrived as it was sent."""
        return self.status == "sent" and self.arrived in VERBATIM


class Bench:
    """One agent under its texts."""

    def __init__(self, kind: str, *, adopted: bool) -> None:
        self.kind = kind
        self.lab = Lab(kind)
        self.adopted = adopted
        self.world = self.lab.world
        self.server = f"{self.world.socket}-other" if adopted else None
        if self.server is not None:
            self.world.config.write_text(f'watch = ["{self.server}"]\nwatch_adopt = false\n', encoding="utf-8")
        self.world.start()
        self._known = 0
        self.begin()

    def begin(self) -> None:
        """Starts the agent, and waits until it is at rest."""
        if self.server is None:
            self.lab.spawn(SESSION)
        else:
            where = ("-d", "-s", SESSION, "-x", "120", "-y", "40", "-c", str(self.lab.project))
            self.world.tmux("new-session", *where, self.kind, server=self.server)
            body = {"kind": self.kind, "server": self.server}
            until(lambda: self.world.http.post(f"/api/agents/{SESSION}/adopt", json=body).is_success, 30, step=0.3)
        self.rest()

    def rest(self) -> None:
        """Waits until the agent is at rest, and a little more."""
        until(lambda: self.world.agent(SESSION)["state"] in REST, REST_S, what=f"{self.kind} to be at rest", step=0.1)
        time.sleep(QUIET_S)

    def again(self) -> None:
        """A fresh agent after one that may be in some mode."""
        self.world.http.post(f"/api/agents/{SESSION}/kill")
        until(lambda: not self.world.agent(SESSION)["alive"], 20, what="it to be gone")
        self.world.http.post(f"/api/agents/{SESSION}/forget")
        until(lambda: self.world.http.get(f"/api/agents/{SESSION}").status_code == 404, 20, what="it to be forgotten")
        self._known = 0
        self.begin()

    def send(self, name: str, text: str) -> Line:
        """One text, to its end."""
        began, before = time.monotonic(), len(self.lab.asked())
        answer = self.world.http.post(f"/api/agents/{SESSION}/command", json={"command": text})
        if answer.status_code == 422:
            return Line(self.kind, name, "refused", "nothing", time.monotonic() - began, answer.json()["error"], "")
        found = self.world.settled(answer.json()["id"], SETTLED_S)
        took = time.monotonic() - began
        if found["status"] == "sent":
            with suppress(AssertionError):
                until(lambda: len(self.lab.asked()) > before, 15, what="the model to be asked")
        time.sleep(QUIET_S)
        with suppress(AssertionError):
            self.rest()
        arrived = self.lab.prompts()[self._known :] if len(self.lab.asked()) > before else []
        self._known += len(arrived)
        verdict = judge(text, arrived)
        proof = found["attempts"][-1]["proof"] if found["attempts"] else ""
        note = found["error"] or ("" if verdict in VERBATIM else proof) or ""
        if arrived and verdict not in VERBATIM:
            note = f"{note} {len(arrived)} arrived; {difference(text, arrived[0])}".strip()
        screen = found["attempts"][-1]["screen"] if found["attempts"] else None
        return Line(self.kind, name, found["status"], verdict, took, note, screen or "", proof or "")

    def close(self) -> None:
        """Ends the agent and its world."""
        self.lab.close(quiet=True)


def main() -> None:
    """Prints a line for each text, and the sums."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kinds", nargs="+", choices=list(STAYS), default=list(STAYS))
    parser.add_argument("--payloads", nargs="+", choices=list(ALL), metavar="NAME", help=", ".join(ALL))
    parser.add_argument("--fourteen", action="store_true", help="only those that the agents were first measured with")
    parser.add_argument("--adopted", action="store_true", help="agents that somebody else started: no hooks")
    parser.add_argument("--screens", action="store_true", help="print the screens that were kept")
    given = parser.parse_args()
    texts: Mapping[str, str] = FOURTEEN if given.fourteen else ALL
    if given.payloads:
        texts = {name: ALL[name] for name in given.payloads}
    lines = [line for kind in given.kinds for line in run(kind, texts, adopted=given.adopted)]
    for line in lines if given.screens else ():
        print(f"---- {line.kind} {line.payload}\n{line.screen}" if line.screen else "", end="")
    told(lines)
    sys.exit(any(line.wrong for line in lines))


def run(kind: str, texts: Mapping[str, str], *, adopted: bool) -> list[Line]:
    """All texts for one kind."""
    lines = []
    bench = Bench(kind, adopted=adopted)
    try:
        for name, text in texts.items():
            line = bench.send(name, text)
            lines.append(line)
            mark = "WRONG" if line.wrong else "ok"
            print(
                f"{kind:9} {name:16} {line.status:10} {line.arrived:14} {line.seconds:5.1f} s  {mark:5} {line.note}",
                flush=True,
            )
            if line.arrived not in VERBATIM and line.status != "refused":
                bench.again()
    finally:
        bench.close()
    return lines


def told(lines: list[Line]) -> None:
    """The sums by kind."""
    for kind in dict.fromkeys(line.kind for line in lines):
        theirs = [line for line in lines if line.kind == kind]
        verbatim = [line.payload for line in theirs if line.plain]
        wrong = [line.payload for line in theirs if line.wrong]
        sent = [line.payload for line in theirs if line.status == "sent" and line.payload not in (*verbatim, *wrong)]
        rest = [line.payload for line in theirs if line.payload not in (*verbatim, *wrong, *sent)]
        print(
            f"{kind}: {len(verbatim)} of {len(theirs)} sent verbatim, {named(sent)} sent, and the proof says what the agent made of it"
        )
        print(f"    {named(rest)} not sent, with the reason; {named(wrong)} wrong")


def named(payloads: list[str]) -> str:
    """How many, and which."""
    return f"{len(payloads)} ({', '.join(payloads)})" if payloads else "0"


if __name__ == "__main__":
    main()
