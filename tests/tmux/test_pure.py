"""The decisions and small languages around tmux, as tables."""

from dataclasses import replace

import pytest

from outrider.logic.keys import known
from outrider.model.pane import Pane, PaneRef
from outrider.tmux.cadence import LATE_MS, Listed, Pace, Seen, due, stands
from outrider.tmux.deaths import Deaths
from outrider.tmux.rows import Rows
from outrider.tmux.sgr import plain, standing
from outrider.tmux.version import Version, parse, pasting

PACE = Pace(busy_ms=100, quiet_ms=1000, cpu_budget=0.05)
SEEN = Seen(body=b"", at_ms=10_000, second=50, active=40, size=(80, 24), cursor=(3, 4))


@pytest.mark.parametrize(
    ("change", "active", "size", "cursor", "age", "stays", "wanted"),
    [
        pytest.param({}, 40, (80, 24), (3, 4), 500, True, False, id="nothing written since: known without a capture"),
        pytest.param({}, 40, (80, 24), (3, 4), 5000, True, True, id="looked at now and then all the same"),
        pytest.param(
            {}, 50, (80, 24), (3, 4), 100, False, True, id="written in the second of the capture: perhaps after it"
        ),
        pytest.param({}, 50, (80, 24), (3, 4), 50, False, False, id="but not at every early sweep"),
        pytest.param({}, 40, (81, 24), (3, 4), 10, False, True, id="resized"),
        pytest.param(
            {}, 40, (80, 24), (9, 4), 100, False, True, id="its cursor was elsewhere: written before the capture"
        ),
        pytest.param({"urged": True}, 40, (80, 24), (3, 4), 0, False, True, id="urged"),
        pytest.param(
            {"same": 8, "active": 50}, 50, (80, 24), (3, 4), 300, False, False, id="writes, and nothing changes: slower"
        ),
        pytest.param(
            {"same": 60, "active": 50}, 50, (80, 24), (3, 4), 1000, False, True, id="but no slower than quiet"
        ),
        pytest.param(
            {"same": 60}, 51, (80, 24), (3, 4), 100, False, True, id="a new second of output is a fresh start"
        ),
    ],
)
def test_when_a_pane_is_captured(
    change: dict[str, int],
    active: int,
    size: tuple[int, int],
    cursor: tuple[int, int],
    age: float,
    stays: bool,
    wanted: bool,
) -> None:
    """Certainly unchanged, or due, or neither."""
    seen = replace(SEEN, **change)  # type: ignore[arg-type]
    now = Listed(active, size, cursor)
    assert stands(seen, now) is stays
    assert due(seen, now, seen.at_ms + age, PACE) is wanted


def test_the_pace_keeps_to_its_budget_and_its_bounds() -> None:
    """Moving panes are looked at as fast as the budget allows, and often enough whatever it costs; quiet ones step down."""
    assert PACE.next_ms(moving=True, before_ms=1000, cost_s=0.001) == 100
    assert PACE.next_ms(moving=True, before_ms=100, cost_s=0.010) == pytest.approx(200)
    assert PACE.next_ms(moving=True, before_ms=100, cost_s=9.0) == LATE_MS
    assert Pace(busy_ms=500, quiet_ms=1000, cpu_budget=0.05).next_ms(moving=True, before_ms=100, cost_s=9.0) == 500
    assert Pace(busy_ms=50, quiet_ms=200, cpu_budget=0.05).next_ms(moving=True, before_ms=100, cost_s=9.0) == 200
    assert PACE.next_ms(moving=False, before_ms=100, cost_s=0.001) == pytest.approx(150)
    assert PACE.next_ms(moving=False, before_ms=1000, cost_s=0.0003) == pytest.approx(200)
    assert PACE.next_ms(moving=False, before_ms=1000, cost_s=0.1) == 1000


@pytest.mark.parametrize(
    "key",
    [
        "Enter",
        "escape",
        "C-u",
        "C-M-x",
        "M-Enter",
        "^C",
        "F12",
        "y",
        ";",
        "é",
        "-",
        "^",
        "KP7",
        "S-Up",
        "\x1b[27u",
        "\x1b[13;2u",
    ],
)
def test_keys_that_tmux_has(key: str) -> None:
    """Names, characters, modifiers, and what kitty terminals send."""
    assert known(key)


@pytest.mark.parametrize(
    "key", ["", "Entr", "F13", "C-", "Ctrl-C", "yes", "\n", "\x1b", "\x1b[27", "\x1b[A", "x\x1b[27u", "Enter Enter"]
)
def test_keys_that_it_would_type_as_text(key: str) -> None:
    """Letter by letter."""
    assert not known(key)


def test_rows_alone_keep_their_colours() -> None:
    """tmux writes attributes once, however many rows they span."""
    rows = ["\x1b[31mred", "\x1b[1mbold", "still\x1b[0m none", "plain", "\x1b[0;32mgreen", "on"]
    assert standing(rows) == (
        *("\x1b[31mred", "\x1b[31m\x1b[1mbold", "\x1b[31m\x1b[1mstill\x1b[0m none"),
        *("plain", "\x1b[0;32mgreen", "\x1b[0;32mon"),
    )
    assert plain("\x1b[31mred\x1b[0m \x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\  ") == "red link"


def test_texts_cannot_be_mistaken_for_rows() -> None:
    """A path with a newline and something like a row in it; a line that fits no length stands for itself."""
    head = "%1 10 $0 1 99 80 24 0 0 0 0 0   0 50 4 0 2 "
    text = "x\n%7 1 $1 0 9 8 2 0 0 0 0 0   0 50 0 0 0 0 0 "
    body = f"{head}1 {len(text)} nameshT{text}\n%2 11 $0 0 99 80 24 0 0 0 0 1 3  0 50 4 0 2 9 9 nameshcut\n".encode()
    one, two = Rows("s", 5).read(body).values()
    assert (one.pane.ref, one.pane.session, one.pane.title, one.pane.path) == (PaneRef("s", 5, "%1"), "name", "T", text)
    assert (two.pane.ref.pane, two.pane.session, two.pane.dead, two.pane.exit_status) == ("%2", "name", True, 3)


def test_a_death_is_told_with_its_status_or_after_a_while() -> None:
    """tmux may know that a program ended before it knows how."""
    pane = Pane(PaneRef("s", 1, "%1"), "a", 2, "sh", "", "/", 80, 24, 0, 0, dead=True)
    deaths = Deaths()
    assert [each.dead for each in deaths.told([pane], 1.0)] == [False]
    assert (deaths.waiting, deaths.overdue) == (True, False)
    assert [each.dead for each in deaths.told([pane], 1.1)] == [False]
    assert deaths.overdue
    assert deaths.told([replace(pane, exit_status=3)], 1.2)[0].exit_status == 3
    assert not deaths.waiting
    assert [deaths.told([pane], at)[0].dead for at in (2.0, 2.4, 2.6, 3.0)] == [False, False, True, True]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("tmux 3.3a\n", (3, 3)),
        ("tmux 3.2", (3, 2)),
        ("tmux next-3.6", (3, 6)),
        ("tmux master", (99, 0)),
        ("tmux openbsd-7.4", (99, 0)),
    ],
)
def test_versions(text: str, numbers: tuple[int, int]) -> None:
    """Releases, and builds without one."""
    found = parse(text)
    assert (found.major, found.minor) == numbers
    found.check()
    assert Version(3, 10) > Version(3, 2)


@pytest.mark.parametrize(("release", "raw"), [("3.2", False), ("3.6b", False), ("3.7", True), ("master", True)])
def test_a_tmux_that_spells_control_characters_out_is_told_not_to(release: str, raw: bool) -> None:
    assert ("-S" in pasting(release)) is raw
