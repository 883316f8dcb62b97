"""A Chromium for all tests here; a world with a running daemon, and a page, for each."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from browser.chromium import NAMES, Chromium, Page, found
from e2e.world import World


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    """The system's Chromium, running."""
    path = found()
    if path is None:
        pytest.skip(f"no Chromium on the PATH ({', '.join(NAMES)})")
    with Chromium(path) as running:
        yield running


@pytest.fixture
def world() -> Iterator[World]:
    """A fresh world with a running daemon; ended, and checked to be gone, after the test."""
    fresh = World()
    try:
        yield fresh.start()
    finally:
        fresh.close()


@pytest.fixture
def page(chromium: Chromium, world: World) -> Iterator[Page]:
    """The dashboard in a tab of its own, at a desk's size. What the page complained of is an error, unless the test took it out."""
    tab = chromium.page()
    tab.size(1280, 900)
    tab.go(world.url)
    tab.wait("!!document.querySelector('main')")
    yield tab
    complaints = list(tab.complaints)
    tab.close()
    assert not complaints, complaints


@pytest.fixture
def pictures() -> Path:
    """The folder where pictures of the views are left, for people to look at."""
    return Path(__file__).resolve().parents[2] / ".cache" / "screenshots"
