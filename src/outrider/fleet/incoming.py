"""What other nodes have done here: commands into this node's own queue, each once by its id; calls, while somebody waits there.

A command's outcome is on this node's disk before its letter is done with and its sender is told: whatever dies in between, it comes
again, is known, and is told again. What was sent to another database of this node may have been typed by that one: it is refused, as
uncertain. A call that changes something is written down *before* it is performed, and performed once at most.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Protocol, cast

import structlog

from outrider.errors import Forbidden, OutriderError, StoreError, Unavailable
from outrider.fleet.link import RETRY_S
from outrider.fleet.outgoing import Outgoing
from outrider.fleet.post import OLDEST_MS, Letter, Post
from outrider.fleet.views import Viewers, Views
from outrider.model.actor import Actor, Scope
from outrider.model.command import Command, CommandRequest, Form, When
from outrider.model.fleet import Call, Delivery, Reply
from outrider.store.outbox import Inbox

log = structlog.get_logger()

Serve = Callable[[Call], Awaitable[Reply]]
STARTED = "started"
ANOTHER = "{0}'s database is another one than when this was sent; whether it was typed there cannot be told: look before you send it again."


class Queue(Protocol):
    """What others may have of this node: its own queue, and its agents' terminals."""

    @property
    def viewers(self) -> Viewers: ...

    async def command(self, session: str, request: CommandRequest, actor: Actor) -> Command:
        """Accepts a command for an agent; of an id that was accepted before, that one."""
        ...


class Incoming:
    """Reads this node's letters. `serve` answers calls as this node's API does; it is there once the API is."""

    def __init__(
        self,
        post: Post,
        inbox: Inbox,
        queue: Queue,
        outgoing: Outgoing,
        views: Views,
        *,
        clock: Callable[[], int],
        incarnation: Callable[[], str | None],
        steer: bool,
    ) -> None:
        """`incarnation` is that of this node's database; None while it is not known yet whether it is still the same."""
        self._post = post
        self._inbox = inbox
        self._queue = queue
        self._outgoing = outgoing
        self._views = views
        self._clock = clock
        self._incarnation = incarnation
        self._steer = steer
        self._asked: dict[str, asyncio.Future[Reply]] = {}
        self.serve: Serve | None = None

    async def run(self) -> None:
        """For ever."""
        async with asyncio.TaskGroup() as group:
            while True:
                try:
                    if self._post.membership.joined and self._incarnation() is not None:
                        await self._post.receive(lambda letter: self._take(letter, group))
                    else:
                        await self._post.link.again()
                except StoreError as error:
                    log.warning("what other nodes ask for waits for the disk", why=error.message)
                    await asyncio.sleep(RETRY_S)
                except Unavailable as error:
                    self._post.link.lost(error)
                    await self._post.link.again()

    async def trim(self) -> None:
        """Forgets what is so old that its letter would be left unread."""
        await self._inbox.trim(self._clock() - 2 * OLDEST_MS)

    async def ask(self, node: str, call: Call, *, call_id: str, limit_s: float) -> Reply:
        """Has it answered by that node. Unavailable where it cannot be reached; TimeoutError where no answer came in time: then
        it is not known whether it was done."""
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._asked[call_id] = answer
        actor = {"name": call.actor.name, "scope": call.actor.scope.value}
        asked = {"method": call.method, "path": call.path, "query": call.query, "body": call.body, "actor": actor}
        try:
            until = self._post.now_ms() + round(limit_s * 1000)
            await self._post.send(node, {"kind": "call", "id": call_id, "until": until, "call": asked})
            async with asyncio.timeout(limit_s):
                return await answer
        finally:
            del self._asked[call_id]

    async def _take(self, letter: Letter, group: asyncio.TaskGroup) -> None:
        try:
            match letter.get("kind"):
                case "command":
                    await self._command(letter)
                case "receipt":
                    await self._outgoing.receipt(letter)
                case "call":
                    group.create_task(self._call(letter))
                case "view":
                    group.create_task(self._views.serve(letter, self._clock()))
                case "reply":
                    self._replied(letter)
                case other:
                    log.info("a letter of a kind that this version does not know is left unread", kind=str(other)[:40])
        except (KeyError, ValueError, TypeError) as error:
            log.warning("a letter is not what its kind says", kind=str(letter.get("kind"))[:40], why=repr(error)[:200])

    # ---- commands --------------------------------------------------------------------------------

    async def _command(self, letter: Letter) -> None:
        sender, letter_id, prev = str(letter["from"]), str(letter["id"]), letter.get("prev")
        told = await self._inbox.outcome(letter_id)
        if told is None:
            if letter.get("for") not in (None, "", self._incarnation()):
                told = _outcome(Delivery.DOUBTFUL, ANOTHER.format(self._post.node))
            elif isinstance(prev, str) and await self._inbox.outcome(prev) is None:
                return  # the one before it was lost on the way: both come again, in their order
            else:
                told = await self._apply(letter, sender)
            await self._inbox.keep(letter_id, told, self._clock())
        self._post.answer(sender, {"kind": "receipt", "id": letter_id, **json.loads(told)})

    async def _apply(self, letter: Letter, sender: str) -> str:
        until = cast("int", letter["until"])
        left_s = (until - self._post.now_ms()) / 1000
        if left_s <= 0:
            return _outcome(Delivery.EXPIRED, f"It reached {self._post.node} too late.")
        if not self._steer:
            return _outcome(Delivery.REFUSED, f"{self._post.node} is not steered by other nodes (fleet.steer).")
        asked = cast("dict[str, object]", letter["request"])
        request = CommandRequest(
            **{  # type: ignore[arg-type]  # what it holds was checked by the node that accepted it
                **asked,
                "id": str(letter["id"]),
                "when": When(str(asked["when"])),
                "form": Form(str(asked["form"])),
                "expires_s": left_s if letter.get("expires") else None,
            }
        )
        try:
            await self._queue.command(
                str(letter["session"]), request, Actor(f"{letter['actor']}@{sender}", Scope.WRITE)
            )
        except StoreError:
            raise
        except OutriderError as error:
            return _outcome(Delivery.REFUSED, error.message)
        return _outcome(Delivery.TAKEN, None)

    # ---- calls -----------------------------------------------------------------------------------

    async def _call(self, letter: Letter) -> None:
        try:
            reply = await self._answer(letter)
            if reply is not None:
                told = {"kind": "reply", "id": letter["id"], "status": reply.status, "body": reply.body}
                await self._post.send(str(letter["from"]), told)
        except (Unavailable, KeyError, ValueError, TypeError) as error:
            log.warning("a call of another node could not be answered", why=str(error)[:200])

    async def _answer(self, letter: Letter) -> Reply | None:
        if self.serve is None or self._post.now_ms() > cast("int", letter["until"]):
            return None
        asked = cast("dict[str, object]", letter["call"])
        who = cast("dict[str, str]", asked["actor"])
        actor = Actor(f"{who['name']}@{letter['from']}", Scope(who["scope"]))
        call = Call(str(asked["method"]), str(asked["path"]), str(asked["query"]), str(asked["body"]), actor)
        if call.method != "GET":
            if not self._steer:
                return _refusal(Forbidden(f"{self._post.node} is not steered by other nodes (fleet.steer)."))
            if not await self._inbox.keep(str(letter["id"]), STARTED, self._clock()):
                return None
        return await self.serve(call)

    def _replied(self, letter: Letter) -> None:
        answer = self._asked.get(str(letter["id"]))
        if answer is not None and not answer.done():
            answer.set_result(Reply(cast("int", letter["status"]), str(letter["body"])))


def _outcome(status: Delivery, error: str | None) -> str:
    return json.dumps({"outcome": status.value, "error": error})


def _refusal(error: OutriderError) -> Reply:
    return Reply(error.status, json.dumps({"error": error.message, "code": error.code, "detail": {}}))
