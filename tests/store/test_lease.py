"""One daemon per data directory."""

import subprocess
import sys
from pathlib import Path

import pytest

from outrider.errors import Conflict, StoreError
from outrider.store import Lease

_HOLDER = """
import sys, time
from pathlib import Path
from outrider.store.lease import Lease
lease = Lease.acquire(Path(sys.argv[1]), "the data directory")
lease.announce("http://127.0.0.1:3848")
print("held", flush=True)
time.sleep(600)
"""


def test_the_second_is_told_who_has_it_and_a_killed_holder_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "outrider.lock"
    with subprocess.Popen([sys.executable, "-c", _HOLDER, str(path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(Conflict, match=rf"has the data directory: process {holder.pid} at http://127.0.0.1:3848\."):
            Lease.acquire(path, "the data directory")
        holder.kill()
    Lease.acquire(path, "the data directory").release()


def test_released_it_is_free_for_the_next(tmp_path: Path) -> None:
    path = tmp_path / "outrider.lock"
    first = Lease.acquire(path, "it")
    with pytest.raises(Conflict):
        Lease.acquire(path, "it")
    first.release()
    first.release()
    Lease.acquire(path, "it").release()
    assert path.exists()


def test_where_no_lock_can_be_made_a_sentence_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="No such file or directory"):
        Lease.acquire(tmp_path / "missing" / "outrider.lock", "it")
