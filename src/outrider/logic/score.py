"""How right the rules are: recorded cases, run through the tracker as a live agent would be, against their labels.

A case is judged by its last frame. Coarse is right where the class of the state is that of any accepted label, exact where the
state itself is accepted; `exited` means that the agent is not alive.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from outrider.logic.tracker import Tracker
from outrider.model.kind import Kind, LaunchSpec
from outrider.model.pane import Screen
from outrider.model.state import COARSE, Coarse, Reading, State, Verdict

EXITED = "exited"
GENERIC = "generic"
BARE = Kind(name=GENERIC, label="Unknown", origin="", launch=LaunchSpec(argv=()))


@dataclass(frozen=True, slots=True)
class Case:
    """One labelled recording: its screens in the order of time, and what the agent's own channels said (`heard`)."""

    id: str
    kind: str
    state: str
    accept: tuple[str, ...]
    frames: tuple[Screen, ...]
    heard: tuple[Reading, ...] = ()


def score(cases: Iterable[Case], kinds: Mapping[str, Kind], with_channels: bool = False) -> dict[str, object]:
    """The report, JSON-shaped: `cases`, `coarse`, `exact` (shares from 0 to 1), `by_kind`, `confusion`, `misses`.

    A case of a kind that is not among `kinds` is judged by `generic`, or by its movement alone.
    """
    tally: dict[str, Counter[str]] = defaultdict(Counter)
    confusion: dict[str, Counter[str]] = defaultdict(Counter)
    misses: list[dict[str, object]] = []
    for case in cases:
        said = _said(case, kinds, with_channels)
        got, (coarse, exact) = said.got, said.right
        tally[case.kind].update({"cases": 1, "coarse": int(coarse), "exact": int(exact)})
        confusion[case.state][got] += 1
        if not exact:
            misses.append({"id": case.id, "kind": case.kind, "expected": case.state, "got": got, "rule": said.rule})
    total: Counter[str] = sum(tally.values(), Counter())
    return {
        **_shares(total),
        "by_kind": {name: _shares(counts) for name, counts in sorted(tally.items())},
        "confusion": {expected: dict(got) for expected, got in sorted(confusion.items())},
        "misses": misses,
    }


def compare(
    cases: Iterable[Case], kinds: Mapping[str, Kind], others: Mapping[str, Kind], with_channels: bool = False
) -> dict[str, object]:
    """Two rule sets on the same cases, JSON-shaped: `now` and `against` are reports, `changed` the cases judged differently.

    Each of those has `id`, `kind`, `expected`, what each set said (`now`, `against`) and `change`: `better`, `worse` or `other`.
    """
    cases = tuple(cases)
    changed: list[dict[str, object]] = []
    for case in cases:
        mine, theirs = (_said(case, each, with_channels) for each in (kinds, others))
        if mine.got != theirs.got:
            change = "other" if mine.right == theirs.right else "better" if mine.right > theirs.right else "worse"
            said = {"now": mine.got, "against": theirs.got, "change": change}
            changed.append({"id": case.id, "kind": case.kind, "expected": case.state, **said})
    return {
        "now": score(cases, kinds, with_channels),
        "against": score(cases, others, with_channels),
        "changed": changed,
    }


@dataclass(frozen=True, slots=True)
class _Said:
    """What a rule set made of a case, and how right that is: by class, then exactly."""

    got: str
    right: tuple[bool, bool]
    rule: str


def _said(case: Case, kinds: Mapping[str, Kind], with_channels: bool) -> _Said:
    verdict = run(case, kinds.get(case.kind) or kinds.get(GENERIC) or BARE, with_channels=with_channels)
    got = verdict.state.value if verdict.alive else EXITED
    return _Said(got, judged(verdict, case.accept), verdict.evidence[0].rule if verdict.evidence else "")


def run(case: Case, kind: Kind, *, with_channels: bool) -> Verdict:
    """The tracker's verdict after the last frame of a case."""
    first = case.frames[0].taken_ms
    tracker = Tracker(kind, born_ms=first, spawned=False)
    if with_channels:
        for reading in case.heard:
            tracker.hear(reading)
    verdict = tracker.verdict(first)
    for n, frame in enumerate(case.frames):
        tracker.pane(frame.pane, frame.taken_ms)
        if n and frame.rows == case.frames[n - 1].rows:
            tracker.still(frame.taken_ms)
        else:
            tracker.screen(frame)
        verdict = tracker.verdict(frame.taken_ms)
    return verdict


def judged(verdict: Verdict, accept: Iterable[str]) -> tuple[bool, bool]:
    """Whether a verdict is right by class, and exactly."""
    labels = set(accept)
    state = verdict.state.value if verdict.alive else EXITED
    got = COARSE[verdict.state] if verdict.alive else Coarse.GONE
    return got in {_class(label) for label in labels}, state in labels


def _class(label: str) -> Coarse:
    return Coarse.GONE if label == EXITED else COARSE[State(label)]


def _shares(counts: Mapping[str, int]) -> dict[str, object]:
    n = counts.get("cases", 0)
    share = {key: round(counts.get(key, 0) / n, 4) if n else 0.0 for key in ("coarse", "exact")}
    return {"cases": n, **share}
