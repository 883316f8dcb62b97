"""Settings on several nodes that are one fleet, and on the Redis that joins them."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from outrider.settings.section import Count, Positive, Section


def _prefix(value: str) -> str:
    if not value or any(letter in value for letter in " \t\r\n*?[]"):
        raise ValueError("should be the beginning of a key of Redis, without blanks and without * ? [ ]")
    return value


def _label(value: tuple[str, ...]) -> tuple[str, ...]:
    if any(not each or len(each) > 63 or "," in each for each in value):
        raise ValueError("should be words of at most 63 characters, without commas")
    return value


class Fleet(Section):
    """How this node is one of several; nothing of it is read while `bus` is local."""

    key_file: Path = Field(
        description="File with the fleet's keys, one a line: the first one seals what is told, all of them are believed."
    )
    labels: Annotated[tuple[str, ...], AfterValidator(_label)] = Field(
        default=(),
        description="Words for what this node is good for, such as gpu; spawning on any node may ask for them.",
    )
    steer: bool = Field(
        default=True, description="Whether other nodes may have agents here typed into, answered, started and ended."
    )
    heartbeat_s: Positive = Field(default=1, description="Seconds between two signs of life.")
    away_s: Positive = Field(default=5, description="Seconds without a sign of life after which a node counts as away.")
    expires_s: Positive = Field(
        default=3600, description="Seconds that a command waits for another node, where it names no time of its own."
    )
    outbox_max: Count = Field(default=10_000, description="Commands that may wait for other nodes; more are refused.")
    events_hours: Positive = Field(default=24, description="Hours that events are kept for other nodes.")
    events_max: Count = Field(
        default=10_000, description="Events that are told again, at most, after a Redis that lost everything."
    )


class Redis(Section):
    """The Redis (7 or newer) or Valkey that `bus` names."""

    prefix: Annotated[str, AfterValidator(_prefix)] = Field(
        default="outrider:", description="What all our keys there begin with; a user of Redis may be limited to it."
    )
    ca: str = Field(
        default="", description="File of the authorities that are trusted for rediss://; empty for the system's."
    )
