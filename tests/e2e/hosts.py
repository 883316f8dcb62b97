"""Hosts of a test's own: network namespaces, each with one line to a hub, which has the Redis.

Nothing of the machine's own network is touched.
"""

import os
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from e2e.fleet import KEY, SETTINGS
from e2e.slow_line import Relayed
from e2e.waiting import until
from e2e.world import World
from redis_server import RedisServer


class Host:
    """A network of its own, held by a process that sleeps."""

    def __init__(self) -> None:
        self._holder = subprocess.Popen(["unshare", "--net", "sleep", "3600"], stderr=subprocess.DEVNULL)
        until(self._apart, 10, what="a network namespace")
        self.within = ("nsenter", f"--net=/proc/{self._holder.pid}/ns/net")
        self.pid = self._holder.pid
        self.ip("link", "set", "lo", "up")

    def _apart(self) -> bool:
        assert self._holder.poll() is None
        return Path(f"/proc/{self._holder.pid}/ns/net").readlink() != Path("/proc/self/ns/net").readlink()

    def ip(self, *words: str) -> None:
        """Has its network changed."""
        subprocess.run([*self.within, "ip", *words], check=True, capture_output=True)

    def slow(self, device: str) -> bool:
        """Makes a line late by 100 ms and lose one in twenty; False where this kernel cannot."""
        argv = [*self.within, "tc", "qdisc", "add", "dev", device, "root", "netem", "delay", "100ms", "loss", "5%"]
        return subprocess.run(argv, capture_output=True, check=False).returncode == 0

    def close(self) -> None:
        """Ends it."""
        self._holder.kill()
        self._holder.wait(10)


class Hosts:
    """Nodes by name, each on a host of its own; `close` ends all."""

    def __init__(self, *names: str, slow: str = "") -> None:
        """`slow` is at the end of a slow line: the kernel's, or, where that has no netem, a relay on the hub."""
        _possible()
        self._hub = Host()
        self._hosts: dict[str, Host] = {}
        self.redis = RedisServer(host="0.0.0.0", words=("--protected-mode", "no"))
        self.redis.within = self._hub.within
        self.nodes: dict[str, World] = {}
        self.relay: Relayed | None = None
        for number, name in enumerate(names, 1):
            self._add(name, number, slow=name == slow)

    def _add(self, name: str, number: int, *, slow: bool) -> None:
        host = self._hosts[name] = Host()
        self._hub.ip("link", "add", name, "type", "veth", "peer", "name", "hub", "netns", str(host.pid))
        self._hub.ip("address", "add", f"10.99.{number}.1/24", "dev", name)
        self._hub.ip("link", "set", name, "up")
        host.ip("address", "add", f"10.99.{number}.2/24", "dev", "hub")
        host.ip("link", "set", "hub", "up")
        port = self.redis.port
        if slow and not (self._hub.slow(name) and host.slow("hub")):
            self.relay = Relayed(f"10.99.{number}.1", port, within=self._hub.within)
            port = self.relay.port
        world = World(config=SETTINGS.format(url=f"redis://10.99.{number}.1:{port}/0", fleet=""), node=name)
        world.within = host.within
        world.data.mkdir(mode=0o700)
        world.data.joinpath("fleet.key").touch(mode=0o600)
        world.data.joinpath("fleet.key").write_text(f"{KEY}\n", encoding="utf-8")
        socket = world.data / "run" / "outrider.sock"
        world.env["OUTRIDER_URL"] = f"unix:{socket}"
        world.http.close()
        world.http = httpx.Client(
            transport=httpx.HTTPTransport(uds=str(socket)), base_url="http://localhost", timeout=60, trust_env=False
        )
        self.nodes[name] = world

    def cut(self, name: str) -> None:
        """Nothing comes through to that host or from it, and nobody is told."""
        self._hub.ip("link", "set", name, "down")

    def mend(self, name: str) -> None:
        """The line to it carries again."""
        self._hub.ip("link", "set", name, "up")

    def start(self) -> "Hosts":
        """Redis, then every node."""
        self.redis.start()
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda world: world.start(degraded=True), self.nodes.values()))
        return self

    def __getitem__(self, name: str) -> World:
        return self.nodes[name]

    def close(self) -> None:
        """Ends everything."""
        try:
            for world in self.nodes.values():
                world.close()
        finally:
            self.redis.close()
            if self.relay is not None:
                self.relay.close()
            for host in (*self._hosts.values(), self._hub):
                host.close()


def _possible() -> None:
    """Skips the test, with the reason, where hosts cannot be made."""
    if not Path("/proc/self/ns/net").exists():
        pytest.skip("network namespaces are Linux's")
    if os.geteuid() != 0:
        pytest.skip("who makes network namespaces is root")
    for argv in (
        ["nsenter", "--version"],
        ["unshare", "--net", "ip", "link", "add", "one", "type", "veth", "peer", "name", "two"],
    ):
        try:
            tried = subprocess.run(argv, capture_output=True, text=True, check=False)
        except FileNotFoundError as error:
            pytest.skip(f"there is no {error.filename}")
        if tried.returncode:
            pytest.skip(f"network namespaces cannot be made here: {' '.join(argv)}: {tried.stderr.strip()}")


def others(seen: Sequence[dict[str, object]]) -> dict[str, bool]:
    """Nodes by name, and whether they are there."""
    return {str(node["node"]): node["away"] is None for node in seen}
