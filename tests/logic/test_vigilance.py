"""The alarm when a new version of an agent is read with far less confidence."""

from outrider.logic.vigilance import Alarm, Vigilance
from outrider.model.state import Confidence, State, Verdict


def verdict(confidence: Confidence, state: State = State.WORKING, *, alive: bool = True) -> Verdict:
    return Verdict(state, alive, 0, confidence)


HIGH, LOW = verdict(Confidence.HIGH), verdict(Confidence.LOW)


def watched(watch: Vigilance, version: str | None, *, high: int, low: int, recorded: str = "1.0") -> list[Alarm]:
    """So many minutes of each, in turns."""
    told = []
    for said, minutes in ((HIGH, high), (LOW, low)):
        for _ in range(minutes * 120):
            alarm = watch.note("claude", version, recorded, said, 0.5)
            told += [alarm] if alarm is not None else []
    return told


def test_a_jump_after_the_version_changed_is_told_once() -> None:
    watch = Vigilance(180)
    assert watched(watch, "1.0", high=10, low=1) == []
    (alarm,) = watched(watch, "1.1", high=3, low=10)
    assert (alarm.kind, alarm.version, alarm.known, alarm.before) == ("claude", "1.1", "1.0", 0.091)
    assert alarm.share >= 0.29
    assert watched(watch, "1.1", high=0, low=10) == []


def test_no_alarm_without_a_change() -> None:
    assert watched(Vigilance(180), "1.0", high=1, low=10) == []


def test_no_alarm_where_it_was_no_better_before() -> None:
    watch = Vigilance(180)
    watched(watch, "1.0", high=5, low=5)
    assert watched(watch, "1.1", high=5, low=5) == []


def test_after_a_restart_the_recorded_version_is_the_measure() -> None:
    (alarm,) = watched(Vigilance(180), "1.1", high=1, low=5)
    assert (alarm.known, alarm.before) == ("1.0", 0.0)


def test_what_tells_nothing() -> None:
    watch = Vigilance(180)
    assert watched(watch, None, high=0, low=10) == []
    assert watched(watch, "1.1", high=0, low=2) == []
    for said in (verdict(Confidence.LOW, State.INITIALIZING), verdict(Confidence.LOW, alive=False)):
        assert all(watch.note("claude", "1.1", "1.0", said, 0.5) is None for _ in range(2000))
