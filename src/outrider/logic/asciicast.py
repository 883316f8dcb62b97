"""asciicast v2, the format of asciinema: a header line of JSON, then a line `[seconds, code, data]` for everything that happened.

Written here: `o` (output), `r` (the terminal has a new size, `COLSxROWS`) and `m` (a marker). Bytes become text by a decoder that
keeps the half of a character that a chunk ends with for the next one. Read here: any asciicast v2, input events left out; a last line
that was not written to its end is as if it were not there.
"""

import codecs
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from outrider.errors import InvalidInput

RESET = "\x1bc"
"""Resets the terminal that plays it, its history included."""
CUT = "cut: "
"""What the marker begins with that says why a recording ended early."""
_CELLS = 10_000


@dataclass(frozen=True, slots=True)
class Header:
    """What a recording begins with: its size in cells, when (Unix s) and what it is of."""

    width: int
    height: int
    timestamp_s: int = 0
    title: str = ""


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened so many seconds after the beginning; `code` is `o`, `r` or `m`."""

    at_s: float
    code: str
    data: str


class Cast:
    """Makes the lines of one recording that began at `begun_ms`; each call gives whole lines to be written behind the last."""

    def __init__(self, begun_ms: int) -> None:
        self._begun_ms = begun_ms
        self._last_s = 0.0
        self._size = (0, 0)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def header(self, width: int, height: int, title: str) -> str:
        """The first line."""
        self._size = (width, height)
        head = {"version": 2, "width": width, "height": height, "timestamp": self._begun_ms // 1000, "title": title}
        return json.dumps(head, ensure_ascii=False) + "\n"

    def picture(self, width: int, height: int, data: bytes, now_ms: int) -> str:
        """The whole screen anew, at that size."""
        self._decoder.reset()
        sized = "" if (width, height) == self._size else self._line(now_ms, "r", f"{width}x{height}")
        self._size = (width, height)
        return sized + self._line(now_ms, "o", RESET + self._decoder.decode(data))

    def output(self, data: bytes, now_ms: int) -> str:
        """What the program wrote; nothing where that is no whole character yet."""
        text = self._decoder.decode(data)
        return self._line(now_ms, "o", text) if text else ""

    def marker(self, text: str, now_ms: int) -> str:
        """A note in the recording, which players show or step to."""
        return self._line(now_ms, "m", text)

    def _line(self, now_ms: int, code: str, data: str) -> str:
        # Never back in time, also where the machine's clock was set.
        self._last_s = max(self._last_s, (now_ms - self._begun_ms) / 1000)
        return json.dumps([round(self._last_s, 3), code, data], ensure_ascii=False) + "\n"


def header(line: str) -> Header:
    """Reads the first line; InvalidInput says why it is none."""
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict) or told.get("version") != 2:
        version = told.get("version") if isinstance(told, dict) else None
        raise InvalidInput(
            f"This is a recording of version {version}; only asciicast version 2 can be read."
            if isinstance(version, int)
            else "This is no asciicast: its first line should be JSON with version, width and height."
        )
    stamp, title = told.get("timestamp"), told.get("title")
    return Header(
        _cells(told.get("width")),
        _cells(told.get("height")),
        stamp if isinstance(stamp, int) else 0,
        title if isinstance(title, str) else "",
    )


def _cells(told: object) -> int:
    if isinstance(told, int) and 0 < told <= _CELLS:
        return told
    raise InvalidInput("This asciicast does not say how many columns and rows it has.")


def moment(line: str) -> Moment | None:
    """Reads one line behind the header; None where it is not one, whole."""
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        return None
    match told:
        case [int() | float() as at_s, str() as code, str() as data]:
            return Moment(float(at_s), code, data)
    return None


def moments(lines: Iterable[str]) -> Iterator[Moment]:
    """What happened, in order; InvalidInput for a line that is broken and not the last one."""
    broken = 0
    for number, line in enumerate(lines, start=2):
        if not line.strip():
            continue
        if broken:
            raise InvalidInput(f'Line {broken} of this asciicast is broken: it should look like [1.5, "o", "text"].')
        found = moment(line)
        if found is None:
            broken = number
        elif found.code in ("o", "r", "m"):
            yield found


def played(happened: Iterable[Moment], *, speed: float, idle_s: float) -> Iterator[tuple[float, Moment]]:
    """Each moment with the seconds to wait before it: `speed` times as fast, and no rest longer than `idle_s` (0: as they were)."""
    before_s = 0.0
    for each in happened:
        rest_s = max(0.0, each.at_s - before_s)
        before_s = max(before_s, each.at_s)
        yield (min(rest_s, idle_s) if idle_s else rest_s) / speed, each
