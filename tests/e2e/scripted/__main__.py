"""Runs it in the terminal: `python -m e2e.scripted [--settings FILE] [--dangerously-skip-permissions] …`."""

import itertools
import os
import select
import signal
import sys
import termios
import tty
from pathlib import Path

from e2e.scripted.agent import Agent
from e2e.scripted.blocks import VERSION
from e2e.scripted.hooks import load
from e2e.scripted.keys import Decoder
from e2e.scripted.painter import Painter
from e2e.scripted.script import Place

TICK_S = 0.03


def main() -> int:
    """The exit status is the script's `exit`, else 0."""
    words = sys.argv[1:]
    if "--version" in words:
        sys.stdout.write(f"{VERSION} (Claude Code)\n")
        return 0
    home = Path(os.environ.get("CLAUDE_CONFIG_DIR") or Path.home() / ".claude")
    sources = [word for before, word in itertools.pairwise(words) if before == "--settings"]
    if home.joinpath("settings.json").exists():
        sources.insert(0, str(home / "settings.json"))
    resumed = next((word for before, word in itertools.pairwise(words) if before == "--resume"), None)
    place = Place(Path(os.environ.get("SCRIPTED_AGENT_DIR") or Path.cwd() / ".scripted"))
    place.log("start", pid=os.getpid(), argv=words)
    agent = Agent(place, load(sources), home, bypass="--dangerously-skip-permissions" in words, resumed=resumed)
    before = termios.tcgetattr(0)
    tty.setraw(0)
    painter = Painter(1)
    painter.start()
    try:
        loop(agent, painter)
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)
        painter.stop()
    place.log("left", status=agent.exit_status)
    for _ in agent.hooks.run("SessionEnd", {"reason": "other"}):
        select.select([], [], [], TICK_S)
    agent.notes.end()
    return agent.exit_status or 0


def loop(agent: Agent, painter: Painter) -> None:
    """Input, a moment, a frame; asleep while there is nothing to do. Ends when the agent leaves or its terminal is gone."""
    decoder = Decoder()
    wake, woken = os.pipe()
    os.set_blocking(woken, False)
    signal.set_wakeup_fd(woken)
    resized: list[int] = []
    signal.signal(signal.SIGWINCH, lambda number, _: resized.append(number))
    while agent.exit_status is None:
        timeout = TICK_S if agent.active or decoder.pending else None
        readable, _, _ = select.select([0, wake], [], [], timeout)
        if wake in readable:
            os.read(wake, 64)
        if 0 in readable:
            data = os.read(0, 65536)
            if not data:
                return
            inputs = decoder.feed(data)
        else:
            inputs = decoder.flush()
        for item in inputs:
            agent.take(item)
        agent.step()
        width, _ = painter.size()
        if resized:
            resized.clear()
            rows = [row for block in agent.blocks[: agent.printed] for row in block.rows(width)]
            painter.afresh(rows, agent.live(width))
        fresh: list[str] = []
        while agent.printed < len(agent.blocks) and agent.blocks[agent.printed].settled:
            fresh += agent.blocks[agent.printed].rows(width)
            agent.printed += 1
        painter.frame(fresh, agent.live(width))
        painter.title(agent.title())


if __name__ == "__main__":
    sys.exit(main())
