"""Commands on their way to other nodes: from this node's outbox, in order, again and again until their node has said what it did.

The broker may lose a letter at any time; the outbox does not. A parcel whose letter is gone and was not answered is sent again, and
with it all that were sent after it, so that their order stays; their node does each once, by its id. Each letter names the one before
it that is still open (`prev`): where that one did not arrive, the node leaves it be, and both come again.

A letter is for one database of its node, the one that the node had when it was sent first. Another one (a backup was put back, or all
was lost) cannot know what that one typed: it says so, and the parcel is doubtful.

A node that was given another name is known by its database: what is under way to it follows.

A parcel expires when its time is over and its letter can be taken back unseen. Where that cannot be told it is uncertain, until its
node answers.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from itertools import groupby

import structlog

from outrider.errors import NoSuchThing, StoreError, TooMany, Unavailable
from outrider.fleet.post import Letter, Post
from outrider.model.actor import Actor
from outrider.model.audit import AuditRow
from outrider.model.command import CommandRequest
from outrider.model.fleet import Delivery, Parcel
from outrider.store.outbox import LAST, Outbox

log = structlog.get_logger()

LOOK_S = 1.0
GRACE_MS = 2000
"""After its time is over a parcel's answer may still be on its way."""
TOGETHER = 100
"""Letters that are sent on one way."""
UNSURE = "?"
AGAIN_MS = 2000
"""How long an answer is awaited before it is looked whether the letter is still there."""


class Outgoing:
    """Accepts commands for other nodes' agents, and carries them."""

    def __init__(
        self,
        outbox: Outbox,
        post: Post,
        *,
        clock: Callable[[], int],
        token: Callable[[], str],
        expires_s: float,
        most: int,
    ) -> None:
        """`expires_s` is how long one waits at most that names no time of its own; `most` how many may be open."""
        self._outbox = outbox
        self._post = post
        self._clock = clock
        self._token = token
        self._expires_s = expires_s
        self._most = most
        self._wake = asyncio.Event()
        self._losses = 0
        self._sent_ms: dict[str, int] = {}
        """When open parcels were sent last: their answers are awaited for a moment before they are sent again."""

    async def accept(self, node: str, session: str, request: CommandRequest, actor: Actor) -> Parcel:
        """The parcel, on the disk; of an idempotency key that was used before, that of then."""
        now = self._clock()
        wait_s = request.expires_s if request.expires_s is not None else self._expires_s + request.delay_s
        parcel_id = self._token()
        known = self._post.membership.get(node)
        parcel = Parcel(
            0, parcel_id, node, session, request, actor.name, now, now, now + round(wait_s * 1000),
            incarnation=known.card.incarnation if known is not None else None,
        )  # fmt: skip
        row = AuditRow(
            now,
            actor.name,
            "command",
            f"{node}/{session}",
            {"command": parcel_id, "text": request.text, "as": request.form.value},
        )
        accepted = await self._outbox.add(parcel, row, self._most)
        if accepted is None:
            raise TooMany(
                f"{self._most} commands wait for other nodes already (fleet.outbox_max).", detail={"retry_after_s": 5}
            )
        self._wake.set()
        return accepted

    async def find(self, parcel_id: str) -> Parcel | None:
        """That one, or None."""
        found = await self._outbox.find(parcel_id)
        return None if found is None else self._addressed(found)

    async def listed(self, limit: int, before: int = LAST) -> Sequence[Parcel]:
        """The newest, newest first, of those whose place `n` is before that one."""
        return [self._addressed(parcel) for parcel in await self._outbox.newest(limit, before)]

    async def cancel(self, parcel: Parcel) -> Parcel:
        """Takes it back, where its node has not seen it; as it stands then."""
        if await self._unseen(parcel):
            await self._outbox.take_back(parcel, Delivery.CANCELLED, None, self._clock())
        found = await self.find(parcel.id)
        if found is None:
            raise NoSuchThing(f"No command has the id {parcel.id!r}.", detail={"id": parcel.id})
        return found

    async def trim(self, before_ms: int) -> None:
        """Forgets those that came to their end before then."""
        await self._outbox.trim(before_ms)

    async def receipt(self, letter: Letter) -> None:
        """Its node has said what it did."""
        await self._outbox.settle(
            str(letter.get("id")), Delivery(str(letter.get("outcome"))), _text(letter.get("error")), self._clock()
        )

    async def run(self) -> None:
        """For ever."""
        while True:
            try:
                parcels = await self._outbox.open()
                self._sent_ms = {each.id: self._sent_ms[each.id] for each in parcels if each.id in self._sent_ms}
                addressed = sorted(map(self._addressed, parcels), key=lambda each: (each.node, each.n))
                for node, those in groupby(addressed, lambda each: each.node):
                    await self._carry(node, list(those))
            except StoreError as error:
                log.warning("the outbox cannot be read or written now", why=error.message)
            except Unavailable as error:
                self._post.link.lost(error)
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self._wake.wait()
            self._wake.clear()

    @property
    def _may_carry(self) -> bool:
        """Not where this node is refused: what stands in its outbox may be another daemon's, of which this is a copy."""
        return self._post.link.up and not self._post.membership.conflict

    def _addressed(self, parcel: Parcel) -> Parcel:
        """With its node's name as it is now."""
        known = self._post.membership.holding(parcel.incarnation)
        return parcel if known is None else replace(parcel, node=known.card.node)

    async def _carry(self, node: str, parcels: list[Parcel]) -> None:
        """Looks after the open parcels to one node, oldest first."""
        now = self._clock()
        late = [parcel for parcel in parcels if now > parcel.expires_ms + GRACE_MS]
        for parcel in await self._to_expire(node, late):
            await self._expire(parcel, now)
        if not self._may_carry:
            return
        if self._losses != self._post.membership.losses:  # no answer comes to what the broker has forgotten
            self._losses = self._post.membership.losses
            self._sent_ms.clear()
        known = self._post.membership.get(node)
        if known is None:  # it has not said which database it has
            return
        parcels = [parcel for parcel in parcels if parcel not in late and parcel.status is Delivery.WAITING]
        first = await self._first_missing(node, parcels, now)
        before = parcels[first - 1].id if first else None
        for place in range(first, len(parcels), TOGETHER):
            some = parcels[place : place + TOGETHER]
            await self._send(some, known.card.incarnation, before)
            before = some[-1].id

    async def _first_missing(self, node: str, parcels: Sequence[Parcel], now_ms: int) -> int:
        """The place of the oldest whose letter is neither there nor just being answered."""
        fresh = {each.id for each in parcels if now_ms - self._sent_ms.get(each.id, -AGAIN_MS) < AGAIN_MS}
        old = [each.mark for each in parcels if each.id not in fresh and each.mark not in (None, UNSURE)]
        there = await self._post.broker.standing(node, [mark for mark in old if mark is not None]) if old else ()
        known = (each.id in fresh or each.mark in there for each in parcels)
        return next((place for place, is_known in enumerate(known) if not is_known), len(parcels))

    async def _unseen(self, parcel: Parcel) -> bool:
        """Whether its node has not seen it, and will not."""
        if parcel.mark is None:
            return True
        if parcel.mark == UNSURE or not self._may_carry:
            return False
        return await self._post.broker.withdraw(parcel.node, parcel.mark)

    async def _send(self, parcels: Sequence[Parcel], incarnation: str, prev: str | None) -> None:
        """To one node, behind the one of that id."""
        letters: dict[str, Letter] = {}
        for parcel in parcels:
            # Written first: a letter of which nothing is known here could neither be taken back nor be called unsent.
            database = await self._outbox.hand_over(parcel.id, UNSURE, incarnation)
            if database is not None:
                letters[parcel.id] = self._letter(parcel, database, prev)
            prev = parcel.id
        marks = await self._post.send_all([(parcels[0].node, letter) for letter in letters.values()])
        for parcel_id, mark in zip(letters, marks, strict=True):
            self._sent_ms[parcel_id] = self._clock()
            await self._outbox.mark(parcel_id, mark)

    def _letter(self, parcel: Parcel, database: str, prev: str | None) -> Letter:
        return {
            "kind": "command",
            "id": parcel.id,
            "prev": prev,
            "for": database,
            "session": parcel.session,
            "request": {**asdict(parcel.request), "key": None, "expires_s": None},
            "actor": parcel.actor,
            "until": self._post.membership.common_ms(parcel.expires_ms),
            "expires": parcel.request.expires_s is not None,
        }

    async def _to_expire(self, node: str, late: Sequence[Parcel]) -> Sequence[Parcel]:
        """Those of which more can be known now: of many in doubt, whose letters are gone, each would be asked for once a second."""
        marks = [each.mark for each in late if each.status is Delivery.UNCERTAIN and each.mark not in (None, UNSURE)]
        there: Collection[str] = ()
        if marks and self._may_carry:
            there = await self._post.broker.standing(node, [mark for mark in marks if mark is not None])
        return [each for each in late if each.status is Delivery.WAITING or each.mark in there]

    async def _expire(self, parcel: Parcel, now_ms: int) -> None:
        if await self._unseen(parcel):
            why = f"{parcel.node} did not come for it in time."
            await self._outbox.take_back(parcel, Delivery.EXPIRED, why, now_ms)
        elif parcel.status is Delivery.WAITING:
            why = f"Whether {parcel.node} has taken it is not known; it will be told once {parcel.node} can be asked."
            await self._outbox.settle(parcel.id, Delivery.UNCERTAIN, why, now_ms)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
