"""An SMTP server on loopback that takes every mail in."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Mailbox:
    """`mails` are whole messages; with `refuses` every recipient is refused."""

    port: int = 0
    mails: list[str] = field(default_factory=list)
    refuses: bool = False


@contextmanager
def smtp() -> Iterator[Mailbox]:
    """One that listens until the test is over."""
    box = Mailbox()

    class Handler(socketserver.StreamRequestHandler):
        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        def handle(self) -> None:
            self.say("220 here")
            while line := self.rfile.readline().decode().strip().upper():
                if line.startswith("EHLO"):
                    self.say("250 here")
                elif line.startswith("RCPT") and box.refuses:
                    self.say("550 no such mailbox")
                elif line == "DATA":
                    self.say("354 go on")
                    box.mails.append(self.data())
                    self.say("250 taken")
                elif line == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 fine")

        def data(self) -> str:
            lines = []
            while (line := self.rfile.readline()) not in (b".\r\n", b""):
                lines.append(line.decode())
            return "".join(lines)

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    box.port = server.server_address[1]
    thread = threading.Thread(target=lambda: server.serve_forever(0.02))
    thread.start()
    try:
        yield box
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
