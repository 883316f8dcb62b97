"""What is particular to real tmux servers: they go and come, people act on them too, and others own some of them."""

import os
import pty
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from outrider.errors import PaneGone, TerminalAway, TerminalError, TimedOut, Touched
from outrider.model.pane import Away, Sweep, Terms
from tmux.world import World, until, viewing


async def test_a_server_that_went_and_came_has_a_new_start(world: World) -> None:
    """Away while it is gone, then a Sweep of another run of it, however soon; old panes are gone."""
    async with viewing(world.terminal()) as viewer:
        terminal = viewer.terminal
        old = await terminal.spawn(world.launch("one", "cat"))
        await viewer.until(lambda: viewer.panes(world.own))
        world.tmux("kill-server")
        await viewer.until(lambda: (away := viewer.away(world.own)) and away.gone)
        new = await terminal.spawn(world.launch("one", "sh", "-c", "echo again; exec cat"))
        terminal.follow([new.ref])
        await viewer.until(lambda: "again" in viewer.shown(new.ref))
        assert new.ref.pane == old.ref.pane
        assert new.ref.started != old.ref.started  # though both started within the same second, most likely
        with pytest.raises(PaneGone):
            await terminal.look(old.ref)


async def test_losing_the_control_client_is_not_losing_the_server(world: World) -> None:
    """Its process is killed; the sweeps go on, and nothing was ever away."""
    async with viewing(world.terminal()) as viewer:
        pane = await viewer.terminal.spawn(world.launch("one", "sh", "-c", "echo one; exec cat"))
        viewer.terminal.follow([pane.ref])
        await viewer.until(lambda: "one" in viewer.shown(pane.ref))
        viewer.sights.clear()
        killed = client_pid(world)
        os.kill(killed, signal.SIGKILL)
        await until(lambda: client_pid(world) not in (0, killed))
        await viewer.terminal.write(pane.ref, "typed after it")
        await viewer.until(lambda: "typed after it" in viewer.shown(pane.ref))
        assert not [sight for sight in viewer.sights if isinstance(sight, Away)]


async def test_a_session_killed_from_outside_is_seen_at_once(world: World) -> None:
    """Well under a second, also when nothing has moved for a while."""
    async with viewing(world.terminal()) as viewer:
        for name in ("one", "two"):
            await viewer.terminal.spawn(world.launch(name, "cat"))
        await viewer.until(lambda: len(viewer.panes(world.own)) == 2)
        world.tmux("kill-session", "-t", "=one")
        await viewer.until(lambda: [pane.session for pane in viewer.panes(world.own)] == ["two"], limit_s=0.9)


async def test_a_renamed_session_is_the_same_pane(world: World) -> None:
    """Its identity stays, and so do its generation and the ways to it."""
    async with viewing(world.terminal()) as viewer:
        pane = await viewer.terminal.spawn(world.launch("before", "cat"))
        world.tmux("rename-session", "-t", "=before", "after")
        await viewer.until(lambda: [each.session for each in viewer.panes(world.own)] == ["after"])
        (after,) = viewer.panes(world.own)
        assert (after.ref, after.generation) == (pane.ref, "token-before")
        viewer.terminal.follow([pane.ref])
        await viewer.terminal.write(pane.ref, "still here")
        await viewer.until(lambda: "still here" in viewer.shown(pane.ref))


async def test_any_title_path_and_output_leave_the_sweep_whole(world: World) -> None:
    """Separators, newlines, control bytes and invalid UTF-8 where tmux lets them through."""
    folder = world.home / "a b\n%9 1 $1 0\t#{pid} é"
    folder.mkdir()
    script = r"printf '\033]2;%%1 x\ty #{pid} é %%end 1 2 1\033\\'; printf '\377\376 \001 bad %%end 1 2 1\n'; exec cat"
    async with viewing(world.terminal()) as viewer:
        from dataclasses import replace

        odd = await viewer.terminal.spawn(replace(world.launch("odd", "sh", "-c", script), workdir=str(folder)))
        fine = await viewer.terminal.spawn(world.launch("fine one é", "sh", "-c", "echo fine; exec cat"))
        viewer.terminal.follow([odd.ref, fine.ref])
        await viewer.until(lambda: "bad" in viewer.shown(odd.ref) and "fine" in viewer.shown(fine.ref))
        await viewer.until(lambda: any("#{pid}" in pane.title for pane in viewer.panes(world.own)))
        panes = {pane.session: pane for pane in viewer.panes(world.own)}
        assert set(panes) == {"odd", "fine one é"}
        assert panes["odd"].path == str(folder)
        assert "#{pid} é %end 1 2 1" in panes["odd"].title
        assert "bad %end 1 2 1" in viewer.screens[odd.ref].rows[0]


async def test_thirty_panes(world: World) -> None:
    """The first sweep after following has all screens, and a new line is found in the one that wrote it."""
    async with viewing(world.terminal()) as viewer:
        panes = [
            await viewer.terminal.spawn(world.launch(f"p{n}", "sh", "-c", f"echo pane {n}.; exec cat"))
            for n in range(30)
        ]
        viewer.terminal.follow([pane.ref for pane in panes])
        await viewer.until(lambda: all(f"pane {n}." in viewer.shown(pane.ref) for n, pane in enumerate(panes)))
        viewer.sights.clear()
        await viewer.terminal.write(panes[7].ref, "news")
        await viewer.until(lambda: "news" in viewer.shown(panes[7].ref))
        changed = {
            screen.pane.session for sight in viewer.sights if isinstance(sight, Sweep) for screen in sight.screens
        }
        assert changed == {"p7"}


async def test_a_person_in_copy_mode_is_not_typed_over(world: World) -> None:
    """Paste and text are refused; a key may leave the mode."""
    async with viewing(world.terminal()) as viewer:
        pane = await viewer.terminal.spawn(world.launch("mode", "cat"))
        world.tmux("copy-mode", "-t", "=mode:")
        for typing in (viewer.terminal.paste(pane.ref, "x\n"), viewer.terminal.write(pane.ref, "x")):
            with pytest.raises(TerminalError, match="copy mode"):
                await typing
        assert (await viewer.terminal.look(pane.ref)).pane.in_mode
        await viewer.terminal.press(pane.ref, ["q"])
        assert not (await viewer.terminal.look(pane.ref)).pane.in_mode
        world.tmux("copy-mode", "-t", "=mode:")
        await viewer.terminal.press(
            pane.ref, ["\x1b[27u", "\x1b[27u"]
        )  # Escape leaves it; nothing of it comes to the program
        assert not (await viewer.terminal.look(pane.ref)).pane.in_mode
        await viewer.terminal.press(pane.ref, ["x", "\x1b[27u", "\x1b[27u"])
        await until(lambda: "^[[27u^[[27u" in world.tmux("capture-pane", "-p", "-t", "=mode:"))
        assert world.tmux("capture-pane", "-p", "-t", "=mode:").strip() == "x^[[27u^[[27u"
        assert world.tmux("list-buffers") == ""


async def test_a_trace_is_left_with_the_pane_only_where_something_was_typed(world: World) -> None:
    """And another terminal, which is another daemon, finds it there."""
    async with viewing(world.terminal()) as viewer:
        terminal = viewer.terminal
        one, other = [await terminal.spawn(world.launch(name, "cat")) for name in ("one", "other")]
        assert await terminal.traced(one.ref) == ""
        await terminal.trace(one.ref, "nothing yet")
        world.tmux("copy-mode", "-t", "=one:")
        with pytest.raises(TerminalError):
            await terminal.paste(one.ref, "x", Terms(trace="pasted"))
        await terminal.press(one.ref, ["q"])
        async with viewing(world.terminal()) as later:
            assert await later.terminal.traced(one.ref) == "nothing yet"
            await terminal.paste(one.ref, "x", Terms(trace="pasted"))
            assert await later.terminal.traced(one.ref) == "pasted"
            await terminal.write(one.ref, "y", Terms(trace="written"))
            assert await later.terminal.traced(one.ref) == "written"
            await terminal.press(one.ref, ["Enter"], Terms(trace="pressed"))
            assert (await later.terminal.traced(one.ref), await later.terminal.traced(other.ref)) == ("pressed", "")
        await terminal.end(one.ref)
        assert "OUTRIDER_TYPED" not in world.tmux("show-environment", "-gh")


async def test_a_persons_keys_are_told_with_their_second_and_ours_are_not(world: World) -> None:
    async with viewing(world.terminal()) as viewer:
        terminal = viewer.terminal
        pane = await terminal.spawn(world.launch("keys", "cat"))
        terminal.follow([pane.ref])
        with attached(world, "keys") as keyboard:
            await viewer.until(lambda: [each.clients for each in viewer.panes(world.own)] == [1])
            began = (await terminal.look(pane.ref)).pane.touched_s
            await until(lambda: int(time.time()) > began)
            await terminal.write(pane.ref, "ours")
            await terminal.press(pane.ref, ["Enter"])
            await viewer.until(lambda: viewer.shown(pane.ref).count("ours") == 2)
            assert (await terminal.look(pane.ref)).pane.touched_s == began
            os.write(keyboard, b"theirs")
            await viewer.until(lambda: "theirs" in viewer.shown(pane.ref))
            assert (await terminal.look(pane.ref)).pane.touched_s > began


async def test_nothing_is_typed_where_a_person_pressed_a_key_since_the_look(world: World) -> None:
    async with viewing(world.terminal()) as viewer:
        terminal = viewer.terminal
        pane = await terminal.spawn(world.launch("keys", "cat"))
        terminal.follow([pane.ref])
        with attached(world, "keys") as keyboard:
            await viewer.until(lambda: [each.clients for each in viewer.panes(world.own)] == [1])
            seen = (await terminal.look(pane.ref)).pane
            await until(lambda: int(time.time()) > seen.touched_s)
            os.write(keyboard, b"theirs")
            await viewer.until(lambda: "theirs" in viewer.shown(pane.ref))
            for typing in (
                terminal.press(pane.ref, ["x"], Terms(touched_s=seen.touched_s)),
                terminal.write(pane.ref, "x", Terms("cat", seen.touched_s)),
                terminal.paste(pane.ref, "x", Terms(touched_s=seen.touched_s, before=("x",))),
            ):
                with pytest.raises(Touched):
                    await typing
            now = (await terminal.look(pane.ref)).pane.touched_s
            await terminal.press(pane.ref, ["1"], Terms(touched_s=now))
            await terminal.write(pane.ref, "2", Terms("cat", now))
            await terminal.paste(pane.ref, "3", Terms(touched_s=now, trace="pasted", before=("C-e", "0")))
            await viewer.until(lambda: "theirs12^E03" in viewer.shown(pane.ref))
            assert "x" not in viewer.shown(pane.ref)
            assert world.tmux("list-buffers") == ""


@contextmanager
def attached(world: World, session: str) -> Iterator[int]:
    """The keyboard of a person at a client of that session."""
    keyboard, slave = pty.openpty()
    argv = ["tmux", "-u", "-L", world.own, "attach", "-t", f"={session}"]
    client = subprocess.Popen(
        argv, env={**world.env, "TERM": "xterm"}, stdin=slave, stdout=slave, stderr=slave, start_new_session=True
    )
    os.close(slave)
    try:
        yield keyboard
    finally:
        client.kill()
        client.wait(40)
        os.close(keyboard)


async def test_a_server_that_hangs_is_unknown_and_its_late_answers_answer_nothing(world: World) -> None:
    """Stopped, it is away without being gone; what was typed meanwhile cannot be told; then all is right again."""
    async with viewing(world.terminal(limit_s=0.4)) as viewer:
        pane = await viewer.terminal.spawn(world.launch("hang", "cat"))
        viewer.terminal.follow([pane.ref])
        await viewer.until(lambda: viewer.panes(world.own))
        server = int(world.tmux("display-message", "-p", "#{pid}"))
        os.kill(server, signal.SIGSTOP)
        try:
            with pytest.raises(TimedOut):
                await viewer.terminal.write(pane.ref, "late")
            with pytest.raises(TerminalAway):
                await viewer.terminal.output(pane.ref, lines=3)
            await viewer.until(lambda: viewer.away(world.own))
            away = viewer.away(world.own)
            assert away is not None
            assert not away.gone
            assert viewer.terminal.health()["status"] == "degraded"
        finally:
            os.kill(server, signal.SIGCONT)
        await viewer.until(lambda: "late" in viewer.shown(pane.ref))
        assert await viewer.terminal.output(pane.ref, lines=3) == ("late",)
        assert viewer.terminal.health()["status"] == "ok"


async def test_somebody_elses_server_is_watched_and_left_as_it_was(world: World) -> None:
    """Never started, never kept alive, our session never reported; people's clients are counted, ours are not."""
    async with viewing(world.terminal(world.other)) as viewer:
        await viewer.until(lambda: (away := viewer.away(world.other)) and away.gone)
        assert not (world.home / f"tmux-{os.getuid()}" / world.other).exists()
        world.tmux("new-session", "-d", "-s", "theirs", "sh", "-c", "echo theirs; exec cat", server=world.other)
        await viewer.until(lambda: viewer.panes(world.other))
        (pane,) = viewer.panes(world.other)
        assert (pane.session, pane.generation, pane.clients) == ("theirs", "", 0)
        viewer.terminal.follow([pane.ref])
        await viewer.until(lambda: "theirs" in viewer.shown(pane.ref))
        await viewer.terminal.write(pane.ref, "hello")
        await viewer.until(lambda: "hello" in viewer.shown(pane.ref))
        assert world.tmux("list-sessions", "-F", "#{session_name}", server=world.other).split() == [
            "_outrider",
            "theirs",
        ]
        world.tmux("kill-session", "-t", "=theirs", server=world.other)
        await viewer.until(lambda: (away := viewer.away(world.other)) and away.gone)
        await until(lambda: viewer.terminal.health()["status"] == "ok")


async def test_leaving_takes_our_session_along_from_somebody_elses_server(world: World) -> None:
    """Nothing of ours stays; on our own server the agents stay."""
    world.tmux("new-session", "-d", "-s", "theirs", "env", "cat", server=world.other)
    async with viewing(world.terminal(world.other)) as viewer:
        await viewer.terminal.spawn(world.launch("ours", "cat"))
        await viewer.until(lambda: viewer.panes(world.other) and viewer.panes(world.own))
    assert world.tmux("list-clients", server=world.own) == ""
    assert "ours" in world.tmux("list-sessions", "-F", "#{session_name}")
    assert world.tmux("list-sessions", "-F", "#{session_name}", server=world.other).split() == ["theirs"]


async def test_panes_linked_elsewhere_stand_once_under_their_own_session(world: World) -> None:
    """A grouped session shows the same panes."""
    async with viewing(world.terminal()) as viewer:
        pane = await viewer.terminal.spawn(world.launch("zulu", "cat"))
        world.tmux("new-session", "-d", "-s", "alpha", "-t", "=zulu")
        seen = len(viewer.sights)
        await viewer.until(lambda: len(viewer.sights) > seen + 3)
        assert [(each.ref, each.session) for each in viewer.panes(world.own)] == [(pane.ref, "zulu")]


async def test_without_a_control_client_forks_do_it_and_health_says_so(world: World) -> None:
    """A tmux whose control clients all die at once."""
    program = world.home / "tmux-without-control"
    program.write_text('#!/bin/sh\nfor word in "$@"; do [ "$word" = -C ] && exit 1; done\nexec tmux "$@"\n')
    program.chmod(0o755)
    async with viewing(world.terminal(program=str(program))) as viewer:
        terminal = viewer.terminal
        await until(lambda: terminal.health()["status"] == "ok")
        world.tmux("new-session", "-d", "-s", "there", "env", "cat")
        await viewer.until(lambda: viewer.panes(world.own))
        assert terminal.health()["status"] == "degraded"
        assert "control client" in str(terminal.health()["why"])
        pane = await terminal.spawn(world.launch("forked", "sh", "-c", "echo forked; exec cat"))
        terminal.follow([pane.ref])
        await viewer.until(lambda: "forked" in viewer.shown(pane.ref))
        await terminal.paste(pane.ref, "x;\n'y' $HOME\n")
        await viewer.until(lambda: "'y' $HOME" in viewer.shown(pane.ref))
        await terminal.end(pane.ref)
        with pytest.raises(PaneGone):
            await terminal.write(pane.ref, "x")
        await viewer.until(lambda: [each.session for each in viewer.panes(world.own)] == ["there"])


async def test_tmux_absent_or_too_old_is_said(world: World) -> None:
    """With what to do about it."""
    old = world.home / "old-tmux"
    old.write_text("#!/bin/sh\necho tmux 3.1c\n")
    old.chmod(0o755)
    for program, why in ((str(world.home / "absent"), "sudo apt-get install tmux"), (str(old), "3.1c is too old")):
        async with viewing(world.terminal(program=program)) as viewer:
            with pytest.raises(TerminalAway, match=why):
                await viewer.terminal.spawn(world.launch("x", "cat"))
            await viewer.until(partial(viewer.away, world.own))
            away = viewer.away(world.own)
            assert away is not None
            assert why in away.why
            assert viewer.terminal.health()["status"] == "degraded"


def client_pid(world: World) -> int:
    """The process of our control client."""
    return int(world.tmux("list-clients", "-F", "#{client_pid}").split("\n")[0] or 0)
