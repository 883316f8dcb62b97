"""The daemon, dying of SIGKILL at the step of a delivery that the file names which OUTRIDER_TEST_DIES_AT points to.

The file holds one of POINTS, and goes with the daemon: the next one lives until it is written again. `opened`, `typing`, `entering` and
`closed` are the stages of an attempt as they are written down. Between two points nothing is done that another daemon could see.
"""

import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from outrider.__main__ import main
from outrider.store import Change
from outrider.supervisor.ledger import Ledger
from outrider.tmux.terminal import TmuxTerminal

POINTS = (
    *(f"before {step}" for step in ("accepted", "opened", "typing", "pasted", "entering", "entered", "closed")),
    "after pasted",
    "after closed",
)
POINT = "OUTRIDER_TEST_DIES_AT"

Step = Callable[..., Awaitable[Any]]


def mortal(step: Step, name: Callable[..., str]) -> Step:
    """The same step, before or after which the daemon may die. `name` says of its arguments which step it is, empty for none."""

    async def dying(*given: Any, **named: Any) -> Any:
        _dies("before", name(*given, **named))
        result = await step(*given, **named)
        _dies("after", name(*given, **named))
        return result

    return dying


def _dies(when: str, name: str) -> None:
    point = Path(os.environ[POINT])
    if name and point.exists() and point.read_text(encoding="utf-8") == f"{when} {name}":
        point.unlink()
        os.kill(os.getpid(), signal.SIGKILL)


def _written(_: Ledger, change: Change) -> str:
    return next((step.attempt.stage.value for step in change.steps if step.attempt is not None), "")


def _pressed(_: TmuxTerminal, __: object, keys: list[str], *___: object) -> str:
    return "entered" if "Enter" in keys else ""


STEPS = (
    (Ledger, "add", lambda *_: "accepted"),
    (Ledger, "commit", _written),
    (TmuxTerminal, "paste", lambda *_, **__: "pasted"),
    (TmuxTerminal, "press", _pressed),
)

if __name__ == "__main__":
    sys.path.pop(0)  # the folder of this file, which is not the daemon's
    for owner, method, name in STEPS:
        setattr(owner, method, mortal(getattr(owner, method), name))
    main()
