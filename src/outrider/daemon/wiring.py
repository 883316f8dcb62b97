"""The one place where the parts meet."""

import random
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from outrider.bus.local import LocalBus
from outrider.daemon.joining import join
from outrider.fleet.alone import Alone
from outrider.kinds.channels.claude_session import SessionFiles
from outrider.kinds.channels.spool import Spool
from outrider.kinds.load import Kinds, catalogue
from outrider.logic.sandbox import Limits
from outrider.model.agent import Agent
from outrider.model.notice import Moment
from outrider.notify.arrangements import Arrangements
from outrider.notify.catalogue import Surroundings
from outrider.notify.office import Office
from outrider.notify.sender import Sender
from outrider.settings import Settings
from outrider.store import Store, Tokens
from outrider.store.alerts import Alerts
from outrider.store.notices import Notices
from outrider.store.recordings import FOLDER, Recordings
from outrider.supervisor.alarms import Alarms
from outrider.supervisor.audience import Audience, audience
from outrider.supervisor.berths import Berths
from outrider.supervisor.counter import Bounds, Counter
from outrider.supervisor.crew import Crew
from outrider.supervisor.desk import Desk
from outrider.supervisor.discharge import Discharge
from outrider.supervisor.enclosure import Enclosure
from outrider.supervisor.farewell import Farewell
from outrider.supervisor.historian import Historian
from outrider.supervisor.kin import Kin
from outrider.supervisor.lane import Limits as Tries
from outrider.supervisor.lanes import Lanes
from outrider.supervisor.ledger import Ledger
from outrider.supervisor.listener import Listener
from outrider.supervisor.muster import Muster
from outrider.supervisor.quarters import Quarters
from outrider.supervisor.record import Record
from outrider.supervisor.recorder import Recorder
from outrider.supervisor.site import Site
from outrider.supervisor.steward import Steward
from outrider.supervisor.strangers import Strangers
from outrider.supervisor.taps import Taps
from outrider.supervisor.trees import Trees
from outrider.supervisor.typist import Typist
from outrider.supervisor.upkeep import upkeep
from outrider.supervisor.viewers import Viewers
from outrider.supervisor.watch import Watch
from outrider.tmux.terminal import TmuxTerminal
from outrider.worktrees import Furnishing

if TYPE_CHECKING:
    from outrider.fleet.fleet import Fleet

log = structlog.get_logger()


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
    listener: Listener
    taps: Taps
    strangers: Strangers
    historian: Historian
    alarms: Alarms
    desk: Desk
    kin: Kin
    sender: Sender
    office: Office
    recorder: Recorder
    fleet: "Alone | Fleet"
    clock: Callable[[], int]


async def build(
    settings: Settings, environ: Mapping[str, str], clock: Callable[[], int], starter: Sequence[str] = ()
) -> Daemon:
    """Wires the parts; opens the store, and starts nothing. `starter` are words before the tmux server, when it is started."""
    store = await Store.open(
        settings.data, node=settings.node, clock=clock, blank_secrets=settings.commands.blank_secrets
    )
    bus = LocalBus(settings.http.buffer)
    ledger, crew = Ledger(store, bus), Crew()
    record = Record(ledger)
    kinds = catalogue(settings.kinds, shell=environ.get("SHELL", "/bin/sh"))
    spool = Spool(settings.runtime / "hooks")
    terminal = TmuxTerminal(
        settings.tmux_socket,
        settings.watch,
        clock=clock,
        env=environ,
        cpu_budget=settings.monitor.cpu_budget,
        busy_ms=settings.monitor.busy_ms,
        quiet_ms=settings.monitor.quiet_ms,
        starter=starter,
    )
    lanes = Lanes(
        crew=crew,
        ledger=ledger,
        typist=Typist(terminal, clock),
        clock=clock,
        random=random.random,
        limits=Tries(settings.commands.attempts, settings.commands.backoff_s, settings.commands.draft_wait_s),
        per_node_per_s=settings.commands.per_node_per_s,
    )
    site = Site(
        node=settings.node,
        own=settings.tmux_socket,
        worktrees=settings.spawn.worktrees,
        environ=environ,
        per_agent_per_s=settings.commands.per_agent_per_s,
        berths=Berths(crew, settings.spawn.ports_from, settings.spawn.ports_each),
        furnishing=Furnishing(settings.spawn.copy_files, settings.spawn.setup, settings.spawn.setup_s),
        recording=settings.recordings.default,
        enclosure=Enclosure(
            settings.sandbox.default,
            Limits(settings.sandbox.memory_mb, settings.sandbox.cpu_percent, settings.sandbox.processes),
            (settings.data, settings.runtime),
        ),
    )
    spawns = settings.data / "spawns"
    quarters = Quarters(spool, spawns, settings.approvals.hook_wait_s)
    discharge = Discharge(
        crew=crew,
        record=record,
        terminal=terminal,
        quarters=quarters,
        farewell=Farewell(terminal, clock, limit_s=settings.ending.quit_s),
        clock=clock,
        grace_s=settings.ending.term_s,
    )
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
        policies=settings.data / "policies",
        wait_s=settings.approvals.hook_wait_s,
        port=settings.port,
        environ=environ,
        clock=clock,
    )
    watch = Watch(
        crew=crew,
        record=record,
        terminal=terminal,
        clock=clock,
        wake=lanes.wake,
        stranger=strangers.meet,
        upkeep=care,
        approvals=heard.approvals,
    )
    listener = Listener(
        crew=crew,
        record=record,
        terminal=terminal,
        hooks=spool,
        notes=SessionFiles(),
        environ=environ,
        clock=clock,
        upkeep=care,
        autopilot=heard.autopilot,
        settle=watch.settle,
    )
    folder, wanted = settings.runtime / "taps", settings.monitor.tap
    taps = Taps(crew, terminal, folder, clock=clock, settle=watch.settle, wanted=wanted)
    bounds = Bounds(settings.commands.max_bytes, settings.commands.depth, settings.commands.blank_secrets)
    counter = Counter(bounds, store=store, ledger=ledger, lanes=lanes, clock=clock, token=new_token)

    def agents() -> list[Agent]:
        return [member.agent for member in crew]

    historian = Historian(store=store, agents=agents, keep=settings.retention, clock=clock)
    alarms = Alarms(
        alerts=Alerts(store.database),
        ledger=ledger,
        agents=agents,
        away=lambda: watch.away,
        defaults=settings.alerts,
        folder=settings.data,
        clock=clock,
    )
    trees = Trees(settings.spawn.worktrees, environ, crew=crew, record=record, clock=clock)
    viewers = Viewers(crew=crew, record=record, terminal=terminal, clock=clock)
    steward = Steward(
        settings,
        crew=crew,
        record=record,
        terminal=terminal,
        counter=counter,
        lanes=lanes,
        muster=muster,
        discharge=discharge,
        trees=trees,
        watched=viewers.watched,
        clock=clock,
    )
    desk = Desk(
        node=settings.node,
        crew=crew,
        muster=muster,
        discharge=discharge,
        counter=counter,
        lanes=lanes,
        dialogs=heard,
        trees=trees,
        history=historian,
        alarms=alarms,
        viewers=viewers,
        steward=steward,
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

    def now() -> Moment:
        local = time.localtime()
        return Moment(clock(), local.tm_hour * 60 + local.tm_min)

    def kind_of(session: str) -> str:
        found = crew.find(session)
        return "" if found is None else found.agent.kind

    around = Surroundings(environ, now_s=lambda: clock() // 1000, fleet=desk, find=Notices(store.database).by_receipt)
    sender = Sender(
        Arrangements(settings.notify, around), store=store, bus=bus, kind_of=kind_of, now=now, random=random.random
    )
    recorder = Recorder(
        Recordings(settings.data / FOLDER),
        crew=crew,
        record=record,
        terminal=terminal,
        wishes=settings.recordings,
        clock=clock,
    )
    fleet = await join(
        settings, store=store, bus=bus, crew=crew, dialogs=heard, queue=desk, clock=clock, token=new_token
    )
    alarms.nodes = fleet.away
    office = Office(sender, now=now, token=new_token, node=settings.node)
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
        listener,
        taps,
        strangers,
        historian,
        alarms,
        desk,
        Kin(crew, kinds, record, clock),
        sender,
        office,
        recorder,
        fleet,
        clock,
    )


def new_token() -> str:
    """A token nobody can guess, safe in a path: 32 hexadecimal digits."""
    return secrets.token_hex(16)
