"""The farewell: an agent is asked to leave by its own keys before anything is done to its processes.

Keys are pressed one at a time, each after a look, and only while its composer is seen: in a dialog the same keys would answer it, and
in another program they would mean something else. One that draws none while it works (aider) is interrupted first. Who does not leave
in time is ended by signals.
"""

import asyncio
from collections.abc import Callable

import structlog

from outrider.errors import PaneGone, TerminalError, TimedOut
from outrider.logic import composer
from outrider.model.pane import Pane, Screen, Terms
from outrider.model.state import BUSY
from outrider.ports import Terminal
from outrider.processes import alive
from outrider.supervisor.crew import Member

log = structlog.get_logger()

# Between two keys: longer than agents take to draw "again to exit", shorter than they wait for it (Claude Code 2.1: 0.8 s).
BETWEEN_S = 0.3
# From the last of its keys to the first again: who is slow to close takes another Ctrl-C for a signal (OpenCode 1.18: exit status 130).
AGAIN_S = 1.0
LOOK_S = 0.05
STATUS_S = 1.0
# How often all of its keys are pressed: the first ones may have been taken to interrupt it, or to clear its composer.
ROUNDS = 3


class Farewell:
    """Asks agents to leave. `limit_s` is how long one has for it, and as long again while it closes; 0 asks nobody."""

    def __init__(self, terminal: Terminal, clock: Callable[[], int], *, limit_s: float) -> None:
        self._terminal = terminal
        self._clock = clock
        self._limit_s = limit_s

    async def ask(self, member: Member) -> Pane | None:
        """Its pane as it was left, where it left by itself. None where it did not, and at once where it cannot be asked."""
        if not self._limit_s or not member.alive or not member.kind.stop.quit_keys:
            return None
        try:
            async with asyncio.timeout(self._limit_s) as limit, member.hands:
                await self._stopped(member)
                left = await self._pressed(member, limit)
                return await self._told(member) if left is not None and left.dead else left
        except TimeoutError:
            log.info("an agent did not leave when it was asked to", session=member.agent.session)
        except PaneGone:
            return member.pane
        except (TerminalError, TimedOut) as error:
            log.info("an agent cannot be asked to leave", session=member.agent.session, why=error.message)
        return None

    async def _stopped(self, member: Member) -> None:
        """One that works, and draws no composer meanwhile, is interrupted; returns once it is to be seen, or the agent has left."""
        interrupted = False
        while not self._left(member, screen := await self._terminal.look(member.agent.ref)):
            in_mode, composed = screen.pane.in_mode, composer.view(member.kind, screen) is not None
            if in_mode or composed or not (interrupted or member.beneath.state in BUSY):
                return
            if not interrupted and not member.interrupting(self._clock()):
                await self._terminal.press(member.agent.ref, member.kind.stop.interrupt, Terms(modeless=True))
            interrupted = True
            await asyncio.sleep(LOOK_S)

    async def _pressed(self, member: Member, limit: asyncio.Timeout) -> Pane | None:
        keys = member.kind.stop.quit_keys
        for count, key in enumerate(keys * ROUNDS, 1):
            screen = await self._terminal.look(member.agent.ref)
            if self._left(member, screen):
                return screen.pane
            if screen.pane.in_mode:
                return None
            if composer.view(member.kind, screen) is None:
                if count == 1:
                    return None
                # Behind a key of ours its composer goes when it leaves, and it puts its things in order (Codex 0.169, without a network:
                # 5.2 s; Gemini CLI 0.61: 1 to 2 s). A key would then go to whatever is there.
                limit.reschedule(asyncio.get_running_loop().time() + self._limit_s)
                return await self._gone(member, self._limit_s)
            await self._terminal.press(member.agent.ref, (key,))
            if (pane := await self._gone(member, AGAIN_S if count % len(keys) == 0 else BETWEEN_S)) is not None:
                return pane
        return await self._gone(member, self._limit_s)

    async def _gone(self, member: Member, limit_s: float) -> Pane | None:
        end = self._clock() + limit_s * 1000
        while not self._left(member, screen := await self._terminal.look(member.agent.ref)):
            if self._clock() >= end:
                return None
            await asyncio.sleep(LOOK_S)
        return screen.pane

    async def _told(self, member: Member) -> Pane:
        """The dead pane with its exit status: tmux knows that a program has gone a moment before it knows how."""
        pane = (await self._terminal.look(member.agent.ref)).pane
        end = self._clock() + STATUS_S * 1000
        while pane.exit_status is None and self._clock() < end:
            await asyncio.sleep(LOOK_S)
            pane = (await self._terminal.look(member.agent.ref)).pane
        return pane

    @staticmethod
    def _left(member: Member, screen: Screen) -> bool:
        if member.agent.spawned:  # its pane stays, and tells the exit status
            return screen.pane.dead
        return member.process is not None and not alive(member.process)
