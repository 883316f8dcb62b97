"""Blocks of ports: never two alike, none that somebody listens on."""

from outrider.logic.ports import block, named


def test_the_lowest_free_block() -> None:
    assert block(42_000, 10, (), lambda _: True) == 42_000
    assert block(42_000, 10, (42_000, 42_020), lambda _: True) == 42_010
    assert block(42_000, 10, (42_000,), lambda port: port not in (42_015, 42_029)) == 42_030


def test_blocks_do_not_overlap_when_the_setting_changed() -> None:
    assert block(42_000, 10, (42_005,), lambda _: True) == 42_020
    assert block(42_005, 10, (42_000,), lambda _: True) == 42_015


def test_where_there_is_none() -> None:
    assert block(0, 10, (), lambda _: True) is None
    assert block(65_530, 10, (), lambda _: True) is None
    assert block(65_526, 10, (), lambda _: True) == 65_526
    assert block(42_000, 10, (), lambda _: False) is None


def test_the_variables() -> None:
    assert named(42_000, 10) == {"AGENT_PORT": "42000", "AGENT_PORTS": "42000-42009"}
    assert named(None, 10) == {}
