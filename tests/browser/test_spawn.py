"""The form that spawns an agent: everything that it asks for reaches the agent."""

import json
import subprocess

import pytest

from browser.chromium import Chromium, Page
from e2e.world import World


@pytest.fixture
def world() -> World:
    """One whose agents all play one script, as a form gives an agent no variables."""
    fresh = World()
    fresh.env["SCRIPTED_AGENT_DIR"] = str(fresh.run("filled").root)
    return fresh


def test_what_the_form_asks_for_reaches_the_agent(world: World, chromium: Chromium) -> None:
    place = world.workdir()
    place.joinpath("TODO.md").write_text("- [ ] One\n", encoding="utf-8")
    for argv in (
        ["init", "-q", "-b", "main"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "Begin"],
    ):
        subprocess.run(["git", *argv], cwd=place, check=True, env=world.env)
    run = world.run("filled")
    run.script([[{"say": "Done."}]])
    world.start()
    try:
        page = chromium.page()
        page.go(world.url)
        _filled(page, place)
        page.sees("filled", "h1")
        page.sees("Its list has open items.")  # which it is told of once its turn has ended
        agent = world.agent("filled")
        assert run.prompts() == ["Look around"]
        assert (agent["model"], agent["policy"], agent["spec"]) == ("opus", "standard", "TODO.md")
        assert agent["worktree"] != str(place)
        assert agent["branch"] == "from-the-form"
        assert not page.complaints, page.complaints
        page.close()
    finally:
        world.close()


def _filled(page: Page, place: object) -> None:
    page.wait("!!document.querySelector('main')")
    page.press("n")
    page.wait("document.querySelectorAll('dialog input[type=radio]').length > 1")
    page.click("dialog label:has([value=claude])")
    page.click_words("More", "dialog summary")
    page.click("dialog label.check")
    for field, text in (
        ("[placeholder=my-task]", "filled"),
        ("[placeholder='its own default']", "opus"),
        ("[list=places]", str(place)),
        ("textarea", "Look around"),
        ("[placeholder='named for the agent']", "from-the-form"),
        ("[placeholder='TASKS.md']", "TODO.md"),
    ):
        page.run(f"document.querySelector({json.dumps(f'dialog {field}')}).select()")
        page.type(text)
    page.run(
        "(() => { const by = document.querySelector('dialog .more select'); by.value = 'standard';"
        " by.dispatchEvent(new Event('change', {bubbles: true})); })()"
    )
    page.click_words("Start", "dialog button")
