"""Fixtures for every test."""

import pytest
from hypothesis import settings

from seed import CHOSEN

settings.register_profile("repeated", derandomize=CHOSEN is None)
settings.load_profile("repeated")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """asyncio is the only loop we run on."""
    return "asyncio"
