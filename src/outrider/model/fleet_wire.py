"""Fleets as JSON: cards between nodes, cursors over several nodes, and nodes as everybody is shown them."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, fields

# Pydantic accepts only this TypedDict before Python 3.12.
from typing_extensions import TypedDict

from outrider.errors import InvalidInput
from outrider.model.fleet import Feed, NodeCard

_PART = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,62})@([0-9a-f]{4,64}):(\d{1,18})")


class NodeJSON(TypedDict):
    """One machine of the fleet. `here` is the one that was asked. `seen` is when something was heard of it last (Unix ms), `away`
    since when nothing was, null while it is there; `clock_offset_ms` how far its clock is ahead of the fleet's."""

    node: str
    here: bool
    version: str
    labels: list[str]
    agents: int
    alive: int
    load: float
    clock_offset_ms: int
    started: int
    steer: bool
    draining: bool
    seen: int
    away: int | None


def node_json(card: NodeCard, *, here: bool, seen_ms: int, away_ms: int | None) -> NodeJSON:
    """A node by its last card."""
    return {
        "node": card.node,
        "here": here,
        "version": card.version,
        "labels": list(card.labels),
        "agents": card.agents,
        "alive": card.alive,
        "load": card.load,
        "clock_offset_ms": card.offset_ms,
        "started": card.started_ms,
        "steer": card.steer,
        "draining": card.draining,
        "seen": seen_ms,
        "away": away_ms,
    }


def card_text(card: NodeCard) -> str:
    """The card as it is sealed and sent."""
    return json.dumps(asdict(card), separators=(",", ":"))


def card_of(text: str) -> NodeCard | None:
    """The card that was sent; None where it is none that this version understands. What it knows beside is left alone."""
    try:
        told = json.loads(text)
        known = {field.name: told[field.name] for field in fields(NodeCard)}
        return NodeCard(**{**known, "labels": tuple(known["labels"])})
    except (ValueError, TypeError, KeyError):
        return None


def cursor_part(feed: Feed, seq: int) -> str:
    """The cursor of one event: where what its node tells was then."""
    return f"{feed.node}@{feed.incarnation}:{seq}"


def cursor_of(places: Mapping[Feed, int]) -> str:
    """One cursor for several nodes."""
    return ",".join(cursor_part(feed, seq) for feed, seq in sorted(places.items()))


def place_on(places: Mapping[str, tuple[Feed, int]], feed: Feed) -> tuple[Feed, int] | None:
    """Where a cursor is on that node: also where it names the node's database under the name that it had before."""
    known = places.get(feed.node)
    if known is not None and known[0] == feed:
        return known
    seqs = [seq for each, seq in places.values() if each.incarnation == feed.incarnation]
    return (feed, max(seqs)) if seqs else known


def places_of(cursor: str) -> dict[str, tuple[Feed, int]]:
    """Where a cursor is on each node that it names; the last part of a node counts. InvalidInput where it is no cursor of ours."""
    places: dict[str, tuple[Feed, int]] = {}
    for part in cursor.split(","):
        found = _PART.fullmatch(part.strip())
        if found is None:
            raise InvalidInput(
                f"'cursor' must be 0, or what was told as a cursor, or several of them with commas between, not {part[:40]!r}."
            )
        places[found[1]] = (Feed(found[1], found[2]), int(found[3]))
    return places
