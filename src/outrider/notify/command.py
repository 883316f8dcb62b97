"""Command: a program of yours, with the notice as JSON on its standard input. Exit code 0 says that it is told."""

import json
from collections.abc import Mapping

from outrider.kinds.table import Table
from outrider.logic.notice_text import as_json
from outrider.model.notice import Notice
from outrider.notify.program import succeed
from outrider.notify.way import WayOut


class Command(WayOut):
    """Runs one program for each notice."""

    def __init__(self, argv: tuple[str, ...], environ: Mapping[str, str], timeout_s: float) -> None:
        self.about = argv[0]  # its arguments may hold secrets
        self._argv = argv
        self._environ = environ
        self._timeout_s = timeout_s

    async def send(self, notice: Notice) -> None:
        line = json.dumps(as_json(notice)).encode() + b"\n"
        await succeed(self._argv, line, self._environ, self._timeout_s)


def read(table: Table, environ: Mapping[str, str], timeout_s: float) -> Command:
    """A command from its table: `argv`."""
    argv = table.words("argv", None)
    if not argv or not argv[0] or any("\0" in word for word in argv):
        raise table.bad("argv", 'should be a program and its arguments, such as ["/home/me/bin/tell", "--loud"].')
    return Command(argv, environ, timeout_s)
