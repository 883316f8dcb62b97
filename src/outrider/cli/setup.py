"""Verbs about this installation: config, doctor."""

from typing import Annotated

from cyclopts import Parameter

from outrider.cli.connection import HERE, Connection, Environ, Json
from outrider.cli.words import as_json, colours, painted, plain, wrapped

MARKS = {"ok": ("✔", "complete"), "note": ("–", "idle"), "wrong": ("✖", "error")}
ConfigFile = Annotated[str | None, Parameter(help="Config file, instead of the usual one.")]
DataFolder = Annotated[str | None, Parameter(help="Data directory, instead of the one that is set.")]


def config(*, config: ConfigFile = None, json: Json = False, environ: Environ) -> None:
    """Prints every setting: its value, where that came from, what it is for."""
    from outrider.logic.secrets import cleaned, redacted
    from outrider.settings import load, rows

    loaded = load({"config": config}, environ)
    values = [(row, redacted(_text(loaded.value(row.name))), loaded.origins[row.name]) for row in rows()]
    if json:
        settings = {
            row.name: {
                "value": cleaned(_plain(loaded.value(row.name))),
                "from": origin,
                "default": row.default,
                "help": row.help,
            }
            for row, _, origin in values
        }
        print(as_json({"config": loaded.config and str(loaded.config), "settings": settings}))
        return
    for row, text, origin in values:
        told = "" if origin == "default" else f"  # from {origin}"
        print(f"{row.name} = {plain(text)}{told}\n    {wrapped(row.help, 4)}")
    for warning in loaded.warnings:
        print(f"\n{warning}")


async def doctor(
    *, config: ConfigFile = None, data: DataFolder = None, connection: Connection = HERE, environ: Environ
) -> int:
    """Checks what Outrider needs on this machine, and says what to do about what is wrong."""
    from outrider.doctor import address_of, examine, settled

    loaded, findings = settled({"config": config, "data": data}, environ)
    there = {"OUTRIDER_URL": address_of(loaded.settings), **environ}
    findings += await examine(loaded, environ, connection.client(there))
    wrong = [finding for finding in findings if finding.grade == "wrong"]
    if connection.json:
        shown = [
            {"check": finding.check, "grade": finding.grade, "found": finding.found, "do": finding.do}
            for finding in findings
        ]
        print(as_json({"ok": not wrong, "findings": shown}))
        return 1 if wrong else 0
    colour = colours(environ)
    for finding in findings:
        mark, look = MARKS[finding.grade]
        print(f"{painted(mark, look, colour=colour)} {finding.check}: {finding.found}")
        if finding.do:
            print(f"    {finding.do}")
    print(f"\n{len(wrong)} of {len(findings)} checks found something wrong." if wrong else "\nNothing is wrong.")
    return 1 if wrong else 0


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value if isinstance(value, bool | int | float) else str(value)


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "(none)"
    return str(value).lower() if isinstance(value, bool) else str(value)
