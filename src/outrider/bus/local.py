"""The bus of one process: every subscriber has a bounded buffer of its own, and nobody waits for anybody."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from outrider.model.event import Event


class LocalSubscription:
    """Events for one reader. Over its buffer it ends: what is buffered is dropped, and the reader resumes from the journal."""

    def __init__(self, buffer: int, leave: Callable[["LocalSubscription"], None]) -> None:
        """Use `LocalBus.subscribe`."""
        self._buffer = buffer
        self._leave = leave
        self._events: deque[Event] = deque()
        self._wake = asyncio.Event()
        self._closed = False
        self._lagged = False

    @property
    def lagged(self) -> bool:
        """Whether it ended because its reader was too slow."""
        return self._lagged

    def offer(self, events: Sequence[Event]) -> None:
        """Buffers the events, or ends the subscription where they do not fit. For the bus alone."""
        if len(self._events) + len(events) > self._buffer:
            self._lagged = True
            self.close()
        else:
            self._events.extend(events)
            self._wake.set()

    def __aiter__(self) -> "LocalSubscription":
        return self

    async def __anext__(self) -> Event:
        while not self._events:
            if self._closed:
                raise StopAsyncIteration
            self._wake.clear()
            await self._wake.wait()
        return self._events.popleft()

    def close(self) -> None:
        """Ends it, also for a reader that waits; idempotent."""
        self._closed = True
        self._events.clear()
        self._leave(self)
        self._wake.set()


class LocalBus:
    """Tells all subscribers of this process. Use it from the event loop's thread only."""

    def __init__(self, buffer: int = 1000) -> None:
        """`buffer` is how many events a subscriber may be behind."""
        self._buffer = buffer
        self._subscriptions: set[LocalSubscription] = set()

    def publish(self, events: Sequence[Event]) -> None:
        """Events in the order of their seq, after they were journalled. Never waits."""
        for subscription in tuple(self._subscriptions):
            subscription.offer(events)

    def subscribe(self) -> LocalSubscription:
        """Everything published from now on. Close it when done."""
        subscription = LocalSubscription(self._buffer, self._subscriptions.discard)
        self._subscriptions.add(subscription)
        return subscription

    def close(self) -> None:
        """Ends every subscription, in good order (not lagged)."""
        for subscription in tuple(self._subscriptions):
            subscription.close()

    def health(self) -> Mapping[str, object]:
        """JSON-shaped: `status`, `kind`, and how many `subscribers` there are."""
        return {"status": "ok", "kind": "local", "subscribers": len(self._subscriptions)}
