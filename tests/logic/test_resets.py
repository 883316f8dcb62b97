"""When a limit ends, as agents say it: their own sentences, read at a moment in a zone."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest

from outrider.logic.resets import Resets, only_utc, told
from outrider.model.state import Confidence, Detail, ErrorClass, Reading, Source, State, Verdict

HERE = "America/New_York"


def zones(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name or HERE)
    except KeyError:
        return None


def ms(text: str, zone: str = HERE) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


NOW = ms("2026-11-26 12:30:00")
"""18:30 in Berlin; a Thursday, when neither place has summer time."""

SAID = (
    ("You've hit your session limit · resets 3pm (America/New_York)", "2026-11-26 15:00", HERE),
    ("You've hit your session limit · resets 8:05pm (Europe/Berlin)", "2026-11-26 20:05", "Europe/Berlin"),
    ("You've hit your session limit · resets 3am (Europe/Berlin)", "2026-11-27 03:00", "Europe/Berlin"),
    ("You've hit your weekly limit · resets Dec 1, 3:30pm (Europe/Berlin)", "2026-12-01 15:30", "Europe/Berlin"),
    ("You've hit your weekly limit · resets Jan 2, 2027, 12am (UTC)", "2027-01-02 00:00", "UTC"),
    ("You've hit your weekly limit · resets Jan 2, 12pm (UTC)", "2027-01-02 12:00", "UTC"),
    ("Session limit reached · Retrying in 37s (12:35pm) · attempt 4/10", "2026-11-26 12:35", HERE),
    ("Claude usage limit reached. Your limit will reset at 3pm (Europe/Berlin).", "2026-11-27 15:00", "Europe/Berlin"),
    ("Claude AI usage limit reached|1795755600", "2026-11-27 00:00", HERE),
    ("You've hit your fast limit · resets in 2h 5m", "2026-11-26 14:35", HERE),
    ("You've hit your usage limit. Try again at 3:14 PM.", "2026-11-26 15:14", HERE),
    ("You've hit your usage limit. Try again at 11:59 AM.", "2026-11-27 11:59", HERE),
    ("You've hit your usage limit. Upgrade to Pro, or try again at Dec 3rd, 2026 3:14 PM.", "2026-12-03 15:14", HERE),
    ("You've hit your usage limit. Try again in 2 days 3 hours 5 minutes.", "2026-11-28 15:35", HERE),
    ("Usage limit reached, try again in 2 hours and 13 minutes", "2026-11-26 14:43", HERE),
    ("Usage limit reached for gemini-2.5-pro. Access resets at 3:14 PM PST.", "2026-11-26 18:14", HERE),
    ("Usage limit reached for gemini-2.5-pro. Access resets at 3:14 AM GMT+5:30.", "2026-11-27 03:14", "Asia/Kolkata"),
    ("Your quota will reset after 2h30m15s.", "2026-11-26 15:00:15", HERE),
    ("You exceeded your current quota. Please retry in 34.5s.", "2026-11-26 12:30:34.500", HERE),
    ("rate limited, resets at 2026-11-26T20:00:00Z", "2026-11-26 20:00", "UTC"),
    ("limit reached, resets at 14:00", "2026-11-26 14:00", HERE),
    ("limit reached, resets at 3pm (Nowhere/Atlantis)", "2026-11-26 15:00", HERE),
)


@pytest.mark.parametrize(("text", "when", "zone"), SAID, ids=[text[:60] for text, _, _ in SAID])
def test_what_agents_say(text: str, when: str, zone: str) -> None:
    assert told(text, NOW, zones) == ms(when, zone)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "You've hit your usage limit. Try again later.",
        "Retrying in 4s · attempt 4/10",
        "API error · Retrying in 1m 4s",
        "resets at 25:99",
        "resets Feb 31, 3pm (UTC)",
        "resets Foo 3, 3pm (UTC)",
        "resets Jan 2, 2031, 12am (UTC)",
        "try again in 9999999999 days",
        "resets at " + "9" * 5000,
        "Presets 3pm",
        "|1" + "0" * 9,
        "resets 3 files",
    ],
)
def test_what_says_no_time(text: str) -> None:
    assert told(text, NOW, zones) is None


def test_a_clock_time_just_past_is_that_one_and_not_tomorrows() -> None:
    text = "You've hit your session limit · resets 12:30pm (America/New_York)"
    assert told(text, NOW + 60_000, zones) == NOW
    assert told(text, NOW + 3_600_000, zones) == NOW + 86_400_000


def test_the_day_on_which_clocks_go_back_has_25_hours() -> None:
    saturday = ms("2026-10-31 23:30")
    assert told("resets 11:30pm", saturday + 180_000, zones) == saturday + 25 * 3_600_000
    assert told("resets 11:30pm", saturday + 180_000, lambda _: timezone(timedelta(hours=-4))) == saturday + 86_400_000


def limit(message: str, at_ms: int, **more: object) -> Reading:
    detail = replace(Detail(error=ErrorClass.USAGE_LIMIT, retrying=False, message=message), **more)  # type: ignore[arg-type]
    return Reading(Source.SCREEN, State.ERROR, "failed-usage", message, at_ms, detail)


IN_TWO = "You've hit your usage limit. Try again in 2 hours."
HOURS = 2 * 3_600_000


def test_what_was_said_stays_where_it_was_said_while_it_stands_on_the_screen() -> None:
    resets = Resets(zones, None)
    assert resets.filled(limit(IN_TWO, NOW)).detail.resets_at_ms == NOW + HOURS
    assert resets.filled(limit(IN_TWO, NOW + 999_999)).detail.resets_at_ms == NOW + HOURS
    assert resets.filled(limit("Try again in 1 hour.", NOW + 999_999)).detail.resets_at_ms == NOW + 999_999 + HOURS // 2


def test_a_new_turn_that_meets_the_limit_again_meets_another_one() -> None:
    resets = Resets(zones, None)
    resets.filled(limit(IN_TWO, NOW))
    resets.filled(Reading(Source.SCREEN, State.THINKING, "busy", "", NOW + 5))
    assert resets.filled(limit(IN_TWO, NOW + 10_000)).detail.resets_at_ms == NOW + 10_000 + HOURS


def test_what_was_known_before_a_restart_is_not_read_anew() -> None:
    before = Resets(only_utc, None).filled(limit(IN_TWO, NOW))
    verdict = Verdict(State.ERROR, True, NOW, Confidence.HIGH, detail=before.detail)
    assert Resets(only_utc, verdict).filled(limit(IN_TWO, NOW + 999_999)).detail == before.detail


def test_other_errors_have_no_end_and_what_a_channel_told_is_kept() -> None:
    resets = Resets(zones, None)
    server = limit("Overloaded, try again in 2 hours", NOW, error=ErrorClass.SERVER)
    assert resets.filled(server) == server
    assert resets.filled(limit(IN_TWO, NOW, resets_at_ms=7)).detail.resets_at_ms == 7
