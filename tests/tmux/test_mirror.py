"""Watching a pane live, on a real tmux: the bytes are the program's own, and nothing that viewers do reaches the pane."""

import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from outrider.errors import PaneGone
from outrider.model.pane import Over, PaneRef, Picture
from outrider.tmux.mirror import LIMIT, View
from outrider.tmux.terminal import TmuxTerminal
from tmux.world import World, until, viewing

# Echoes nothing by itself; writes each byte it is given, alone, so that characters and sequences are cut everywhere.
SPLITTER = """
import os, sys, termios, tty
tty.setraw(0)
os.write(1, b"ready")
while data := os.read(0, 4096):
    for byte in data:
        os.write(1, bytes((byte,)))
"""
# Writes `sys.argv[1]` MiB as fast as it can once it is told to, then says that it is done.
FLOOD = """
import os, sys, tty
tty.setraw(0)
os.write(1, b"ready")
os.read(0, 1)
row = ("\\x1b[3%dm" + "flood é " * 15 + "\\r\\n").encode()
for at in range(int(sys.argv[1]) * 8192):
    os.write(1, row.replace(b"%d", b"%d" % (at % 8)))
os.write(1, b"\\x1b[0mdone")
os.read(0, 1)
"""


@dataclass
class Seen:
    """What one viewer has got so far."""

    pictures: list[Picture] = field(default_factory=list)
    written: bytes = b""
    over: Over | None = None

    async def until(self, view: View, condition: Callable[[], object]) -> None:
        while not condition():
            match await anext(view):
                case Picture() as picture:
                    self.pictures.append(picture)
                case bytes() as data:
                    self.written += data
                case Over() as over:
                    self.over = over


@asynccontextmanager
async def watched(terminal: TmuxTerminal, ref: PaneRef) -> AsyncIterator[tuple[View, Seen]]:
    """A view that has its first picture."""
    async with terminal.view(ref) as view:
        seen = Seen()
        await seen.until(view, lambda: seen.pictures)
        yield view, seen


def clients(world: World) -> list[str]:
    """The flags of those attached to the session `one`."""
    rows = world.tmux("list-clients", "-F", "#{client_session} #{client_flags}").splitlines()
    return [row for row in rows if row.startswith("one ")]


async def ready(terminal: TmuxTerminal, world: World, script: str, *words: str) -> PaneRef:
    """A pane in which that script says that it is ready."""
    pane = await terminal.spawn(world.launch("one", sys.executable, "-c", script, *words))
    await until(lambda: "ready" in world.tmux("capture-pane", "-p", "-t", "=one:"))
    return pane.ref


async def test_the_bytes_are_those_that_were_written_however_they_are_cut(world: World) -> None:
    """Every byte there is but NUL, and characters of every length, each written byte by byte."""
    everything = bytes(range(1, 256)) + "äß€😀\\033 \\\\ %output %1 x\n".encode() * 3
    everything = everything.replace(b"\x1b", b"")  # alone it would begin a sequence; those are below
    everything += "\x1b[38;5;196mröt\x1b[0m\x1b]0;titel\x07".encode()
    async with viewing(world.terminal()) as viewer:
        terminal = viewer.terminal
        ref = await ready(terminal, world, SPLITTER)
        async with watched(terminal, ref) as (view, seen):
            await terminal.key(ref, everything)
            await seen.until(view, lambda: len(seen.written) >= len(everything))
            assert seen.written == everything


async def test_a_viewer_changes_nothing_and_goes_without_a_trace(world: World) -> None:
    """Read-only, ignoring sizes, one client for all viewers; gone with the last."""
    async with viewing(world.terminal()) as viewer:
        terminal = viewer.terminal
        ref = await ready(terminal, world, SPLITTER)
        size = world.tmux("display-message", "-p", "-t", "=one:", "#{pane_width}x#{pane_height}")
        async with watched(terminal, ref) as (first, one):
            async with watched(terminal, ref) as (second, two):
                flags = clients(world)
                assert len(flags) == 1
                assert {"read-only", "ignore-size", "control-mode"} <= set(flags[0].split(" ")[1].split(","))
                assert "pause-after" not in flags[0]
                await terminal.key(ref, b"both")
                await one.until(first, lambda: one.written == b"both")
                await two.until(second, lambda: two.written == b"both")
            await terminal.key(ref, b" one")
            await one.until(first, lambda: one.written == b"both one")
            assert len(clients(world)) == 1
        await until(lambda: not clients(world))
        assert world.tmux("display-message", "-p", "-t", "=one:", "#{pane_width}x#{pane_height}") == size


async def test_a_picture_has_what_the_rows_do_not_tell(world: World) -> None:
    """Where the cursor is and whether it is shown, the screen beneath, and a sequence or character that has only begun."""
    script = r"printf 'beneath\r\n\033[?1049h\033[2J\033[5;7Hfull\033[?25l\033[?1h\033[3'; exec sleep 1000"
    async with viewing(world.terminal()) as viewer:
        pane = await viewer.terminal.spawn(world.launch("one", "sh", "-c", script))
        await until(lambda: "full" in world.tmux("capture-pane", "-p", "-t", "=one:"))
        async with watched(viewer.terminal, pane.ref) as (_, seen):
            picture = seen.pictures[0]
            assert (picture.width, picture.height) == (100, 30)
            before, _, after = picture.data.partition(b"\x1b[?1049h")
            assert b"beneath" in before
            assert b"beneath" not in after
            assert b"\x1b[5;11H\x1b[?25l" in after
            assert b"\x1b[?1h" in after
            assert after.endswith(b"\x1b[3")


async def test_a_second_viewer_gets_the_half_character_that_its_picture_lacks(world: World) -> None:
    async with viewing(world.terminal()) as viewer:
        terminal = viewer.terminal
        ref = await ready(terminal, world, SPLITTER)
        smile = "😀".encode()
        async with watched(terminal, ref) as (first, one):
            await terminal.key(ref, smile[:3])
            await one.until(first, lambda: one.written == smile[:3])
            async with watched(terminal, ref) as (second, two):
                assert two.pictures[0].data.endswith(smile[:3])
                await terminal.key(ref, smile[3:])
                await two.until(second, lambda: two.written == smile[3:])


async def test_a_pane_that_changes_its_size_is_drawn_anew(world: World) -> None:
    async with viewing(world.terminal()) as viewer:
        ref = await ready(viewer.terminal, world, SPLITTER)
        async with watched(viewer.terminal, ref) as (view, seen):
            world.tmux("resize-window", "-t", "=one:", "-x", "70", "-y", "20")
            await seen.until(view, lambda: (seen.pictures[-1].width, seen.pictures[-1].height) == (70, 20))


async def test_who_does_not_read_is_cut_off_and_nobody_waits_for_it(world: World) -> None:
    """A flood of twice what a viewer may be behind: the one who reads gets all of it, the other an end, the pane its way."""
    async with viewing(world.terminal()) as viewer:
        terminal = viewer.terminal
        ref = await ready(terminal, world, FLOOD, str(2 * LIMIT // 2**20))
        async with watched(terminal, ref) as (reads, seen), watched(terminal, ref) as (sleeps, asleep):
            await terminal.key(ref, b"g")
            await seen.until(reads, lambda: seen.written.endswith(b"done"))
            assert len(seen.written) > 2 * LIMIT
            await asleep.until(sleeps, lambda: asleep.over)
            assert asleep.over is not None
            assert asleep.over.lagged
            assert asleep.written == b""
        assert "done" in world.tmux("capture-pane", "-p", "-t", "=one:")


async def test_the_session_s_end_is_told(world: World) -> None:
    async with viewing(world.terminal()) as viewer:
        await viewer.terminal.spawn(world.launch("two", "cat"))
        world.tmux("set-option", "-g", "detach-on-destroy", "off")  # tmux then shows the client another session
        ref = await ready(viewer.terminal, world, SPLITTER)
        async with watched(viewer.terminal, ref) as (view, seen):
            world.tmux("kill-session", "-t", "=one")
            await seen.until(view, lambda: seen.over)
        with pytest.raises(PaneGone):
            async with viewer.terminal.view(ref):
                pass


async def test_a_client_that_is_killed_ends_its_viewers_and_harms_nothing(world: World) -> None:
    """The next viewer gets another client; the program never notices."""
    async with viewing(world.terminal()) as viewer:
        terminal = viewer.terminal
        ref = await ready(terminal, world, SPLITTER)
        async with watched(terminal, ref) as (view, seen):
            pid = world.tmux("list-clients", "-t", "=one", "-F", "#{client_pid}")
            os.kill(int(pid), signal.SIGKILL)
            await seen.until(view, lambda: seen.over)
        async with watched(terminal, ref) as (view, seen):
            await terminal.key(ref, b"still here")
            await seen.until(view, lambda: seen.written == b"still here")
