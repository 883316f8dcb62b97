"""Logging a browser in with a link, and what one that may only look is shown."""

import json

from browser.asking import ASKS
from browser.chromium import Page
from e2e.waiting import until
from e2e.world import World

# Every control that would change something, and whether it can be used.
USABLE = "[...document.querySelectorAll('{}')].filter(e => !e.matches(':disabled')).map(e => e.innerText)"


def test_a_guest_looks_and_changes_nothing(world: World, page: Page) -> None:
    world.spawn("clean", [ASKS], "--prompt", "Clean up")
    until(lambda: world.agent("clean")["state"] == "waiting", what="it to ask")
    made = world.cli("token", "link", "guest", "--scope", "read")
    url = made.stdout.split("\n")[0]
    assert url.startswith(f"{world.url}/login#"), made.stdout + made.stderr
    page.go(url)
    page.wait("document.getElementById('open')?.hidden === false")
    page.click_words("Log in")
    page.sees("Read only", "header")
    page.wait("!!document.querySelector('[data-session=clean]')")
    assert page.run(USABLE.format(".new")) == []
    page.run("location.hash = '#/needs'")
    page.sees("guest may only look", "[data-need], main")
    assert page.run(USABLE.format(".answers button")) == []
    page.press("a")
    page.sees("guest may only look", ".notices")
    assert world.agent("clean")["state"] == "waiting"
    page.run("location.hash = '#/agent/clean'")
    page.sees("clean", "h1")
    assert page.run(USABLE.format(".actions button, form button")) == []
    page.run("location.hash = '#/alerts'")
    page.wait("!!document.querySelector('.rule input')")
    page.sees("guest may only look", "main")
    assert page.run(USABLE.format(".rule input, .rule select, .rule .danger, .quiet input, .top button")) == []
    page.press("?")
    page.click_words("Log out", "dialog button")
    page.wait("location.pathname === '/login'")
    assert json.loads(world.cli("token", "list", "--json").stdout)["tokens"] == []
    page.go(url)
    page.wait("document.getElementById('open')?.hidden === false")
    page.click_words("Log in")
    page.sees("used already", "[role=alert]")
    page.complaints[:] = [said for said in page.complaints if "401" not in said]
    page.go(world.url)
    page.wait("!!document.querySelector('[data-session=clean]')")
    assert "Read only" not in page.text("header")
