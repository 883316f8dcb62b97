"""Whose a name and a database are: the next daemon of a directory has them at once, a copy of it or another one of that name has not."""

import shutil
from pathlib import Path

import pytest

from fleet.node import Node, eventually, node
from outrider.errors import Unavailable
from outrider.fleet import membership
from outrider.store import care
from outrider.store.directory import DATABASE
from outrider.store.site import site
from redis_server import RedisServer


def why(each: Node) -> str:
    return str(each.fleet.health().get("why", ""))


async def refused(each: Node, text: str) -> None:
    await eventually(lambda: text in why(each), f"{each.name} to be refused")


async def joins(each: Node) -> None:
    await eventually(lambda: each.fleet.health()["status"] == "ok", f"{each.name} to join")


async def test_a_second_daemon_of_a_name_or_of_a_database_is_refused_and_the_first_goes_on(
    redis: RedisServer, tmp_path: Path
) -> None:
    async with node("south", redis.url, tmp_path) as south:
        await south.tell(1)
    for name in ("south", "south-2"):  # as on machines that were cloned
        shutil.copytree(tmp_path / "south", tmp_path / "copies" / name)
    (tmp_path / "other").mkdir()
    async with node("north", redis.url, tmp_path) as north, node("south", redis.url, tmp_path) as south:
        await eventually(lambda: north.sees() == {"south": True}, "north to see south")
        async with (
            node("south", redis.url, tmp_path / "copies") as same,
            node("south-2", redis.url, tmp_path / "copies") as renamed,
            node("south", redis.url, tmp_path / "other") as other,
        ):
            for copy in (same, renamed):
                await refused(copy, "The daemon called 'south' (heard of")
                assert "has the same database: this data directory is a copy" in why(copy)
                assert "outrider db restore FILE" in why(copy)
            await refused(other, "Another daemon in this fleet is called 'south'")
            assert "--node NAME" in why(other)
            await south.outcome(await south.send("north", "from south"))
            await north.outcome(await north.send("south", "to south"))
            with pytest.raises(Unavailable, match=r"cannot be asked now\. The daemon called 'south'"):
                same.fleet._post.reachable("north")
            assert [south.typed, same.typed, renamed.typed, other.typed] == [["to south"], [], [], []]
            well = ({"south": True}, {"north": True}, "")
            await eventually(lambda: (north.sees(), south.sees(), why(south)) == well, "both to be well")


async def test_who_ended_has_its_name_again_at_once_also_elsewhere_and_with_a_backup(
    redis: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names are kept for ten minutes here: who had to wait for that would not be seen."""
    monkeypatch.setattr(membership, "NAME_S", 600)
    data = tmp_path / "south"
    async with node("south", redis.url, tmp_path) as south:
        await joins(south)
        first = south.store.incarnation
    care.backup(data / DATABASE, tmp_path / "kept")
    care.restore(tmp_path / "kept", data, now_ms=1)
    async with node("south", redis.url, tmp_path) as south:
        await joins(south)
        assert south.store.incarnation != first
    (tmp_path / "elsewhere").mkdir()
    data.rename(tmp_path / "elsewhere" / "moved")
    shutil.copytree(tmp_path / "elsewhere" / "moved", tmp_path / "elsewhere" / "south")
    async with node("south", redis.url, tmp_path / "elsewhere") as south:
        await joins(south)
        twice = south.store.incarnation
    data = tmp_path / "elsewhere" / "south"
    for key in (f"db:{twice}", "name:south"):  # as where it was killed, and had no time to leave it to anybody
        redis.ask("SET", f"outrider:{key}", site(data))
    care.restore(tmp_path / "kept", data, now_ms=2)
    async with node("south", redis.url, tmp_path / "elsewhere") as south:
        await joins(south)
