"""How right the rules are on the recorded screens: the numbers that must not fall."""

import dataclasses

import pytest

import drawn
from outrider.kinds.load import catalogue
from outrider.logic.score import compare, judged, run, score

# What was reached, less a small margin for the labels that can be argued about.
FLOORS = {
    "aider": (0.96, 0.90),
    "claude": (0.985, 0.945),
    "codex": (0.985, 0.88),
    "gemini": (0.985, 0.95),
    "opencode": (0.975, 0.94),
    "pi": (0.99, 0.97),
    "qwen": (0.99, 0.95),
}


def shares(report: dict[str, object], kind: str) -> dict[str, float]:
    by_kind = report["by_kind"]
    assert isinstance(by_kind, dict)
    row = by_kind[kind]
    assert isinstance(row, dict)
    return row


@pytest.mark.parametrize("kind", sorted(FLOORS))
@pytest.mark.parametrize("with_channels", [False, True])
def test_how_right_it_is(kind: str, with_channels: bool) -> None:
    chosen = [case for case in drawn.recorded().values() if case.kind == kind]
    row = shares(score(chosen, catalogue(None).by_name(), with_channels), kind)
    coarse, exact = FLOORS[kind]
    assert row["coarse"] >= coarse, row
    assert row["exact"] >= exact, row


def test_what_codex_announces_makes_nothing_worse() -> None:
    """31 screens were recorded together with what its output had said (`osc7501`)."""
    kinds = catalogue(None).by_name()
    heard = [case for case in drawn.recorded().values() if case.kind == "codex" and case.heard]
    assert len(heard) >= 30
    for case in heard:
        without, with_it = (
            judged(run(case, kinds["codex"], with_channels=each), case.accept) for each in (False, True)
        )
        assert with_it >= without, case.id


def test_programs_that_nobody_knows() -> None:
    """The recorded screens without what is known of their kinds: mostly right, and never sure where it is wrong."""
    cases = [dataclasses.replace(case, kind="generic") for case in drawn.recorded().values()]
    report = score(cases, catalogue(None).by_name())
    assert shares(report, "generic")["coarse"] >= 0.85, report["by_kind"]


def test_the_report_is_complete_and_says_what_missed() -> None:
    case = drawn.recorded()["cl80-perm-bash-waiting"]
    wrong = dataclasses.replace(case, state="idle", accept=("idle",))
    report = score([case, wrong], catalogue(None).by_name())
    assert set(report) == {"cases", "coarse", "exact", "by_kind", "confusion", "misses"}
    assert (report["cases"], report["coarse"], report["exact"]) == (2, 0.5, 0.5)
    assert report["confusion"] == {"waiting": {"waiting": 1}, "idle": {"waiting": 1}}
    assert report["misses"] == [
        {"id": case.id, "kind": "claude", "expected": "idle", "got": "waiting", "rule": "permission-command"}
    ]


def test_a_kind_without_rules_is_counted_all_the_same() -> None:
    case = dataclasses.replace(drawn.recorded()["cl80-fresh-idle"], kind="never-heard-of")
    assert shares(score([case], {}), "never-heard-of")["cases"] == 1


def test_two_rule_sets_side_by_side() -> None:
    cases = [drawn.recorded()[name] for name in ("cl80-perm-bash-waiting", "cl80-fresh-idle")]
    kinds = catalogue(None).by_name()
    without = dataclasses.replace(kinds["claude"], rules=kinds["claude"].rules[-4:])
    report = compare(cases, kinds, {**kinds, "claude": without})
    assert shares({"by_kind": {"now": report["now"]}}, "now")["coarse"] == 1
    (changed,) = [each for each in listed(report["changed"]) if each["id"] == "cl80-perm-bash-waiting"]
    assert (changed["expected"], changed["now"], changed["change"]) == ("waiting", "waiting", "better")
    (worse,) = [
        each["change"]
        for each in listed(compare(cases, {**kinds, "claude": without}, kinds)["changed"])
        if each["id"] == "cl80-perm-bash-waiting"
    ]
    assert worse == "worse"
    assert compare(cases, kinds, kinds)["changed"] == []


def listed(found: object) -> list[dict[str, object]]:
    assert isinstance(found, list)
    return found
