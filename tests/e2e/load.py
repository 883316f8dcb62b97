"""Clients that ask without pause and without any second try: each request is answered, or lost."""

import http.client
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Counts:
    """What became of the requests."""

    ok: int = 0
    lost: list[str] = field(default_factory=list)


class Load:
    """Threads that ask from construction until `close`: some over a connection that they keep, some over a new one each time."""

    def __init__(self, port: int, path: str, *, keeping: int = 4, fresh: int = 2) -> None:
        self._port = port
        self._path = path
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self.counts = Counts()
        self._threads = [
            threading.Thread(target=self._ask, args=(number < keeping,), daemon=True)
            for number in range(keeping + fresh)
        ]
        for thread in self._threads:
            thread.start()

    def close(self) -> Counts:
        """Ends it; what became of all requests."""
        self._ended.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive(), "a request was never answered"
        return self.counts

    def _ask(self, keep: bool) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        while not self._ended.wait(0.005):
            try:
                # http.client connects anew where an answer closed the connection, and tries nothing twice.
                connection.request("GET", self._path)
                answer = connection.getresponse()
                answer.read()
                why = "" if answer.status == 200 else str(answer.status)
            except (OSError, http.client.HTTPException) as error:
                why = repr(error)
                connection.close()
            with self._lock:
                self.counts.ok += not why
                self.counts.lost += [why] if why else []
            if not keep:
                connection.close()
        connection.close()


def post(port: int, path: str, body: Mapping[str, object]) -> Mapping[str, object]:
    """One request over a connection of its own; OSError or HTTPException where it is lost."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        told: Mapping[str, object] = json.loads(answer.read())
        assert answer.status == 202, told
        return told
    finally:
        connection.close()
