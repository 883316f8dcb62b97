"""A real Redis of a test's own: no port of the machine's, its own folder, gone afterwards."""

import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import cast

import pytest
import redis

from e2e.waiting import until
from ports import free_port


class RedisServer:
    """One server; `url` stays the same over a restart. `start` with `wiped` begins with nothing, as after a lost disk.

    With `tls` it takes nothing else; `authorities` is then the file of those that vouch for it.
    """

    def __init__(self, *, host: str = "127.0.0.1", words: tuple[str, ...] = (), tls: bool = False) -> None:
        self.program = shutil.which("redis-server") or shutil.which("valkey-server")
        if self.program is None:
            pytest.skip("neither redis-server nor valkey-server is installed: scripts/need redis-server")
        self.root = Path(tempfile.mkdtemp(prefix="outrider-redis-"))
        self.port = free_port()
        self.host = host
        self.url = f"redis{'s' if tls else ''}://{host}:{self.port}/0"
        self._tls = tls
        self._papers = Path(tempfile.mkdtemp(prefix="outrider-redis-tls-"))
        self._words = (*words, *(self._certified() if tls else ("--port", str(self.port))))
        self.within: tuple[str, ...] = ()
        """Words before the server's own, which put it elsewhere."""
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, wiped: bool = False) -> "RedisServer":
        """Starts it and waits until it takes connections; what it had kept on its disk is there again unless `wiped`."""
        if wiped:
            shutil.rmtree(self.root)
            self.root.mkdir()
        assert self.program is not None
        argv = [*self.within, self.program, "--bind", self.host, "--dir", str(self.root)]
        argv += ["--save", "", "--appendonly", "yes", "--appendfsync", "always", *self._words]
        argv += ["--unixsocket", str(self.root / "sock")] if self.within else []
        self._process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(self.answers, 40, what="Redis to answer")
        return self

    def _line(self) -> socket.socket:
        """A connection to it: by its Unix socket, where it has one, as its network may be another one."""
        if not self.within:
            return socket.create_connection((self.host, self.port), 1)
        line = socket.socket(socket.AF_UNIX)
        line.settimeout(1)
        line.connect(str(self.root / "sock"))
        return line

    @property
    def authorities(self) -> Path:
        """Who vouches for it: itself."""
        return self._papers / "cert.pem"

    def _certified(self) -> tuple[str, ...]:
        key, openssl = self._papers / "key.pem", shutil.which("openssl")
        if openssl is None:
            pytest.skip("there is no openssl to make a certificate with")
        made = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={self.host}"]
        made += ["-addext", f"subjectAltName=IP:{self.host}", "-keyout", str(key), "-out", str(self.authorities)]
        subprocess.run(made, check=True, capture_output=True)
        papers = ("--tls-cert-file", str(self.authorities), "--tls-key-file", str(key))
        return ("--port", "0", "--tls-port", str(self.port), *papers, "--tls-auth-clients", "no")

    def answers(self) -> bool:
        """Whether somebody takes connections at its address."""
        if self._tls and self._process is not None and self._process.poll() is not None:
            pytest.skip("this redis-server was built without TLS")
        try:
            with self._line() as line:
                if self._tls:
                    return True
                line.sendall(b"PING\r\n")
                answer = line.recv(100)
        except OSError:
            return False
        return answer.startswith((b"+PONG", b"-NOAUTH"))

    def letters(self, node: str) -> list[str]:
        """What lies there for a node, sealed, oldest first."""
        with self._client() as client:
            return [str(fields.get("b")) for _, fields in client.xrange(f"outrider:cmd:{node}")]

    def ask(self, *words: str | bytes) -> object:
        """Has anything done, as somebody may who has the Redis to himself."""
        with self._client() as client:
            return client.execute_command(*words)

    def connections(self) -> int:
        """How many it was asked for since it was started."""
        with self._client() as client:
            return int(client.info("stats")["total_connections_received"])

    def calls(self, word: str) -> int:
        """How often that was asked of it."""
        with self._client() as client:
            return int(client.info("commandstats").get(f"cmdstat_{word}", {"calls": 0})["calls"])

    def seqs(self, feed: str) -> list[int]:
        """The events that stand in a feed, by their seq."""
        with self._client() as client:
            return [int(seq) for mark, _ in client.xrange(feed) for seq, part in [mark.split("-")] if part == "0"]

    def dump(self, key: str) -> bytes:
        """All that is kept under a key."""
        with redis.Redis.from_url(self.url) as client:
            return cast("bytes", client.dump(key))

    def restore(self, key: str, dumped: bytes) -> None:
        """Has it be again as it was."""
        with redis.Redis.from_url(self.url) as client:
            client.restore(key, 0, dumped, replace=True)

    def put_letter(self, node: str, body: str) -> None:
        """Somebody else puts one there."""
        with self._client() as client:
            client.xadd(f"outrider:cmd:{node}", {"b": body})

    def _client(self) -> "redis.Redis":
        trusted = {"ssl_ca_certs": str(self.authorities)} if self._tls else {}
        return redis.Redis.from_url(self.url, decode_responses=True, encoding_errors="replace", **trusted)

    def kill9(self) -> None:
        """It is gone, at once."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(40)

    def close(self) -> None:
        """Ends it and takes its folder away."""
        if self._process is not None and self._process.poll() is None:
            self.kill9()
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.rmtree(self._papers, ignore_errors=True)
