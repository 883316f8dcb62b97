"""What every Terminal promises, on the real tmux."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from outrider.errors import Conflict, InvalidInput, OtherProgram, PaneGone, TerminalAway, TerminalError
from outrider.model.pane import Away, Pane, PaneRef, Sight, Sweep, Terms
from outrider.ports import Terminal
from tmux.world import Viewer, World, new_world, until, viewing

# Reads its terminal raw, with bracketed paste on, and keeps every byte; says when it is ready.
READER = r"""
import os, sys, termios, tty
tty.setraw(0)
os.write(1, b"\x1b[?2004hready\r\n")
with open(sys.argv[1], "wb", buffering=0) as file:
    while data := os.read(0, 65536):
        file.write(data)
"""
# Says what it was started with.
TELLER = r"""
import json, os, sys
json.dump({"argv": sys.argv[1:], "env": dict(os.environ), "cwd": os.getcwd()}, open(sys.argv[1], "w"))
print("told", flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module", params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    """Both loops: they start processes in different ways."""
    return ("asyncio", {"use_uvloop": request.param})


@pytest.fixture
def world() -> Iterator[World]:
    """A tmux of its own."""
    with new_world() as world:
        yield world


@asynccontextmanager
async def opened(world: World) -> AsyncIterator[tuple[Terminal, Viewer]]:
    """A terminal that is looking."""
    async with viewing(world.terminal()) as viewer:
        yield viewer.terminal, viewer


@pytest.fixture
def open_terminal(world: World) -> AbstractAsyncContextManager[tuple[Terminal, Viewer]]:
    """Opened by the test itself, so that all runs in one task."""
    return opened(world)


Opened = AbstractAsyncContextManager[tuple[Terminal, Viewer]]


async def test_a_spawned_pane_is_seen_with_its_screen(world: World, open_terminal: Opened) -> None:
    """Spawn, follow, see; exactly as many rows as the pane has."""
    async with open_terminal as (terminal, viewer):
        pane = await terminal.spawn(world.launch("seen", "sh", "-c", "echo hello; exec cat"))
        terminal.follow([pane.ref])
        await viewer.until(lambda: "hello" in viewer.shown(pane.ref))
        assert (pane.session, pane.width, pane.height, pane.generation) == ("seen", 100, 30, "token-seen")
        assert (pane.dead, pane.clients, pane.path) == (False, 0, str(world.home))
        assert len(viewer.screens[pane.ref].rows) == 30
        assert [each.ref for each in viewer.panes(world.own)] == [pane.ref]


async def test_a_screen_that_stands_is_looked_at_and_not_given_again(world: World, open_terminal: Opened) -> None:
    """Unchanged screens are only in `looked`, though not in every sweep: some come early."""
    async with open_terminal as (terminal, viewer):
        pane = await terminal.spawn(world.launch("still", "sh", "-c", "echo still; exec cat"))
        terminal.follow([pane.ref])
        await viewer.until(lambda: "still" in viewer.shown(pane.ref))
        drawn = len(viewer.sights)  # its cursor may come after its rows, in a screen of its own
        await viewer.until(lambda: any(stands(sight, pane) for sight in viewer.sights[drawn:]))
        seen = len(viewer.sights)
        await viewer.until(lambda: len(viewer.sights) >= seen + 5)
        later = [sight for sight in viewer.sights[seen:] if isinstance(sight, Sweep)]
        assert sum(pane.ref in sight.looked for sight in later) >= 2
        assert not any(sight.screens for sight in later)


def stands(sight: Sight, pane: Pane) -> bool:
    """Whether it was looked at and had not changed."""
    return isinstance(sight, Sweep) and pane.ref in sight.looked and not sight.screens


async def test_only_followed_panes_are_captured(world: World, open_terminal: Opened) -> None:
    """Every pane is listed, the followed ones have screens."""
    async with open_terminal as (terminal, viewer):
        one = await terminal.spawn(world.launch("one", "sh", "-c", "echo one; exec cat"))
        two = await terminal.spawn(world.launch("two", "sh", "-c", "echo two; exec cat"))
        terminal.follow([two.ref])
        await viewer.until(lambda: "two" in viewer.shown(two.ref))
        assert one.ref not in viewer.screens
        assert {pane.ref for pane in viewer.panes(world.own)} == {one.ref, two.ref}
        terminal.follow([one.ref])
        await viewer.until(lambda: "one" in viewer.shown(one.ref))


async def test_an_existing_session_is_a_conflict(world: World, open_terminal: Opened) -> None:
    """And the session that is there keeps its generation and its only pane."""
    async with open_terminal as (terminal, viewer):
        first = await terminal.spawn(world.launch("taken", "cat"))
        with pytest.raises(Conflict, match="taken"):
            await terminal.spawn(world.launch("taken", "cat"))
        await viewer.until(lambda: [pane.ref for pane in viewer.panes(world.own)] == [first.ref])
        assert (await terminal.look(first.ref)).pane.generation == "token-taken"


ARGUMENTS = ["a b", "", ";", "x;", "'\"", "$HOME", "`id`", "#{pid}", "~", "\\", "-l", "é🎉", "new\nline", "*", "%1"]


async def test_arguments_and_environment_arrive_as_they_are(world: World, open_terminal: Opened) -> None:
    """No shell reads any of it; what is unset is not there."""
    told = world.home / "told #{b} ##[x]"
    async with open_terminal as (terminal, viewer):
        pane = await terminal.spawn(
            world.launch(
                "told",
                *("python3", "-c", TELLER, str(told), *ARGUMENTS),
                env={"PLAIN": "x", "NASTY": "a\n'\"$HOME;#{pid}~", "GONE": "1"},
                unset=["GONE", "LANG", "NEVER_SET"],
            )
        )
        terminal.follow([pane.ref])
        await viewer.until(lambda: "told" in viewer.shown(pane.ref))
        said = json.loads(told.read_text())
        assert said["argv"] == [str(told), *ARGUMENTS]
        assert (said["env"]["PLAIN"], said["env"]["NASTY"]) == ("x", "a\n'\"$HOME;#{pid}~")
        assert not {"GONE", "LANG", "NEVER_SET"} & set(said["env"])
        assert said["env"]["OUTRIDER_GENERATION"] == "token-told"


@pytest.mark.parametrize("program", ["one word;$(id)", "name=value", "-dash"])
async def test_a_single_word_is_a_program_and_no_shell_command(
    world: World, program: str, open_terminal: Opened
) -> None:
    """Also where tmux, or env, would read it as something else."""
    file = world.home / program
    file.write_text("#!/bin/sh\necho started; exec cat\n")
    file.chmod(0o755)
    async with open_terminal as (terminal, viewer):
        pane = await terminal.spawn(world.launch("word", program, env={"PATH": f"{world.home}:{world.env['PATH']}"}))
        terminal.follow([pane.ref])
        await viewer.until(lambda: "started" in viewer.shown(pane.ref))


EXITS = [("exit 0", 0), ("exit 3", 3), ("kill -9 $$", 137), ("kill -TERM $$", 143)]


@pytest.mark.parametrize(("script", "status"), EXITS)
async def test_the_exit_status_stays(world: World, script: str, status: int, open_terminal: Opened) -> None:
    """However fast the program ends."""
    async with open_terminal as (terminal, viewer):
        pane = await terminal.spawn(world.launch("exit", "sh", "-c", script))
        await viewer.until(lambda: any(each.dead for each in viewer.panes(world.own)))
        assert [each.exit_status for each in viewer.panes(world.own)] == [status]
        for typing in (
            terminal.paste(pane.ref, "x"),
            terminal.write(pane.ref, "x"),
            terminal.press(pane.ref, ["Enter"]),
        ):
            with pytest.raises(TerminalError, match="nothing was typed"):
                await typing
        assert (await terminal.look(pane.ref)).pane.dead


TEXTS = {
    "nasty": "multi\nline; \"quotes\" 'and' $HOME `id` #{pid} ~ \\ trailing;\n\ttab é日本🎉 %end 1 2 1 -l -- {x}",
    "5kB": "line of a text that is long enough\n" * 150,
    "100kB": "0123456789abcdef ü " * 5000,
    "semicolon": ";",
    "dashes": "--",
}


@pytest.mark.parametrize("name", TEXTS)
async def test_a_paste_arrives_verbatim_and_bracketed(world: World, name: str, open_terminal: Opened) -> None:
    """No Enter, no rewriting, one pair of brackets."""
    text, file = TEXTS[name], world.home / "read"
    async with open_terminal as (terminal, viewer):
        pane = await terminal.spawn(world.launch("reader", "python3", "-c", READER, str(file)))
        terminal.follow([pane.ref])
        await viewer.until(lambda: "ready" in viewer.shown(pane.ref))
        await terminal.paste(pane.ref, text)
        wanted = b"\x1b[200~" + text.encode() + b"\x1b[201~"
        await until(lambda: len(read(file)) >= len(wanted))
        assert read(file) == wanted


async def test_a_paste_for_one_that_has_not_asked_yet_is_bracketed_all_the_same(
    world: World, open_terminal: Opened
) -> None:
    text, file = TEXTS["nasty"], world.home / "read"
    silent = READER.replace("\\x1b[?2004h", "")
    assert silent != READER
    async with open_terminal as (terminal, viewer):
        pane = await terminal.spawn(world.launch("reader", "python3", "-c", silent, str(file)))
        terminal.follow([pane.ref])
        await viewer.until(lambda: "ready" in viewer.shown(pane.ref))
        await terminal.paste(pane.ref, text, always=True)
        wanted = b"\x1b[200~" + text.encode() + b"\x1b[201~"
        await until(lambda: len(read(file)) >= len(wanted))
        assert read(file) == wanted


async def test_keys_arrive_in_order(world: World, open_terminal: Opened) -> None:
    """Text as literal keys, names as keys."""
    file = world.home / "read"
    async with open_terminal as (terminal, viewer):
        pane = await terminal.spawn(world.launch("reader", "python3", "-c", READER, str(file)))
        terminal.follow([pane.ref])
        await viewer.until(lambda: "ready" in viewer.shown(pane.ref))
        await terminal.write(pane.ref, "Enter; é$HOME -l;")
        await terminal.press(pane.ref, ["Enter", "C-u", "Escape", "Up", "y", ";"])
        await terminal.write(pane.ref, "x" * 20_000)
        wanted = "Enter; é$HOME -l;\r\x15\x1b\x1b[Ay;".encode() + b"x" * 20_000
        await until(lambda: len(read(file)) >= len(wanted))
        assert read(file) == wanted


async def test_what_cannot_be_typed_is_refused(world: World, open_terminal: Opened) -> None:
    """An unknown key, the end of a paste, NUL: nothing is typed at all."""
    file = world.home / "read"
    async with open_terminal as (terminal, viewer):
        pane = await terminal.spawn(world.launch("reader", "python3", "-c", READER, str(file)))
        terminal.follow([pane.ref])
        await viewer.until(lambda: "ready" in viewer.shown(pane.ref))
        with pytest.raises(InvalidInput, match="'Entr'"):
            await terminal.press(pane.ref, ["Enter", "Entr"])
        with pytest.raises(InvalidInput, match="201~"):
            await terminal.paste(pane.ref, "a\x1b[201~\rrm -rf x\r")
        with pytest.raises(InvalidInput, match="NUL"):
            await terminal.write(pane.ref, "a\0")
        await terminal.write(pane.ref, "end")
        await until(lambda: read(file))
        assert read(file) == b"end"


async def test_nothing_is_typed_into_another_program_than_the_one_that_was_seen(
    world: World, open_terminal: Opened
) -> None:
    """tmux compares and types in one step."""
    file = world.home / "read"
    async with open_terminal as (terminal, viewer):
        pane = await terminal.spawn(world.launch("reader", "python3", "-c", READER, str(file)))
        terminal.follow([pane.ref])
        await viewer.until(lambda: "ready" in viewer.shown(pane.ref))
        here = (await terminal.look(pane.ref)).pane.command
        with pytest.raises(OtherProgram):
            await terminal.paste(pane.ref, "lost", Terms("claude"))
        with pytest.raises(OtherProgram):
            await terminal.write(pane.ref, "lost", Terms("claude"))
        await terminal.write(pane.ref, "end", Terms(here))
        await until(lambda: read(file))
        assert read(file) == b"end"


async def test_looking_and_output(world: World, open_terminal: Opened) -> None:
    """Plain and styled rows are the same text; the output reaches into the history."""
    script = r"i=0; while [ $i -lt 100 ]; do echo row $i; i=$((i+1)); done; printf '\033[31mred\n\033[1mbold\033[0m plain  \n'; exec cat"
    async with open_terminal as (terminal, viewer):
        pane = await terminal.spawn(world.launch("look", "sh", "-c", script))
        terminal.follow([pane.ref])
        await viewer.until(lambda: "plain" in viewer.shown(pane.ref))
        flat, styled = await terminal.look(pane.ref), await terminal.look(pane.ref, styled=True)
        assert flat.styled == ()
        assert flat.rows == styled.rows
        assert len(styled.styled) == len(flat.rows) == 30
        at = flat.rows.index("bold plain")
        assert styled.styled[at].startswith("\x1b[31m\x1b[1mbold")
        assert await terminal.output(pane.ref, lines=2) == ("red", "bold plain")
        assert (await terminal.output(pane.ref, lines=60))[0] == "row 42"
        assert len(await terminal.output(pane.ref, lines=5000)) == 102
        assert "\x1b[31m" in (await terminal.output(pane.ref, lines=2, ansi=True))[0]
        assert await terminal.output(pane.ref, lines=0) == ()


async def test_an_ended_pane_is_gone(world: World, open_terminal: Opened) -> None:
    """Ending twice is no error; everything else says that it is gone."""
    async with open_terminal as (terminal, viewer):
        pane = await terminal.spawn(world.launch("end", "cat"))
        await viewer.until(lambda: viewer.panes(world.own))
        await terminal.end(pane.ref)
        await terminal.end(pane.ref)
        await viewer.until(lambda: isinstance(viewer.last(world.own), Sweep) and not viewer.panes(world.own))
        for asking in (
            *(terminal.look(pane.ref), terminal.output(pane.ref, lines=5)),
            *(terminal.paste(pane.ref, "x"), terminal.write(pane.ref, "x"), terminal.press(pane.ref, ["x"])),
        ):
            with pytest.raises(PaneGone):
                await asking


async def test_panes_of_another_server_life_are_gone(world: World, open_terminal: Opened) -> None:
    """The same id on a server that was started at another time is another pane."""
    async with open_terminal as (terminal, _):
        pane = await terminal.spawn(world.launch("life", "cat"))
        former = PaneRef(pane.ref.server, pane.ref.started - 1, pane.ref.pane)
        with pytest.raises(PaneGone):
            await terminal.write(former, "x")
        await terminal.end(former)
        assert not (await terminal.look(pane.ref)).pane.dead


async def test_no_server_is_away_and_unknown_servers_too(world: World, open_terminal: Opened) -> None:
    """Nothing is started by looking."""
    async with open_terminal as (terminal, viewer):
        await viewer.until(lambda: viewer.last(world.own))
        away = viewer.last(world.own)
        assert isinstance(away, Away)
        assert away.gone
        with pytest.raises(TerminalAway):
            await terminal.look(PaneRef(world.own, 1, "%1"))
        with pytest.raises(TerminalAway):
            await terminal.look(PaneRef("nobody", 1, "%1"))
        assert terminal.health()["status"] == "ok"


BAD = [
    ({"session": "a.b"}, "session name"),
    ({"session": "a:b"}, "session name"),
    ({"session": "$1"}, "session name"),
    ({"session": "=x"}, "session name"),
    ({"session": ""}, "session name"),
    ({"session": "_outrider"}, "session name"),
    ({"argv": ()}, "no program"),
    ({"workdir": "/nonexistent"}, "working directory"),
    ({"workdir": "relative"}, "working directory"),
    ({"env": {"A=B": "x"}}, "environment"),
    ({"env": {"A": "x\0"}}, "NUL"),
    ({"width": 0}, "size"),
]


@pytest.mark.parametrize(("change", "why"), BAD)
async def test_a_launch_that_cannot_be_is_refused(
    world: World, change: dict[str, object], why: str, open_terminal: Opened
) -> None:
    """With a sentence, and nothing started."""
    from dataclasses import replace

    async with open_terminal as (terminal, viewer):
        with pytest.raises(InvalidInput, match=why):
            await terminal.spawn(replace(world.launch("fine", "cat"), **change))  # type: ignore[arg-type]
        await viewer.until(lambda: viewer.last(world.own))
        assert not viewer.panes(world.own)


def read(file: Path) -> bytes:
    """What the reader has read so far."""
    return file.read_bytes() if file.exists() else b""
