"""The office: what faces may ask about notices, and have done."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from outrider.errors import Conflict, NoSuchThing
from outrider.logic.notices import UNDER_WAY
from outrider.logic.sending import again
from outrider.model.actor import Actor
from outrider.model.notice import TEST, Moment, Notice, NoticeRule, NoticeStatus, Urgency, WayState
from outrider.notify.catalogue import Way
from outrider.notify.lane import GRACE_S
from outrider.notify.sender import Sender

AGAIN = frozenset({NoticeStatus.FAILED, NoticeStatus.UNCERTAIN})


def _about(way: Way) -> str:
    return f"{way.out.about}. {way.out.note}" if way.out.note else way.out.about


class Office:
    """Answers for the sender. `token` gives names for tests, `node` is where this is."""

    def __init__(self, sender: Sender, *, now: Callable[[], Moment], token: Callable[[], str], node: str) -> None:
        self._sender = sender
        self._now = now
        self._token = token
        self._node = node

    @property
    def path(self) -> str:
        """The file that says whom to tell what."""
        return str(self._sender.arrangements.path)

    @property
    def problem(self) -> str:
        """What is wrong with that file; '' where nothing is. What it said before is then in force."""
        return self._sender.arrangements.problem

    @property
    def rules(self) -> Sequence[NoticeRule]:
        """The rules that are in force, in their order."""
        return self._sender.arrangements.current.rules

    @property
    def totals(self) -> Mapping[tuple[str, str], int]:
        """How often, by way and outcome, since this daemon started."""
        return self._sender.book.totals

    def ways(self) -> Sequence[WayState]:
        """The ways out that are in force."""
        waiting = Counter(each.way for each in self._sender.book.standing.values() if each.status in UNDER_WAY)
        return [
            WayState(name, way.type, _about(way), way.out.why or self._sender.fault(name), waiting[name])
            for name, way in self._sender.arrangements.current.ways.items()
        ]

    def health(self) -> Mapping[str, object]:
        """JSON-shaped: `status` (`ok` or `degraded`), how many `ways` there are, how many notices are `queued`; `why` if degraded,
        and `note` where something else is worth knowing."""
        states = self.ways()
        wrong = [self.problem] if self.problem else []
        wrong += [f"{each.name}: {each.why}" for each in states if each.why]
        told: dict[str, object] = {
            "status": "degraded" if wrong else "ok",
            "ways": len(states),
            "queued": sum(each.queued for each in states),
        }
        if wrong:
            told["why"] = " ".join(wrong)
        ways = self._sender.arrangements.current.ways
        if notes := [f"{name}: {way.out.note}" for name, way in ways.items() if way.out.note]:
            told["note"] = " ".join(notes)
        return told

    async def listed(
        self, *, way: str | None = None, status: NoticeStatus | None = None, limit: int = 50
    ) -> Sequence[Notice]:
        """Newest first."""
        return await self._sender.notices.listed(way=way, status=status, limit=limit)

    async def find(self, notice_id: str) -> Notice:
        """One; NoSuchThing where there is none."""
        return _known(await self._sender.notices.find(notice_id), notice_id)

    async def test(self, name: str | None, actor: Actor) -> Sequence[Notice]:
        """Sends a test by one way, or by all, and waits for what comes of it: once, without another try.

        NoSuchThing where there is no way of that name, Conflict where there is none at all.
        """
        ways = self._sender.arrangements.current.ways
        if name is not None and name not in ways:
            known = ", ".join(ways) or "none"
            why = f" The file cannot be used as it is now: {self.problem}" if self.problem else ""
            raise NoSuchThing(
                f"There is no way out {name[:60]!r}; there are: {known}.{why}", detail={"known": list(ways)}
            )
        if not ways:
            what = f": {self.problem}" if self.problem else f"; write one into {self.path}."
            raise Conflict(f"There is no way out{what}")
        chosen = [ways[name]] if name is not None else list(ways.values())
        made = [each for way in chosen for each in self._tests(way, actor)]
        await self._sender.book.add(made)
        with suppress(TimeoutError):
            async with asyncio.timeout(max(way.timeout_s for way in chosen) + 2 * GRACE_S):
                await self._sender.book.over(frozenset(each.id for each in made))
        return [await self.find(each.id) for each in made]

    async def retry(self, notice_id: str) -> Notice:
        """Has one sent once more that was not, or of which that cannot be told; Conflict for any other, and where its way is gone.

        It keeps its id: a webhook that did get it knows it.
        """

        def once_more(found: Notice | None) -> Notice:
            notice = _known(found, notice_id)
            if notice.status not in AGAIN:
                raise Conflict(
                    f"This notice is {notice.status.value}; only what failed, or is uncertain, is sent again."
                )
            way = self._sender.arrangements.current.ways.get(notice.way)
            if way is None or notice.target not in way.out.targets:
                raise Conflict(f"There is no way out {notice.way!r} any more that it could go by.")
            return again(notice, self._now().ms)

        return await self._sender.book.revive(notice_id, once_more)

    def _tests(self, way: Way, actor: Actor) -> Sequence[Notice]:
        now, token = self._now().ms, self._token()[:8]
        text = f"This is a test from {self._node}, asked for by {actor.name}. Nothing is the matter."
        return [
            Notice(
                id=f"{self._sender.source}test-{token}.{way.name}.{target or '0'}",
                way=way.name,
                target=target,
                rule=TEST,
                created_ms=now,
                changed_ms=now,
                due_ms=now,
                text=text,
                urgency=Urgency.NORMAL,
            )
            for target in way.out.targets
        ]


def _known(found: Notice | None, notice_id: str) -> Notice:
    if found is None:
        raise NoSuchThing(f"No notice has the id {notice_id[:100]!r}.", detail={"id": notice_id[:100]})
    return found
