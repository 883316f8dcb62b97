"""A fresh tmux world per test."""

from collections.abc import Iterator

import pytest

from tmux.world import World, new_world


@pytest.fixture
def world() -> Iterator[World]:
    """Own socket, own HOME."""
    with new_world() as world:
        yield world


@pytest.fixture(scope="module")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """The daemon's loop; the contract runs on both."""
    return ("asyncio", {"use_uvloop": True})
