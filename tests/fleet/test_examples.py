"""The examples of programs that read a fleet's events, each as its user would run it, on a real Redis."""

import asyncio
import json
import shutil
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from e2e.real.install import NotInstalled, modules
from fleet.node import eventually, node
from redis_server import RedisServer

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def command(language: str, place: Path) -> list[str]:
    """What runs the example, in a folder where Node finds what it imports; skips where that cannot be."""
    if language == "python":
        return [sys.executable, str(EXAMPLES / "consumer.py")]
    program = shutil.which("node")
    if program is None:
        pytest.skip("node is not installed")
    try:
        place.joinpath("node_modules").symlink_to(modules(EXAMPLES))
    except NotInstalled as error:
        pytest.skip(f"Node's client of Redis cannot be installed: {error}")
    return [program, str(shutil.copy(EXAMPLES / "consumer.mjs", place))]


@asynccontextmanager
async def running(argv: Sequence[str]) -> AsyncIterator[asyncio.StreamReader]:
    """What it prints; it is killed at the end."""
    process = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        yield process.stdout
    finally:
        process.kill()
        await process.communicate()  # to the end of its output, or the pipe would outlive the loop


async def progress(lines: asyncio.StreamReader, count: int) -> list[int]:
    """What the next events say."""
    async with asyncio.timeout(40):
        return [json.loads(await lines.readline())["progress"] for _ in range(count)]


@pytest.mark.parametrize("language", ["python", "node"])
async def test_each_event_is_read_once_by_a_group_and_again_where_its_reader_died(
    redis: RedisServer, tmp_path: Path, language: str
) -> None:
    argv = command(language, tmp_path)
    async with node("north", redis.url, tmp_path) as north:
        argv += ["--redis", redis.url, "--group", "bots", "--key-file", str(tmp_path / "north" / "fleet.key")]
        feed = f"outrider:ev:north:{north.store.incarnation}"
        await north.tell(10, 20)
        await eventually(lambda: redis.ask("XLEN", feed) == 2, "two events to be told")
        async with running(argv) as lines:
            assert await progress(lines, 2) == [10, 20]
            await north.tell(30)
            assert await progress(lines, 1) == [30]
            await eventually(lambda: redis.ask("XPENDING", feed, "bots")["pending"] == 0, "it to have done with them")  # type: ignore[index]
        await north.tell(40)
        await eventually(lambda: redis.ask("XLEN", feed) == 4, "the fourth to be told")
        redis.ask("XREADGROUP", "GROUP", "bots", "one", "STREAMS", feed, ">")  # a reader of that name has it, and dies
        await north.tell(50)
        async with running(argv) as lines:
            assert await progress(lines, 2) == [40, 50]
