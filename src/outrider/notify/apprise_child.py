"""The process that sends one message by apprise: JSON on standard input, why it failed on standard output, its exit code says what
came of it."""

import importlib
import json
import logging
import sys
from collections.abc import Callable
from typing import Protocol, cast

SENT, FAILED, UNKNOWN = 0, 1, 4


class Service(Protocol):
    """The part of apprise's own object that is used."""

    def add(self, servers: str) -> bool:
        """Whether it knows what is behind that URL."""
        ...

    def notify(self, body: str, title: str, notify_type: str) -> bool | None:
        """Whether it was delivered."""
        ...


def main() -> int:
    """Sends what is read; the exit code."""
    given = json.load(sys.stdin)
    logging.basicConfig(level=logging.WARNING, stream=sys.stdout, format="%(message)s")
    make = cast("Callable[[], Service]", importlib.import_module("apprise").Apprise)
    service = make()
    if not service.add(given["url"]):
        return UNKNOWN
    return SENT if service.notify(given["body"], given["title"], given["type"]) else FAILED


if __name__ == "__main__":
    sys.exit(main())
