"""Other nodes' agents, as they were told and as they are shown."""

import json

from outrider.fleet.agents import RemoteAgents, changes_text, told_of
from outrider.model import wire
from web.engine_double import make_agent


def told(session: str) -> str:
    return told_of(wire.agent_json(make_agent(session, at=1000)), None)


def test_they_go_by_node_and_session_in_that_order() -> None:
    agents = RemoteAgents()
    for node, session in (("south", "b"), ("north", "z"), ("south", "a")):
        agents.change(node, changes_text({session: told(session)}))
    assert [each.agent["session"] for each in agents] == ["north/z", "south/a", "south/b"]
    assert all(json.loads(each.text) == each.agent for each in agents)
    agents.change("south", changes_text({"b": None, "c": None}))
    agents.replace("north", {"y": told("y")})
    assert [each.agent["session"] for each in agents] == ["north/y", "south/a"]


def test_of_a_node_that_is_away_they_say_so_until_it_is_back() -> None:
    agents = RemoteAgents()
    agents.change("south", changes_text({"a": told("a")}))
    agents.away("south", 5000)
    agents.change("south", changes_text({"b": told("b")}))
    assert [each.agent.get("away") for each in agents] == [5000, 5000]
    agents.away("south", None)
    assert ["away" in each.agent for each in agents] == [False, False]
    agents.away("south", 6000)
    agents.forget("south")
    agents.change("south", changes_text({"a": told("a")}))
    assert ["away" in each.agent for each in agents] == [False]


def test_what_cannot_be_read_is_no_agent() -> None:
    agents = RemoteAgents()
    for text in ("[]", "{}", '{"agent":null,"approval":null}'):
        agents.change("south", changes_text({"a": text}))
    for text in ("", "[]", "{"):
        agents.replace("south", {"a": text})
        agents.change("south", text)
    assert list(agents) == []
