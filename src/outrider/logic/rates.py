"""Rate limits: so many in any second. Pure: the time is an argument."""

import math
from collections import deque
from dataclasses import dataclass, field


@dataclass(slots=True)
class Bucket:
    """Lets `per_s` things through a second on average, and never more than that, rounded up, in any one second: as many at once where
    none went before, those behind them one by one, so that what begins a little late does not meet the next ones. Times in ms."""

    per_s: float
    _turns: deque[int] = field(default_factory=deque, init=False)

    def wait_ms(self, now_ms: int) -> int:
        """Counts one more, and says how long it has to wait for its turn; 0 lets it pass at once."""
        most = math.ceil(self.per_s)
        turn = now_ms
        if len(self._turns) == most:
            free_ms = self._turns[0] + math.ceil(most * 1000 / self.per_s)
            if max(free_ms, self._turns[-1]) > now_ms:
                turn = max(free_ms, self._turns[-1] + math.ceil(1000 / self.per_s))
        self._turns.append(turn)
        while len(self._turns) > most:
            self._turns.popleft()
        return turn - now_ms


def backoff_ms(attempt: int, first_s: float, jitter: float) -> int:
    """Pause before the attempt after number `attempt` (from 1): doubling from `first_s`, spread by `jitter` in 0–1."""
    return round(first_s * 1000 * float(2 ** (attempt - 1)) * (0.75 + 0.5 * jitter))
