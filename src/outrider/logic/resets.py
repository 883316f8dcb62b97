"""When a limit ends, as agents say it in words: `resets 3pm (Europe/Berlin)`, `try again at Oct 5th, 2026 3:14 PM`, `in 2 hours`.

In come a message, the moment (Unix ms) at which it was said, and the zones by name; out comes the moment meant. A time of day
without a date is the next one, a date without a year the next one, both from the moment of saying: what is read later must be read
with that moment, which is what `Resets` keeps.

Where agents write it: Claude Code 2.1.197 `resets 3pm (Europe/Berlin)`, above a day `resets Oct 5, 3:30pm (…)`, while it retries
`(5:35pm)`, before 2.0 `limit reached|1755806400`; Codex `Try again at 3:14 PM.`, on another day `Oct 5th, 2026 3:14 PM`, before 0.50
`try again in 2 days 3 hours 5 minutes`; Gemini CLI 0.61.0 `Access resets at 3:14 PM PST.`; Google's own `Please retry in 34.07s`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from outrider.model.state import BUSY, ErrorClass, Reading, Verdict

Zones = Callable[[str], tzinfo | None]
"""A zone by its name, the one in which the agents themselves run for an empty name; None for a name that is not known."""

LIMITS = frozenset({ErrorClass.USAGE_LIMIT, ErrorClass.RATE_LIMIT})
# A clock time just past is that one, not tomorrow's: clocks differ, and what was drawn is looked at later.
PAST = timedelta(minutes=2)
FARTHEST = timedelta(days=400)

_EPOCH = re.compile(r"\|(1\d{9})(?:\d{3})?\b")
_SAID = r"(?:resets?|renews?|(?:try|available) again|retry)"
_UNITS: Mapping[str, int] = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000}
_LENGTH = r"\d+(?:\.\d+)?\s*(?:days?|hours?|hrs?|minutes?|mins?|seconds?|secs?|[dhms])(?![a-z])"
_IN = re.compile(rf"\b{_SAID}(?: in| after) ((?:{_LENGTH}(?:,? and |,? )?)+)", re.IGNORECASE)
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*([dhms])", re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_AT = re.compile(
    rf"(?:\b(?i:{_SAID})(?: at| on)?:? |\b[Rr]etrying in [\w. ]+ \()"
    r"(?:(?P<month>[A-Z][a-z]{2})[a-z]* (?P<day>\d{1,2})(?:st|nd|rd|th)?(?:,? (?P<year>20\d\d))?,? (?:at )?)?"
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d\d))?(?::\d\d)?\s*(?P<half>[AaPp]\.?[Mm]\b)?"
    r"(?: \(?(?P<zone>[A-Z][A-Za-z_]*(?:/[\w+-]+)*(?:[+-]\d{1,2}(?::\d\d)?)?)\b)?"
)
_ISO = re.compile(
    rf"\b(?i:{_SAID})(?: at| on)?:? (20\d\d-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)"
)
_OFFSET = re.compile(r"(?:GMT|UTC)(?:([+-])(\d{1,2})(?::(\d\d))?)?")
# What JavaScript writes for the zones of the United States; all others it writes as GMT+1.
_SHORT: Mapping[str, int] = {
    name: hours
    for names, hours in (
        ("EDT", -4),
        ("EST CDT", -5),
        ("CST MDT", -6),
        ("MST PDT", -7),
        ("PST AKDT", -8),
        ("AKST", -9),
        ("HST", -10),
    )
    for name in names.split()
}


def only_utc(name: str) -> tzinfo | None:
    """Zones where none are at hand: everything runs in UTC."""
    return None if name else UTC


def told(text: str, said_ms: int, zones: Zones) -> int | None:
    """When the limit ends that this message tells of (Unix ms); None where it does not say."""
    now = datetime.fromtimestamp(said_ms / 1000, UTC)
    found = _epoch(text) or _after(text, now) or _iso(text, zones) or _clock(text, now, zones)
    if found is None or not now - PAST <= found <= now + FARTHEST:
        return None
    return round(found.timestamp() * 1000)


def _epoch(text: str) -> datetime | None:
    match = _EPOCH.search(text)
    return datetime.fromtimestamp(int(match[1]), UTC) if match else None


def _after(text: str, now: datetime) -> datetime | None:
    match = _IN.search(text)
    if match is None:
        return None
    length = sum(float(number) * _UNITS[unit.lower()] for number, unit in _PART.findall(match[1]))
    return now + timedelta(milliseconds=length) if length < FARTHEST.total_seconds() * 1000 else None


def _iso(text: str, zones: Zones) -> datetime | None:
    match = _ISO.search(text)
    if match is None:
        return None
    try:
        moment = datetime.fromisoformat(match[1])
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zones("") or UTC)


def _clock(text: str, now: datetime, zones: Zones) -> datetime | None:
    match = _AT.search(text)
    if match is None or not (match["half"] or match["minute"]):
        return None
    zone = _zone(match["zone"] or "", zones)
    hour, half = int(match["hour"]), (match["half"] or "").lower()
    if half:
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    here = now.astimezone(zone)
    try:
        moment = here.replace(hour=hour, minute=int(match["minute"] or 0), second=0, microsecond=0, fold=0)
        if match["month"] is None:
            return moment if moment >= now - PAST else moment + timedelta(days=1)
        month = _MONTHS.index(match["month"].lower()) + 1
        moment = moment.replace(year=int(match["year"] or here.year), month=month, day=int(match["day"]))
        return moment.replace(year=here.year + 1) if match["year"] is None and moment < now - PAST else moment
    except ValueError:  # no such hour, month or day
        return None


def _zone(name: str, zones: Zones) -> tzinfo:
    offset = _OFFSET.fullmatch(name)
    if offset is not None:
        minutes = int(offset[2] or 0) * 60 + int(offset[3] or 0)
        return timezone(timedelta(minutes=-minutes if offset[1] == "-" else minutes))
    if name in _SHORT:
        return timezone(timedelta(hours=_SHORT[name]))
    return (zones(name) if name else None) or zones("") or UTC


class Resets:
    """When the limit of one agent ends: read off its message once, and kept for as long as the message stands.

    `before` is what was known of it before a restart of ours.
    """

    def __init__(self, zones: Zones, before: Verdict | None) -> None:
        self._zones = zones
        detail = before.detail if before is not None else None
        known = detail is not None and detail.resets_at_ms is not None
        self._known = (detail.message, detail.resets_at_ms) if detail is not None and known else None

    def filled(self, reading: Reading) -> Reading:
        """The reading of an agent that met a limit with the time at which that ends, where it says so."""
        detail = reading.detail
        if reading.state in BUSY and not detail.retrying:
            self._known = None
        if detail.error not in LIMITS or detail.message is None or detail.resets_at_ms is not None:
            return reading
        if self._known is None or self._known[0] != detail.message:
            self._known = (detail.message, told(detail.message, reading.at_ms, self._zones))
        return replace(reading, detail=replace(detail, resets_at_ms=self._known[1]))
