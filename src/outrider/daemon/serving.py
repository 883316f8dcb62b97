"""A daemon's life: it takes its locks, opens its doors, runs every task, and ends in good order.

A task that dies takes the daemon down, loudly: the service manager starts it again, and what is written down is gone on with.
"""

import asyncio
import os
import signal
import socket
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, suppress
from pathlib import Path

import structlog

from outrider import sockets
from outrider.clock import clock_from
from outrider.daemon import arenas
from outrider.daemon.chores import clear_groups, cry_out, keep_watch, look_after, reload_kinds, retain, show_life
from outrider.daemon.wiring import Daemon, build
from outrider.errors import Conflict
from outrider.kinds.channels.ears import Ears
from outrider.service.inheritance import STANDBY, Inheritance
from outrider.settings import Loaded, Settings
from outrider.store import Lease, check_directory
from outrider.supervisor.forsaken import end_forsaken
from outrider.tasks import ended
from outrider.tmux.server import socket_path
from outrider.web import app as web
from outrider.web import server
from outrider.web.access import Access

log = structlog.get_logger()

HANDOVER_S = 15.0
"""How long a daemon of a service waits for the one before it to end."""
LOOK_S = 0.01
FOLD_S = 1.0
"""How long what is being typed may take to be finished."""


async def until_stopped(stopped: asyncio.Event, daemon: Daemon, given: Inheritance) -> None:
    """Returns on SIGTERM or Ctrl-C, or when who started it is gone; raises when the store fails for good."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    if given.lifeline is not None:
        loop.add_reader(given.lifeline, stopped.set)
    watching = asyncio.create_task(daemon.store.watch())
    waiting = asyncio.create_task(stopped.wait())
    try:
        done, _ = await asyncio.wait({watching, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if watching in done:
            watching.result()
    finally:
        if given.lifeline is not None:
            loop.remove_reader(given.lifeline)
        watching.cancel()
        waiting.cancel()


@asynccontextmanager
async def leases(settings: Settings, tmux: Path, patience_s: float = 0.0) -> AsyncIterator[tuple[Lease, ...]]:
    """One daemon a data directory, and one a tmux server (`tmux` is its socket): two would type over each other.

    Who has them is waited for that long; then it is Conflict.
    """
    for folder in (settings.data, settings.runtime):
        await asyncio.to_thread(check_directory, folder)
    with suppress(OSError):  # taking the lock says what is wrong
        tmux.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    wanted = (
        (settings.data / "daemon.lock", f"the data directory {settings.data}"),
        (tmux.with_name(f"{tmux.name}.outrider-lock"), f'the tmux server "{settings.tmux_socket}"'),
    )
    ends = asyncio.get_running_loop().time() + patience_s
    with ExitStack() as held:
        taken = []
        for path, what in wanted:
            taken.append(await _lease(path, what, f"http://{settings.host}:{settings.port}", ends))
            held.callback(taken[-1].release)
        yield tuple(taken)


async def _lease(path: Path, what: str, url: str, ends: float) -> Lease:
    while True:
        try:
            return Lease.acquire(path, what, url=url)
        except Conflict:
            if asyncio.get_running_loop().time() >= ends:
                raise
        await asyncio.sleep(LOOK_S)


async def serve(loaded: Loaded, environ: Mapping[str, str], given: Inheritance) -> None:
    """Runs until it is told to stop. One that a service started first says that it could, and waits for the one before it."""
    settings = loaded.settings
    arenas.share()
    clock = clock_from(time.time_ns() // 1_000_000, time.monotonic())
    given.say(STANDBY)
    patience_s = HANDOVER_S if given.managed else 0.0
    async with leases(settings, socket_path(settings.tmux_socket, environ), patience_s) as held:
        daemon = await build(settings, environ, clock, given.scope)
        try:
            await restore(daemon)
            await _run(daemon, held, given, environ)
        finally:
            await daemon.store.close()


async def restore(daemon: Daemon) -> None:
    """Takes the agents and commands of the last run up again; their states are read afresh from what is seen."""
    for agent in await daemon.store.agents():
        member = daemon.muster.again(agent)
        if agent.ended_ms is None:
            # What an agent gives back that is interrupted is no person's draft, whoever sent it.
            member.ours = await daemon.store.last_typed(agent.session, agent.id)
        daemon.crew.add(member)
    daemon.audience.approvals.restore(await daemon.store.unanswered())
    daemon.lanes.add(await daemon.store.unfinished())


def _doors(settings: Settings, given: Inheritance, *, has_tokens: bool) -> list[socket.socket]:
    """The sockets to answer on, the network's first: those that were handed over, else our own."""
    for sock in given.tcp:
        sockets.check_host(sock.getsockname()[0], has_tokens=has_tokens)
    tcp = given.tcp or sockets.open_tcp(settings.host, settings.port, has_tokens=has_tokens)
    port = tcp[0].getsockname()[1]
    if given.tcp and settings.port not in (0, port):
        log.warning("the service holds another port than is set; install it again", holds=port, port=settings.port)
    return [*tcp, *(given.unix or [sockets.open_unix(settings.runtime / "outrider.sock")])]


async def _run(daemon: Daemon, held: Sequence[Lease], given: Inheritance, environ: Mapping[str, str]) -> None:
    settings = daemon.settings
    doors = _doors(settings, given, has_tokens=bool(await daemon.tokens.list()))
    url = f"http://{settings.host}:{doors[0].getsockname()[1]}"
    for lease in held:
        lease.announce(url)
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
    daemon.fleet.answer_with(face.inward)
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
                daemon.taps.run(),
                daemon.strangers.run(),
                daemon.lanes.run(),
                daemon.audience.autopilot.run(),
                daemon.audience.policing.run(),
                daemon.sender.run(),
                cry_out(daemon),
                daemon.recorder.run(),
                Ears(settings.data, settings.runtime / "hooks", daemon.crew.past).run(),
                retain(daemon),
                keep_watch(daemon),
                reload_kinds(daemon),
                look_after(daemon),
                clear_groups(daemon),
                daemon.fleet.run(),
                show_life(given),
            )
        ]
        lame_s = settings.service.lame_s if given.managed else 0.0
        web_task = group.create_task(server.serve(face, doors, stopped, lame_s=lame_s))
        log.info("outrider is up", url=url, node=settings.node, data=str(settings.data))
        given.say("READY=1", f"STATUS=answers on {url}")
        await until_stopped(stopped, daemon, given)
        given.say("STOPPING=1")
        stopped.set()
        await web_task
        daemon.bus.close()
        await daemon.lanes.fold(FOLD_S)
        await daemon.taps.leave()
        await ended(tasks)
