"""Desktop: notifications of the desktop that this daemon runs in, by notify-send (Linux) or osascript (macOS)."""

import shutil
from collections.abc import Mapping
from html import escape

from outrider.kinds.table import Table
from outrider.logic.notice_text import body, cut, title
from outrider.model.notice import Notice, Urgency
from outrider.notify.program import succeed
from outrider.notify.way import Refused, WayOut

LONGEST = 400
URGENCIES: Mapping[Urgency, str] = {Urgency.LOW: "low", Urgency.NORMAL: "normal", Urgency.HIGH: "critical"}
# The texts come as arguments of the script: nothing of them is read as a script.
SCRIPT = ("on run argv", "display notification (item 2 of argv) with title (item 1 of argv)", "end run")
MISSING = "neither notify-send (Debian: sudo apt install libnotify-bin) nor osascript is on the PATH of the daemon."


class Desktop(WayOut):
    """Shows notices on the desktop."""

    def __init__(self, environ: Mapping[str, str], timeout_s: float) -> None:
        self._environ = environ
        self._timeout_s = timeout_s
        found = (shutil.which(name, path=environ.get("PATH")) for name in ("notify-send", "osascript"))
        self.about = next((path for path in found if path), "")
        self.why = "" if self.about else MISSING

    async def send(self, notice: Notice) -> None:
        if not self.about:
            raise Refused(MISSING)
        await succeed(argv(self.about, notice), b"", self._environ, self._timeout_s)


def argv(program: str, notice: Notice) -> tuple[str, ...]:
    """The line that shows a notice."""
    head, text = cut(title(notice), LONGEST), cut(body(notice), LONGEST)
    if program.endswith("osascript"):
        return (program, *(word for line in SCRIPT for word in ("-e", line)), head, text)
    urgency = URGENCIES[notice.urgency]
    return (program, "--app-name=Outrider", f"--urgency={urgency}", "--", head, escape(text, quote=False))


def read(_table: Table, environ: Mapping[str, str], timeout_s: float) -> Desktop:
    """The desktop from its table, which says nothing more."""
    return Desktop(environ, timeout_s)
