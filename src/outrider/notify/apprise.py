"""Everything that apprise can tell by (Slack, Discord, ntfy, e-mail and a hundred more), each service by its URL.

It runs in a process of its own for each message: it takes a second and 40 MB to import, and some of its services can hang.
"""

import importlib.util
import json
import re
import sys
from collections.abc import Mapping, Sequence

from outrider.kinds.table import Table
from outrider.logic.notice_text import body, title
from outrider.logic.secrets import redacted
from outrider.model.notice import Notice, Urgency
from outrider.notify.apprise_child import UNKNOWN
from outrider.notify.program import SAID, run
from outrider.notify.secrets import Secrets
from outrider.notify.way import Refused, Unclear, Unsent, WayOut

CHILD = "outrider.notify.apprise_child"
MISSING = "apprise is not installed beside Outrider: pip install 'outrider[notify]', or make notify in a clone."
URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://\S+")
TYPES: Mapping[Urgency, str] = {Urgency.LOW: "info", Urgency.NORMAL: "info", Urgency.HIGH: "warning"}


class Apprise(WayOut):
    """Services by their URLs; each is a target by its number."""

    def __init__(self, urls: Sequence[str], environ: Mapping[str, str], timeout_s: float) -> None:
        self.targets = tuple(str(number) for number in range(1, len(urls) + 1))
        self.about = ", ".join(url.partition("://")[0] for url in urls)
        self.why = "" if importlib.util.find_spec("apprise") else MISSING
        self._urls = dict(zip(self.targets, urls, strict=True))
        self._environ = environ
        self._timeout_s = timeout_s

    async def send(self, notice: Notice) -> None:
        if self.why:
            raise Refused(self.why)
        url = self._urls[notice.target]
        given = {
            "url": url,
            "title": title(notice),
            "body": body(notice) or title(notice),
            "type": TYPES[notice.urgency],
        }
        # -P: what lies in the folder where it runs is not taken for a part of it.
        argv = (sys.executable, "-P", "-m", CHILD)
        try:
            code, said = await run(argv, json.dumps(given).encode(), self._environ, self._timeout_s)
        except Unclear:
            raise Unclear(f"apprise was not done within {self._timeout_s:g} s; it may have arrived.") from None
        if code == UNKNOWN:
            raise Refused(
                f"apprise knows no service behind the URL number {notice.target} ({url.partition(':')[0]}://…)."
            )
        if code != 0:
            why = redacted(said.replace(url, "…"))[-SAID:] or "it does not say why"
            raise Unsent(f"apprise could not deliver: {why}.")


def read(table: Table, secrets: Secrets, environ: Mapping[str, str], timeout_s: float) -> Apprise:
    """Services from a table: `urls`, or `url`, or a file of one a line."""
    inline = table.words("urls")
    secrets.inline = secrets.inline or bool(inline)
    lines = (line.strip() for line in secrets.take(table, "url", required=not inline).splitlines())
    urls = [*inline, *(line for line in lines if line and not line.startswith("#"))]
    if not urls or any(URL.fullmatch(url) is None for url in urls):
        raise table.bad("urls", "should be addresses as apprise has them, such as ntfy://topic or mailto://….")
    return Apprise(urls, environ, timeout_s)
