"""Several worlds that are one fleet: each node with its own tmux, HOME and data, one Redis of their own."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from e2e.slow_line import SlowLine
from e2e.waiting import until
from e2e.world import World
from outrider.model.fleet_wire import NodeJSON
from outrider.model.wire import AgentJSON
from redis_server import RedisServer

KEY = "a key that the fleet of this test shares"
SETTINGS = """
bus = "{url}"
[fleet]
heartbeat_s = 0.2
away_s = 3
{fleet}
"""


CLOCK = """
import time
true, true_ns = time.time, time.time_ns
time.time = lambda: true() + {ahead_s}
time.time_ns = lambda: true_ns() + {ahead_s} * 10**9
"""


class Fleet:
    """Nodes by name; `close` ends all."""

    def __init__(self, *names: str, slow: str = "", early: str = "") -> None:
        """`slow` is at the end of a slow line, the clock of `early` is five minutes fast."""
        self.redis = RedisServer()
        self.nodes: dict[str, World] = {}
        self._line = SlowLine(self.redis) if slow else None
        for name in names:
            world = self.add(name, url=self._line.url if self._line is not None and name == slow else "")
            if name == early:
                set_clock(world, 300)

    def add(self, name: str, *, fleet: str = "", key: str = KEY, called: str | None = None, url: str = "") -> World:
        """One more node; it is not started. `called` is its name, where that is another; `url` its way to the Redis."""
        world = World(config=SETTINGS.format(url=url or self.redis.url, fleet=fleet), node=called or name)
        return self._joined(name, world, key)

    def add_service(self, name: str) -> World:
        """One whose config file says what it is called, and which our supervisor keeps running."""
        config = f'node = "{name}"\n{SETTINGS.format(url=self.redis.url, fleet="")}'
        return self._joined(name, World(config=config, node="", verb=("service", "run")), KEY)

    def _joined(self, name: str, world: World, key: str) -> World:
        world.data.mkdir(mode=0o700)
        file = world.data / "fleet.key"
        file.touch(mode=0o600)
        file.write_text(f"{key}\n", encoding="utf-8")
        self.nodes[name] = world
        return world

    def start(self) -> "Fleet":
        """Redis, then every node; returns when each sees all."""
        self.redis.start()
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda world: world.start(degraded=True), self.nodes.values()))
        for name in self.nodes:
            self.sees(name, self.nodes)
        return self

    def __getitem__(self, name: str) -> World:
        return self.nodes[name]

    def listed(self, name: str) -> dict[str, NodeJSON]:
        """The nodes as that one sees them."""
        found: Sequence[NodeJSON] = self[name].http.get("/api/nodes").raise_for_status().json()["nodes"]
        return {node["node"]: node for node in found}

    def sees(self, name: str, others: "Sequence[str] | dict[str, World]") -> None:
        """Waits until that node sees those others, none of them away."""
        wanted = set(others)
        until(
            lambda: wanted <= {node for node, told in self.listed(name).items() if told["away"] is None},
            what=f"{name} to see {wanted}",
        )

    def agents(self, name: str) -> dict[str, AgentJSON]:
        """All agents that a node shows."""
        found: Sequence[AgentJSON] = self[name].http.get("/api/agents").raise_for_status().json()["agents"]
        return {agent["session"]: agent for agent in found}

    def state_is(self, name: str, session: str, state: str) -> AgentJSON:
        """Waits until that node shows that agent so."""

        def there() -> bool:
            agent = self.agents(name).get(session)
            return agent is not None and agent["state"] == state and "away" not in agent

        until(there, what=f"{name} to show {session} as {state}")
        return self.agents(name)[session]

    def close(self) -> None:
        """Ends everything."""
        try:
            for world in self.nodes.values():
                world.close()
        finally:
            if self._line is not None:
                self._line.close()
            self.redis.close()


def set_clock(world: World, ahead_s: int) -> None:
    """Has its daemon's clock be so far ahead: this is loaded before anything of the daemon is."""
    folder = world.root / "clock"
    folder.mkdir()
    folder.joinpath("sitecustomize.py").write_text(CLOCK.format(ahead_s=ahead_s), encoding="utf-8")
    world.env["PYTHONPATH"] = os.pathsep.join(filter(None, (str(folder), world.env.get("PYTHONPATH"))))
