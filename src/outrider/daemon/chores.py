"""Chores: what the daemon does now and then for itself."""

import asyncio

import structlog

from outrider.daemon.wiring import Daemon
from outrider.errors import StoreError
from outrider.logic.sandbox import Limits
from outrider.model.notice import Moment
from outrider.notify.distress import Distress
from outrider.service.inheritance import Inheritance
from outrider.store import archive
from outrider.supervisor.groups import Groups

log = structlog.get_logger()

LOOK_AFTER_S = 1.0
RETAIN_S, RELOAD_S, GROUPS_S = 3600.0, 2.0, 2.0
DAY_MS, MB = 24 * 3_600_000, 1_000_000


async def retain(daemon: Daemon) -> None:
    """Forgets what is older or larger than the settings say, once an hour."""
    while True:
        try:
            await _forget(daemon)
        except (StoreError, OSError) as error:
            log.warning("what is old could not be removed", why=str(error))
        await asyncio.sleep(RETAIN_S)


async def _forget(daemon: Daemon) -> None:
    keep, now = daemon.settings.retention, daemon.clock()
    # Files first: they also go where the disk is too full for the database.
    await daemon.recorder.prune(before_ms=now - int(keep.recordings_days * DAY_MS), most=keep.recordings_mb * MB)
    folder = daemon.settings.data / archive.FOLDER
    oldest = now - int(keep.archive_days * DAY_MS)
    await asyncio.to_thread(archive.prune, folder, before_ms=oldest, most=keep.archive_mb * MB)
    await daemon.store.retain(
        events_days=keep.events_days,
        events_max=keep.events_max,
        events_mb=keep.events_mb,
        commands_days=keep.commands_days,
        now_ms=now,
    )
    await daemon.historian.trim()
    await daemon.sender.trim(now - int(keep.commands_days * DAY_MS))
    await daemon.fleet.trim(now - int(keep.commands_days * DAY_MS))


async def cry_out(daemon: Daemon) -> None:
    """Tells people when nothing can be written down, and when it can again."""

    def trouble() -> str:
        return daemon.record.why or str(daemon.store.health().get("why", ""))

    def now() -> Moment:
        return Moment(daemon.clock())

    await Distress(daemon.sender.arrangements, trouble=trouble, now=now, node=daemon.settings.node).run()


async def keep_watch(daemon: Daemon) -> None:
    """Counts what happened, and looks at the alerts, every so often. What could not be kept is done again, from the journal."""
    while True:
        try:
            await daemon.alarms.turn(await daemon.historian.turn())
        except StoreError as error:
            log.warning("history and alerts could not be kept yet", why=error.message)
        await asyncio.sleep(daemon.settings.retention.history_every_s)


async def reload_kinds(daemon: Daemon) -> None:
    """Takes changed kind files in, also for agents that live; a broken one is told, once, and the last good one stays."""
    told: tuple[str, ...] = ()
    while True:
        for problem in daemon.kinds.problems:
            if problem not in told:
                log.warning("a kind's file is broken; what it defined before stays", why=problem)
        told = daemon.kinds.problems
        await asyncio.sleep(RELOAD_S)
        await asyncio.to_thread(daemon.kinds.reload)
        daemon.watch.learn(daemon.kinds.by_name())


async def look_after(daemon: Daemon) -> None:
    """Cleans up, starts again and nudges where the settings say so; measures worktrees of agents that came to rest."""
    while True:
        await asyncio.sleep(LOOK_AFTER_S)
        await daemon.desk.steward.turn()
        await daemon.desk.trees.measure()


async def clear_groups(daemon: Daemon) -> None:
    """Takes away the control groups of agents that have ended, where agents are held by some."""
    groups, held = Groups(), daemon.settings.sandbox
    await asyncio.to_thread(groups.sweep)
    while Limits(held.memory_mb, held.cpu_percent, held.processes).any:
        await asyncio.sleep(GROUPS_S)
        ended = {member.agent.generation for member in daemon.crew if member.agent.ended_ms is not None}
        await asyncio.to_thread(groups.sweep, ended)


async def show_life(given: Inheritance) -> None:
    """Gives the service manager a sign of life, three times as often as it wants one: while this loop turns, it is alive."""
    while given.watchdog_s is not None:
        given.say("WATCHDOG=1")
        await asyncio.sleep(given.watchdog_s / 3)
