"""The data directory belongs to one user alone."""

import os
import stat
from pathlib import Path

import pytest

from outrider.errors import StoreError
from outrider.store import check_directory


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_it_is_made_and_closed_to_others(tmp_path: Path) -> None:
    check_directory(tmp_path / "a" / "b")
    assert _mode(tmp_path / "a" / "b") == 0o700


@pytest.mark.parametrize("names", [(), ("outrider.db", "outrider.lock")])
def test_one_of_ours_that_is_open_is_closed(names: tuple[str, ...], tmp_path: Path) -> None:
    for name in names:
        (tmp_path / name).touch()
    tmp_path.chmod(0o755)
    check_directory(tmp_path)
    assert _mode(tmp_path) == 0o700


def test_an_open_one_with_other_files_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    tmp_path.chmod(0o755)
    with pytest.raises(StoreError, match="holds other files"):
        check_directory(tmp_path)
    assert _mode(tmp_path) == 0o755


def test_that_of_another_user_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=f"{tmp_path} belongs to user {os.geteuid()}, not to 4711"):
        check_directory(tmp_path, uid=4711)


def test_a_file_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    with pytest.raises(StoreError, match="cannot be made: File exists"):
        check_directory(tmp_path / "data")
