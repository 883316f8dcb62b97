"""What is known of a command that another node has, while that says nothing."""

import json
from pathlib import Path

import pytest

from fleet.node import PERSON, eventually, node
from outrider.errors import Conflict
from outrider.fleet.agents import changes_text, told_of
from outrider.model.command import CommandRequest, Status
from outrider.model.event import EventName, Fact
from outrider.model.fleet import Call, Delivery, Reply
from outrider.model.wire import AgentJSON
from redis_server import RedisServer


async def test_a_list_of_commands_says_what_their_node_has_told_of_them(redis: RedisServer, tmp_path: Path) -> None:
    async with node("north", redis.url, tmp_path) as north, node("south", redis.url, tmp_path) as south:
        await eventually(north.fleet.feeds.places, "north to listen to south")
        parcels = [await north.outcome(await north.send("south", text)) for text in ("one", "two")]
        ends: dict[str, object] = {"jobId": parcels[0].id, "status": "failed", "error": "The agent is gone."}
        await south.happens(Fact(EventName.COMMAND_FAILED, "task", south.clock(), ends))

        async def told() -> bool:
            return [command.status for command in await north.fleet.commands(5)] == [Status.QUEUED, Status.FAILED]

        await eventually(told, "north to say what became of the first")
        second, first = await north.fleet.commands(5)
        assert (first.error, first.waits) == ("The agent is gone.", None)
        assert second.waits == "south took it over; what became of it there is not known here yet."
        (failed,) = await north.fleet.commands(
            1, session="south/task", status=Status.FAILED
        )  # though it is not the newest
        assert failed == first
        assert await north.fleet.commands(5, session="south/other") == []


async def test_a_command_for_an_agent_that_ended_elsewhere_is_refused(redis: RedisServer, tmp_path: Path) -> None:
    async with (
        node("north", redis.url, tmp_path) as north,
        node("south", redis.url, tmp_path, agents=["task"]),
    ):
        await eventually(lambda: bool(north.fleet.agents()), "north to know of the agent")
        ended: AgentJSON = {**north.fleet.agents()[0].agent, "session": "task", "alive": False}
        north.fleet._agents.change("south", changes_text({"task": told_of(ended, None)}))
        with pytest.raises(Conflict, match="task on south is not running any more"):
            await north.fleet.command("south", "task", CommandRequest("go on"), PERSON)
        assert await north.fleet.commands(5) == []


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

            async def answered(call: Call) -> bool:
                reply = await north.fleet.standing("south", call)
                return reply is not None and json.loads(reply.body) == said

            await eventually(lambda: answered(asked), "south to say that it is queued")
            said["status"] = "sent"
            await eventually(lambda: answered(other), "south to say that it is sent")
        await eventually(lambda: north.fleet._membership.silent("south"), "south to be silent")
        assert north.sees() == {"south": True}
        letters = redis.letters("south")
        then = await north.fleet.standing("south", asked)
        assert then is not None
        told = json.loads(then.body)
        assert (told["status"], told["as_of"] <= north.clock()) == ("queued", True)
        assert await answered(other)  # an end stays what it is
        assert await north.fleet.standing("south", Call("GET", "/api/commands/never", "", "", PERSON)) is None
        assert redis.letters("south") == letters  # nobody was asked
