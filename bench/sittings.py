"""How each real agent leaves, comes back, takes a text while it works, and what becomes of a person's draft.

    python bench/sittings.py [--kinds claude codex …] [--lines "quit at rest" …] [--screens]

Every agent is the real one on a scripted model, in a network of its own (tests/e2e/real). A line is a sitting of its own: fresh agents,
and the daemon as a person has it. The table says `ok` with what was seen, `not` where the kind cannot by its own data (its file in
src/outrider/kinds) and what Outrider did instead, or WRONG with what was expected; the script ends with 1 where one is wrong.

- quit at rest, quit at work: `outrider kill` asks it to leave, and it left by itself, which its exit status and the audit say;
- resume: two agents of the kind in one folder, each `outrider restart --resume`d: each goes on in its own conversation, by its own id;
- now: a text sent to it with `when: now` while it works arrives once, verbatim; a kind that does not queue is refused it;
- interrupt, interrupt at work: `when: interrupt` over a person's draft: it arrives alone, and the draft stands there again, not sent;
- interrupt, rows: the same over a draft of as many rows as its kind can put back;
- ready: a plain command over a draft is not merged with it: it waits, and fails, or runs out of time, for that reason.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from e2e.real import install
from e2e.real.arrivals import VERBATIM, judge
from e2e.real.homes import STAYS
from e2e.real.lab import Lab, said
from e2e.real.model import Step
from e2e.waiting import until
from outrider.kinds.load import catalogue
from outrider.model.kind import Kind
from outrider.model.state import BUSY
from outrider.model.wire import AgentJSON, CommandJSON

EXTRA: Mapping[str, Sequence[str]] = {"codex": ("--no-daemon",)}
"""Codex's own daemon outlives its pane."""
UNSTOPPED = ("qwen",)
"""Whom Escape does not stop while a text stands in the composer (Qwen Code 0.15.10)."""
TEXT = 'Then look at the "README" too,\nand say what `it` costs: $5?'
DRAFT = "half a thought"
AT_REST = frozenset({"idle", "complete"})
DRAFT_WAIT_S, EXPIRES_S, LIMIT_S, QUIET_S = 10, 3, 120.0, 2.0
STARTS = 12
CONFIG = f"[commands]\ndraft_wait_s = {DRAFT_WAIT_S}\n"


class Not(Exception):
    """The kind cannot, by its own data; the sentence says what was done instead."""


@dataclass(frozen=True)
class Line:
    """How one sitting ended: `ok`, `not` or `WRONG`, and what was seen."""

    kind: str
    name: str
    verdict: str
    note: str
    seconds: float


class Sitting:
    """One kind's agents."""

    def __init__(self, kind: str) -> None:
        self.kind: Kind = catalogue(None).by_name()[kind]
        self.lab = Lab(kind)
        self.world = self.lab.world
        self.world.config.write_text(CONFIG, encoding="utf-8")
        # Gemini CLI takes hooks only from folders that are root's alone up to the top.
        self._data = Path(tempfile.mkdtemp(prefix="d", dir=install.CACHE.parent))
        self.world.data = self._data
        self.world.start()

    def close(self) -> None:
        """Ends all of it."""
        try:
            self.lab.close(quiet=True)
        finally:
            shutil.rmtree(self._data, ignore_errors=True)

    def shown(self) -> None:
        """Prints what became of each command, and each agent's screen, where it still has one."""
        for command in reversed(self.world.commands()):
            proofs = [attempt["proof"] for attempt in command["attempts"]]
            print(f"{command['session']} {command['status']}: {command['command']!r} {command['error']} {proofs}")
        for agent in self.world.http.get("/api/agents").json()["agents"]:
            with suppress(subprocess.CalledProcessError):
                print(f"---- {agent['session']} {agent['state']}\n{self.world.screen(agent['session']).rstrip()}")

    # What the lines are made of

    def next(self, *steps: Step) -> None:
        """What the model answers to its next request, and then `OK.`."""
        before: list[list[Step]] = [[{"say": "OK."}] for _ in self.lab.asked()]
        self.lab.script([*before, steps])

    def spawn(self, session: str, prompt: str = "Hello") -> AgentJSON:
        """An agent at rest, its first turn done."""
        self.next({"say": "Noted."})
        self.lab.spawn(session, extra=EXTRA.get(self.kind.name, ()))
        self.asked(session, prompt)
        return self.rested(session)

    def asked(self, session: str, prompt: str) -> list[str]:
        """A prompt goes to an agent that starts; what a person had then said in the conversation.

        A composer that is not drawn yet is waited for as long as a draft is, which is not long here; and some draw one before they
        take Enter.
        """
        for _ in range(STARTS):
            command = self.world.settled(self.world.send(session, prompt), LIMIT_S)
            if command["status"] == "sent":
                break
            assert command["status"] == "failed", f"{command['status']}: {command['error']}"
        return self.told(prompt)

    def rested(self, session: str) -> AgentJSON:
        """The agent once it is at rest, and has been for a moment."""
        until(lambda: self.world.agent(session)["state"] in AT_REST, LIMIT_S, what=f"{session} to be at rest", step=0.1)
        time.sleep(QUIET_S)
        return self.world.agent(session)

    def busy(self, session: str, hold: str) -> None:
        """Has it work until the hold is released: it has said something, and is seen at work."""
        self.next({"say": "I begin. "}, {"hold": hold}, {"say": "Done."})
        self.world.sent(self.world.send(session, "Begin"), LIMIT_S)
        self.lab.reached(hold, LIMIT_S)
        until(lambda: self.world.agent(session)["state"] in BUSY, LIMIT_S, what=f"{session} to be seen at work")

    def history(self, prompt: str) -> list[str]:
        """What a person had said in the conversation when its last word was that prompt; empty where the model was not asked so."""
        for asked in reversed(self.lab.asked()):
            prompts = [text for message in asked["messages"] for text in said(message)]
            if prompts and prompts[-1].strip() == prompt.strip():
                return prompts
        return []

    def told(self, prompt: str) -> list[str]:
        """The same, once the model was asked so."""
        return until(lambda: self.history(prompt), LIMIT_S, what=f"the model to be asked {prompt!r}")

    def conversation(self, session: str) -> str:
        """The agent's own id of its conversation, once it told one."""
        return until(lambda: self.world.agent(session)["agent_session"], what="its own id")

    def drafted(self, session: str, draft: str) -> None:
        """A person writes, and does not send."""
        if "\n" in draft:
            self.world.tmux("load-buffer", "-", stdin=draft)
            self.world.tmux("paste-buffer", "-p", "-t", f"={session}:")
        else:
            self.world.tmux("send-keys", "-l", "-t", f"={session}:", draft)
        self.stands(session, draft)

    def stands(self, session: str, draft: str) -> None:
        """Every row of the draft is on the screen."""
        rows = draft.split("\n")
        until(lambda: all(row in self.world.screen(session) for row in rows), what="the draft to stand on the screen")

    def arrived(self, text: str) -> None:
        """The text came to the model once, verbatim, and nothing of a draft did."""
        until(lambda: any(judge(text, [each]) in VERBATIM for each in self.lab.prompts()), LIMIT_S, what="it to arrive")
        time.sleep(QUIET_S)
        every = [[text for message in asked["messages"] for text in said(message)] for asked in self.lab.asked()]
        most = max(sum(judge(text, [each]) in VERBATIM for each in prompts) for prompts in every)
        assert most == 1, f"it arrived {most} times: {every[-1]}"
        self.unsent()

    def unsent(self) -> None:
        """Nothing of a draft came to the model."""
        strayed = [text for asked in self.lab.asked() for message in asked["messages"] for text in said(message)]
        assert not any(DRAFT in text for text in strayed), f"the draft was sent: {strayed}"

    def ended(self, session: str) -> AgentJSON:
        """The agent, once `outrider kill` has ended it; it left by itself."""
        done = self.world.cli("kill", session)
        assert done.returncode == 0, done.stderr
        rows = self.world.http.get("/api/audit", params={"action": "kill"}).json()["audit"]
        data = next(row["data"] for row in rows if session in row.values())
        agent = self.world.agent(session)
        assert data == {"left_by_itself": True}, f"{data}, exit status {agent['exit_status']}"
        assert (agent["alive"], agent["exit_status"]) == (False, 0), f"exit status {agent['exit_status']}"
        return agent

    def over(self, session: str, draft: str, *, when: str = "interrupt", **fields: object) -> CommandJSON:
        """A command over that draft, at its end."""
        self.drafted(session, draft)
        return self.world.settled(self.world.send(session, TEXT, when=when, **fields), LIMIT_S)


# The lines


def quit_at_rest(sitting: Sitting) -> str:
    """It leaves when asked."""
    sitting.spawn("one")
    agent = sitting.ended("one")
    assert agent["state"] in AT_REST, agent["state"]
    return f"exit status {agent['exit_status']}"


def quit_at_work(sitting: Sitting) -> str:
    """Also while it works, and is not said to have finished."""
    sitting.spawn("one")
    sitting.busy("one", "quit")
    agent = sitting.ended("one")
    assert agent["state"] == "idle", f"said to be {agent['state']}"
    return f"exit status {agent['exit_status']}"


def resume(sitting: Sitting) -> str:
    """Each in its own conversation."""
    world, colours = sitting.world, {"one": "violet", "two": "green"}
    firsts = {name: f"My colour is {colour}" for name, colour in colours.items()}
    for name, first in firsts.items():
        sitting.spawn(name, first)
    if not sitting.kind.launch.resume:
        refused = world.cli("restart", "one", "--resume")
        assert refused.returncode == 1, refused.stdout
        assert world.agent("one")["alive"], "it was ended for nothing"
        raise Not(f"refused, and it runs on: {refused.stderr.strip()}")
    ids = {name: sitting.conversation(name) for name in firsts}
    assert len(set(ids.values())) == len(ids), ids
    for name in firsts:
        again = world.cli("restart", name, "--resume", timeout=LIMIT_S)
        assert again.returncode == 0, again.stderr
    for name, first in firsts.items():
        sitting.rested(name)
        question = f"Which was mine, {name}?"
        prompts = sitting.asked(name, question)
        assert prompts == [first, question], prompts
        assert world.agent(name)["agent_session"] == ids[name], "it goes by another id now"
    return "each asked with its own first prompt before, by its own id"


def now(sitting: Sitting) -> str:
    """While it works."""
    world = sitting.world
    sitting.spawn("one")
    sitting.busy("one", "now")
    answer = world.http.post("/api/agents/one/command", json={"command": TEXT, "when": "now"})
    if not sitting.kind.typing.queues:
        assert answer.status_code == 422, f"{answer.status_code} {answer.text}"
        raise Not(f"refused: {answer.json()['error']}")
    assert answer.status_code == 202, answer.text
    command = world.settled(answer.json()["id"], LIMIT_S)
    assert command["status"] == "sent", f"{command['status']}: {command['error']}"
    sitting.lab.release("now")
    sitting.arrived(TEXT)
    return "sent while the model was silent; arrived once, verbatim"


def interrupt(sitting: Sitting) -> str:
    """Over a draft of one row, at rest."""
    sitting.spawn("one")
    return put_aside(sitting, DRAFT)


def interrupt_at_work(sitting: Sitting) -> str:
    """Over a draft that a person wrote while it works."""
    sitting.spawn("one")
    if not sitting.kind.typing.queues:
        raise Not("it has no composer while it works")
    sitting.busy("one", "aside")
    if sitting.kind.name in UNSTOPPED:
        command = sitting.over("one", DRAFT)
        left_alone(sitting, command, DRAFT)
        raise Not(f"nothing stops it over a draft; the command failed: {command['error']}")
    told = put_aside(sitting, DRAFT)
    sitting.lab.release("aside")
    return told


def interrupt_rows(sitting: Sitting) -> str:
    """Over a draft of as many rows as it can put back."""
    rows = sitting.kind.typing.draft_rows
    if rows < 2:
        raise Not("drafts of several rows are left alone")
    sitting.spawn("one")
    draft = "\n".join(f"{DRAFT} {row}" for row in range(1, rows + 1))
    return f"{rows} rows {put_aside(sitting, draft)}"


def put_aside(sitting: Sitting, draft: str) -> str:
    """The text arrives alone, and the draft stands there again."""
    command = sitting.over("one", draft)
    proof = (command["attempts"][-1]["proof"] if command["attempts"] else None) or ""
    if not sitting.kind.typing.draft_rows:
        left_alone(sitting, command, draft)
        raise Not(f"left alone; the command failed: {command['error']}")
    assert command["status"] == "sent", f"{command['status']}: {command['error']}"
    sitting.arrived(TEXT)
    assert "was put aside, and put back" in proof, proof
    sitting.rested("one")
    sitting.stands("one", draft)
    sitting.unsent()
    return "put aside, arrived alone, put back"


def left_alone(sitting: Sitting, command: CommandJSON, draft: str, status: str = "failed") -> None:
    """The command came to nothing because of the draft, which stands as it did."""
    assert command["status"] == status, f"{command['status']}: {command['error']}"
    assert "draft" in (command["error"] or ""), command["error"]
    assert not command["attempts"], command["attempts"]
    sitting.stands("one", draft)
    assert not sitting.history(TEXT), "it was typed after all"
    sitting.unsent()


def ready(sitting: Sitting) -> str:
    """Not merged."""
    sitting.spawn("one")
    expired = sitting.over("one", DRAFT, when="ready", expires_s=EXPIRES_S)
    left_alone(sitting, expired, DRAFT, "expired")
    failed = sitting.world.settled(sitting.world.send("one", TEXT), LIMIT_S)
    left_alone(sitting, failed, DRAFT)
    return f"waited, and: {failed['error']}"


LINES: Mapping[str, Callable[[Sitting], str]] = {
    "quit at rest": quit_at_rest,
    "quit at work": quit_at_work,
    "resume": resume,
    "now": now,
    "interrupt": interrupt,
    "interrupt at work": interrupt_at_work,
    "interrupt, rows": interrupt_rows,
    "ready": ready,
}


def sat(kind: str, name: str, *, screens: bool) -> Line:
    """One line of one kind."""
    began = time.monotonic()
    sitting = Sitting(kind)
    try:
        verdict, note = "ok", LINES[name](sitting)
    except Not as cannot:
        verdict, note = "not", str(cannot)
    except AssertionError as error:
        verdict, note = "WRONG", str(error)
        if screens:
            sitting.shown()
    finally:
        sitting.close()
    return Line(kind, name, verdict, " ".join(note.split()), time.monotonic() - began)


def main() -> None:
    """Prints a line for each, and the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kinds", nargs="+", choices=list(STAYS), default=list(STAYS))
    parser.add_argument("--lines", nargs="+", choices=list(LINES), default=list(LINES))
    parser.add_argument("--screens", action="store_true", help="print the screens behind a WRONG")
    given = parser.parse_args()
    lines = []
    for kind in given.kinds:
        for name in given.lines:
            line = sat(kind, name, screens=given.screens)
            lines.append(line)
            print(f"{kind:9} {name:18} {line.verdict:5} {line.seconds:4.0f} s  {line.note[:400]}", flush=True)
    print(f"\n{'':18} {' '.join(f'{kind:9}' for kind in given.kinds)}")
    for name in given.lines:
        print(f"{name:18} {' '.join(f'{line.verdict:9}' for line in lines if line.name == name)}")
    sys.exit(any(line.verdict == "WRONG" for line in lines))


if __name__ == "__main__":
    main()
