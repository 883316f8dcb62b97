"""Fleets as JSON: cards between nodes, and nodes as everybody is shown them."""

import json
from dataclasses import asdict, fields

# Pydantic accepts only this TypedDict before Python 3.12.
from typing_extensions import TypedDict

from outrider.model.fleet import NodeCard


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
