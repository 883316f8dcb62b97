"""The overview at work: the last hour under each name, several agents at once, and what the agent's page tells besides."""

import subprocess
from collections.abc import Iterator

import pytest

from browser.chromium import Page
from e2e.scripted.script import Step
from e2e.waiting import until
from e2e.world import World

BY_STATE = """(() => { const by = document.querySelector('.group select'); by.value = 'state';
  by.dispatchEvent(new Event('change', {bubbles: true})); })()"""

INDENTS = (
    "[...document.querySelectorAll('[aria-labelledby=progress-title] input')].map(e => e.getBoundingClientRect().x)"
)


@pytest.fixture
def world() -> Iterator[World]:
    """One that counts its history often."""
    fresh = World(config="[retention]\nhistory_every_s = 0.5\n")
    try:
        yield fresh.start()
    finally:
        fresh.close()


def test_several_agents_are_picked_and_told_the_same(world: World, page: Page) -> None:
    runs = [world.spawn(name, [[{"say": "Done."}]]) for name in ("one", "two")]
    world.spawn("three", [[{"say": "Done."}]])
    page.sees("three", "main")
    page.click_words("Pick several")
    for name in ("one", "two"):
        page.click(f"[aria-label='Pick {name}']")
    page.sees("2 picked", "[aria-label='For all that are picked']")
    page.click("[aria-label='Text for all that are picked']")
    page.type("Run the tests")
    page.press("Enter")
    page.sees("2 agents were sent it", ".notices")
    until(lambda: all(run.prompts() == ["Run the tests"] for run in runs), what="the text to arrive")
    page.click_words("Kill 2")
    page.sees("one, two", "dialog")
    page.click_words("Kill 2", "dialog button")
    until(lambda: not world.agent("one")["alive"] and not world.agent("two")["alive"], what="both to end")
    assert world.agent("three")["alive"]
    page.click_words("Forget 2")
    page.wait("document.querySelectorAll('main [data-session]').length === 1")
    page.click_words("Done")
    page.wait("!document.querySelector('[aria-label=\"For all that are picked\"]')")


def test_the_last_hour_the_groups_by_state_why_and_how_far(world: World, page: Page) -> None:
    tasks = world.workdir() / "TASKS.md"
    tasks.write_text("# First\n- [x] Look\n  - [x] Around\n- [ ] Build\n- [ ] Test\n", encoding="utf-8")
    turns: list[list[Step]] = [[{"tool": "Read", "input": {"file_path": "a.py"}, "hold": "reading"}]]
    run = world.spawn("worker", turns, "--prompt", "Go", "--spec", "TASKS.md")
    run.reached("reading")

    def counted() -> bool:
        return "worker" in world.http.get("/api/history/states").json()["states"]

    until(counted, 60, what="the history to tell of it")
    page.reload()
    page.wait("!!document.querySelector('[data-session=worker] svg[role=img]')")
    assert "The last hour" in str(page.run("document.querySelector('[data-session=worker] svg[role=img]').ariaLabel"))
    page.run(BY_STATE)
    page.sees("reading", "section h2")
    page.run("location.hash = '#/agent/worker'")
    page.sees("Its own hook says", "[aria-labelledby=why-title]")
    page.sees("a.py", "[aria-labelledby=why-title]")
    page.sees("1 of 3", "[aria-labelledby=progress-title]")
    page.sees("First", "[aria-labelledby=progress-title]")
    assert page.run(f"{INDENTS}.map(x => x - {INDENTS}[0])") == [0, 20, 0, 0], (
        "what is a part of another stands below it"
    )
    page.click("[aria-labelledby=progress-title] label:has(input:not(:checked))")
    page.sees("2 of 3", "[aria-labelledby=progress-title]")
    assert tasks.read_text(encoding="utf-8") == "# First\n- [x] Look\n  - [x] Around\n- [x] Build\n- [ ] Test\n"
    page.wait("!!document.querySelector('[aria-labelledby=progress-title] polyline')", what="its course to be drawn")


def test_what_an_agent_changed_and_who_had_it_do_what(world: World, page: Page) -> None:
    place = world.workdir()
    for argv in (
        ["init", "-q", "-b", "main"],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "Begin"],
    ):
        subprocess.run(["git", *argv], cwd=place, check=True, env=world.env)
    world.spawn("tree", [[{"say": "Done."}]], "--worktree")
    tree = world.agent("tree")["worktree"]
    assert tree is not None
    subprocess.run(["sh", "-c", "echo hello > made.txt"], cwd=tree, check=True)
    world.sent(world.send("tree", "Go"))
    page.sees("⎇ outrider/tree +1 −0", "[data-session=tree]")
    page.run("location.hash = '#/agent/tree'")
    page.sees("tree", "h1")
    page.click_words("Files changed")
    page.sees("made.txt", ".changes")
    page.click_words("made.txt")
    page.sees("+hello", ".changes .file")
    page.click_words("Audit")
    page.sees("spawn", ".audit ol")
