"""What is shown of what the daemon does by itself: whom it told, whom it will archive, and what holds an agent back."""

from collections.abc import Iterator

import pytest

from browser.chromium import Page
from e2e.waiting import until
from e2e.world import World

NOTIFY = """
[ways.mail]
type = "command"
argv = ["sh", "-c", "echo the letterbox is full >&2; exit 1"]
attempts = 1

[[rules]]
on = ["agent_complete"]
digest_s = 0
"""


@pytest.fixture
def world() -> Iterator[World]:
    """One that announces, and tells people by a way that is broken."""
    fresh = World(config="[cleanup]\ncomplete_minutes = 0.02\nnotice_minutes = 30\n")
    file = fresh.home / ".config" / "outrider" / "notify.toml"
    file.parent.mkdir(parents=True)
    file.write_text(NOTIFY, encoding="utf-8")
    try:
        yield fresh.start()
    finally:
        fresh.close()


def test_a_delivery_that_failed_is_told_and_who_is_to_be_archived_can_be_kept(world: World, page: Page) -> None:
    world.spawn("done", [[{"say": "Done."}]], "--prompt", "Go")
    page.sees("to be archived in", "[data-session=done]", timeout=30)
    page.run("location.hash = '#/agent/done'")
    page.sees("It will be ended and archived in", "[aria-label=Cleanup]")
    page.click_words("Keep it")
    page.sees("Held back from cleanup", "[aria-labelledby=facts-title]")
    agent = world.agent("done")
    assert (agent["keep"], agent["cleanup"]) == (True, None)
    page.click_words("No longer keep")
    until(lambda: not world.agent("done")["keep"], what="it to be left to cleanup again")
    page.run("location.hash = '#/alerts'")
    page.sees("did not arrive", "[data-notice=failed]", timeout=30)
    page.sees("the letterbox is full", "[data-notice=failed]")
    page.click_words("Send again")
    page.sees("It is sent once more.", ".notices")
    page.click("[data-rule=waiting] .ways input[value=mail]")
    page.click_words("Save")
    page.sees("The rules are saved.", ".notices")
    rules = world.http.get("/api/alerts").json()["rules"]
    assert [rule["ways"] for rule in rules if rule["id"] == "waiting"] == [["mail"]]
