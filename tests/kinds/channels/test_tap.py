"""A real named pipe with a real `dd` behind it, as tmux would start it."""

import asyncio
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from outrider.kinds.channels.tap import SIZE, Tap


class Ear:
    """What was heard, and how it was lost."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.lost: list[bool] = []

    async def until(self, size: int) -> None:
        async with asyncio.timeout(40):
            while len(self.data) < size:
                await asyncio.sleep(0.01)

    async def gone(self) -> bool:
        async with asyncio.timeout(40):
            while not self.lost:
                await asyncio.sleep(0.01)
        return self.lost[0]


@contextmanager
def reader(tap: Tap) -> Iterator[subprocess.Popen[bytes]]:
    """What tmux starts; its standard input is what a pane writes."""
    with subprocess.Popen(["/bin/sh", "-c", tap.line], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


def write(process: subprocess.Popen[bytes], data: bytes) -> None:
    assert process.stdin is not None
    os.write(process.stdin.fileno(), data)


@pytest.fixture(params=["pipe", "a 'quoted' #{pipe} at 100%"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / str(request.param)


async def test_what_is_written_is_heard_and_what_is_closed_leaves_nothing(path: Path) -> None:
    ear = Ear()
    tap = Tap.open(path, ear.data.extend, ear.lost.append)
    assert not tap.written()
    tap.listen()
    with reader(tap) as dd:
        write(dd, b"one")
        await ear.until(3)
        write(dd, b"two")
        await ear.until(6)
        assert tap.written()
        tap.close()
        tap.close()
        assert not path.exists()
        write(dd, b"three")
        assert await asyncio.to_thread(dd.wait, 20) != 0, "nobody reads: it ends"
    assert (bytes(ear.data), ear.lost) == (b"onetwo", [])


async def test_where_nobody_reads_in_time_its_writer_ends_and_blocks_nobody(path: Path) -> None:
    ear = Ear()
    tap = Tap.open(path, ear.data.extend, ear.lost.append)
    with reader(tap) as dd:
        write(dd, b"x")
        while not tap.written():
            await asyncio.sleep(0.01)
        taken = 0

        def flood() -> None:
            nonlocal taken
            try:
                while True:
                    write(dd, b"y" * 4096)
                    taken += 4096
            except BrokenPipeError:
                return

        thread = threading.Thread(target=flood)  # this process, as it hangs
        thread.start()
        await asyncio.to_thread(thread.join, 20)
        assert not thread.is_alive(), "who writes into it is let go"
        assert taken <= 8 * SIZE
        tap.listen()
        assert await ear.gone(), "it is known that there was too much"
        assert not path.exists()


async def test_another_run_takes_up_what_the_last_one_left(path: Path) -> None:
    first, second = Ear(), Ear()
    tap = Tap.open(path, first.data.extend, first.lost.append)
    tap.listen()
    with reader(tap) as dd:
        write(dd, b"one")
        await first.until(3)
        again = Tap.open(path, second.data.extend, second.lost.append)
        asyncio.get_running_loop().remove_reader(tap._handle)
        os.close(tap._handle)  # as if killed
        assert again.written()
        again.listen()
        write(dd, b"two")
        await second.until(3)
        dd.kill()
        assert await second.gone() is False
    assert bytes(second.data) == b"two"


async def test_what_is_no_pipe_is_left_alone_and_nothing_is_made_where_none_is(path: Path) -> None:
    path.write_text("mine")
    with pytest.raises(FileExistsError):
        Tap.open(path, lambda _: None, lambda _: None)
    assert path.read_text() == "mine"
    path.unlink()
    tap = Tap.open(path, lambda _: None, lambda _: None)
    tap.close()
    with reader(tap) as dd:
        assert await asyncio.to_thread(dd.wait, 20) != 0
    assert not path.exists()
