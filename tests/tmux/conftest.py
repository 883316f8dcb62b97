"""A fresh tmux world per test."""

from collections.abc import Iterator

import pytest

from tmux.world import World, new_world


@pytest.fixture
def world() -> Iterator[World]:
    """Own socket, own HOME."""
    with new_world() as world:
        yield world
