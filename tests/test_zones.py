"""Time zones of this machine."""

from datetime import UTC, datetime, timedelta

import pytest

from outrider.zones import zones_of

SUMMER, WINTER = datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize("name", ["Europe/Berlin", ":Europe/Berlin"])
def test_a_programs_own_zone_is_that_of_its_environment_with_its_summer_time(name: str) -> None:
    zone = zones_of({"TZ": name})("")
    assert SUMMER.astimezone(zone).utcoffset() == timedelta(hours=2)
    assert WINTER.astimezone(zone).utcoffset() == timedelta(hours=1)


@pytest.mark.parametrize("name", ["", "Nowhere/Atlantis", "../../etc/passwd", "CET-1CEST", "a\0b"])
def test_a_zone_that_is_not_told_is_the_machines(name: str) -> None:
    zone = zones_of({"TZ": name})("")
    assert zone is not None
    assert WINTER.astimezone(zone).utcoffset() == WINTER.astimezone().utcoffset()


def test_zones_by_their_name() -> None:
    zones = zones_of({})
    assert WINTER.astimezone(zones("America/New_York")).utcoffset() == timedelta(hours=-5)
    assert zones("Nowhere/Atlantis") is None
    assert zones("../../etc/passwd") is None
