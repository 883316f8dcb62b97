"""Recordings as files: readable at any time, also after a daemon's sudden end, and gone only when that is asked for."""

import subprocess
import sys
from pathlib import Path

import pytest

from outrider.errors import NoSuchThing
from outrider.logic.asciicast import CUT, Cast
from outrider.model.recording import Recording
from outrider.store.recordings import Recordings, Tape


def taped(shelf: Recordings, agent: str, begun_ms: int, session: str = "fix", *, cut: str = "") -> Tape:
    """A recording of two seconds."""
    cast, tape = Cast(begun_ms), shelf.begin(agent, begun_ms)
    tape.write(cast.header(80, 24, session) + cast.output(b"hello", begun_ms + 2000))
    if cut:
        tape.write(cast.marker(CUT + cut, begun_ms + 2500))
    return tape


def test_they_are_listed_newest_first_with_what_is_in_them(tmp_path: Path) -> None:
    shelf = Recordings(tmp_path / "recordings")
    assert shelf.listed() == []
    taped(shelf, "a1b2c3d4e5", 1000).close()
    taped(shelf, "a1b2c3d4e5", 2000, cut="the limit of 1 MB is reached").close()
    taped(shelf, "ffff", 3000, session="other").close()
    first, *_ = found = shelf.listed("fix")
    assert [each.id for each in found] == ["a1b2c3d4-2000", "a1b2c3d4-1000"]
    assert (first.session, first.width, first.height, first.duration_s) == ("fix", 80, 24, 2.5)
    assert (first.cut, found[1].cut, found[1].duration_s) == ("the limit of 1 MB is reached", "", 2.0)
    assert {each.session for each in shelf.listed()} == {"fix", "other"}
    path = shelf.path(first.id)
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert path.stat().st_size == first.size


def test_a_line_that_was_not_written_to_its_end_is_not_given_out(tmp_path: Path) -> None:
    shelf = Recordings(tmp_path)
    tape = taped(shelf, "a", 1000)
    whole = tape.path.read_bytes()
    with tape.path.open("ab") as file:
        file.write(b'[9.0, "o", "half')
    assert b"".join(shelf.read("a-1000")) == whole
    assert shelf.find("a-1000").duration_s == 2.0
    tape.path.write_bytes(b"x" * 200_000)
    assert list(shelf.read("a-1000")) == []
    assert shelf.listed() == []
    with pytest.raises(NoSuchThing, match="cannot be read"):
        shelf.find("a-1000")


def test_a_tape_without_a_line_is_no_recording_and_a_closed_one_takes_nothing(tmp_path: Path) -> None:
    shelf = Recordings(tmp_path)
    shelf.begin("a", 1).close()
    assert list(tmp_path.iterdir()) == []
    tape = taped(shelf, "a", 2)
    tape.close()
    tape.close()
    tape.write("late")
    assert "late" not in tape.path.read_text()


@pytest.mark.parametrize("name", ["", "..", "../outrider-1", "a-1000/../a-1000", "a-1000.cast", "none-1"])
def test_no_name_leads_out_of_the_folder(name: str, tmp_path: Path) -> None:
    shelf = Recordings(tmp_path / "recordings")
    taped(shelf, "a", 1000).close()
    (tmp_path / "outrider-1.cast").write_text("secret")
    with pytest.raises(NoSuchThing, match="no recording"):
        shelf.path(name)
    shelf.remove("a-1000")
    with pytest.raises(NoSuchThing):
        next(shelf.read("a-1000"))


_LIMITED = """
import resource, sys
from pathlib import Path
from outrider.store.recordings import Recordings

tape = Recordings(Path(sys.argv[1])).begin("a", 1)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
tape.write("first\\n")
try:
    tape.write("x" * 2000 + "\\n")
except OSError as error:
    print(error.strerror)
tape.write("last\\n")
"""


def test_what_a_full_disk_took_half_of_is_taken_back(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", _LIMITED, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout == "File too large\n"
    assert (tmp_path / "a-1.cast").read_text() == "first\nlast\n"


def test_the_old_and_the_oldest_of_too_much_go_but_none_that_is_made(tmp_path: Path) -> None:
    shelf = Recordings(tmp_path)
    for begun_ms in (1000, 2000, 3000):
        taped(shelf, "a", begun_ms).close()
    live = taped(shelf, "b", 500)
    assert shelf.prune(frozenset({"b-500"}), before_ms=1500, most=10**6) == 1
    size = shelf.find("a-3000").size
    assert shelf.prune(frozenset({"b-500"}), before_ms=0, most=2 * size) == 1
    assert [each.id for each in shelf.listed()] == ["a-3000", "b-500"]
    live.close()


class Shared(Recordings):
    """One of whose recordings somebody else takes away while it is looked which are too old."""

    def listed(self, session: str | None = None) -> list[Recording]:
        found = super().listed(session)
        self.path(found[0].id).unlink()
        return found


def test_a_recording_that_somebody_takes_away_meanwhile_stops_nothing(tmp_path: Path) -> None:
    shelf = Shared(tmp_path)
    for begun_ms in (1000, 2000):
        taped(shelf, "a", begun_ms).close()
    shelf.prune(frozenset(), before_ms=10**15, most=0)
    assert list(tmp_path.iterdir()) == []
