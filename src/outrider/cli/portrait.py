"""An agent in words: what it does, what it waits for, how far it is."""

import time
from typing import TYPE_CHECKING

from outrider.cli.words import LOOKS, age, clock, since

if TYPE_CHECKING:
    from outrider.model.wire import AgentJSON, CommandJSON, CountersJSON, DetailJSON, EvidenceJSON


def look(agent: "AgentJSON") -> str:
    """The name under which its state is drawn."""
    return agent["state"] if agent["alive"] else "gone"


def state(agent: "AgentJSON") -> str:
    """Its state behind its glyph; what is gone says so."""
    glyph = LOOKS.get(look(agent), ("?", ""))[0]
    away = f" (its node is away for {since(agent['away'])})" if "away" in agent else ""
    return f"{glyph} {agent['state']}{'' if agent['alive'] else ' (gone)'}{away}"


def progress(agent: "AgentJSON") -> str:
    """`40%`, or a dash where nothing says so."""
    value = agent["progress"]
    return "–" if value is None else f"{value:.0f}%"


def doing(detail: "DetailJSON") -> str:
    """What exactly it does or waits for, in one line."""
    parts = [detail.get("reason"), detail.get("error"), detail.get("question"), detail.get("tool")]
    parts += [detail.get("command"), detail.get("file"), detail.get("message")]
    words = [part for part in parts if part]
    if detail.get("retrying"):
        words.append("(it tries again)")
    if resets := detail.get("resets_at"):
        words.append(f"(until {clock(resets)})")
    if options := detail.get("options"):
        words.append("[" + " | ".join(options) + "]")
    return " ".join(dict.fromkeys(words))


def row(agent: "AgentJSON") -> list[str]:
    """Its line in the list: session, state, since, progress, kind, detail."""
    return [
        agent["session"],
        state(agent),
        since(agent["since"]),
        progress(agent),
        agent["kind"],
        doing(agent["detail"]),
    ]


def facts(agent: "AgentJSON") -> list[tuple[str, object]]:
    """Everything that is known of it, for one look."""
    return [
        ("session", agent["session"]),
        ("state", f"{state(agent)} for {since(agent['since'])}, confidence {agent['confidence']}"),
        ("detail", doing(agent["detail"])),
        ("progress", f"{progress(agent)} (from {agent['progress_source']})" if agent["progress"] is not None else None),
        ("exit status", agent["exit_status"]),
        ("kind", " ".join(filter(None, (agent["kind"], agent["version"], agent["model"])))),
        ("autonomy", agent["auto"]),
        ("policy", agent["policy"] if agent["policy"] != agent["auto"] else None),
        ("folder", agent["workdir"]),
        ("work tree", agent["worktree"]),
        ("branch", agent["branch"]),
        ("sandbox", agent["sandbox"]),
        ("not applied", " ".join(agent["unapplied"])),
        ("spec", agent["spec"]),
        (
            "tmux",
            f"server {agent['tmux']['server']}, pane {agent['tmux']['pane']}, process {agent['pid'] or 'unknown'}",
        ),
        ("node", agent["node"]),
        ("came by", "spawn" if agent["spawned"] else "adoption"),
        ("since", clock(agent["created"])),
        ("ended", clock(agent["ended"])),
        ("conversation", agent["agent_session"]),
        ("counted", ", ".join(counted(agent["counters"]))),
    ]


def counted(counters: "CountersJSON") -> list[str]:
    """What it did, as `3 files read`; what it did not is left out."""
    named: tuple[tuple[str, int], ...] = (
        ("files read", counters["files_read"]),
        ("files written", counters["files_written"]),
        ("files edited", counters["files_edited"]),
        ("commands", counters["commands"]),
        ("tests", counters["tests"]),
        ("errors", counters["errors"]),
        ("tokens", counters["tokens"]),
    )
    told = [f"{number:,} {name}" for name, number in named if number]
    if counters["thinking_s"] >= 1:
        told.append(f"{age(counters['thinking_s'] * 1000)} of thinking")
    if counters["cost_usd"]:
        told.append(f"${counters['cost_usd']:.2f}")
    return told


def evidence(reading: "EvidenceJSON") -> list[str]:
    """A source's word: who, what, by which rule, how old, from which text."""
    return [reading["source"], reading["state"], reading["rule"], age(reading["age_ms"]), reading["text"]]


def command(shown: "CommandJSON") -> list[str]:
    """A command's line: id, status, age, session, text, what it waits for or how its status is known."""
    attempts = shown["attempts"]
    known = shown["error"] or shown.get("waits") or (attempts[-1]["proof"] if attempts else None) or ""
    return [shown["id"], shown["status"], since(shown["created"]), shown["session"], shown["command"], known]


def now_ms() -> int:
    """Unix ms."""
    return int(time.time() * 1000)
