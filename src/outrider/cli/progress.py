"""The verbs progress and progress tick: how far an agent is, and that an item is done."""

from typing import TYPE_CHECKING

from cyclopts import App

from outrider.cli.connection import HERE, Connection, Environ
from outrider.cli.words import as_json, clock, plain

if TYPE_CHECKING:
    from outrider.model.wire import ProgressJSON

app = App(name="progress", help="How far an agent is.", help_format="plaintext", help_epilogue="")


@app.default
async def show(session: str, *, connection: Connection = HERE, environ: Environ) -> None:
    """Shows what an agent has to do, and how far it is."""
    _told(await connection.client(environ).progress(session), json=connection.json)


@app.command
async def tick(session: str, *item: str, connection: Connection = HERE, environ: Environ) -> None:
    """Ticks an item in the agent's spec: its number, its text, or a beginning of it."""
    _told(await connection.client(environ).tick(session, " ".join(item)), json=connection.json)


def _told(found: "ProgressJSON", *, json: bool) -> None:
    print(as_json(found) if json else "\n".join(_lines(found)))


def _lines(found: "ProgressJSON") -> list[str]:
    if found["progress"] is None:
        head = "Nothing says how far it is: no tasks file, no list of its own."
    else:
        counted = f", {found['done']} of {found['total']}" if found["total"] else ""
        eta = f", done {clock(found['eta_ms'])} at this pace" if found["eta_ms"] else ""
        head = f"{found['progress']:.0f}% (from {plain(found['source'])}{counted}{eta})"
    lines = [head, *([plain(found["problem"])] if found["problem"] else [])]
    phase: str | None = None
    wide = len(str(len(found["items"])))
    for item in found["items"]:
        if item["phase"] != phase:
            phase = item["phase"]
            lines += ["", plain(phase)]
        inside = "  " * item["depth"]
        lines.append(f"{item['number']:>{wide}} {inside}[{'x' if item['done'] else ' '}] {plain(item['text'])}")
    return lines
