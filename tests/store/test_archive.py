"""Archived agents: kept for so long and so much, and nothing else in their folder is touched."""

import json
from pathlib import Path

from outrider.store import archive


def test_the_old_and_the_oldest_of_too_much_go(tmp_path: Path) -> None:
    folder = tmp_path / archive.FOLDER
    assert archive.prune(folder, before_ms=10**15, most=0) == 0
    for at_ms in (1000, 2000, 3000):
        put = archive.put(folder, "my-task", {"session": "my-task"}, ("row",) * 100, at_ms)
    assert json.loads((put / "agent.json").read_text())["session"] == "my-task"
    assert (put.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o700, 0o700)
    mine = folder / "notes-1500"
    mine.mkdir()
    (mine / "mine.txt").write_text("not Outrider's")
    (folder / "link-1").symlink_to(mine)
    assert archive.prune(folder, before_ms=1500, most=10**6) == 1
    size = sum(file.stat().st_size for file in put.iterdir())
    assert archive.prune(folder, before_ms=0, most=size) == 1
    assert sorted(each.name for each in folder.iterdir()) == ["link-1", "my-task-3000", "notes-1500"]
    assert (mine / "mine.txt").exists()


def test_a_session_that_is_named_like_a_path_is_archived_in_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / archive.FOLDER
    put = archive.put(folder, f"{tmp_path}/else/where", {}, (), 1000)
    assert put.parent == folder
    assert sorted(each.name for each in tmp_path.iterdir()) == [archive.FOLDER]
