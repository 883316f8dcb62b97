"""The dashboard against a real daemon with scripted agents, in a real browser."""

import json

from browser.asking import ASKS
from browser.chromium import Chromium, Page
from e2e.scripted.script import Step
from e2e.waiting import until
from e2e.world import Run, World

HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script> \u202egnp.exe"
# Everything that takes the focus and has no name for those who do not see it.
NAMELESS = """[...document.querySelectorAll('button, a[href], input, select, textarea, [tabindex]')].filter(e => e.id !== 'content' &&
  !(e.innerText || e.getAttribute('aria-label') || e.title || e.labels?.length)).map(e => e.outerHTML)"""

BREATHING = "[...document.querySelectorAll('*')].filter(e => getComputedStyle(e).animationName !== 'none').length"
MOVING = (
    "[...document.querySelectorAll('*')].map(e => getComputedStyle(e))"
    ".filter(s => s.animationName !== 'none' || parseFloat(s.transitionDuration) > 0).length"
)

DRAWN = "document.querySelectorAll('[data-chart] canvas').length > 5"

ASKED_AGAIN = (
    "performance.getEntriesByType('resource').some(e => e.name.includes('/api/history?') && e.responseStatus === 200)"
)


def card(session: str) -> str:
    return f"[data-session='{session}']"


def agent_page(page: Page, session: str) -> None:
    page.run(f"location.hash = '#/agent/{session}'")
    page.sees(session, "h1")


def asking(world: World, session: str) -> Run:
    run = world.spawn(session, [ASKS], "--prompt", "Clean up")
    until(lambda: world.agent(session)["state"] == "waiting", what=f"{session} to ask")
    return run


def order(page: Page) -> list[str]:
    found = page.run("[...document.querySelectorAll('main [data-session]')].map(e => e.dataset.session)")
    assert isinstance(found, list)
    return [str(name) for name in found]


def test_states_change_live_and_who_needs_a_person_comes_first(world: World, page: Page) -> None:
    run = world.spawn(
        "zebra", [[{"tool": "Read", "input": {"file_path": "a.py"}, "hold": "reading"}, *ASKS]], "--prompt", "Go"
    )
    world.spawn("ant", [[{"say": "Done."}]], "--prompt", "Go")
    run.reached("reading")
    page.sees("reading", card("zebra"))
    page.sees("complete", card("ant"))
    assert order(page) == ["ant", "zebra"]
    run.release("reading")
    page.sees("waiting", card("zebra"))
    page.sees("rm -rf build", card("zebra"))
    assert order(page) == ["zebra", "ant"]
    page.wait("document.title.startsWith('(1) ')")
    assert "%3Ctext" in str(page.run("document.querySelector('link[rel=icon]').href"))


def test_a_dialog_is_approved_with_one_key_and_denied_with_a_click(world: World, page: Page) -> None:
    first, second = asking(world, "first"), asking(world, "second")
    page.press("2")
    page.wait("document.querySelectorAll('[data-need] button').length === 6")
    assert order(page) == ["first", "second"]
    page.press("a")
    until(lambda: first.log("answer"), what="the answer to arrive")
    assert [line["answer"] for line in first.log("answer")] == ["Yes"]
    page.wait("document.querySelectorAll('[data-need]').length === 1")
    page.click_words("No", f"{card('second')} button")
    until(lambda: second.log("answer"), what="the answer to arrive")
    assert not second.log("answer")[0]["answer"].startswith("Yes")
    page.sees("Nobody needs you")
    assert page.run("document.title.startsWith('Needs you')")


def test_a_command_is_sent_once_and_its_proof_is_shown(world: World, page: Page) -> None:
    run = world.spawn("worker", [[{"say": "First."}], [{"say": "Second."}]])
    agent_page(page, "worker")
    page.click("form textarea")
    page.type("line one\nline two; $HOME")
    page.press("Enter")
    page.sees("sent", "[aria-labelledby=queue-title] .status")
    assert run.prompts() == ["line one\nline two; $HOME"]
    page.sees("First.", "[role=log]")
    page.sees("sent line one", "[aria-labelledby=timeline-title]")
    page.press("ArrowUp")
    page.wait("document.querySelector('form textarea').value === 'line one\\nline two; $HOME'")


def test_what_happened_while_the_daemon_was_away_comes_once(chromium: Chromium, world: World, page: Page) -> None:
    run = world.spawn("lasting", [[{"hold": "first"}, {"say": "Done."}]], "--prompt", "Go")
    run.reached("first")
    agent_page(page, "lasting")
    page.sees("thinking", "h1 + *")
    page.wait(f"{BREATHING} > 0", what="what is busy to breathe")
    page.prefer(prefers_reduced_motion="reduce")
    page.wait(f"{MOVING} === 0", what="everything to stand still for who wants it so")
    page.prefer()
    tabs = [chromium.page() for _ in range(3)]
    charts, alerts, open_charts = tabs
    for tab in tabs:
        tab.go(f"{world.url}/#/charts" if tab is open_charts else world.url)
        tab.sees("Live", "header")
    open_charts.wait(DRAWN)
    world.kill9()
    page.sees("Not connected", "header")
    charts.run("location.hash = '#/charts'")
    alerts.run("location.hash = '#/alerts'")
    for tab in (charts, alerts):
        tab.sees("answer", "main [role=alert]")
    open_charts.sees("Not connected", "header")
    open_charts.run("performance.clearResourceTimings()")
    run.release("first")
    world.start()
    page.sees("Live", "header", timeout=60)
    page.sees("complete", "h1 + *")
    told = world.http.get("/api/events", params={"session": "lasting", "limit": 1000}).json()["events"]
    beside = {"agent_waiting", "agent_complete", "agent_error"}  # their change of state is shown
    shown = [event["seq"] for event in reversed(told) if event["event"] not in beside]
    until(
        lambda: page.run("[...document.querySelectorAll('[data-seq]')].map(e => Number(e.dataset.seq))") == shown,
        what="each event to be shown once",
    )
    page.complaints.clear()  # of the connection that was refused
    charts.wait(DRAWN)
    alerts.sees("A question waits for a person", "[data-rule]")
    open_charts.wait(f"{ASKED_AGAIN} && {DRAWN}", what="an open chart to have asked the daemon that is back")
    for tab in tabs:
        tab.wait("!document.querySelector('main [role=alert]')", what="no complaint to be left")
        tab.close()


def test_what_agents_say_does_nothing_but_show(world: World, page: Page) -> None:
    hostile: list[Step] = [
        {"say": HOSTILE},
        {"tool": "Bash", "input": {"command": f"echo '{HOSTILE}'"}, "ask": True},
    ]
    world.spawn("hostile", [hostile], "--prompt", HOSTILE)
    page.sees("<script>", card("hostile"))
    page.sees("⟨RLO⟩", card("hostile"))
    page.run("location.hash = '#/needs'")
    page.sees("<script>", card("hostile"))
    agent_page(page, "hostile")
    page.sees("<script>", "[role=log]")
    assert "\u202e" not in page.text()
    assert page.run("document.querySelectorAll('main img, main script').length") == 0
    assert "owned" not in str(page.run("document.title"))


def test_without_agents_it_says_how_to_start_one_and_one_is_spawned_and_killed(world: World, page: Page) -> None:
    page.sees("No agents yet")
    assert "outrider spawn --session my-task" in page.text("main")
    page.run("location.hash = '#/needs'")
    page.sees("Nobody needs you")
    world.root.joinpath("projects", "alpha").mkdir(parents=True)
    page.press("n")
    page.wait("document.activeElement?.placeholder === 'my-task'")
    page.wait("document.querySelectorAll('dialog input[type=radio]').length > 1")
    page.click("dialog label:has([value=shell])")
    page.click("dialog [placeholder=my-task]")
    page.type("no.dots")
    page.sees("Letters, digits", "dialog")
    page.run("document.activeElement.select()")
    page.type("from-page")
    page.click("dialog [list=places]")
    page.type(str(world.root / "projects" / "al"))
    wanted = json.dumps(str(world.root / "projects" / "alpha"))
    page.wait(f"[...document.querySelectorAll('#places option')].some(o => o.value === {wanted})")
    page.run("document.querySelector('dialog [list=places]').select()")
    page.type(str(world.root / "nowhere"))
    page.press("Enter")
    page.sees("nowhere", "dialog [role=alert]")
    assert "422" in page.complaints.pop()  # which the browser tells of too
    page.run("document.querySelector('dialog [list=places]').select()")
    page.type(str(world.workdir()))
    page.press("Enter")
    page.sees("from-page", "h1")
    page.sees("idle", "h1 + *")
    page.click_words("Kill")
    page.click_words("Leave it")
    assert world.agent("from-page")["alive"]
    page.click_words("Kill")
    page.click_words("Kill it")
    page.sees("ended", "h1 + *")
    assert not world.agent("from-page")["alive"]
    page.click_words("Forget")
    page.sees("No agents yet")
    assert not page.complaints, page.complaints  # nothing was asked of an agent that is gone
    # One that somebody else forgets leaves the page too.
    world.spawn("leaving", [[{"say": "Done."}]])
    agent_page(page, "leaving")
    page.sees("idle", "h1 + *")
    for verb in ("kill", "forget"):
        assert world.cli(verb, "leaving", *(("--yes",) if verb == "kill" else ())).returncode == 0, verb
    page.sees("There is no agent “leaving”", "h1")
    assert "outrider spawn --session leaving" in page.text("main")
    page.complaints.clear()  # of what it asked just before it could know


def test_every_view_fits_a_phone_and_names_what_takes_the_focus(world: World, page: Page) -> None:
    run = asking(world, "a-name-that-is-as-long-as-people-make-them-when-they-can-do-so-6")
    page.size(360, 740, phone=True)
    for view in ("#/", "#/needs", "#/agent/a-name-that-is-as-long-as-people-make-them-when-they-can-do-so-6"):
        page.run(f"location.hash = {json.dumps(view)}")
        page.sees("a-name-that", "main")
        page.wait("document.querySelectorAll('main button').length > 2")
        assert page.run("document.documentElement.scrollWidth <= innerWidth"), view
        assert page.run(NAMELESS) == [], view
    page.run("location.hash = '#/needs'")
    page.wait("document.querySelectorAll('.answers button').length === 3")
    small = page.run("[...document.querySelectorAll('.answers button')].filter(e => e.offsetHeight < 44).length")
    assert small == 0, "an answer must be large enough for a thumb"
    page.tap(".answers button")
    until(lambda: run.log("answer"), what="the answer to arrive")
    assert run.log("answer")[0]["answer"] == "Yes"
    page.sees("Nobody needs you")
