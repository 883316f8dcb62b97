"""Ports for agents: each has a block of its own, so that two that start servers do not meet."""

from collections.abc import Callable, Collection, Iterator

LAST = 65_535
FIRST_NAME, RANGE_NAME = "AGENT_PORT", "AGENT_PORTS"


def block(first: int, each: int, taken: Collection[int], free: Callable[[int], bool]) -> int | None:
    """The first port of the lowest block that nobody has and where nobody listens; None where there is none, or `first` is 0.

    `taken` are the first ports of others' blocks, which may be of another size than `each`.
    """
    held = {port for start in taken for port in range(start, start + each)}
    return next((start for start in _starts(first, each) if _fits(range(start, start + each), held, free)), None)


def named(start: int | None, each: int) -> dict[str, str]:
    """The variables that tell an agent its block."""
    return {} if start is None else {FIRST_NAME: str(start), RANGE_NAME: f"{start}-{start + each - 1}"}


def _starts(first: int, each: int) -> Iterator[int]:
    return iter(range(first, LAST - each + 2, each) if first else ())


def _fits(ports: range, held: Collection[int], free: Callable[[int], bool]) -> bool:
    return not any(port in held for port in ports) and all(free(port) for port in ports)
