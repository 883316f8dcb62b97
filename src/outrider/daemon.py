"""The daemon: the one place where the parts meet, and where every task is owned.

A task that dies takes the daemon down, loudly: the service manager starts it again, and what is written down is gone on
with. SIGTERM and Ctrl-C end it in good order and leave every agent running.
"""

import asyncio
import os
import random
import secrets
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import structlog
import uvloop

from outrider.bus.local import LocalBus
from outrider.clock import clock_from
from outrider.errors import OutriderError, StoreError
from outrider.kinds.channels.claude_session import SessionFiles
from outrider.kinds.channels.ears import Ears
from outrider.kinds.channels.spool import Spool
from outrider.kinds.load import Kinds, catalogue
from outrider.logs import configure
from outrider.settings import Loaded, Settings
from outrider.store import Lease, Store, Tokens, check_directory
from outrider.supervisor.audience import Audience, audience
from outrider.supervisor.counter import Bounds, Counter
from outrider.supervisor.crew import Crew
from outrider.supervisor.desk import Desk
from outrider.supervisor.discharge import Discharge
from outrider.supervisor.lane import Limits
from outrider.supervisor.lanes import Lanes
from outrider.supervisor.ledger import Ledger
from outrider.supervisor.muster import Muster, Site
from outrider.supervisor.quarters import Quarters
from outrider.supervisor.record import Record
from outrider.supervisor.strangers import Strangers
from outrider.supervisor.typist import Typist
from outrider.supervisor.upkeep import upkeep
from outrider.supervisor.watch import Watch
from outrider.tmux.server import socket_path
from outrider.tmux.terminal import TmuxTerminal
from outrider.web import app as web
from outrider.web import server, sockets
from outrider.web.access import Access

log = structlog.get_logger()

RETAIN_S, RELOAD_S = 3600.0, 2.0


@dataclass(frozen=True, slots=True)
class Daemon:
    """Everything, wired."""

    settings: Settings
    store: Store
    tokens: Tokens
    bus: LocalBus
    kinds: Kinds
    crew: Crew
    terminal: TmuxTerminal
    record: Record
    muster: Muster
    lanes: Lanes
    audience: Audience
    watch: Watch
    strangers: Strangers
    desk: Desk
    clock: Callable[[], int]


async def build(settings: Settings, environ: Mapping[str, str], clock: Callable[[], int]) -> Daemon:
    """Wires the parts; opens the store, and starts nothing."""
    store = await Store.open(settings.data, node=settings.node, clock=clock)
    bus = LocalBus(settings.http.buffer)
    ledger, crew = Ledger(store, bus), Crew()
    record = Record(ledger)
    kinds = catalogue(settings.kinds, shell=environ.get("SHELL", "/bin/sh"))
    spool, notes = Spool(settings.runtime / "hooks"), SessionFiles()
    terminal = TmuxTerminal(
        settings.tmux_socket,
        settings.watch,
        clock=clock,
        env=environ,
        cpu_budget=settings.monitor.cpu_budget,
        busy_ms=settings.monitor.busy_ms,
        quiet_ms=settings.monitor.quiet_ms,
    )
    lanes = Lanes(
        crew=crew,
        ledger=ledger,
        typist=Typist(terminal, clock),
        clock=clock,
        random=random.random,
        limits=Limits(settings.commands.attempts, settings.commands.backoff_s),
        per_node_per_s=settings.commands.per_node_per_s,
    )
    site = Site(
        node=settings.node,
        own=settings.tmux_socket,
        worktrees=settings.spawn.worktrees,
        environ=environ,
        per_agent_per_s=settings.commands.per_agent_per_s,
    )
    spawns = settings.data / "spawns"
    quarters = Quarters(spool, spawns, settings.approvals.hook_wait_s)
    discharge = Discharge(crew=crew, record=record, terminal=terminal, quarters=quarters, clock=clock)
    muster = Muster(
        site,
        crew=crew,
        record=record,
        terminal=terminal,
        quarters=quarters,
        discharge=discharge,
        kinds=kinds,
        clock=clock,
        token=new_token,
    )
    strangers = Strangers(
        crew=crew,
        muster=muster,
        kinds=kinds,
        own=settings.tmux_socket,
        patterns=settings.watch_sessions,
        adopt=settings.watch_adopt,
    )
    care = upkeep(settings, crew, record, store=store, terminal=terminal, clock=clock)
    heard = audience(
        crew,
        record,
        store=store,
        terminal=terminal,
        spawns=spawns,
        wait_s=settings.approvals.hook_wait_s,
        environ=environ,
        clock=clock,
    )
    watch = Watch(
        crew=crew,
        record=record,
        terminal=terminal,
        hooks=spool,
        notes=notes,
        environ=environ,
        clock=clock,
        wake=lanes.wake,
        stranger=strangers.meet,
        upkeep=care,
        audience=heard,
    )
    bounds = Bounds(settings.commands.max_bytes, settings.commands.depth)
    counter = Counter(bounds, store=store, ledger=ledger, lanes=lanes, clock=clock, token=new_token)
    desk = Desk(
        node=settings.node,
        crew=crew,
        muster=muster,
        discharge=discharge,
        counter=counter,
        lanes=lanes,
        dialogs=heard,
        watch=watch,
        progress=care.progress,
        record=record,
        store=store,
        bus=bus,
        terminal=terminal,
        kinds=kinds,
        clock=clock,
    )
    tokens = Tokens(store.database, clock=clock)
    return Daemon(
        settings,
        store,
        tokens,
        bus,
        kinds,
        crew,
        terminal,
        record,
        muster,
        lanes,
        heard,
        watch,
        strangers,
        desk,
        clock,
    )


def new_token() -> str:
    """A token nobody can guess, safe in a path: 32 hexadecimal digits."""
    return secrets.token_hex(16)


async def restore(daemon: Daemon) -> None:
    """Takes the agents and commands of the last run up again; their states are read afresh from what is seen."""
    for agent in await daemon.store.agents():
        daemon.crew.add(daemon.muster.again(agent))
    daemon.audience.approvals.restore(await daemon.store.unanswered())
    daemon.lanes.add(await daemon.store.unfinished())


async def retain(daemon: Daemon) -> None:
    """Forgets what is older than the settings say, once an hour."""
    keep = daemon.settings.retention
    while True:
        try:
            await daemon.store.retain(
                events_days=keep.events_days,
                events_max=keep.events_max,
                commands_days=keep.commands_days,
                now_ms=daemon.clock(),
            )
        except StoreError as error:
            log.warning("old events could not be removed", why=error.message)
        await asyncio.sleep(RETAIN_S)


async def reload_kinds(daemon: Daemon) -> None:
    """Takes changed kind files in; a broken one is told, once, and the last good one stays."""
    told: tuple[str, ...] = ()
    while True:
        for problem in daemon.kinds.problems:
            if problem not in told:
                log.warning("a kind's file is broken; what it defined before stays", why=problem)
        told = daemon.kinds.problems
        await asyncio.sleep(RELOAD_S)
        await asyncio.to_thread(daemon.kinds.reload)


async def until_stopped(stopped: asyncio.Event, daemon: Daemon) -> None:
    """Returns on SIGTERM or Ctrl-C; raises when the store fails for good."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    watching = asyncio.create_task(daemon.store.watch())
    waiting = asyncio.create_task(stopped.wait())
    try:
        done, _ = await asyncio.wait({watching, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if watching in done:
            watching.result()
    finally:
        watching.cancel()
        waiting.cancel()


@asynccontextmanager
async def leases(settings: Settings, tmux: Path) -> AsyncIterator[tuple[Lease, ...]]:
    """One daemon a data directory, and one a tmux server (`tmux` is its socket): two would type over each other."""
    for folder in (settings.data, settings.runtime):
        await asyncio.to_thread(check_directory, folder)
    with suppress(OSError):  # taking the lock says what is wrong
        tmux.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    wanted = (
        (settings.data / "daemon.lock", f"the data directory {settings.data}"),
        (tmux.with_name(f"{tmux.name}.outrider-lock"), f'the tmux server "{settings.tmux_socket}"'),
    )
    with ExitStack() as held:
        taken = []
        for path, what in wanted:
            taken.append(Lease.acquire(path, what, url=f"http://{settings.host}:{settings.port}"))
            held.callback(taken[-1].release)
        yield tuple(taken)


async def serve(loaded: Loaded, environ: Mapping[str, str]) -> None:
    """Runs until it is told to stop."""
    settings = loaded.settings
    clock = clock_from(time.time_ns() // 1_000_000, time.monotonic())
    async with leases(settings, socket_path(settings.tmux_socket, environ)) as held:
        daemon = await build(settings, environ, clock)
        try:
            await restore(daemon)
            await _run(daemon, held)
        finally:
            await daemon.store.close()


async def _run(daemon: Daemon, held: Sequence[Lease]) -> None:
    settings = daemon.settings
    tcp = sockets.open_tcp(settings.host, settings.port, has_tokens=bool(await daemon.tokens.list()))
    url = f"http://{settings.host}:{tcp[0].getsockname()[1]}"
    for lease in held:
        lease.announce(url)
    unix = sockets.open_unix(settings.runtime / "outrider.sock")
    access = Access(
        os.getuid(),
        hosts=frozenset(name.lower() for name in settings.http.hosts),
        origins=frozenset(name.lower() for name in settings.http.origins),
    )
    face = web.build(
        daemon.desk,
        access,
        daemon.tokens,
        clock=daemon.clock,
        url=url,
        max_body=settings.http.max_body_bytes,
        buffer=settings.http.buffer,
    )
    stopped = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(work)
            for work in (
                daemon.record.run(),
                daemon.terminal.run(),
                daemon.watch.run(),
                daemon.strangers.run(),
                daemon.lanes.run(),
                daemon.audience.autopilot.run(),
                Ears(settings.data, settings.runtime / "hooks").run(),
                retain(daemon),
                reload_kinds(daemon),
            )
        ]
        web_task = group.create_task(server.serve(face, [*tcp, unix], stopped))
        log.info("outrider is up", url=url, node=settings.node, data=str(settings.data))
        await until_stopped(stopped, daemon)
        stopped.set()
        daemon.bus.close()
        await web_task
        for task in tasks:
            task.cancel()


def run(loaded: Loaded, environ: Mapping[str, str]) -> int:
    """The whole life of a daemon; the exit code. Errors that a person can mend are a sentence on standard error."""
    configure(loaded.settings.log_level)
    os.umask(0o077)
    for warning in loaded.warnings:
        log.warning("a setting was not used", why=warning)
    code = 0
    try:
        uvloop.run(serve(loaded, environ))
    except* OutriderError as group:
        code = 1
        sys.stderr.writelines(f"outrider: {error}\n" for error in leaves(group))
    return code


def leaves(error: BaseException) -> list[BaseException]:
    """The errors in a group and in the groups within it."""
    if isinstance(error, BaseExceptionGroup):
        return [leaf for each in error.exceptions for leaf in leaves(each)]
    return [error]
