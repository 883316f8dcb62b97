"""What is known of a command that another node has, while that says nothing."""

import json
from pathlib import Path

from fleet.node import PERSON, eventually, node
from outrider.model.fleet import Call, Delivery, Reply
from redis_server import RedisServer


async def test_who_is_silent_is_not_waited_for_and_what_it_said_last_has_an_age(
    redis: RedisServer, tmp_path: Path
) -> None:
    said = {"status": "queued"}

    async def serve(call: Call) -> Reply:
        return Reply(200, json.dumps(said))

    async with node("north", redis.url, tmp_path, away_s=60) as north:
        async with node("south", redis.url, tmp_path) as south:
            south.fleet.answer_with(serve)
            await eventually(lambda: north.sees() == {"south": True}, "north to see south")
            parcel = await north.outcome(await north.send("south", "go on"))
            assert (parcel.status, await north.fleet.taken_by(parcel.id)) == (Delivery.TAKEN, "south")
            asked, other = (Call("GET", f"/api/commands/{name}", "", "", PERSON) for name in (parcel.id, "sent"))
            first = await north.fleet.standing("south", asked)
            said["status"] = "sent"
            ended = await north.fleet.standing("south", other)
        assert first is not None
        assert json.loads(first.body) == {"status": "queued"}
        await eventually(lambda: north.fleet._membership.silent("south"), "south to be silent")
        assert north.sees() == {"south": True}
        letters = redis.letters("south")
        then = await north.fleet.standing("south", asked)
        assert then is not None
        told = json.loads(then.body)
        assert (told["status"], told["as_of"] <= north.clock()) == ("queued", True)
        assert await north.fleet.standing("south", other) == ended  # an end stays what it is
        assert await north.fleet.standing("south", Call("GET", "/api/commands/never", "", "", PERSON)) is None
        assert redis.letters("south") == letters  # nobody was asked
