"""The web face: HTTP, WebSocket, and the pages; it sees the service that it is given and `model.wire`."""
