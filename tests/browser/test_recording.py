"""A recording is begun on the page of its agent, and played there when the agent has long gone."""

from browser.chromium import Page
from e2e.waiting import until
from e2e.world import World

DRAWN = "document.querySelector('dialog .xterm-rows')?.textContent.replaceAll('\\u00a0', ' ') ?? ''"


def test_a_recording_is_begun_and_played(world: World, page: Page) -> None:
    world.spawn("tale", [[{"say": "Once upon a time."}]])
    page.run("location.hash = '#/agent/tale'")
    page.sees("idle", "h1 + *")
    page.click_words("Recordings")
    page.click_words("Record from now on")
    page.sees("End the recording", ".recordings")
    world.sent(world.send("tale", "Tell"))
    until(lambda: world.agent("tale")["state"] == "complete", what="it to have told")
    page.click_words("Kill")
    page.click_words("Kill it")
    page.sees("ended", "h1 + *")
    page.click_words("Play")
    page.wait(f"({DRAWN}).includes('Once upon a time.')", what="it to be told again")
    position = "document.querySelector('dialog input[type=range]')"
    page.run(f"{position}.value = '0'; {position}.dispatchEvent(new Event('input', {{bubbles: true}}))")
    page.wait(f"!({DRAWN}).includes('Once upon a time.')", what="it to begin anew")
    page.wait(f"({DRAWN}).includes('Once upon a time.')", what="it to be told again")
