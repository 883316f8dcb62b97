import asyncio
import json
import os
import subprocess
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import cast

import pytest

from outrider.errors import InvalidInput, Unavailable
from outrider.kinds.channels import hook_line
from outrider.kinds.channels.folders import Folders, Inotify, Watched
from outrider.kinds.channels.spool import BAD, LARGEST, Spool
from outrider.model.hook import HookEvent

ONE, TWO = "1a" * 8, "2b" * 8
Batches = AsyncGenerator[tuple[HookEvent, ...], None]


@pytest.fixture(params=[Inotify, Watched])
def folders(request: pytest.FixtureRequest) -> Callable[[], Folders]:
    return cast("Callable[[], Folders]", request.param)


def call(folder: Path, **payload: object) -> None:
    """A hook call as an agent makes it."""
    data = json.dumps({"hook_event_name": "Stop", **payload}).encode()
    subprocess.run(["/bin/sh", "-c", hook_line.command(folder)], input=data, check=True, timeout=60)


def put(folder: Path, name: str, at_ns: int = 0, **payload: object) -> Path:
    """A hook call that was left there at that time."""
    path = folder / name
    path.write_text(json.dumps({"hook_event_name": "Stop", **payload}))
    os.utime(path, ns=(at_ns, at_ns))
    return path


async def take(batches: Batches, number: int) -> list[HookEvent]:
    """The next events, exactly so many."""
    events: list[HookEvent] = []
    async with asyncio.timeout(40):
        while len(events) < number:
            events += await anext(batches)
    assert len(events) == number
    return events


def numbers(events: list[HookEvent]) -> list[object]:
    return [event.payload["n"] for event in events]


async def test_what_came_while_the_daemon_was_away_comes_first_and_in_order(tmp_path: Path) -> None:
    before = Spool(tmp_path / "spool")
    one, two = before.prepare(ONE), before.prepare(TWO)
    put(one, "900.0.json", 5_000_000, n=3)
    put(two, "1000.0.json", 5_000_000, n=4)
    put(one, "1001.0.json", 5_000_000, n=5)
    put(two, "9.0.json", 1_000_000, n=1)
    put(one, "8.10.json", 2_000_000, n=2)
    put(one, "900.1.json", 6_000_001, n=6)
    async with aclosing(Spool(tmp_path / "spool").batches()) as batches:
        events = await take(batches, 6)
        assert numbers(events) == [1, 2, 3, 4, 5, 6]
        assert [event.at_ms for event in events] == [1, 2, 5, 5, 5, 6]
        assert [event.generation for event in events] == [TWO, ONE, ONE, TWO, ONE, ONE]
        call(one, n=7)
        assert numbers(await take(batches, 1)) == [7]


async def test_calls_arrive_while_it_runs_also_of_new_spawns(tmp_path: Path, folders: Callable[[], Folders]) -> None:
    spool = Spool(tmp_path / "not" / "yet" / "there", folders=folders)
    async with aclosing(spool.batches()) as batches:
        first = asyncio.ensure_future(take(batches, 1))
        await asyncio.sleep(0)
        one = spool.prepare(ONE)
        call(one, n=1)
        assert numbers(await first) == [1]
        two = spool.prepare(TWO)
        call(two, n=2)
        call(one, n=3)
        assert sorted(map(str, numbers(await take(batches, 2)))) == ["2", "3"]


async def test_an_event_is_told_once_and_again_after_a_restart_until_it_is_discarded(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    one = spool.prepare(ONE)
    call(one, n=1)
    async with aclosing(spool.batches()) as batches:
        first = await take(batches, 1)
        call(one, n=2)
        second = await take(batches, 1)
        assert numbers(second) == [2]
        spool.discard(second)
    async with aclosing(Spool(tmp_path).batches()) as batches:
        again = await take(batches, 1)
        assert again == first
        spool.discard(again)
        spool.discard(again)
    assert list(one.iterdir()) == []


async def test_a_consumer_that_is_taken_away_again_and_again_loses_nothing(tmp_path: Path) -> None:
    one = Spool(tmp_path).prepare(ONE)
    durable: dict[str, object] = {}

    async def consume(until: int) -> None:
        """Takes in what comes; goes before it has discarded its last."""
        spool = Spool(tmp_path)
        async with aclosing(spool.batches()) as batches:
            async for events in batches:
                for event in events:
                    durable[event.id] = event.payload["n"]
                    if len(durable) >= until:
                        return
                    spool.discard([event])

    async def produce() -> None:
        for n in range(60):
            await asyncio.to_thread(call, one, n=n)

    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        group.create_task(produce())
        for until in range(4, 61, 4):
            await consume(until)
    assert list(durable.values()) == list(range(60))


async def test_the_generation_is_the_directorys_whatever_the_call_says(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    call(spool.prepare(ONE), generation=TWO)
    async with aclosing(spool.batches()) as batches:
        (event,) = await take(batches, 1)
    assert event.generation == ONE


async def test_what_is_no_event_is_set_aside_and_the_rest_goes_on(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    one = spool.prepare(ONE)
    (one / "1.0.json").write_text('{"hook_event_name":')
    (one / "2.0.json").write_bytes(b"\xff\xfe\x00")
    (one / "3.0.json").write_text('["Stop"]')
    (one / "4.0.json").write_text('{"hook_event_name": 4}')
    (one / "5.0.json").write_text('{"hook_event_name": "Stop", "x": "' + "x" * LARGEST + '"}')
    (one / "6.0.json").write_text("[" * 100_000)
    (one / "7.0.json").symlink_to("/etc/passwd")
    os.mkfifo(one / "8.0.json")
    (one / "9.0.json").mkdir()
    (one / "foreign.txt").write_text("x")
    (one / "10.0.tmp").write_text("half written")
    (tmp_path / "stranger").mkdir()
    (tmp_path / "file").write_text("x")
    put(one, "11.0.json", n=1)
    async with aclosing(spool.batches()) as batches:
        assert numbers(await take(batches, 1)) == [1]
        call(one, n=2)
        assert numbers(await take(batches, 1)) == [2]
    assert len(list((tmp_path / BAD).iterdir())) == 10
    assert sorted(path.name for path in one.iterdir() if path.suffix == ".tmp" or path.name.startswith("11.")) == [
        "10.0.tmp",
        "11.0.json",
    ]
    async with aclosing(Spool(tmp_path).batches()) as batches:
        assert sorted(map(str, numbers(await take(batches, 2)))) == ["1", "2"]


async def test_files_set_aside_are_bounded(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    one = spool.prepare(ONE)
    for number in range(150):
        (one / f"{number}.0.json").write_text("{")
    put(one, "999.0.json", n=1)
    async with aclosing(spool.batches()) as batches:
        await take(batches, 1)
    assert len(list((tmp_path / BAD).iterdir())) == 100
    assert [path.name for path in one.iterdir()] == ["999.0.json"]


async def test_the_spool_survives_that_its_directories_vanish(tmp_path: Path, folders: Callable[[], Folders]) -> None:
    spool = Spool(tmp_path / "a" / "spool", folders=folders)
    call(spool.prepare(ONE), n=1)
    async with aclosing(spool.batches()) as batches:
        await take(batches, 1)
        next_ones = asyncio.ensure_future(take(batches, 1))
        spool.drop(ONE)
        spool.drop(ONE)
        await asyncio.sleep(0.01)
        subprocess.run(["rm", "-rf", str(tmp_path / "a")], check=True)
        async with asyncio.timeout(40):
            while not (tmp_path / "a" / "spool").exists():
                await asyncio.sleep(0.01)
        call(spool.prepare(ONE), n=2)
        assert numbers(await next_ones) == [2]


async def test_many_calls_at_once_are_all_told(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    one = spool.prepare(ONE)
    for number in range(1000):
        put(one, f"{number}.0.json", number, n=number)
    async with aclosing(spool.batches()) as batches:
        assert numbers(await take(batches, 1000)) == list(range(1000))


async def test_a_dropped_spawn_is_forgotten(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    call(spool.prepare(ONE))
    call(spool.prepare(TWO), n=2)
    spool.drop(ONE)
    async with aclosing(spool.batches()) as batches:
        assert numbers(await take(batches, 1)) == [2]
    assert not (tmp_path / ONE).exists()


def test_directories_are_for_the_user_alone(tmp_path: Path) -> None:
    open_one = tmp_path / "open"
    open_one.mkdir(mode=0o755)
    open_one.chmod(0o755)
    folder = Spool(open_one / "a" / "b").prepare(ONE)
    assert [path.stat().st_mode & 0o777 for path in (folder, folder.parent, folder.parent.parent)] == [0o700] * 3
    assert open_one.stat().st_mode & 0o777 == 0o755
    assert Spool(open_one).prepare(ONE).parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("generation", ["", "..", "bad", "a/b", "1A" * 8, "x" * 16, "a" * 65, "/tmp/" + "a" * 16])
def test_what_is_no_generation_makes_and_removes_nothing(tmp_path: Path, generation: str) -> None:
    spool = Spool(tmp_path / "spool")
    (tmp_path / "spool").mkdir()
    for act in (spool.prepare, spool.drop):
        with pytest.raises(InvalidInput):
            act(generation)
    assert list((tmp_path / "spool").iterdir()) == []


def test_a_spool_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "file").write_text("")
    for root in (tmp_path / "link", tmp_path / "file"):
        with pytest.raises(Unavailable, match=str(root)):
            Spool(root).prepare(ONE)


def test_discarding_removes_nothing_but_calls(tmp_path: Path) -> None:
    precious = tmp_path / "precious.json"
    precious.write_text("x")
    for wrong in ("../precious.json", f"{ONE}/../precious.json", "precious.json", ""):
        Spool(tmp_path / "spool").discard([HookEvent(wrong, ONE, "Stop", 1, {})])
    assert precious.exists()
