"""A world for each test."""

from collections.abc import Iterator

import pytest

from e2e.world import World


@pytest.fixture
def world() -> Iterator[World]:
    """A fresh world with a running daemon; ended, and checked to be gone, after the test."""
    fresh = World()
    try:
        yield fresh.start()
    finally:
        fresh.close()
