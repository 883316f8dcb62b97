"""Panes whose program has ended: told as dead once their exit status is known.

tmux sees the end of a program's terminal and its exit status one after the other, and tmux 3.3a now and then misses the
second until another of its children ends. So a pane without a status counts as not looked at yet, for a moment.
"""

from collections.abc import Iterable
from dataclasses import replace

from outrider.model.pane import Pane
from outrider.tmux.quote import question

REAP = question("run-shell", "-b", "true")
"""Starts a child that ends at once: tmux then asks for the status of all its children that have ended."""
_PATIENCE_S = 0.5
"""After this a pane is dead without a status: its program gave up the terminal and lives on, or tmux is older than 3.3."""


class Deaths:
    """What one server's panes wait for. `waiting` says that some do, `overdue` that some did so at the look before too."""

    def __init__(self) -> None:
        self.waiting = False
        self.overdue = False
        self._since: dict[str, float] = {}

    def told(self, panes: Iterable[Pane], now_s: float) -> tuple[Pane, ...]:
        """The panes as they are to be told at this moment."""
        listed = tuple(panes)
        open_ends = [pane.ref.pane for pane in listed if pane.dead and pane.exit_status is None]
        self._since = {pane: self._since.get(pane, now_s) for pane in open_ends}
        hidden = {pane for pane, since in self._since.items() if now_s - since < _PATIENCE_S}
        self.waiting = bool(hidden)
        self.overdue = any(self._since[pane] < now_s for pane in hidden)
        return (
            tuple(replace(pane, dead=False) if pane.ref.pane in hidden else pane for pane in listed)
            if hidden
            else listed
        )
