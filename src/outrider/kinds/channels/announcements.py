"""What a program says of itself in its raw output: the program status protocol, `OSC 7501 ; key=value : … ST` (revision 0.2).

In come bytes as they are written, in any pieces; out come the reports of the program itself, those of parts of it (with an `id`) left out.
No terminal has to be told apart from it: all other bytes are skipped, and at most LONGEST of them are kept.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

from outrider.model.kind import Announces
from outrider.model.state import Detail, Reading, Source, State

LONGEST = 4096
"""Bytes that one report may have; a longer one is none."""

_PAIR = re.compile(rb"([a-z]{1,16})=([A-Za-z0-9_.,+/=-]*)")
# BEL or ESC \ ends a sequence; any other ESC, CAN and SUB break it off.
_END = re.compile(rb"[\x07\x18\x1a]|\x1b")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Report:
    """One report: its `state` as the program calls it, whose it is, what it is `blocked` by, and a text for a person."""

    state: str
    app: str = ""
    kind: str = ""
    message: str = ""


class Announcements:
    """The reports in one program's output; `osc` is the number of the sequence."""

    def __init__(self, osc: int) -> None:
        self._start = b"\x1b]%d;" % osc
        self._kept = b""

    def feed(self, data: bytes) -> list[Report]:
        """The reports that these bytes complete, in order."""
        data = self._kept + data
        self._kept = b""
        found: list[Report] = []
        at = data.find(self._start)
        while at >= 0:
            body = at + len(self._start)
            end = _END.search(data, body, body + LONGEST)
            if end is None or (end.group() == b"\x1b" and end.end() == len(data)):
                if len(data) - body <= LONGEST:
                    self._kept = data[at:]
                    return found
                at = data.find(self._start, body)
                continue
            ended = end.group() == b"\x07" or data[end.start() : end.start() + 2] == b"\x1b\\"
            if ended and (report := _report(data[body : end.start()])) is not None:
                found.append(report)
            at = data.find(self._start, end.start())
        self._kept = self._begun(data)
        return found

    def _begun(self, data: bytes) -> bytes:
        """The end of the bytes, where it may be the beginning of a sequence."""
        for length in range(min(len(self._start) - 1, len(data)), 0, -1):
            if data.endswith(self._start[:length]):
                return self._start[:length]
        return b""


def word(announces: Announces, report: Report, at_ms: int) -> Reading | None:
    """What a report says of an agent of that kind; None where it takes its last word back."""
    state = announces.states.get(report.state)
    if state is None:
        return None
    reason = (report.kind or None) if state is State.WAITING else None
    detail = Detail(reason=reason, message=report.message or None)
    shown = f"{report.state} {report.kind}".strip()
    return Reading(Source.ANNOUNCEMENT, state, f"announcement:{report.state}", shown, at_ms, detail)


def its_own(announces: Announces, report: Report) -> bool:
    """Whether the report is that program's; one that names nobody and takes everything back is."""
    return report.app == announces.app or (not report.app and report.state not in announces.states)


def _report(body: bytes) -> Report | None:
    pairs = dict(_pairs(body))
    if not pairs.get("state") or "id" in pairs:
        return None
    message = _text(pairs.get("msg", ""))
    if message is None:
        return None
    return Report(pairs["state"], pairs.get("app", ""), pairs.get("kind", ""), message)


def _pairs(body: bytes) -> Iterator[tuple[str, str]]:
    for pair in body.split(b":"):
        match = _PAIR.fullmatch(pair)
        if match is not None:
            yield match[1].decode(), match[2].decode()


def _text(encoded: str) -> str | None:
    """One line for a person, at most 200 characters; None where it is none."""
    try:
        text = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    return None if _UNPRINTABLE.search(text) else text[:200]
