"""The parts of a fleet, wired; imported only where this node is in one."""

import random
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import structlog

from outrider.bus.redis import RedisBroker
from outrider.daemon.card import card
from outrider.fleet.agents import RemoteAgents
from outrider.fleet.fleet import Draining, Fleet
from outrider.fleet.follower import Follower
from outrider.fleet.incoming import Incoming, Queue
from outrider.fleet.keys import KeyFile
from outrider.fleet.link import Link
from outrider.fleet.membership import Membership
from outrider.fleet.outgoing import Outgoing
from outrider.fleet.post import Post
from outrider.fleet.publisher import Publisher, Seen
from outrider.fleet.views import Views
from outrider.fleet.watching import Watching
from outrider.logic.seal import Seal
from outrider.model.fleet import Feed
from outrider.ports import Broker, Bus
from outrider.settings import Settings
from outrider.store import Store
from outrider.store.outbox import Inbox, Outbox
from outrider.store.site import site
from outrider.supervisor.audience import Audience
from outrider.supervisor.crew import Crew

log = structlog.get_logger()


async def joined(
    settings: Settings,
    *,
    store: Store,
    bus: Bus,
    crew: Crew,
    dialogs: Audience,
    queue: "Queue",
    clock: Callable[[], int],
    token: Callable[[], str],
) -> Fleet:
    """Wires a node of a fleet; nothing is connected yet. A key is made where there is none."""
    keys = KeyFile(settings.fleet.key_file)
    if keys.make():
        log.info("a key for a new fleet was made; `outrider node invite` shows how others join", path=str(keys.path))
    seal, link, draining = Seal(keys.read()), Link(clock, random.random), Draining(store, clock)
    await draining.restore()
    broker: Broker = RedisBroker(
        settings.bus, prefix=settings.redis.prefix, ca=Path(settings.redis.ca) if settings.redis.ca else None
    )
    started_ms = clock()

    def agents() -> Mapping[str, Seen]:
        return {member.agent.session: (member.agent, dialogs.approvals.shown(member.agent.id)) for member in crew}

    membership = Membership(
        lambda: card(settings, store, crew, started_ms=started_ms, draining=draining.on),
        site=site(settings.data),
        broker=broker,
        seal=seal,
        link=link,
        clock=clock,
        monotonic=time.monotonic,
        heartbeat_s=settings.fleet.heartbeat_s,
        away_s=settings.fleet.away_s,
    )
    publisher = Publisher(
        settings.node,
        agents,
        broker=broker,
        seal=seal,
        link=link,
        membership=membership,
        store=store,
        bus=bus,
        clock=clock,
        events_hours=settings.fleet.events_hours,
        events_max=settings.fleet.events_max,
    )
    others = RemoteAgents()
    follower = Follower(
        others,
        own=lambda: Feed(settings.node, store.incarnation),
        broker=broker,
        seal=seal,
        link=link,
        membership=membership,
    )
    post = Post(settings.node, broker=broker, seal=seal, link=link, membership=membership, clock=clock)
    outgoing = Outgoing(
        Outbox(store.database),
        post,
        clock=clock,
        token=token,
        expires_s=settings.fleet.expires_s,
        most=settings.fleet.outbox_max,
    )
    inbox = Inbox(store.database)
    views = Views(post, queue.viewers, inbox, steer=settings.fleet.steer)
    incoming = Incoming(
        post,
        inbox,
        queue,
        outgoing,
        views,
        clock=clock,
        incarnation=lambda: publisher.incarnation,
        steer=settings.fleet.steer,
    )
    return Fleet(
        settings.node,
        broker=broker,
        seal=seal,
        keys=keys,
        link=link,
        draining=draining,
        membership=membership,
        publisher=publisher,
        follower=follower,
        agents=others,
        post=post,
        outgoing=outgoing,
        incoming=incoming,
        watching=Watching(post, token),
        clock=clock,
        token=token,
    )
