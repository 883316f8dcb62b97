"""Each view in light and dark: a picture for people to look at, and what axe-core finds there: nothing serious."""

import json
from pathlib import Path

import pytest

from browser.asking import ASKS
from browser.chromium import Page
from e2e.waiting import until
from e2e.world import World

AXE = Path(__file__).resolve().parents[2] / "dashboard" / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = """axe.run(document, {resultTypes: ['violations']}).then(found => found.violations
  .filter(each => ['serious', 'critical'].includes(each.impact))
  .map(each => `${each.id}: ${each.help}: ${each.nodes.slice(0, 3).map(node => node.html.slice(0, 160)).join(' | ')}`))"""
VIEWS = {
    "overview": "#/",
    "needs": "#/needs",
    "charts": "#/charts",
    "alerts": "#/alerts",
    "agent": "#/agent/clean-build",
}


def test_axe_finds_nothing_serious_on_any_view(world: World, page: Page, pictures: Path) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not there: npm, which installs it for the dashboard, is missing")
    world.spawn("clean-build", [ASKS], "--prompt", "Clean up")
    world.spawn("notes", [[{"say": "Written."}]], "--prompt", "Write the notes")
    until(lambda: world.agent("clean-build")["state"] == "waiting", what="it to ask")
    until(lambda: world.agent("notes")["state"] == "complete", what="it to be done")
    page.run(AXE.read_text(encoding="utf-8") + "; true")
    found: dict[str, object] = {}
    for scheme in ("light", "dark"):
        page.prefer(prefers_color_scheme=scheme)
        for name, view in VIEWS.items():
            page.run(f"location.hash = {json.dumps(view)}")
            page.wait(f"location.hash === {json.dumps(view)} && !!document.querySelector('main h1, main h2')")
            page.picture(pictures / f"{name}-{scheme}.png")
            found[f"{name} {scheme}"] = page.run(GRAVE)
    page.press("n")
    page.wait("!!document.querySelector('dialog input')")
    page.picture(pictures / "spawn.png")
    found["spawn"] = page.run(GRAVE)
    page.size(390, 844, phone=True)
    page.go(f"{world.url}/login")
    page.wait("!!document.querySelector('#paste input')")
    page.picture(pictures / "login-phone.png")
    page.run(AXE.read_text(encoding="utf-8") + "; true")
    found["login"] = page.run(GRAVE)
    assert all(picture.read_bytes().startswith(b"\x89PNG") for picture in pictures.glob("*.png"))
    assert {view: said for view, said in found.items() if said} == {}
