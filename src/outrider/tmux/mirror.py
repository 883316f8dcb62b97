"""What one pane's program writes, to everybody who watches: one control client, attached to that session while there are viewers.

It is read-only and `ignore-size`: it types nothing and makes nobody's window smaller. It never uses `pause-after`, it waits for
no viewer, and it goes when the last one goes. A viewer's picture is asked for over the same connection, so that the bytes
behind it are exactly those that are not in it.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from functools import partial

from outrider.errors import TerminalAway, TimedOut
from outrider.model.pane import Glimpse, Over, PaneRef, Picture
from outrider.tmux.client import ControlClient
from outrider.tmux.picture import asking, drawn
from outrider.tmux.protocol import Notification, Output, Reply
from outrider.tmux.server import Server

LIMIT = 4 * 1024 * 1024
"""How many bytes a viewer may be behind."""

_LEADS = ((0xF0, 0xF8, 4), (0xE0, 0xF0, 3), (0xC0, 0xE0, 2))


class View:
    """One viewer's buffer: first a Picture, then bytes, and a Picture again whenever the pane changed its size.

    Iterate it once; it ends behind an Over. Who is more than LIMIT bytes behind is cut off.
    """

    def __init__(self) -> None:
        self._buffer: deque[Glimpse] = deque()
        self._size = 0
        self._wake = asyncio.Event()
        self.started = False
        self.over = False

    def __aiter__(self) -> "View":
        return self

    async def __anext__(self) -> Glimpse:
        while not self._buffer:
            if self.over:
                raise StopAsyncIteration
            self._wake.clear()
            await self._wake.wait()
        glimpse = self._buffer.popleft()
        if isinstance(glimpse, bytes):
            together = [glimpse]
            while self._buffer and isinstance(more := self._buffer[0], bytes):
                together.append(more)
                self._buffer.popleft()
            glimpse = b"".join(together)
        self._size -= _weight(glimpse)
        return glimpse

    def put(self, glimpse: Glimpse) -> None:
        """Keeps it for the reader; past the limit what was kept is dropped, and it is over."""
        if self.over:
            return
        if self._size + _weight(glimpse) > LIMIT and self._buffer:
            self._buffer.clear()
            self._size = 0
            glimpse = Over("This viewer is too slow for what the pane shows, and was cut off.", lagged=True)
        self.over = isinstance(glimpse, Over)
        self._size += _weight(glimpse)
        self._buffer.append(glimpse)
        self._wake.set()


class Mirror:
    """The client of one pane and its viewers. `open` it, `join` and `leave`; `close` it when the last has left."""

    def __init__(self, ref: PaneRef, session_id: str) -> None:
        self._pane = ref.pane
        self._session_id = session_id
        self._client: ControlClient | None = None
        self._tail = b""
        self.views: set[View] = set()

    @classmethod
    async def open(cls, server: Server, ref: PaneRef, session_id: str) -> "Mirror":
        """Attaches to the pane's session (tmux's id of it, `$3`); TerminalAway where it cannot."""
        mirror = cls(ref, session_id)
        words = ("attach-session", "-E", "-f", "ignore-size,read-only", "-t", session_id)
        mirror._client = await server.attach(words, notified=mirror._heard, closed=mirror._ended)
        return mirror

    @property
    def alive(self) -> bool:
        """Whether viewers can still join."""
        return self._client is not None and self._client.alive

    def join(self) -> View:
        """A new viewer, whose picture is on its way."""
        view = View()
        self.views.add(view)
        self._ask(view)
        return view

    def leave(self, view: View) -> None:
        """Gives it nothing more."""
        self.views.discard(view)

    async def close(self) -> None:
        """Leaves the session; whoever still watches is told."""
        if self._client is not None:
            await self._client.close()

    def _ask(self, *views: View) -> None:
        if self._client is None or not views:
            return
        try:
            self._client.tell(asking(self._pane), partial(self._pictured, views))
        except TerminalAway:
            self._ended()

    def _pictured(self, views: Sequence[View], said: list[Reply] | TimedOut) -> None:
        if isinstance(said, TimedOut):
            return  # the connection is gone, which ends every view
        try:
            picture = drawn(said)
        except ValueError:
            for view in views:
                view.put(Over("The pane is gone." if not said[-1].ok else "tmux gave no picture of the pane."))
            return
        # What is not in the picture of a character that is half written is put behind it.
        picture = Picture(picture.width, picture.height, picture.data + _unfinished(self._tail))
        for view in views:
            view.started = True
            view.put(picture)

    def _heard(self, item: Notification | Output) -> None:
        if isinstance(item, Output):
            if item.pane == self._pane:
                self._tail = (self._tail + item.data)[-4:]
                for view in self.views:
                    if view.started:
                        view.put(item.data)
        elif item.name == "layout-change":
            self._ask(*self.views)
        elif item.name == "session-changed" and item.args.split(" ")[0] != self._session_id:
            self._ended()  # its session is gone, and tmux moved the client to another

    def _ended(self) -> None:
        why = self._client.why if self._client is not None else ""
        for view in self.views:
            view.put(Over("The session is gone, or the connection to tmux was lost." + (f" ({why})" if why else "")))


def _weight(glimpse: Glimpse) -> int:
    match glimpse:
        case bytes():
            return len(glimpse)
        case Picture(data=data):
            return len(data)
        case Over():
            return 0


def _unfinished(tail: bytes) -> bytes:
    """The beginning of a UTF-8 character that these bytes end with, if its end is not there."""
    for back in range(1, min(3, len(tail)) + 1):
        byte = tail[-back]
        for low, high, length in _LEADS:
            if low <= byte < high:
                return tail[-back:] if back < length else b""
        if byte < 0x80:
            return b""
    return b""
