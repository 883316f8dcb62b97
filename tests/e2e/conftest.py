"""A world for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.longest import rank
from e2e.world import World

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest tests come first of this folder's; all others, here and elsewhere, stay in their order."""
    places = [at for at, item in enumerate(items) if HERE in item.path.parents]
    ordered = sorted((items[at] for at in places), key=lambda item: rank(f"{item.path.name}::{item.name}"))
    for at, item in zip(places, ordered, strict=True):
        items[at] = item


@pytest.fixture
def world() -> Iterator[World]:
    """A fresh world with a running daemon; ended, and checked to be gone, after the test."""
    fresh = World()
    try:
        yield fresh.start()
    finally:
        fresh.close()
