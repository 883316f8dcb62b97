"""The dashboard of one node of a fleet: agents of the other nodes, live."""

from collections.abc import Iterator

import pytest

from browser.chromium import Chromium, Page
from e2e.fleet import Fleet


@pytest.fixture
def fleet() -> Iterator[Fleet]:
    """North and south, joined."""
    made = Fleet("north", "south")
    try:
        yield made.start()
    finally:
        made.close()


@pytest.fixture
def page(chromium: Chromium, fleet: Fleet) -> Iterator[Page]:
    """North's dashboard."""
    tab = chromium.page()
    tab.size(1280, 900)
    tab.go(fleet["north"].url)
    tab.wait("!!document.querySelector('main')")
    yield tab
    tab.close()


def test_agents_of_another_node_change_on_this_nodes_page(fleet: Fleet, page: Page) -> None:
    south = fleet["south"]
    card = "[data-session='south/task']"
    run = south.spawn("task", [[{"hold": "works"}, {"say": "Done."}]])
    page.sees("idle", card)
    fleet["north"].spawn("own")
    page.sees("on north", "[data-session=own]")
    page.sees("on south", card)
    page.run(
        "(() => { const by = document.querySelector('.group select'); by.value = 'node';"
        " by.dispatchEvent(new Event('change', {bubbles: true})); })()"
    )
    page.wait(
        "[...document.querySelectorAll('section h2')].map(e => e.innerText.split(' ')[0]).join() === 'north,south'"
    )
    south.send("task", "go")
    run.reached("works")
    page.wait(f"!document.querySelector(\"{card}\").textContent.includes('idle')", what="it to be at work")
    run.release("works")
    page.sees("complete", card)
    page.go(f"{fleet['north'].url}/#/agent/south%2Ftask")
    page.click_words("Open live terminal")
    page.wait("document.querySelector('.host')?.dataset.link === 'live'", what="south's terminal to be live here")
    page.sees("Done.", ".host")
    page.go(f"{fleet['north'].url}/#/")
    south.kill9()
    page.sees("south is away", card)
    south.start(degraded=True)
    page.wait(f"!document.querySelector(\"{card}\").textContent.includes('away')", what="it to be there again")
