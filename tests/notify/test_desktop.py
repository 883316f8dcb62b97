"""The desktop: what its own program is given."""

from pathlib import Path

import pytest

from outrider.model.event import Event, EventName, Fact
from outrider.model.notice import Item, Notice, Urgency
from outrider.notify.desktop import Desktop, argv
from outrider.notify.way import Refused

EVENT = Event(7, "here", Fact(EventName.AGENT_WAITING, "--fix", 5, {"detail": {"question": "Run <b>it</b> & go?"}}))
NOTICE = Notice("n", "desk", "", "r", 5, 5, 5, (Item(EVENT),), urgency=Urgency.HIGH)


async def test_notify_send_is_given_the_texts_as_they_are(tmp_path: Path) -> None:
    program = tmp_path / "notify-send"
    program.write_text('#!/bin/sh\nfor word in "$@"; do echo "$word"; done > "$HOME/said"\n')
    program.chmod(0o755)
    desktop = Desktop({"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(tmp_path)}, 20)
    assert (desktop.about, desktop.why) == (str(program), "")
    await desktop.send(NOTICE)
    assert (tmp_path / "said").read_text().splitlines() == [
        "--app-name=Outrider",
        "--urgency=critical",
        "--",
        "--fix waits for you",
        "Run &lt;b&gt;it&lt;/b&gt; &amp; go?",
    ]


def test_osascript_is_given_them_as_arguments_of_a_fixed_script() -> None:
    line = argv("/usr/bin/osascript", NOTICE)
    assert line[-2:] == ("--fix waits for you", "Run <b>it</b> & go?")
    assert not any("fix" in word for word in line[:-2])


async def test_without_a_desktop_that_is_said(tmp_path: Path) -> None:
    desktop = Desktop({"PATH": str(tmp_path)}, 20)
    assert "neither notify-send" in desktop.why
    with pytest.raises(Refused, match="neither notify-send"):
        await desktop.send(NOTICE)
