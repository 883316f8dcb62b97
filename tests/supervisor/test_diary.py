"""What is remembered of an agent's deeds."""

from outrider.supervisor.diary import deed


def test_arguments_nested_as_deeply_as_could_just_be_read_end_nothing() -> None:
    given: dict[str, object] = {"path": "/tmp"}
    for _ in range(2000):
        given = {"a": given}
    told = deed("PreToolUse", {"tool_name": "mcp__x__y", "tool_input": given})
    assert told is not None
    assert told.startswith("mcp__x__y")
    assert deed("PreToolUse", {"tool_name": "Read", "tool_input": {"b": 1, "a": 2}}) == 'Read {"a": 2, "b": 1}'
