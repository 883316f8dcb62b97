"""A storm over real agents: what is lost, doubled, altered or typed into the wrong place.

    python bench/storm.py [--kinds claude codex …] [--commands 40] [--seed 1]

The agent is the real one on a scripted model, in a network of its own (tests/e2e/real); the storm is tests/e2e/storm.py: the fourteen
hard texts in random order while its dialogs come up, a person at a second tmux client types drafts and takes them back, somebody
interrupts and the daemon is killed with SIGKILL and started again. The model counts what arrived. A command that arrived must have
arrived once and as it was sent; one that is `sent` must have arrived; one that failed must not; the first arrivals must be in order.
What a person denied must not have been done, and no prompt may hold anything of a draft. The script ends with 1 where one does.
"""

import argparse
import json
import random
import sys
import time
from collections.abc import Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

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
REFUSED = {"qwen": ("slash word",), "pi": ("bang",)}


class Real:
    """A real agent in a storm."""

    clear = b"\x15"

    def __init__(self, kind: str, chance: random.Random, count: int) -> None:
        self.kind = kind
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
            history = [text for message in asked["messages"] for text in said(message)]
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
    given = parser.parse_args()
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(1_000_000)
    failed = [kind for kind in given.kinds if told(kind, seed, given.commands)]
    sys.exit(bool(failed))


def told(kind: str, seed: int, count: int) -> bool:
    """Runs one and prints it; whether anything went wrong."""
    real = Real(kind, random.Random(seed), count)
    began = time.monotonic()
    try:
        payloads = {name: text for name, text in FOURTEEN.items() if name not in REFUSED.get(kind, ())}
        report = Storm(real, count=count, seed=seed, payloads=payloads).run()
    finally:
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
