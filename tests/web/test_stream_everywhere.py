"""All nodes' events for one client: each once and in order for each node, from a cursor that says how far it is on each."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection

from outrider.errors import InvalidInput
from outrider.model.event import EventName
from outrider.model.fleet import Feed
from outrider.web.stream_everywhere import wanted_nodes
from web.engine_double import LittleEngine
from web.fleet_double import OWN, SOUTH, LittleFleet
from web.test_stream import heard, listening, seqs
from web.world import World, served, world


@pytest.fixture
def fleet() -> LittleFleet:
    return LittleFleet()


@pytest.fixture
async def here(tmp_path: Path, fleet: LittleFleet) -> AsyncIterator[World]:
    async with served(tmp_path, fleet=fleet) as made:
        yield made


async def told(client: ClientConnection, count: int) -> list[str]:
    """The next messages: the cursors of events, and of others what they are, with what they say."""
    return [_short(await heard(client)) for _ in range(count)]


def _short(message: dict[str, object]) -> str:
    if message["type"] == "gap":
        return f"gap {message['node']} {message['since']}-{message['first']} {message['cursor']}"
    return str(message.get("cursor") or message)


async def test_what_happens_everywhere_comes_with_the_cursor_to_come_back_with(here: World, fleet: LittleFleet) -> None:
    fleet.feeds.begin(SOUTH, 1, 2)
    here.engine.tell("my-task")
    async with listening(here, "?nodes=all") as client:
        assert await heard(client) == {"type": "connected", "seq": 1, "cursor": "here@1f2e:1,south@9abc:2"}
        fleet.feeds.tell(SOUTH, 3)
        here.engine.tell("my-task")
        first = await heard(client)
        assert (first["seq"], first["node"], first["session"], first["cursor"]) == (
            3,
            "south",
            "south/task",
            "south@9abc:3",
        )
        assert await told(client, 1) == ["here@1f2e:2"]
        fleet.feeds.listener.changed("south")
        assert await heard(client) == {"type": "node", "node": "south"}
    async with listening(here) as client:  # who did not ask for it gets what it always got
        assert await heard(client) == {"type": "connected", "seq": 2}
        fleet.feeds.tell(SOUTH, 4)
        here.engine.tell("my-task")
        event = await heard(client)
        assert (event["seq"], event["session"], "cursor" in event) == (3, "my-task", False)


async def test_who_comes_back_gets_of_every_node_what_it_has_not_got(here: World, fleet: LittleFleet) -> None:
    fleet.feeds.begin(SOUTH, 1, 2, 3)
    for _ in range(3):
        here.engine.tell("my-task")
    async with listening(here, "?nodes=all&cursor=here@1f2e:2,south@9abc:1,south@9abc:2") as client:
        assert await told(client, 3) == ["here@1f2e:3,south@9abc:3", "here@1f2e:3", "south@9abc:3"]
        fleet.feeds.tell(SOUTH, 4)
        assert await told(client, 1) == ["south@9abc:4"]
    async with listening(here, "?nodes=all&cursor=0&batch=1&event=alert") as client:
        await heard(client)
        assert await seqs(client, until=4) == [1, 2, 3, 4]


async def test_what_cannot_be_had_is_told_as_a_gap_with_the_place_to_go_on_from(
    here: World, fleet: LittleFleet
) -> None:
    fleet.feeds.begin(SOUTH, 5, 6)
    west, north = Feed("west", "77aa"), Feed("north", "55bb")
    fleet.feeds.begin(west, 9)
    here.engine.tell("my-task")
    async with listening(here, "?nodes=all&cursor=here@1f2e:8,south@9abc:2,north@55bb:3,west@66ff:9") as client:
        assert await told(client, 5) == [
            "here@1f2e:1,south@9abc:6,west@77aa:9",
            "gap here 8-2 here@1f2e:1",
            "gap west None-10 west@77aa:9",
            "gap south 2-5 south@9abc:4",
            "south@9abc:5",
        ]
        assert await told(client, 1) == ["south@9abc:6"]
        fleet.feeds.tell(SOUTH, 9)
        assert await told(client, 2) == ["gap south 6-9 south@9abc:8", "south@9abc:9"]
        fleet.feeds.begin(north, 2, 3, 4)  # it was not heard of when the client came
        assert await told(client, 1) == ["north@55bb:4"]
        fleet.feeds.begin(Feed("east", "88"), 7)
        assert await told(client, 1) == ["gap east None-8 east@88:7"]


async def test_while_the_fleet_cannot_be_asked_its_nodes_wait_and_this_one_goes_on(
    here: World, fleet: LittleFleet
) -> None:
    fleet.feeds.begin(SOUTH, 1, 2)
    fleet.feeds.away = True
    async with listening(here, "?nodes=all&cursor=here@1f2e:0,south@9abc:1") as client:
        await heard(client)
        here.engine.tell("my-task")
        assert await told(client, 1) == ["here@1f2e:1"]
        fleet.feeds.tell(SOUTH, 3)
        fleet.feeds.away = False
        fleet.feeds.tell(SOUTH, 4)
        assert await told(client, 3) == ["south@9abc:2", "south@9abc:3", "south@9abc:4"]


async def test_another_database_of_this_node_is_a_gap(here: World, fleet: LittleFleet) -> None:
    async with listening(here, "?nodes=all") as client:
        await heard(client)
        fleet.feeds.own = Feed(OWN.node, "2222")
        here.engine.tell("my-task")
        assert await told(client, 2) == ["gap here None-1 here@2222:0", "here@2222:1"]


async def test_a_page_of_all_nodes_is_read_on_with_its_cursor() -> None:
    fleet, engine = LittleFleet(), LittleEngine()
    fleet.feeds.begin(SOUTH, 1, 2, 3)
    west = Feed("west", "77aa")
    fleet.feeds.begin(west, 5)
    made = world(fleet=fleet, engine=engine)
    for _ in range(2):
        engine.tell("my-task", EventName.ALERT)
    async with made.client() as client:
        got, cursor, missed = [], "0", []
        for _ in range(4):
            page = (await client.get("/api/events", params={"nodes": "all", "cursor": cursor, "limit": 2})).json()
            got += [event["cursor"] for event in page["events"]]
            cursor, missed = page["cursor"], page["missed"]
        assert sorted(got) == [
            "here@1f2e:1",
            "here@1f2e:2",
            "south@9abc:1",
            "south@9abc:2",
            "south@9abc:3",
            "west@77aa:5",
        ]
        assert (page["events"], missed) == ([], [])
        found = (await client.get("/api/events?nodes=all&session=south/task&cursor=here@1f2e:0,south@9abc:1")).json()
        assert [event["seq"] for event in found["events"]] == [2, 3]
        assert (found["missed"], found["cursor"]) == ([], "here@1f2e:2,south@9abc:3,west@77aa:5")
        found = (await client.get("/api/events?nodes=all&cursor=here@1f2e:0,south@9abc:1")).json()
        assert found["missed"] == ["west"]
        now = (await client.get("/api/events?nodes=all&cursor=now")).json()
        assert (now["events"], now["cursor"]) == ([], "here@1f2e:2,south@9abc:3,west@77aa:5")
        for query in ("nodes=south", "cursor=0", "nodes=all&since=3", "nodes=all&cursor=x"):
            assert (await client.get(f"/api/events?{query}")).status_code == 422
        fleet.feeds.away = True
        assert (await client.get("/api/events?nodes=all")).status_code == 503


@pytest.mark.parametrize(("nodes", "cursor"), [("all", "x"), ("here", "0"), ("south", None)])
def test_what_does_not_go_together_is_refused(nodes: str, cursor: str | None) -> None:
    with pytest.raises(InvalidInput):
        wanted_nodes(nodes, cursor)
