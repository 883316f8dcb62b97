"""A storm over real agents: what is lost, doubled, altered or typed into the wrong place.

    python bench/storm.py [--kinds claude codex …] [--commands 40] [--each 0] [--minutes 0] [--density 1] [--seed 1] [--keep DIR]

`--each 100` sends a hundred of each of the fourteen texts, for hours; `--minutes` ends a run earlier, with what was sent until then;
`--density 0.2` brings a fifth of the kills, drafts and interrupts in the same time, so that more is sent in it.

The agent is the real one on a scripted model, in a network of its own (tests/e2e/real); the storm is tests/e2e/storm.py: the fourteen
hard texts in random order while its dialogs come up, a person at a second tmux client types drafts and takes them back, somebody
interrupts and the daemon is killed with SIGKILL and started again. The model counts what arrived. A command that arrived must have
arrived once and as it was sent; one that is `sent` must have arrived; one that failed must not; the first arrivals must be in order.
What a person denied must not have been done, and no prompt may hold anything of a draft. The script ends with 1 where one does.

`--keep` leaves what a wrong one is understood by, in a folder for each kind: the commands with their proofs, the weather with its
times, the model's requests, the agent's own transcripts, every screen, and what the daemon wrote.
"""

import argparse
import json
import math
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import httpx

from e2e.payloads import FOURTEEN
from e2e.real.homes import STAYS
from e2e.real.lab import Lab, said
from e2e.storm import SESSION, Report, Storm, turns
from e2e.waiting import until

TOUCH: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "claude": ("Bash", {"command": "touch {}", "description": "Make it"}),
    "codex": (
        "exec_command",
        {"cmd": "touch {}", "sandbox_permissions": "require_escalated", "justification": "Make {}?"},
    ),
    "gemini": ("run_shell_command", {"command": "touch {}", "description": "Make it"}),
    "opencode": ("bash", {"command": "touch {}", "description": "Make it"}),
    "qwen": ("run_shell_command", {"command": "touch {}", "description": "Make it", "is_background": False}),
}
"""The call for which each kind asks its user. pi and aider ask for none of their own."""
CLEAR = {"gemini": b"\x05\x15\x7f", "qwen": b"\x05\x15\x7f"}
"""What takes a row and its line end out of a composer, where that is not Ctrl-E and Ctrl-U: in front of the cursor may stand nothing."""
REFUSED = {"qwen": ("slash word",), "pi": ("bang",)}


TRANSCRIPTS = (".claude/projects", ".codex/sessions", ".gemini/tmp", ".qwen/projects", ".pi/agent/sessions")
LOOK_S = 0.2


class Keepsake:
    """What one kind's storm leaves behind."""

    def __init__(self, folder: Path, real: "Real") -> None:
        folder.mkdir(parents=True)
        self._folder, self._real = folder, real
        self._over = threading.Event()
        self._eye = threading.Thread(target=self._looks, daemon=True)
        self._eye.start()

    def _looks(self) -> None:
        """Writes down each screen that differs from the one before, with its time (ms)."""
        last = ""
        with (self._folder / "screens.txt").open("a", encoding="utf-8") as file:
            while not self._over.wait(LOOK_S):
                with suppress(subprocess.CalledProcessError):
                    screen = self._real.world.screen(SESSION)
                    if screen != last:
                        file.write(f"===== {time.time_ns() // 1_000_000}\n{screen.rstrip()}\n")
                        last = screen

    def take(self, storm: Storm) -> None:
        """Copies the rest, while all of it is still there."""
        self._over.set()
        self._eye.join(10)
        world = self._real.world
        self._write("weather.json", storm.diary)
        self._write("texts.json", storm.texts)
        with suppress(OSError, httpx.HTTPError):
            self._write("commands.json", world.commands())
        for path in (*self._real.lab.root.glob("*.jsonl"), world.log_file):
            shutil.copy(path, self._folder)
        for place in TRANSCRIPTS:
            if world.home.joinpath(place).is_dir():
                shutil.copytree(world.home / place, self._folder / "transcripts", dirs_exist_ok=True)

    def _write(self, name: str, what: object) -> None:
        self._folder.joinpath(name).write_text(json.dumps(what, ensure_ascii=False, indent=1), encoding="utf-8")


class Real:
    """A real agent in a storm."""

    def __init__(self, kind: str, chance: random.Random, count: int) -> None:
        self.kind = kind
        self.clear = CLEAR.get(kind, b"\x05\x15")
        self.lab = Lab(kind)
        self.world, self.project = self.lab.world, self.lab.project
        self.lab.script(turns(chance, 5 * count, self._touch if kind in TOUCH else None))  # type: ignore[arg-type]
        self.world.start()
        self.lab.spawn(SESSION)
        until(lambda: self.world.agent(SESSION)["state"] in ("idle", "complete"), 60, what=f"{kind} to be ready")

    def _touch(self, name: str) -> Mapping[str, object]:
        tool, given = TOUCH[self.kind]
        filled = {key: value.format(name) if isinstance(value, str) else value for key, value in given.items()}
        return {"tool": tool, "input": filled}

    def arrived(self) -> list[str]:
        """Every prompt, in the order of first coming; one is there twice where a single request has it twice."""
        found: list[str] = []
        for asked in self.lab.asked():
            history = [text.strip("\n") for message in asked["messages"] for text in said(message)]
            for text in history:
                found += [text] * (history.count(text) - found.count(text))
        return found


def main() -> None:
    """Prints a report for each kind."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--kinds", nargs="+", choices=list(STAYS), default=["claude", "codex", "gemini", "opencode", "aider"]
    )
    parser.add_argument("--commands", type=int, default=40, help="for each agent")
    parser.add_argument("--seed", type=int, default=None, help="to repeat a run")
    parser.add_argument("--each", type=int, default=0, help="for each agent so many of each text, instead")
    parser.add_argument("--minutes", type=float, default=math.inf, help="for each agent at most")
    parser.add_argument(
        "--density", type=float, default=1.0, help="of the weather: 1 is a kill about every four seconds"
    )
    parser.add_argument("--keep", type=Path, default=None, help="a folder for what is left behind")
    given = parser.parse_args()
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(1_000_000)
    failed = [kind for kind in given.kinds if told(kind, seed, given)]
    sys.exit(bool(failed))


def told(kind: str, seed: int, given: argparse.Namespace) -> bool:
    """Runs one and prints it; whether anything went wrong."""
    count, each, keep = given.commands, given.each, given.keep
    real = Real(kind, random.Random(seed), each * len(FOURTEEN) or count)
    began = time.monotonic()
    payloads = {name: text for name, text in FOURTEEN.items() if name not in REFUSED.get(kind, ())}
    limit_s = given.minutes * 60
    storm = Storm(real, count=count, seed=seed, payloads=payloads, each=each, limit_s=limit_s, density=given.density)
    keepsake = Keepsake(keep / f"{kind}-{seed}", real) if keep is not None else None
    try:
        report = storm.run()
    finally:
        if keepsake is not None:
            keepsake.take(storm)
        real.lab.close(quiet=True)
    print(
        f"{kind}, seed {seed}, {time.monotonic() - began:.0f} s: {dict(report.statuses)}; weather {dict(report.weather)}"
    )
    arrived = report.verbatim + report.blanks
    print(
        f"    arrived {arrived} ({report.verbatim} verbatim, {report.blanks} with other blanks); {dict(report.reasons)}"
    )
    print(f"    {wrongs(report)}", flush=True)
    return bool(report.wrong)


def wrongs(report: Report) -> str:
    """What broke the promise."""
    return (
        f"WRONG {json.dumps(report.wrong, ensure_ascii=False)}"
        if report.wrong
        else "nothing lost, doubled, altered or misplaced"
    )


if __name__ == "__main__":
    main()
