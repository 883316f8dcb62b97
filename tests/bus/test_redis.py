"""What is said of a Redis that cannot be used, by real ones: which it is, and what would be right."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from e2e.waiting import until
from outrider.bus.redis import RedisBroker
from outrider.errors import BadSetting, Unavailable
from outrider.model.fleet import BEGINNING, Feed
from ports import free_port
from redis_server import RedisServer

NORTH = Feed("north", "1f2e")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@contextmanager
def server(*words: str, tls: bool = False) -> Iterator[RedisServer]:
    made = RedisServer(words=words, tls=tls)
    try:
        yield made.start()
    finally:
        made.close()


async def complaint(url: str, ca: Path | None = None) -> str:
    """What a node that uses it is told."""
    broker = RedisBroker(url, ca=ca)
    try:
        await broker.claim(NORTH, "one", 1000)
    except Unavailable as error:
        return error.message
    finally:
        await broker.close()
    return "it can be used"


async def test_a_password_that_is_missing_or_wrong_is_told_apart() -> None:
    with server("--requirepass", "secret") as made:
        assert "redis://user:password@host" in await complaint(made.url)
        wrong = await complaint(made.url.replace("//", "//:other@"))
        assert "another user or password" in wrong
        assert "other@" not in wrong


async def test_a_replica_is_not_the_one_to_name() -> None:
    with server() as primary, server("--replicaof", "127.0.0.1", str(primary.port)) as replica:
        assert "name its primary" in await complaint(replica.url)


async def test_a_cluster_and_a_sentinel_are_not_supported_and_it_is_said(tmp_path: Path) -> None:
    with server("--cluster-enabled", "yes", "--cluster-port", str(free_port())) as made:
        assert "Cluster, which is not supported" in await complaint(made.url)  # it holds no slots yet
        made.ask("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
        broker = RedisBroker(made.url)
        with pytest.raises(
            Unavailable, match="Cluster, which is not supported"
        ):  # of several nodes' feeds, in several slots
            await broker.read({Feed("north", "1"): BEGINNING, Feed("south", "2"): BEGINNING}, wait_ms=10)
        await broker.close()
    (tmp_path / "sentinel.conf").touch()
    probe = RedisServer()
    argv = [str(probe.program), str(tmp_path / "sentinel.conf"), "--port", str(probe.port), "--sentinel"]
    sentinel = subprocess.Popen([*argv, "--bind", "127.0.0.1"], stdout=subprocess.DEVNULL, cwd=tmp_path)
    try:
        until(probe.answers, what="the Sentinel to answer")
        assert "Sentinels are not asked" in await complaint(probe.url)
    finally:
        sentinel.kill()
        sentinel.wait(40)
        probe.close()


async def test_over_tls_the_server_must_be_vouched_for(tmp_path: Path) -> None:
    with server(tls=True) as made:
        trusting = RedisBroker(made.url, ca=made.authorities)
        assert (await trusting.claim(NORTH, "one", 1000)).now_ms > 0
        await trusting.close()
        assert "redis.ca" in await complaint(made.url)
        assert "begins with rediss://" in await complaint(made.url.replace("rediss", "redis"))
        with pytest.raises(BadSetting, match=r"redis.ca: there is no file"):
            RedisBroker(made.url, ca=tmp_path / "none.pem")


@pytest.mark.parametrize("url", ["redis://host:99999", "redis://host:port", "redis://host/0?colour=red"])
def test_what_cannot_be_an_address_is_refused_before_it_is_tried(url: str) -> None:
    with pytest.raises(BadSetting, match="no address of a Redis"):
        RedisBroker(url)


async def test_nobody_there_is_said_with_the_place() -> None:
    gone = RedisServer()
    gone.close()
    assert f"127.0.0.1:{gone.port}" in await complaint(gone.url)
