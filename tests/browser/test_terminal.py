"""The live terminal in a browser: cell by cell what the pane shows, keys only after taking control, and no harm to the pane."""

import json
import sys
from pathlib import Path

from browser.chromium import Chromium, Page
from e2e.waiting import until
from e2e.world import World

ROWS = "[...document.querySelectorAll('.xterm-rows > div')].map(row => row.textContent.replaceAll('\\u00a0', ' ').trimEnd())"
LIVE = "document.querySelector('.host')?.dataset.link === 'live'"
# Colours, every width of character, the line drawing set, an odd title, and questions that only tmux may answer.
PAINTED = r"""
import sys, tty
tty.setraw(0)
out = sys.stdout.buffer
def say(text): out.write(text.encode()); out.flush()
say("".join(f"before {number}\r\n" for number in range(100)))
say("\x1b[2J\x1b[H\x1b[38;2;10;200;30mtrue\x1b[0m \x1b[31mrot\x1b[0m \x1b[1;42mgrün \x1b[0m 漢字 😀 e\u0301 <b>no markup</b>\r\n")
say("\x1b(0lqqqk\x1b(B\r\n\x1bka title\x1b\\" + "x" * 130 + "\r\n")
say("\x1b[c\x1b[6n\x1b]11;?\x07\x1b[?1000;1006hasked\r\n")
say("\x1b[20;10Hthere\x1b[41m   \x1b[0m")
while key := sys.stdin.buffer.read1(100):
    say("\r\n" + repr(key))
"""


def spawned(world: World) -> None:
    """A program of ours in the session `live`."""
    script = world.root / "painted.py"
    script.write_text(PAINTED, encoding="utf-8")
    argv = ["spawn", "--session", "live", "--workdir", str(world.workdir()), "--agent", "shell"]
    done = world.cli(*argv)
    assert done.returncode == 0, done.stderr
    until(lambda: world.screen("live").strip(), what="the shell's prompt")
    world.tmux("send-keys", "-t", "=live:", "-l", f"exec {sys.executable} {script}")
    world.press("live", "Enter")
    until(lambda: "there" in world.screen("live"), what="the program to have drawn")


def opened(world: World, page: Page) -> None:
    page.go(f"{world.url}/#/agent/live")
    page.click_words("Open live terminal")
    page.wait(LIVE, what="the terminal to be live")


def cells(world: World) -> list[str]:
    # A capture names the line drawing characters by their letters.
    return [row.rstrip().replace("lqqqk", "┌───┐") for row in world.screen("live").split("\n")]


def same(world: World, page: Page) -> None:
    """Waits until the page shows, cell by cell, what the pane shows; what is out of sight is not drawn."""
    page.run("document.querySelector('.host').scrollIntoView()")

    def shown() -> bool:
        rows = page.run(ROWS)
        assert isinstance(rows, list)
        return "\n".join(map(str, rows)).rstrip() == "\n".join(cells(world)).rstrip()

    try:
        until(shown)
    except AssertionError:
        raise AssertionError(json.dumps([page.run(ROWS), cells(world)], ensure_ascii=False, indent=1)) from None


def test_it_shows_what_the_pane_shows_and_types_for_who_took_control(
    world: World, page: Page, chromium: Chromium, pictures: Path
) -> None:
    spawned(world)
    size = world.tmux("display-message", "-p", "-t", "=live:", "#{pane_width}x#{pane_height}")
    opened(world, page)
    same(world, page)
    red = "[...document.querySelectorAll('.xterm-rows span')].find(e => e.textContent === 'rot')"
    assert page.run(f"getComputedStyle({red}).color") == "rgb(240, 113, 123)"
    true = red.replace("rot", "true")
    assert page.run(f"getComputedStyle({true}).color") == "rgb(10, 200, 30)"
    assert not page.complaints, page.complaints  # the content policy refused nothing
    page.picture(pictures / "terminal.png")

    # What was there before it was opened can be scrolled to, without control.
    page.click(".xterm-screen")
    page.press("PageUp", shift=True)
    page.press("PageUp", shift=True)
    page.wait(f"{ROWS}.includes('before 60')", what="older lines to be shown")
    assert "before 60" not in world.screen("live")
    for _ in range(2):
        page.press("PageDown", shift=True)
    same(world, page)

    # Keys without control go nowhere; with it they arrive, each byte.
    page.click(".xterm-screen")
    page.press("x")
    page.click_words("Take control")
    page.sees("You type into this terminal.")
    page.type("é")
    until(lambda: repr("é".encode()) in world.screen("live"), what="the letter to arrive")
    page.press("Enter")
    until(lambda: repr(b"\r") in world.screen("live"), what="Enter to arrive")
    page.press("ArrowUp")
    until(lambda: repr(b"\x1b[A") in world.screen("live"), what="the arrow to arrive")
    assert "'x'" not in world.screen("live")
    same(world, page)

    # A second viewer sees the same and who has control; a small window changes nothing of the pane.
    other = chromium.page()
    other.size(390, 844, phone=True)
    other.go(f"{world.url}/#/agent/live")  # this browser has chosen the terminal before
    other.wait(LIVE, what="the terminal to be live")
    same(world, other)
    other.sees("has control", ".live")
    other.picture(pictures / "terminal-phone.png")
    other.click_words("Take control from them")
    page.sees("has control", ".live")
    other.close()
    page.size(700, 600)
    assert world.tmux("display-message", "-p", "-t", "=live:", "#{pane_width}x#{pane_height}") == size
    page.size(1280, 900)
    page.ask("Page.bringToFront")  # what is behind another tab is not drawn

    # The daemon's death is not the pane's.
    world.kill9()
    page.wait("document.querySelector('.host').dataset.link !== 'live'")
    world.press("live", "w")
    world.start()
    page.wait(LIVE, timeout=30, what="the terminal to be live again")
    same(world, page)
    assert [row["action"] for row in world.http.get("/api/agents/live/log").json()["log"]].count("terminal_take") == 2

    # The session's end is said.
    world.tmux("kill-session", "-t", "=live")
    page.wait("!document.querySelector('.host') || document.querySelector('.host').dataset.link === 'over'")
    until(lambda: not world.agent("live")["alive"], what="the agent to be known as gone")
    page.complaints.clear()  # of the connections that the death cut, and of output that cannot be had any more
