"""Fixtures for every test."""

import pytest


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """asyncio is the only loop we run on."""
    return "asyncio"
