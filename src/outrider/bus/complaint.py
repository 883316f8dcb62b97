"""What Redis says when it cannot be used, as a sentence, with what to do about it where that is known."""

from collections.abc import Sequence

from redis.exceptions import AskError, ClusterCrossSlotError, ClusterDownError, MovedError

from outrider.errors import Unavailable

CLUSTER = "It is part of a Redis Cluster, which is not supported: name a Redis, or a Valkey, that stands alone or has replicas."
CLUSTERED = (AskError, ClusterCrossSlotError, ClusterDownError, MovedError)
ADVICE: Sequence[tuple[str, str]] = (
    ("Hash slot not served", CLUSTER),
    ("command 'TIME', with", "It is a Sentinel, or no Redis: name the primary itself, as Sentinels are not asked."),
    ("read only replica", "It is a replica: name its primary."),
    ("Authentication required", "`bus` names no user or password: redis://user:password@host:6379/0"),
    ("invalid username-password", "`bus` names another user or password than it knows."),
    ("certificate verify failed", "redis.ca names the file of the authorities that are to be trusted."),
    ("Connection reset by peer", "Where it wants TLS, its address begins with rediss://"),
    ("no permissions", "docs/fleet.md names what a user of Redis needs."),
)
"""What is found in the words of Redis, redis-py or OpenSSL; the first one that fits."""


def unavailable(error: Exception) -> Unavailable:
    """The error as all who ask a broker know it."""
    said = str(error) or type(error).__name__
    advice = CLUSTER if isinstance(error, CLUSTERED) else next((told for mark, told in ADVICE if mark in said), "")
    return Unavailable(f"Redis cannot be used: {said.strip().rstrip('.')}. {advice}".strip())
