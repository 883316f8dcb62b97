import asyncio
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest

from outrider.kinds.channels.folders import Folders, Inotify, Watched, open_folders

Open = Callable[[], Folders]


@pytest.fixture(params=[Inotify, Watched])
def opened(request: pytest.FixtureRequest) -> Open:
    return cast("Open", request.param)


@contextmanager
def following(opened: Open, *paths: Path) -> Iterator[Folders]:
    folders = opened()
    folders.watch(paths)
    try:
        yield folders
    finally:
        folders.close()
        folders.close()


async def tells(folders: Folders, path: Path) -> None:
    """Waits until that directory is told as changed."""
    async with asyncio.timeout(40):
        while path not in await folders.changed():
            pass


async def test_a_new_one_is_told_then_each_change_in_it(tmp_path: Path, opened: Open) -> None:
    with following(opened, tmp_path) as folders:
        await tells(folders, tmp_path)
        (tmp_path / "file").write_text("x")
        await tells(folders, tmp_path)
        (tmp_path / "file").rename(tmp_path / "other")
        await tells(folders, tmp_path)
        (tmp_path / "folder").mkdir()
        await tells(folders, tmp_path)


async def test_one_that_is_not_there_is_left_out_until_it_is(tmp_path: Path, opened: Open) -> None:
    later = tmp_path / "later"
    with following(opened, tmp_path, later) as folders:
        await tells(folders, tmp_path)
        later.mkdir()
        await tells(folders, tmp_path)
        folders.watch([tmp_path, later])
        await tells(folders, later)
        (later / "file").write_text("x")
        await tells(folders, later)


async def test_one_that_goes_and_comes_back_is_told(tmp_path: Path, opened: Open) -> None:
    place = tmp_path / "place"
    place.mkdir()
    with following(opened, tmp_path, place) as folders:
        await tells(folders, place)
        shutil.rmtree(place)
        await tells(folders, place)
        place.mkdir()
        await tells(folders, tmp_path)
        folders.watch([tmp_path, place])
        await tells(folders, place)
        (place / "file").write_text("x")
        await tells(folders, place)


async def test_following_nothing_waits_until_there_is_something(tmp_path: Path, opened: Open) -> None:
    with following(opened) as folders:
        waiting = asyncio.ensure_future(tells(folders, tmp_path))
        await asyncio.sleep(0.01)
        assert not waiting.done()
        folders.watch([tmp_path])
        await waiting


async def test_inotify_is_silent_about_what_is_followed_no_more_and_about_half_written_files(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    with following(Inotify, one, two) as folders:
        assert await folders.changed() == {one, two}
        folders.watch([two])
        (one / "file").write_text("x")
        with (two / "file").open("w") as half:
            half.write("x")
            half.flush()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(folders.changed(), 0.05)
        async with asyncio.timeout(40):
            assert await folders.changed() == {two}


async def test_the_same_directory_by_two_names_is_told_by_both(tmp_path: Path) -> None:
    one, link = tmp_path / "one", tmp_path / "link"
    one.mkdir()
    link.symlink_to(one)
    with following(Inotify, one, link) as folders:
        assert await folders.changed() == {one, link}
        folders.watch([link])
        (one / "file").write_text("x")
        async with asyncio.timeout(40):
            assert await folders.changed() == {link}


async def test_what_leaves_a_folder_is_told_where_that_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    (tmp_path / "b").touch()
    folders = open_folders(leaving=True)
    try:
        folders.watch([tmp_path])
        await tells(folders, tmp_path)
        for leave in (
            (tmp_path / "a").unlink,
            lambda: (tmp_path / "b").rename(tmp_path.parent / "b"),
            lambda: (tmp_path / "c").symlink_to(tmp_path.parent / "b"),
        ):
            leave()
            await tells(folders, tmp_path)
    finally:
        folders.close()
