"""A WebSocket client that keeps every event: it connects again with its cursor whenever the daemon goes."""

import contextlib
import json
import threading
from collections.abc import Callable, Sequence
from typing import TypedDict, cast

from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import connect

from e2e.waiting import until
from outrider.model.wire import DetailJSON


class EventJSON(TypedDict, total=False):
    """The fields of events that tests look at."""

    seq: int
    event: str
    type: str
    timestamp: int
    node: str
    session: str
    state: str
    prevState: str
    detail: DetailJSON
    jobId: str
    approval: str
    answer: str
    by: str
    way: str
    rule: str
    command: str
    cursor: str


class Recorder:
    """Records in a thread of its own from construction until `close`."""

    def __init__(self, url: str, since: int = 0) -> None:
        self._url = url
        self._cursor = since
        self._lock = threading.Condition()
        self._events: list[EventJSON] = []
        self._ended = threading.Event()
        self.hellos: list[EventJSON] = []
        self._thread = threading.Thread(target=self._record, name="recorder", daemon=True)
        self._thread.start()

    @property
    def events(self) -> Sequence[EventJSON]:
        """Everything so far, as it came."""
        with self._lock:
            return list(self._events)

    def states(self, session: str) -> list[str]:
        """The states that a session went through, from the first one on."""
        return [
            event["state"] for event in self.events if event["event"] == "state_change" and event["session"] == session
        ]

    def first(
        self, match: Callable[[EventJSON], bool], *, after: int = 0, timeout: float = 40.0, what: str = ""
    ) -> EventJSON:
        """The first event behind seq `after` that matches; waits for it."""
        found = until(
            lambda: next((event for event in self.events if event["seq"] > after and match(event)), None),
            timeout,
            what=what or "event",
        )
        assert found is not None
        return found

    def named(self, event: str, session: str, *, after: int = 0, timeout: float = 40.0) -> EventJSON:
        """The first event of that name of a session behind seq `after`; waits for it."""
        return self.first(
            lambda each: each["event"] == event and each["session"] == session,
            after=after,
            timeout=timeout,
            what=f"{event} of {session}",
        )

    def state(self, session: str, state: str, *, after: int = 0, timeout: float = 40.0) -> EventJSON:
        """The first change of a session to that state behind seq `after`; waits for it."""
        return self.first(
            lambda each: each["event"] == "state_change" and each["session"] == session and each["state"] == state,
            after=after,
            timeout=timeout,
            what=f"{session} to be {state}, it was {self.states(session)}",
        )

    def close(self) -> None:
        """Ends it."""
        self._ended.set()
        self._thread.join(timeout=10)

    def _record(self) -> None:
        while not self._ended.is_set():
            with contextlib.suppress(OSError, ConnectionClosed, InvalidHandshake, TimeoutError):
                self._session()
            self._ended.wait(0.05)

    def _session(self) -> None:
        with connect(f"{self._url}/ws?since={self._cursor}", open_timeout=5, max_size=None, proxy=None) as socket:
            while not self._ended.is_set():
                try:
                    message = socket.recv(timeout=0.2)
                except TimeoutError:
                    continue
                event = cast("EventJSON", json.loads(message))
                if event["type"] == "connected":
                    self.hellos.append(event)
                    continue
                with self._lock:
                    self._events.append(event)
                self._cursor = event["seq"]


class AllNodesRecorder(Recorder):
    """Keeps the events of all nodes, from any of them: `move` has it come back at another one, with its cursor."""

    def __init__(self, url: str) -> None:
        self._places: dict[str, str] = {}
        self.gaps: list[EventJSON] = []
        super().__init__(url)

    def seqs(self, node: str) -> list[int]:
        """What came of a node, as it came."""
        return [event["seq"] for event in self.events if event["node"] == node]

    def move(self, url: str) -> None:
        """From now on it is at that daemon."""
        self._url = url

    def _session(self) -> None:
        url, cursor = self._url, ",".join(self._places.values()) or "0"
        with connect(f"{url}/ws?nodes=all&cursor={cursor}", open_timeout=5, max_size=None, proxy=None) as socket:
            while not self._ended.is_set() and url == self._url:
                try:
                    message = cast("EventJSON", json.loads(socket.recv(timeout=0.2)))
                except TimeoutError:
                    continue
                if message["type"] == "gap":
                    self.gaps.append(message)
                elif "event" in message:
                    with self._lock:
                        self._events.append(message)
                if message["type"] == "gap" or "event" in message:
                    self._places[message["node"]] = message["cursor"]
