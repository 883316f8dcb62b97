"""What other nodes ask: answered as everybody is, within what may be asked and what its asker may."""

import json

import pytest

from outrider.model.actor import Actor, Scope
from outrider.model.agent import Agent
from outrider.model.fleet import Call
from outrider.web.inward import ANSWERED
from web.world import World, world

READER, WRITER = Actor("token:phone@north", Scope.READ), Actor("uid:1@north", Scope.WRITE)


async def asked(
    here: World, method: str, path: str, actor: Actor = WRITER, body: str = ""
) -> tuple[int, dict[str, object]]:
    reply = await here.web.inward(Call(method, path, "", body, actor))
    return reply.status, json.loads(reply.body)


async def test_it_is_the_same_api_with_the_name_of_who_asked() -> None:
    here = world()
    status, agent = await asked(here, "GET", "/api/agents/my-task", READER)
    assert (status, agent["session"]) == (200, "my-task")
    status, told = await asked(here, "POST", "/api/agents/my-task/command", body='{"command":"go on"}')
    assert status == 202
    assert here.engine.agent("my-task")
    status, command = await asked(here, "GET", f"/api/commands/{told['id']}", READER)
    assert command["actor"] == "uid:1@north"
    assert (await asked(here, "GET", "/api/agents/none"))[0] == 404
    assert (await asked(here, "POST", "/api/agents/my-task/command", body="{"))[0] in {400, 422}


async def test_who_may_only_look_elsewhere_may_only_look_here() -> None:
    status, refused = await asked(world(), "POST", "/api/agents/my-task/kill", READER)
    assert (status, refused["code"]) == (403, "forbidden")


@pytest.mark.parametrize("path", ["/api/tokens", "/api/me", "/health", "/api/agents/a/b/../../../x"])
async def test_what_is_no_other_nodes_business_is_not_answered(path: str) -> None:
    assert not ANSWERED.fullmatch(path)
    assert (await asked(world(), "GET", path))[0] == 404


async def test_a_mistake_of_ours_is_an_answer_and_not_the_daemons_end() -> None:
    here = world()

    def agents() -> list[Agent]:
        raise RuntimeError("inner secret")

    here.engine.agents = agents  # type: ignore[method-assign]
    status, told = await asked(here, "GET", "/api/agents", READER)
    assert (status, told["code"]) == (500, "failed")
    assert "inner secret" not in str(told)
