"""Rate limits: a bucket that fills with time. Pure: the time is an argument."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Bucket:
    """Lets `per_s` things a second through, and as many at once after a rest (one at least). Times in ms."""

    per_s: float
    _level: float = field(init=False)
    _at_ms: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._level = max(1.0, self.per_s)

    def wait_ms(self, now_ms: int) -> int:
        """Counts one more, and says how long it has to wait for its turn; 0 lets it pass at once."""
        full = max(1.0, self.per_s)
        self._level = min(full, self._level + max(0, now_ms - self._at_ms) * self.per_s / 1000) - 1.0
        self._at_ms = now_ms
        return 0 if self._level >= 0 else max(1, round(-self._level * 1000 / self.per_s))


def backoff_ms(attempt: int, first_s: float, jitter: float) -> int:
    """Pause before the attempt after number `attempt` (from 1): doubling from `first_s`, spread by `jitter` in 0–1."""
    return round(first_s * 1000 * float(2 ** (attempt - 1)) * (0.75 + 0.5 * jitter))
