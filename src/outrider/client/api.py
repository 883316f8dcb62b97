"""Our own HTTP and WebSocket API from the other side: one method a call, for the command line and other faces.

Every method raises the OutriderError that the daemon answered with, NoDaemon where none answers, TimedOut where the answer
does not come in time.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, cast
from urllib.parse import quote, urlencode

from outrider.client.exchange import address, exchange
from outrider.client.failure import failure
from outrider.client.nodes import Nodes
from outrider.client.place import Here, JsonObject, Place, seq
from outrider.client.stream import Sleep, filters, follow
from outrider.errors import OutriderError
from outrider.exchange import Answer
from outrider.settings import DEFAULT_URL

if TYPE_CHECKING:
    from outrider.model.audit import AuditJSON
    from outrider.model.wire import AgentJSON, ApprovalJSON, CommandJSON, ProgressJSON, WhyJSON
    from outrider.model.worktree import MergedJSON, RemovedJSON, WorktreeDiffJSON, WorktreeJSON

PAGE = 500


class Client(Nodes):
    """A daemon's API at `url` (http, https, or `unix:/path`). Keeps no connection open between calls."""

    def __init__(
        self, url: str = DEFAULT_URL, token: str | None = None, *, timeout_s: float = 30.0, sleep: Sleep = asyncio.sleep
    ) -> None:
        self.address = address(url)
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._timeout_s = timeout_s
        self._sleep = sleep

    async def health(self) -> JsonObject:
        """How the daemon is; also where it says that it is degraded."""
        answer = await self._exchange("GET", "/health")
        return self._decoded(answer) if answer.status == 503 else self._checked(answer)

    async def agents(self, **filters: str | None) -> "list[AgentJSON]":
        """All agents; `state`, `node`, `kind`, `q` narrow it down."""
        return cast("list[AgentJSON]", (await self._get("/api/agents", "", **filters))["agents"])

    async def spawn(self, body: JsonObject) -> "AgentJSON":
        """Starts an agent; the body's fields are those of SpawnRequest."""
        return cast("AgentJSON", await self._post("/api/agents", body))

    async def agent(self, session: str) -> "AgentJSON":
        """One agent."""
        return cast("AgentJSON", await self._get(_agent(session)))

    async def why(self, session: str) -> "WhyJSON":
        """The evidence for what an agent is said to do."""
        return cast("WhyJSON", await self._get(_agent(session, "why")))

    async def log(self, session: str, limit: int = 100) -> "list[AuditJSON]":
        """Who had what done to an agent."""
        return cast("list[AuditJSON]", (await self._get(_agent(session, "log"), limit=limit))["log"])

    async def output(self, session: str, lines: int = 100, *, ansi: bool = False) -> str:
        """The last lines of an agent's pane; with colours where `ansi`."""
        return str((await self._get(_agent(session, "output"), lines=lines, ansi="true" if ansi else None))["output"])

    async def progress(self, session: str) -> "ProgressJSON":
        """How far an agent is."""
        return cast("ProgressJSON", await self._get(_agent(session, "progress")))

    async def tick(self, session: str, item: str) -> "ProgressJSON":
        """Ticks an item of its spec."""
        return cast("ProgressJSON", await self._post(_agent(session, "progress/tick"), {"item": item}))

    async def command(
        self, session: str, text: str, *, options: JsonObject | None = None, key: str | None = None
    ) -> JsonObject:
        """Has a text typed; `options` are when, priority, delay_s, expires_s. The same `key` twice is typed once."""
        headers = {"Idempotency-Key": key} if key else {}
        return await self._post(_agent(session, "command"), {"command": text, **(options or {})}, headers)

    async def commands(
        self, session: str | None = None, *, status: str | None = None, limit: int = 50
    ) -> "list[CommandJSON]":
        """Newest first, of one agent or of all."""
        path = _agent(session, "commands") if session else "/api/commands"
        return cast("list[CommandJSON]", (await self._get(path, status=status, limit=limit))["commands"])

    async def find_command(self, command_id: str) -> "CommandJSON":
        """One command with its attempts."""
        return cast("CommandJSON", await self._get(f"/api/commands/{quote(command_id, safe='')}"))

    async def cancel(self, command_id: str) -> "CommandJSON":
        """Takes a command back that has not started."""
        where = f"/api/commands/{quote(command_id, safe='')}"
        return cast("CommandJSON", self._checked(await self._exchange("DELETE", where)))

    async def retry(self, command_id: str) -> JsonObject:
        """Has a command that was not sent typed after all; the new command as it was accepted."""
        return await self._post(f"/api/commands/{quote(command_id, safe='')}/retry")

    async def approvals(self, session: str | None = None) -> "list[ApprovalJSON]":
        """The dialogs that wait for an answer, oldest first."""
        return cast("list[ApprovalJSON]", (await self._get("/api/approvals", session=session))["approvals"])

    async def approval(self, approval_id: str) -> "ApprovalJSON":
        """One approval, open or closed."""
        return cast("ApprovalJSON", await self._get(f"/api/approvals/{quote(approval_id, safe='')}"))

    async def answer(self, approval_id: str, answer: str, reason: str | None = None) -> "ApprovalJSON":
        """Answers a dialog by an option's number or label, or `approve` or `deny`."""
        body = {"answer": answer} | ({"reason": reason} if reason is not None else {})
        return cast("ApprovalJSON", await self._post(f"/api/approvals/{quote(approval_id, safe='')}", body))

    async def worktrees(self) -> "list[WorktreeJSON]":
        """The worktrees that were made for agents."""
        return cast("list[WorktreeJSON]", (await self._get("/api/worktrees"))["worktrees"])

    async def worktree_diff(self, name: str) -> "WorktreeDiffJSON":
        """What was changed in a worktree, as a patch."""
        return cast("WorktreeDiffJSON", await self._get(f"/api/worktrees/{quote(name, safe='')}/diff"))

    async def merge_worktree(self, name: str, into: str | None = None) -> "MergedJSON":
        """Merges a worktree's branch into `into`, or into the branch it began from."""
        where = f"/api/worktrees/{quote(name, safe='')}/merge"
        return cast("MergedJSON", await self._post(where, {} if into is None else {"into": into}))

    async def remove_worktree(self, name: str, *, force: bool = False) -> "RemovedJSON":
        """Takes a worktree away; with `force`, work that is nowhere else is moved to the trash first."""
        where = f"/api/worktrees/{quote(name, safe='')}{'?force=true' if force else ''}"
        return cast("RemovedJSON", self._checked(await self._exchange("DELETE", where)))

    async def interrupt(self, session: str) -> "AgentJSON":
        """Interrupts what the agent does."""
        return cast("AgentJSON", await self._post(_agent(session, "interrupt")))

    async def keys(self, session: str, keys: Sequence[str]) -> "AgentJSON":
        """Presses named keys in the agent's pane."""
        return cast("AgentJSON", await self._post(_agent(session, "keys"), {"keys": list(keys)}))

    async def kill(self, session: str, *, now: bool = False) -> "AgentJSON":
        """Ends an agent and every process it started; unless `now`, it is first asked to leave."""
        return cast("AgentJSON", await self._post(_agent(session, "kill"), {"now": True} if now else None))

    async def restart(self, session: str, *, resume: bool = False) -> "AgentJSON":
        """Starts an agent again as it was spawned; with `resume`, in the conversation that it was in."""
        return cast("AgentJSON", await self._post(_agent(session, "restart"), {"resume": True} if resume else None))

    async def adopt(self, session: str, kind: str | None = None, server: str | None = None) -> "AgentJSON":
        """Takes over an agent that somebody else started; `server` is its tmux socket."""
        body = {name: value for name, value in (("kind", kind), ("server", server)) if value is not None}
        return cast("AgentJSON", await self._post(_agent(session, "adopt"), body))

    async def keep(self, session: str, *, keep: bool = True) -> "AgentJSON":
        """Holds an agent back from cleanup, or no longer."""
        return cast("AgentJSON", await self._post(_agent(session, "keep"), {"keep": keep}))

    async def forget(self, session: str) -> "AgentJSON":
        """Leaves an agent alone from now on; it keeps running."""
        return cast("AgentJSON", await self._post(_agent(session, "forget")))

    async def audit(self, **filters: str | int | None) -> JsonObject:
        """Who had what done: `session`, `actor`, `action`, `limit`; the newest first, or oldest first after the line `since`."""
        return await self._get("/api/audit", "", **filters)

    async def tokens(self) -> list[JsonObject]:
        """The tokens that are good now, without their secrets."""
        return cast("list[JsonObject]", (await self._get("/api/tokens"))["tokens"])

    async def create_token(self, name: str, scope: str) -> JsonObject:
        """Makes a token; its secret is in this answer and nowhere else."""
        return await self._post("/api/tokens", {"name": name, "scope": scope})

    async def create_link(self, name: str, scope: str) -> JsonObject:
        """Makes a login link for a browser: `path` behind the daemon's address, good once, until `expires` (Unix ms)."""
        return await self._post("/api/tokens/links", {"name": name, "scope": scope})

    async def revoke_token(self, name: str) -> None:
        """Makes a token worthless from now on."""
        self._checked(await self._exchange("DELETE", f"/api/tokens/{quote(name, safe='')}"))

    async def stats(self) -> JsonObject:
        """Counts by state, the queue, the uptime."""
        return await self._get("/api/stats")

    async def alerts(self) -> JsonObject:
        """The alert rules, the quiet hours, what fires now."""
        return await self._get("/api/alerts")

    async def preview_alert(self, rule: JsonObject) -> JsonObject:
        """When a rule would have fired in the last 24 hours."""
        return await self._post("/api/alerts/preview", rule)

    async def snooze_alert(self, rule: str, minutes: float) -> JsonObject:
        """Silences a rule for a while; the rules after that."""
        return await self._post(f"/api/alerts/{quote(rule, safe='')}/snooze", {"minutes": minutes})

    async def notices(self, **filters: str | int | None) -> list[JsonObject]:
        """What people were told, newest first; `way`, `status`, `limit` narrow it down."""
        return cast("list[JsonObject]", (await self._get("/api/notices", "", **filters))["notices"])

    async def retry_notice(self, notice_id: str) -> JsonObject:
        """Has a notice sent once more; the notice as it is then."""
        return await self._post(f"/api/notices/{quote(notice_id, safe='')}/retry")

    async def notify(self) -> JsonObject:
        """The ways out and the rules."""
        return await self._get("/api/notify")

    async def test_notify(self, way: str | None = None) -> list[JsonObject]:
        """Sends a test by one way out, or by all; what became of it."""
        return cast("list[JsonObject]", (await self._post("/api/notify/test", {"way": way} if way else {}))["notices"])

    async def journal(
        self, since: int = 0, sessions: Iterable[str] = (), names: Iterable[str] = ()
    ) -> AsyncGenerator[JsonObject, None]:
        """The journal after `since` up to now, oldest first."""
        sessions, names = tuple(sessions), tuple(names)
        while True:
            query = filters(Here(since), sessions, names)
            found = cast("list[JsonObject]", (await self._get("/api/events", query, limit=PAGE))["events"])
            for event in found:
                yield event
            if len(found) < PAGE:
                return
            since = seq(found[-1])

    def events(
        self, since: int | None = None, sessions: Iterable[str] = (), names: Iterable[str] = ()
    ) -> AsyncGenerator[JsonObject, None]:
        """Events after `since` (None: from now on) and then as they happen, for ever: no gap, no repeat. Close it (`aclosing`).

        A connection that ends is made again, at once the first time, then after up to 5 s. NoDaemon only where the first fails.
        """
        return self._follow(Here(since), sessions, names)

    def _follow(self, place: Place, sessions: Iterable[str], names: Iterable[str]) -> AsyncGenerator[JsonObject, None]:
        return follow(
            self.address, self._headers, place, sessions=tuple(sessions), names=tuple(names), sleep=self._sleep
        )

    async def _get(self, path: str, query: str = "", **parameters: str | int | None) -> JsonObject:
        own = urlencode({name: value for name, value in parameters.items() if value is not None})
        query = "&".join(part for part in (query, own) if part)
        return self._checked(await self._exchange("GET", f"{path}?{query}" if query else path))

    async def _post(
        self, path: str, body: JsonObject | None = None, headers: Mapping[str, str] | None = None
    ) -> JsonObject:
        return self._checked(await self._exchange("POST", path, body, headers))

    async def _exchange(
        self, method: str, path: str, body: JsonObject | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        # Half surrogates (bytes of a file name that are no UTF-8) go as escapes, which JSON can carry.
        content = json.dumps(body).encode() if body is not None else b""
        every = {**self._headers, **(headers or {})} | ({"Content-Type": "application/json"} if content else {})
        return await exchange(self.address, method, path, every, content, timeout_s=self._timeout_s)

    def _checked(self, answer: Answer) -> JsonObject:
        body = self._decoded(answer)
        if answer.status >= 400:
            raise failure(answer.status, body)
        return body

    def _decoded(self, answer: Answer) -> JsonObject:
        try:
            body = json.loads(answer.body)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise OutriderError(
                f"{self.address.url} answered {answer.status} with something that is not a JSON object: is that an Outrider daemon?"
            )
        return body


def _agent(session: str, what: str = "") -> str:
    return f"/api/agents/{quote(session, safe='')}{'/' if what else ''}{what}"
