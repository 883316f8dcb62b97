"""Rate limits: so many in any second. Pure: the time is an argument."""

import math
from collections import deque
from dataclasses import dataclass, field


@dataclass(slots=True)
class SlidingWindow:
    """Lets `per_s` things begin a second on average, and never more than that, rounded up, in any one second. Times in ms.

    A thing takes its place before it begins, and has it until a second after it began, however long it takes in between: so what is
    counted is when things began, not when they were let through. As many as fit may begin at once where none did before.
    """

    per_s: float
    _under_way: int = field(default=0, init=False)
    _begun: deque[int] = field(default_factory=deque, init=False)
    _taken_ms: int | None = field(default=None, init=False)

    def wait_ms(self, now_ms: int, *, queued: bool = False) -> int:
        """How long until a place is free, as far as is known: 0 where there is one, sooner where one is given back.

        `queued`: it has waited or stands behind others. Those go one by one, as a crowd that begins at once comes back as one.
        """
        most = math.ceil(self.per_s)
        span_ms = math.ceil(most * 1000 / self.per_s)
        # A clock that was put back must not shut the gate until it is that late again.
        self._begun = deque(at for each in self._begun if (at := min(each, now_ms)) > now_ms - span_ms)
        free_ms = now_ms
        if len(self._begun) + self._under_way >= most:
            free_ms = (self._begun[0] if self._begun else now_ms) + span_ms
        if queued and self._taken_ms is not None:
            free_ms = max(free_ms, min(self._taken_ms, now_ms) + math.ceil(1000 / self.per_s))
        return free_ms - now_ms

    def take(self, now_ms: int) -> None:
        """Takes a place that is free. It is to be followed by `begin` or `give_back`."""
        self._under_way += 1
        self._taken_ms = now_ms

    def begin(self, now_ms: int) -> None:
        """What had taken a place has begun."""
        self._under_way -= 1
        self._begun.append(now_ms)

    def give_back(self) -> None:
        """What had taken a place does not begin after all: the next need not keep its distance from it."""
        self._under_way -= 1
        self._taken_ms = None


def backoff_ms(attempt: int, first_s: float, jitter: float) -> int:
    """Pause before the attempt after number `attempt` (from 1): doubling from `first_s`, spread by `jitter` in 0–1."""
    return round(first_s * 1000 * float(2 ** (attempt - 1)) * (0.75 + 0.5 * jitter))
