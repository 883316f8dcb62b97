"""How right the rules are on the recorded screens: the numbers that must not fall."""

import dataclasses

import drawn
from outrider.kinds import cases
from outrider.kinds.load import catalogue
from outrider.logic.score import score

COARSE, EXACT = 0.985, 0.94


def shares(report: dict[str, object], kind: str) -> dict[str, float]:
    by_kind = report["by_kind"]
    assert isinstance(by_kind, dict)
    row = by_kind[kind]
    assert isinstance(row, dict)
    return row


def test_claude_without_its_channels() -> None:
    row = shares(score(cases.load(drawn.SCREENS), catalogue(None).by_name()), "claude")
    assert row["coarse"] >= COARSE, row
    assert row["exact"] >= EXACT, row


def test_claude_with_its_session_file() -> None:
    row = shares(score(cases.load(drawn.SCREENS), catalogue(None).by_name(), with_channels=True), "claude")
    assert row["coarse"] >= COARSE, row
    assert row["exact"] >= EXACT, row


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
