"""How long the daemon takes to end, and to be right again about every agent after it was started anew.

    python bench/restart.py [--agents 100] [--rounds 5]

Half of the agents sit at their prompt (`idle`), half run a program (`working`); while the daemon is away, every tenth of the working ones
is ended. Printed: from SIGTERM to the daemon's exit; from its start to the first answer of `/health`; from its start until every state is
right, the ended ones among them. The floor is a Python that starts and imports nothing.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from e2e.waiting import until
from e2e.world import World

SLEEPER = "sleep 86399"


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--agents", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args(argv)
    world = World(config="[commands]\nper_node_per_s = 1000\n").start()
    try:
        wanted = crew(world, given.agents)
        rows = [restart(world, wanted, round_) for round_ in range(given.rounds)]
    finally:
        world.close(quiet=True)
    print(f"{given.agents} agents, seconds: median and slowest of {given.rounds}")
    for name, times in zip(
        ("SIGTERM to exit", "start to /health", "start to all right"), zip(*rows, strict=True), strict=True
    ):
        print(f"{name:<20}{sorted(times)[len(times) // 2]:>8.2f}{max(times):>8.2f}")
    print(f"{'floor: python -c':<20}{floor():>8.2f}")


def crew(world: World, count: int) -> dict[str, str]:
    """The agents, and the state that is right for each."""
    wanted = {}
    for number in range(count):
        session, works = f"agent-{number}", number % 2 == 1
        body = {"session": session, "workdir": str(world.workdir()), "kind": "shell"}
        world.http.post("/api/agents", json=body).raise_for_status()
        if works:
            world.http.post(f"/api/agents/{session}/command", json={"command": SLEEPER}).raise_for_status()
        wanted[session] = "working" if works else "idle"
    until(lambda: not wrong(world, wanted), 120, what="every agent to be where it should", step=0.2)
    return wanted


def wrong(world: World, wanted: dict[str, str]) -> list[str]:
    """The agents whose state is not what it should be; `gone` is not alive."""
    agents = world.http.get("/api/agents").raise_for_status().json()["agents"]
    got = {agent["session"]: agent["state"] if agent["alive"] else "gone" for agent in agents}
    return [session for session, state in wanted.items() if got.get(session) != state]


def restart(world: World, wanted: dict[str, str], round_: int) -> tuple[float, float, float]:
    began = time.monotonic()
    world.stop()
    ended = time.monotonic() - began
    for session in [session for session, state in wanted.items() if state == "working"][round_::10]:
        world.tmux("kill-session", "-t", f"={session}")
        wanted[session] = "gone"
    began = time.monotonic()
    world.start()
    answered = time.monotonic() - began
    until(lambda: not wrong(world, wanted), 60, what="every state to be right", step=0.02)
    return ended, answered, time.monotonic() - began


def floor() -> float:
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", ""], check=True)
    return time.monotonic() - began


if __name__ == "__main__":
    main(sys.argv[1:])
