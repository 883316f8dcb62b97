"""Agents survive being written down, whatever their fields hold."""

from hypothesis import given, settings
from hypothesis import strategies as st

from outrider.model.agent import Agent
from outrider.store import roster

text = st.text(st.characters(codec=None), max_size=8)  # lone surrogates and NUL too
st.register_type_strategy(str, text)
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
agents = st.builds(Agent, env=st.dictionaries(text, text, max_size=3))


@settings(max_examples=150, deadline=None)
@given(agents)
def test_an_agent_comes_back_as_it_was(agent: Agent) -> None:
    again = roster.decode(roster.encode(agent))
    assert again == agent
    assert repr(again) == repr(agent)  # the types as well: tuples, enums


def test_a_document_of_an_older_or_newer_version_is_read_as_far_as_it_goes() -> None:
    document = """{"id":"a","session":"s","node":"n","kind":"claude","ref":{"server":"o","started":1,"pane":"%1"},
        "workdir":"/w","verdict":{"state":"idle","alive":true,"since_ms":1,"confidence":"high","mood":"sunny"},
        "spawned":true,"created_ms":1,"changed_ms":2,"unheard_of":[1]}"""
    agent = roster.decode(document)
    assert (agent.session, agent.verdict.state, agent.progress_source) == ("s", "idle", "none")
