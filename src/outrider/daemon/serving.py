"""A daemon's life: it takes its locks, opens its doors, runs every task, and ends in good order.

A task that dies takes the daemon down, loudly: the service manager starts it again, and what is written down is gone on with.
"""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, suppress
from pathlib import Path

import structlog

from outrider.clock import clock_from
from outrider.daemon.chores import keep_watch, look_after, reload_kinds, retain
from outrider.daemon.wiring import Daemon, build, restore
from outrider.kinds.channels.ears import Ears
from outrider.settings import Loaded, Settings
from outrider.store import Lease, check_directory
from outrider.supervisor.forsaken import end_forsaken
from outrider.tmux.server import socket_path
from outrider.web import app as web
from outrider.web import server, sockets
from outrider.web.access import Access

log = structlog.get_logger()


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
            await _run(daemon, held, environ)
        finally:
            await daemon.store.close()


async def _run(daemon: Daemon, held: Sequence[Lease], environ: Mapping[str, str]) -> None:
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
        daemon.kin,
        daemon.office,
        recordings=daemon.recorder,
        fleet=daemon.fleet,
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
                end_forsaken((settings.tmux_socket, *settings.watch), environ),
                daemon.record.run(),
                daemon.terminal.run(),
                daemon.watch.run(),
                daemon.listener.run(),
                daemon.strangers.run(),
                daemon.lanes.run(),
                daemon.audience.autopilot.run(),
                daemon.sender.run(),
                daemon.recorder.run(),
                Ears(settings.data, settings.runtime / "hooks").run(),
                retain(daemon),
                keep_watch(daemon),
                reload_kinds(daemon),
                look_after(daemon),
                daemon.fleet.run(),
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
