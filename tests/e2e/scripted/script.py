"""The script a run follows, and the log it leaves: files in the directory that SCRIPTED_AGENT_DIR names.

`script.json` has `turns` (a list of lists of steps, one turn for each prompt; without one left it says "OK."), and how the
start misbehaves. `holds/NAME` releases the hold of that name by being there. `log.jsonl` gets one line for whatever
it took in, verbatim.
"""

import json
import time
from pathlib import Path
from typing import TypedDict


class Step(TypedDict, total=False):
    """One step of a turn; exactly one of the first nine says what it is, the rest how. Durations in seconds.

    `think` and `wait`: silence with and without the word. `say`: text, spread over `over`. `tool` with `input`: a call that
    streams for `over`, `ask`s for permission (`stays` on the screen after the answer until that hold is released), runs for
    `run` or until `hold` is released, and gives `output`. `error`: this HTTP status, tried again `retry` times `delay`
    apart, then final unless `recovers`. `hold` alone: silent until released. `sh`: runs that line as a tool would, and logs
    what it prints. `child`: starts a process that lives on (`detached`: in a session of its own). `exit`: ends the agent
    with that status.
    """

    think: float
    wait: float
    say: str
    tool: str
    error: int
    child: float
    exit: int
    hold: str
    sh: str
    over: float
    input: dict[str, object]
    ask: bool
    run: float
    output: str
    fails: bool
    retry: int
    delay: float
    recovers: bool
    detached: bool
    stays: str


class Script(TypedDict, total=False):
    """`dialogs` (trust, api_key, bypass) stand before the first prompt; `swallow_enters` first Enters are lost;
    who `stays` takes no Ctrl-C.
    """

    turns: list[list[Step]]
    dialogs: list[str]
    slow_start: float
    swallow_enters: int
    paste_burst: float
    stays: bool


class Place:
    """The directory of one agent's run."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._taken = 0
        root.joinpath("holds").mkdir(parents=True, exist_ok=True)

    def script(self) -> Script:
        """The script as it stands now; an empty one where there is none."""
        try:
            script: Script = json.loads(self.root.joinpath("script.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return script

    def next_turn(self) -> list[Step]:
        """The steps of the next turn."""
        turns = self.script().get("turns", [])
        self._taken += 1
        return turns[self._taken - 1] if self._taken <= len(turns) else [{"say": "OK."}]

    def released(self, hold: str) -> bool:
        """Whether the hold may be left."""
        return self.root.joinpath("holds", hold).exists()

    def log(self, event: str, **fields: object) -> None:
        """Writes one line down, with the time in ms."""
        line = json.dumps({"t": time.time_ns() // 1_000_000, "event": event, **fields}, ensure_ascii=False) + "\n"
        with self.root.joinpath("log.jsonl").open("a", encoding="utf-8") as file:
            file.write(line)
