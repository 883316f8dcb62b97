"""A Redis for each test of the fleet."""

from collections.abc import Iterator

import pytest

from redis_server import RedisServer


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    made = RedisServer()
    try:
        yield made.start()
    finally:
        made.close()
