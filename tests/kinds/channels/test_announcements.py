"""What Codex (0.169.0) said of itself in its raw output: a sitting with an approval, an interruption and a failure, as recorded."""

import base64
from pathlib import Path

import pytest

from outrider.kinds.channels.announcements import LONGEST, Announcements, Report, its_own, word
from outrider.model.kind import Announces
from outrider.model.state import Source, State

RECORDED = Path(__file__).parent / "recorded" / "codex" / "output.bin"
CODEX = Announces(7501, "codex")
SITTING = ["idle", "working", "blocked", "working", "done", "idle", "working", "idle", "working", "error", "idle"]


def states(*pieces: bytes) -> list[str]:
    ears = Announcements(7501)
    return [report.state for piece in pieces for report in ears.feed(piece)]


def only(body: bytes, end: bytes = b"\x1b\\") -> list[Report]:
    return Announcements(7501).feed(b"\x1b]7501;" + body + end)


def test_the_whole_sitting() -> None:
    reports = Announcements(7501).feed(RECORDED.read_bytes())
    assert [report.state for report in reports] == [*SITTING, "clear"]
    assert all(its_own(CODEX, report) for report in reports)
    assert [report.kind for report in reports if report.state == "blocked"] == ["permission"]


def test_however_the_bytes_come() -> None:
    data = RECORDED.read_bytes()
    assert states(*(data[at : at + 1] for at in range(len(data)))) == [*SITTING, "clear"]
    at = data.index(b"\x1b]7501;state=blocked")
    for cut in range(at - 2, at + 60):
        assert states(data[:cut], data[cut:]) == [*SITTING, "clear"], cut


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"state=done", [Report("done")]),
        (b"app=codex:state=blocked:kind=question", [Report("blocked", "codex", "question")]),
        (b"state=working:state=idle", [Report("idle")]),
        (b"state=idle:???:progress=4", [Report("idle")]),
        (b"state=blocked:msg=" + base64.b64encode("Läuft?".encode()), [Report("blocked", message="Läuft?")]),
        (b"state=blocked:msg=" + base64.b64encode(b"a\nb"), []),
        (b"state=blocked:msg=a", []),
        (b"state=working:id=sub/agent", []),
        (b"app=codex", []),
        (b"?", []),
        (b"", []),
    ],
)
@pytest.mark.parametrize("end", [b"\x07", b"\x1b\\"])
def test_what_a_report_may_look_like(body: bytes, found: list[Report], end: bytes) -> None:
    assert only(body, end) == found


def test_a_sequence_that_is_broken_off_or_too_long_is_none_and_hides_no_other() -> None:
    good = b"\x1b]7501;state=done\x07"
    for broken in (b"\x1b]7501;state=idle\x1b[0m", b"\x1b]7501;state=idle\x18", b"\x1b]7501;state=idle" + good[:7]):
        assert states(broken, good) == ["done"]
    long = b"\x1b]7501;state=idle:title=" + b"a" * LONGEST
    assert states(long, b"\x07", good) == ["done"]
    ears = Announcements(7501)
    for _ in range(1000):
        ears.feed(b"\x1b]7501;" + b"x" * 1000)
        assert len(ears._kept) <= LONGEST + 8, "what nobody ends is not kept"


def test_it_is_of_the_kinds_own_program_and_becomes_its_word() -> None:
    said = word(CODEX, Report("blocked", "codex", "permission"), 7)
    assert said is not None
    assert (said.source, said.state, said.rule, said.at_ms) == (
        Source.ANNOUNCEMENT,
        State.WAITING,
        "announcement:blocked",
        7,
    )
    assert said.detail.reason == "permission"
    assert word(CODEX, Report("clear"), 7) is None
    assert not its_own(CODEX, Report("working", "cargo"))
    assert not its_own(CODEX, Report("working"))
    assert its_own(CODEX, Report("clear"))
