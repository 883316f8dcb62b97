"""Diligence: whether agents that should move do. Lies over the tracker's verdict, which knows nothing of it.

A verdict is judged on the agent's diary whenever it is settled; once a second the diaries are brought up to date with what
costs a look: whether the screen moved, whether a process works on a silent command, whether a draft is one.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import fields, replace

from outrider import processes
from outrider.errors import TerminalError, TimedOut
from outrider.logic import composer, stuck
from outrider.logic.stuck import Thresholds
from outrider.model.agent import Agent
from outrider.model.hook import HookEvent
from outrider.model.state import BUSY, State, Verdict
from outrider.ports import Terminal
from outrider.processes import Process
from outrider.settings.schema import Stuck
from outrider.supervisor.crew import Crew, Member
from outrider.supervisor.diary import Diary

LOOK_S = 1.0
CHECK_MS = 10_000
STARTED_BEFORE_MS = 5_000
"""A process counts as the command's where it started at most so long before the command was told."""


class Diligence:
    """Judges every agent of the crew. `running` tells whether a process works on the command that an agent began at a moment (Unix
    ms), at another moment, now."""

    def __init__(
        self,
        *,
        crew: Crew,
        terminal: Terminal,
        thresholds: Thresholds,
        clock: Callable[[], int],
        running: Callable[[Member, int, int], bool] | None = None,
    ) -> None:
        self._crew = crew
        self._terminal = terminal
        self._thresholds = thresholds
        self._clock = clock
        self._running = running or works_on
        self._diaries: dict[str, Diary] = {}

    async def run(self, settle: Callable[[Member, int], None]) -> None:
        """Keeps the diaries for ever; the daemon's task. `settle` has a member judged again."""
        while True:
            await asyncio.sleep(LOOK_S)
            await self.look(settle)

    async def look(self, settle: Callable[[Member, int], None]) -> None:
        """One look at every agent."""
        members = list(self._crew)
        for agent_id in self._diaries.keys() - {member.agent.id for member in members}:
            del self._diaries[agent_id]
        for member in members:
            if member.agent.ended_ms is not None:
                if left(member, member.beneath):
                    settle(member, self._clock())
                continue
            diary = self.diary(member)
            diary.looked(member.screen)
            await self._check_command(member, diary)
            await self._check_draft(member, diary)

    def diary(self, member: Member) -> Diary:
        """The agent's diary. One that was stuck before a restart has not moved since then."""
        known = self._diaries.get(member.agent.id)
        if known is None:
            before = member.agent.verdict
            known = Diary(before.since_ms if before.state is State.STUCK else self._clock())
            self._diaries[member.agent.id] = known
        return known

    def hook(self, member: Member, event: HookEvent) -> None:
        """One of its hooks was called."""
        self.diary(member).hook(event)

    def spoke(self, member: Member, at_ms: int) -> None:
        """Another channel of its own spoke."""
        self.diary(member).moved(at_ms)

    def judged(self, member: Member, verdict: Verdict, now_ms: int, *, there: bool) -> Verdict:
        """The verdict, or that it is stuck; with a sentence on a spec that cannot be read, where nothing else is said.

        `there` says that its pane is still seen.
        """
        diary = self.diary(member)
        diary.composer(member.tracker.draft, now_ms)
        shell = there and left(member, verdict) and not member.kind.shell
        history = diary.history(verdict, now_ms, unfinished=open_items(member.agent), shell=shell)
        thresholds = of_kind(of_kind(self._thresholds, member.kind.stuck), member.agent.stuck)
        why = stuck.reason(history, thresholds)
        if why is None or not self._sure(why, verdict, diary, now_ms):
            problem = member.agent.spec_problem
            if problem is None or verdict.detail.message is not None:
                return verdict
            return replace(verdict, detail=replace(verdict.detail, message=problem))
        return stuck.overlaid(verdict, why, stuck.since(history, why))

    def thought(self, member: Member, before: Verdict, after: Verdict, now_ms: int) -> int:
        """How long (ms) it was thinking until now, where it ceases to."""
        diary = self.diary(member)
        if before.state is State.STUCK and after.state is State.THINKING:
            diary.thought_ms = now_ms
        if before.state is not State.THINKING or after.state is State.THINKING:
            return 0
        end = min(now_ms, after.since_ms) if after.state is State.STUCK else now_ms
        spent = end - max(before.since_ms, diary.thought_ms)
        diary.thought_ms = now_ms
        return max(0, spent)

    def _sure(self, why: str, verdict: Verdict, diary: Diary, now_ms: int) -> bool:
        """What needs a close look is told only after it."""
        if why == "frozen" and verdict.detail.command is not None:
            return now_ms - diary.checked_ms <= 2 * CHECK_MS and diary.checked_ms > verdict.since_ms
        return why != "unsubmitted" or diary.draft.genuine is True

    async def _check_command(self, member: Member, diary: Diary) -> None:
        """Whether a process works on a command that has long been silent."""
        now, verdict = self._clock(), member.beneath
        if verdict.state not in BUSY or verdict.detail.command is None:
            diary.running = False
            return
        silent = now - max(diary.moved_ms, verdict.since_ms)
        frozen = of_kind(self._thresholds, member.kind.stuck).frozen
        if silent >= frozen * 800 and now - diary.checked_ms >= min(CHECK_MS, frozen * 200):
            diary.running = await asyncio.to_thread(self._running, member, verdict.since_ms, now)
            diary.checked_ms = now

    async def _check_draft(self, member: Member, diary: Diary) -> None:
        """Whether what stands in the composer was typed: suggestions are drawn dim, which only a styled look shows."""
        draft, now = diary.draft, self._clock()
        limit = of_kind(self._thresholds, member.kind.stuck).unsubmitted
        if not draft.text or draft.genuine is not None or now - draft.since_ms < limit * 800:
            return
        try:
            screen = await self._terminal.look(member.agent.ref, styled=True)
        except (TerminalError, TimedOut):
            return
        view = composer.view(member.kind, screen)
        draft.genuine = view is not None and not view.empty


def thresholds(own: Stuck) -> Thresholds:
    """The thresholds as they are set."""
    return Thresholds(
        frozen=own.frozen_s,
        testing=own.testing_s,
        command=own.command_s,
        compaction=own.compaction_s,
        idle_unfinished=own.idle_unfinished_s,
        unanswered=own.unanswered_s,
        unsubmitted=own.unsubmitted_s,
        limited=own.limited_s,
        auth=own.auth_s,
        shell=own.shell_s,
        looping=own.looping,
    )


def open_items(agent: Agent) -> bool:
    """Whether a spec is bound to it, or a list that it takes part in was found, that has something left to do."""
    own = agent.spec is not None or agent.list_live
    return own and agent.progress_source.startswith("spec:") and agent.progress is not None and agent.progress < 100


def left(member: Member, verdict: Verdict) -> bool:
    """Whether the agent went and a shell stayed: seen in front, or its process is gone from a pane that lives."""
    alone = member.pane is not None and not member.pane.dead and verdict.detail.reason == "exited"
    return not verdict.alive and (verdict.detail.reason == "left" or alone)


def of_kind(thresholds: Thresholds, own: Mapping[str, float]) -> Thresholds:
    """The thresholds with those that a kind has of its own."""
    return replace(thresholds, **_typed(own)) if own else thresholds


def _typed(own: Mapping[str, float]) -> dict[str, int]:
    # Thresholds are seconds but for the one that is a number of times; the fields take either.
    known = {field.name for field in fields(Thresholds)}
    return {name: value for name, value in own.items() if name in known}  # type: ignore[misc]


def works_on(member: Member, since_ms: int, now_ms: int) -> bool:
    """Whether a process in the agent's pane, not the agent's own, started with its command and lives."""
    if member.pane is None or member.pane.dead:
        return False
    tree = processes.tree(member.pane.pid)
    own = {member.pane.pid, member.process.pid if member.process is not None else 0}
    return any(process.pid not in own and _began(process, now_ms) >= since_ms - STARTED_BEFORE_MS for process in tree)


def _began(process: Process, now_ms: int) -> int:
    age = processes.age_s(process)
    return now_ms if age is None else now_ms - round(age * 1000)
