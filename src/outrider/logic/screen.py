"""The rows that a person sees, cut into regions by their structure.

In comes a screen and the regions that a kind declares; out come the rows of each one found. A rule only ever sees a region:
scrollback and prose quote every mark there is, so what a mark means depends on where it stands. Rows are matched as drawn;
the pane's width never enters a pattern, it only decides what a rule row (`────`) is and where text wrapped.
"""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from outrider.logic.cells import cells
from outrider.model.kind import Pick, Region, Side
from outrider.model.pane import Screen

SCREEN = "screen"
CURSOR = "cursor"
LAST = "last"
TITLE = "title"
FOOT = "foot"
FOOT_ROWS = 12
BUILT_IN: Mapping[str, str] = MappingProxyType(
    {
        SCREEN: "all visible rows, blank ones at the bottom cut",
        CURSOR: "the row of the cursor, up to the cursor",
        LAST: "the last row that is not blank",
        FOOT: "the last twelve visible rows, counted from the last that is not blank",
        TITLE: "the pane's title as it was when the screen was captured; no row",
    }
)


class Span(NamedTuple):
    """Rows `first` to before `after`; `above` and `below` are where its neighbours end and begin, fences left out."""

    first: int
    after: int
    above: int
    below: int


class Layout:
    """The regions of one screen. A region that is not there has no text; rules on it do not speak.

    `found` is the memory of whoever searches it: for each region that is there, what a pattern (by its `id`: hashing one hashes
    its whole code) matched in it. A layout made after another, of the same regions, goes on from what that one remembered of regions
    that read the same: an agent at work redraws one line, and most of what costs is told by the others.
    """

    def __init__(self, screen: Screen, regions: Iterable[Region], before: "Layout | None" = None) -> None:
        self.rows = screen.rows
        self._width = screen.pane.width
        self._texts: dict[str, str] = {}
        self._starts: dict[str, tuple[int, ...]] = {}
        height = len(self.rows)
        while height and not self.rows[height - 1].strip():
            height -= 1
        self._spans: dict[str, Span] = {SCREEN: Span(0, height, 0, height)}
        if height:
            self._spans[LAST] = Span(height - 1, height, height - 1, height)
            self._spans[FOOT] = Span(max(0, height - FOOT_ROWS), height, max(0, height - FOOT_ROWS), height)
        y = screen.pane.cursor_y
        if 0 <= y < len(self.rows):
            self._spans[CURSOR] = Span(y, y + 1, y, y + 1)
            self._texts[CURSOR] = self.rows[y][: screen.pane.cursor_x]
        self._texts[TITLE] = screen.pane.title
        self._spans[TITLE] = Span(0, 0, 0, 0)
        for region in regions:
            span = self._find(region)
            if span is not None:
                self._spans[region.name] = span
        self.found: dict[str, dict[int, re.Match[str] | None]] = {
            name: before.found[name] if before is not None and before.text(name) == self.text(name) else {}
            for name in self._spans
        }

    def span(self, name: str) -> Span | None:
        """Where a region lies, or None where it is not on this screen."""
        return self._spans.get(name)

    def text(self, name: str) -> str | None:
        """A region's rows joined by newlines, or None where it is not on this screen."""
        span = self._spans.get(name)
        if span is None:
            return None
        text = self._texts.get(name)
        if text is None:
            text = self._texts[name] = "\n".join(self.rows[span.first : span.after])
        return text

    def starts(self, name: str) -> tuple[int, ...]:
        """Where in a region's text its rows begin."""
        known = self._starts.get(name)
        if known is None:
            text = self.text(name) or ""
            places = [0]
            while (at := text.find("\n", places[-1])) >= 0:
                places.append(at + 1)
            known = self._starts[name] = tuple(places)
        return known

    def _find(self, region: Region) -> Span | None:
        outer = self._spans.get(region.within or SCREEN)
        if outer is None or any(name in self._spans for name in region.without):
            return None
        low, high = self._bounds(region, outer)
        first = self._start(region, low, high)
        if first is None:
            return None
        after = (
            next((i for i in range(first + 1, high) if region.end.match(self.rows[i])), None) if region.end else None
        )
        fenced_below = after is not None
        if after is None:
            if region.closed:
                return None
            after = high
        if region.rows:
            after = min(after, first + region.rows)
        return Span(first, after, first - 1 if region.fence else first, after + 1 if fenced_below else after)

    def _bounds(self, region: Region, outer: Span) -> tuple[int, int]:
        if region.side is Side.ABOVE:
            return 0, outer.above
        if region.side is Side.BELOW:
            return outer.below, self._spans[SCREEN].after
        return outer.first, outer.after

    def _start(self, region: Region, low: int, high: int) -> int | None:
        if region.start is None:
            return low if low < high else None
        if region.pick in (Pick.RUN, Pick.WRAPPED):
            return self._upwards(region.start, high - 1, full=region.pick is Pick.WRAPPED)
        candidates = range(low, high) if region.pick is Pick.FIRST else range(high - 1, low - 1, -1)
        for i in candidates:
            if region.start.match(self.rows[i]) and (
                region.fence is None or (i > 0 and region.fence.match(self.rows[i - 1]))
            ):
                return i
        return low if region.open and low < high else None

    def _upwards(self, start: re.Pattern[str], row: int, *, full: bool) -> int | None:
        """The first row of the run of matching rows that ends there; with `full` the first matching one of those that are full."""
        if full:
            top = row
            while top > 0 and cells(self.rows[top - 1]) >= self._width - 1:
                top -= 1  # a blank in the last column is not captured
            return next((at for at in range(top, row + 1) if start.match(self.rows[at])), None)
        if start.match(self.rows[row]) is None:
            return None
        while row > 0 and start.match(self.rows[row - 1]):
            row -= 1
        return row
