"""A database, a bus and a folder for each test."""

from collections.abc import Iterator

import pytest

from receiver import Receiver
from receiver import receiver as listening


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as one:
        yield one
