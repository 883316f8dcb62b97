"""How right the rules are on recorded screens, per kind, with a confusion table.

    python bench/accuracy.py [DIR] [--channels] [--misses]

DIR is a folder of cases with an index.jsonl; without one, tests/screens.
"""

import dataclasses
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from outrider.kinds import cases
from outrider.kinds.load import catalogue
from outrider.logic import detect
from outrider.logic.score import EXITED, GENERIC, Case, score
from outrider.model.kind import Kind
from outrider.model.state import COARSE, Coarse, State

HERE = Path(__file__).resolve().parent


def main(argv: list[str]) -> None:
    words = [word for word in argv if not word.startswith("--")]
    folder = Path(words[0]) if words else HERE.parent / "tests" / "screens"
    kinds = catalogue(None)
    loaded = cases.load(folder)
    report = score(loaded, kinds.by_name(), "--channels" in argv)
    by_kind = report["by_kind"]
    assert isinstance(by_kind, dict)
    print(f"{'kind':<12}{'cases':>6}{'coarse':>9}{'exact':>9}")
    for name, row in [*by_kind.items(), ("all", report)]:
        print(f"{name:<12}{row['cases']:>6}{row['coarse']:>9.1%}{row['exact']:>9.1%}")
    unknown = score(as_generic(loaded), kinds.by_name())
    print(f"{'as generic':<12}{unknown['cases']:>6}{unknown['coarse']:>9.1%}{unknown['exact']:>9.1%}")
    confusion = report["confusion"]
    assert isinstance(confusion, dict)
    columns = sorted({got for row in confusion.values() for got in row})
    print("\nexpected \\ got".ljust(16) + "".join(f"{name[:9]:>10}" for name in columns))
    for expected, row in confusion.items():
        print(f"{expected:<15}" + "".join(f"{row.get(name, '') or '·':>10}" for name in columns))
    if "--misses" in argv:
        misses = report["misses"]
        assert isinstance(misses, list)
        for miss in misses:
            mark = " " if coarse_of(miss["expected"]) is coarse_of(miss["got"]) else "!"
            print(
                f"{mark} {miss['kind']:<9} {miss['id']:<44} {miss['expected']:<13} got {miss['got']:<13} {miss['rule']}"
            )
    print(f"\ndetect: {speed(loaded, kinds.by_name()):.3f} ms a screen")


def as_generic(loaded: tuple[Case, ...]) -> list[Case]:
    """The same cases as those of programs that nobody knows."""
    return [dataclasses.replace(case, kind=GENERIC) for case in loaded]


def coarse_of(label: str) -> Coarse:
    """The class of a label; `exited` is gone."""
    return Coarse.GONE if label == EXITED else COARSE[State(label)]


def speed(loaded: tuple[Case, ...], kinds: Mapping[str, Kind]) -> float:
    """Milliseconds that the rules of its kind take on a screen, on average."""
    screens = [(kinds[case.kind], frame) for case in loaded if case.kind in kinds for frame in case.frames]
    began = time.perf_counter()
    for kind, screen in screens:
        detect.read(kind, screen)
    return (time.perf_counter() - began) * 1000 / max(1, len(screens))


if __name__ == "__main__":
    main(sys.argv[1:])
