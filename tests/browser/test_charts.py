"""Charts and alerts against a real daemon, in a real browser."""

from collections.abc import Iterator

import pytest

from browser.asking import ASKS
from browser.chromium import Chromium, Page
from e2e.waiting import until
from e2e.world import World

# How many charts' values of fifteen minutes have come.
ANSWERED = """performance.getEntriesByType('resource').map(e => new URL(e.name)).filter(u => u.pathname === '/api/history'
  && u.searchParams.get('until') - u.searchParams.get('since') === 900000).length"""


@pytest.fixture
def world() -> Iterator[World]:
    """A daemon that counts often."""
    fresh = World(config="[retention]\nhistory_every_s = 0.2\n")
    try:
        yield fresh.start()
    finally:
        fresh.close()


@pytest.fixture
def page(chromium: Chromium, world: World) -> Iterator[Page]:
    """The charts of that daemon."""
    tab = chromium.page()
    tab.size(1280, 900)
    tab.go(f"{world.url}/#/charts")
    yield tab
    complaints = list(tab.complaints)
    tab.close()
    assert not complaints, complaints


def painted(page: Page, metric: str) -> bool:
    """Whether anything but lines of the grid is on its canvas: a pixel with a colour."""
    return bool(
        page.run(
            f"(() => {{ const c = document.querySelector('[data-chart={metric}] canvas'); if (!c || !c.width) return false;"
            " const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
            " for (let i = 0; i < d.length; i += 4)"
            " if (d[i + 3] > 200 && Math.max(d[i], d[i + 1], d[i + 2]) - Math.min(d[i], d[i + 1], d[i + 2]) > 60) return true;"
            " return false; })()"
        )
    )


def test_charts_draw_and_alerts_are_edited_previewed_and_fire(world: World, page: Page) -> None:
    world.spawn("asker", [ASKS], "--prompt", "Clean up")
    until(lambda: world.agent("asker")["state"] == "waiting", what="it to ask")
    until(
        lambda: (
            sum(value or 0 for value in world.http.get("/api/history?metric=agents").json()["lines"]["waiting"]) > 0
        ),
        what="it to be counted",
    )
    page.reload()
    page.click_words("15 min")
    until(lambda: painted(page, "agents"), what="a chart with something on it")
    page.sees("waiting", "[data-chart=agents] .legend")
    page.sees("asker", ".shares")
    box = "document.querySelector('[data-chart=agents] .box')"
    assert "Agents by state. Last: waiting" in str(page.run(f"{box}.getAttribute('aria-label')"))
    page.run(f"{box}.focus()")
    page.press("Home")
    page.wait("!document.querySelector('[data-chart=agents] .when').innerText.includes('latest')")
    page.press("+")
    page.sees("Back to 15 min")
    legend = "document.querySelector('[data-chart=agents] .legend')"
    page.wait(f"!{legend}.innerText.includes('waiting')", what="a time before it asked")
    over = "[data-chart=agents] .u-over"

    def values_come() -> None:
        """Those of other lines, for which the chart is made anew."""
        page.run("performance.clearResourceTimings()")
        page.run("[...document.querySelectorAll('button')].find(e => e.innerText === 'Back to 15 min').click()")
        page.wait(f"{ANSWERED} >= document.querySelectorAll('[data-chart]').length", what="new values to come")

    page.drag(over, 0.5, 0.9, values_come)
    page.sees("Back to 15 min")
    page.click_words("Back to 15 min")
    page.sees("waiting", "[data-chart=agents] .legend")

    def pointed() -> bool:
        """A chart that is made anew for other lines forgets where the mouse was."""
        page.point(over, 0.98)
        page.point(over, 0.99)
        return bool(page.run(f"!{legend}.innerText.includes('latest')"))

    until(pointed, what="its values there")
    page.click("[data-chart=agents] header button")
    page.sees("From", "[data-chart=agents] table")

    page.click("[data-chart=agents] header button")
    page.size(390, 844, phone=True)
    page.wait(
        "document.documentElement.scrollWidth <= innerWidth && document.querySelectorAll('.chart canvas').length > 5"
    )
    page.size(1280, 900)
    page.press("4")
    page.sees("Nothing fires now")
    field = "[data-rule=waiting] input[type=number]"

    def threshold(value: str) -> None:
        page.run(
            f"(() => {{ const e = document.querySelector('{field}'); e.value = '{value}';"
            " e.dispatchEvent(new Event('input', {bubbles: true})); })()"
        )

    page.wait(f"!!document.querySelector('{field}')")
    threshold("-1")
    page.click_words("Save")
    page.sees("should be a number of minutes above 0, not -1", "[role=alert]")
    page.complaints.clear()  # the browser notes every answer of 422
    threshold("0.001")
    page.click("[data-rule=waiting] .row .button")
    page.sees("have fired", "[data-rule=waiting]")
    page.click_words("Save")
    page.sees("The rules are saved.")
    page.sees("Firing now: 1")
    page.sees("asker", "[data-firing=waiting]")
    page.click_words("Snooze 1 h", "[data-rule=waiting] button")
    page.sees("silent until", "[data-rule=waiting]")
    log = world.http.get("/api/events", params={"event": "alert"}).json()["events"]
    assert [(event["rule"], event["session"]) for event in log] == [("waiting", "asker")]
    page.run(
        "['22:00', '07:30'].forEach((value, i) => { const e = document.querySelectorAll('.quiet input')[i];"
        " e.value = value; e.dispatchEvent(new Event('input', {bubbles: true})); })"
    )
    page.click_words("Save")
    until(lambda: world.http.get("/api/alerts").json()["quiet"] == "22:00-07:30", what="the quiet hours to be stored")
    page.click_words("None", ".quiet button")
    page.click_words("Save")
    until(lambda: world.http.get("/api/alerts").json()["quiet"] == "", what="the quiet hours to be gone")
    page.size(390, 844, phone=True)
    assert page.run("document.documentElement.scrollWidth <= innerWidth")
