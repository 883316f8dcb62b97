"""The carrier between nodes: Redis (7 or newer) or Valkey, by streams, hashes and keys that expire.

Keys, behind the prefix: `ev:NODE:INCARNATION` is a feed, its ids are `seq-part`, so that nothing stands in it twice;
`agents:NODE:INCARNATION` has the latest of each agent; `nodes` has a card of each node; `name:NODE` and `db:INCARNATION` say whose
they are; `cmd:NODE` are letters to a node, which one consumer takes; `line:NAME` is what is said while a terminal is watched.

The library's own retries are off: a repeated XREADGROUP would strand what the first one had taken. What was taken and not done is
taken again after every new connection.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast
from urllib.parse import quote

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from outrider.bus.complaint import unavailable
from outrider.errors import BadSetting, Unavailable
from outrider.model.fleet import Entry, Feed, Letter, Place, Register

TIMEOUT_S = 3.0
"""How long an answer is awaited. TCP sends into a cut line again after ever longer pauses: a new connection is there sooner."""
CONNECT_S = 2.0
GROUP = "owner"
PAGE = 500
LINE = 2000
SILENT_MS = 60_000

Fields = Mapping[str, str]
Row = tuple[str, Fields]


class RedisBroker:
    """Carries for one node. Every verb raises Unavailable, with a sentence, where Redis cannot be asked or refuses."""

    def __init__(self, url: str, *, prefix: str = "outrider:", ca: Path | None = None) -> None:
        """Connects when it is first asked; BadSetting where the address cannot be one. `ca` is a file of authorities for `rediss://`."""
        if ca is not None and not ca.is_file():
            raise BadSetting(f"redis.ca: there is no file {ca}.")
        trusted = f"{'&' if '?' in url else '?'}ssl_ca_certs={quote(str(ca))}" if ca is not None else ""
        try:
            self._redis = Redis.from_url(
                url + trusted if url.startswith("rediss://") else url,
                decode_responses=True,
                encoding_errors="replace",  # anybody may have written anything there: what is no text is not believed
                protocol=2,
                retry=Retry(NoBackoff(), 0),
                socket_timeout=TIMEOUT_S,
                socket_connect_timeout=CONNECT_S,
                client_name="outrider",
            )
            self._redis.connection_pool.make_connection()  # type: ignore[no-untyped-call]  # connects nothing, and finds what cannot be meant
        except (ValueError, TypeError) as error:
            raise BadSetting(f"bus: this is no address of a Redis: {error}") from error
        self._prefix = prefix
        self._fresh: set[str] = set()
        """Nodes whose letters were read since the last failure: nothing that was taken before is left undone."""

    async def close(self) -> None:
        """Ends its connections."""
        await self._redis.aclose()

    # ---- feeds -----------------------------------------------------------------------------------

    async def publish(self, feed: Feed, entries: Sequence[tuple[Place, str]], states: Mapping[str, str | None]) -> None:
        """Appends in order; what stands at or before the feed's newest place is there already and is left out. `states` replaces
        what is kept of agents, None forgets one."""
        kept = [word for name, state in states.items() if state is not None for word in (name, state)]
        gone = [name for name, state in states.items() if state is None]
        # The states first: who finds an entry there, and then reads the states, finds what it told.
        words: list[tuple[str, ...]] = [("HSET", self._agents(feed), *kept)] if kept else []
        words += [("HDEL", self._agents(feed), *gone)] if gone else []
        words += [("XADD", self._feed(feed), f"{place.seq}-{place.part}", "b", body) for place, body in entries]
        await self._ask_all(words, ignore="equal or smaller")

    async def newest(self, feed: Feed) -> Place | None:
        """The place of the newest entry; None where nothing stands there (any more)."""
        rows = cast("list[Row]", await self._ask("XREVRANGE", self._feed(feed), "+", "-", "COUNT", 1))
        return _place(rows[0][0]) if rows else None

    async def read(self, after: Mapping[Feed, Place], *, wait_ms: int) -> list[Entry]:
        """What stands after those places, of each feed in order; waits so long for the first."""
        if not after:
            return []
        feeds = {self._feed(feed): feed for feed in after}
        places = [f"{place.seq}-{place.part}" for place in after.values()]
        words: tuple[str | int, ...] = ("XREAD", "COUNT", PAGE, "BLOCK", wait_ms, "STREAMS", *feeds, *places)
        found = cast("list[tuple[str, list[Row]]]", await self._ask(*words))
        return [Entry(feeds[key], _place(mark), fields.get("b", "")) for key, rows in found for mark, fields in rows]

    async def past(self, feed: Feed, after: Place, limit: int) -> list[Entry]:
        """At most so many entries after that place, without waiting."""
        words = ("XRANGE", self._feed(feed), f"({after.seq}-{after.part}", "+", "COUNT", limit)
        rows = cast("list[Row]", await self._ask(*words))
        return [Entry(feed, _place(mark), fields.get("b", "")) for mark, fields in rows]

    async def states(self, feed: Feed) -> Mapping[str, str]:
        """The latest of each agent, by name."""
        return cast("Mapping[str, str]", await self._ask("HGETALL", self._agents(feed)))

    async def trim(self, feed: Feed, before: Place) -> None:
        """Forgets entries before that place."""
        await self._ask("XTRIM", self._feed(feed), "MINID", f"{before.seq}-{before.part}")

    async def drop(self, feed: Feed) -> None:
        """Forgets a feed altogether."""
        await self._ask("DEL", self._feed(feed), self._agents(feed))

    # ---- nodes -----------------------------------------------------------------------------------

    async def claim(self, feed: Feed, owner: str, ttl_ms: int) -> Register:
        """Takes the name and the database for so long, each where nobody has it; Redis's clock, on which all nodes can agree, who has
        them, and all cards."""
        words: list[tuple[str, ...]] = [("TIME",), ("HGETALL", self._nodes)]
        for key in self._claims(feed):
            words += [("SET", key, owner, "NX", "PX", str(ttl_ms)), ("GET", key)]
        time, cards, _, holder, _, keeper = await self._ask_all(words)
        seconds, micros = cast("tuple[int, int]", time)
        now_ms = seconds * 1000 + micros // 1000
        return Register(now_ms, str(holder or ""), str(keeper or ""), cast("Mapping[str, str]", cards))

    async def hold(self, feed: Feed, owner: str, ttl_ms: int) -> None:
        """Has the name and the database be that owner's for so long, whoever had them."""
        await self._ask_all([("SET", key, owner, "PX", str(ttl_ms)) for key in self._claims(feed)])

    async def announce(self, feed: Feed, card: str, ttl_ms: int) -> None:
        """Puts the node's card in place of its last one, and keeps its name and its database for so long."""
        kept = [("PEXPIRE", key, str(ttl_ms)) for key in self._claims(feed)]
        await self._ask_all([("HSET", self._nodes, feed.node, card), *kept])

    async def remind(self, cards: Mapping[str, str]) -> None:
        """Puts cards of other nodes where there are none."""
        await self._ask_all([("HSETNX", self._nodes, node, card) for node, card in cards.items()])

    async def forget(self, node: str) -> None:
        """Takes a node's card and name away, and the letters to it."""
        await self._ask("HDEL", self._nodes, node)
        await self._ask("DEL", self._name(node), self._letters(node))

    # ---- letters ---------------------------------------------------------------------------------

    async def send(self, letters: Sequence[tuple[str, str]]) -> list[str]:
        """Has them carried, each (node, body) behind all that were sent to its node before; their marks."""
        return [
            str(mark)
            for mark in await self._ask_all([("XADD", self._letters(node), "*", "b", body) for node, body in letters])
        ]

    async def standing(self, node: str, marks: Sequence[str]) -> set[str]:
        """Which of them are still there: those that the node has not done with."""
        found = await self._ask_all([("XRANGE", self._letters(node), mark, mark) for mark in marks])
        return {mark for mark, rows in zip(marks, found, strict=True) if rows}

    async def withdraw(self, node: str, mark: str) -> bool:
        """Takes a letter back. True: the node has not seen it and never will. False: it may have."""
        if not await self._ask("XDEL", self._letters(node), mark):
            return False
        try:
            taken = await self._redis.xpending_range(self._letters(node), GROUP, mark, mark, 1)
        except (RedisError, OSError) as error:
            if str(error).startswith("NOGROUP"):  # the node has never been here
                return True
            raise unavailable(error) from error
        return not taken

    async def receive(self, node: str, *, wait_ms: int) -> list[Letter]:
        """Letters to this node in order; those that were taken and not done come again after a failure. One taker a node."""
        key = self._letters(node)
        try:
            if node not in self._fresh:
                await self._group(key)
                if again := await self._take(key, "0", 0):
                    return again
                self._fresh.add(node)
            return await self._take(key, ">", wait_ms)
        except Unavailable:
            self._fresh.discard(node)
            raise

    async def done(self, node: str, marks: Sequence[str]) -> None:
        """These were dealt with, and are not brought again."""
        if marks:
            key = self._letters(node)
            try:
                await self._ask_all([("XACK", key, GROUP, *marks), ("XDEL", key, *marks)], whole=True)
            except Unavailable:
                self._fresh.discard(node)
                raise

    async def _group(self, key: str) -> None:
        try:
            await self._redis.execute_command("XGROUP", "CREATE", key, GROUP, "0", "MKSTREAM")  # type: ignore[no-untyped-call]
        except ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise unavailable(error) from error
        except (RedisError, OSError) as error:
            raise unavailable(error) from error

    async def _take(self, key: str, after: str, wait_ms: int) -> list[Letter]:
        wait = ("BLOCK", wait_ms) if wait_ms else ()
        words = ("XREADGROUP", "GROUP", GROUP, GROUP, "COUNT", PAGE, *wait, "STREAMS", key, after)
        found = cast("list[tuple[str, list[tuple[str, Fields | None]]]]", await self._ask(*words))
        # One that was taken back while it was on its way has no fields any more.
        return [Letter(mark, (fields or {}).get("b", "")) for _, rows in found for mark, fields in rows]

    # ---- lines -----------------------------------------------------------------------------------

    async def pour(self, line: str, first: int, bodies: Sequence[str]) -> None:
        """Says these on a line, numbered from `first` on; the newest are kept, and nothing once it is silent for a minute."""
        key = f"{self._prefix}line:{line}"
        words = [
            ("XADD", key, "MAXLEN", "~", str(LINE), f"{first + at}-0", "b", body) for at, body in enumerate(bodies)
        ]
        if words:
            await self._ask_all([*words, ("PEXPIRE", key, str(SILENT_MS))])

    async def drawn(self, line: str, after: int, *, wait_ms: int) -> list[tuple[int, str]]:
        """What was said on a line behind that number; waits so long for the first."""
        words = ("XREAD", "COUNT", PAGE, "BLOCK", wait_ms, "STREAMS", f"{self._prefix}line:{line}", f"{after}-0")
        found = cast("list[tuple[str, list[Row]]]", await self._ask(*words))
        return [(_place(mark).seq, fields.get("b", "")) for _, rows in found for mark, fields in rows]

    async def dry(self, line: str) -> None:
        """Takes away what was said on a line."""
        await self._ask("DEL", f"{self._prefix}line:{line}")

    # ---- asking ----------------------------------------------------------------------------------

    @property
    def _nodes(self) -> str:
        return f"{self._prefix}nodes"

    def _name(self, node: str) -> str:
        return f"{self._prefix}name:{node}"

    def _claims(self, feed: Feed) -> tuple[str, str]:
        return self._name(feed.node), f"{self._prefix}db:{feed.incarnation}"

    def _feed(self, feed: Feed) -> str:
        return f"{self._prefix}ev:{feed.node}:{feed.incarnation}"

    def _agents(self, feed: Feed) -> str:
        return f"{self._prefix}agents:{feed.node}:{feed.incarnation}"

    def _letters(self, node: str) -> str:
        return f"{self._prefix}cmd:{node}"

    async def _ask(self, *words: str | int) -> object:
        try:
            return cast("object", await self._redis.execute_command(*words))  # type: ignore[no-untyped-call]
        except (RedisError, OSError) as error:
            raise unavailable(error) from error

    async def _ask_all(
        self, words: Sequence[tuple[str, ...]], *, ignore: str | None = None, whole: bool = False
    ) -> list[object]:
        if not words:
            return []
        pipe = self._redis.pipeline(transaction=whole)
        for each in words:
            pipe.execute_command(*each)
        try:
            found = cast("list[object]", await pipe.execute(raise_on_error=False))
        except (RedisError, OSError) as error:
            raise unavailable(error) from error
        for answer in found:
            if isinstance(answer, RedisError) and (ignore is None or ignore not in str(answer)):
                raise unavailable(answer) from answer
        return found


def _place(mark: str) -> Place:
    seq, _, part = mark.partition("-")
    return Place(int(seq), int(part))
