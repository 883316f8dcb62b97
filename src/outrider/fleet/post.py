"""The post between nodes: letters out to one node, letters in to this one, each sealed for its addressee.

Kinds of letters: `command`, a parcel of the sender's outbox; `receipt`, what its addressee did with one; `call`, a request to be answered
while somebody waits for it; `reply`, its answer; `view`, a terminal to be shown over a line. A letter that is older than
`OLDEST_MS` is left unread, so that what the inbox has forgotten cannot be brought again.
"""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog

from outrider.errors import Unavailable
from outrider.fleet.link import Link
from outrider.fleet.membership import Membership
from outrider.logic.seal import Seal
from outrider.model.fleet import Letter as Carried
from outrider.ports import Broker

log = structlog.get_logger()

WAIT_MS = 500
OLDEST_MS = 32 * 24 * 3_600_000
"""The longest that a command may wait is 30 days."""
TRIES = 5
"""How often answers are tried to be carried."""
Letter = Mapping[str, object]


class Post:
    """Sends and receives for one node."""

    def __init__(
        self, node: str, *, broker: Broker, seal: Seal, link: Link, membership: Membership, clock: Callable[[], int]
    ) -> None:
        self.node = node
        self.broker = broker
        self.link = link
        self.membership = membership
        self.seal = seal
        self._clock = clock
        self._left: list[Carried] = []
        self._answers: list[tuple[str, Letter]] = []
        self._taken: list[str] = []
        """The marks of letters that were taken and not done with yet."""
        self._tries = 0

    def now_ms(self) -> int:
        """The time as all nodes can agree on it."""
        return self.membership.common_ms(self._clock())

    async def send(self, node: str, letter: Letter) -> str:
        """Has it carried to that node; its mark. Unavailable: it may have been carried all the same."""
        return (await self.send_all([(node, letter)]))[0]

    async def send_all(self, letters: Sequence[tuple[str, Letter]]) -> Sequence[str]:
        """As `send`, several (node, letter) in their order, on one way."""
        return await self.broker.send([(node, self._closed(node, letter)) for node, letter in letters])

    def answer(self, node: str, letter: Letter) -> None:
        """For who is just taking a letter: has it carried with all other answers to what came together, before that is done with."""
        self._answers.append((node, letter))

    async def receive(self, take: Callable[[Letter], Awaitable[None]]) -> None:
        """Takes what has come, in order, and waits a little where nothing has. What `take` fails on is brought again."""
        await self._finish()
        if not self._left:
            self._left = list(await self.broker.receive(self.node, wait_ms=WAIT_MS))
        try:
            while self._left:
                letter = self._opened(self._left[0])
                if letter is not None:
                    await take(letter)
                self._taken.append(self._left.pop(0).mark)
        finally:
            await self._finish()

    async def _finish(self) -> None:
        """Has the answers carried, then is done with what they answer. What fails is to be done first the next time: a letter that
        stands and is never answered is never sent again. One that was never to be carried stops nobody for ever: who waits for it
        finds the letter gone, and sends it again."""
        answers = tuple(self._answers)
        try:
            await self.send_all(answers)
        except Unavailable as error:
            self._tries += 1
            if self._tries < TRIES:
                raise
            log.warning(
                "answers to other nodes cannot be carried and are left", answers=len(answers), why=error.message
            )
        self._tries = 0
        del self._answers[: len(answers)]
        await self.broker.done(self.node, self._taken)
        self._taken.clear()

    def _closed(self, node: str, letter: Letter) -> str:
        body = json.dumps({**letter, "from": self.node, "at": self.now_ms()})
        return self.seal.close(f"letter {node}", body)

    def _opened(self, carried: Carried) -> Letter | None:
        body = self.seal.open(f"letter {self.node}", carried.body)
        if body is None:
            log.warning("a letter is not believed: it does not bear this fleet's key")
            return None
        try:
            letter = json.loads(body)
        except ValueError:
            return None
        at_ms = letter.get("at") if isinstance(letter, dict) else None
        if not isinstance(at_ms, int) or self.now_ms() - at_ms > OLDEST_MS:
            return None
        return letter if isinstance(letter, dict) else None

    def reachable(self, node: str) -> None:
        """Unavailable, with a sentence, where that node cannot answer now."""
        if not self.link.up:
            raise Unavailable(f"Other nodes cannot be reached now. {self.link.why}")
        if self.membership.conflict:
            raise Unavailable(f"Other nodes cannot be asked now. {self.membership.conflict}")
        known = self.membership.get(node)
        if known is not None and known.away_ms is not None:
            age_s = max(0, self._clock() - known.away_ms) // 1000
            raise Unavailable(f"{node} is away: nothing was heard of it for {age_s} s.", detail={"node": node})
