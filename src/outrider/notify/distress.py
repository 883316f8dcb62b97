"""Distress: people are told when nothing can be written down any more, by a message that is itself not written down.

Every other notice stands in the database before it goes out. Where the database cannot be written (a full disk), this one still goes,
once, to whoever is told of alerts, or to everybody where no rule says who that is; and another one when it is over.
"""

import asyncio
from collections.abc import Callable, Iterator

import structlog

from outrider.errors import OutriderError
from outrider.model.event import EventName
from outrider.model.notice import Moment, Notice, Urgency
from outrider.notify.arrangements import Arrangements
from outrider.notify.catalogue import Way

log = structlog.get_logger()

LOOK_S = 1.0
LOOKS = 3
"""How many looks in a row have to find the same, so that a moment of trouble is none."""
RULE = "distress"


class Distress:
    """Looks for trouble for ever. `trouble` is what is wrong with the store, a sentence; '' where nothing is."""

    def __init__(
        self,
        arrangements: Arrangements,
        *,
        trouble: Callable[[], str],
        now: Callable[[], Moment],
        node: str,
        look_s: float = LOOK_S,
    ) -> None:
        self._arrangements = arrangements
        self._trouble = trouble
        self._now = now
        self._node = node
        self._look_s = look_s

    async def run(self) -> None:
        """The daemon's task."""
        told, looks = False, 0
        while True:
            await asyncio.sleep(self._look_s)
            why = self._trouble()
            looks = looks + 1 if bool(why) is not told else 0
            if looks < LOOKS:
                continue
            told, looks = bool(why), 0
            if told:
                log.error("nothing can be written down", why=why)
                text = f"Outrider on {self._node} can write nothing down. {why} What agents do is still shown, and they go on; "
                text += "but no command is typed, and nobody is told anything else, until it can."
            else:
                text = f"Outrider on {self._node} can write again. What happened meanwhile is told now."
            await self._tell(text)

    async def _tell(self, text: str) -> None:
        for way in self._ways():
            for target in way.out.targets:
                notice = self._notice(way, target, text)
                try:
                    async with asyncio.timeout(way.timeout_s):
                        await way.out.send(notice)
                except (OutriderError, OSError) as error:
                    log.error("nobody could be told that nothing can be written down", way=way.name, why=str(error))

    def _ways(self) -> Iterator[Way]:
        current = self._arrangements.current
        named = {way for rule in current.rules if EventName.ALERT in rule.on for way in rule.ways}
        return (way for name, way in current.ways.items() if not named or name in named)

    def _notice(self, way: Way, target: str, text: str) -> Notice:
        now = self._now().ms
        return Notice(
            id=f"{RULE}-{now}.{way.name}.{target or '0'}",
            way=way.name,
            target=target,
            rule=RULE,
            created_ms=now,
            changed_ms=now,
            due_ms=now,
            text=text,
            urgency=Urgency.HIGH,
        )
