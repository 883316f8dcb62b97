"""One pane's raw output, by a named pipe: tmux gives it to `dd`, which writes it there without ever waiting.

Whoever hangs at the end of a tmux pipe has tmux keep what it cannot give, without limit. So the reader there must not: where this
process reads nothing for so long that the pipe (64 KiB) is full, `dd` ends, tmux takes the pipe off, and the pane goes on. If the pipe
is not there, `dd` makes no file of it. If this process dies, `dd` ends with the next byte; if another one has opened the pipe by then,
it goes on for that one.
"""

import asyncio
import os
import shlex
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

SIZE = 65_536
_READS = 16


class Tap:
    """The reading end. `heard` gets bytes; `lost` is called once, when nobody writes any more: true where there was too much to read.

    `open` before `dd` is started. Close it, or it stays.
    """

    def __init__(self, path: Path, handle: int, heard: Callable[[bytes], None], lost: Callable[[bool], None]) -> None:
        self._path = path
        self._handle = handle
        self._heard = heard
        self._lost = lost
        self._last = 0
        self._open = True

    @classmethod
    def open(cls, path: Path, heard: Callable[[bytes], None], lost: Callable[[bool], None]) -> "Tap":
        """Makes the pipe, or takes up one that is there with whoever writes into it; OSError where it cannot be had."""
        with suppress(FileExistsError):
            os.mkfifo(path, 0o600)
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
        if not stat.S_ISFIFO(os.fstat(handle).st_mode):
            os.close(handle)
            raise FileExistsError(f"{path} is no named pipe")
        return cls(path, handle, heard, lost)

    @property
    def line(self) -> str:
        """The line of sh that reads for it; it takes GNU's `dd`, or one like it."""
        return f"exec dd bs={SIZE} conv=nocreat,notrunc oflag=nonblock of={shlex.quote(str(self._path))}"

    def written(self) -> bool:
        """Whether somebody writes into it; what lies there is heard."""
        for _ in range(_READS):
            try:
                data = os.read(self._handle, SIZE)
            except BlockingIOError:
                return True
            if not data:
                return False
            self._take(data)
        return True

    def listen(self) -> None:
        """Reads what comes from now on, as it comes."""
        asyncio.get_running_loop().add_reader(self._handle, self._read)

    def close(self) -> None:
        """Reads no more, and removes the pipe; idempotent."""
        if self._open:
            self._open = False
            asyncio.get_running_loop().remove_reader(self._handle)
            os.close(self._handle)
            self._path.unlink(missing_ok=True)

    def _read(self) -> None:
        try:
            data = os.read(self._handle, SIZE)
        except BlockingIOError:
            return
        if data:
            self._take(data)
        else:
            self.close()
            # What fills it to the brim is told from what fills it by more than half by nobody: small pieces leave gaps.
            self._lost(self._last * 2 > SIZE)

    def _take(self, data: bytes) -> None:
        self._last = len(data)
        self._heard(data)
