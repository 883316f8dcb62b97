"""The words of bubblewrap: what lies on top of what."""

from outrider.logic.sandbox import Limits, Room, scope, too_wide, words


def test_what_is_written_lies_on_top_of_what_is_hidden() -> None:
    room = Room(
        "/data/trees/x", "/home/me", True, ("/data",), (), ("/home/me/.claude", "/data/trees/x"), ("/r/.git/hooks",)
    )
    said = words(room)
    assert said[0] == "bwrap"
    assert said[-3:] == ("--chdir", "/data/trees/x", "--")
    at = {said[place : place + 2]: place for place in range(len(said) - 1)}
    assert at["--ro-bind", "/"] < at["--tmpfs", "/tmp"] < at["--ro-bind", "/home/me"]
    assert at["--ro-bind", "/home/me"] < at["--tmpfs", "/data"] < at["--bind", "/data/trees/x"]
    assert at["--bind", "/data/trees/x"] < at["--ro-bind", "/r/.git/hooks"]
    assert "--unshare-net" not in said
    assert "--unshare-net" in words(Room("/x", "/home/me", False))


def test_limits_are_properties_of_a_scope() -> None:
    assert not Limits().any
    said = " ".join(scope(Limits(memory_mb=512, processes=100)))
    assert "-p MemoryMax=512M -p TasksMax=100 --" in said
    assert "CPUQuota" not in said


def test_what_would_be_too_much() -> None:
    precious = ("/home/me", "/data")
    assert too_wide("/", precious) == "/home/me"
    assert too_wide("/home/me", precious) == "/home/me"
    assert too_wide("/home/me/project", precious) is None
    assert too_wide("/home/m", precious) is None
