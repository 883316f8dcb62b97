"""A day at the desk: who needs a person is found by keys alone, told by the browser, and found among a hundred."""

import json
from concurrent.futures import ThreadPoolExecutor

from browser.asking import ASKS
from browser.chromium import Page
from e2e.waiting import until
from e2e.world import Run, World

CHOSEN = "document.querySelector('[aria-current=true]')?.dataset.session"
# A browser whose person allows notifications, and looks at something else.
AWAY = """(() => { window.told = [];
  window.Notification = class { static permission = 'granted'; static requestPermission = async () => 'granted';
    constructor(title, options) { window.told.push([title, options.body]); window.last = this; } };
  Object.defineProperty(document, 'visibilityState', {get: () => 'hidden'}); })()"""
HUNDRED = 100


def asking(world: World, session: str) -> Run:
    run = world.spawn(session, [ASKS], "--prompt", "Clean up")
    until(lambda: world.agent(session)["state"] == "waiting", what=f"{session} to ask")
    return run


def test_keys_alone_lead_to_who_needs_a_person(world: World, page: Page) -> None:
    runs = {name: asking(world, name) for name in ("first", "second", "third")}
    page.press("2")
    page.wait(f"document.querySelectorAll('.answers button').length === 9 && {CHOSEN} === 'first'")
    for key, wanted in (("j", "second"), ("j", "third"), ("j", "third"), ("k", "second")):
        page.press(key)
        page.wait(f"{CHOSEN} === {json.dumps(wanted)}")
    page.press("d")
    until(lambda: runs["second"].log("answer"), what="the answer to arrive")
    assert not runs["second"].log("answer")[0]["answer"].startswith("Yes")
    assert not runs["first"].log("answer") + runs["third"].log("answer")
    page.wait("document.querySelectorAll('[data-need]').length === 2")
    page.press("k")
    page.press("Enter")
    page.sees("first", "h1")
    page.press("?")
    page.sees("approve, deny", "dialog")
    page.press("Escape")
    page.wait("!document.querySelector('dialog')")
    page.press("/")
    page.wait("document.activeElement?.id === 'search'")
    page.type("thi")
    page.wait("document.querySelectorAll('main [data-session]').length === 1")


def test_the_browser_tells_who_is_looking_elsewhere(world: World, page: Page) -> None:
    page.run(AWAY)
    page.run("location.hash = '#/needs'")
    page.click_words("Notify me")
    page.sees("Notifications on", "main")
    world.spawn("asker", [ASKS], "--prompt", "Clean up")
    page.wait("window.told.length > 0", what="a notification")
    assert page.run("window.told[0][0]") == "asker · waiting"
    page.run("window.last.onclick()")
    page.sees("asker", "h1")


def test_a_hundred_agents(world: World, page: Page) -> None:
    def spawn(number: int) -> None:
        body = {
            "session": f"agent-{number:03}",
            "kind": "shell",
            "workdir": str(world.workdir(f"project-{number % 5}")),
        }
        world.http.post("/api/agents", json=body, timeout=60).raise_for_status()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(spawn, range(HUNDRED)))
    page.wait(f"document.querySelectorAll('main [data-session]').length === {HUNDRED}", 30)
    by = "document.querySelector('.group select')"
    page.run(f"{by}.value = 'project'; {by}.dispatchEvent(new Event('change', {{bubbles: true}}))")
    page.wait("document.querySelectorAll('main section h2').length === 5")
    page.click("[aria-label=Table]")
    page.wait(f"document.querySelectorAll('tbody tr').length === {HUNDRED}")
    page.press("/")
    page.wait("document.activeElement?.id === 'search'")
    page.type("agent-042")
    page.wait("document.querySelectorAll('tbody tr').length === 1")
    page.press("Escape")
    page.wait(f"document.querySelectorAll('tbody tr').length === {HUNDRED}")
    page.press("2")
    world.spawn("zealous", [ASKS], "--prompt", "Clean up")
    page.sees("zealous", "main")
    page.wait("document.querySelectorAll('.answers button').length === 3")
