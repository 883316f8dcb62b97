"""A real Redis of a test's own: no port of the machine's, its own folder, gone afterwards."""

import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest
import redis

from e2e.waiting import until


class RedisServer:
    """One server; `url` stays the same over a restart. `start` with `wiped` begins with nothing, as after a lost disk."""

    def __init__(self, *, host: str = "127.0.0.1", words: tuple[str, ...] = ()) -> None:
        self.program = shutil.which("redis-server") or shutil.which("valkey-server")
        if self.program is None:
            pytest.skip("neither redis-server nor valkey-server is installed: scripts/need redis-server")
        self.root = Path(tempfile.mkdtemp(prefix="outrider-redis-"))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.host = host
        self.url = f"redis://{host}:{self.port}/0"
        self._words = words
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, wiped: bool = False) -> "RedisServer":
        """Starts it and waits until it takes connections; what it had kept on its disk is there again unless `wiped`."""
        if wiped:
            shutil.rmtree(self.root)
            self.root.mkdir()
        assert self.program is not None
        argv = [self.program, "--port", str(self.port), "--bind", self.host, "--dir", str(self.root)]
        argv += ["--save", "", "--appendonly", "yes", "--appendfsync", "always", *self._words]
        self._process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(self._answers, 10, what="Redis to answer")
        return self

    def _answers(self) -> bool:
        try:
            with socket.create_connection((self.host, self.port), 1) as line:
                line.sendall(b"PING\r\n")
                answer = line.recv(100)
        except OSError:
            return False
        return answer.startswith((b"+PONG", b"-NOAUTH"))

    def letters(self, node: str) -> list[str]:
        """What lies there for a node, sealed, oldest first."""
        with self._client() as client:
            return [str(fields["b"]) for _, fields in client.xrange(f"outrider:cmd:{node}")]

    def put_letter(self, node: str, body: str) -> None:
        """Somebody else puts one there."""
        with self._client() as client:
            client.xadd(f"outrider:cmd:{node}", {"b": body})

    def _client(self) -> "redis.Redis":
        return redis.Redis.from_url(self.url, decode_responses=True)

    def kill9(self) -> None:
        """It is gone, at once."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)

    def close(self) -> None:
        """Ends it and takes its folder away."""
        if self._process is not None and self._process.poll() is None:
            self.kill9()
        shutil.rmtree(self.root, ignore_errors=True)
