"""How long the rules take on a full screen of 200 columns and 50 rows, per kind, in ms of CPU; the goal is 0.5.

    python bench/detect.py

Each recorded screen of the kind is repeated downwards and its rows to the right until they fill the size.
"""

import dataclasses
import statistics
import time
from pathlib import Path

from outrider.kinds import cases
from outrider.kinds.load import catalogue
from outrider.logic import detect
from outrider.model.kind import Kind
from outrider.model.pane import Screen

SCREENS = Path(__file__).resolve().parent.parent / "tests" / "screens"
WIDTH, HEIGHT, GOAL_MS, MOST = 200, 50, 0.5, 60


def main() -> None:
    """Prints median, 99th percentile and whether the median reaches the goal."""
    kinds = catalogue(None).by_name()
    loaded = cases.load(SCREENS)
    print(f"{'kind':<12}{'screens':>8}{'median':>9}{'p99':>9}")
    for name in sorted(kinds):
        mine = [case.frames[-1] for case in loaded if case.kind == name] or [case.frames[-1] for case in loaded]
        times = sorted(timed(kinds[name], full(screen)) for screen in mine[:: max(1, len(mine) // MOST)])
        median, worst = statistics.median(times), times[int(len(times) * 0.99)]
        print(f"{name:<12}{len(times):>8}{median:>9.3f}{worst:>9.3f}  {'ok' if median <= GOAL_MS else 'too slow'}")


def timed(kind: Kind, screen: Screen) -> float:
    """Milliseconds of CPU, the best of three runs."""
    best = float("inf")
    for _ in range(3):
        began = time.thread_time()
        detect.read(kind, screen)
        best = min(best, (time.thread_time() - began) * 1000)
    return best


def full(screen: Screen) -> Screen:
    """The screen filled up: its rows above themselves, each as wide as the pane."""
    rows = [row for row in screen.rows if row.strip()] or [""]
    tall = (rows * (HEIGHT // len(rows) + 1))[-HEIGHT:]
    wide = tuple((row + " " + row.strip() * (WIDTH // max(1, len(row.strip())) + 1))[:WIDTH] for row in tall)
    return Screen(dataclasses.replace(screen.pane, width=WIDTH, height=HEIGHT, cursor_y=HEIGHT - 1), wide, 0)


if __name__ == "__main__":
    main()
