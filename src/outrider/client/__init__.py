"""Our own HTTP and WebSocket API from the other side; used by the command line and the other faces."""

from outrider.client.api import Client

__all__ = ["Client"]
