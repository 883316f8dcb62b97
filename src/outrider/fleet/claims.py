"""Whose a node's name is, and its database: one data directory's at a time, for so long after its daemon's last sign of life.

Both are held in the name of the directory's site, so that the next daemon of that directory has them at once, whatever database it
has by then; a daemon that ended in good order leaves them to its directory and its database, wherever one of them is started next. A
copy of the directory whose daemon runs, under that name or another, is refused: both would tell one feed, and take each other out of
the list.
"""

from collections.abc import Iterable

from outrider.model.fleet import NodeCard, Register

RESTORE = "`outrider db backup FILE` and `outrider db restore FILE`"


def held(found: Register, site: str) -> bool:
    """Whether this directory has both."""
    return found.holder == found.keeper == site


def legacy(site: str, incarnation: str) -> str:
    """In whose name both are held once the daemon has ended in good order."""
    return f"{site} {incarnation}"


def left(found: Register, site: str, incarnation: str) -> bool:
    """Whether what it has not was left to it."""
    others = [holder.split(" ") for holder in (found.holder, found.keeper) if holder != site]
    return bool(others) and all(len(other) == 2 and (other[0] == site or other[1] == incarnation) for other in others)


def refusal(own: NodeCard, found: Register, site: str, cards: Iterable[NodeCard], keep_s: float) -> str:
    """Why it stays outside, and what is to be done. `cards` are all that are believed, `keep_s` is how long names are kept."""
    known = {card.incarnation: card for card in cards}
    if found.keeper != site:
        other = known.get(own.incarnation)
        who = f"The daemon called {other.node!r}{_heard(other, found)}" if other is not None else "Another daemon"
        return (
            f"{who} has the same database: this data directory is a copy of that one's, and its daemon stays outside. "
            f"To keep both, stop this one, make its database another one ({RESTORE}), and start it with a name of its own: "
            f"outrider up --node NAME. Where the directory was moved and nothing runs there any more, this one joins within {keep_s:g} s."
        )
    other = next((card for card in known.values() if card.node == own.node), None)
    return (
        f"Another daemon in this fleet is called {own.node!r}{_heard(other, found)}. "
        f"Give one of them another name: outrider up --node NAME. "
        f"This one stays outside until then, or until nothing was heard of that one for {keep_s:g} s."
    )


def _heard(card: NodeCard | None, found: Register) -> str:
    return f" (heard of {max(0, found.now_ms - card.stamp_ms) / 1000:.0f} s ago)" if card is not None else ""
